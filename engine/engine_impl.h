/*
 * The engine's inside, shared by engine.c, turn.c, command.c and recovery.c;
 * nobody else includes it.
 */
#ifndef ENGINE_ENGINE_IMPL_H
#define ENGINE_ENGINE_IMPL_H

#include "core/hash.h"
#include "core/uuid.h"
#include "engine/engine.h"

/* So many at a time: 256 bytes are never cut short. */
#define ENGINE_NOISES 32

struct dispatch;
struct event;
struct jobs_head;
struct rows_timer;

/* Someone waits for the moved clock to have its effect (--test-clock). */
struct engine_waiter {
	void (*fn)(void *arg);
	void *arg;
};

/* How far marking what ran as interrupted has come. */
struct engine_recovery {
	bool active;
	struct uuid at, end; /* ids: the last one looked at, the last of all */
	uint64_t marked;
};

/* What a decision works on: copies of the rows, before and after. */
struct engine_rows {
	const struct job *job;
	struct execution before, x;
	struct step steps_before[JOB_STEPS_MAX], steps[JOB_STEPS_MAX];
	bool steps_loaded;
	struct change change;
};

struct engine {
	struct store *store;
	struct event_base *base;
	struct event *timer; /* armed for the first row of timers */

	TAILQ_HEAD(, cmd) cmds;
	unsigned ncmds;
	size_t cmd_bytes; /* of their requests */
	struct engine_rows *rows;

	/* time */
	bool now_known;
	int64_t now;	      /* ms; this turn's */
	int64_t clock_offset; /* --test-clock */
	int64_t wall, steady; /* the last readings, without the offset */
	int64_t first_due;    /* of the timers; 0 none */
	struct engine_waiter waiter;

	/* soft state: when an execution last spoke, as an id -> ms */
	struct hash *words;
	int64_t grace_from; /* silence before this is not held against anyone */

	struct uuid_maker maker;
	struct buf made; /* MEMBER_ARTICLES of the event being appended */
	uint64_t noise[ENGINE_NOISES]; /* random bits not used yet */
	unsigned noises;
	bool failing;	  /* the last commit failed: said once */
	uint64_t commits; /* since the start */

	struct engine_recovery recovery;
	struct dispatch *dispatch;

	void (*on_commit)(void *arg, uint64_t seq);
	void *on_commit_arg;
};

/* turn.c: arm the timer for the first deadline there is. */
void engine_look_ahead(struct engine *e);

/* command.c: decide one command, append its events, answer it. */
void engine_command(struct engine *e, struct store_txn *t, struct cmd *c);

/*
 * command.c: let a timer that fell due have its effect; one that no row asks
 * for, which only a damaged store has, is taken away.
 */
void engine_timer(struct engine *e, struct store_txn *t,
    const struct rows_timer *due);

/* command.c: running -> interrupted, unless it has spoken since the start. */
void engine_interrupt(struct engine *e, struct store_txn *t,
    const struct uuid *id);

/* recovery.c: see whether there is something to recover. */
void engine_recovery_begin(struct engine *e);

/* recovery.c: one batch, within this turn's transaction. */
void engine_recovery_step(struct engine *e, struct store_txn *t);

/*
 * decide.c: load copies of an execution that tenant may see into e->rows; its
 * steps too when asked.
 */
bool engine_load(struct engine *e, struct store_txn *t, const struct uuid *id,
    uint64_t tenant, bool steps);

/* decide.c: a decision about what is loaded; the change is emptied. */
struct decision engine_decision(struct engine *e, struct store_txn *t);

/* decide.c: store the events, and the rows that differ (created: all). */
void engine_keep(struct engine *e, struct store_txn *t, bool created);

/* decide.c: what is loaded, as an outcome; d NULL: nothing was decided. */
struct outcome engine_outcome(struct engine *e, struct store_txn *t,
    const struct decision *d);

/* decide.c: answer with d's refusal, keeping the journal's note of it. */
void engine_answer_refused(struct engine *e, struct store_txn *t, struct cmd *c,
    const struct decision *d);

/* claim.c: commands of workers who ask for work, and on pauses. */
void engine_claim(struct engine *, struct store_txn *, struct cmd *);
void engine_give_back(struct engine *, struct store_txn *, struct cmd *);

/* claim.c: hand a claim that was begun what there is; how much it was. */
unsigned engine_hand_out(struct engine *, struct store_txn *, struct cmd *);
void engine_pause(struct engine *, struct store_txn *, struct cmd *);

/* trigger.c: make executions. */
void engine_trigger_batch(struct engine *, struct store_txn *, struct cmd *);
void engine_trigger(struct engine *, struct store_txn *, struct cmd *);
void engine_replay(struct engine *, struct store_txn *, struct cmd *);

/* decide.c: answer with a bare code. */
void engine_answer_code(struct cmd *c, struct store_txn *t,
    enum outcome_code code);

/* definition.c: commands on jobs and keys. */
bool engine_job_sees(const struct cmd *c, const struct jobs_head *head);
bool engine_job_find(struct store_txn *t, const struct cmd *c,
    struct jobs_head *head);
void engine_job_create(struct engine *, struct store_txn *, struct cmd *);
void engine_job_replace(struct engine *, struct store_txn *, struct cmd *);
void engine_job_delete(struct engine *, struct store_txn *, struct cmd *);
void engine_key_create(struct engine *, struct store_txn *, struct cmd *);
void engine_key_revoke(struct engine *, struct store_txn *, struct cmd *);

/*
 * articles.c: the i-th event of the change, about to be appended as *ev,
 * makes articles when it completes with some: give it MEMBER_ARTICLES.
 */
void engine_articles_find(struct engine *e, struct store_txn *t, unsigned i,
    struct journal_event *ev);

/* articles.c, retry.c, rollback.c: commands. */
void engine_article_change(struct engine *, struct store_txn *, struct cmd *);
void engine_retry(struct engine *, struct store_txn *, struct cmd *);
void engine_rollback(struct engine *, struct store_txn *, struct cmd *);

/* objects.c: a command. */
void engine_object_put(struct engine *, struct store_txn *, struct cmd *);

/* seed.c: the jobs that exist from the first start; 0, ENOSPC or EIO. */
int engine_seed(struct engine *e);

/* The latest word in memory; 0 when none. */
int64_t engine_word(const struct engine *e, const struct uuid *id);
void engine_word_set(struct engine *e, const struct uuid *id);
void engine_word_forget(struct engine *e, const struct uuid *id);

#endif
