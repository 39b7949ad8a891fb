/*
 * Jobs: every rule with the member it names, the normalized form, loading.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/job.h"
#include "tests/core/dies.h"

/* The job of a text with ' for ", or NULL with *err. */
static struct job *
make(const char *text, struct job_error *err)
{
	struct buf b = {0};
	struct json_error bad;
	struct json *doc;
	struct job *j;

	for (; *text != '\0'; text++)
		buf_add_byte(&b, *text == '\'' ? '"' : (unsigned char)*text);
	doc = json_parse(buf_slice(&b), &bad);
	if (doc == NULL)
		fail_msg("%s: %.*s", bad.text, SLICE_FMT(buf_slice(&b)));
	j = job_new(json_root(doc), err);
	json_free(doc);
	buf_free(&b);
	return j;
}

static const char defaults[] =
    "{\"name\":\"a\",\"description\":null,\"category\":null,\"type\":null,"
    "\"queue\":\"default\",\"priority\":5,\"steps\":[],\"retry\":{"
    "\"max_attempts\":3,\"initial_interval_ms\":5000,"
    "\"backoff_coefficient\":2,\"max_interval_ms\":900000,\"jitter\":0.1,"
    "\"non_retryable_errors\":[]},\"heartbeat_timeout_seconds\":300,"
    "\"timeout_seconds\":null,\"total_timeout_seconds\":null,"
    "\"cancel_grace_seconds\":30,\"auto_complete\":false,"
    "\"max_concurrency\":null,\"max_concurrency_per_key\":1,"
    "\"metadata\":null}";

static void
assert_definition(const struct job *j, const char *want)
{
	if (!slice_is(j->definition, want))
		fail_msg("%.*s", SLICE_FMT(j->definition));
}

static void
test_defaults(void **state)
{
	struct job_error err;
	struct job *j = make("{'name':'a'}", &err);

	(void)state;
	assert_non_null(j);
	assert_definition(j, defaults);
	assert_true(slice_is(j->name, "a"));
	assert_null(j->description.p);
	assert_null(j->category.p);
	assert_null(j->type.p);
	assert_null(j->metadata.p);
	assert_int_equal(j->priority, 5);
	assert_int_equal(j->nsteps, 0);
	assert_int_equal(j->retry.max_attempts, 3);
	assert_int_equal(j->retry.nnon_retryable, 0);
	assert_int_equal(j->heartbeat_timeout_ms, 300000);
	assert_int_equal(j->timeout_ms, 0);
	assert_int_equal(j->total_timeout_ms, 0);
	assert_int_equal(j->cancel_grace_ms, 30000);
	assert_false(j->auto_complete);
	assert_int_equal(j->max_concurrency, 0);
	assert_int_equal(j->version, 0);
	assert_true(uuid_is_zero(&j->id));
	job_free(j);
	job_free(NULL);
}

/* Null is absence, and what is not known is not there. */
static void
test_nulls(void **state)
{
	struct job_error err;
	struct job *j =
	    make("{'description':null,'category':null,'type':null,'queue':null,"
		 "'priority':null,'steps':null,'retry':null,'unknown':{'x':1},"
		 "'heartbeat_timeout_seconds':null,'timeout_seconds':null,"
		 "'total_timeout_seconds':null,'cancel_grace_seconds':null,"
		 "'auto_complete':null,'max_concurrency':null,'metadata':null,"
		 "'id':'mine','version':7,'name':'a'}",
		&err);

	(void)state;
	assert_non_null(j);
	assert_definition(j, defaults);
	job_free(j);
	j = make("{'name':'a','retry':{'max_attempts':null,'jitter':null,"
		 "'initial_interval_ms':null,'backoff_coefficient':null,"
		 "'max_interval_ms':null,'non_retryable_errors':null}}",
	    &err);
	assert_definition(j, defaults);
	job_free(j);
}

