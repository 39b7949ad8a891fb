/*
 * Counted bytes: a snapshot that many subscribers are being sent, or the few
 * control bytes that one socket would not take.
 */
#include "sse/blob.h"

#include <stdlib.h>

#include "core/mem.h"

/* Copy bytes. */
struct blob *
blob_new(struct slice bytes)
{
	struct blob *b = mem_zalloc(sizeof(*b) + bytes.n);

	b->refs = 1;
	b->n = bytes.n;
	memcpy(b->bytes, bytes.p, bytes.n);
	return b;
}

/* Hold b too. */
struct blob *
blob_ref(struct blob *b)
{
	if (b != NULL)
		b->refs++;
	return b;
}

/* Let go of b. */
void
blob_unref(struct blob *b)
{
	if (b != NULL && --b->refs == 0)
		free(b);
}
