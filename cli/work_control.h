/*
 * What a program says on descriptor 3, a line each:
 *
 *	progress N [TEXT]	N from 0 to 100
 *	result JSON
 *	checkpoint JSON
 *	artifacts JSON		an object
 */
#ifndef CLI_WORK_CONTROL_H
#define CLI_WORK_CONTROL_H

#include "core/slice.h"

enum work_word { WORK_PROGRESS, WORK_RESULT, WORK_CHECKPOINT, WORK_ARTIFACTS };

struct work_control {
	enum work_word word;
	uint8_t percent;   /* of WORK_PROGRESS */
	struct slice text; /* what stands behind, trimmed; else valid JSON */
};

/*
 * Read a line.  NULL and *out filled (it borrows the line), or what is wrong
 * with it.
 */
const char *work_control_parse(struct slice line, struct work_control *out);

#endif
