/*
 * From a request to the function that answers it.
 */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/request.h"

struct exchange;

/*
 * Have ex handled: find its row, check query, key and rate, call the row's
 * function; or answer what is wrong.
 */
void dispatch_request(struct exchange *ex);

/* Answer a message that is refused before it can be handled. */
void dispatch_refusal(struct exchange *ex, int status, const char *why);

#endif
