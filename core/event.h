/*
 * An event: one accepted change, as the journal keeps it.
 *
 * Small facts are fields, everything the client sent is a member: bytes,
 * either a JSON value exactly as sent or plain UTF-8 text, and binary where
 * the name says so.  Rows point at a member (struct ref) and copy it only
 * where it is short and often shown (core/brief.h).
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/buf.h"
#include "core/uuid.h"

/* Stored: append, never renumber. */
enum event_type {
	EVENT_CREATED = 1,  /* an execution: status queued */
	EVENT_STATUS = 2,   /* an execution's status changed */
	EVENT_PROGRESS = 3, /* of the execution, or of a step */
	EVENT_LOG = 4,
	EVENT_STEP = 5,	     /* a step's status changed */
	EVENT_IGNORED = 6,   /* a late report: said, not done */
	EVENT_STORAGE = 7,   /* an object was written: core/object.h */
	EVENT_TAGS = 8,	     /* labels changed: MEMBER_TAGS is the whole set */
	EVENT_JOB = 9,	     /* a job was saved, or deleted */
	EVENT_ARTICLE = 10,  /* an article was changed, or deleted */
	EVENT_ROLLBACK = 11, /* what an execution made was taken back */
	EVENT_READY = 12,    /* run_at has come: it waits for a worker */
	EVENT_PAUSE = 13,    /* a job or a queue was paused, or goes on */
};
#define EVENT_TYPE_COUNT 14 /* one over the largest */

enum member {
	MEMBER_INPUT = 1,	  /* JSON: input_params */
	MEMBER_METADATA = 2,	  /* JSON object */
	MEMBER_TAGS = 3,	  /* JSON object of strings */
	MEMBER_RESULT = 4,	  /* JSON: result_data */
	MEMBER_ARTIFACTS = 5,	  /* JSON: what a completed step hands on */
	MEMBER_CHECKPOINT = 6,	  /* JSON: checkpoint_data */
	MEMBER_LOG_DATA = 7,	  /* JSON */
	MEMBER_MESSAGE = 8,	  /* text: a log's message */
	MEMBER_ERROR_MESSAGE = 9, /* text */
	MEMBER_ERROR_TYPE = 10,	  /* text */
	MEMBER_ERROR_STACK = 11,  /* text */
	MEMBER_STEP_NAME = 12,	  /* text: current_step_name */
	MEMBER_REASON = 13,	  /* text: why, in our words */
	MEMBER_IDEMPOTENCY = 14,  /* binary: the key in table idempotency */
	MEMBER_ROW = 15,	  /* binary: the first row (EVENT_CREATED) */
	MEMBER_STEPS = 16,	  /* binary: the steps' ids (EVENT_CREATED) */
	MEMBER_DEFINITION = 17,	  /* JSON: a job's definition (EVENT_JOB) */
	MEMBER_NAME = 18,	  /* text: an execution's unique name */
	MEMBER_REPLAY = 19,	  /* JSON object: what a replay was made of */
	MEMBER_ERROR_INFO = 20,	  /* JSON: why, as an administrator said */
	MEMBER_COUNTS = 21,	  /* binary: total, completed, failed, u64 */
	MEMBER_BEFORE = 22,	  /* binary: u64, the last status event's seq */
	MEMBER_ARTICLES = 23,	  /* binary: core/article.h */
	MEMBER_ARTICLE = 24,	  /* JSON object: an article, edited */
	MEMBER_ARTICLE_ID = 25,	  /* binary: a uuid */
	MEMBER_RETRY_OF = 26,	  /* binary: u64, a number (EVENT_CREATED) */
	MEMBER_KEY = 27,	  /* text: an object's key (EVENT_STORAGE) */
	MEMBER_CONTENT_TYPE = 28, /* text: an object's */
	MEMBER_OBJECT = 29,	  /* binary: where its bytes are */
	MEMBER_BYTES = 30,	  /* binary: an object's, as they were sent */
	MEMBER_WORKER = 31,	  /* text: who claimed it; due is the lease's */
	MEMBER_CONCURRENCY = 32,  /* text: concurrency_key (EVENT_CREATED) */
	MEMBER_QUEUE = 33,	  /* text: a queue's name (EVENT_PAUSE) */
	MEMBER_PROJECT = 34,	  /* binary: u64, whose a job is (EVENT_JOB) */
};
#define EVENT_MEMBERS_MAX 8

enum level { LEVEL_NONE, LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

#define EVENT_NO_STEP 0xffff
#define EVENT_NO_PERCENT 0xff
#define EVENT_NO_INDEX 0xffffffffu

struct event_member {
	enum member id;
	struct slice bytes; /* borrowed */
};

struct journal_event {
	uint64_t seq;	       /* > 0; the journal's key */
	int64_t at;	       /* ms */
	struct uuid execution; /* the job's id for EVENT_JOB */
	uint64_t prev;	       /* seq of the execution's event before; 0 none */
	uint32_t nth; /* of its execution's events, from 1; 0: of none */
	enum event_type type;
	uint32_t attempt;
	uint8_t status;	     /* enum status, or step_status for EVENT_STEP */
	uint8_t previous;    /* what it was before */
	uint8_t cause;	     /* enum cause (core/execution.h), or 0 */
	uint8_t level;	     /* EVENT_LOG */
	uint8_t percent;     /* 0-100 or EVENT_NO_PERCENT */
	uint16_t step;	     /* index in the job, or EVENT_NO_STEP */
	uint32_t step_index; /* current_step_index, or EVENT_NO_INDEX */
	int64_t due;	     /* retry_at, ms, or 0 */
	unsigned nmembers;
	struct event_member member[EVENT_MEMBERS_MAX];
};

/* A member of an event in the journal; seq 0 points at nothing. */
struct ref {
	uint64_t seq;
};

/* An event of that type with every optional field absent. */
struct journal_event event_make(enum event_type type);

/*
 * Add a member that is not there yet; an empty slice (p NULL) is left out,
 * while one of no bytes (p not NULL) is kept.
 */
void event_add_member(struct journal_event *ev, enum member id,
    struct slice bytes);

/* The member's bytes, SLICE_NONE when it is not there. */
struct slice event_get(const struct journal_event *ev, enum member id);

/*
 * The stored form, all integers big-endian; the seq is its key and not in it:
 *
 *	  0	u8	version, 1
 *	  1	u8	type, 1-13
 *	  2	u8	status, 0-9 (0-7 when type is EVENT_STEP)
 *	  3	u8	previous, likewise
 *	  4	u8	cause, 0-15
 *	  5	u8	level, 0-4
 *	  6	u8	percent, 0-100 or 255
 *	  7	u8	how many members follow, 0-8
 *	  8	u16	step
 *	 10	u32	attempt
 *	 14	u32	step_index
 *	 18	u64	at, under 2^63
 *	 26	u64	due, under 2^63
 *	 34	uuid	execution
 *	 50	u64	prev
 *	 58	u32	nth
 *	 62		members, each: u8 id (1-34, none twice), u32 length, bytes
 *
 * Nothing follows the last member.
 */

/* Append the stored form to out. */
void event_encode(const struct journal_event *ev, struct buf *out);

/*
 * Read the stored form.  Members borrow from bytes.  False when it is
 * damaged or of a newer version.
 */
bool event_decode(struct slice bytes, uint64_t seq, struct journal_event *out);

/* "created", "status", "progress", "log", "step", ... */
const char *event_type_name(enum event_type t);

const char *event_level_name(enum level l);
bool event_level_parse(struct slice s, enum level *out);

#endif
