/*
 * API keys: "tw_" and 43 characters of URL-safe base64 (256 random bits),
 * shown once, stored as their SHA-256.
 */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include "core/uuid.h"

#define KEY_TEXT 46 /* characters, without a NUL */
#define KEY_NAME_MAX 200

enum scope { SCOPE_NONE, SCOPE_READ, SCOPE_WORKER, SCOPE_WRITE, SCOPE_ADMIN };

struct key {
	struct uuid id;
	uint8_t hash[32]; /* SHA-256 of the key's text */
	enum scope scope;
	uint64_t project;   /* 0: unbound */
	int64_t created_at; /* ms */
	char name[KEY_NAME_MAX + 1];
};

/* "read", "worker", "write", "admin". */
const char *key_scope_name(enum scope s);
bool key_scope_parse(struct slice s, enum scope *out);

/* The key's text for 32 random bytes. */
void key_format(const uint8_t secret[32], char out[KEY_TEXT + 1]);

#endif
