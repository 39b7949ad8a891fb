/*
 * Configs: what a pipeline becomes, every issue by its code, what a broken
 * one is stored as, and inputs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/config.h"

static struct config_report report;

static struct job *
from_yaml(const char *yaml)
{
	struct config_source src = {.name = SLICE("p"),
	    .source_type = SLICE("api"),
	    .yaml = slice_str(yaml),
	    .hash = "abc"};

	return config_new(&src, &report);
}

static struct job *
from_json(const char *text)
{
	struct json_error bad;
	struct json *doc = json_parse(slice_str(text), &bad);
	struct config_source src = {.name = SLICE("p"),
	    .description = SLICE("said"),
	    .definition = json_root(doc)};
	struct job *j = config_new(&src, &report);

	assert_non_null(doc);
	json_free(doc);
	return j;
}

/* "name<dependency,...>@route/queue ..." */
static void
describe(const struct job *j, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < j->nsteps; i++) {
		const struct job_step *s = &j->steps[i];

		n += (size_t)snprintf(out + n, size - n, "%s%.*s<",
		    i > 0 ? " " : "", SLICE_FMT(s->name));
		for (unsigned k = 0; k < s->ndepends; k++)
			n += (size_t)snprintf(out + n, size - n, "%s%.*s",
			    k > 0 ? "," : "",
			    SLICE_FMT(j->steps[s->depends[k]].name));
		n += (size_t)snprintf(out + n, size - n, ">@%.*s/%.*s",
		    SLICE_FMT(s->route), SLICE_FMT(s->queue));
	}
}

#define PIPE "version: '1.0'\ninit_message: {route: a}\nroutes:\n"

static const struct {
	const char *yaml, *steps;
} pipelines[] = {
    {PIPE "  a: {inbound: {queue: q}, adapters: [{type: t}]}", "a.0<>@a/q"},
    {PIPE "  a: {inbound: {queue: q}, adapters: [{type: t}, {type: u}]}",
	"a.0<>@a/q a.1<a.0>@a/q"},
    {PIPE "  a: {inbound: {queue: q}, outbound: r, adapters: [{type: t}, "
	  "{type: t, name: end}]}\n"
	  "  b: {inbound: {queue: r}, adapters: [{type: t}]}",
	"a.0<>@a/q end<a.0>@a/q b.0<end>@b/r"},
    /* Routes may stand in any order, and several may feed one. */
    {PIPE "  c: {inbound: {queue: z}, adapters: [{type: t}]}\n"
	  "  a: {inbound: {queue: x}, adapters: [{type: t, outbound: "
	  "{queues: [y, z]}}]}\n"
	  "  b: {inbound: {queue: y}, adapters: [{type: t, outbound: "
	  "[{queue: z}]}]}",
	"c.0<a.0,b.0>@c/z a.0<>@a/x b.0<a.0>@b/y"},
    /* Within a config, by the member's name; the route's own is no loop. */
    {PIPE "  a: {inbound: {queue: x}, adapters: [{type: t, config: "
	  "{queue: x, deep: [{to: {target_queue: y}}], error_queue: z}}]}\n"
	  "  b: {inbound: {queue: y}, adapters: [{type: t, config: "
	  "{publish_to: z, note: x}}]}\n"
	  "  c: {inbound: {queue: z}, adapters: [{type: t, config: "
	  "{input_queue: y}}]}",
	"a.0<>@a/x b.0<a.0>@b/y c.0<b.0>@c/z"},
    /* A name that two adapters have is told apart by the route. */
    {PIPE "  a: {inbound: {queue: x}, outbound: y, adapters: "
	  "[{type: t, name: save}]}\n"
	  "  b: {inbound: {queue: y}, adapters: [{type: t, name: load}, "
	  "{type: t, name: save}]}",
	"a.save<>@a/x load<a.save>@b/y b.save<load>@b/y"},
};

static void
test_pipelines(void **state)
{
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(pipelines) / sizeof(pipelines[0]); i++) {
		struct job *j = from_yaml(pipelines[i].yaml);

		assert_non_null(j);
		assert_int_equal(report.errors, 0);
		assert_true(j->runnable && j->auto_complete);
		describe(j, text, sizeof(text));
		assert_string_equal(text, pipelines[i].steps);
		job_free(j);
	}
}

