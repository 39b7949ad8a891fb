/*
 * The step graph: cycles, reach, what is still waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/graph.h"

#define MANY JOB_STEPS_MAX

/*
 * A graph as text: "b>a c>ab" reads: b waits for a; c for a, then b.
 */
struct world {
	struct job job;
	struct job_step steps[MANY];
	uint16_t depends[26][26];
};

static void
build(struct world *w, uint16_t nsteps, const char *text)
{
	struct job_step *s = NULL;

	memset(w, 0, sizeof(*w));
	w->job.nsteps = nsteps;
	w->job.steps = w->steps;
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == ' ')
			s = NULL;
		else if (*c == '>')
			continue;
		else if (s == NULL) {
			s = &w->steps[*c - 'a'];
			s->depends = w->depends[*c - 'a'];
		} else
			s->depends[s->ndepends++] = (uint16_t)(*c - 'a');
	}
}

static const struct {
	uint16_t n;
	const char *edges;
	const char *on; /* steps on a cycle; empty: there is none */
} graphs[] = {
    {0, "", ""},
    {1, "", ""},
    {1, "a>a", "a"},
    {2, "b>a", ""},
    {2, "a>b b>a", "ab"},
    {3, "b>a c>ab", ""},
    {4, "b>a c>a d>bc", ""},
    {4, "b>a c>b d>c b>d", "bcd"},
    {5, "b>a c>b d>e e>d", "de"},
    {6, "a>b b>c c>d d>e e>f", ""},
    {6, "a>b b>c c>d d>e e>f f>c", "cdef"},
    {4, "a>bcd b>cd c>d", ""},
    {4, "a>bcd b>cd c>d d>a", "abcd"},
};

static void
test_cycles(void **state)
{
	struct world *w = malloc(sizeof(*w));

	(void)state;
	for (size_t i = 0; i < sizeof(graphs) / sizeof(graphs[0]); i++) {
		uint16_t at = 99;
		bool none = graphs[i].on[0] == '\0';

		build(w, graphs[i].n, graphs[i].edges);
		assert_int_equal(graph_is_acyclic(&w->job, &at), none);
		if (!none)
			assert_non_null(strchr(graphs[i].on, 'a' + at));
	}
	free(w);
}

static void
test_upstream(void **state)
{
	static const char *const reach[] = {"", "a", "ab", "", "abcd", "d"};
	struct world *w = malloc(sizeof(*w));
	bool all[JOB_STEPS_MAX];

	(void)state;
	build(w, 6, "b>a c>b e>cd f>d");
	for (uint16_t of = 0; of < 6; of++) {
		graph_upstream(&w->job, of, all);
		for (uint16_t from = 0; from < 6; from++) {
			bool want = strchr(reach[of], 'a' + from) != NULL;

			assert_int_equal(all[from], want);
		}
	}
	build(w, 2, "a>b b>a");
	graph_upstream(&w->job, 0, all);
	assert_true(all[0]);
	free(w);
}

/* As many steps as a job may have, each waiting for all before it. */
static void
test_largest(void **state)
{
	struct world *w = malloc(sizeof(*w));
	uint16_t all[MANY], at;
	bool upstream[MANY];

	(void)state;
	build(w, MANY, "");
	for (uint16_t i = 0; i < MANY; i++) {
		all[i] = i;
		w->steps[i].depends = all;
		w->steps[i].ndepends = i;
	}
	assert_true(graph_is_acyclic(&w->job, &at));
	graph_upstream(&w->job, MANY - 1, upstream);
	for (uint16_t i = 0; i < MANY; i++)
		assert_int_equal(upstream[i], i < MANY - 1);
	w->steps[0].depends = &all[MANY - 1];
	w->steps[0].ndepends = 1;
	assert_false(graph_is_acyclic(&w->job, &at));
	graph_upstream(&w->job, 5, upstream);
	assert_true(upstream[5]);
	free(w);
}

/* A chain as deep as can be, walked from its far end. */
static void
test_deepest(void **state)
{
	struct world *w = malloc(sizeof(*w));
	uint16_t next[MANY], at;
	bool upstream[MANY];

	(void)state;
	build(w, MANY, "");
	for (uint16_t i = 0; i + 1 < MANY; i++) {
		next[i] = (uint16_t)(i + 1);
		w->steps[i].depends = &next[i];
		w->steps[i].ndepends = 1;
	}
	assert_true(graph_is_acyclic(&w->job, &at));
	graph_upstream(&w->job, 0, upstream);
	assert_true(upstream[MANY - 1]);
	graph_upstream(&w->job, MANY - 1, upstream);
	assert_false(upstream[0]);
	free(w);
}

static void
test_unmet(void **state)
{
	struct world *w = malloc(sizeof(*w));
	struct step steps[4] = {{.status = STEP_COMPLETED},
	    {.status = STEP_PENDING}, {.status = STEP_PENDING},
	    {.status = STEP_PENDING}};

	(void)state;
	build(w, 4, "b>a d>bac");
	assert_int_equal(graph_unmet(&w->job, steps, 0), -1);
	assert_int_equal(graph_unmet(&w->job, steps, 1), -1);
	assert_int_equal(graph_unmet(&w->job, steps, 2), -1);
	assert_int_equal(graph_unmet(&w->job, steps, 3), 1);
	steps[1].status = STEP_COMPLETED;
	for (unsigned s = STEP_PENDING; s < STEP_STATUS_COUNT; s++) {
		steps[2].status = (enum step_status)s;
		assert_int_equal(graph_unmet(&w->job, steps, 3),
		    s == STEP_COMPLETED || s == STEP_SKIPPED ? -1 : 2);
	}
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cycles),
	    cmocka_unit_test(test_upstream),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_deepest),
	    cmocka_unit_test(test_unmet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
