/*
 * Commands on jobs and keys, triggers with their idempotency keys, and whose
 * things are whose.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/keys.h"
#include "tests/engine/ground.h"

/* Ask for a command on a job, by id or name, with a definition or none. */
static enum outcome_code
on_job(struct ground *g, struct ask *a, const char *name, const char *json)
{
	struct job *j = json != NULL ? ground_read_job(json) : NULL;
	enum cmd_kind kind = a->cmd.kind;
	uint64_t tenant = a->cmd.tenant;
	enum outcome_code code;

	ground_ask(g, a, kind);
	a->cmd.tenant = tenant;
	a->cmd.name = slice_str(name);
	a->cmd.job = j;
	code = ground_run(a);
	a->cmd.job = NULL;
	job_free(j);
	return code;
}

static enum outcome_code
create(struct ground *g, uint64_t tenant, const char *json)
{
	struct ask a = {.cmd = {.kind = CMD_JOB_CREATE, .tenant = tenant}};

	return on_job(g, &a, NULL, json);
}

static enum outcome_code
replace(struct ground *g, uint64_t tenant, const char *name, const char *json)
{
	struct ask a = {.cmd = {.kind = CMD_JOB_REPLACE, .tenant = tenant}};

	return on_job(g, &a, name, json);
}

static enum outcome_code delete (struct ground *g, uint64_t tenant,
    const char *name) {
	struct ask a = {.cmd = {.kind = CMD_JOB_DELETE, .tenant = tenant}};

	return on_job(g, &a, name, NULL);
}

/* Trigger with an idempotency key, or none. */
static enum outcome_code
trigger(struct ground *g, struct ask *a, uint64_t tenant, const char *name,
    const char *key)
{
	ground_ask(g, a, CMD_TRIGGER);
	a->cmd.tenant = tenant;
	a->cmd.name = slice_str(name);
	a->cmd.idempotency_key = slice_str(key);
	a->cmd.scope = key != NULL ? CMD_SCOPE_RESTEP : CMD_SCOPE_NONE;
	return ground_run(a);
}

/* ---- jobs ---- */

static void
test_versions(void **state)
{
	struct ground *g = ground_new();
	struct ask a = {.cmd = {.kind = CMD_JOB_REPLACE}};
	struct uuid id = ground_job(g, "{'name':'n','priority':1}"), x;
	char text[UUID_TEXT + 1];

	(void)state;
	x = ground_trigger(g, "n");
	assert_int_equal(on_job(g, &a, "n", "{'name':'m','priority':2}"),
	    OUTCOME_DONE);
	assert_true(uuid_eq(&a.job, &id));
	assert_int_equal(a.job_version, 2);
	assert_int_equal(trigger(g, &a, 0, "n", NULL), OUTCOME_NOT_FOUND);
	assert_int_equal(trigger(g, &a, 0, "m", NULL), OUTCOME_DONE);
	assert_int_equal(a.x.job_version, 2);
	assert_int_equal(a.x.priority, 2);
	assert_int_equal(ground_row(g, &x).job_version, 1);
	uuid_format(&id, text);
	assert_int_equal(replace(g, 0, text, "{'name':'n'}"), OUTCOME_DONE);
	assert_int_equal(trigger(g, &a, 0, text, NULL), OUTCOME_DONE);
	assert_int_equal(a.x.job_version, 3);
	assert_int_equal(replace(g, 0, "no", "{'name':'no'}"),
	    OUTCOME_NOT_FOUND);
	ground_free(g);
}

/* A name belongs to one live job. */
static void
test_names(void **state)
{
	struct ground *g = ground_new();

	(void)state;
	assert_int_equal(create(g, 0, "{'name':'a'}"), OUTCOME_DONE);
	assert_int_equal(create(g, 0, "{'name':'a'}"), OUTCOME_NAME_TAKEN);
	assert_int_equal(create(g, 7, "{'name':'a'}"), OUTCOME_NAME_TAKEN);
	assert_int_equal(create(g, 0, "{'name':'b'}"), OUTCOME_DONE);
	assert_int_equal(replace(g, 0, "b", "{'name':'a'}"),
	    OUTCOME_NAME_TAKEN);
	assert_int_equal(replace(g, 0, "b", "{'name':'b','priority':0}"),
	    OUTCOME_DONE);
	assert_int_equal(delete (g, 0, "a"), OUTCOME_DONE);
	assert_int_equal(delete (g, 0, "a"), OUTCOME_NOT_FOUND);
	assert_int_equal(replace(g, 0, "b", "{'name':'a'}"), OUTCOME_DONE);
	assert_int_equal(create(g, 0, "{'name':'b'}"), OUTCOME_DONE);
	ground_free(g);
}

