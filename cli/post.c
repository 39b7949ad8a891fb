/*
 * libcurl's multi interface for `tidewire work`, which asks for work, reports
 * and watches its children all in one loop.
 */
#include "cli/post.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define POST_ANSWER_MAX ((size_t)256 * 1024 * 1024)

struct post_pool {
	CURLM *multi;
};

struct post {
	struct post_pool *pool;
	const struct client *client;
	void (*done)(void *arg, struct reply *r);
	void *arg;
	CURL *easy; /* NULL while there is nothing under way */
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	struct reply reply;
};

/* An empty pool. */
struct post_pool *
post_pool_new(void)
{
	struct post_pool *pool = mem_zalloc(sizeof(*pool));

	pool->multi = curl_multi_init();
	if (pool->multi == NULL)
		log_fatal("out of memory: a pool of connections");
	return pool;
}

/* Close its connections. */
void
post_pool_free(struct post_pool *pool)
{
	if (pool == NULL)
		return;
	curl_multi_cleanup(pool->multi);
	free(pool);
}

/* Sleep. */
void
post_pool_wait(struct post_pool *pool, struct curl_waitfd *fds, size_t n,
    int64_t ms)
{
	if (ms > 0)
		curl_multi_poll(pool->multi, fds, (unsigned)n,
		    ms < INT32_MAX ? (int)ms : INT32_MAX, NULL);
}

/* A sender. */
struct post *
post_new(struct post_pool *pool, const struct client *client,
    void (*done)(void *arg, struct reply *r), void *arg)
{
	struct post *p = mem_zalloc(sizeof(*p));

	p->pool = pool;
	p->client = client;
	p->done = done;
	p->arg = arg;
	return p;
}

/* Tell whether a POST is under way. */
bool
post_busy(const struct post *p)
{
	return p->easy != NULL;
}

/* Hang up. */
void
post_abort(struct post *p)
{
	if (p->easy == NULL)
		return;
	curl_multi_remove_handle(p->pool->multi, p->easy);
	curl_easy_cleanup(p->easy);
	curl_slist_free_all(p->headers);
	p->easy = NULL;
	p->headers = NULL;
	reply_clear(&p->reply);
}

/* Hang up and free. */
void
post_free(struct post *p)
{
	if (p == NULL)
		return;
	post_abort(p);
	free(p);
}

static size_t
take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct post *p = arg;

	(void)size; /* always 1 */
	if (n > POST_ANSWER_MAX - p->reply.body.len)
		return 0;
	buf_add(&p->reply.body, bytes, n);
	return n;
}

/* Begin. */
void
post_send(struct post *p, struct slice target, struct slice body, int64_t ms)
{
	INVARIANT(p->easy == NULL);
	p->error[0] = '\0';
	p->easy = client_handle(p->client, target,
	    body.n > 0 ? "Content-Type: application/json" : NULL, &p->headers);
	curl_easy_setopt(p->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)body.n);
	curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body.n > 0 ? body.p : "");
	curl_easy_setopt(p->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, p);
	curl_easy_setopt(p->easy, CURLOPT_PRIVATE, p);
	curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error);
	curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)ms);
	curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
	if (curl_multi_add_handle(p->pool->multi, p->easy) != CURLM_OK)
		log_fatal("libcurl does not take another transfer");
}

/* One is over.  It is idle before it calls, so that it can go on. */
static void
finish(struct post *p, CURLcode code)
{
	struct reply r;

	curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &p->reply.status);
	if (code == CURLE_OK)
		reply_read(&p->reply);
	else
		client_failed(p->client, code, p->error, &p->reply);
	r = p->reply;
	p->reply = (struct reply){0};
	post_abort(p);
	p->done(p->arg, &r);
	reply_clear(&r);
}

/* Let libcurl work, then call. */
void
post_pool_turn(struct post_pool *pool)
{
	int running, left;
	CURLMsg *msg;
	char *p;

	curl_multi_perform(pool->multi, &running);
	while ((msg = curl_multi_info_read(pool->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		p = NULL;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &p);
		finish((struct post *)(void *)p, msg->data.result);
	}
}
