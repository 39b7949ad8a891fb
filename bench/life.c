/*
 * Lives of executions: nine of ten are completed, some fail, some are
 * cancelled before they start.
 */
#include "bench/life.h"

#include <stdio.h>

#include "bench/die.h"
#include "store/history.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/rows.h"

/* A number below n, the same in every run. */
static unsigned
draw(struct life_world *w, unsigned n)
{
	w->noise = w->noise * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((w->noise >> 33) % n);
}

/* 64 bits. */
static uint64_t
noise(struct life_world *w)
{
	uint64_t high = draw(w, 1u << 31);

	return high << 33 ^ (uint64_t)draw(w, 1u << 31) << 8 ^ w->noise >> 40;
}

/* A job of 0 to 3 steps, one behind the other. */
static void
write_definition(unsigned n, struct buf *out)
{
	unsigned i;

	buf_addf(out,
	    "{\"name\":\"filled_%u\",\"heartbeat_timeout_seconds\":86400,"
	    "\"retry\":{\"max_attempts\":1},\"steps\":[",
	    n);
	for (i = 0; i < n % (LIFE_STEPS + 1); i++) {
		buf_addf(out, "%s{\"name\":\"step_%u\"", i > 0 ? "," : "", i);
		if (i > 0)
			buf_addf(out, ",\"depends_on\":[\"step_%u\"]", i - 1);
		buf_add_byte(out, '}');
	}
	buf_add_str(out, "]}");
}

static struct job *
read_definition(struct slice text)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(text, &bad);
	struct job *j;

	if (doc == NULL)
		die("a definition is no JSON: %s", bad.text);
	j = job_new(json_root(doc), &err);
	if (j == NULL)
		die("a definition is refused: %s %s", err.field, err.text);
	json_free(doc);
	return j;
}

/* Store a job as the engine would. */
static void
store_job(struct life_world *w, const struct job *j)
{
	struct jobs_head head = {.id = j->id,
	    .version = j->version,
	    .created_at = w->now,
	    .updated_at = w->now};
	struct journal_event ev = event_make(EVENT_JOB);

	ev.seq = store_seq(w->txn) + 1;
	ev.at = w->now;
	ev.execution = j->id;
	ev.attempt = j->version;
	ev.status = 1;
	event_add_member(&ev, MEMBER_DEFINITION, j->definition);
	journal_append(w->txn, &ev);
	jobs_put(w->txn, &head, j);
}

/* Define the jobs. */
void
life_define(struct life_world *w)
{
	struct buf text = {0};
	unsigned i;

	for (i = 0; i < LIFE_JOBS; i++) {
		text.len = 0;
		write_definition(i, &text);
		w->jobs[i] = read_definition(buf_slice(&text));
		w->jobs[i]->id = uuid_make(&w->maker, w->now, noise(w));
		w->jobs[i]->version = 1;
		store_job(w, w->jobs[i]);
	}
	buf_free(&text);
}

static struct slice
get_member(void *arg, struct ref at, enum member m)
{
	return journal_member(arg, at, m);
}

static struct decision
decide(struct life_world *w, struct life *l)
{
	lifecycle_change_reset(&w->change);
	return (struct decision){
	    .job = l->job,
	    .now = w->now,
	    .noise = noise(w),
	    .seq = store_seq(w->txn) + 1,
	    .get = get_member,
	    .arg = w->txn,
	    .x = &l->x,
	    .steps = l->steps,
	    .change = &w->change,
	};
}

/* Journal one event, a change of status with the one before it. */
static void
append(struct life_world *w, struct life *l, struct journal_event *ev)
{
	uint8_t before[8];

	history_chain(ev, &l->status, before);
	journal_append(w->txn, ev);
}

/* Journal what was decided. */
static void
keep(struct life_world *w, struct life *l, const struct decision *d, bool ok)
{
	unsigned i;

	if (!ok)
		die("refused: %s %s", d->refusal.field, d->refusal.text);
	for (i = 0; i < w->change.nevents; i++)
		append(w, l, &w->change.events[i]);
}

static void
new_rows(struct life_world *w, struct life *l)
{
	unsigned i;

	memset(l, 0, sizeof *l);
	l->job = w->jobs[draw(w, LIFE_JOBS)];
	l->x.id = uuid_make(&w->maker, w->now, noise(w));
	l->x.number = store_number_next(w->txn);
	l->x.job = l->job->id;
	l->x.job_version = l->job->version;
	l->x.project = draw(w, 4) == 0 ? 1 + draw(w, 20) : 0;
	l->x.priority = l->job->priority;
	l->x.nsteps = l->job->nsteps;
	for (i = 0; i < l->x.nsteps; i++)
		l->steps[i].id = uuid_make(&w->maker, w->now, noise(w));
}

