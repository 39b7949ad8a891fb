# To add a file: put http/NAME.c and http/NAME.h on lines of their own below.
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	http/app.h \
	http/auth.c \
	http/auth.h \
	http/conn.c \
	http/conn.h \
	http/dispatch.c \
	http/dispatch.h \
	http/exchange.c \
	http/exchange.h \
	http/http.h \
	http/octet.c \
	http/octet.h \
	http/parse.c \
	http/parse.h \
	http/query.c \
	http/query.h \
	http/rate.c \
	http/rate.h \
	http/reply.c \
	http/reply.h \
	http/request.c \
	http/request.h \
	http/route.c \
	http/route.h \
	http/server.c \
	http/server.h \
	http/strict.c \
	http/strict.h \
	http/target.c \
	http/target.h
