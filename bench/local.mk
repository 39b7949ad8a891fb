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
bench_fanout_SOURCES = \
	bench/answer.c bench/answer.h \
	bench/die.c bench/die.h \
	bench/fanout.c \
	bench/latency.c bench/latency.h \
	bench/proc.c bench/proc.h \
	bench/reader.c bench/reader.h
bench_fanout_LDADD = libcore.a
EXTRA_DIST += bench/fanout.sh bench/fanout_rounds.sh bench/peers
EXTRA_PROGRAMS += bench/load bench/lmdb_base bench/fill bench/first_answer
bench_load_SOURCES = \
	bench/answer.c bench/answer.h \
	bench/client.c bench/client.h \
	bench/die.c bench/die.h \
	bench/latency.c bench/latency.h \
	bench/load.c \
	bench/mix.c bench/mix.h \
	bench/proc.c bench/proc.h
bench_load_LDADD = libcore.a
bench_lmdb_base_SOURCES = bench/lmdb_base.c bench/die.c bench/latency.c
bench_lmdb_base_LDADD = libcore.a $(LMDB_LIBS)
bench_fill_SOURCES = bench/fill.c bench/life.c bench/life.h \
	bench/die.c bench/latency.c
bench_fill_LDADD = $(store_libs)
bench_first_answer_SOURCES = bench/first_answer.c bench/answer.c \
	bench/client.c bench/die.c bench/latency.c bench/proc.c
bench_first_answer_LDADD = libcore.a
EXTRA_PROGRAMS += bench/claims
bench_claims_SOURCES = \
	bench/answer.c bench/answer.h \
	bench/claims.c \
	bench/client.c bench/client.h \
	bench/die.c bench/die.h \
	bench/latency.c bench/latency.h \
	bench/mix.c bench/mix.h \
	bench/proc.c bench/proc.h
bench_claims_LDADD = libcore.a
bench_tools += bench/claims bench/load bench/lmdb_base bench/fill bench/first_answer
EXTRA_DIST += bench/README.md bench/run.sh bench/queue.sh bench/queue_rounds.sh \
	bench/killers.py bench/delayed.py
bench-tools: $(bench_tools)
.PHONY: bench-tools
