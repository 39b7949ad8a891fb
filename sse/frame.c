/*
 * Events to frames.  Neighbours: facts.c knows what the journal does not say
 * of an execution; tail.c keeps what is made here; gather.c wraps it.
 */
#include "sse/frame.h"

#include "core/execution.h"
#include "core/log.h"
#include "core/object.h"
#include "core/rfc3339.h"

static const char *const names[] = {
    [EVENT_CREATED] = "status",
    [EVENT_STATUS] = "status",
    [EVENT_PROGRESS] = "progress",
    [EVENT_LOG] = "log",
    [EVENT_STEP] = "step",
    [EVENT_STORAGE] = "storage.object.created",
    [EVENT_JOB] = NULL,
};

static const char *const factflow[STATUS_COUNT] = {
    [STATUS_QUEUED] = "running",
    [STATUS_RUNNING] = "running",
    [STATUS_RETRYING] = "running",
    [STATUS_CANCELLING] = "cancelling",
    [STATUS_INTERRUPTED] = "interrupted",
    [STATUS_COMPLETED] = "completed",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMED_OUT] = "failed",
    [STATUS_CANCELLED] = "cancelled",
};

/* Ready m to make frames of this epoch. */
void
frame_init(struct frame_maker *m, const char *epoch)
{
	m->epoch = epoch;
	m->w = jsonw_new(NULL);
}

/* Release what m holds. */
void
frame_free(struct frame_maker *m)
{
	jsonw_free(m->w);
	m->w = NULL;
}

/* Name a type as the stream does. */
const char *
frame_name(enum event_type t)
{
	return (unsigned)t <= EVENT_JOB ? names[t] : NULL;
}

/* Say a status in the reader's words; NULL for none. */
const char *
frame_status(enum status s, unsigned form)
{
	if ((form & FRAME_FACTFLOW) != 0)
		return (unsigned)s < STATUS_COUNT ? factflow[s] : NULL;
	return status_name(s);
}

/* Write a time in whole seconds. */
void
frame_seconds(struct jsonw *w, const char *key, int64_t ms)
{
	char text[RFC3339_MAX];

	jsonw_key(w, key);
	if (ms == 0) {
		jsonw_null(w);
		return;
	}
	rfc3339_seconds(ms, text);
	jsonw_cstr(w, text);
}

/* Write the lines before the data, and open its object. */
void
frame_begin(struct frame_maker *m, const char *name, uint64_t seq,
    struct buf *out, struct frame_cuts *cuts)
{
	size_t at = out->len;

	buf_add_str(out, "event: ");
	buf_add_str(out, name);
	buf_add_byte(out, '\n');
	*cuts = (struct frame_cuts){.name = (uint8_t)(out->len - at)};
	if (seq != FRAME_NO_ID) {
		buf_add_str(out, "id: ");
		buf_add_str(out, m->epoch);
		buf_add_byte(out, '-');
		buf_add_u64(out, seq);
		buf_add_byte(out, '\n');
	}
	buf_add_str(out, "data: ");
	jsonw_reset(m->w, out);
	jsonw_object(m->w);
	jsonw_key(m->w, "type");
	jsonw_cstr(m->w, name);
}

/* Close the object; the blank line sends the event off. */
void
frame_end(struct frame_maker *m, struct buf *out)
{
	jsonw_end(m->w);
	buf_add_str(out, "\n\n");
}

/*
 * Client's JSON stands in the data as it was sent, maybe on several lines.
 * A line break can only be white space there, never part of a string.
 */
static void
one_line(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == '\n' || p[i] == '\r')
			p[i] = ' ';
}

static void
raw(struct jsonw *w, const struct journal_event *ev, const char *key,
    enum member id)
{
	jsonw_key(w, key);
	jsonw_raw_or_null(w, event_get(ev, id));
}

static void
text(struct jsonw *w, const struct journal_event *ev, const char *key,
    enum member id)
{
	jsonw_text(w, key, event_get(ev, id));
}

static void
number_or_null(struct jsonw *w, const char *key, uint64_t v, uint64_t null)
{
	jsonw_key(w, key);
	if (v != null)
		jsonw_u64(w, v);
	else
		jsonw_null(w);
}

/* Whoever claimed it, and until when it is theirs. */
static void
claim_members(struct jsonw *w, const struct journal_event *ev)
{
	if (event_get(ev, MEMBER_WORKER).p == NULL)
		return;
	text(w, ev, "worker", MEMBER_WORKER);
	frame_seconds(w, "lease_expires_at", ev->due);
}

