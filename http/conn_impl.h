/*
 * What conn.c and conn_input.c share; nobody else includes it.
 */
#ifndef HTTP_CONN_IMPL_H
#define HTTP_CONN_IMPL_H

#include <event2/event_struct.h>

#include "engine/wheel.h"
#include "http/conn.h"
#include "http/exchange.h"
#include "http/server.h"
#include "http/strict.h"

/* What was read and is not a whole message yet, or waits for its turn. */
struct pending {
	struct buf in;
	size_t off; /* of the first message */
	struct strict scan;
};

struct conn {
	struct event event;
	struct wheel_node deadline;
	struct http *http;
	struct conn *next, **at; /* of all that are open, or the dead */
	struct conn *next_dirty;
	struct exchange *req;		  /* the one that is out */
	struct exchange *pipeline, *last; /* or those that are out together */
	struct pending *pending;
	struct buf out;
	size_t sent;   /* of out */
	size_t unsent; /* counted in http->unsent_bytes */
	size_t lingered;
	struct uuid peer;
	int fd;
	unsigned char npipelined;
	unsigned char watched; /* EV_READ, EV_WRITE or 0 */
	unsigned char limit;   /* enum limit: what the deadline is for */
	bool dirty : 1;
	bool dead : 1;
	bool hungry : 1;    /* had its share of this turn; more is waiting */
	bool stuck : 1;	    /* the socket takes no more for now */
	bool eof : 1;	    /* the client sends no more */
	bool closing : 1;   /* the last answer is in out */
	bool linger : 1;    /* unread bytes: closing at once would lose it */
	bool lingering : 1; /* all is sent; reading until the client is done */
	bool fresh : 1;	    /* a message was taken since the deadline was set */
	bool continued : 1; /* 100 was answered to the message being read */
	bool turned : 1;    /* there was no room for it */
};

/* Tell who waits on the request that is out, once, that nobody listens. */
void conn_hang_up(struct exchange *ex);

/* True when the next message may be taken. */
bool conn_input_ready(const struct conn *c);

/* Bytes that were read and wait, of a message that may not be whole. */
size_t conn_input_waiting(const struct conn *c);

/* Take the messages that wait, as far as they may be. */
void conn_input_go_on(struct conn *c);

/* The same, with n bytes behind them that were read into the scratch buffer. */
void conn_input_read(struct conn *c, size_t n);

/* The client sends no more, and all it sent is taken: what remains is cut. */
void conn_input_end(struct conn *c);

/* Refuse the message that waits, for it will not be completed. */
void conn_input_refuse(struct conn *c, int status, const char *why);

/* Refuse whatever will be asked. */
void conn_input_turn_away(struct conn *c);

/* Forget what waits. */
void conn_input_drop(struct conn *c);

#endif
