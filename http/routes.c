/*
 * Every endpoint, one row each.
 */
#include "http/claims.h"
#include "http/claims_stream.h"
#include "http/configs_api.h"
#include "http/docs.h"
#include "http/factflow.h"
#include "http/jobs_api.h"
#include "http/keys_api.h"
#include "http/lineage_api.h"
#include "http/misc.h"
#include "http/queues.h"
#include "http/restep.h"
#include "http/route.h"
#include "http/storage_archive.h"
#include "http/storage_lists.h"
#include "http/storage_objects.h"
#include "http/storage_streams.h"
#include "http/streams.h"
#include "http/topify.h"
#include "http/tuxseo.h"
#include "http/why.h"
#include "http/wiserows.h"

#define EXECUTION "/api/executions/{id}"
#define STEP EXECUTION "/steps/{step}"
#define CONFIG "/api/v1/configs/{id}"
#define FACTFLOW "/api/v1/executions/{id}"
#define LINEAGE "/api/v1/lineage/{correlation_id}"
#define OBJECT "/api/v1/storage/objects/executions/{id}/{route}/{stage}/{name}"
#define TUXSEO "/public-api/executions/{job_id}"
#define WISEROWS "/api/v1/jobs/{id}"
#define TASK "/api/v1/tasks/{task_id}"
#define ARTICLE "/api/v1/articles/{article_id}"
#define PIPELINED (ROUTE_REPORT | ROUTE_PIPELINE)

