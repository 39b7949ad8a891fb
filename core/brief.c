/*
 * Short copies of members.  core/lifecycle_apply.c takes them, rows keep them.
 */
#include "core/brief.h"

/* Follow an event. */
void
brief_take(struct brief *b, const struct journal_event *ev, enum member m)
{
	struct slice said = event_get(ev, m);

	if (said.p == NULL)
		return;
	*b = (struct brief){.at = {ev->seq}, .n = BRIEF_LONG};
	if (said.n <= BRIEF_MAX) {
		b->n = (uint8_t)said.n;
		memcpy(b->bytes, said.p, said.n);
	}
}

/* Read it, where it is here. */
bool
brief_read(const struct brief *b, struct slice *out)
{
	*out = SLICE_NONE;
	if (b->at.seq == 0)
		return true;
	if (b->n > BRIEF_MAX)
		return false;
	*out = (struct slice){b->bytes, b->n};
	return true;
}

/* Write it. */
unsigned char *
brief_put(unsigned char *p, const struct brief *b)
{
	p = wire_put_int(p, b->at.seq);
	if (b->at.seq == 0)
		return p;
	p = wire_put(p, 1, b->n);
	if (b->n > BRIEF_MAX)
		return p;
	memcpy(p, b->bytes, b->n);
	return p + b->n;
}

/* Read it back. */
void
brief_get(struct wire *w, struct brief *out)
{
	struct slice bytes;

	out->at.seq = wire_int(w, UINT64_MAX);
	out->n = 0;
	if (out->at.seq == 0)
		return;
	out->n = (uint8_t)wire_uint(w, 1, UINT8_MAX);
	if (out->n == BRIEF_LONG)
		return;
	bytes = wire_bytes(w, out->n);
	if (bytes.n > BRIEF_MAX)
		w->bad = true;
	else if (bytes.n > 0)
		memcpy(out->bytes, bytes.p, bytes.n);
}
