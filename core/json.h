/*
 * Reading JSON: yajl's callbacks behind one strict layer.
 *
 * json_parse() checks the whole text (strict UTF-8, no lone surrogate, depth
 * at most 64, no duplicate member, nothing behind the value) and gives a tree
 * of nodes that remember the byte range they came from, so an opaque member
 * is stored exactly as it was sent and a number never loses a digit.  A
 * decoded string may hold NUL: slices count, C strings do not.
 */
#ifndef CORE_JSON_H
#define CORE_JSON_H

#include "core/slice.h"

#define JSON_DEPTH_MAX 64

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

struct json_node {
	enum json_type type;
	bool boolean;		       /* JSON_BOOL */
	uint32_t count;		       /* elements or members */
	struct slice key;	       /* decoded, when a member of an object */
	struct slice raw;	       /* as sent, within the parsed text */
	struct slice str;	       /* decoded, JSON_STRING */
	const struct json_node *next;  /* sibling, or NULL */
	const struct json_node *child; /* first element or member, or NULL */
};

struct json_error {
	unsigned line, column; /* from 1; column counts bytes */
	char text[120];
};

struct json;

/*
 * Parse all of text.  Returns an owned document that borrows text, or NULL
 * with *err filled.
 */
struct json *json_parse(struct slice text, struct json_error *err);
void json_free(struct json *doc);

const struct json_node *json_root(const struct json *doc);

/* The member of that name; NULL when absent or obj is no object (or NULL). */
const struct json_node *json_get(const struct json_node *obj, const char *key);

/* Absent (NULL) or a JSON null: the two mean the same in all our APIs. */
bool json_absent(const struct json_node *n);

/*
 * An integer in min..max; 45.0 and 4.5e1 count as 45, 45.5 does not.
 * False when n is no such number.
 */
bool json_int(const struct json_node *n, int64_t min, int64_t max,
    int64_t *out);

/* A finite number as double (locale-independent); false when it is none. */
bool json_double(const struct json_node *n, double *out);

#endif