static const char everything[] =
    "{'metadata':{'k' : 1.50, 'big':123456789012345678901234567890},"
    "'name':'na\\u00efve','description':'','category':'seo','type':'t',"
    "'queue':'q','priority':9.0,'retry':{'max_attempts':1e3,"
    "'initial_interval_ms':0,'backoff_coefficient':1,'max_interval_ms':0,"
    "'jitter':-0.0,'non_retryable_errors':['A','B','A']},"
    "'heartbeat_timeout_seconds':1,'timeout_seconds':31536000,"
    "'total_timeout_seconds':1,'cancel_grace_seconds':0,"
    "'auto_complete':true,'max_concurrency':1000000,'steps':["
    "{'name':'c','depends_on':['b','a'],'input_mapping':{"
    "'x':'b.artifacts.p.0','y':'job.input_params','z':'a.result_data'}},"
    "{'name':'a','step_index':7,'step_type':'py','route':'r','queue':'s'},"
    "{'name':'b','depends_on':[],'input_mapping':{}}]}";

static const char normalized[] =
    "{\"name\":\"na\303\257ve\",\"description\":\"\",\"category\":\"seo\","
    "\"type\":\"t\",\"queue\":\"q\",\"priority\":9,\"steps\":["
    "{\"name\":\"c\",\"step_index\":0,\"step_type\":\"script\","
    "\"depends_on\":[\"b\",\"a\"],\"input_mapping\":{"
    "\"x\":\"b.artifacts.p.0\",\"y\":\"job.input_params\","
    "\"z\":\"a.result_data\"},\"route\":\"c\",\"queue\":\"q\"},"
    "{\"name\":\"a\",\"step_index\":7,\"step_type\":\"py\","
    "\"depends_on\":[],\"input_mapping\":null,\"route\":\"r\","
    "\"queue\":\"s\"},"
    "{\"name\":\"b\",\"step_index\":2,\"step_type\":\"script\","
    "\"depends_on\":[],\"input_mapping\":null,\"route\":\"b\","
    "\"queue\":\"q\"}],"
    "\"retry\":{\"max_attempts\":1000,\"initial_interval_ms\":0,"
    "\"backoff_coefficient\":1,\"max_interval_ms\":0,\"jitter\":0,"
    "\"non_retryable_errors\":[\"A\",\"B\",\"A\"]},"
    "\"heartbeat_timeout_seconds\":1,\"timeout_seconds\":31536000,"
    "\"total_timeout_seconds\":1,\"cancel_grace_seconds\":0,"
    "\"auto_complete\":true,\"max_concurrency\":1000000,"
    "\"max_concurrency_per_key\":1,"
    "\"metadata\":{\"k\" : 1.50, \"big\":123456789012345678901234567890}}";

static void
assert_everything(const struct job *j)
{
	const struct job_step *c = &j->steps[0], *a = &j->steps[1];

	assert_definition(j, normalized);
	assert_non_null(j->description.p);
	assert_int_equal(j->nsteps, 3);
	assert_int_equal(j->timeout_ms, 31536000000);
	assert_int_equal(j->retry.nnon_retryable, 3);
	assert_true(slice_is(j->retry.non_retryable[1], "B"));
	assert_int_equal(c->ndepends, 2);
	assert_int_equal(c->depends[0], 2);
	assert_int_equal(c->depends[1], 1);
	assert_int_equal(c->nmappings, 3);
	assert_true(slice_is(c->mapping[0].target, "x"));
	assert_int_equal(c->mapping[0].source, MAPPING_ARTIFACTS);
	assert_int_equal(c->mapping[0].step, 2);
	assert_true(slice_is(c->mapping[0].path, "p.0"));
	assert_int_equal(c->mapping[1].source, MAPPING_JOB_INPUT);
	assert_int_equal(c->mapping[1].path.n, 0);
	assert_int_equal(c->mapping[2].source, MAPPING_RESULT);
	assert_int_equal(c->mapping[2].step, 1);
	assert_int_equal(a->nmappings, 0);
	assert_int_equal(a->step_index, 7);
	assert_int_equal(j->steps[2].nmappings, 0);
	assert_int_equal(job_step_find(j, SLICE("b")), 2);
	assert_int_equal(job_step_find(j, SLICE("d")), -1);
	assert_int_equal(job_step_find(j, SLICE_NONE), -1);
}

