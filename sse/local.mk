# To add a file: put sse/NAME.c and sse/NAME.h on lines of their own below.
noinst_LIBRARIES += libsse.a
libsse_a_SOURCES =