const struct route route_table[] = {
    {METHOD_GET, "/healthz", misc_health, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/api/server", misc_server, SCOPE_READ, 0},
    {METHOD_GET, "/api/docs", docs_page, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/api/openapi.json", docs_openapi, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/public-api/docs", docs_moved, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/public-api/docs/", docs_moved, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/public-api/openapi.json", docs_moved, SCOPE_NONE,
	ROUTE_OPEN},
    {METHOD_POST, "/test/clock", misc_clock, SCOPE_ADMIN, ROUTE_TEST},

    {METHOD_GET, "/api/keys", keys_api_list, SCOPE_ADMIN, 0},
    {METHOD_POST, "/api/keys", keys_api_create, SCOPE_ADMIN, 0},
    {METHOD_DELETE, "/api/keys/{id}", keys_api_revoke, SCOPE_ADMIN, 0},

    {METHOD_GET, "/api/jobs", jobs_api_list, SCOPE_READ, 0},
    {METHOD_POST, "/api/jobs", jobs_api_create, SCOPE_WRITE, 0},
    {METHOD_GET, "/api/jobs/{job}", jobs_api_get, SCOPE_READ, 0},
    {METHOD_PUT, "/api/jobs/{job}", jobs_api_replace, SCOPE_WRITE, 0},
    {METHOD_DELETE, "/api/jobs/{job}", jobs_api_delete, SCOPE_WRITE, 0},
    {METHOD_POST, "/api/jobs/{job}/trigger", jobs_api_trigger, SCOPE_WRITE, 0},
    {METHOD_POST, "/api/jobs/{job}/trigger/batch", jobs_api_trigger_batch,
	SCOPE_WRITE, 0},

    {METHOD_POST, "/api/jobs/{job}/pause", queues_pause_job, SCOPE_ADMIN, 0},
    {METHOD_POST, "/api/jobs/{job}/resume", queues_resume_job, SCOPE_ADMIN, 0},

    {METHOD_GET, "/api/queues", queues_list, SCOPE_READ, 0},
    {METHOD_GET, "/api/queues/{name}", queues_get, SCOPE_READ, 0},
    {METHOD_POST, "/api/queues/{name}/pause", queues_pause, SCOPE_ADMIN, 0},
    {METHOD_POST, "/api/queues/{name}/resume", queues_resume, SCOPE_ADMIN, 0},

    {METHOD_POST, "/api/claims", claims_create, SCOPE_WORKER, 0},
    {METHOD_GET, "/api/claims/stream", claims_stream_open, SCOPE_WORKER,
	ROUTE_STREAM},

    {METHOD_GET, "/api/executions", restep_list, SCOPE_READ, 0},
    {METHOD_GET, EXECUTION, restep_get, SCOPE_READ, 0},
    {METHOD_GET, EXECUTION "/logs", restep_logs, SCOPE_READ, 0},
    {METHOD_GET, EXECUTION "/why", why_get, SCOPE_READ, 0},
    {METHOD_POST, EXECUTION "/heartbeat", restep_heartbeat, SCOPE_WORKER,
	ROUTE_REPORT},
    {METHOD_POST, EXECUTION "/progress", restep_progress, SCOPE_WORKER,
	PIPELINED},
    {METHOD_POST, EXECUTION "/log", restep_log, SCOPE_WORKER, PIPELINED},
    {METHOD_POST, EXECUTION "/complete", restep_complete, SCOPE_WORKER,
	PIPELINED},
    {METHOD_POST, EXECUTION "/fail", restep_fail, SCOPE_WORKER, PIPELINED},
    {METHOD_POST, EXECUTION "/cancel", restep_cancel, SCOPE_WORKER,
	ROUTE_REPORT},
    {METHOD_POST, EXECUTION "/report", restep_report, SCOPE_WORKER,
	ROUTE_REPORT},
    {METHOD_POST, STEP "/running", restep_step_running, SCOPE_WORKER,
	ROUTE_REPORT},
    {METHOD_POST, STEP "/progress", restep_step_progress, SCOPE_WORKER,
	PIPELINED},
    {METHOD_POST, STEP "/completed", restep_step_completed, SCOPE_WORKER,
	ROUTE_REPORT},
    {METHOD_POST, STEP "/failed", restep_step_failed, SCOPE_WORKER,
	ROUTE_REPORT},

    {METHOD_GET, "/events", streams_all, SCOPE_READ, ROUTE_STREAM},
    {METHOD_GET, FACTFLOW "/events", streams_execution, SCOPE_READ,
	ROUTE_STREAM},

    {METHOD_GET, "/storage-stream", storage_streams_all, SCOPE_READ,
	ROUTE_STREAM},
    {METHOD_GET, FACTFLOW "/storage-stream", storage_streams_execution,
	SCOPE_READ, ROUTE_STREAM},
    {METHOD_GET, "/api/v1/storage/events", storage_streams_several, SCOPE_READ,
	ROUTE_STREAM},

    {METHOD_POST, "/api/v1/executions", factflow_create, SCOPE_WRITE, 0},
    {METHOD_GET, "/api/v1/executions", factflow_list, SCOPE_READ, 0},
    {METHOD_GET, FACTFLOW, factflow_get, SCOPE_READ, 0},
    {METHOD_PATCH, FACTFLOW, factflow_patch, SCOPE_WRITE, 0},
    {METHOD_POST, FACTFLOW "/cancel", factflow_cancel, SCOPE_WRITE, 0},
    {METHOD_GET, FACTFLOW "/stats", factflow_stats, SCOPE_READ, 0},
    {METHOD_GET, FACTFLOW "/dag", factflow_dag, SCOPE_READ, 0},
    {METHOD_GET, FACTFLOW "/routes", factflow_routes, SCOPE_READ, 0},
    {METHOD_POST, FACTFLOW "/replay", factflow_replay, SCOPE_WRITE, 0},
    {METHOD_POST, FACTFLOW "/tag", factflow_tag, SCOPE_WRITE, 0},
    {METHOD_GET, FACTFLOW "/lineage", factflow_lineage, SCOPE_READ, 0},
    {METHOD_GET, FACTFLOW "/replays", factflow_replays, SCOPE_READ, 0},
    {METHOD_GET, FACTFLOW "/monitor", factflow_monitor, SCOPE_READ, 0},

    {METHOD_GET, "/api/v1/lineage", lineage_api_list, SCOPE_READ, 0},
    {METHOD_GET, "/api/v1/lineage/batch/{batch_id}", lineage_api_batch,
	SCOPE_READ, 0},
    {METHOD_GET, LINEAGE, lineage_api_get, SCOPE_READ, 0},
    {METHOD_GET, LINEAGE "/chain", lineage_api_chain, SCOPE_READ, 0},
    {METHOD_GET, LINEAGE "/children", lineage_api_children, SCOPE_READ, 0},

    {METHOD_PUT, FACTFLOW "/storage/{route}/{stage}/{name}",
	storage_objects_put, SCOPE_WORKER, ROUTE_REPORT},
    {METHOD_GET, FACTFLOW "/archive.tar", storage_archive, SCOPE_READ, 0},
    {METHOD_GET, "/api/v1/storage/objects", storage_lists_objects, SCOPE_READ,
	0},
    {METHOD_GET, OBJECT, storage_objects_get, SCOPE_READ, 0},
    {METHOD_GET, OBJECT "/metadata", storage_objects_metadata, SCOPE_READ, 0},
    {METHOD_GET, "/api/v1/storage/browse", storage_lists_browse, SCOPE_READ, 0},

    {METHOD_POST, "/api/v1/configs", configs_api_create, SCOPE_WRITE, 0},
    {METHOD_GET, "/api/v1/configs", configs_api_list, SCOPE_READ, 0},
    {METHOD_POST, "/api/v1/configs/validate", configs_api_validate, SCOPE_READ,
	0},
    {METHOD_GET, CONFIG, configs_api_get, SCOPE_READ, 0},
    {METHOD_PUT, CONFIG, configs_api_replace, SCOPE_WRITE, 0},
    {METHOD_DELETE, CONFIG, configs_api_delete, SCOPE_WRITE, 0},
    {METHOD_POST, CONFIG "/run", factflow_run, SCOPE_WRITE, 0},

    {METHOD_POST, "/public-api/projects/{project_id}/executions", tuxseo_create,
	SCOPE_WRITE, 0},
    {METHOD_GET, "/public-api/executions", tuxseo_list, SCOPE_READ, 0},
    {METHOD_GET, TUXSEO, tuxseo_get, SCOPE_READ, 0},
    {METHOD_POST, TUXSEO "/cancel", tuxseo_cancel, SCOPE_WRITE, 0},
    {METHOD_POST, TUXSEO "/retry", tuxseo_retry, SCOPE_WRITE, 0},
    {METHOD_POST, TUXSEO "/rollback", tuxseo_rollback, SCOPE_WRITE, 0},

    {METHOD_GET, "/api/v1/jobs", wiserows_list, SCOPE_READ, 0},
    {METHOD_GET, WISEROWS, wiserows_get, SCOPE_READ, 0},
    {METHOD_POST, WISEROWS "/cancel", wiserows_cancel, SCOPE_WRITE, 0},

    {METHOD_POST, "/api/v1/tasks", topify_task_create, SCOPE_WRITE, 0},
    {METHOD_GET, "/api/v1/tasks", topify_task_list, SCOPE_READ, 0},
    {METHOD_GET, TASK, topify_task_get, SCOPE_READ, 0},
    {METHOD_DELETE, TASK, topify_task_cancel, SCOPE_WRITE, 0},
    {METHOD_GET, TASK "/articles", topify_task_articles, SCOPE_READ, 0},
    {METHOD_GET, "/api/v1/articles", topify_article_list, SCOPE_READ, 0},
    {METHOD_GET, ARTICLE, topify_article_get, SCOPE_READ, 0},
    {METHOD_PATCH, ARTICLE, topify_article_edit, SCOPE_WRITE, 0},
    {METHOD_DELETE, ARTICLE, topify_article_delete, SCOPE_WRITE, 0},

    {METHOD_GET, NULL, NULL, SCOPE_NONE, 0},
};
