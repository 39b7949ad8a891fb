/*
 * getopt_long(3) behind a table.  It is called up to three times for one
 * command line (before the group, before the command, behind it), so global
 * options may stand at any of these places; later ones win.
 */
#include "cli/args.h"

#include <getopt.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#include "cli/duration.h"
#include "cli/output.h"

#define ARGS_MAX 32 /* options of one command, global ones included */
#define ARGS_LONG 256

const struct args_option args_global[] = {
    {"url", 0, "URL", "the server (TIDEWIRE_URL, http://127.0.0.1:8000)"},
    {"api-key", 0, "KEY", "the API key (TIDEWIRE_API_KEY)"},
    {"timeout", 0, "DUR", "give up after 500ms, 90s, 5m or 1h: exit 124"},
    {"output", 0, "FORMAT", "table or json"},
    {"help", 'h', NULL, "show help"},
    {"version", 'V', NULL, "show the version"},
    {0},
};

struct args_value {
	const char *name, *text;
};

struct args {
	struct args_value *values;
	const char **words;
	size_t nvalues, nwords;
};

/* The options of one reading, in the shapes getopt_long wants. */
struct args_grammar {
	const struct args_option *rows[ARGS_MAX];
	struct option longs[ARGS_MAX + 1];
	char shorts[2 * ARGS_MAX + 2];
	size_t n, nshorts;
};

/* Nothing read yet. */
struct args *
args_new(void)
{
	return mem_zalloc(sizeof(struct args));
}

/* Free what was read; the texts were borrowed.  NULL is fine. */
void
args_free(struct args *a)
{
	if (a == NULL)
		return;
	free(a->values);
	free(a->words);
	free(a);
}

static void
grammar_add(struct args_grammar *g, const struct args_option *row)
{
	for (; row != NULL && row->name != NULL; row++) {
		INVARIANT(g->n < ARGS_MAX);
		g->longs[g->n] = (struct option){
		    .name = row->name,
		    .has_arg = row->value != NULL,
		    .val = ARGS_LONG + (int)g->n,
		};
		g->rows[g->n++] = row;
		if (row->letter == 0)
			continue;
		g->shorts[g->nshorts++] = row->letter;
		if (row->value != NULL)
			g->shorts[g->nshorts++] = ':';
	}
}

/* Find the option that getopt_long returned. */
static const struct args_option *
grammar_find(const struct args_grammar *g, int c)
{
	if (c >= ARGS_LONG)
		return g->rows[c - ARGS_LONG];
	for (size_t i = 0; i < g->n; i++) {
		if (g->rows[i]->letter == c)
			return g->rows[i];
	}
	return NULL;
}

static void
add_value(struct args *a, const char *name, const char *text)
{
	a->values = mem_resize(a->values, a->nvalues + 1, sizeof(*a->values));
	a->values[a->nvalues++] = (struct args_value){name, text};
}

static void
add_word(struct args *a, const char *word)
{
	a->words = mem_resize(a->words, a->nwords + 1, sizeof(*a->words));
	a->words[a->nwords++] = word;
}

/* Read the options of argv, whose element 0 is the program's name. */
static bool
read_options(struct args *a, int argc, char **argv,
    const struct args_grammar *g)
{
	const struct args_option *row;
	int c;

	optind = 0; /* glibc: start over, with new options */
	while ((c = getopt_long(argc, argv, g->shorts, g->longs, NULL)) != -1) {
		row = grammar_find(g, c);
		if (row == NULL)
			return false;
		add_value(a, row->name, optarg != NULL ? optarg : "");
	}
	return true;
}

/*
 * getopt_long wants the program's name in front and moves words behind the
 * options, so it works on a copy.
 */
bool
args_read(struct args *a, struct args_line *line, const struct args_option *own,
    bool all)
{
	static char program[] = "tidewire";
	struct args_grammar g = {.nshorts = 0};
	int n = line->argc - line->at + 1;
	char **copy = mem_resize(NULL, (size_t)n, sizeof(*copy));
	bool ok;

	copy[0] = program;
	for (int i = 1; i < n; i++)
		copy[i] = line->argv[line->at + i - 1];
	if (!all)
		g.shorts[g.nshorts++] = '+';
	grammar_add(&g, args_global);
	grammar_add(&g, own);
	ok = read_options(a, n, copy, &g);
	for (int i = optind; ok && all && i < n; i++)
		add_word(a, copy[i]);
	line->at = all ? line->argc : line->at + optind - 1;
	free(copy);
	return ok;
}

/* Count the words. */
size_t
args_words(const struct args *a)
{
	return a->nwords;
}

/* The ith word, or NULL. */
const char *
args_word(const struct args *a, size_t i)
{
	return i < a->nwords ? a->words[i] : NULL;
}

/* The ith value given to an option. */
const char *
args_at(const struct args *a, const char *name, size_t i)
{
	for (size_t k = 0; k < a->nvalues; k++) {
		if (strcmp(a->values[k].name, name) == 0 && i-- == 0)
			return a->values[k].text;
	}
	return NULL;
}

/* The last value given to an option. */
const char *
args_get(const struct args *a, const char *name)
{
	for (size_t k = a->nvalues; k-- > 0;) {
		if (strcmp(a->values[k].name, name) == 0)
			return a->values[k].text;
	}
	return NULL;
}

/* Tell whether an option was given. */
bool
args_has(const struct args *a, const char *name)
{
	return args_get(a, name) != NULL;
}

/* Read a number within bounds. */
bool
args_number(const struct args *a, const char *name, struct args_range in,
    uint64_t *out)
{
	const char *text = args_get(a, name);
	uint64_t n;

	if (text == NULL)
		return true;
	if (slice_u64(slice_str(text), in.max, &n) && n >= in.min) {
		*out = n;
		return true;
	}
	output_note("--%s must be an integer from %llu to %llu", name,
	    (unsigned long long)in.min, (unsigned long long)in.max);
	return false;
}

/* Read a duration. */
bool
args_duration(const struct args *a, const char *name, uint64_t *ms)
{
	const char *text = args_get(a, name);

	if (text == NULL || duration_parse(text, ms))
		return true;
	output_note("--%s must be a duration such as 500ms, 90s, 5m or 1h",
	    name);
	return false;
}

/* Read a duration of whole seconds. */
bool
args_seconds(const struct args *a, const char *name, uint64_t *s)
{
	uint64_t ms = *s * 1000;

	if (!args_duration(a, name, &ms))
		return false;
	if (ms % 1000 != 0) {
		output_note("--%s must be whole seconds", name);
		return false;
	}
	*s = ms / 1000;
	return true;
}