static void
test_everything(void **state)
{
	struct uuid id = {{1, 2, 3}};
	struct job_error err;
	struct job *j = make(everything, &err), *again;

	(void)state;
	assert_non_null(j);
	assert_everything(j);
	again = job_load(j->definition, &id, 4);
	job_free(j);
	assert_everything(again);
	assert_int_equal(again->version, 4);
	assert_true(uuid_eq(&again->id, &id));
	job_free(again);
}

/* The first broken rule of a job called "a". */
struct rule {
	const char *members; /* behind the name */
	const char *field;   /* NULL: it is fine */
	const char *text;    /* a part of it */
};

static const struct rule rules[] = {
    {"'description':1", "description", "must be a string"},
    {"'category':'SEO'", "category", "must be seo"},
    {"'category':''", "category", "1 to 200"},
    {"'category':'export'", NULL, NULL},
    {"'type':''", "type", "1 to 200"},
    {"'queue':''", "queue", "1 to 200"},
    {"'queue':7", "queue", "must be a string"},
    {"'priority':-1", "priority", "from 0 to 9"},
    {"'priority':10", "priority", "from 0 to 9"},
    {"'priority':4.5", "priority", "must be an integer"},
    {"'priority':'5'", "priority", "must be an integer"},
    {"'priority':0", NULL, NULL},
    {"'metadata':[]", "metadata", "must be an object"},
    {"'metadata':{}", NULL, NULL},
    {"'retry':[]", "retry", "must be an object"},
    {"'retry':{'max_attempts':0}", "retry.max_attempts", "from 1 to 1000"},
    {"'retry':{'max_attempts':1001}", "retry.max_attempts", "1000"},
    {"'retry':{'initial_interval_ms':-1}", "retry.initial_interval_ms",
	"from 0 to 86400000"},
    {"'retry':{'initial_interval_ms':86400001}", "retry.initial_interval_ms",
	""},
    {"'retry':{'initial_interval_ms':86400000}", NULL, NULL},
    {"'retry':{'backoff_coefficient':0.99}", "retry.backoff_coefficient",
	"from 1 to 100"},
    {"'retry':{'backoff_coefficient':100.1}", "retry.backoff_coefficient", ""},
    {"'retry':{'backoff_coefficient':1e999}", "retry.backoff_coefficient", ""},
    {"'retry':{'backoff_coefficient':'2'}", "retry.backoff_coefficient",
	"must be a number"},
    {"'retry':{'backoff_coefficient':1.0000000000000002}", NULL, NULL},
    {"'retry':{'max_interval_ms':604800001}", "retry.max_interval_ms", ""},
    {"'retry':{'max_interval_ms':604800000}", NULL, NULL},
    {"'retry':{'jitter':1.1}", "retry.jitter", "from 0 to 1"},
    {"'retry':{'jitter':-0.1}", "retry.jitter", ""},
    {"'retry':{'jitter':1}", NULL, NULL},
    {"'retry':{'non_retryable_errors':{}}", "retry.non_retryable_errors",
	"must be an array"},
    {"'retry':{'non_retryable_errors':['A',1]}", "retry.non_retryable_errors.1",
	"must be a string"},
    {"'retry':{'non_retryable_errors':['']}", "retry.non_retryable_errors.0",
	"1 to 200"},
    {"'heartbeat_timeout_seconds':0", "heartbeat_timeout_seconds",
	"from 1 to 86400"},
    {"'heartbeat_timeout_seconds':1.5", "heartbeat_timeout_seconds", ""},
    {"'heartbeat_timeout_seconds':86401", "heartbeat_timeout_seconds", ""},
    {"'timeout_seconds':0", "timeout_seconds", "from 1 to 31536000"},
    {"'timeout_seconds':31536001", "timeout_seconds", ""},
    {"'total_timeout_seconds':0", "total_timeout_seconds", ""},
    {"'total_timeout_seconds':1e400", "total_timeout_seconds", ""},
    {"'cancel_grace_seconds':-1", "cancel_grace_seconds", "from 0 to 86400"},
    {"'auto_complete':1", "auto_complete", "must be true or false"},
    {"'auto_complete':'true'", "auto_complete", ""},
    {"'max_concurrency':0", "max_concurrency", "from 1 to 1000000"},
    {"'max_concurrency':1000001", "max_concurrency", ""},
    {"'steps':{}", "steps", "must be an array"},
    {"'steps':[1]", "steps.0", "must be an object"},
    {"'steps':[null]", "steps.0", "must be an object"},
    {"'steps':[{}]", "steps.0.name", "is required"},
    {"'steps':[{'name':null}]", "steps.0.name", "is required"},
    {"'steps':[{'name':''}]", "steps.0.name", "1 to 200"},
    {"'steps':[{'name':1}]", "steps.0.name", "must be a string"},
    {"'steps':[{'name':'a'},{'name':'b'},{'name':'a'}]", "steps.2.name",
	"step 0 has it too"},
    {"'steps':[{'name':'a','step_index':-1}]", "steps.0.step_index", ""},
    {"'steps':[{'name':'a','step_index':2147483648}]", "steps.0.step_index",
	""},
    {"'steps':[{'name':'a','step_index':2147483647}]", NULL, NULL},
    {"'steps':[{'name':'a','step_index':3},{'name':'b','step_index':3}]",
	"steps.1.step_index", "step 0 has it too"},
    {"'steps':[{'name':'a','step_index':1},{'name':'b'}]", "steps.1.step_index",
	"unique"},
    {"'steps':[{'name':'a','step_index':1},{'name':'b','step_index':0}]", NULL,
	NULL},
    {"'steps':[{'name':'a','step_type':''}]", "steps.0.step_type", ""},
    {"'steps':[{'name':'a','route':''}]", "steps.0.route", ""},
    {"'steps':[{'name':'a','queue':1}]", "steps.0.queue", ""},
    {"'steps':[{'name':'a','depends_on':'b'}]", "steps.0.depends_on",
	"must be an array"},
    {"'steps':[{'name':'a','depends_on':[1]}]", "steps.0.depends_on.0",
	"must be a string"},
    {"'steps':[{'name':'a'},{'name':'b','depends_on':['a','x']}]",
	"steps.1.depends_on.1", "names no step"},
    {"'steps':[{'name':'a','depends_on':['a']}]", "steps.0.depends_on.0",
	"itself"},
    {"'steps':[{'name':'a'},{'name':'b','depends_on':['a','a']}]",
	"steps.1.depends_on.1", "twice"},
    {"'steps':[{'name':'a','depends_on':['b']},"
     "{'name':'b','depends_on':['a']}]",
	"steps.0.depends_on", "cycle"},
    {"'steps':[{'name':'a'},{'name':'b','depends_on':['d']},"
     "{'name':'c','depends_on':['a']},{'name':'d','depends_on':['b']}]",
	"steps.1.depends_on", "cycle"},
    {"'steps':[{'name':'a','input_mapping':[]}]", "steps.0.input_mapping",
	"must be an object"},
    {"'steps':[{'name':'a','input_mapping':{'x':1}}]",
	"steps.0.input_mapping.x", "must be a string"},
    {"'steps':[{'name':'a','input_mapping':{'x':null}}]",
	"steps.0.input_mapping.x", "must be a string"},
    {"'steps':[{'name':'a','input_mapping':{'x':''}}]",
	"steps.0.input_mapping.x", "1 to 1000"},
    {"'steps':[{'name':'a','input_mapping':{'x':'b.artifacts'}}]",
	"steps.0.input_mapping.x", "must begin with"},
    {"'steps':[{'name':'a','input_mapping':{'x':'a.artifacts'}}]",
	"steps.0.input_mapping.x", "does not wait for"},
    {"'steps':[{'name':'a'},{'name':'b','input_mapping':"
     "{'x':'a.artifacts'}}]",
	"steps.1.input_mapping.x", "does not wait for"},
    {"'steps':[{'name':'a','input_mapping':{'x':'b.artifacts'}},"
     "{'name':'b','depends_on':['a']}]",
	"steps.0.input_mapping.x", "does not wait for"},
    {"'steps':[{'name':'a'},{'name':'b','depends_on':['a']},"
     "{'name':'c','depends_on':['b'],'input_mapping':{'x':'a.artifacts'}}]",
	NULL, NULL},
    {"'steps':[{'name':'a','input_mapping':{'x':'job.input_params..y'}}]",
	"steps.0.input_mapping.x", "empty name in its path"},
    {"'steps':[{'name':'a','input_mapping':{'':'job.input_params'}}]", NULL,
	NULL},
};

