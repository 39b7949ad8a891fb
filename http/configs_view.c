/*
 * Drawing configs.  A job that was defined as a job is a config, too: one
 * without issues, whose source is its definition.
 */
#include "http/configs_view.h"

#include <openssl/evp.h>

#include "core/config.h"
#include "core/log.h"
#include "http/draw.h"

/* Hash bytes. */
void
configs_view_hash(struct slice bytes, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned i, n = 0;

	if (EVP_Digest(bytes.p, bytes.n, hash, &n, EVP_sha256(), NULL) != 1 ||
	    n != 32)
		log_fatal("SHA-256 does not work");
	for (i = 0; i < n; i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[64] = '\0';
}

/* What the config remembers, or null. */
static void
write_remembered(struct jsonw *w, const char *key, const struct job *job,
    const char *member)
{
	const struct json_node *n = config_get(job, member);

	jsonw_key(w, key);
	jsonw_raw_or_null(w, n != NULL ? n->raw : SLICE_NONE);
}

static void
write_hash(struct jsonw *w, const struct job *job)
{
	const struct json_node *n = config_get(job, "hash");
	char text[65];

	jsonw_key(w, "config_hash");
	if (n != NULL) {
		jsonw_raw(w, n->raw);
		return;
	}
	configs_view_hash(job->definition, text);
	jsonw_cstr(w, text);
}

static void
write_report(struct jsonw *w, const struct job *job)
{
	static struct config_report none;
	const struct json_node *n = config_get(job, "report");

	jsonw_key(w, "validation_report");
	if (n != NULL)
		jsonw_raw(w, n->raw);
	else
		config_write_report(w, &none);
}

static void
write_source(struct jsonw *w, const struct job *job)
{
	const struct json_node *n = config_get(job, "source_type");

	jsonw_key(w, "source_type");
	if (n != NULL)
		jsonw_raw(w, n->raw);
	else
		jsonw_cstr(w, "api");
	write_remembered(w, "source_path", job, "source_path");
}

/* The source, as YAML where it was, and as JSON. */
static void
write_detail(struct jsonw *w, const struct job *job)
{
	const struct json_node *document = config_get(job, "document");

	write_remembered(w, "config_yaml", job, "yaml");
	jsonw_key(w, "definition");
	jsonw_raw(w, document != NULL ? document->raw : job->definition);
}

/* Draw a config. */
void
configs_view(struct jsonw *w, const struct job *job,
    const struct jobs_head *head, bool detail)
{
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &job->id);
	draw_text(w, "name", job->name);
	draw_text(w, "description", job->description);
	write_source(w, job);
	write_hash(w, job);
	draw_u64(w, "version", job->version);
	draw_millis(w, "created_at", head->created_at);
	draw_millis(w, "updated_at", head->updated_at);
	draw_bool(w, "is_active", !head->deleted);
	write_report(w, job);
	draw_bool(w, "is_runnable", job->runnable);
	if (detail)
		write_detail(w, job);
	jsonw_end(w);
}
