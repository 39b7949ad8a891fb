/*
 * Jobs as Factflow's configs.
 */
#ifndef HTTP_CONFIGS_VIEW_H
#define HTTP_CONFIGS_VIEW_H

#include "core/job.h"
#include "core/jsonw.h"
#include "store/jobs.h"

/* SHA-256 of bytes, as 64 lower-case hexadecimal digits and a NUL. */
void configs_view_hash(struct slice bytes, char out[65]);

/* A job as a config; detail: with its source. */
void configs_view(struct jsonw *w, const struct job *job,
    const struct jobs_head *head, bool detail);

#endif
