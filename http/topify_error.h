/*
 * Errors as Topify's paths answer them: {"error": text, "code"}.
 */
#ifndef HTTP_TOPIFY_ERROR_H
#define HTTP_TOPIFY_ERROR_H

#include "http/request.h"

/* The dialect's answer to what every endpoint has in common. */
void topify_error(struct request *r, int status, struct slice field,
    struct slice text);

/* An error with a code of the contract. */
void topify_error_send(struct request *r, int status, const char *code,
    const char *text);

#endif
