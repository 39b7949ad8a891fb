/*
 * A command: something somebody wants changed.  It is gathered during a
 * turn, decided and answered inside the turn's transaction, and settled when
 * that transaction is on disk or lost.
 */
#ifndef ENGINE_CMD_H
#define ENGINE_CMD_H

#include <sys/queue.h>

#include "core/job.h"
#include "core/key.h"
#include "core/lifecycle.h"
#include "core/object.h"
#include "core/report.h"
#include "core/rollback.h"
#include "store/store.h"

enum cmd_kind {
	CMD_JOB_CREATE,
	CMD_JOB_REPLACE,
	CMD_JOB_DELETE,
	CMD_TRIGGER,
	CMD_TRIGGER_BATCH,
	CMD_REPORT,
	CMD_CANCEL,
	CMD_CLAIM,
	CMD_GIVE_BACK,
	CMD_PAUSE,
	CMD_TAGS,
	CMD_PATCH,
	CMD_REPLAY,
	CMD_RETRY,
	CMD_ROLLBACK,
	CMD_ARTICLE_EDIT,
	CMD_ARTICLE_DELETE,
	CMD_OBJECT_PUT,
	CMD_KEY_CREATE,
	CMD_KEY_REVOKE
};

/*
 * Scopes of idempotency keys, one per dialect operation.  Stored.  Those of
 * TuxSEO are by job, too.
 */
enum cmd_idempotency {
	CMD_SCOPE_NONE = 0,
	CMD_SCOPE_RESTEP = 1,
	CMD_SCOPE_FACTFLOW = 2,
	CMD_SCOPE_TUXSEO = 3
};

/* What the input of a new execution is. */
enum cmd_input {
	CMD_INPUT_GIVEN, /* as it is; where absent, a config's payload */
	CMD_INPUT_OVER,	 /* laid over a config's payload */
	CMD_INPUT_NONE
};

enum outcome_code {
	OUTCOME_DONE,
	/* an idempotency key met its first execution, or an object was
	   written over */
	OUTCOME_EXISTING,
	OUTCOME_NOT_FOUND,    /* the execution, job or key */
	OUTCOME_NAME_TAKEN,   /* a job's name, or an execution's unique one */
	OUTCOME_NO_JOB,	      /* the job of a replay, not the execution */
	OUTCOME_NOT_RUNNABLE, /* a config with errors: job says which */
	OUTCOME_TOO_MANY,     /* active ones, for max_active */
	OUTCOME_NO_WORK,      /* CMD_CLAIM that does not wait */
	OUTCOME_REFUSED	      /* refusal says why */
};

/* What came of a command; everything is borrowed for the call. */
struct outcome {
	enum outcome_code code;
	const struct refusal *refusal;
	const struct execution *x; /* as it is now; NULL: there is none */
	const struct step *steps;  /* all of x's, or NULL: not loaded */
	const struct job *job;
	const struct article *article; /* CMD_ARTICLE_EDIT: as it is now */
	enum rollback_verdict verdict; /* CMD_ROLLBACK */
	const struct step *about;      /* of a single step report */
	bool repeated;		       /* said before; nothing changed */
	struct fence fence;	       /* CMD_CLAIM: what was handed out, */
	int64_t lease_due;	       /* and until when, ms */
	unsigned item;	    /* CMD_CLAIM: which of its jobs is not there */
	int64_t paused_at;  /* CMD_PAUSE: since when, ms; 0: it goes on */
	uint64_t first_seq; /* of the events appended, 0: none */
	uint64_t last_seq;
	struct store_txn *txn; /* to read more for the answer */
};

/*
 * Work that a worker asks for, of queues or of jobs.  cmd.answer() is called
 * for each execution or step that it is handed, in order, at most max times.
 */
struct claim {
	struct slice worker;	    /* its name */
	const struct slice *queues; /* names */
	const struct slice *jobs;   /* ids or names; in place of queues */
	unsigned nqueues, njobs;
	bool of_steps; /* steps one by one */
	unsigned max;
	int64_t lease_ms; /* 0: the job's heartbeat timeout */
	/*
	 * True: where there is no work the command waits until there is some
	 * or engine_withdraw() takes it back.
	 */
	bool waits;
	/* Bytes of the answers so far, the asker's to say: a turn is bounded
	   in them, too. */
	size_t drawn;
	struct dispatch_waiter *waiter; /* engine/dispatch.c's own */
};

struct cmd {
	enum cmd_kind kind;
	uint64_t tenant; /* project the asking key is bound to, or 0 */

	/* Answer; inside the transaction, before it is on disk. */
	void (*answer)(struct cmd *, const struct outcome *);
	/*
	 * The end: rc is 0 when the turn is on disk, else ENOSPC or EIO and
	 * nothing happened.  Frees the command.
	 */
	void (*settled)(struct cmd *, int rc);
	void *arg;    /* the asker's */
	size_t bytes; /* of the request: a turn is bounded in them */

	/* All slices borrow from the asker until settled. */
	struct slice name; /* job id or name; for CMD_JOB_*, CMD_TRIGGER and,
			      or empty, CMD_REPLAY */
	struct uuid id;	   /* the execution, article, or key to revoke */
	struct job *job;   /* JOB_CREATE, JOB_REPLACE: checked; borrowed */
	struct key *key;   /* KEY_CREATE: all but id; borrowed */

	struct claim *claim; /* CMD_CLAIM */
	struct slice queue;  /* CMD_PAUSE; NULL p: the job of that name */
	bool pause;	     /* CMD_PAUSE: or let it go on */

	/* CMD_REPORT */
	struct report *reports;
	unsigned nreports;
	struct fence fence; /* and CMD_GIVE_BACK, CMD_OBJECT_PUT */

	/* CMD_TRIGGER; tags, as a patch, CMD_TAGS; some CMD_REPLAY */
	struct slice input, metadata, tags; /* JSON */
	enum cmd_input input_form;
	struct slice idempotency_key; /* text */
	struct slice unique_name;     /* text; NULL p: none */
	enum cmd_idempotency scope;
	int priority;		      /* -1: the job's */
	int64_t run_at;		      /* ms; 0: now */
	int64_t start_timeout_ms;     /* 0: none */
	struct slice concurrency_key; /* text; NULL p: none */
	uint64_t project;	      /* 0: none */
	/*
	 * At most so many active ones (0: no limit) that were made with this
	 * key and such a limit; zero: of the job, whoever made them.
	 */
	unsigned max_active;
	struct uuid asker;
	uint64_t retry_of; /* a number; 0: none.  CMD_RETRY sets it */

	/*
	 * CMD_TRIGGER_BATCH: what is said of each execution of the job of
	 * this one's name.  Each item's answer() is called, none's settled();
	 * a refusal is the only answer then, and nothing is made.
	 */
	struct cmd *items;
	unsigned nitems;

	const struct article_edit *edit; /* CMD_ARTICLE_EDIT; borrowed */
	const struct object_put *put;	 /* CMD_OBJECT_PUT; borrowed */

	/* CMD_PATCH */
	enum status status;
	struct slice error_info; /* JSON object; NULL p: none */

	/* CMD_REPLAY: core/replay.h */
	struct slice from_stage, to_route, replay_source, from_path;

	TAILQ_ENTRY(cmd) entry;
};

#endif
