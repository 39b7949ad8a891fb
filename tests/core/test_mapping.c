/*
 * Input mapping: expressions against step names, and what each rule gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mapping.h"
#include "core/mem.h"
#include "tests/core/dies.h"

static struct job *
make(const char *text)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(slice_str(text), &bad);
	struct job *j;

	assert_non_null(doc);
	j = job_new(json_root(doc), &err);
	if (j == NULL)
		fail_msg("%s %s", err.field, err.text);
	json_free(doc);
	return j;
}

/* ---- expressions ---- */

#define JOB_INPUT MAPPING_JOB_INPUT
#define ARTIFACTS MAPPING_ARTIFACTS
#define RESULT MAPPING_RESULT

/* 0 is "a", 1 "a.b", 2 "job", 3 "a.artifacts", 4 "job.input_params". */
static const char names_job[] =
    "{\"name\":\"n\",\"steps\":[{\"name\":\"a\"},{\"name\":\"a.b\"},"
    "{\"name\":\"job\"},{\"name\":\"a.artifacts\"},"
    "{\"name\":\"job.input_params\"}]}";

static const struct {
	const char *text;
	enum mapping_source source;
	uint16_t step;
	const char *path; /* NULL: refused */
	const char *why;  /* a part of it */
} expressions[] = {
    {"a.artifacts", ARTIFACTS, 0, "", NULL},
    {"a.artifacts.x", ARTIFACTS, 0, "x", NULL},
    {"a.artifacts.x.0.y z", ARTIFACTS, 0, "x.0.y z", NULL},
    {"a.result_data", RESULT, 0, "", NULL},
    {"a.result_data.x", RESULT, 0, "x", NULL},
    {"a.b.artifacts.x", ARTIFACTS, 1, "x", NULL},
    {"a.b.result_data", RESULT, 1, "", NULL},
    {"job.artifacts.x", ARTIFACTS, 2, "x", NULL},
    {"job.result_data.x", RESULT, 2, "x", NULL},
    {"job.input_params", JOB_INPUT, 0, "", NULL},
    {"job.input_params.x.y", JOB_INPUT, 0, "x.y", NULL},
    {"job.input_params.artifacts.x", ARTIFACTS, 4, "x", NULL},
    {"a.artifacts.artifacts", ARTIFACTS, 3, "", NULL},
    {"a.artifacts.artifacts.x", ARTIFACTS, 3, "x", NULL},
    {"a.artifacts.artifactsx", ARTIFACTS, 0, "artifactsx", NULL},
    {"a.artifacts.\xc3\xa9", ARTIFACTS, 0, "\xc3\xa9", NULL},
    {"", ARTIFACTS, 0, NULL, "must begin with"},
    {"a", ARTIFACTS, 0, NULL, "must begin with"},
    {"b.artifacts", ARTIFACTS, 0, NULL, "must begin with"},
    {"a.artifact", ARTIFACTS, 0, NULL, "must begin with"},
    {"a.artifactsx", ARTIFACTS, 0, NULL, "must begin with"},
    {"A.artifacts", ARTIFACTS, 0, NULL, "must begin with"},
    {" a.artifacts", ARTIFACTS, 0, NULL, "must begin with"},
    {"a.input_params", ARTIFACTS, 0, NULL, "must begin with"},
    {"job", JOB_INPUT, 0, NULL, "must begin with"},
    {"job.input_paramsx", JOB_INPUT, 0, NULL, "must begin with"},
    {"job.input", JOB_INPUT, 0, NULL, "must begin with"},
    {"a.artifacts.", ARTIFACTS, 0, NULL, "empty name"},
    {"a.artifacts..x", ARTIFACTS, 0, NULL, "empty name"},
    {"a.artifacts.x..y", ARTIFACTS, 0, NULL, "empty name"},
    {"a.artifacts.x.", ARTIFACTS, 0, NULL, "empty name"},
    {"job.input_params.", JOB_INPUT, 0, NULL, "empty name"},
};

static void
test_expressions(void **state)
{
	struct job *j = make(names_job);

	(void)state;
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]);
	     i++) {
		struct slice text = slice_str(expressions[i].text);
		struct mapping m = {.step = 99};
		char why[120] = "";
		bool ok = mapping_parse(j, text, &m, why);

		if (ok != (expressions[i].path != NULL))
			fail_msg("%s: %s", expressions[i].text, why);
		if (!ok) {
			assert_non_null(strstr(why, expressions[i].why));
			assert_int_equal(m.step, 99);
			continue;
		}
		assert_int_equal(m.source, expressions[i].source);
		assert_int_equal(m.step, expressions[i].step);
		assert_true(slice_is(m.path, expressions[i].path));
		assert_true(slice_eq(m.text, text));
		assert_null(m.target.p);
	}
	job_free(j);
}

