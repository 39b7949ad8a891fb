/*
 * libcurl's easy interface, made ours: what we send, how long we wait, what
 * counts as reached.  Redirects are not followed, so a key goes nowhere but
 * to the server it was given for.
 */
#include "cli/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "core/log.h"
#include "core/mem.h"

#include "cli/clock.h"
#include "cli/interrupt.h"

#define CLIENT_CONNECT_MS 5000
#define CLIENT_ANSWER_MS 30000
#define CLIENT_SILENCE_S 60L /* a transfer that stands still so long ends */
#define CLIENT_BODY_MAX ((size_t)256 * 1024 * 1024)

struct client {
	const char *url;
	size_t url_len; /* without slashes at its end */
	const char *key;
	const char *type;
	int64_t deadline;
};

/* A client; nothing is connected yet. */
struct client *
client_new(const char *url, const char *key, int64_t deadline)
{
	struct client *c = mem_zalloc(sizeof(*c));

	c->url = url;
	c->url_len = strlen(url);
	while (c->url_len > 0 && url[c->url_len - 1] == '/')
		c->url_len--;
	c->key = key;
	client_set_type(c, NULL);
	c->deadline = deadline;
	return c;
}

/* Free it; NULL is fine. */
void
client_free(struct client *c)
{
	free(c);
}

/* Say what the bodies are. */
void
client_set_type(struct client *c, const char *header)
{
	c->type = header != NULL ? header : "Content-Type: application/json";
}

/*
 * Refuse what libcurl would read as another protocol or two lines; or, for
 * lack of a host, would take a part of the path for one and send it the key.
 */
const char *
client_url_fault(const char *url)
{
	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		return "a URL must begin with http:// or https://";
	if (strchr("/:", strchr(url, ':')[3]) != NULL)
		return "a URL must name a host";
	for (const char *p = url; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || *p == '?' || *p == '#')
			return "a URL must have no space, query or fragment";
	}
	return NULL;
}

/* Refuse what would end the header line. */
const char *
client_key_fault(const char *key)
{
	for (const char *p = key; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~')
			return "an API key is printable ASCII without spaces";
	}
	return NULL;
}

/* The address, for messages. */
const char *
client_url(const struct client *c)
{
	return c->url;
}

/* When --timeout runs out on clock_now(), or 0. */
int64_t
client_deadline(const struct client *c)
{
	return c->deadline;
}

static void
add_header(struct curl_slist **headers, const char *line)
{
	struct curl_slist *more = curl_slist_append(*headers, line);

	if (more == NULL)
		log_fatal("out of memory: a header");
	*headers = more;
}

static void
add_key(const struct client *c, struct curl_slist **headers)
{
	struct buf line = {0};

	if (c->key == NULL)
		return;
	buf_addf(&line, "Authorization: Bearer %s", c->key);
	buf_add_byte(&line, '\0');
	add_header(headers, line.p);
	buf_free(&line);
}

static void
set_url(const struct client *c, CURL *easy, struct slice target)
{
	struct buf url = {0};

	buf_add(&url, c->url, c->url_len);
	buf_add_slice(&url, target);
	buf_add_byte(&url, '\0');
	curl_easy_setopt(easy, CURLOPT_URL, url.p); /* libcurl copies it */
	buf_free(&url);
}

/* Make a transfer ready. */
CURL *
client_handle(const struct client *c, struct slice target, const char *header,
    struct curl_slist **headers)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		log_fatal("out of memory: a transfer");
	*headers = NULL;
	add_key(c, headers);
	if (header != NULL)
		add_header(headers, header);
	set_url(c, easy, target);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, *headers);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "tidewire/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)CLIENT_CONNECT_MS);
	return easy;
}

static size_t
take_body(char *p, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;

	(void)size; /* always 1 */
	if (n > CLIENT_BODY_MAX - r->body.len)
		return 0;
	buf_add(&r->body, p, n);
	return n;
}

/* Called at least once a second, and whenever a signal ends a poll. */
static int
stop_on_signal(void *arg, curl_off_t a, curl_off_t b, curl_off_t d,
    curl_off_t e)
{
	(void)arg, (void)a, (void)b, (void)d, (void)e;
	return interrupt_seen() != 0;
}

