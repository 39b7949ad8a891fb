# To add a file: put core/NAME.c and core/NAME.h on lines of their own below.
noinst_LIBRARIES += libcore.a
libcore_a_SOURCES = \
	core/buf.h \
	core/hash.h \
	core/json.h \
	core/jsonw.h \
	core/key.h \
	core/log.h \
	core/mem.h \
	core/rfc3339.h \
	core/slice.h \
	core/utf8.h \
	core/uuid.h