static void
check_rule(const struct rule *rule, const char *body)
{
	struct job_error err = {"", ""};
	struct job *j = make(body, &err);

	if ((j == NULL) != (rule->field != NULL))
		fail_msg("%s: %s %s", body, err.field, err.text);
	if (j == NULL &&
	    (strcmp(err.field, rule->field) != 0 ||
		strstr(err.text, rule->text) == NULL))
		fail_msg("%s: %s %s", body, err.field, err.text);
	job_free(j);
}

static void
test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct buf b = {0};

		buf_addf(&b, "{'name':'a',%s}", rules[i].members);
		buf_add_byte(&b, '\0');
		check_rule(&rules[i], b.p);
		buf_free(&b);
	}
}

static void
test_name(void **state)
{
	static const struct rule named[] = {
	    {"{}", "name", "is required"},
	    {"{'name':null}", "name", "is required"},
	    {"{'name':''}", "name", "1 to 200"},
	    {"{'name':['a']}", "name", "must be a string"},
	    {"[]", "body", "must be an object"},
	    {"null", "body", "must be an object"},
	    {"'a'", "body", "must be an object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		check_rule(&named[i], named[i].members);
}

/* Add text n times. */
static void
repeat(struct buf *b, const char *text, unsigned n)
{
	while (n-- > 0)
		buf_add_str(b, text);
}

/* Limits count code points: before, what is repeated, how often, behind. */
static const struct {
	const char *before, *text;
	unsigned n;
	const char *behind, *field;
} sizes[] = {
    {"{'name':'", "\xf0\x9f\x8c\x8a", 200, "'}", NULL},
    {"{'name':'", "x", 201, "'}", "name"},
    {"{'name':'a','description':'", "\xc3\xa9", 10000, "'}", NULL},
    {"{'name':'a','description':'", "x", 10001, "'}", "description"},
    {"{'name':'a','queue':'", "x", 201, "'}", "queue"},
    {"{'name':'a','retry':{'non_retryable_errors':['a'", ",'b'", 99, "]}}",
	NULL},
    {"{'name':'a','retry':{'non_retryable_errors':['a'", ",'b'", 100, "]}}",
	"retry.non_retryable_errors"},
    {"{'name':'a','steps':[{'name':'", "x", 201, "'}]}", "steps.0.name"},
    {"{'name':'a','steps':[0", ",0", 255, "]}", "steps.0"},
    {"{'name':'a','steps':[0", ",0", 256, "]}", "steps"},
    {"{'name':'a','steps':[{'name':'a','depends_on':[0", ",0", 256, "]}]}",
	"steps.0.depends_on"},
    {"{'name':'a','steps':[{'name':'a','input_mapping':"
     "{'x':'job.input_params.",
	"y", 983, "'}}]}", NULL},
    {"{'name':'a','steps':[{'name':'a','input_mapping':"
     "{'x':'job.input_params.",
	"y", 984, "'}}]}", "steps.0.input_mapping.x"},
};

static void
test_sizes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct rule rule = {"", sizes[i].field, ""};
		struct buf b = {0};

		buf_add_str(&b, sizes[i].before);
		repeat(&b, sizes[i].text, sizes[i].n);
		buf_add_str(&b, sizes[i].behind);
		buf_add_byte(&b, '\0');
		check_rule(&rule, b.p);
		buf_free(&b);
	}
}

