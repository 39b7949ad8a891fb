/*
 * Gathering and sending validation errors; http/reports.c and the other
 * readers of bodies fill the list.
 */
#include "http/errors.h"

#include <stdio.h>

#include "http/request.h"

/* Remember one more, up to the maximum. */
void
errors_add(struct errors *e, const char *prefix, const char *member,
    const char *text)
{
	if (e->n == ERRORS_MAX)
		return;
	snprintf(e->item[e->n].field, sizeof e->item[e->n].field, "%s%s%s",
	    prefix, prefix[0] == '\0' ? "" : ".", member);
	snprintf(e->item[e->n].text, sizeof e->item[e->n].text, "%s", text);
	e->n++;
}

/* True when an earlier item has the same field. */
static bool
is_told(const struct errors *e, unsigned i)
{
	unsigned k;

	for (k = 0; k < i; k++)
		if (strcmp(e->item[k].field, e->item[i].field) == 0)
			return true;
	return false;
}

/* Answer with every field once and all its texts. */
void
errors_send(struct request *r, const struct errors *e)
{
	struct jsonw *w = request_body(r);
	unsigned i, k;

	jsonw_object(w);
	jsonw_key(w, "errors");
	jsonw_object(w);
	for (i = 0; i < e->n; i++) {
		if (is_told(e, i))
			continue;
		jsonw_key(w, e->item[i].field);
		jsonw_array(w);
		for (k = i; k < e->n; k++)
			if (strcmp(e->item[k].field, e->item[i].field) == 0)
				jsonw_cstr(w, e->item[k].text);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 422);
}
