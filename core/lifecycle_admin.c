/*
 * What people change of an execution, apart from cancelling it: its labels,
 * and, where no worker will, its end.
 */
#include "core/labels.h"
#include "core/lifecycle_impl.h"

/* Lay a patch over the labels. */
bool
lifecycle_tags(struct decision *d, struct slice patch)
{
	struct journal_event ev = lifecycle_event(d, EVENT_TAGS);
	struct slice now = SLICE_NONE;
	struct buf *text = lifecycle_text(d);

	if (!brief_read(&d->x->tags, &now))
		now = d->get(d->arg, d->x->tags.at, MEMBER_TAGS);
	if (!labels_merge(now, patch, text))
		return lifecycle_refuse(d, REFUSAL_INVALID, "tags",
		    "an execution has at most %d labels", LABELS_MAX);
	if (slice_eq(buf_slice(text), now.p != NULL ? now : SLICE("{}"))) {
		d->repeated = true;
		return true;
	}
	event_add_member(&ev, MEMBER_TAGS, buf_slice(text));
	lifecycle_emit(d, &ev);
	return true;
}

/* Copy the string that one of these members is; empty when none is. */
static struct slice
copy_string(struct decision *d, const struct json_node *info,
    const char *const *members)
{
	const struct json_node *n;
	struct buf *text;

	for (; *members != NULL; members++) {
		n = json_get(info, *members);
		if (json_absent(n) || n->type != JSON_STRING || n->str.n == 0)
			continue;
		text = lifecycle_text(d);
		buf_add_slice(text, n->str);
		return buf_slice(text);
	}
	return SLICE_NONE;
}

/* Say what went wrong, in the administrator's words where there are some. */
static void
add_error(struct decision *d, struct journal_event *ev, struct slice info)
{
	static const char *const messages[] = {"message", "error_message",
	    "error", "reason", NULL};
	static const char *const types[] = {"type", "error_type", NULL};
	struct json *doc = NULL;
	const struct json_node *root = NULL;
	struct slice message;

	if (info.p != NULL)
		doc = json_parse(info, &(struct json_error){0});
	if (doc != NULL)
		root = json_root(doc);
	message = copy_string(d, root, messages);
	event_add_member(ev, MEMBER_ERROR_MESSAGE,
	    message.p != NULL ? message : SLICE("Marked as failed"));
	event_add_member(ev, MEMBER_ERROR_TYPE, copy_string(d, root, types));
	json_free(doc);
}

/* End it without its worker. */
bool
lifecycle_patch(struct decision *d, enum status to, struct slice info)
{
	struct journal_event ev;

	if (status_is_terminal(d->x->status))
		return lifecycle_refuse(d, REFUSAL_TERMINAL, "status",
		    "the execution is already %s", status_name(d->x->status));
	ev = lifecycle_status(d, to, CAUSE_REQUEST);
	if (to == STATUS_FAILED)
		add_error(d, &ev, info);
	event_add_member(&ev, MEMBER_ERROR_INFO, info);
	lifecycle_emit(d, &ev);
	return true;
}
