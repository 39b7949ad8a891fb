/*
 * Drawing jobs for WiseRows: times are numbers, progress is counts.
 */
#include "http/wiserows_view.h"

#include <stdlib.h>

#include "core/category.h"
#include "core/mem.h"
#include "core/wire.h"
#include "http/draw.h"
#include "store/journal.h"
#include "store/rows.h"

#define LOGS_MAX 1000	      /* shown of a job: the newest */
#define LOGS_BYTES (4u << 20) /* of messages: with these, they are enough */
#define EVENTS_MAX 5000	      /* looked at to find them */

static const char *const words[STATUS_COUNT] = {
    [STATUS_QUEUED] = "pending",
    [STATUS_RUNNING] = "running",
    [STATUS_RETRYING] = "pending",
    [STATUS_CANCELLING] = "cancelled",
    [STATUS_INTERRUPTED] = "running",
    [STATUS_COMPLETED] = "completed",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMED_OUT] = "failed",
    [STATUS_CANCELLED] = "cancelled",
};

/* The word for a status. */
const char *
wiserows_view_status(enum status s)
{
	return words[s];
}

/* The statuses of a word. */
bool
wiserows_view_statuses(struct slice word, enum status out[STATUS_COUNT])
{
	return draw_statuses(words, word, slice_is, out);
}

struct counts {
	uint64_t total, completed, failed;
};

/* What the worker said. */
static struct counts
read_counts(struct store_txn *t, const struct execution *x)
{
	struct wire w = wire_read(journal_member(t, x->counts, MEMBER_COUNTS));
	struct counts n;

	n.total = wire_uint(&w, 8, INT64_MAX);
	n.completed = wire_uint(&w, 8, INT64_MAX);
	n.failed = wire_uint(&w, 8, INT64_MAX);
	return n;
}

/* What the steps say, where the worker did not. */
static struct counts
count_steps(struct store_txn *t, const struct execution *x)
{
	struct step *steps = mem_zalloc((x->nsteps + 1u) * sizeof *steps);
	struct counts n = {.total = x->nsteps};
	unsigned i;

	if (rows_get_steps(t, &x->id, steps, x->nsteps))
		for (i = 0; i < x->nsteps; i++) {
			n.completed += steps[i].status == STEP_COMPLETED;
			n.failed += steps[i].status == STEP_FAILED;
		}
	free(steps);
	return n;
}

static void
write_progress(struct jsonw *w, struct store_txn *t, const struct execution *x)
{
	struct counts n =
	    x->counts.seq != 0 ? read_counts(t, x) : count_steps(t, x);

	jsonw_key(w, "progress");
	jsonw_object(w);
	draw_u64(w, "total", n.total);
	draw_u64(w, "completed", n.completed);
	draw_u64(w, "failed", n.failed);
	jsonw_end(w);
}

/* Draw a job's members. */
void
wiserows_view_job(struct jsonw *w, struct store_txn *t,
    const struct execution *x, const struct job *job)
{
	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	draw_text(w, "name", job->name);
	draw_text(w, "type", job->type.p != NULL ? job->type : SLICE(""));
	draw_cstr(w, "category", category_name(x->category));
	draw_cstr(w, "status", words[x->status]);
	write_progress(w, t, x);
	draw_number(w, "createdAt", x->created_at);
	draw_number(w, "completedAt", draw_ended_at(x));
}

static void
write_log(struct jsonw *w, const struct journal_event *ev)
{
	enum level level = ev->level;

	if (level == LEVEL_DEBUG)
		level = LEVEL_INFO; /* this dialect has no other word */
	jsonw_object(w);
	draw_number(w, "timestamp", ev->at);
	draw_cstr(w, "level", event_level_name(level));
	draw_text(w, "message", event_get(ev, MEMBER_MESSAGE));
	jsonw_end(w);
}

/* The seqs of the newest logs, newest first, walking down from the last. */
static unsigned
find_logs(struct store_txn *t, const struct execution *x,
    uint64_t seqs[LOGS_MAX])
{
	uint64_t seq = x->tail.seq;
	struct journal_event ev;
	unsigned n = 0, looked;
	size_t bytes = 0;

	for (looked = 0; looked < EVENTS_MAX && n < LOGS_MAX &&
	     bytes < LOGS_BYTES && seq != 0;
	     looked++, seq = ev.prev) {
		if (!journal_get(t, seq, &ev))
			break;
		if (ev.type != EVENT_LOG)
			continue;
		seqs[n++] = seq;
		bytes += event_get(&ev, MEMBER_MESSAGE).n;
	}
	return n;
}

/* Draw the logs. */
void
wiserows_view_logs(struct jsonw *w, struct store_txn *t,
    const struct execution *x)
{
	uint64_t seqs[LOGS_MAX];
	unsigned n = find_logs(t, x, seqs);
	struct journal_event ev;

	jsonw_key(w, "logs");
	jsonw_array(w);
	while (n-- > 0)
		if (journal_get(t, seqs[n], &ev))
			write_log(w, &ev);
	jsonw_end(w);
}
