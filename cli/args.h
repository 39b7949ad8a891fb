/*
 * The words and options of one invocation, read with getopt_long(3).
 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "core/slice.h"

/* One option.  A table of them ends with an empty row. */
struct args_option {
	const char *name;  /* without the dashes */
	char letter;	   /* the short form, or 0 */
	const char *value; /* what stands for its value in help; NULL: a flag */
	const char *help;
};

/* The options that every command takes. */
extern const struct args_option args_global[];

struct args_range {
	uint64_t min, max;
};

/* The command line, and how far it has been read. */
struct args_line {
	int argc;
	char **argv;
	int at;
};

struct args;

struct args *args_new(void);
void args_free(struct args *a);

/*
 * Read on: global options and those of own (NULL: none).  Without `all` it
 * stops at the first word; with it, everything is read and the words are
 * kept.  The texts are borrowed.
 * False when an option is wrong, which has been said on standard error.
 */
bool args_read(struct args *a, struct args_line *line,
    const struct args_option *own, bool all);

size_t args_words(const struct args *a);
const char *args_word(const struct args *a, size_t i);

/* The last value of an option ("" for a flag), or NULL when it is not set. */
const char *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

/* Its ith value, or NULL: for options that may be repeated. */
const char *args_at(const struct args *a, const char *name, size_t i);

/*
 * Its value as an integer within bounds; *out is left alone when it is not
 * set.  False, with a remark, when it is anything else.
 */
bool args_number(const struct args *a, const char *name, struct args_range in,
    uint64_t *out);

/* The same for a duration, in ms. */
bool args_duration(const struct args *a, const char *name, uint64_t *ms);

/* The same, but it must be whole seconds. */
bool args_seconds(const struct args *a, const char *name, uint64_t *s);

#endif
