/*
 * A connection: its socket, what it sent and was not yet read, and what it
 * has to be sent.  An idle one holds no buffer.
 *
 * Requests are taken one at a time: while one is out (deferred), what comes
 * behind it waits, and beyond a bound is not read from the socket.  Only some
 * reports of workers (ROUTE_PIPELINE) are taken while others of their kind are
 * out: a pipeline of them is carried out in one turn, and answered in order.
 * Nothing is written before the turn's end.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "core/buf.h"
#include "core/uuid.h"

struct conn;
struct http;
struct sockaddr_storage;
struct wheel_node;

/* Begin to serve fd, which is non-blocking and from now on the server's. */
void conn_open(struct http *h, int fd, const struct sockaddr_storage *peer);

/* Tell fd, which is new, that there is no room, and close it. */
void conn_turn_away(struct http *h, int fd);

/*
 * Where the answer to the request that is running is written; NULL when those
 * of its pipeline are to be answered first.
 */
struct buf *conn_out(struct conn *c);

/*
 * The request that was out, or the first of the pipeline, has its answer:
 * *answer, taken over, or what was written to conn_out() when NULL.  last: the
 * connection ends with it.
 */
void conn_release(struct conn *c, struct buf *answer, bool last);

/*
 * Give the socket away: answers to earlier requests are sent now or, when
 * the client does not take them, the client is cut off.
 */
int conn_take(struct conn *c);

/* Have it looked at, at the turn's end: conn_out() was written to, say. */
void conn_mark_dirty(struct conn *c);

/* How many bytes the socket has not taken yet. */
size_t conn_unsent(const struct conn *c);

/* True when the client has closed, or ended its sending. */
bool conn_is_gone(const struct conn *c);

/* Who is at the other end: an IPv4 address, or an IPv6 network (/64). */
const struct uuid *conn_peer(const struct conn *c);

/* The turn's end: read on where that waited, write, free the dead. */
void conn_turn_end(struct http *h);

/* Close the idle, or all. */
void conn_close_idle(struct http *h);
void conn_close_all(struct http *h);

/* The wheel's callback: a deadline has passed. */
void conn_expired(struct wheel_node *node, void *http);

/* What a connection costs when it is idle, in bytes. */
size_t conn_size(void);

#endif