/* What was made of a deleted job goes on. */
static void
test_delete(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = ground_job(g, "{'name':'n'}"), x;
	struct report r = report_make(REPORT_COMPLETE);
	char text[UUID_TEXT + 1];
	struct ask a;

	(void)state;
	x = ground_trigger(g, "n");
	assert_int_equal(delete (g, 0, "n"), OUTCOME_DONE);
	uuid_format(&id, text);
	assert_int_equal(trigger(g, &a, 0, text, NULL), OUTCOME_NOT_FOUND);
	assert_int_equal(replace(g, 0, text, "{'name':'n'}"),
	    OUTCOME_NOT_FOUND);
	assert_int_equal(ground_report(g, &x, r).status, STATUS_COMPLETED);
	ground_free(g);
}

/* Each version is in the journal, and the end. */
static void
test_journaled(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = ground_job(g, "{'name':'n'}");
	struct journal_event ev;

	(void)state;
	assert_int_equal(replace(g, 0, "n", "{'name':'n','priority':9}"),
	    OUTCOME_DONE);
	assert_true(journal_get(engine_snapshot(g->engine), ground_seq(g),
	    &ev));
	assert_int_equal(ev.type, EVENT_JOB);
	assert_true(uuid_eq(&ev.execution, &id));
	assert_int_equal(ev.attempt, 2);
	assert_int_equal(ev.status, 1);
	assert_true(event_get(&ev, MEMBER_DEFINITION).n > 0);
	assert_int_equal(delete (g, 0, "n"), OUTCOME_DONE);
	assert_true(journal_get(engine_snapshot(g->engine), ground_seq(g),
	    &ev));
	assert_int_equal(ev.attempt, 2);
	assert_int_equal(ev.status, 0);
	assert_int_equal(ev.nmembers, 0);
	ground_free(g);
}

/* ---- whose ---- */

static void
test_tenants(void **state)
{
	struct ground *g = ground_new();
	struct ask a, b;

	(void)state;
	assert_int_equal(create(g, 0, "{'name':'all'}"), OUTCOME_DONE);
	assert_int_equal(create(g, 7, "{'name':'seven'}"), OUTCOME_DONE);
	/* everybody may use what is nobody's, and only the unbound change it */
	assert_int_equal(trigger(g, &a, 7, "all", NULL), OUTCOME_DONE);
	assert_int_equal(a.x.project, 7);
	assert_int_equal(replace(g, 7, "all", "{'name':'all'}"),
	    OUTCOME_NOT_FOUND);
	assert_int_equal(delete (g, 7, "all"), OUTCOME_NOT_FOUND);
	/* what is somebody's is missing for others */
	assert_int_equal(trigger(g, &b, 8, "seven", NULL), OUTCOME_NOT_FOUND);
	assert_int_equal(replace(g, 8, "seven", "{'name':'seven'}"),
	    OUTCOME_NOT_FOUND);
	assert_int_equal(delete (g, 8, "seven"), OUTCOME_NOT_FOUND);
	ground_ask(g, &b, CMD_CANCEL);
	b.cmd.id = a.x.id;
	b.cmd.tenant = 8;
	assert_int_equal(ground_run(&b), OUTCOME_NOT_FOUND);
	b.cmd.tenant = 7;
	b.answered = b.settled = 0;
	assert_int_equal(ground_run(&b), OUTCOME_DONE);
	/* who is bound to none sees all */
	assert_int_equal(trigger(g, &b, 0, "seven", NULL), OUTCOME_DONE);
	assert_int_equal(b.x.project, 0);
	assert_int_equal(replace(g, 7, "seven", "{'name':'seven'}"),
	    OUTCOME_DONE);
	assert_int_equal(delete (g, 0, "seven"), OUTCOME_DONE);
	ground_free(g);
}

