/*
 * Bodies of reports.  All that is pending goes in one request, which the
 * server takes as a whole or not at all.  A request may be sent twice, since
 * an answer can be lost; so what would be refused the second time because of
 * the first (progress on a step, beside the end of that step) goes alone.
 */
#include "cli/work_report.h"

#include <stdlib.h>

#include "core/jsonw.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#include "cli/work_lines.h"

#define REPORT_NO_PERCENT 255

struct work_report {
	struct buf path; /* "/api/executions/ID" */
	struct buf step; /* its id; empty: the whole execution was claimed */
	struct buf logs; /* an array that is still open */
	unsigned nlogs;
	uint8_t percent;
	struct buf text; /* beside percent */
	struct buf checkpoint, result, artifacts;
	bool ended; /* the outcome is known: */
	struct work_outcome outcome;
	struct buf message;
	bool sent; /* it is in the last request */
	bool over;
};

/* Nothing to say yet. */
struct work_report *
work_report_new(struct slice execution, struct slice step)
{
	struct work_report *r = mem_zalloc(sizeof(*r));

	buf_add_str(&r->path, "/api/executions/");
	buf_add_slice(&r->path, execution);
	buf_add_slice(&r->step, step);
	r->percent = REPORT_NO_PERCENT;
	return r;
}

/* Free it; NULL is fine. */
void
work_report_free(struct work_report *r)
{
	if (r == NULL)
		return;
	work_report_drop(r);
	buf_free(&r->path);
	buf_free(&r->step);
	buf_free(&r->result);
	buf_free(&r->artifacts);
	buf_free(&r->message);
	free(r);
}

/* Tell whether the batch is large enough. */
bool
work_report_full(const struct work_report *r)
{
	return r->nlogs >= WORK_REPORT_LOGS || r->logs.len >= WORK_REPORT_BYTES;
}

/* Add an element to the batch. */
void
work_report_log(struct work_report *r, const char *level, struct slice text)
{
	struct buf clean = {0};
	struct jsonw *w;

	work_lines_clean(&clean, text);
	buf_add_byte(&r->logs, r->logs.len > 0 ? ',' : '[');
	w = jsonw_new(&r->logs);
	jsonw_object(w);
	jsonw_key(w, "level");
	jsonw_cstr(w, level);
	jsonw_key(w, "message");
	jsonw_str(w, buf_slice(&clean));
	if (r->step.len > 0) {
		jsonw_key(w, "execution_step_id");
		jsonw_str(w, buf_slice(&r->step));
	}
	jsonw_end(w);
	jsonw_free(w);
	buf_free(&clean);
	r->nlogs++;
}

static void
set(struct buf *to, struct slice text)
{
	to->len = 0;
	work_lines_clean(to, text);
}

/* Keep the latest of each word. */
const char *
work_report_word(struct work_report *r, const struct work_control *c)
{
	if (c->word != WORK_PROGRESS && c->word != WORK_RESULT &&
	    r->step.len == 0)
		return "it is for steps: see --unit step";
	switch (c->word) {
	case WORK_PROGRESS:
		r->percent = c->percent;
		set(&r->text, c->text);
		break;
	case WORK_RESULT:
		set(&r->result, c->text);
		break;
	case WORK_CHECKPOINT:
		set(&r->checkpoint, c->text);
		break;
	case WORK_ARTIFACTS:
		set(&r->artifacts, c->text);
		break;
	}
	return NULL;
}

/* Note the outcome. */
void
work_report_end(struct work_report *r, const struct work_outcome *o)
{
	INVARIANT(!r->ended);
	r->ended = true;
	r->outcome = *o;
	set(&r->message, o->message);
}

/* Forget what was not sent. */
void
work_report_drop(struct work_report *r)
{
	buf_free(&r->logs);
	buf_free(&r->text);
	buf_free(&r->checkpoint);
	r->nlogs = 0;
	r->percent = REPORT_NO_PERCENT;
}

static bool
has_progress(const struct work_report *r)
{
	return r->percent != REPORT_NO_PERCENT || r->checkpoint.len > 0;
}

/* Tell whether anything waits to be sent. */
bool
work_report_pending(const struct work_report *r)
{
	return r->nlogs > 0 || has_progress(r) || (r->ended && !r->over);
}

/* The end is not delayed, and half a batch is plenty. */
bool
work_report_urgent(const struct work_report *r)
{
	return r->ended || r->nlogs >= WORK_REPORT_LOGS / 2 ||
	    r->logs.len >= WORK_REPORT_BYTES / 2;
}

/* May the outcome go with all that is pending? */
static bool
ends_now(const struct work_report *r)
{
	size_t outcome = r->result.len + r->artifacts.len + r->message.len;

	if (!r->ended)
		return false;
	if (r->outcome.end == WORK_CANCELLED)
		return r->nlogs == 0 && !has_progress(r);
	if (r->step.len > 0 && has_progress(r))
		return false;
	return r->nlogs == 0 || r->logs.len + outcome <= WORK_REPORT_TOGETHER;
}

