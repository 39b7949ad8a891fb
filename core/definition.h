/*
 * A job's definition as JSON: its rules when it is read, its one normalized
 * form when it is written.  Only core/job.c sees this.
 */
#ifndef CORE_DEFINITION_H
#define CORE_DEFINITION_H

#include "core/job.h"

/*
 * Read a definition, as a client sent it or as definition_write() wrote it,
 * into j: all but id, version, times and what j owns.  j borrows from body's
 * document, and its arrays lie in j->arena.  False with *err on the first
 * broken rule.
 */
bool definition_read(struct job *j, const struct json_node *body,
    struct job_error *err);

/*
 * Read what a config remembers of itself, which is never a client's to say:
 * only from what definition_write() wrote.
 */
void definition_read_config(struct job *j, const struct json_node *stored);

/*
 * Append the normalized form: every member present (config where there is
 * one), in a fixed order, and metadata as it was sent.
 */
void definition_write(const struct job *j, struct buf *out);

#endif