/* ---- values ---- */

/* A journal of a few members; seq is the index, and 0 is nothing. */
struct fake {
	const char *job_input;		       /* seq 1 */
	const char *artifacts[4], *results[4]; /* of step i: seq 2 + i */
	unsigned asked;
};

static struct slice
fake_get(void *arg, struct ref at, enum member m)
{
	struct fake *f = arg;

	f->asked++;
	assert_in_range(at.seq, 1, 5);
	if (at.seq == 1) {
		assert_int_equal(m, MEMBER_INPUT);
		return slice_str(f->job_input);
	}
	return slice_str(m == MEMBER_RESULT ? f->results[at.seq - 2]
					    : f->artifacts[at.seq - 2]);
}

/* Step d's input, SLICE_NONE when too large; a, b and c have completed. */
static struct slice
give(struct fake *f, const char *last_step, struct buf *out)
{
	struct step steps[4] = {0};
	struct buf text = {0};
	struct job *j;
	bool ok;

	for (unsigned i = 0; i < 4; i++)
		steps[i].artifacts.seq = steps[i].result.seq = 2 + i;
	buf_addf(&text,
	    "{\"name\":\"n\",\"steps\":[{\"name\":\"a\"},{\"name\":\"b\"},"
	    "{\"name\":\"c\"},{\"name\":\"d\"%s}]}",
	    last_step);
	buf_add_byte(&text, '\0');
	j = make(text.p);
	ok = mapping_input(&(struct mapping_context){j, steps, {1}, fake_get, f,
			       NULL},
	    3, out);
	job_free(j);
	buf_free(&text);
	return ok ? buf_slice(out) : SLICE_NONE;
}

static const char ONE[] = ",\"depends_on\":[\"a\"]";
static const char ALL[] = ",\"depends_on\":[\"b\",\"a\",\"c\"]";
#define MAP(m) ",\"depends_on\":[\"a\",\"b\",\"c\"],\"input_mapping\":{" m "}"

static const struct {
	const char *step;
	struct fake fake;
	const char *want;
} inputs[] = {
    /* without a mapping: the job's input, as it is */
    {"", {.job_input = "{ \"x\" : 1.50 }"}, "{ \"x\" : 1.50 }"},
    {"", {.job_input = "[1]"}, "[1]"},
    {"", {0}, "{}"},
    /* one dependency: its artifacts, as they are */
    {ONE, {.artifacts = {"{\"k\":1e2}"}, .job_input = "{}"}, "{\"k\":1e2}"},
    {ONE, {.artifacts = {"[1, 2]"}}, "[1, 2]"},
    {ONE, {.results = {"{\"r\":1}"}}, "{}"},
    /* several: merged in order, later keys winning */
    {ALL,
	{.artifacts = {"{\"x\":\"a\",\"y\":1.0}", "{\"x\":\"b\",\"z\":[ 1 ]}",
	     "{\"y\":-0}"}},
	"{\"z\":[ 1 ],\"x\":\"a\",\"y\":-0}"},
    {ALL, {.artifacts = {"{\"x\":1}", "[2]", "7"}}, "{\"x\":1}"},
    {ALL, {.artifacts = {"null", NULL, "{}"}}, "{}"},
    {ALL, {0}, "{}"},
    {ALL, {.artifacts = {"{\"\\u0061\":1}", NULL, "{\"a\":2}"}}, "{\"a\":2}"},
    {ALL, {.artifacts = {"{\"\":1,\"\\n\":2}", "{\"\":3}"}},
	"{\"\":1,\"\\n\":2}"},
    /* a mapping: its keys alone */
    {MAP(""), {.job_input = "{\"x\":1}", .artifacts = {"{\"y\":2}"}},
	"{\"y\":2}"}, /* of nothing: none */
    {MAP("\"p\":\"a.artifacts.x\",\"q\":\"b.result_data.y.1\","
	 "\"r\":\"job.input_params.z\""),
	{.job_input = "{\"z\": {\"deep\" :true} }",
	    .artifacts = {"{\"x\":123456789012345678901234567890.10}"},
	    .results = {NULL, "{\"y\":[0,\"one\"]}"}},
	"{\"p\":123456789012345678901234567890.10,\"q\":\"one\","
	"\"r\":{\"deep\" :true}}"},
    {MAP("\"p\":\"a.artifacts\",\"q\":\"a.result_data\","
	 "\"r\":\"job.input_params\""),
	{.job_input = " [1] ", .artifacts = {"7"}, .results = {"{}"}},
	"{\"p\":7,\"q\":{},\"r\":[1]}"},
    /* what is missing is null */
    {MAP("\"p\":\"a.artifacts.x\",\"q\":\"b.artifacts\","
	 "\"r\":\"job.input_params.a\""),
	{.artifacts = {"{\"y\":1}"}}, "{\"p\":null,\"q\":null,\"r\":null}"},
    {MAP("\"p\":\"a.artifacts.x\""), {.artifacts = {"{\"x\":null}"}},
	"{\"p\":null}"},
    {MAP("\"p\":\"a.artifacts.x.y\""), {.artifacts = {"{\"x\":\"y\"}"}},
	"{\"p\":null}"},
    {MAP("\"p\":\"a.artifacts.x.y\""), {.artifacts = {"{\"x\":null}"}},
	"{\"p\":null}"},
    /* array elements */
    {MAP("\"p\":\"a.artifacts.0\",\"q\":\"a.artifacts.1.0\","
	 "\"r\":\"a.artifacts.2\""),
	{.artifacts = {"[ 5 ,[6]]"}}, "{\"p\":5,\"q\":6,\"r\":null}"},
    {MAP("\"p\":\"a.artifacts.-1\",\"q\":\"a.artifacts.+0\","
	 "\"r\":\"a.artifacts.99999999999999999999\""),
	{.artifacts = {"[5]"}}, "{\"p\":null,\"q\":null,\"r\":null}"},
    {MAP("\"p\":\"a.artifacts.0\""), {.artifacts = {"{\"0\":\"zero\"}"}},
	"{\"p\":\"zero\"}"},
    {MAP("\"p\":\"a.artifacts.0\""), {.artifacts = {"[]"}}, "{\"p\":null}"},
    /* names are compared as they read, not as they were written */
    {MAP("\"\\u0070\":\"a.artifacts.\\u00e9\""),
	{.artifacts = {"{\"\\u00e9\":1}"}}, "{\"p\":1}"},
};

