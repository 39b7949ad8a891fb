/*
 * Any expressions over any values.  The input is parts with a NUL between:
 * expressions, one a line; then JSON: the job's input, and artifacts and
 * result of three steps.  An expression that parses must be accepted in a
 * job, and whatever the values are, every step's input must be sound.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/jsonw.h"
#include "core/log.h"
#include "core/mapping.h"
#include "core/utf8.h"

#define VALUES 7
#define LINES_MAX 50
#define LINE_MAX_BYTES 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char before[] =
    "{\"name\":\"n\",\"steps\":[{\"name\":\"a\"},"
    "{\"name\":\"a.b\",\"depends_on\":[\"a\"]},"
    "{\"name\":\"job\",\"depends_on\":[\"a.b\",\"a\"]},"
    "{\"name\":\"d\",\"depends_on\":[\"job\"],\"input_mapping\":";

/* What the journal holds: value i is that of seq i + 1. */
struct values {
	struct slice value[VALUES];
};

/* Cut what stands before the next `end` off *s. */
static struct slice
cut(struct slice *s, char end)
{
	const char *at = s->n > 0 ? memchr(s->p, end, s->n) : NULL;
	struct slice part = {s->p, at != NULL ? (size_t)(at - s->p) : s->n};
	size_t used = at != NULL ? part.n + 1 : part.n;

	s->p += used;
	s->n -= used;
	return part;
}

static struct slice
get_value(void *arg, struct ref at, enum member m)
{
	(void)m;
	INVARIANT(at.seq >= 1 && at.seq <= VALUES);
	return ((struct values *)arg)->value[at.seq - 1];
}

/* Keep the parts that are JSON; the journal has no others. */
static struct values
read_values(struct slice rest)
{
	struct values v = {0};

	for (unsigned i = 0; i < VALUES; i++) {
		struct slice part = cut(&rest, '\0');
		struct json_error err;
		struct json *doc = json_parse(part, &err);

		if (doc != NULL)
			v.value[i] = part;
		json_free(doc);
	}
	return v;
}

static struct job *
make(const char *text, size_t n)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse((struct slice){text, n}, &bad);
	struct job *j;

	INVARIANT(doc != NULL);
	j = job_new(json_root(doc), &err);
	INVARIANT(j != NULL);
	json_free(doc);
	return j;
}

/* Write an object of those lines that parse as expressions. */
static void
write_mapping(struct slice lines, const struct job *names, struct buf *out)
{
	struct jsonw *w = jsonw_new(out);
	char key[] = "k00", why[120];

	jsonw_object(w);
	for (int i = 0; i < LINES_MAX && lines.n > 0; i++) {
		struct slice line = cut(&lines, '\n');
		struct mapping m;

		if (line.n > LINE_MAX_BYTES || !utf8_valid(line, NULL))
			continue;
		if (!mapping_parse(names, line, &m, why)) {
			INVARIANT(utf8_valid(slice_str(why), NULL));
			continue;
		}
		if (m.source != MAPPING_JOB_INPUT && m.step == 3)
			continue; /* a step cannot be given its own */
		key[1] = (char)('0' + i / 10);
		key[2] = (char)('0' + i % 10);
		jsonw_key(w, key);
		jsonw_str(w, line);
	}
	jsonw_end(w);
	jsonw_free(w);
}

static struct job *
make_job(struct slice lines)
{
	struct buf text = {0};
	struct job *names, *j;

	buf_add_str(&text, before);
	buf_add_str(&text, "{}}]}");
	names = make(text.p, text.len);
	buf_drop(&text, text.len);
	buf_add_str(&text, before);
	write_mapping(lines, names, &text);
	buf_add_str(&text, "}]}");
	j = make(text.p, text.len);
	job_free(names);
	buf_free(&text);
	return j;
}

static void
check_input(const struct mapping_context *c, uint16_t i)
{
	const struct job_step *step = &c->job->steps[i];
	struct buf out = {0};
	struct json_error err;
	struct json *doc;

	mapping_input(c, i, &out);
	doc = json_parse(buf_slice(&out), &err);
	/* A mapping puts a value one level deeper than it was. */
	INVARIANT(doc != NULL || strstr(err.text, "deep") != NULL);
	if (doc != NULL && (step->ndepends > 1 || step->nmappings > 0))
		INVARIANT(json_root(doc)->type == JSON_OBJECT);
	if (doc != NULL && step->nmappings > 0)
		INVARIANT(json_root(doc)->count == step->nmappings);
	json_free(doc);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size};
	struct slice lines = cut(&rest, '\0');
	struct values v = read_values(rest);
	struct step steps[4] = {0};
	struct job *j = make_job(lines);
	struct mapping_context c = {j, steps, {1}, get_value, &v, NULL};

	for (unsigned i = 0; i < 3; i++) {
		steps[i].artifacts.seq = 2 + i;
		steps[i].result.seq = 5 + i;
	}
	for (uint16_t i = 0; i < 4; i++)
		check_input(&c, i);
	job_free(j);
	return 0;
}
