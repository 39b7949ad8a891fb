/*
 * What config*.c share: a pipeline being checked.
 */
#ifndef CORE_CONFIG_IMPL_H
#define CORE_CONFIG_IMPL_H

#include "core/config.h"

struct config_check {
	const struct json_node *root; /* the document */
	const struct json_node *routes;
	struct config_report *report;
};

/* Add an issue; its path is `at` and, when that is not NULL, ".member". */
struct config_at {
	const char *code;
	const char *path, *member;
	const char *suggestion; /* or NULL */
};
void config_issue(struct config_report *r, struct config_at at, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* config_check.c: whether it has the shape of a pipeline. */
void config_check_pipeline(struct config_check *c);

/*
 * config_steps.c: write the pipeline, which has the right shape, as a job's
 * "steps"; warns of routes and queues that lead nowhere.
 */
void config_write_steps(struct config_check *c, struct jsonw *w);

#endif
