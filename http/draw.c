/*
 * What the dialects' views share.
 */
#include "http/draw.h"

#include "core/rfc3339.h"

/* Write JSON as it was sent. */
void
draw_json(struct jsonw *w, const char *key, struct slice json)
{
	jsonw_key(w, key);
	jsonw_raw_or_null(w, json);
}

/* Write a text. */
void
draw_text(struct jsonw *w, const char *key, struct slice text)
{
	jsonw_text(w, key, text);
}

/* Write a word of ours. */
void
draw_cstr(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	jsonw_cstr(w, text);
}

/* Write a number. */
void
draw_u64(struct jsonw *w, const char *key, uint64_t n)
{
	jsonw_key(w, key);
	jsonw_u64(w, n);
}

/* Write true or false. */
void
draw_bool(struct jsonw *w, const char *key, bool b)
{
	jsonw_key(w, key);
	jsonw_bool(w, b);
}

/* Write a number that may not have been said. */
void
draw_said(struct jsonw *w, const char *key, uint64_t n, uint64_t unsaid)
{
	jsonw_key(w, key);
	if (n == unsaid)
		jsonw_null(w);
	else
		jsonw_u64(w, n);
}

/* Write a time in whole seconds. */
void
draw_seconds(struct jsonw *w, const char *key, int64_t ms)
{
	char text[RFC3339_MAX];

	rfc3339_seconds(ms, text);
	draw_cstr(w, key, ms == 0 ? NULL : text);
}

/* Write a time in milliseconds. */
void
draw_millis(struct jsonw *w, const char *key, int64_t ms)
{
	char text[RFC3339_MAX];

	rfc3339_millis(ms, text);
	draw_cstr(w, key, ms == 0 ? NULL : text);
}

/* Write a time as the number it is. */
void
draw_number(struct jsonw *w, const char *key, int64_t ms)
{
	draw_said(w, key, (uint64_t)ms, 0);
}

/* Tell when it ended. */
int64_t
draw_ended_at(const struct execution *x)
{
	if (x->status == STATUS_CANCELLING || x->status == STATUS_CANCELLED)
		return x->cancel_at;
	return x->completed_at;
}

/* Write a failure. */
void
draw_failure(struct jsonw *w, const struct failure *f,
    enum failure_category category, struct slice message)
{
	unsigned i;

	jsonw_object(w);
	draw_cstr(w, "taxonomy_version", FAILURE_TAXONOMY);
	draw_cstr(w, "category", failure_category_name(category));
	draw_cstr(w, "code", f->code);
	draw_text(w, "message", message);
	draw_bool(w, "retryable", f->retryable);
	draw_bool(w, "fix_required", f->fix_required);
	jsonw_key(w, "remediation_hints");
	jsonw_array(w);
	jsonw_cstr(w, f->hint);
	jsonw_end(w);
	jsonw_key(w, "next_actions");
	jsonw_array(w);
	for (i = 0; i < 3 && f->next_actions[i] != NULL; i++)
		jsonw_cstr(w, f->next_actions[i]);
	jsonw_end(w);
	jsonw_end(w);
}

/* The statuses of a dialect's word. */
bool
draw_statuses(const char *const words[STATUS_COUNT], struct slice word,
    bool (*is)(struct slice, const char *), enum status out[STATUS_COUNT])
{
	unsigned s, n = 0;

	for (s = 1; s < STATUS_COUNT; s++)
		if (is(word, words[s]))
			out[n++] = (enum status)s;
	out[n] = (enum status)0;
	return n > 0;
}