/* Until the deadline: at least 1 ms, since 0 would mean for ever. */
static long
remaining(const struct client *c)
{
	int64_t left = c->deadline - clock_now();

	return left > 1 ? (long)left : 1;
}

/* How long a request may take. */
static long
patience(const struct client *c)
{
	if (c->deadline == 0 || remaining(c) > CLIENT_ANSWER_MS)
		return CLIENT_ANSWER_MS;
	return remaining(c);
}

/* Sort a failure of libcurl: whose clock, whose fault. */
void
client_failed(const struct client *c, CURLcode code, const char *text,
    struct reply *r)
{
	if (text[0] == '\0')
		text = curl_easy_strerror(code);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		r->kind = REPLY_INTERRUPTED;
	else if (code == CURLE_WRITE_ERROR)
		r->kind = REPLY_USELESS;
	else if (code == CURLE_OPERATION_TIMEDOUT && c->deadline != 0 &&
	    clock_now() >= c->deadline - 1)
		r->kind = REPLY_DEADLINE;
	else
		r->kind = REPLY_UNREACHED;
	snprintf(r->cause, sizeof(r->cause), "%s",
	    code == CURLE_WRITE_ERROR ? "it is too large" : text);
}

static void
set_request(CURL *easy, const char *method, struct slice body, struct reply *r)
{
	if (strcmp(method, "GET") != 0) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)body.n);
		curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
		    body.n > 0 ? body.p : "");
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	}
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, stop_on_signal);
}

/* Ask, wait, read. */
bool
client_send(struct client *c, const char *method, struct slice target,
    struct slice body, struct reply *r)
{
	struct curl_slist *headers;
	char text[CURL_ERROR_SIZE] = "";
	CURLcode code;
	CURL *easy;

	reply_clear(r);
	easy = client_handle(c, target, body.n > 0 ? c->type : NULL, &headers);
	set_request(easy, method, body, r);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, patience(c));
	code = curl_easy_perform(easy);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &r->status);
	if (code == CURLE_OK)
		reply_read(r);
	else
		client_failed(c, code, text, r);
	curl_easy_cleanup(easy);
	curl_slist_free_all(headers);
	return reply_ok(r);
}

/* ---- long answers ---- */

struct receiving {
	CURL *easy;
	const struct client_sink *sink;
	struct reply *r;
	bool refused; /* by the sink */
};

/* Only what a success carries is for the sink. */
static size_t
pass_on(char *p, size_t size, size_t n, void *arg)
{
	struct receiving *t = arg;
	curl_off_t total = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &t->r->status);
	if (t->r->status < 200 || t->r->status > 299)
		return take_body(p, size, n, t->r);
	curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
	t->refused = !t->sink->take(t->sink->arg, (struct slice){p, n},
	    total > 0 ? (uint64_t)total : 0);
	return t->refused ? 0 : n;
}

/* Ask, and pass on what comes. */
bool
client_receive(struct client *c, struct slice target,
    const struct client_sink *sink, struct reply *r)
{
	struct receiving t = {.sink = sink, .r = r};
	char text[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	CURLcode code;

	reply_clear(r);
	t.easy = client_handle(c, target, NULL, &headers);
	set_request(t.easy, "GET", SLICE_NONE, r);
	curl_easy_setopt(t.easy, CURLOPT_WRITEFUNCTION, pass_on);
	curl_easy_setopt(t.easy, CURLOPT_WRITEDATA, &t);
	curl_easy_setopt(t.easy, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(t.easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(t.easy, CURLOPT_LOW_SPEED_TIME, CLIENT_SILENCE_S);
	if (c->deadline != 0)
		curl_easy_setopt(t.easy, CURLOPT_TIMEOUT_MS, remaining(c));
	code = curl_easy_perform(t.easy);
	curl_easy_getinfo(t.easy, CURLINFO_RESPONSE_CODE, &r->status);
	if (code != CURLE_OK && !t.refused)
		client_failed(c, code, text, r);
	else if (r->status < 200 || r->status > 299)
		reply_read(r);
	curl_easy_cleanup(t.easy);
	curl_slist_free_all(headers);
	return reply_ok(r) && !t.refused;
}
