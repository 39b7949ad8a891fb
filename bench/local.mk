# To add a load tool: two lines, its path and what it links with, for example
#	EXTRA_PROGRAMS += bench/sseload
#	bench_sseload_LDADD = $(core_libs)
# and put it on the bench_tools line.  `make bench-tools` builds them.
EXTRA_PROGRAMS =
bench_tools =
bench-tools: $(bench_tools)
.PHONY: bench-tools
