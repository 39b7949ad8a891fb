/*
 * Tokens: id 16, seq of the claim's event u64, step u16 (0xffff: none), and
 * the first half of a MAC over those and the store's epoch.
 */
#include "http/token.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "core/base64.h"
#include "core/log.h"
#include "core/wire.h"
#include "store/store.h"

#define PREFIX 4
#define SAID 26
#define MAC 16
#define EPOCH 16

/* By its first letters. */
bool
token_is(struct slice text)
{
	return text.n >= PREFIX && memcmp(text.p, "twc_", PREFIX) == 0;
}

/* Naming the digest once spares finding it each time. */
void
token_mac(const uint8_t key[32], struct slice message, uint8_t mac[32])
{
	static EVP_MAC_CTX *ctx;
	static char digest[] = "SHA256";
	const OSSL_PARAM params[] =
	    {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *hmac;
	size_t n = 0;

	if (ctx == NULL) {
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		ctx = EVP_MAC_CTX_new(hmac);
		EVP_MAC_free(hmac);
		if (ctx == NULL || EVP_MAC_CTX_set_params(ctx, params) != 1)
			log_fatal("HMAC is missing from libcrypto");
	}
	if (EVP_MAC_init(ctx, key, 32, NULL) != 1 ||
	    EVP_MAC_update(ctx, (const uint8_t *)message.p, message.n) != 1 ||
	    EVP_MAC_final(ctx, mac, &n, 32) != 1 || n != 32)
		log_fatal("HMAC does not work");
}

static void
sign(const struct store *s, const uint8_t said[SAID], uint8_t mac[32])
{
	char message[SAID + EPOCH];

	memcpy(message, said, SAID);
	memcpy(message + SAID, store_epoch(s), EPOCH);
	token_mac(store_secret(s), (struct slice){message, sizeof message},
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
