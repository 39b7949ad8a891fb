/*
 * Executions and steps in the Restep document's words and shapes.
 */
#ifndef HTTP_RESTEP_VIEW_H
#define HTTP_RESTEP_VIEW_H

#include "core/execution.h"
#include "core/job.h"
#include "core/jsonw.h"
#include "store/store.h"

struct engine;

/* What an execution is drawn from; all borrowed. */
struct restep_view {
	struct store_txn *txn; /* where its members are read */
	const struct execution *x;
	const struct job *job;
	const struct step *steps;    /* NULL: the answer has no `steps` */
	int64_t last_word;	     /* ms */
	const struct engine *engine; /* for what says until when it is held */
};

/* The Restep word for where it stands: "pending", "timeout", ... */
const char *restep_view_status(const struct execution *x);

/* "cancel" when the worker should stop, else NULL. */
const char *restep_view_command(const struct execution *x);

/* The whole execution, payloads and, where given, steps. */
void restep_view_execution(struct jsonw *w, const struct restep_view *v);

/* One of its steps. */
void restep_view_step(struct jsonw *w, const struct restep_view *v,
    const struct step *s);

/* As an entry of a list: no payloads, no steps. */
void restep_view_entry(struct jsonw *w, const struct restep_view *v);

/* As the answer to a heartbeat: where it stands, briefly; or to progress. */
void restep_view_brief(struct jsonw *w, const struct restep_view *v);
void restep_view_progress(struct jsonw *w, const struct restep_view *v);

#endif
