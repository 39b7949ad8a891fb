/*
 * The yardstick of durable writes: how many fully synced transactions of one
 * put LMDB commits a second on this disk, and nothing else.
 *
 * usage: lmdb_base DIR [SECONDS [VALUE-BYTES]]
 *
 * DIR must exist; the file is made in it and removed again.
 */
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/die.h"
#include "bench/latency.h"
#include "core/slice.h"
#include "core/wire.h"

#define VALUE_MAX 4096
#define MAP_SIZE ((size_t)1 << 34)

struct base {
	MDB_env *env;
	MDB_dbi dbi;
	uint64_t seq;
	unsigned value_bytes;
	char path[4096];
	struct latency latency;
};

static void
check(int rc, const char *what)
{
	if (rc != 0)
		die("%s: %s", what, mdb_strerror(rc));
}

/* The flags of Tidewire's own store: synced, no read-ahead. */
static void
open_env(struct base *b, const char *dir)
{
	MDB_txn *txn;

	snprintf(b->path, sizeof b->path, "%s/lmdb_base.mdb", dir);
	check(mdb_env_create(&b->env), "mdb_env_create");
	check(mdb_env_set_mapsize(b->env, MAP_SIZE), "mdb_env_set_mapsize");
	check(mdb_env_open(b->env, b->path,
		  MDB_NOSUBDIR | MDB_NORDAHEAD | MDB_NOTLS, 0600),
	    b->path);
	check(mdb_txn_begin(b->env, NULL, 0, &txn), "mdb_txn_begin");
	check(mdb_dbi_open(txn, NULL, 0, &b->dbi), "mdb_dbi_open");
	check(mdb_txn_commit(txn), "mdb_txn_commit");
}

/* One transaction of one put, its key above all before. */
static void
put_one(struct base *b)
{
	static uint8_t value[VALUE_MAX];
	uint8_t bytes[8];
	MDB_val key = {sizeof bytes, bytes};
	MDB_val data = {b->value_bytes, value};
	int64_t start = latency_clock();
	MDB_txn *txn;

	wire_put(bytes, sizeof bytes, ++b->seq);
	wire_put(value, sizeof bytes, b->seq);
	check(mdb_txn_begin(b->env, NULL, 0, &txn), "mdb_txn_begin");
	check(mdb_put(txn, b->dbi, &key, &data, MDB_APPEND), "mdb_put");
	check(mdb_txn_commit(txn), "mdb_txn_commit");
	latency_add(&b->latency, latency_clock() - start);
}

static void
close_env(struct base *b)
{
	char lock[sizeof b->path + 8];

	mdb_env_close(b->env);
	snprintf(lock, sizeof lock, "%s-lock", b->path);
	unlink(b->path);
	unlink(lock);
}

static uint64_t
number(const char *text, uint64_t min, uint64_t max)
{
	uint64_t v;

	if (!slice_u64(slice_str(text), max, &v) || v < min)
		die("%s is not a number from %u to %u", text, (unsigned)min,
		    (unsigned)max);
	return v;
}

int
main(int argc, char **argv)
{
	struct base b = {.value_bytes = 300};
	uint64_t seconds = 3;
	int64_t start, now;

	if (argc < 2 || argc > 4)
		die("usage: lmdb_base DIR [SECONDS [VALUE-BYTES]]");
	if (argc > 2)
		seconds = number(argv[2], 1, 600);
	if (argc > 3)
		b.value_bytes = (unsigned)number(argv[3], 8, VALUE_MAX);
	open_env(&b, argv[1]);
	start = latency_clock();
	do {
		put_one(&b);
		now = latency_clock();
	} while (now - start < (int64_t)seconds * 1000000000);
	printf("commits/s: %.0f\n",
	    (double)b.seq / ((double)(now - start) / 1e9));
	printf("p50 ms: %.3f\n", latency_quantile(&b.latency, 0.5));
	printf("p99 ms: %.3f\n", latency_quantile(&b.latency, 0.99));
	close_env(&b);
	return 0;
}
