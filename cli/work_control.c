/*
 * The words of descriptor 3.  Whatever is wrong with a line is told to the
 * program's author as a log (cli/work_task.c), never guessed at.
 */
#include "cli/work_control.h"

#include "core/json.h"

/* The first word of *rest; *rest is what stands behind it. */
static struct slice
next_word(struct slice *rest)
{
	struct slice word = {rest->p, 0};

	while (word.n < rest->n && word.p[word.n] != ' ' &&
	    word.p[word.n] != '\t')
		word.n++;
	rest->p += word.n;
	rest->n -= word.n;
	*rest = slice_trim(*rest);
	return word;
}

static const char *
parse_progress(struct slice rest, struct work_control *out)
{
	struct slice number = next_word(&rest);
	uint64_t n;

	if (number.n > 0 && number.p[number.n - 1] == '%')
		number.n--;
	if (!slice_u64(number, 100, &n))
		return "progress wants a whole number from 0 to 100";
	out->percent = (uint8_t)n;
	out->text = rest;
	return NULL;
}

static const char *
parse_json(struct slice rest, struct work_control *out)
{
	struct json_error err;
	struct json *doc = json_parse(rest, &err);
	const char *fault = NULL;

	if (doc == NULL)
		fault = "what follows is not JSON";
	else if (out->word == WORK_ARTIFACTS &&
	    json_root(doc)->type != JSON_OBJECT)
		fault = "artifacts wants a JSON object";
	out->text = rest;
	json_free(doc);
	return fault;
}

/* Read one line. */
const char *
work_control_parse(struct slice line, struct work_control *out)
{
	static const char *const words[] = {
	    [WORK_PROGRESS] = "progress",
	    [WORK_RESULT] = "result",
	    [WORK_CHECKPOINT] = "checkpoint",
	    [WORK_ARTIFACTS] = "artifacts",
	};
	struct slice rest = slice_trim(line);
	struct slice word = next_word(&rest);
	unsigned i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_is(word, words[i]))
			break;
	*out = (struct work_control){.word = (enum work_word)i};
	if (i == sizeof(words) / sizeof(*words))
		return "it begins with none of progress, result, checkpoint "
		       "and artifacts";
	return i == WORK_PROGRESS ? parse_progress(rest, out)
				  : parse_json(rest, out);
}
