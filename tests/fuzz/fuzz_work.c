/*
 * Whatever a command writes, and in whatever portions, `tidewire work` makes
 * bounded requests of valid JSON from it.  The first byte chooses the
 * portions and what was claimed; the rest is written both on standard output
 * and on descriptor 3.
 */
#include <stdint.h>

#include "core/json.h"
#include "core/log.h"

#include "cli/work_control.h"
#include "cli/work_lines.h"
#include "cli/work_report.h"

#define LINE_MAX_BYTES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next request, as the server would read it. */
static void
say(struct work_report *r, struct buf *target, struct buf *body)
{
	struct json_error err;
	struct json *doc;

	work_report_next(r, target, body);
	if (body->len == 0)
		return;
	doc = json_parse(buf_slice(body), &err);
	INVARIANT(doc != NULL);
	json_free(doc);
}

static void
take(struct work_report *r, const struct work_line *line)
{
	struct work_control c;

	INVARIANT(line->text.n <= LINE_MAX_BYTES);
	work_report_log(r, "info", line->text);
	if (line->whole && work_control_parse(line->text, &c) == NULL)
		work_report_word(r, &c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct work_lines l = {.max = LINE_MAX_BYTES};
	struct work_outcome end = {.end = WORK_FAILED, .type = "ExitStatus"};
	struct buf target = {0}, body = {0};
	struct work_report *r;
	struct work_line line;
	size_t portion, n;

	if (size == 0)
		return 0;
	r = work_report_new(SLICE("E"), data[0] & 1 ? SLICE("S") : SLICE_NONE);
	end.message = (struct slice){(const char *)data, size};
	portion = 1u + (data[0] >> 1);
	for (size_t i = 1; i < size; i += n) {
		n = size - i < portion ? size - i : portion;
		memcpy(work_lines_room(&l, n), data + i, n);
		work_lines_took(&l, n);
		while (work_lines_next(&l, &line))
			take(r, &line);
		if (work_report_urgent(r) || (data[i] & 7) == 0)
			say(r, &target, &body);
	}
	l.ended = true;
	while (work_lines_next(&l, &line))
		take(r, &line);
	work_report_end(r, &end);
	while (!work_report_over(r)) {
		say(r, &target, &body);
		work_report_taken(r);
	}
	work_lines_free(&l);
	work_report_free(r);
	buf_free(&target);
	buf_free(&body);
	return 0;
}
