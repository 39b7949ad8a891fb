/*
 * An execution and its steps, as rows: fixed size, no strings.  Whatever the
 * client sent is in the journal, and the row points there by seq.
 */
#ifndef CORE_EXECUTION_H
#define CORE_EXECUTION_H

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

	struct ref created;   /* EVENT_CREATED: input, metadata */
	struct ref tags;      /* event with MEMBER_TAGS */
	struct ref step_name; /* event with MEMBER_STEP_NAME */
	struct ref metadata;  /* event with the last progress metadata */
	struct ref result;    /* event with MEMBER_RESULT */
	struct ref error;     /* event with the last error */
	struct ref counts;    /* event with the last MEMBER_COUNTS */
	struct ref last;      /* its last change of status */
	struct ref tail;      /* its last event of all */
	struct ref rollback;  /* EVENT_ROLLBACK */
	uint32_t nevents;     /* how many it has */
};

struct step {
	struct uuid id;
	uint16_t index; /* position in the job's steps[] */
	enum step_status status;
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

#define EXECUTION_ROW 320 /* bytes of an encoded row, at most */
#define STEP_ROW 144

/*
 * The stored row, 314 bytes, all integers big-endian:
 *
 *	  0	u8	version, 1
 *	  1	uuid	id
 *	 17	u64	number
 *	 25	uuid	job
 *	 41	u32	job_version
 *	 45	u64	project
 *	 53	uuid	parent
 *	 69	u8	priority, 0-9
 *	 70	u16	nsteps
 *	 72	u8	status, 1-9
 *	 73	u8	cause, 0-15
 *	 74	u8	failure, 0-6
 *	 75	u32	attempt
 *	 79	u8	percent, 0-100 or 255
 *	 80	u32	step_index
 *	 84	u64 x 7	created_at, updated_at, started_at, attempt_started_at,
 *			completed_at, cancel_at, heartbeat_at; under 2^63
 *	140	u64 x 5	due[], in order of enum timer; under 2^63
 *	180	u64 x 8	the seqs of created, tags, step_name, metadata, result,
 *			error, last, tail
 *	244	u32	nevents
 *	248	uuid	key
 *	264	u8	category, 0-4
 *	265	u64 x 2	the seqs of counts, rollback
 *	281	u64	lane
 *	289	u64	ready_at; under 2^63
 *	297	u8	unit, 0-2
 *	298	u64 x 2	lease_ms, under 2^63; the seq of claim
 *
 * The stored step, 114 bytes, or 142 where it was claimed:
 *
 *	  0	u8	version, 1
 *	  1	uuid	id
 *	 17	u16	index
 *	 19	u8	status, 1-7
 *	 20	u32	attempt
 *	 24	u8	percent, 0-100 or 255
 *	 25	u8	checkpoint_member: 0, 5 or 6
 *	 26	u64 x 3	started_at, completed_at, updated_at; under 2^63
 *	 50	u64	checkpoint_bytes
 *	 58	u64 x 6	the seqs of input, artifacts, checkpoint, result,
 *			metadata, error
 *	106	u64	ready_at; under 2^63
 *	114	u32	tries, from 1
 *	118	u64 x 2	lease_ms, due; under 2^63
 *	134	u64	the seq of claim
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
