/*
 * Errors as Factflow's paths answer them.
 */
#ifndef HTTP_FACTFLOW_ERROR_H
#define HTTP_FACTFLOW_ERROR_H

#include "core/job.h"
#include "http/request.h"

/* The dialect's answer; a 422 gets its own shape (http/invalid.h). */
void factflow_error(struct request *r, int status, struct slice field,
    struct slice text);

/* 400 with the validation report of a config that cannot run. */
void factflow_error_broken(struct request *r, const struct job *job);

/*
 * Begin an error's body, {"detail","error_code","correlation_id",
 * "timestamp", with its object left open.
 */
struct jsonw *factflow_error_begin(struct request *r, const char *code,
    struct slice text);

#endif
