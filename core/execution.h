/*
 * An execution and its steps, as rows.  Whatever the client sent is in the
 * journal, and the row points there by seq; what lists and watchers ask for
 * all the time the row has, too, where it is short.
 */
#ifndef CORE_EXECUTION_H
#define CORE_EXECUTION_H

#include "core/brief.h"
#include "core/category.h"
#include "core/event.h"
#include "core/status.h"
#include "core/uuid.h"

/* Why a status came about.  Stored: append, never renumber. */
enum cause {
	CAUSE_NONE = 0,
	CAUSE_REPORT = 1,	     /* the worker said so */
	CAUSE_HEARTBEAT_TIMEOUT = 2, /* silence */
	CAUSE_ATTEMPT_TIMEOUT = 3,   /* timeout_seconds */
	CAUSE_TOTAL_TIMEOUT = 4,     /* total_timeout_seconds */
	CAUSE_GRACE_OVER = 5,	     /* cancel_grace_seconds */
	CAUSE_RETRY_DUE = 6,
	CAUSE_REQUEST = 7, /* somebody asked for it */
	CAUSE_AUTO_COMPLETE = 8,
	CAUSE_UNCLEAN_STOP = 9,
	CAUSE_REVIVED = 10,	  /* the timed-out attempt spoke again */
	CAUSE_REPLAY = 11,	  /* copied or left out, since it is a replay */
	CAUSE_CLAIMED = 12,	  /* handed to a worker that asked for work */
	CAUSE_GIVEN_BACK = 13,	  /* that worker never got it */
	CAUSE_START_TIMEOUT = 14, /* nobody began it in time */
	CAUSE_STEP_FAILED = 15	  /* a step that was claimed, for good */
};
#define CAUSE_COUNT 16 /* one over the largest */

/*
 * The timers an execution can have; the number is part of the timer's key.
 * While its steps are claimed one by one, TIMER_HEARTBEAT is the first
 * deadline of theirs: a lease's or a retry's.
 */
enum timer {
	TIMER_HEARTBEAT = 0,
	TIMER_READY = 1,   /* it becomes ready: run_at, or a retry's time */
	TIMER_ATTEMPT = 2, /* to begin, while it is queued; else to end */
	TIMER_TOTAL = 3,
	TIMER_GRACE = 4
};
#define TIMER_COUNT 5

/* How workers hold an execution that they claimed. */
enum unit {
	UNIT_NONE, /* it was not claimed */
	UNIT_EXECUTION,
	UNIT_STEP /* each step by itself */
};

enum failure_category {
	FAILURE_NONE,
	FAILURE_VALIDATION,
	FAILURE_POLICY,
	FAILURE_DEPENDENCY,
	FAILURE_TIMEOUT,
	FAILURE_QUOTA,
	FAILURE_UNKNOWN
};

/* All times in ms since 1970, 0 = not (yet). */
struct execution {
	struct uuid id;
	uint64_t number;
	struct uuid job;
	uint32_t job_version;
	uint64_t project;   /* 0: none */
	struct uuid parent; /* zero: none */
	struct uuid key;    /* that counts it as active; zero: none */
	uint8_t priority;   /* 0-9 */
	uint16_t nsteps;
	enum category category; /* of the job, when it was made */
	uint64_t lane;		/* its concurrency key, hashed; 0: none */

	enum status status;
	enum cause cause; /* of the status */
	enum failure_category failure;
	uint32_t attempt;    /* from 1 */
	uint8_t percent;     /* or EVENT_NO_PERCENT */
	uint32_t step_index; /* current_step_index, or EVENT_NO_INDEX */

	int64_t created_at;
	int64_t updated_at;
	int64_t started_at;	    /* the first attempt's first word */
	int64_t attempt_started_at; /* this attempt's first word */
	int64_t completed_at;	    /* terminal since */
	int64_t cancel_at;	    /* cancel was asked for */
	int64_t heartbeat_at;	    /* last word, as of the last write */
	int64_t due[TIMER_COUNT];   /* deadline of each timer; 0 none */

	/*
	 * Since when it waits for a worker, or will: run_at.  It is ready
	 * when it is queued and TIMER_READY is not set (execution_is_ready()).
	 */
	int64_t ready_at;
	enum unit unit;
	int64_t lease_ms; /* of UNIT_EXECUTION; 0: the job's timeout */
	struct ref claim; /* of UNIT_EXECUTION: event with MEMBER_WORKER */

	struct ref created;  /* EVENT_CREATED */
	struct ref error;    /* event with the last error */
	struct ref counts;   /* event with the last MEMBER_COUNTS */
	struct ref last;     /* its last change of status */
	struct ref tail;     /* its last event of all */
	struct ref rollback; /* EVENT_ROLLBACK */
	uint32_t nevents;    /* how many it has */

