# To add a file: put http/NAME.c and http/NAME.h on lines of their own below.
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	http/app.h \
	http/auth.h \
	http/http.h \
	http/request.h \
	http/route.h
