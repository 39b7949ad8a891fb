# To add a file: put engine/NAME.c and engine/NAME.h on lines of their own below.
noinst_LIBRARIES += libengine.a
libengine_a_SOURCES =