/* A created execution is a status event too: from nothing to queued. */
static void
status_members(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f, struct buf *out, struct frame_cuts *cuts)
{
	size_t at = out->len + 1; /* behind the comma */
	bool created = ev->type == EVENT_CREATED;

	cuts->status = created ? STATUS_QUEUED : ev->status;
	cuts->previous = created ? 0 : ev->previous;
	jsonw_key(w, "status");
	jsonw_cstr(w, status_name((enum status)cuts->status));
	jsonw_key(w, "previous");
	jsonw_cstr(w, status_name((enum status)cuts->previous));
	cuts->status_at = (uint16_t)at;
	cuts->status_n = (uint8_t)(out->len - at);
	number_or_null(w, "attempt", created ? 1 : ev->attempt, 0);
	jsonw_key(w, "job_id");
	jsonw_uuid(w, &f->x.job);
	jsonw_key(w, "job_name");
	jsonw_str(w, f->job->name);
	jsonw_key(w, "number");
	jsonw_u64(w, f->x.number);
	frame_seconds(w, "retry_at",
	    ev->status == STATUS_RETRYING ? ev->due : 0);
	claim_members(w, ev);
	text(w, ev, "error_message", MEMBER_ERROR_MESSAGE);
	text(w, ev, "error_type", MEMBER_ERROR_TYPE);
}

static const struct job_step *
step_of(const struct journal_event *ev, const struct facts *f)
{
	return ev->step < f->job->nsteps ? &f->job->steps[ev->step] : NULL;
}

static void
step_name(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f)
{
	const struct job_step *step = step_of(ev, f);

	jsonw_key(w, "step");
	if (step != NULL)
		jsonw_str(w, step->name);
	else
		jsonw_null(w);
}

static void
step_identity(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f)
{
	struct uuid id;

	jsonw_key(w, "step_id");
	if (facts_step_id(f, ev->step, &id))
		jsonw_uuid(w, &id);
	else
		jsonw_null(w);
	step_name(w, ev, f);
}

static void
step_members(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f)
{
	const struct job_step *step = step_of(ev, f);

	step_identity(w, ev, f);
	number_or_null(w, "step_index",
	    step != NULL ? step->step_index : EVENT_NO_INDEX, EVENT_NO_INDEX);
	jsonw_key(w, "status");
	jsonw_cstr(w, status_step_name((enum step_status)ev->status));
	number_or_null(w, "attempt", ev->attempt, 0);
	if (ev->status == STEP_FAILED && ev->due != 0)
		frame_seconds(w, "retry_at", ev->due);
	claim_members(w, ev);
}

static void
progress_members(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f)
{
	number_or_null(w, "progress_percent", ev->percent, EVENT_NO_PERCENT);
	text(w, ev, "current_step_name", MEMBER_STEP_NAME);
	number_or_null(w, "current_step_index", ev->step_index, EVENT_NO_INDEX);
	raw(w, ev, "metadata", MEMBER_METADATA);
	if (ev->step != EVENT_NO_STEP)
		step_identity(w, ev, f);
}

static void
log_members(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f)
{
	jsonw_key(w, "level");
	jsonw_cstr(w, event_level_name((enum level)ev->level));
	text(w, ev, "message", MEMBER_MESSAGE);
	raw(w, ev, "log_data", MEMBER_LOG_DATA);
	step_name(w, ev, f);
}

/* A key stands in JSON as it is, so that filters may find it there. */
static void
storage_members(struct jsonw *w, const struct journal_event *ev,
    const struct facts *f, struct buf *out, struct frame_cuts *cuts)
{
	struct object_parts parts = {.path = SLICE_NONE};
	struct object o;

	if (!object_read(ev, &o) || !object_split(o.key, &parts))
		return;
	jsonw_text(w, "key", o.key);
	if (o.key.n <= UINT16_MAX) {
		cuts->key_at = (uint16_t)(out->len - 1 - o.key.n);
		cuts->key_n = (uint16_t)o.key.n;
	}
	jsonw_text(w, "path", parts.path);
	jsonw_text(w, "route", parts.route);
	jsonw_text(w, "stage", parts.stage);
	jsonw_text(w, "name", parts.name);
	jsonw_key(w, "size");
	jsonw_u64(w, o.size);
	jsonw_text(w, "content_type", o.content_type);
	step_name(w, ev, f);
}

