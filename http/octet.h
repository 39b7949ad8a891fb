/*
 * What a byte may be in an HTTP message.
 */
#ifndef HTTP_OCTET_H
#define HTTP_OCTET_H

#include <stdbool.h>
#include <stdint.h>

enum octet {
	OCTET_TOKEN = 1,  /* a method, a header's name */
	OCTET_VALUE = 2,  /* a header's value: no control byte but tab */
	OCTET_TARGET = 4, /* a request's target: visible ASCII but '#' */
	OCTET_HOST = 8,	  /* a host and port */
	OCTET_HEX = 16
};

extern const uint8_t octet_kinds[256];

/* True when c may stand in a kind. */
static inline bool
octet_is(unsigned char c, enum octet kind)
{
	return (octet_kinds[c] & kind) != 0;
}

/* The value of a hexadecimal digit (octet_is(c, OCTET_HEX)). */
static inline unsigned
octet_hex(unsigned char c)
{
	return c <= '9' ? c - 48u : (c | 0x20u) - 97u + 10u;
}

#endif
