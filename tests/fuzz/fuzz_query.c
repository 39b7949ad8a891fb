/*
 * Fuzz target: queries.  What is valid can be taken apart, its parts are
 * UTF-8 without NUL and no longer than they were; encoding them again and
 * asking again finds them again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                 \
	do {                                                        \
		if (!(cond)) {                                      \
			fprintf(stderr, "fuzz_query: %s\n", #cond); \
			abort();                                    \
		}                                                   \
	} while (0)

static const char *const names[] = {"a", "tag", "types", "last_event_id", ""};

/* Write "name=value" with every byte of the value encoded. */
static void
encode(struct buf *out, const char *name, struct slice value)
{
	buf_addf(out, "%s%s=", out->len > 0 ? "&" : "", name);
	for (size_t i = 0; i < value.n; i++)
		buf_addf(out, "%%%02x", (unsigned char)value.p[i]);
}

static void
check_found(struct slice query, struct arena *a)
{
	struct slice got, again;
	struct buf written = {0};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		written.len = 0;
		for (unsigned nth = 0;
		     query_find(query, names[i], nth, a, &got); nth++) {
			CHECK(got.n <= query.n);
			CHECK(utf8_valid(got, NULL));
			CHECK(got.n == 0 || memchr(got.p, 0, got.n) == NULL);
			encode(&written, names[i], got);
			CHECK(query_find(buf_slice(&written), names[i], nth, a,
			    &again));
			CHECK(slice_eq(got, again));
		}
	}
	buf_free(&written);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice raw = {(const char *)data, size}, out;
	struct arena a = {0};

	/* A target has no NUL, whoever asks; see the strict layer. */
	if (size > 4096 || (size > 0 && memchr(data, 0, size) != NULL))
		return 0;
	if (query_valid(raw))
		check_found(raw, &a);
	if (query_decode(raw, false, &a, &out))
		CHECK(out.n <= raw.n && utf8_valid(out, NULL));
	arena_free(&a);
	return 0;
}
