/*
 * Tokens of claims: "twc_" and 56 characters of URL-safe base64, which hold
 * what was claimed and a MAC of it.  Nothing of a token is stored; whoever
 * shows one may report on what it names, for as long as the claim stands.
 */
#ifndef HTTP_TOKEN_H
#define HTTP_TOKEN_H

#include "core/lifecycle.h"
#include "core/uuid.h"

#define TOKEN_TEXT 60 /* characters, without a NUL */

struct store;

/* The execution that was claimed, and the claim of it or of its step. */
struct token {
	struct uuid id;
	struct fence fence; /* all but attempt */
};

/* True when it looks like a token, good or not. */
bool token_is(struct slice text);

/* Write one; it is good in this store only, and in no copy of it. */
void token_write(const struct store *s, const struct token *t,
    char out[TOKEN_TEXT + 1]);

/* Read one; false when this store did not write it. */
bool token_read(const struct store *s, struct slice text, struct token *out);

/* HMAC-SHA256 of message with a key of 32 bytes. */
void token_mac(const uint8_t key[32], struct slice message, uint8_t mac[32]);

#endif
