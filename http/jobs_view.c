/*
 * Drawing a job: the definition is normalized JSON already, so its members
 * are copied as they stand.
 */
#include "http/jobs_view.h"

#include "core/log.h"
#include "http/draw.h"
#include "store/pauses.h"

/* Draw a job. */
void
jobs_view(struct jsonw *w, struct store_txn *t, const struct job *job,
    const struct jobs_head *head)
{
	const struct json_node *m;
	struct json_error err;
	struct json *doc = json_parse(job->definition, &err);

	INVARIANT(doc != NULL);
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &job->id);
	for (m = json_root(doc)->child; m != NULL; m = m->next) {
		jsonw_key_slice(w, m->key);
		jsonw_raw(w, m->raw);
	}
	jsonw_key(w, "version");
	jsonw_u64(w, job->version);
	draw_seconds(w, "created_at", head->created_at);
	draw_seconds(w, "updated_at", head->updated_at);
	draw_millis(w, "paused_at",
	    pauses_since(t, &(struct pause){.job = &job->id}));
	jsonw_end(w);
	json_free(doc);
}