#define ROUTE "a: {inbound: {queue: q}, adapters: [{type: t}]}"

static const struct {
	const char *yaml, *code, *path;
} issues[] = {
    {"a: [", "E001", ""},
    {"[]", "E100", ""},
    {"hello", "E100", ""},
    {"", "E100", ""},
    {"version: '2'\nroutes: {" ROUTE "}", "E101", "version"},
    {"routes: {" ROUTE "}", "W502", "version"},
    {"version: 1", "E110", "routes"},
    {"routes: []", "E110", "routes"},
    {"routes: {}", "E110", "routes"},
    {"routes: {'a/b': {}}", "E111", "routes.a/b"},
    {"routes: {'': {}}", "E111", "routes."},
    {"routes: {a: 1}", "E112", "routes.a"},
    {"routes: {a: {name: 1}}", "E113", "routes.a.name"},
    {"routes: {a: {}}", "E120", "routes.a.inbound"},
    {"routes: {a: {inbound: q}}", "E120", "routes.a.inbound"},
    {"routes: {a: {inbound: {}}}", "E121", "routes.a.inbound.queue"},
    {"routes: {a: {inbound: {queue: 7}}}", "E121", "routes.a.inbound.queue"},
    {"routes: {a: {inbound: {queue: ''}}}", "E121", "routes.a.inbound.queue"},
    {"routes: {a: {}}", "E130", "routes.a.adapters"},
    {"routes: {a: {adapters: {}}}", "E130", "routes.a.adapters"},
    {"routes: {a: {adapters: []}}", "E130", "routes.a.adapters"},
    {"routes: {a: {adapters: [x]}}", "E131", "routes.a.adapters[0]"},
    {"routes: {a: {adapters: [{type: t}, {}]}}", "E132",
	"routes.a.adapters[1].type"},
    {"routes: {a: {adapters: [{name: []}]}}", "E133",
	"routes.a.adapters[0].name"},
    {"routes: {a: {adapters: [{config: 1}]}}", "E134",
	"routes.a.adapters[0].config"},
    {"init_message: 1", "E160", "init_message"},
    {"init_message: {}", "E161", "init_message.route"},
    {"init_message: {route: b}\nroutes: {" ROUTE "}", "E162",
	"init_message.route"},
    {"routes: {a: {inbound: {queue: q}, outbound: q, adapters: [{type: t}]}}",
	"E200", "steps.0.depends_on.0"},
    {"routes:\n  a: {inbound: {queue: q}, outbound: r, adapters: [{type: t}]}\n"
     "  b: {inbound: {queue: r}, outbound: q, adapters: [{type: t}]}",
	"E200", "steps.0.depends_on"},
    {"priority: 10\nroutes: {" ROUTE "}", "E200", "priority"},
    {"steps: [{name: a, depends_on: [b]}]", "E200", "steps.0.depends_on.0"},
    {"rotues: {}", "W501", ""},
    {"routes: {a: {addapters: []}}", "W501", "routes.a"},
    {"routes: {a: {adapters: [{typ: t}]}}", "W501", "routes.a.adapters[0]"},
    {"init_message: {rout: a}", "W501", "init_message"},
    {"routes: {" ROUTE "}", "W510", "init_message"},
    {"routes: {" ROUTE "}", "W511", "routes.a.inbound"},
    {"routes: {a: {inbound: {queue: q}, outbound: z, adapters: [{type: t}]}}",
	"W512", "routes.a.outbound"},
};

static bool
has_issue(const char *code, const char *path)
{
	for (unsigned i = 0; i < report.n; i++) {
		const struct config_issue *is = &report.issue[i];

		if (strcmp(is->code, code) == 0 && strcmp(is->path, path) == 0)
			return is->warning == (code[0] == 'W') &&
			    is->message[0] != '\0';
	}
	return false;
}

static void
test_issues(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(issues) / sizeof(issues[0]); i++) {
		struct job *j = from_yaml(issues[i].yaml);

		if (!has_issue(issues[i].code, issues[i].path)) {
			for (unsigned k = 0; k < report.n; k++)
				print_error("%s %s: %s\n", report.issue[k].code,
				    report.issue[k].path,
				    report.issue[k].message);
			fail_msg("%s: no %s", issues[i].yaml, issues[i].code);
		}
		assert_int_equal(j == NULL,
		    strcmp(issues[i].code, "E001") == 0);
		if (j != NULL)
			assert_int_equal(j->runnable, report.errors == 0);
		if (j != NULL && !j->runnable)
			assert_int_equal(j->nsteps, 0);
		job_free(j);
	}
}

