/*
 * What one claim has to say to the server, gathered until it can be sent:
 * logs in batches, the latest of all else, at the end the outcome.
 */
#ifndef CLI_WORK_REPORT_H
#define CLI_WORK_REPORT_H

#include "core/buf.h"

#include "cli/work_control.h"

#define WORK_REPORT_LOGS 1000	    /* in a batch, at most */
#define WORK_REPORT_BYTES 262144    /* of logs in JSON: enough is enough */
#define WORK_REPORT_TOGETHER 524288 /* of logs and an outcome in one body */

enum work_end { WORK_COMPLETED, WORK_FAILED, WORK_CANCELLED };

struct work_outcome {
	enum work_end end;
	const char *type;     /* of WORK_FAILED: error_type, borrowed */
	struct slice message; /* of WORK_FAILED; copied */
	bool final;	      /* of WORK_FAILED: not to be tried again */
};

struct work_report;

/* For an execution, or with step not empty for that step of it. */
struct work_report *work_report_new(struct slice execution, struct slice step);
void work_report_free(struct work_report *r);

/* True when it takes no more logs until some are sent. */
bool work_report_full(const struct work_report *r);

/* Add a log; text may be any bytes. */
void work_report_log(struct work_report *r, const char *level,
    struct slice text);

/*
 * Take in a word of descriptor 3.  NULL, or why it has no meaning for what
 * was claimed.
 */
const char *work_report_word(struct work_report *r,
    const struct work_control *c);

/* Nothing follows but what was gathered, and then this. */
void work_report_end(struct work_report *r, const struct work_outcome *o);

/* Forget all that was gathered: nobody wants it any more. */
void work_report_drop(struct work_report *r);

/* Is there anything to send?  And would it be silly to wait for more? */
bool work_report_pending(const struct work_report *r);
bool work_report_urgent(const struct work_report *r);

/*
 * Write the next request: its target and its body, both emptied first.  With
 * nothing pending it is a heartbeat.
 */
void work_report_next(struct work_report *r, struct buf *target,
    struct buf *body);

/*
 * The server took the last request, or refused it and will do so again.  A
 * refused result becomes a failure that says why.
 */
void work_report_taken(struct work_report *r);
void work_report_refused(struct work_report *r, struct slice why);

/* The outcome was sent and settled; and which it was. */
bool work_report_over(const struct work_report *r);
enum work_end work_report_outcome(const struct work_report *r);

#endif
