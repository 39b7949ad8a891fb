/*
 * Tokens: id 16, seq of the claim's event u64, step u16 (0xffff: none), and
 * the first half of a MAC over those and the store's epoch.
 */
#include "http/token.h"

#include <openssl/crypto.h>

#include "core/base64.h"
#include "core/log.h"
#include "core/wire.h"
#include "http/auth.h"
#include "store/store.h"

#define PREFIX 4
#define SAID 26
#define MAC 16
#define BLOCK 64
#define MESSAGE_MAX 128

/* By its first letters. */
bool
token_is(struct slice text)
{
	return text.n >= PREFIX && memcmp(text.p, "twc_", PREFIX) == 0;
}

/* HMAC of RFC 2104: two hashes, each behind a block made of the key. */
void
token_mac(const uint8_t key[32], struct slice message, uint8_t mac[32])
{
	uint8_t text[BLOCK + MESSAGE_MAX];
	unsigned i;

	INVARIANT(message.n <= MESSAGE_MAX);
	for (i = 0; i < BLOCK; i++)
		text[i] = 0x36 ^ (i < 32 ? key[i] : 0);
	memcpy(text + BLOCK, message.p, message.n);
	auth_hash((struct slice){(char *)text, BLOCK + message.n}, mac);
	for (i = 0; i < BLOCK; i++)
		text[i] ^= 0x36 ^ 0x5c;
	memcpy(text + BLOCK, mac, 32);
	auth_hash((struct slice){(char *)text, BLOCK + 32}, mac);
}

static void
sign(const struct store *s, const uint8_t said[SAID], uint8_t mac[32])
{
	char message[MESSAGE_MAX];
	struct slice epoch = slice_str(store_epoch(s));

	memcpy(message, said, SAID);
	memcpy(message + SAID, epoch.p, epoch.n);
	token_mac(store_secret(s), (struct slice){message, SAID + epoch.n},
	    mac);
}

/* Write one. */
void
token_write(const struct store *s, const struct token *t,
    char out[TOKEN_TEXT + 1])
{
	uint8_t bytes[SAID + 32];
	const struct fence *f = &t->fence;
	unsigned char *p = wire_put_uuid(bytes, &t->id);

	p = wire_put(p, 8, f->claim);
	wire_put(p, 2, f->of_step ? f->step : EVENT_NO_STEP);
	sign(s, bytes, bytes + SAID);
	memcpy(out, "twc_", PREFIX);
	base64_encode(bytes, SAID + MAC, out + PREFIX);
	out[TOKEN_TEXT] = '\0';
}

/* Read one. */
bool
token_read(const struct store *s, struct slice text, struct token *out)
{
	uint8_t bytes[SAID + MAC], mac[32];
	struct slice code = {text.p + PREFIX, text.n - PREFIX};
	struct wire w;

	INVARIANT(token_is(text));
	if (!base64_decode(code, bytes, sizeof bytes))
		return false;
	sign(s, bytes, mac);
	if (CRYPTO_memcmp(mac, bytes + SAID, MAC) != 0)
		return false;
	w = wire_read((struct slice){(char *)bytes, SAID});
	*out = (struct token){.id = wire_uuid(&w)};
	out->fence.claim = wire_uint(&w, 8, UINT64_MAX);
	out->fence.step = (uint16_t)wire_uint(&w, 2, UINT16_MAX);
	out->fence.of_step = out->fence.step != EVENT_NO_STEP;
	return true;
}
