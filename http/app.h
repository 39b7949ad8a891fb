/*
 * What a handler can reach.  main.c fills it once; nothing else is global.
 */
#ifndef HTTP_APP_H
#define HTTP_APP_H

#include <stdbool.h>
#include <stdint.h>

struct claims;
struct claims_stream;
struct engine;
struct event_base;
struct http;
struct sse;
struct store;
struct wait;

struct app {
	struct event_base *base;
	struct store *store;
	struct engine *engine;
	struct sse *sse;
	struct http *http;
	struct wait *wait;
	struct claims *claims;
	struct claims_stream *claims_stream;
	int64_t started_at;	   /* ms */
	bool test_clock;	   /* --test-clock: serve POST /test/clock */
	bool strict_projects;	   /* --strict-projects */
	unsigned keepalive_ms;	   /* between comments on a quiet stream */
	unsigned max_active_tasks; /* --max-active-tasks; 0: no limit */
};

#endif
