/*
 * Secrets as text.  Any text as base64 is refused, or what its bytes are
 * written as; any bytes as a key's secret or a claim are read back from their
 * text.  A token with any one character changed, cut short, made longer or
 * shown to another store is refused, and so is one that nobody wrote.
 */
#include <stdint.h>

#include "core/base64.h"
#include "core/key.h"
#include "core/mem.h"
#include "core/wire.h"
#include "http/token.h"
#include "tests/fuzz/ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct store *one, *other;

/* All of text stands alone in memory, so that reading over its end is seen. */
static bool
reads(struct store *s, struct slice text, struct token *out)
{
	char *copy = mem_resize(NULL, text.n > 0 ? text.n : 1, 1);
	struct slice alone = {copy, text.n};
	bool ok;

	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	ok = token_is(alone) && token_read(s, alone, out);
	free(copy);
	return ok;
}

static void
check_base64(struct slice text)
{
	size_t n = text.n / 4 * 3 + text.n % 4 * 3 / 4;
	char *bytes = mem_resize(NULL, n + 2, 1);
	char *again = mem_resize(NULL, text.n + 1, 1);

	if (n > 0)
		INVARIANT(!base64_decode(text, bytes, n - 1));
	INVARIANT(!base64_decode(text, bytes, n + 1));
	if (base64_decode(text, bytes, n)) {
		INVARIANT(BASE64_TEXT(n) == text.n);
		base64_encode(bytes, n, again);
		INVARIANT(slice_eq((struct slice){again, text.n}, text));
	}
	free(bytes);
	free(again);
}

static void
check_bytes(struct slice bytes)
{
	size_t n = BASE64_TEXT(bytes.n);
	char *text = mem_resize(NULL, n + 1, 1);
	char *back = mem_resize(NULL, bytes.n + 1, 1);

	base64_encode(bytes.p, bytes.n, text);
	INVARIANT(base64_decode((struct slice){text, n}, back, bytes.n));
	INVARIANT(slice_eq((struct slice){back, bytes.n}, bytes));
	free(text);
	free(back);
}

static void
check_key(struct slice bytes)
{
	char text[KEY_TEXT + 1];
	uint8_t secret[32] = {0}, back[32];
	enum scope scope;

	memcpy(secret, bytes.p, bytes.n < 32 ? bytes.n : 32);
	key_format(secret, text);
	INVARIANT(strlen(text) == KEY_TEXT && !token_is(slice_str(text)));
	INVARIANT(base64_decode(slice_str(text + 3), back, 32));
	INVARIANT(memcmp(secret, back, 32) == 0);
	if (key_scope_parse(bytes, &scope))
		INVARIANT(slice_is(bytes, key_scope_name(scope)));
}

/* Change one character in every way, and each end. */
static void
check_changed(const char text[TOKEN_TEXT + 1], unsigned at)
{
	char changed[TOKEN_TEXT + 1];
	struct token t;

	memcpy(changed, text, sizeof changed);
	changed[TOKEN_TEXT] = 'A';
	INVARIANT(!reads(one, (struct slice){changed, TOKEN_TEXT + 1}, &t));
	INVARIANT(!reads(one, (struct slice){changed, TOKEN_TEXT - 1}, &t));
	INVARIANT(!reads(one, (struct slice){changed, at}, &t));
	for (unsigned c = 1; c < 256; c++) {
		changed[at] = (char)((unsigned char)text[at] ^ c);
		INVARIANT(!reads(one, (struct slice){changed, TOKEN_TEXT}, &t));
	}
}

/* 26 bytes are what a claim says; the next chooses a character. */
static void
check_token(struct slice bytes)
{
	struct wire w = wire_read(bytes);
	struct token t = {.id = wire_uuid(&w)}, back;
	char text[TOKEN_TEXT + 1];
	struct slice all = {text, TOKEN_TEXT};

	t.fence.claim = wire_uint(&w, 8, UINT64_MAX);
	t.fence.step = (uint16_t)wire_uint(&w, 2, UINT16_MAX);
	t.fence.of_step = t.fence.step != EVENT_NO_STEP;
	if (w.bad)
		return;
	token_write(one, &t, text);
	INVARIANT(strlen(text) == TOKEN_TEXT && reads(one, all, &back));
	INVARIANT(uuid_eq(&back.id, &t.id));
	INVARIANT(back.fence.claim == t.fence.claim);
	INVARIANT(back.fence.step == t.fence.step);
	INVARIANT(back.fence.of_step == t.fence.of_step);
	INVARIANT(back.fence.attempt == 0);
	INVARIANT(!reads(other, all, &back));
	check_changed(text, (unsigned)wire_uint(&w, 1, 255) % TOKEN_TEXT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {size > 0 ? (const char *)data : "", size};
	struct token t;

	if (one == NULL) {
		one = ground_store();
		other = ground_store();
	}
	check_base64(bytes);
	check_bytes(bytes);
	check_key(bytes);
	check_token(bytes);
	INVARIANT(!reads(one, bytes, &t));
	return 0;
}
