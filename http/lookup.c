/*
 * Finding executions by what people call them.
 */
#include "http/lookup.h"

#include "engine/engine.h"
#include "http/app.h"
#include "store/names.h"
#include "store/rows.h"

/* Find an execution. */
bool
lookup_execution(struct request *r, struct slice ref, struct execution *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	if (!uuid_parse(ref, &id) && !names_find(t, ref, r->auth.project, &id))
		return false;
	return rows_get(t, &id, out) && auth_sees(&r->auth, out->project);
}

/* Find an execution by its id. */
bool
lookup_id(struct request *r, struct slice text, struct execution *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	return uuid_parse(text, &id) && rows_get(t, &id, out) &&
	    auth_sees(&r->auth, out->project);
}

/* Find a job. */
bool
lookup_job(struct request *r, struct slice ref, struct jobs_head *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	if ((!uuid_parse(ref, &id) || !jobs_head(t, &id, out)) &&
	    (!jobs_find(t, ref, &id) || !jobs_head(t, &id, out)))
		return false;
	return out->project == 0 || auth_sees(&r->auth, out->project);
}

/* Find the path's execution, or say that there is none. */
bool
lookup_path_execution(struct request *r, struct execution *out)
{
	if (lookup_execution(r, r->param[0], out))
		return true;
	request_error(r, 404, "detail", "execution not found");
	return false;
}
