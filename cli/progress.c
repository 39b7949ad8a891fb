/*
 * A picture of one execution that grows out of events.  Time that has passed
 * is counted on the server's clock, carried on by ours, so that two clocks
 * that disagree do no harm.  cli/wait.c draws it.
 */
#include "cli/progress.h"

#include "core/rfc3339.h"

#include "cli/duration.h"
#include "cli/follow.h"
#include "cli/text.h"

#define PROGRESS_BAR 20 /* characters */

/* Nothing told yet. */
void
progress_init(struct progress *p)
{
	*p = (struct progress){.percent = -1, .step_index = -1};
}

/* Release the texts. */
void
progress_free(struct progress *p)
{
	buf_free(&p->status);
	buf_free(&p->step);
}

/* Replace a text, if there is a new one.  True when it changed. */
static bool
set_text(struct buf *b, struct slice text)
{
	struct buf safe = {0};
	bool changed;

	if (text.n == 0)
		return false;
	text_add(&safe, text);
	changed = !slice_eq(buf_slice(&safe), buf_slice(b));
	buf_free(b);
	*b = safe;
	return changed;
}

static bool
set_number(int64_t *to, const struct json_node *n, int64_t max)
{
	int64_t was = *to;

	return json_int(n, 0, max, to) && *to != was;
}

static bool
read_time(const struct json_node *n, int64_t *ms)
{
	return n != NULL && n->type == JSON_STRING && rfc3339_parse(n->str, ms);
}

/* The members that executions and events share. */
static bool
take_common(struct progress *p, const struct json_node *n)
{
	bool changed = false;

	set_number(&p->percent, json_get(n, "progress_percent"), 100);
	changed |=
	    set_text(&p->step, text_of(json_get(n, "current_step_name")));
	set_number(&p->step_index, json_get(n, "current_step_index"),
	    UINT32_MAX);
	changed |= set_number(&p->attempt, json_get(n, "attempt"), UINT32_MAX);
	return changed;
}

/* Take in a whole execution. */
void
progress_execution(struct progress *p, const struct json_node *e)
{
	const struct json_node *steps = json_get(e, "steps");

	set_text(&p->status, follow_status(e));
	take_common(p, e);
	read_time(json_get(e, "started_at"), &p->started);
	if (steps != NULL && steps->type == JSON_ARRAY)
		p->steps = steps->count;
}

/* A new attempt starts over. */
static bool
take_status(struct progress *p, const struct json_node *data)
{
	bool changed = set_text(&p->status, follow_status(data));

	if (set_number(&p->attempt, json_get(data, "attempt"), UINT32_MAX)) {
		p->percent = -1;
		changed = true;
	}
	if (p->started == 0 && slice_is(buf_slice(&p->status), "running"))
		p->started = p->at;
	return changed;
}

static bool
take_step(struct progress *p, const struct json_node *data)
{
	if (!slice_is(text_of(json_get(data, "status")), "running"))
		return false;
	set_number(&p->step_index, json_get(data, "step_index"), UINT32_MAX);
	return set_text(&p->step, text_of(json_get(data, "step")));
}

/* Take in an event; types that say nothing about progress change nothing. */
bool
progress_event(struct progress *p, struct slice type,
    const struct json_node *data, int64_t now)
{
	if (read_time(json_get(data, "at"), &p->at))
		p->seen = now;
	if (slice_is(type, "status"))
		return take_status(p, data);
	if (slice_is(type, "step"))
		return take_step(p, data);
	if (slice_is(type, "progress") &&
	    json_absent(json_get(data, "step_id")))
		return take_common(p, data);
	if (slice_is(type, "snapshot"))
		progress_execution(p, json_get(data, "execution"));
	return false;
}

static void
add_bar(const struct progress *p, struct buf *out)
{
	int64_t full = p->percent > 0 ? p->percent * PROGRESS_BAR / 100 : 0;

	buf_add_byte(out, '[');
	for (int64_t i = 0; i < PROGRESS_BAR; i++)
		buf_add_byte(out, i < full ? '#' : '-');
	buf_add_byte(out, ']');
	if (p->percent < 0)
		buf_add_str(out, "     ");
	else
		buf_addf(out, " %3d%%", (int)p->percent);
}

/* Write status, step and attempt. */
void
progress_words(const struct progress *p, struct buf *out)
{
	if (p->status.len == 0)
		buf_add_str(out, "connecting");
	buf_add_slice(out, buf_slice(&p->status));
	if (p->step.len > 0) {
		buf_add_str(out, "  step ");
		if (p->step_index >= 0 && p->step_index < p->steps)
			buf_addf(out, "%u/%u ", (unsigned)p->step_index + 1,
			    (unsigned)p->steps);
		buf_add_slice(out, buf_slice(&p->step));
	}
	if (p->attempt > 1)
		buf_addf(out, "  attempt %u", (unsigned)p->attempt);
}

/* Write the live line. */
void
progress_line(const struct progress *p, int64_t now, struct buf *out)
{
	int64_t elapsed = p->at - p->started + (now - p->seen);

	add_bar(p, out);
	buf_add_str(out, "  ");
	progress_words(p, out);
	if (p->started == 0 || elapsed < 0)
		return;
	buf_add_str(out, "  ");
	duration_format((uint64_t)elapsed / 1000 * 1000, out);
}