/* The event that makes it, with all that only this event tells. */
static void
create(struct life_world *w, struct life *l, struct slice input,
    struct slice tags)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	uint8_t row[EXECUTION_ORIGIN];
	struct buf ids = {0};
	struct decision d;
	unsigned i;

	execution_encode_origin(&l->x, row);
	for (i = 0; i < l->x.nsteps; i++)
		buf_add(&ids, l->steps[i].id.b, sizeof l->steps[i].id.b);
	event_add_member(&ev, MEMBER_ROW,
	    (struct slice){(char *)row, sizeof row});
	event_add_member(&ev, MEMBER_STEPS, buf_slice(&ids));
	event_add_member(&ev, MEMBER_INPUT, input);
	event_add_member(&ev, MEMBER_TAGS, tags);
	d = decide(w, l);
	keep(w, l, &d, lifecycle_create(&d, &ev));
	buf_free(&ids);
}

/* Begin a life: queued, with an input and perhaps labels. */
void
life_begin(struct life_world *w, struct life *l)
{
	char input[160], tags[96];
	struct slice t = {tags, 0};
	int n;

	new_rows(w, l);
	n = snprintf(input, sizeof input,
	    "{\"document\":\"https://files.example.com/%u.pdf\",\"pages\":%u,"
	    "\"language\":\"en\",\"customer\":%u}",
	    draw(w, 1000000), draw(w, 400), draw(w, 5000));
	if (draw(w, 2) == 0)
		t.n = (size_t)snprintf(tags, sizeof tags,
		    "{\"team\":\"t%u\",\"customer\":\"c%u\"}", draw(w, 10),
		    draw(w, 500));
	create(w, l, (struct slice){input, (size_t)n},
	    t.n > 0 ? t : SLICE_NONE);
}

static void
report(struct life_world *w, struct life *l, const struct report *r, unsigned n)
{
	struct decision d = decide(w, l);

	keep(w, l, &d, lifecycle_report(&d, r, n, &(struct fence){0}));
}

/* The first word; one of fifty is cancelled instead. */
static void
start(struct life_world *w, struct life *l)
{
	struct report r = report_make(REPORT_PROGRESS);
	struct decision d;

	if (draw(w, 50) == 0) {
		d = decide(w, l);
		keep(w, l, &d, lifecycle_cancel(&d));
		return;
	}
	r.percent = 5;
	r.step_name = SLICE("Reading the document");
	report(w, l, &r, 1);
}

/* A log entry and progress. */
static void
work(struct life_world *w, struct life *l)
{
	struct report r[2] = {report_make(REPORT_LOG),
	    report_make(REPORT_PROGRESS)};
	char data[96];
	int n = snprintf(data, sizeof data,
	    "{\"page\":%u,\"tables\":%u,\"elapsed_ms\":%u}", draw(w, 400),
	    draw(w, 9), draw(w, 5000));

	r[0].level = LEVEL_INFO;
	r[0].message = SLICE("Extracted the tables of a page");
	r[0].log_data = (struct slice){data, (size_t)n};
	r[1].percent = (uint8_t)(10 + draw(w, 80));
	r[1].step_name = SLICE("Extracting tables");
	report(w, l, r, 2);
}

/* One of twenty fails. */
static void
finish(struct life_world *w, struct life *l)
{
	struct report r;

	if (draw(w, 20) == 0) {
		r = report_make(REPORT_FAIL);
		r.error_message = SLICE("the document is encrypted");
		r.error_type = SLICE("UnreadableDocument");
	} else {
		r = report_make(REPORT_COMPLETE);
		r.result = SLICE("{\"rows\":1204,\"url\":"
				 "\"https://files.example.com/out.csv\"}");
	}
	report(w, l, &r, 1);
}

/* Move it on, unless it is over. */
void
life_go_on(struct life_world *w, struct life *l)
{
	static void (*const stages[LIFE_STAGES])(struct life_world *,
	    struct life *) = {NULL, start, work, finish};

	l->stage++;
	if (l->stage < LIFE_STAGES && !status_is_terminal(l->x.status))
		stages[l->stage](w, l);
}

/* Write its rows. */
void
life_store(struct life_world *w, const struct life *l)
{
	unsigned i;

	rows_put(w->txn, NULL, &l->x);
	for (i = 0; i < l->x.nsteps; i++)
		rows_put_step(w->txn, &l->x.id, &l->steps[i]);
}

/* Its id. */
const struct uuid *
life_id(const struct life *l)
{
	return &l->x.id;
}

/* Free what the world has. */
void
life_forget(struct life_world *w)
{
	unsigned i;

	for (i = 0; i < LIFE_JOBS; i++)
		job_free(w->jobs[i]);
	lifecycle_change_free(&w->change);
}
