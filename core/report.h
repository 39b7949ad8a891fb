/*
 * What a worker says about an execution, in no dialect's words.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include "core/event.h"
#include "core/uuid.h"

#define REPORT_LOGS_MAX 1000

enum report_kind {
	REPORT_HEARTBEAT,
	REPORT_PROGRESS,
	REPORT_LOG,
	REPORT_COMPLETE,
	REPORT_FAIL,
	REPORT_CANCEL,
	REPORT_STEP_RUNNING,
	REPORT_STEP_PROGRESS,
	REPORT_STEP_COMPLETED,
	REPORT_STEP_FAILED
};

/* All slices borrowed; an absent one has p NULL. */
struct report {
	enum report_kind kind;
	struct slice step;	/* id or name, for STEP_*; a log's step id */
	uint8_t percent;	/* or EVENT_NO_PERCENT */
	uint32_t step_index;	/* or EVENT_NO_INDEX */
	enum level level;	/* LOG */
	int8_t retryable;	/* FAIL: 0 no, 1 yes, -1 not said */
	int64_t retry_after_ms; /* FAIL: or -1 */
	/* PROGRESS: of what there is to do; -1: not said */
	int64_t total, completed, failed;
	struct slice step_name; /* text: current_step_name */
	struct slice message;	/* text: LOG */
	struct slice error_message, error_type, error_stack; /* text */
	struct slice metadata, log_data, result, artifacts,
	    checkpoint;	   /* JSON */
	const char *field; /* "logs.3", "step_reports.0" or "" : where
				     the report stood in the request */
	unsigned index;	   /* with field: its number there */
};

/* A report of that kind with every optional member absent. */
struct report report_make(enum report_kind kind);

#endif
