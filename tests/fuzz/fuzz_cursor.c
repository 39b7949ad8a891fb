/*
 * Any bytes as a cursor: what is taken for one, written out as an id, reads
 * as the same seq, and no other epoch takes it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "sse/cursor.h"

#define EPOCH "00112233445566ff"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_written(uint64_t seq)
{
	char id[64];
	uint64_t back = 0;

	snprintf(id, sizeof(id), EPOCH "-%llu", (unsigned long long)seq);
	INVARIANT(cursor_parse(slice_str(id), EPOCH, &back) && back == seq);
	INVARIANT(!cursor_parse(slice_str(id), "0011223344556600", &back));
}

/* The text stands alone in memory, so that reading over its end is seen. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = mem_dup(data, size);
	struct slice text = {mem_resize(copy, size > 0 ? size : 1, 1), size};
	uint64_t seq = 0;

	if (cursor_parse(text, EPOCH, &seq)) {
		INVARIANT(seq <= INT64_MAX);
		check_written(seq);
	} else {
		INVARIANT(seq == 0);
	}
	free((char *)(uintptr_t)text.p);
	return 0;
}
