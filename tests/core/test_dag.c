/*
 * Routes and edges of jobs, drawn as one line each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/config.h"
#include "core/dag.h"

static const struct {
	const char *job, *want; /* init: nodes; edges */
} cases[] = {
    {"{'name':'j'}", ":;"},
    {"{'name':'j','steps':[{'name':'a'}]}", "default: a(0:0);"},
    {"{'name':'j','queue':'q','steps':[{'name':'a','queue':'x'},"
     "{'name':'b','depends_on':['a']}]}",
	"x: a(0:0) b(1:0); a>b/q"},
    /* Steps of a route are its adapters, wherever they stand. */
    {"{'name':'j','steps':[{'name':'a','route':'r'},{'name':'b',"
     "'route':'s','queue':'t','depends_on':['a']},{'name':'c','route':'r',"
     "'depends_on':['a']},{'name':'d','route':'s','queue':'u',"
     "'depends_on':['c','b']}]}",
	"default: r(0:0) s(1:0) r(2:1) s(3:1); r>s/t"},
    {"{'name':'j','steps':[{'name':'c','depends_on':['a','b']},"
     "{'name':'a','queue':'one'},{'name':'b'}]}",
	"one: c(0:0) a(1:0) b(2:0); a>c/default b>c/default"},
};

static struct job *
make(const char *text)
{
	struct buf b = {0};
	struct json_error bad;
	struct job_error err;
	struct json *doc;
	struct job *j;

	for (; *text != '\0'; text++)
		buf_add_byte(&b, *text == '\'' ? '"' : (unsigned char)*text);
	doc = json_parse(buf_slice(&b), &bad);
	assert_non_null(doc);
	j = job_new(json_root(doc), &err);
	if (j == NULL)
		fail_msg("%s %s", err.field, err.text);
	json_free(doc);
	buf_free(&b);
	return j;
}

/* init: route(step:place) ...; from>to/queue ... */
static void
draw(const struct job *j, struct buf *out)
{
	struct dag *d = dag_new(j);

	buf_addf(out, "%.*s:", SLICE_FMT(d->init_queue));
	for (unsigned i = 0; i < j->nsteps; i++)
		buf_addf(out, " %.*s(%u:%u)",
		    SLICE_FMT(d->node[d->of[i]].route), i, d->at[i]);
	buf_add_str(out, ";");
	for (unsigned i = 0; i < d->nedges; i++)
		buf_addf(out, " %.*s>%.*s/%.*s",
		    SLICE_FMT(d->node[d->edge[i].from].route),
		    SLICE_FMT(d->node[d->edge[i].to].route),
		    SLICE_FMT(d->edge[i].queue));
	buf_add_byte(out, '\0');
	dag_free(d);
}

static void
test_cases(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct job *j = make(cases[i].job);

		out.len = 0;
		draw(j, &out);
		assert_string_equal(out.p, cases[i].want);
		job_free(j);
	}
	buf_free(&out);
}

static void
test_config(void **state)
{
	static const char *const init[] = {"init_message: {route: b}\n", ""};
	static struct config_report report;
	struct buf out = {0}, yaml = {0};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct config_source src = {.name = SLICE("p")};
		struct job *j;

		yaml.len = out.len = 0;
		buf_add_str(&yaml, init[i]);
		buf_add_str(&yaml,
		    "routes:\n"
		    "  a: {inbound: {queue: x}, adapters: [{type: t}]}\n"
		    "  b: {inbound: {queue: y}, outbound: x, adapters: "
		    "[{type: t}]}\n");
		src.yaml = buf_slice(&yaml);
		j = config_new(&src, &report);
		draw(j, &out);
		assert_string_equal(out.p,
		    i == 0 ? "y: a(0:0) b(1:0); b>a/x"
			   : ": a(0:0) b(1:0); b>a/x");
		job_free(j);
	}
	buf_free(&out);
	buf_free(&yaml);
}

static void
test_find(void **state)
{
	struct job *j = make(cases[2].job);
	struct dag *d = dag_new(j);

	(void)state;
	assert_int_equal(dag_find(d, SLICE("b")), 1);
	assert_int_equal(dag_find(d, SLICE("c")), -1);
	dag_free(d);
	dag_free(NULL);
	job_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_config),
	    cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