/* A long target is cut in the field's name, between characters. */
static void
test_long_target(void **state)
{
	struct job_error err;
	struct buf b = {0};

	(void)state;
	buf_add_str(&b, "{'name':'a','steps':[{'name':'a','input_mapping':{'x");
	repeat(&b, "\xf0\x9f\x8c\x8a", 100);
	buf_add_str(&b, "':1}}]}");
	buf_add_byte(&b, '\0');
	assert_null(make(b.p, &err));
	assert_int_equal(strlen(err.field),
	    strlen("steps.0.input_mapping.x") + 48);
	buf_free(&b);
}

/* A step may map 256 keys, and not one more. */
static void
test_many_mappings(void **state)
{
	(void)state;
	for (unsigned n = 256; n <= 257; n++) {
		struct rule rule = {"",
		    n > 256 ? "steps.0.input_mapping" : NULL, "at most 256"};
		struct buf b = {0};

		buf_add_str(&b,
		    "{'name':'a','steps':[{'name':'a',"
		    "'input_mapping':{");
		for (unsigned i = 0; i < n; i++)
			buf_addf(&b, "%s'%u':'job.input_params'",
			    i > 0 ? "," : "", i);
		buf_add_str(&b, "}}]}");
		buf_add_byte(&b, '\0');
		check_rule(&rule, b.p);
		buf_free(&b);
	}
}

