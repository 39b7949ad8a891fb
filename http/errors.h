/*
 * What is wrong with a body: fields and texts, gathered so that one answer
 * names them all.
 */
#ifndef HTTP_ERRORS_H
#define HTTP_ERRORS_H

#include "core/slice.h"

#define ERRORS_MAX 16 /* later ones are not told */

struct errors {
	unsigned n;
	struct {
		char field[96];
		char text[160];
	} item[ERRORS_MAX];
};

/* Add one; field is prefix and member with a dot between, prefix may be "". */
void errors_add(struct errors *e, const char *prefix, const char *member,
    const char *text);

struct request;

/* Answer 422 with all of them, in the Restep envelope. */
void errors_send(struct request *r, const struct errors *e);

#endif
