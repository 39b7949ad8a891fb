/*
 * Any bytes as a time: what is read is written and read back the same.  The
 * first eight bytes are also a time to be written.
 */
#include <stdint.h>

#include "core/log.h"
#include "core/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All forms tell the same time, which for known ms is ms. */
static void
check_forms(int64_t ms, bool known)
{
	char out[RFC3339_MAX];
	int64_t whole, fine, finest;

	rfc3339_seconds(ms, out);
	INVARIANT(strlen(out) == 20 && rfc3339_parse(slice_str(out), &whole));
	rfc3339_millis(ms, out);
	INVARIANT(strlen(out) == 24 && rfc3339_parse(slice_str(out), &fine));
	rfc3339_micros(ms, true, out);
	INVARIANT(strlen(out) == 32 && rfc3339_parse(slice_str(out), &finest));
	INVARIANT(fine == finest && fine >= whole && fine < whole + 1000);
	INVARIANT(!known || fine == ms);
	rfc3339_micros(ms, false, out);
	INVARIANT(strlen(out) == 26);
}

/* Read the input as text and as a number. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t ms;

	if (rfc3339_parse((struct slice){(const char *)data, size}, &ms))
		check_forms(ms, true);
	if (size >= sizeof(ms)) {
		memcpy(&ms, data, sizeof(ms));
		check_forms(ms, false);
	}
	return 0;
}