static void
common_members(struct jsonw *w, const struct journal_event *ev)
{
	char at[RFC3339_MAX];

	rfc3339_millis(ev->at, at);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &ev->execution);
	jsonw_key(w, "seq");
	jsonw_u64(w, ev->seq);
	jsonw_key(w, "at");
	jsonw_cstr(w, at);
}

/* Make the frame of an event. */
void
frame_encode(struct frame_maker *m, const struct journal_event *ev,
    const struct facts *f, struct buf *out, struct frame_cuts *cuts)
{
	const char *name = frame_name(ev->type);
	struct jsonw *w = m->w;
	size_t start = out->len, data;

	INVARIANT(name != NULL);
	frame_begin(m, name, ev->seq, out, cuts);
	data = out->len;
	common_members(w, ev);
	if (ev->type == EVENT_CREATED || ev->type == EVENT_STATUS)
		status_members(w, ev, f, out, cuts);
	else if (ev->type == EVENT_STEP)
		step_members(w, ev, f);
	else if (ev->type == EVENT_PROGRESS)
		progress_members(w, ev, f);
	else if (ev->type == EVENT_LOG)
		log_members(w, ev, f);
	else
		storage_members(w, ev, f, out, cuts);
	one_line(out->p + data, out->len - data);
	frame_end(m, out);
	if (cuts->status_n != 0)
		cuts->status_at = (uint16_t)(cuts->status_at - start);
	if (cuts->key_n != 0)
		cuts->key_at = (uint16_t)(cuts->key_at - start);
}

/* The two members of a status event in Factflow's words, and a third. */
static size_t
factflow_members(const struct frame_cuts *c, struct buf *out)
{
	const char *previous = frame_status(c->previous, FRAME_FACTFLOW);
	size_t before = out->len;

	buf_add_str(out, "\"status\":\"");
	buf_add_str(out, frame_status(c->status, FRAME_FACTFLOW));
	buf_add_str(out, "\",\"canonical_status\":\"");
	buf_add_str(out, status_name((enum status)c->status));
	buf_add_str(out, "\",\"previous\":");
	if (previous != NULL) {
		buf_add_byte(out, '"');
		buf_add_str(out, previous);
		buf_add_byte(out, '"');
	} else {
		buf_add_str(out, "null");
	}
	return out->len - before;
}

static void
chunk_head(size_t n, struct buf *out)
{
	char hex[2 * sizeof(n)];
	size_t at = sizeof(hex);

	do {
		hex[--at] = "0123456789abcdef"[n & 15];
		n >>= 4;
	} while (n != 0);
	buf_add(out, hex + at, sizeof(hex) - at);
	buf_add_str(out, "\r\n");
}

/* Append bytes, as a chunk where the form has chunks. */
void
frame_chunk(struct slice bytes, unsigned form, struct buf *out)
{
	if ((form & FRAME_PLAIN) != 0) {
		buf_add_slice(out, bytes);
		return;
	}
	chunk_head(bytes.n, out);
	buf_add_slice(out, bytes);
	buf_add_str(out, "\r\n");
}

/* The rest of a status frame, with the words exchanged. */
static void
wrap_factflow(struct slice bytes, const struct frame_cuts *c, unsigned form,
    struct buf *out)
{
	size_t skip = (form & FRAME_UNNAMED) != 0 ? c->name : 0;
	size_t behind = (size_t)c->status_at + c->status_n;
	struct buf body = {0};

	buf_add(&body, bytes.p + skip, c->status_at - skip);
	factflow_members(c, &body);
	buf_add(&body, bytes.p + behind, bytes.n - behind);
	frame_chunk(buf_slice(&body), form, out);
	buf_free(&body);
}

/* Bring a frame into the form that is asked for. */
void
frame_wrap(struct slice bytes, const struct frame_cuts *c, unsigned form,
    struct buf *out)
{
	INVARIANT(c->name <= bytes.n);
	if ((form & FRAME_FACTFLOW) != 0 && c->status_n != 0) {
		wrap_factflow(bytes, c, form, out);
		return;
	}
	if ((form & FRAME_UNNAMED) != 0) {
		bytes.p += c->name;
		bytes.n -= c->name;
	}
	frame_chunk(bytes, form, out);
}