/* What a trigger says, and what it leaves to the job and to the asker. */
static void
test_trigger(void **state)
{
	struct ground *g = ground_new();
	struct journal_event ev;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'n','priority':3,'steps':[{'name':'a'}]}");
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("n");
	a.cmd.input = SLICE("[ 1.0 ]");
	a.cmd.metadata = SLICE("{\"m\":1}");
	a.cmd.tags = SLICE("{\"env\":\"prod\"}");
	a.cmd.priority = 0;
	a.cmd.project = 9;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.x.priority, 0);
	assert_int_equal(a.x.project, 9);
	assert_int_equal(a.x.tags.at.seq, a.x.created.seq);
	assert_int_equal(a.steps[0].status, STEP_READY);
	assert_false(uuid_is_zero(&a.steps[0].id));
	assert_true(journal_get(engine_snapshot(g->engine), a.x.created.seq,
	    &ev));
	assert_true(slice_is(event_get(&ev, MEMBER_INPUT), "[ 1.0 ]"));
	assert_true(slice_is(event_get(&ev, MEMBER_METADATA), "{\"m\":1}"));
	assert_int_equal(event_get(&ev, MEMBER_IDEMPOTENCY).n, 0);
	ground_free(g);
}

/* An input too large makes nothing, and uses nothing up. */
static void
test_trigger_refused(void **state)
{
	struct ground *g = ground_new();
	size_t n = MAPPING_INPUT_MAX / 2;
	char *input = mem_zalloc(n);
	uint64_t seq;
	struct ask a;

	(void)state;
	memset(input, 'y', n);
	input[0] = input[n - 1] = '"';
	ground_job(g,
	    "{'name':'n','steps':[{'name':'a','input_mapping':"
	    "{'x':'job.input_params','y':'job.input_params'}}]}");
	seq = ground_seq(g);
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("n");
	a.cmd.input = (struct slice){input, n};
	a.cmd.idempotency_key = SLICE("k");
	a.cmd.scope = CMD_SCOPE_RESTEP;
	assert_int_equal(ground_run(&a), OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_INVALID);
	assert_string_equal(a.refusal.field, "input_params");
	assert_false(a.had_x);
	assert_int_equal(ground_seq(g), seq);
	assert_int_equal(ground_count(g, STATUS_QUEUED), 0);
	assert_int_equal(trigger(g, &a, 0, "n", "k"), OUTCOME_DONE);
	assert_int_equal(a.x.number, 1);
	free(input);
	ground_free(g);
}

/* One execution per key, tenant and scope, whatever became of it. */
static void
test_idempotency(void **state)
{
	struct ground *g = ground_new();
	struct report r = report_make(REPORT_COMPLETE);
	struct ask first, again;
	struct journal_event ev;
	struct slice kept;

	(void)state;
	ground_job(g, "{'name':'n'}");
	ground_job(g, "{'name':'m'}");
	assert_int_equal(trigger(g, &first, 0, "no", "k"), OUTCOME_NOT_FOUND);
	assert_int_equal(trigger(g, &first, 0, "n", "k"), OUTCOME_DONE);
	assert_true(journal_get(engine_snapshot(g->engine), first.x.created.seq,
	    &ev));
	kept = event_get(&ev, MEMBER_IDEMPOTENCY);
	assert_true(kept.n > 0 && kept.p[kept.n - 1] == 'k');
	assert_int_equal(trigger(g, &again, 0, "m", "k"), OUTCOME_EXISTING);
	assert_true(uuid_eq(&again.x.id, &first.x.id));
	assert_int_equal(again.first_seq, 0);
	assert_int_equal(trigger(g, &again, 0, "n", "K"), OUTCOME_DONE);
	again.cmd.idempotency_key = SLICE("k");
	again.cmd.scope = CMD_SCOPE_FACTFLOW;
	again.answered = again.settled = 0;
	assert_int_equal(ground_run(&again), OUTCOME_DONE);
	assert_int_equal(trigger(g, &again, 7, "n", "k"), OUTCOME_DONE);
	assert_int_equal(trigger(g, &again, 7, "n", "k"), OUTCOME_EXISTING);
	assert_int_equal(again.x.project, 7);
	assert_int_equal(trigger(g, &again, 8, "n", "k"), OUTCOME_DONE);
	assert_int_equal(trigger(g, &again, 0, "n", ""), OUTCOME_DONE);
	assert_int_equal(trigger(g, &again, 0, "n", ""), OUTCOME_DONE);
	ground_report(g, &first.x.id, r);
	assert_int_equal(delete (g, 0, "n"), OUTCOME_DONE);
	ground_restart(g, true);
	assert_int_equal(trigger(g, &again, 0, "n", "k"), OUTCOME_EXISTING);
	assert_int_equal(again.x.status, STATUS_COMPLETED);
	assert_int_equal(again.x.number, first.x.number);
	ground_free(g);
}

