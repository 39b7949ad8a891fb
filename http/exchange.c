/*
 * The life of an exchange.  It lies, with the bytes of its message, in its
 * own request's arena: one allocation for most.  http/conn.c makes them.
 */
#include "http/exchange.h"

#include "http/parse.h"
#include "http/server.h"
#include "http/target.h"

/* Get from a request to its exchange. */
struct exchange *
exchange_of(const struct request *r)
{
	return (struct exchange *)(uintptr_t)r;
}

/* Put ex in front of a list. */
static void
push(struct exchange **list, struct exchange *ex)
{
	ex->next = *list;
	ex->at = list;
	if (ex->next != NULL)
		ex->next->at = &ex->next;
	*list = ex;
}

/* Take ex off its list. */
static void
pull(struct exchange *ex)
{
	*ex->at = ex->next;
	if (ex->next != NULL)
		ex->next->at = ex->at;
}

/* Make an exchange with n bytes of memory beside it. */
static struct exchange *
make(struct http *h, struct conn *c, size_t n, char **bytes)
{
	struct arena a = {0};
	struct exchange *ex;

	arena_expect(&a, sizeof(*ex) + n + 64);
	ex = arena_get(&a, sizeof(*ex));
	*ex = (struct exchange){.http = h};
	*bytes = arena_get(&a, n);
	ex->r.arena = a;
	ex->bytes = n;
	h->pending_bytes += n;
	ex->r.app = h->app;
	ex->r.conn = c;
	push(&h->exchanges, ex);
	return ex;
}

/* True when the library saw the message that the strict layer saw. */
static bool
agree(const struct parse *m, const struct strict *s, const char *bytes)
{
	return m->method == s->method && m->is_head == s->is_head &&
	    m->http10 == s->http10 && m->target.n == s->target_len &&
	    m->target.p == bytes + s->target - s->skip &&
	    m->body.n == s->length;
}

/* Parse a complete message into a request. */
struct exchange *
exchange_new(struct http *h, struct conn *c, const struct strict *s,
    const char *p)
{
	char *bytes;
	struct exchange *ex = make(h, c, s->at, &bytes);
	size_t n, body;
	struct parse m;

	n = strict_copy(s, p, bytes, &body);
	ex->head = (struct slice){bytes, body};
	if (!parse_message(bytes, n, &m) || !agree(&m, s, bytes) ||
	    !target_split(m.target, m.method == METHOD_OPTIONS, &ex->r.path,
		&ex->r.query)) {
		exchange_free(ex);
		return NULL;
	}
	ex->r.method = m.method;
	ex->r.head = m.is_head;
	ex->r.http10 = m.http10;
	/* A GET's body means nothing, so nobody gets to see it. */
	if (m.method != METHOD_GET)
		ex->r.body = m.body;
	ex->close = !m.keep_alive;
	return ex;
}

/* Keep of a refused message what shapes its answer: method and path. */
struct exchange *
exchange_refused(struct http *h, struct conn *c, const struct strict *s,
    const char *p, size_t n)
{
	size_t len = s->target + s->target_len <= n ? s->target_len : 0;
	char *bytes;
	struct exchange *ex = make(h, c, len, &bytes);

	if (len > 0)
		memcpy(bytes, p + s->target, len);
	target_split((struct slice){bytes, len}, s->method == METHOD_OPTIONS,
	    &ex->r.path, &ex->r.query);
	ex->r.method = s->target_len > 0 ? s->method : METHOD_OTHER;
	ex->r.head = s->is_head;
	ex->close = true;
	return ex;
}

/* Free it; its arena holds itself, and goes last. */
void
exchange_free(struct exchange *ex)
{
	struct arena a = ex->r.arena;

	pull(ex);
	ex->http->pending_bytes -= ex->bytes;
	json_free(ex->r.json);
	buf_free(&ex->extra);
	buf_free(&ex->held);
	arena_free(&a);
}

/* Move it to those freed at the turn's end. */
void
exchange_bury(struct exchange *ex)
{
	pull(ex);
	push(&ex->http->buried, ex);
}

/* Free the buried. */
void
exchange_free_buried(struct http *h)
{
	while (h->buried != NULL)
		exchange_free(h->buried);
}

/* Free every one. */
void
exchange_free_all(struct http *h)
{
	exchange_free_buried(h);
	while (h->exchanges != NULL)
		exchange_free(h->exchanges);
}