static void
write_failure(struct jsonw *w, const struct work_report *r)
{
	bool cancelled = r->outcome.end == WORK_CANCELLED;

	jsonw_key(w, "error_type");
	jsonw_cstr(w, cancelled ? "Cancelled" : r->outcome.type);
	jsonw_key(w, "error_message");
	if (cancelled)
		jsonw_cstr(w, "the command was stopped on request");
	else
		jsonw_str(w, buf_slice(&r->message));
	if (r->outcome.final) {
		jsonw_key(w, "retryable");
		jsonw_bool(w, false);
	}
}

static void
write_outcome(struct jsonw *w, const struct work_report *r)
{
	if (r->outcome.end != WORK_COMPLETED) {
		write_failure(w, r);
		return;
	}
	jsonw_key(w, "result_data");
	jsonw_raw_or_null(w, buf_slice(&r->result));
	if (r->artifacts.len > 0) {
		jsonw_key(w, "artifacts");
		jsonw_raw(w, buf_slice(&r->artifacts));
	}
}

/* What a step made of itself, as an element of step_reports. */
static void
write_step_progress(struct jsonw *w, const struct work_report *r)
{
	if (r->percent != REPORT_NO_PERCENT) {
		jsonw_key(w, "progress_percent");
		jsonw_u64(w, r->percent);
	}
	if (r->text.len > 0) {
		jsonw_key(w, "metadata");
		jsonw_object(w);
		jsonw_key(w, "message");
		jsonw_str(w, buf_slice(&r->text));
		jsonw_end(w);
	}
	if (r->checkpoint.len > 0) {
		jsonw_key(w, "checkpoint_data");
		jsonw_raw(w, buf_slice(&r->checkpoint));
	}
}

static void
write_step(struct jsonw *w, const struct work_report *r, bool ends)
{
	const char *word = "progress";

	if (ends)
		word =
		    r->outcome.end == WORK_COMPLETED ? "completed" : "failed";
	jsonw_key(w, "step_reports");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_key(w, "step");
	jsonw_str(w, buf_slice(&r->step));
	jsonw_key(w, "report");
	jsonw_cstr(w, word);
	if (ends)
		write_outcome(w, r);
	else
		write_step_progress(w, r);
	jsonw_end(w);
	jsonw_end(w);
}

static void
write_execution(struct jsonw *w, const struct work_report *r, bool ends)
{
	if (r->percent != REPORT_NO_PERCENT) {
		jsonw_key(w, "progress");
		jsonw_object(w);
		jsonw_key(w, "progress_percent");
		jsonw_u64(w, r->percent);
		if (r->text.len > 0) {
			jsonw_key(w, "current_step_name");
			jsonw_str(w, buf_slice(&r->text));
		}
		jsonw_end(w);
	}
	if (ends) {
		jsonw_key(w,
		    r->outcome.end == WORK_COMPLETED ? "complete" : "fail");
		jsonw_object(w);
		write_outcome(w, r);
		jsonw_end(w);
	}
}

static void
write_body(struct work_report *r, bool ends, struct buf *body)
{
	struct jsonw *w = jsonw_new(body);

	jsonw_object(w);
	if (r->nlogs > 0) {
		buf_add_byte(&r->logs, ']');
		jsonw_key(w, "logs");
		jsonw_raw(w, buf_slice(&r->logs));
	}
	if (r->step.len == 0)
		write_execution(w, r, ends);
	else if (ends || has_progress(r))
		write_step(w, r, ends);
	jsonw_end(w);
	jsonw_free(w);
}

/* Write what is pending, and forget it but for the outcome. */
void
work_report_next(struct work_report *r, struct buf *target, struct buf *body)
{
	bool ends = ends_now(r);
	bool cancels = ends && r->outcome.end == WORK_CANCELLED;

	target->len = body->len = 0;
	buf_add_slice(target, buf_slice(&r->path));
	if (cancels && r->step.len == 0)
		buf_add_str(target, "/cancel");
	else if (ends || has_progress(r))
		buf_add_str(target, "/report");
	else
		buf_add_str(target, r->nlogs > 0 ? "/log" : "/heartbeat");
	if (r->nlogs > 0 || has_progress(r) ||
	    (ends && !(cancels && r->step.len == 0)))
		write_body(r, ends, body);
	r->sent = ends;
	work_report_drop(r);
}

/* Go on to what comes next. */
void
work_report_taken(struct work_report *r)
{
	r->over = r->sent;
}

/* Say of a result that the server did not want it. */
void
work_report_refused(struct work_report *r, struct slice why)
{
	if (!r->sent)
		return;
	if (r->outcome.end != WORK_COMPLETED) {
		r->over = true;
		return;
	}
	r->outcome =
	    (struct work_outcome){.end = WORK_FAILED, .type = "ReportRefused"};
	r->message.len = 0;
	buf_add_str(&r->message, "the server refused the result: ");
	work_lines_clean(&r->message, why);
}

/* Tell whether the outcome has been settled. */
bool
work_report_over(const struct work_report *r)
{
	return r->over;
}

/* Tell what the outcome became. */
enum work_end
work_report_outcome(const struct work_report *r)
{
	return r->outcome.end;
}
