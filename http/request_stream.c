/*
 * Answers whose body is made while it is sent.  http/conn.c asks for more of
 * it when the socket has taken all there was, and says when the client has
 * gone.
 */
#include "core/log.h"
#include "http/conn.h"
#include "http/exchange.h"
#include "http/reply.h"
#include "http/server.h"

/* Begin; see request.h. */
bool
request_stream(struct request *r, const char *type,
    const struct request_flow *flow)
{
	struct exchange *ex = exchange_of(r);

	INVARIANT(ex->state == EXCHANGE_RUNNING && flow->gone != NULL);
	ex->close = ex->close || ex->http->draining || (r->http10 && !r->head);
	reply_write(conn_out(r->conn),
	    &(struct reply){
		.status = 200,
		.type = type,
		.extra = buf_slice(&ex->extra),
		.head = r->head,
		.http10 = r->http10,
		.close = ex->close,
		.streamed = true,
	    });
	ex->state = r->head ? EXCHANGE_ANSWERED : EXCHANGE_STREAMING;
	ex->flow = *flow;
	if (!r->head)
		conn_mark_dirty(r->conn);
	return !r->head;
}

/* Add to the body. */
void
request_stream_add(struct request *r, struct slice bytes)
{
	INVARIANT(exchange_of(r)->state == EXCHANGE_STREAMING);
	if (bytes.n == 0)
		return;
	if (r->http10)
		buf_add_slice(conn_out(r->conn), bytes);
	else
		reply_chunk(conn_out(r->conn), bytes);
	conn_mark_dirty(r->conn);
}

/* End the body. */
void
request_stream_end(struct request *r, bool whole)
{
	struct exchange *ex = exchange_of(r);

	INVARIANT(ex->state == EXCHANGE_STREAMING);
	if (whole && !r->http10)
		reply_chunk(conn_out(r->conn), SLICE_NONE);
	conn_release(r->conn, NULL, ex->close || !whole);
	ex->state = EXCHANGE_SETTLED;
	exchange_bury(ex);
}

/* What the socket has not taken. */
size_t
request_stream_unsent(const struct request *r)
{
	return conn_unsent(r->conn);
}