/* The same key twice in one turn, and in a turn that is lost. */
static void
test_idempotency_in_a_turn(void **state)
{
	struct ground *g = ground_new();
	struct ask a[3];

	(void)state;
	ground_job(g, "{'name':'n'}");
	for (unsigned lost = 0; lost < 2; lost++) {
		store_set_free_mark(g->store, lost == 0 ? UINT64_MAX : 0);
		for (unsigned i = 0; i < 3; i++) {
			ground_ask(g, &a[i], CMD_TRIGGER);
			a[i].cmd.name = SLICE("n");
			a[i].cmd.idempotency_key = SLICE("k");
			a[i].cmd.scope = CMD_SCOPE_RESTEP;
			ground_submit(&a[i]);
		}
		ground_turns(g);
		assert_int_equal(a[2].rc, lost == 0 ? ENOSPC : 0);
	}
	assert_int_equal(a[0].code, OUTCOME_DONE);
	assert_int_equal(a[1].code, OUTCOME_EXISTING);
	assert_true(uuid_eq(&a[0].x.id, &a[2].x.id));
	assert_int_equal(ground_count(g, STATUS_QUEUED), 1);
	ground_free(g);
}

/* ---- keys ---- */

static void
test_keys(void **state)
{
	struct ground *g = ground_new();
	struct key key = {.hash = {1, 2, 3},
	    .scope = SCOPE_WORKER,
	    .project = 4,
	    .name = "build"};
	struct key found;
	struct ask a;

	(void)state;
	ground_ask(g, &a, CMD_KEY_CREATE);
	a.cmd.key = &key;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_false(uuid_is_zero(&key.id));
	assert_true(key.created_at > 0);
	assert_true(keys_find(engine_snapshot(g->engine), key.hash, &found));
	assert_true(uuid_eq(&found.id, &key.id));
	assert_int_equal(found.scope, SCOPE_WORKER);
	assert_int_equal(found.project, 4);
	for (unsigned again = 0; again < 2; again++) {
		ground_ask(g, &a, CMD_KEY_REVOKE);
		a.cmd.id = key.id;
		assert_int_equal(ground_run(&a),
		    again == 0 ? OUTCOME_DONE : OUTCOME_NOT_FOUND);
	}
	assert_int_equal(keys_count(engine_snapshot(g->engine)), 0);
	ground_free(g);
}

/* ---- seeds ---- */

static bool
has_job(struct ground *g, const char *name)
{
	struct uuid id;

	return jobs_find(engine_snapshot(g->engine), slice_str(name), &id);
}

/* They are there from the first start, once, and may be changed for good. */
static void
test_seeds(void **state)
{
	struct ground *g = ground_new();
	struct uuid id;

	(void)state;
	assert_int_equal(ground_seq(g), 2);
	assert_true(has_job(g, "GENERATE_BLOG_POST"));
	id = ground_trigger(g, "article_generation");
	assert_int_equal(ground_row(g, &id).nsteps, 6);
	assert_int_equal(delete (g, 0, "GENERATE_BLOG_POST"), OUTCOME_DONE);
	assert_int_equal(replace(g, 0, "article_generation", "{'name':'mine'}"),
	    OUTCOME_DONE);
	ground_restart(g, true);
	assert_false(has_job(g, "GENERATE_BLOG_POST"));
	assert_false(has_job(g, "article_generation"));
	assert_true(has_job(g, "mine"));
	ground_restart(g, false);
	assert_false(has_job(g, "GENERATE_BLOG_POST"));
	ground_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_delete),
	    cmocka_unit_test(test_journaled),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_trigger),
	    cmocka_unit_test(test_trigger_refused),
	    cmocka_unit_test(test_idempotency),
	    cmocka_unit_test(test_idempotency_in_a_turn),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