/* As many steps as there may be, each waiting for all before it. */
static void
test_largest(void **state)
{
	struct job_error err;
	struct buf b = {0};
	struct job *j;

	(void)state;
	buf_add_str(&b, "{'name':'a','steps':[");
	for (unsigned i = 0; i < JOB_STEPS_MAX; i++) {
		buf_addf(&b, "%s{'name':'s%u','depends_on':[", i > 0 ? "," : "",
		    i);
		for (unsigned k = 0; k < i; k++)
			buf_addf(&b, "%s's%u'", k > 0 ? "," : "", k);
		buf_add_str(&b, "],'input_mapping':{");
		for (unsigned k = 0; k < i; k++)
			buf_addf(&b, "%s'%u':'s%u.artifacts.x'",
			    k > 0 ? "," : "", k, k);
		buf_add_str(&b, "}}");
	}
	buf_add_str(&b, "]}");
	buf_add_byte(&b, '\0');
	j = make(b.p, &err);
	assert_non_null(j);
	assert_int_equal(j->steps[255].ndepends, 255);
	assert_int_equal(j->steps[255].mapping[254].step, 254);
	job_free(j);
	buf_free(&b);
}

static void
load(void *text)
{
	struct uuid id = {{0}};

	job_load(slice_str(text), &id, 1);
}

static void
test_damaged(void **state)
{
	char not_json[] = "{\"name\":", no_job[] = "{\"name\":7}", empty[] = "";

	(void)state;
	assert_true(dies(load, not_json));
	assert_true(dies(load, no_job));
	assert_true(dies(load, empty));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_nulls),
	    cmocka_unit_test(test_everything),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_long_target),
	    cmocka_unit_test(test_many_mappings),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