static void
test_too_many(void **state)
{
	struct buf text = {0};
	struct job *j;

	(void)state;
	buf_add_str(&text, "routes: {a: {inbound: {queue: q}, adapters: [");
	for (unsigned i = 0; i < 257; i++)
		buf_add_str(&text, "{type: t, x: 1},");
	buf_add_str(&text, "]}}");
	buf_add_byte(&text, '\0');
	j = from_yaml(text.p);
	assert_true(has_issue("E150", "routes") || report.n == 100);
	assert_int_equal(report.n, CONFIG_ISSUES_MAX);
	assert_int_equal(report.warnings, 257 + 2);
	assert_int_equal(report.errors, 1);
	assert_false(j->runnable);
	job_free(j);
	buf_free(&text);
}

static void
test_large(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_add_str(&text, "# ");
	while (text.len <= CONFIG_YAML_MAX)
		buf_add_byte(&text, 'x');
	buf_add_byte(&text, '\0');
	assert_null(from_yaml(text.p));
	assert_true(has_issue("E003", ""));
	assert_int_equal(report.errors, 1);
	buf_free(&text);
}

static void
test_deep(void **state)
{
	struct buf text = {0};
	struct job *j;

	(void)state;
	for (unsigned depth = 58; depth < 64; depth++) {
		text.len = 0;
		buf_add_str(&text, PIPE "  " ROUTE "\nmetadata: {x: ");
		for (unsigned i = 2; i < depth; i++)
			buf_add_byte(&text, '[');
		for (unsigned i = 2; i < depth; i++)
			buf_add_byte(&text, ']');
		buf_add_str(&text, "}\n");
		buf_add_byte(&text, '\0');
		j = from_yaml(text.p);
		assert_int_equal(j != NULL, depth <= 60);
		if (j == NULL)
			assert_true(has_issue("E002", ""));
		job_free(j);
	}
	buf_free(&text);
}

static void
assert_text(struct buf *b, const char *want)
{
	if (!slice_is(buf_slice(b), want))
		fail_msg("%.*s", SLICE_FMT(buf_slice(b)));
	b->len = 0;
}

static void
test_report(void **state)
{
	struct job *j = from_yaml("version: 3\nrotues: {}");
	struct buf out = {0};
	struct jsonw *w = jsonw_new(&out);

	(void)state;
	config_write_report(w, &report);
	assert_text(&out,
	    "{\"is_valid\":false,\"issues\":["
	    "{\"severity\":\"error\",\"code\":\"E101\",\"path\":\"version\","
	    "\"message\":\"is not a version that is known here\","
	    "\"suggestion\":\"Use version: \\\"1.0\\\".\"},"
	    "{\"severity\":\"error\",\"code\":\"E110\",\"path\":\"routes\","
	    "\"message\":\"is missing\",\"suggestion\":"
	    "\"Add routes: {ID: {inbound: ..., adapters: ...}}.\"},"
	    "{\"severity\":\"warning\",\"code\":\"W510\","
	    "\"path\":\"init_message\",\"message\":"
	    "\"is missing: nothing starts the first route\",\"suggestion\":"
	    "\"Add init_message: {route: ID, payload: ...}.\"},"
	    "{\"severity\":\"warning\",\"code\":\"W501\",\"path\":\"\","
	    "\"message\":\"'rotues' means nothing here\",\"suggestion\":"
	    "\"Check its spelling, or remove it.\"}],"
	    "\"error_count\":2,\"warning_count\":2}");
	job_free(j);
	j = from_yaml(PIPE "  " ROUTE);
	jsonw_reset(w, &out);
	config_write_report(w, &report);
	assert_text(&out,
	    "{\"is_valid\":true,\"issues\":[],\"error_count\":0,"
	    "\"warning_count\":0}");
	job_free(j);
	jsonw_free(w);
	buf_free(&out);
}

