/*
 * What an execution's steps did, as Factflow shows it: its routes and their
 * queues, each run of an adapter, and what they come to.
 */
#ifndef HTTP_FACTFLOW_WORK_H
#define HTTP_FACTFLOW_WORK_H

#include "core/lineage.h"
#include "http/factflow_view.h"

/*
 * Runs are read from the execution's events, of which the first so many are
 * looked at; later runs are then missing ("truncated" is true).
 */
#define FACTFLOW_WORK_EVENTS 100000

/* Bytes of clients' payloads in one answer: later entries are left out. */
#define FACTFLOW_WORK_BYTES (8u << 20)

struct factflow_work;

/* Read what v's execution did up to now (ms); owned, and borrows from v. */
struct factflow_work *factflow_work_new(const struct factflow_view *v,
    int64_t now);
void factflow_work_free(struct factflow_work *k);

/* "root_correlation_id": of the first step that waits for none, or null. */
void factflow_work_write_root(struct jsonw *w, const struct factflow_work *k);

/* {"total_messages","completed",...,"duration_ms"} */
void factflow_work_write_totals(struct jsonw *w, const struct factflow_work *k);

/* Whole answers. */
void factflow_work_write_stats(struct jsonw *w, const struct factflow_work *k);
void factflow_work_write_routes(struct jsonw *w, const struct factflow_work *k);
void factflow_work_write_dag(struct jsonw *w, const struct factflow_work *k);
void factflow_work_write_lineage(struct jsonw *w, const struct factflow_work *k,
    uint64_t limit);
void factflow_work_write_monitor(struct jsonw *w,
    const struct factflow_work *k);

/* Its runs, oldest first; cut: later ones are missing.  All borrowed. */
struct factflow_runs {
	const struct lineage_entry *entry;
	const struct step *step; /* by lineage_entry.step */
	unsigned n;
	bool cut;
};

struct factflow_runs factflow_work_runs(const struct factflow_work *k);
const struct factflow_view *factflow_work_view(const struct factflow_work *k);

/* The ith run: its id, its clients' payload in bytes, and all of it. */
struct uuid factflow_work_id(const struct factflow_work *k, unsigned i);
size_t factflow_work_payload(const struct factflow_work *k, unsigned i);
void factflow_work_write_run(struct jsonw *w, const struct factflow_work *k,
    unsigned i);

#endif
