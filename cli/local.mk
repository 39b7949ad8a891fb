# To add a file: put cli/NAME.c and cli/NAME.h on lines of their own below.
if HAVE_CLI_MAIN
bin_PROGRAMS += tidewire
tidewire_SOURCES = \
	cli/main.c
tidewire_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
tidewire_LDADD = $(core_libs) $(CURL_LIBS)
endif
