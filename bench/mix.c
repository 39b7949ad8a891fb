/*
 * Requests as workers and dashboards send them: the usual headers, bodies of
 * about 280 bytes.  An answer's status is load.c's to judge.
 */
#include "bench/mix.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench/die.h"

static const char headers[] = "User-Agent: tidewire-bench/1\r\n"
			      "Accept: application/json\r\n"
			      "Accept-Encoding: identity\r\n";

static const char definition[] =
    "{\"name\":\"" MIX_JOB "\",\"category\":\"sync\",\"steps\":["
    "{\"name\":\"fetch\"},{\"name\":\"convert\",\"depends_on\":[\"fetch\"]},"
    "{\"name\":\"publish\",\"depends_on\":[\"convert\"]}]}";

/* Everything of a request but its method, path and body. */
static void
add_headers(const struct mix *m, struct buf *out)
{
	buf_addf(out, " HTTP/1.1\r\nHost: %s\r\n", m->host);
	buf_add(out, headers, sizeof headers - 1);
	if (m->api_key != NULL)
		buf_addf(out, "Authorization: Bearer %s\r\n", m->api_key);
}

/* POST path. */
void
mix_post(const struct mix *m, const char *path, struct slice body,
    struct buf *out)
{
	buf_add_str(out, "POST ");
	buf_add_str(out, path);
	add_headers(m, out);
	buf_addf(out,
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    body.n);
	buf_add_slice(out, body);
}

/* GET path. */
void
mix_get(struct mix *m, const char *path, struct buf *out)
{
	buf_add_str(out, "GET ");
	buf_add_str(out, path);
	add_headers(m, out);
	buf_add_str(out, "\r\n");
}

/* POST about one execution. */
static void
add_report(const struct mix *m, const struct mix_id *id, const char *verb,
    struct slice body, struct buf *out)
{
	char path[96];

	snprintf(path, sizeof path, "/api/executions/%s/%s", id->text, verb);
	mix_post(m, path, body, out);
}

/* The executions take turns. */
static const struct mix_id *
next_id(struct mix *m)
{
	return &m->ids[m->turn++ % m->nids];
}

static void
add_log(struct mix *m, const struct mix_id *id, struct buf *out)
{
	unsigned page = (unsigned)(m->turn % 1000);
	char body[512];
	int n = snprintf(body, sizeof body,
	    "{\"level\":\"info\",\"message\":\"Fetched page %u of 999 from the "
	    "product catalogue, 50 items kept\",\"log_data\":{\"page\":%u,"
	    "\"items\":50,\"skipped\":3,\"elapsed_ms\":182,\"source\":"
	    "\"https://shop.example.com/products?page=%u\",\"worker\":"
	    "\"worker-3f9a\",\"cache\":\"miss\",\"bytes\":48213}}",
	    page, page, page);

	add_report(m, id, "log", (struct slice){body, (size_t)n}, out);
}

static void
add_progress(struct mix *m, const struct mix_id *id, struct buf *out)
{
	unsigned percent = (unsigned)(m->turn / m->nids % 100);
	char body[512];
	int n = snprintf(body, sizeof body,
	    "{\"progress_percent\":%u,\"current_step_name\":\"Fetching the "
	    "product catalogue\",\"current_step_index\":0,\"metadata\":{"
	    "\"pages_done\":%u,\"pages_total\":100,\"items\":4810,"
	    "\"rate_per_second\":52.5,\"eta_seconds\":%u,\"worker\":"
	    "\"worker-3f9a\",\"region\":\"eu-central-1\",\"queue_depth\":12}}",
	    percent, percent, 100 - percent);

	add_report(m, id, "progress", (struct slice){body, (size_t)n}, out);
}

static uint64_t
ask_log(struct mix *m, unsigned conn, struct buf *out)
{
	(void)conn;
	add_log(m, next_id(m), out);
	return MIX_PLAIN;
}

static uint64_t
ask_progress(struct mix *m, unsigned conn, struct buf *out)
{
	(void)conn;
	add_progress(m, next_id(m), out);
	return MIX_PLAIN;
}

/* A log entry and a progress report in turn, each for every execution. */
static uint64_t
ask_logprogress(struct mix *m, unsigned conn, struct buf *out)
{
	bool log = (m->turn + m->turn / m->nids) % 2 == 0;

	return log ? ask_log(m, conn, out) : ask_progress(m, conn, out);
}

