/*
 * Reading reports: the bodies of the Restep document, and of anything that
 * speaks like it, into struct report.
 */
#ifndef HTTP_REPORTS_H
#define HTTP_REPORTS_H

#include "core/json.h"
#include "core/report.h"
#include "http/errors.h"

struct reports {
	struct report *items; /* owned; texts and JSON borrow from the body */
	unsigned n, cap;
	unsigned nlogs;	  /* how many stood in `logs` */
	uint32_t attempt; /* the member `attempt`; 0: not said */
	struct errors errors;
};

void reports_free(struct reports *rs);

/*
 * Read a body as one report of that kind.  step: the step's id or name of a
 * step report, else SLICE_NONE.  False when errors were found.
 */
bool reports_read(struct reports *rs, const struct json_node *body,
    enum report_kind kind, struct slice step);

/* The same for POST .../log: one entry, or {"logs":[...]}; *batch tells. */
bool reports_read_logs(struct reports *rs, const struct json_node *body,
    bool *batch);

/* The same for POST .../report: everything at once, in a fixed order. */
bool reports_read_all(struct reports *rs, const struct json_node *body);

#endif