/* What is remembered survives storing, runnable or not. */
static void
test_stored(void **state)
{
	static const char *const yaml[] = {PIPE "  " ROUTE, "routes: {}"};
	struct uuid id = {{1}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct job *j = from_yaml(yaml[i]);
		struct job *k = job_load(j->definition, &id, 2);

		assert_true(slice_eq(j->definition, k->definition));
		assert_int_equal(k->runnable, i == 0);
		assert_true(slice_is(config_get(k, "yaml")->str, yaml[i]));
		assert_true(slice_is(config_get(k, "hash")->str, "abc"));
		assert_true(slice_is(config_get(k, "source_type")->str, "api"));
		assert_null(config_get(k, "source_path"));
		assert_int_equal(config_route(k, SLICE("a")) != NULL, i == 0);
		assert_int_equal(config_init(k) != NULL, i == 0);
		assert_non_null(config_get(k, "report"));
		job_free(j);
		job_free(k);
	}
}

/* A definition as a job's own, or as a pipeline; no client can fake one. */
static void
test_json(void **state)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc;
	struct job *plain;
	struct job *j =
	    from_json("{\"steps\":[{\"name\":\"a\"}],\"name\":\"x\","
		      "\"priority\":7,\"config\":{}}");

	(void)state;
	assert_true(j->runnable && !j->auto_complete);
	assert_true(slice_is(j->name, "p"));
	assert_true(slice_is(j->description, "said"));
	assert_int_equal(j->priority, 7);
	assert_int_equal(j->nsteps, 1);
	assert_null(config_get(j, "yaml"));
	assert_non_null(config_get(j, "document"));
	/* Sent back as a plain job, it is one. */
	doc = json_parse(j->definition, &bad);
	plain = job_new(json_root(doc), &err);
	assert_true(plain->config.p == NULL && plain->runnable);
	assert_null(config_get(plain, "document"));
	job_free(plain);
	json_free(doc);
	job_free(j);
	j = from_json("{\"name\":\"empty\"}");
	assert_true(j->runnable && j->nsteps == 0);
	job_free(j);
	j = from_json("{\"routes\":{\"a\":{\"inbound\":{\"queue\":\"q\"},"
		      "\"adapters\":[{\"type\":\"t\"}]}}}");
	assert_true(j->runnable && j->nsteps == 1);
	job_free(j);
	j = from_json("[1]");
	assert_false(j->runnable);
	job_free(j);
	j = from_json("{\"steps\":7}");
	assert_true(has_issue("E200", "steps"));
	assert_false(j->runnable);
	job_free(j);
}

static const struct {
	const char *payload, *over, *want;
} inputs[] = {
    {NULL, NULL, NULL},
    {"{\"a\": 1}", NULL, "{\"a\":1}"},
    {"{a: 1, b: 2}", "{\"b\":3,\"c\":4.0}", "{\"a\":1,\"b\":3,\"c\":4.0}"},
    {"{z: 1, a: 2}", "{\"y\":5,\"z\":3,\"b\":4}",
	"{\"z\":3,\"a\":2,\"y\":5,\"b\":4}"},
    {"{a: {x: 1}}", "{\"a\":{}}", "{\"a\":{}}"},
    {"{a: 1}", "[1]", "[1]"},
    {"text", NULL, "\"text\""},
    {"text", "{\"a\":1}", "{\"a\":1}"},
    {NULL, "{\"a\":1}", "{\"a\":1}"},
    {"~", NULL, NULL},
    {"{a: 1}", "{}", "{\"a\":1}"},
};

static void
test_inputs(void **state)
{
	struct buf out = {0};
	char yaml[300];

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct job *j;
		bool some;

		snprintf(yaml, sizeof(yaml),
		    "init_message: {route: a, %s%s}\nroutes: {" ROUTE "}",
		    inputs[i].payload != NULL ? "payload: " : "",
		    inputs[i].payload != NULL ? inputs[i].payload : "");
		j = from_yaml(yaml);
		some = config_input(j, slice_str(inputs[i].over), &out);
		assert_int_equal(some, inputs[i].want != NULL);
		assert_text(&out, some ? inputs[i].want : "");
		job_free(j);
	}
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pipelines),
	    cmocka_unit_test(test_issues),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_report),
	    cmocka_unit_test(test_stored),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_inputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
