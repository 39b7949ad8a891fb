# To add a file: put store/NAME.c and store/NAME.h on lines of their own below.
noinst_LIBRARIES += libstore.a
libstore_a_SOURCES =