static uint64_t
ask_heartbeat(struct mix *m, unsigned conn, struct buf *out)
{
	(void)conn;
	add_report(m, next_id(m), "heartbeat", SLICE("{}"), out);
	return MIX_PLAIN;
}

static uint64_t
ask_get(struct mix *m, unsigned conn, struct buf *out)
{
	char path[96];

	(void)conn;
	snprintf(path, sizeof path, "/api/executions/%s", next_id(m)->text);
	mix_get(m, path, out);
	return MIX_PLAIN;
}

static uint64_t
ask_list(struct mix *m, unsigned conn, struct buf *out)
{
	(void)conn;
	mix_get(m, "/api/executions?limit=20", out);
	return MIX_PLAIN;
}

/* The path as given, with the next execution in place of "{id}". */
static uint64_t
ask_path(struct mix *m, unsigned conn, struct buf *out)
{
	const char *at = strstr(m->path, "{id}");
	char path[512];

	(void)conn;
	if (at == NULL) {
		mix_get(m, m->path, out);
		return MIX_PLAIN;
	}
	snprintf(path, sizeof path, "%.*s%s%s", (int)(at - m->path), m->path,
	    next_id(m)->text, at + 4);
	mix_get(m, path, out);
	return MIX_PLAIN;
}

/* An execution's life on one connection, stage by stage. */
static uint64_t
ask_lifecycle(struct mix *m, unsigned conn, struct buf *out)
{
	struct mix_life *l = &m->lives[conn];

	m->turn++;
	switch (l->stage) {
	case 0:
		mix_trigger(m, out);
		break;
	case 1:
		add_progress(m, &l->id, out);
		break;
	case 2:
		add_log(m, &l->id, out);
		break;
	default:
		add_report(m, &l->id, "complete",
		    SLICE("{\"result_data\":{\"items\":4810,\"url\":"
			  "\"https://shop.example.com/exports/4810.csv\"}}"),
		    out);
		break;
	}
	return conn;
}

/* What the next stage of a life must know. */
void
mix_learn(struct mix *m, uint64_t tag, const struct answer *a)
{
	struct mix_life *l;

	if (tag == MIX_PLAIN)
		return;
	l = &m->lives[tag];
	if (l->stage == 0 && !mix_read_id(a->body, &l->id))
		die("a trigger's answer without an id: %.*s",
		    SLICE_FMT(a->body));
	l->stage = (l->stage + 1) % 4;
}

/* Find the first "id" of the body: that is data.id. */
bool
mix_read_id(struct slice body, struct mix_id *out)
{
	static const char key[] = "\"id\":\"";
	const size_t n = sizeof key - 1;
	const char *at = memmem(body.p, body.n, key, n);
	struct uuid id;

	if (at == NULL || (size_t)(body.p + body.n - at) < n + UUID_TEXT ||
	    !uuid_parse((struct slice){at + n, UUID_TEXT}, &id))
		return false;
	uuid_format(&id, out->text);
	return true;
}

/* POST /api/jobs */
void
mix_define(struct mix *m, struct buf *out)
{
	mix_post(m, "/api/jobs", SLICE(definition), out);
}

/* One more execution. */
void
mix_trigger(struct mix *m, struct buf *out)
{
	mix_post(m, "/api/jobs/" MIX_JOB "/trigger",
	    SLICE("{\"input_params\":{\"shop\":\"shop.example.com\",\"pages\":"
		  "999},\"tags\":{\"team\":\"catalogue\"}}"),
	    out);
}

/* An execution's first word: it runs. */
void
mix_start(struct mix *m, struct buf *out)
{
	add_progress(m, next_id(m), out);
}

static const struct {
	const char *name;
	mix_fn *fn;
} mixes[] = {
    {"log", ask_log},
    {"progress", ask_progress},
    {"logprogress", ask_logprogress},
    {"heartbeat", ask_heartbeat},
    {"lifecycle", ask_lifecycle},
    {"get", ask_get},
    {"list", ask_list},
    {"path", ask_path},
};

/* Find a mix. */
mix_fn *
mix_find(const char *name)
{
	unsigned i;

	for (i = 0; i < sizeof mixes / sizeof mixes[0]; i++)
		if (strcmp(mixes[i].name, name) == 0)
			return mixes[i].fn;
	return NULL;
}
