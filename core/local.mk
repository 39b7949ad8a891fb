# To add a file: put core/NAME.c and core/NAME.h on lines of their own below.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/arena.c \
	core/arena.h \
	core/buf.c \
	core/buf.h \
	core/decimal.c \
	core/decimal.h \
	core/event.c \
	core/event.h \
	core/execution.c \
	core/execution.h \
	core/failure.c \
	core/failure.h \
	core/graph.c \
	core/graph.h \
	core/hash.c \
	core/hash.h \
	core/json.c \
	core/json.h \
	core/jsonw.c \
	core/jsonw.h \
	core/key.h \
	core/log.c \
	core/log.h \
	core/mem.c \
	core/mem.h \
	core/report.c \
	core/report.h \
	core/retry.c \
	core/retry.h \
	core/rfc3339.c \
	core/rfc3339.h \
	core/slice.c \
	core/slice.h \
	core/status.c \
	core/status.h \
	core/utf8.c \
	core/utf8.h \
	core/uuid.c \
	core/uuid.h \
	core/wire.h
