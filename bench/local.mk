# To add a load tool: two lines, its path and what it links with, for example
#	EXTRA_PROGRAMS += bench/sseload
#	bench_sseload_LDADD = $(core_libs)
# and put it on the bench_tools line.  `make bench-tools` builds them.
EXTRA_PROGRAMS =
bench_tools =
EXTRA_PROGRAMS += bench/store_bench
bench_store_bench_LDADD = $(store_libs)
bench_tools += bench/store_bench
bench_tools += bench/fanout bench/bare_sse
EXTRA_PROGRAMS += bench/fanout bench/bare_sse
bench_fanout_SOURCES = bench/fanout.c bench/reader.c bench/reader.h
bench-tools: $(bench_tools)
.PHONY: bench-tools
