/*
 * Executions in Factflow's words and shapes.
 */
#ifndef HTTP_FACTFLOW_VIEW_H
#define HTTP_FACTFLOW_VIEW_H

#include "core/execution.h"
#include "core/job.h"
#include "core/jsonw.h"
#include "http/request.h"
#include "store/store.h"

struct factflow_work;

/* What an execution is drawn from; all borrowed. */
struct factflow_view {
	struct store_txn *txn; /* where its members are read */
	const struct execution *x;
	const struct job *job;
};

/* What is needed to draw x as a request's snapshot has it. */
struct factflow_view factflow_view_of(struct request *r,
    const struct execution *x);

/* Factflow's word for a status. */
const char *factflow_view_word(enum status s);

/* The members of a row, into an object that is open; or the whole object. */
void factflow_view_members(struct jsonw *w, const struct factflow_view *v);
void factflow_view_row(struct jsonw *w, const struct factflow_view *v);

/* The whole of it; work: what its steps did. */
void factflow_view_detail(struct jsonw *w, const struct factflow_view *v,
    const struct factflow_work *work);

/* "tags": its labels. */
void factflow_view_tags(struct jsonw *w, const struct factflow_view *v);

/* The error that a step's or a status event tells, as an object, or null. */
void factflow_view_error(struct jsonw *w, const char *key, struct store_txn *t,
    struct ref at);

#endif
