/*
 * Workers ask for work: POST /api/claims answers once, at the latest when the
 * worker's patience ends; http/claims_stream.c goes on handing it out.
 */
#ifndef HTTP_CLAIMS_H
#define HTTP_CLAIMS_H

struct app;
struct claims;
struct request;
struct uuid;

/* Borrows app, whose http and engine must live as long. */
struct claims *claims_new(struct app *app);

/* Take back what waits; after the connections are gone. */
void claims_free(struct claims *cs);

/* Answer everybody who waits, and from now on at once: the server stops. */
void claims_drain(struct claims *cs);

/* Answer those who wait with a key that is good no longer. */
void claims_dismiss(struct claims *cs, const struct uuid *key);

/* How many workers wait for an answer. */
unsigned claims_count(const struct claims *cs);

/* POST /api/claims */
void claims_create(struct request *r);

#endif
