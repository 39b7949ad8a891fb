/*
 * Errors as TuxSEO's paths answer them.
 */
#ifndef HTTP_TUXSEO_ERROR_H
#define HTTP_TUXSEO_ERROR_H

#include "core/failure.h"
#include "http/lax.h"
#include "http/request.h"

/* The dialect's answer to what every endpoint has in common. */
void tuxseo_error(struct request *r, int status, struct slice field,
    struct slice text);

/* {"status":"error","code","message","failure":{...}} of the taxonomy. */
void tuxseo_error_send(struct request *r, int status, const char *code,
    const char *message);

/* What is wrong with a request, gathered: {"detail":[{"type","loc","msg"}]}. */
#define TUXSEO_INVALID_MAX 8
struct tuxseo_invalid {
	unsigned n;
	struct {
		const char *loc[3]; /* "path", "job_id"; NULL at the end */
		struct lax_error error;
	} item[TUXSEO_INVALID_MAX];
};

/* Add one; member NULL where loc has two parts: where, what. */
void tuxseo_invalid_add(struct tuxseo_invalid *v, const char *where,
    const char *what, const char *member, struct lax_error error);

/* Answer 422 when there is any; true then. */
bool tuxseo_invalid_send(struct request *r, const struct tuxseo_invalid *v);

#endif
