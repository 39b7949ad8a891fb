/*
 * Any bytes as an id, and any bytes as a clock that steps to and fro while
 * ids are made: text goes both ways, and ids ascend.
 */
#include <stdint.h>

#include "core/log.h"
#include "core/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(struct slice s)
{
	char text[UUID_TEXT + 1];
	struct uuid u, back;

	if (!uuid_parse(s, &u))
		return;
	uuid_format(&u, text);
	INVARIANT(slice_is_nocase(s, text));
	INVARIANT(uuid_parse(slice_str(text), &back) && uuid_eq(&u, &back));
}

/* Of each nine bytes, one says what happens and eight are the value. */
static void
check_maker(const uint8_t *data, size_t size)
{
	struct uuid_maker m = {0};
	struct uuid before = {{0}}, u;
	uint64_t v;

	for (; size >= 9; data += 9, size -= 9) {
		memcpy(&v, data + 1, sizeof(v));
		if (data[0] == 0) {
			/* One seen that is not at the end of all time. */
			memset(&u, 0, sizeof(u));
			memcpy(u.b + 1, &v, sizeof(v));
			u.b[6] = 0x70 | (u.b[6] & 0x0f);
			u.b[8] = 0x80 | (u.b[8] & 0x3f);
			uuid_maker_seen(&m, &u);
		} else {
			if (data[0] == 1)
				m.count |= 0x3ffff;
			u = uuid_make(&m, (int64_t)v >> 20, v);
		}
		if (data[0] == 0 && uuid_cmp(&u, &before) <= 0)
			continue;
		INVARIANT(uuid_cmp(&before, &u) < 0);
		before = u;
	}
}

/* Read the input both ways. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_text((struct slice){(const char *)data, size});
	check_maker(data, size);
	return 0;
}