static void
test_inputs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct fake f = inputs[i].fake;
		struct buf out = {0};

		if (!slice_is(give(&f, inputs[i].step, &out), inputs[i].want))
			fail_msg("%s: %.*s, not %s", inputs[i].step,
			    SLICE_FMT(buf_slice(&out)), inputs[i].want);
		buf_free(&out);
	}
}

/* A source is fetched once however often it is read; out is appended to. */
static void
test_once(void **state)
{
	struct fake f = {.artifacts = {"{\"x\":1}"}};
	struct buf out = {0};

	(void)state;
	buf_add_str(&out, "kept ");
	give(&f,
	    MAP("\"p\":\"a.artifacts.x\",\"q\":\"a.artifacts\","
		"\"r\":\"a.artifacts.y\",\"s\":\"a.result_data\""),
	    &out);
	assert_int_equal(f.asked, 2);
	assert_true(slice_is(buf_slice(&out),
	    "kept {\"p\":1,\"q\":{\"x\":1},\"r\":null,\"s\":null}"));
	buf_free(&out);
}

/* What points nowhere is not asked for. */
static void
test_no_refs(void **state)
{
	struct step steps[2] = {0};
	struct fake f = {0};
	struct buf out = {0};
	struct job *j =
	    make("{\"name\":\"n\",\"steps\":[{\"name\":\"a\"},{\"name\":\"b\","
		 "\"depends_on\":[\"a\"],\"input_mapping\":"
		 "{\"p\":\"a.artifacts\",\"q\":\"job.input_params\"}}]}");
	struct mapping_context c = {j, steps, {0}, fake_get, &f, NULL};

	(void)state;
	mapping_input(&c, 1, &out);
	assert_true(slice_is(buf_slice(&out), "{\"p\":null,\"q\":null}"));
	buf_drop(&out, out.len);
	mapping_input(&c, 0, &out);
	assert_true(slice_is(buf_slice(&out), "{}"));
	assert_int_equal(f.asked, 0);
	buf_free(&out);
	job_free(j);
}

/* Many members of which most are lost: quick, and the right ones stay. */
static void
test_large_merge(void **state)
{
	struct buf a = {0}, b = {0}, out = {0};
	struct json_error err;
	struct fake f = {0};
	struct json *doc;

	(void)state;
	for (unsigned i = 0; i < 50000; i++) {
		buf_addf(&a, "%s\"k%u\":1", i > 0 ? "," : "{", i);
		buf_addf(&b, "%s\"k%u\":2", i > 0 ? "," : "{", i + 1);
	}
	buf_add(&a, "}", 2);
	buf_add(&b, "}", 2);
	f.artifacts[0] = b.p; /* wins: ALL is b, a, c */
	f.artifacts[1] = a.p;
	doc = json_parse(give(&f, ALL, &out), &err);
	assert_non_null(doc);
	assert_int_equal(json_root(doc)->count, 50001);
	assert_true(slice_is(json_get(json_root(doc), "k0")->raw, "1"));
	assert_true(slice_is(json_get(json_root(doc), "k1")->raw, "2"));
	assert_true(slice_is(json_get(json_root(doc), "k50000")->raw, "2"));
	json_free(doc);
	buf_free(&a);
	buf_free(&b);
	buf_free(&out);
}

