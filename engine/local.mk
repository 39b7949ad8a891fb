# To add a file: put engine/NAME.c and engine/NAME.h on lines of their own below.
noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	engine/articles.c \
	engine/claim.c \
	engine/cmd.h \
	engine/command.c \
	engine/decide.c \
	engine/definition.c \
	engine/dispatch.c \
	engine/dispatch.h \
	engine/dispatch_impl.h \
	engine/dispatch_wait.c \
	engine/engine.c \
	engine/engine.h \
	engine/engine_impl.h \
	engine/fault.c \
	engine/fault.h \
	engine/objects.c \
	engine/recovery.c \
	engine/retry.c \
	engine/rollback.c \
	engine/seed.c \
	engine/trigger.c \
	engine/turn.c \
	engine/wheel.c \
	engine/wheel.h
