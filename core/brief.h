/*
 * A member that is shown often: where it is, and, where its bytes are few,
 * those too, so that showing it needs no look at the journal.
 */
#ifndef CORE_BRIEF_H
#define CORE_BRIEF_H

#include "core/event.h"
#include "core/wire.h"

#define BRIEF_MAX 127  /* bytes that are kept; of longer ones none is */
#define BRIEF_LONG 255 /* as n: look at the journal */

struct brief {
	struct ref at; /* seq 0: not said */
	uint8_t n;     /* of bytes */
	char bytes[BRIEF_MAX];
};

/* Make it what ev says, unless ev has no such member. */
void brief_take(struct brief *b, const struct journal_event *ev, enum member m);

/* True when out is what was said, borrowed from b; SLICE_NONE for nothing. */
bool brief_read(const struct brief *b, struct slice *out);

/*
 * The stored form, of 10 + BRIEF_MAX bytes at most: int seq; unless that is 0,
 * u8 n, and the bytes.  Writing returns where the next field goes.
 */
unsigned char *brief_put(unsigned char *p, const struct brief *b);
void brief_get(struct wire *w, struct brief *out);

#endif