/* n bytes of JSON: a string, or an object of one, that begins like this. */
static char *
large(const char *before, size_t n)
{
	char *text = malloc(n + 1);
	size_t head = strlen(before);

	assert_non_null(text);
	memset(text, 'y', n);
	memcpy(text, before, head);
	text[n - 1] = before[0] == '{' ? '}' : '"';
	if (before[0] == '{')
		text[n - 2] = '"';
	text[n] = '\0';
	return text;
}

static const struct {
	const char *step, *a, *b; /* how the artifacts begin */
	int frame;		  /* bytes that the input has beside theirs */
	bool twice;
} limits[] = {
    {"", "\"", "", 0, false},
    {ONE, "\"", "", 0, false},
    {MAP("\"p\":\"a.artifacts\",\"qq\":\"a.artifacts\""), "\"", "", 12, true},
    {MAP("\"p\":\"a.artifacts\",\"qq\":\"b.artifacts\""), "\"", "\"", 12, true},
    {ALL, "{\"xx\":\"", "{\"k\":\"", -1, true},
};

/* An input may have just so many bytes, whatever it is made of. */
static void
test_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		size_t n = (size_t)((int)MAPPING_INPUT_MAX - limits[i].frame);
		size_t each = limits[i].twice ? n / 2 : n;

		for (unsigned more = 0; more < 2; more++) {
			char *a = large(limits[i].a, each + more);
			char *b = limits[i].b[0] == '\0'
			    ? NULL
			    : large(limits[i].b, n - each);
			struct fake f = {.job_input = a, .artifacts = {a, b}};
			struct buf out = {0};
			struct slice got = give(&f, limits[i].step, &out);

			if ((got.p == NULL) != (more == 1))
				fail_msg("limit %zu, %u more: %zu bytes", i,
				    more, got.n);
			buf_free(&out);
			free(a);
			free(b);
		}
	}
}

/* Steps that become ready together read what they share once. */
static void
test_shared(void **state)
{
	struct step steps[3] = {{.artifacts = {2}}};
	struct fake f = {.artifacts = {"{\"x\":1}"}};
	struct buf out = {0};
	struct job *j = make("{\"name\":\"n\",\"steps\":[{\"name\":\"a\"},"
			     "{\"name\":\"b\",\"depends_on\":[\"a\"],"
			     "\"input_mapping\":{\"p\":\"a.artifacts.x\"}},"
			     "{\"name\":\"c\",\"depends_on\":[\"a\"],"
			     "\"input_mapping\":{\"q\":\"a.artifacts\"}}]}");
	struct mapping_context c = {j, steps, {0}, fake_get, &f,
	    mapping_sources_new()};

	(void)state;
	assert_true(mapping_input(&c, 1, &out));
	assert_true(mapping_input(&c, 2, &out));
	assert_true(slice_is(buf_slice(&out), "{\"p\":1}{\"q\":{\"x\":1}}"));
	assert_int_equal(f.asked, 1);
	mapping_sources_free(c.sources);
	buf_free(&out);
	job_free(j);
}

/* What is read is bounded, however little of it is used. */
static void
test_read_limit(void **state)
{
	static const char map[] = MAP("\"p\":\"a.artifacts.n\","
				      "\"q\":\"b.artifacts.n\"");
	size_t half = MAPPING_READ_MAX / 2;
	char *large = mem_zalloc(half + 2);
	struct buf out = {0};
	struct fake f = {0};

	(void)state;
	memset(large, 'x', half);
	memcpy(large, "{\"x\":\"", 6);
	memcpy(large + half - 2, "\"}", 2);
	f.artifacts[0] = f.artifacts[1] = large;
	assert_true(slice_is(give(&f, map, &out), "{\"p\":null,\"q\":null}"));
	out.len = 0;
	memcpy(large + half - 2, " \"}", 4);
	assert_null(give(&f, map, &out).p);
	free(large);
	buf_free(&out);
}

static void
map_damage(void *fake)
{
	struct buf out = {0};

	give(fake, MAP("\"p\":\"a.artifacts.x\""), &out);
}

static void
test_damaged(void **state)
{
	struct fake f = {.artifacts = {"{\"x\":"}};

	(void)state;
	assert_true(dies(map_damage, &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expressions),
	    cmocka_unit_test(test_inputs),
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_no_refs),
	    cmocka_unit_test(test_large_merge),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_shared),
	    cmocka_unit_test(test_read_limit),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