	struct brief input;	/* MEMBER_INPUT of EVENT_CREATED */
	struct brief given;	/* MEMBER_METADATA of that */
	struct brief tags;	/* MEMBER_TAGS */
	struct brief step_name; /* MEMBER_STEP_NAME */
	struct brief metadata;	/* MEMBER_METADATA of the last progress */
	struct brief result;	/* MEMBER_RESULT */
};

struct step {
	struct uuid id;
	uint16_t index; /* position in the job's steps[] */
	enum step_status status;
	enum cause cause; /* of the status, where an event of it said so */
	uint32_t attempt; /* of the execution, when it last changed */
	uint8_t percent;
	int64_t started_at, completed_at, updated_at;
	int64_t ready_at; /* since when it waits for a worker */
	uint64_t checkpoint_bytes;
	/* Where steps are claimed one by one: */
	uint32_t tries;	  /* claims in this attempt of the execution */
	int64_t lease_ms; /* of the claim */
	int64_t due;	  /* the lease's end, or, when failed, the retry */
	struct ref claim; /* event with MEMBER_WORKER, if it gave a token */
	/*
	 * input is the event that fixed input_params; MEMBER_INPUT there.
	 * artifacts and checkpoint differ: completing with artifacts sets both.
	 */
	struct ref input, artifacts, checkpoint, result, metadata, error;
	enum member checkpoint_member; /* MEMBER_CHECKPOINT or _ARTIFACTS */
};

#define EXECUTION_ROW 1152 /* bytes of an encoded row, at most */
#define STEP_ROW 160

/*
 * The stored row, in terms of core/wire.h and core/brief.h; "uuid?" is a byte
 * 1 and the uuid, or a byte 0 for none.  Most fields of most rows are 0, so a
 * row takes about 100 bytes and what it has of payloads.
 *
 *	u8	version, 2
 *	uuid	id
 *	int	number
 *	uuid	job
 *	int	job_version, project
 *	uuid?	parent, key
 *	int	lane
 *	u8	priority, 0-9
 *	u8	category, 0-4
 *	int	nsteps
 *	u8	status, 1-9
 *	u8	cause, 0-15
 *	u8	failure, 0-6
 *	u8	unit, 0-2
 *	u8	percent, 0-100 or 255
 *	int	step_index + 1, 0 for none
 *	int	attempt, nevents
 *	int	created_at, updated_at, started_at, attempt_started_at,
 *		completed_at, cancel_at, heartbeat_at, ready_at, lease_ms;
 *		all under 2^63
 *	int	due[], in order of enum timer; under 2^63
 *	int	the seqs of created, error, counts, last, tail, rollback, claim
 *	brief	input, given, tags, step_name, metadata, result
 *
 * The stored step:
 *
 *	u8	version, 2
 *	uuid	id
 *	int	index
 *	u8	status, 1-7
 *	u8	cause, 0-15
 *	u8	percent, 0-100 or 255
 *	u8	checkpoint_member: 0, 5 or 6
 *	int	attempt, tries
 *	int	started_at, completed_at, updated_at, ready_at, lease_ms, due;
 *		under 2^63
 *	int	checkpoint_bytes
 *	int	the seqs of input, artifacts, checkpoint, result, metadata,
 *		error, claim
 */

/*
 * Encode into out; returns the length.  A value the layout has no room for
 * (no status, a negative time) is a bug and aborts.
 */
size_t execution_encode(const struct execution *x, uint8_t out[EXECUTION_ROW]);
size_t execution_encode_step(const struct step *s, uint8_t out[STEP_ROW]);

/* False when the bytes are damaged or of a newer version. */
bool execution_decode(struct slice bytes, struct execution *out);
bool execution_decode_step(struct slice bytes, struct step *out);

/*
 * MEMBER_ROW of EVENT_CREATED, what no other event tells: number u64, job 16,
 * job version u32, project u64, parent 16, priority u8, key 16, lane u64,
 * ready_at u64, due[TIMER_ATTEMPT] u64.
 */
#define EXECUTION_ORIGIN 93
void execution_encode_origin(const struct execution *x,
    uint8_t out[EXECUTION_ORIGIN]);
bool execution_decode_origin(struct slice bytes, struct execution *out);

/* True when it may be handed to a worker. */
bool execution_is_ready(const struct execution *x);

/* True when that step of x may be, by itself. */
bool execution_is_step_ready(const struct execution *x, const struct step *s);

/*
 * The seq of the last event that the end of x made: its status, or, right
 * behind it, the object that its result is.
 */
uint64_t execution_end_seq(const struct execution *x);

/* True for those of time that ran out. */
bool execution_is_timeout(enum cause c);

/* "heartbeat_timeout", "retry_due", ... */
const char *execution_cause_name(enum cause c);

#endif
