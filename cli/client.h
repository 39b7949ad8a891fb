/*
 * The server as the commands see it: requests out, replies in.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <curl/curl.h>

#include "cli/reply.h"

struct client;

/*
 * A client of the server at url (borrowed; http or https, a path is fine),
 * with a key (borrowed) or NULL.  deadline is a clock_now() after which every
 * request fails; 0: none.
 */
struct client *client_new(const char *url, const char *key, int64_t deadline);
void client_free(struct client *c);

/* Say what is wrong with a URL or key; NULL when it will do. */
const char *client_url_fault(const char *url);
const char *client_key_fault(const char *key);

const char *client_url(const struct client *c);
int64_t client_deadline(const struct client *c);

/*
 * Send one request and wait.  target begins with '/'; an empty body sends
 * none.  *r is cleared and filled.  True when reply_ok(r).
 */
bool client_send(struct client *c, const char *method, struct slice target,
    struct slice body, struct reply *r);

/*
 * The type of the bodies that follow, as a header line (borrowed); NULL, and
 * at first: JSON.
 */
void client_set_type(struct client *c, const char *header);

/* Where the bytes of an answer go as they arrive. */
struct client_sink {
	/* False when it takes no more; total 0: not known. */
	bool (*take)(void *arg, struct slice bytes, uint64_t total);
	void *arg;
};

/*
 * GET target and hand its bytes on, however many and however long it takes,
 * as long as they keep coming.  True when all of a 2xx answer was taken;
 * r->body is that of any other answer.
 */
bool client_receive(struct client *c, struct slice target,
    const struct client_sink *sink, struct reply *r);

/*
 * A handle made ready for target, for transfers of their own kind: address,
 * key and connection options.  The caller owns it.  header (NULL: none) is
 * one more header line.  *headers must live as long and is freed by the
 * caller (curl_slist_free_all).
 */
CURL *client_handle(const struct client *c, struct slice target,
    const char *header, struct curl_slist **headers);

/* Note why a transfer failed in r->cause, and its kind. */
void client_failed(const struct client *c, CURLcode code, const char *text,
    struct reply *r);

#endif
