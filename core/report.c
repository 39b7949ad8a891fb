/*
 * Making a report; http/ reads one from each dialect's JSON and
 * core/lifecycle.c decides what it does.
 */
#include "core/report.h"

/* Make a report in which nothing optional is said. */
struct report
report_make(enum report_kind kind)
{
	return (struct report){
	    .kind = kind,
	    .percent = EVENT_NO_PERCENT,
	    .step_index = EVENT_NO_INDEX,
	    .retryable = -1,
	    .retry_after_ms = -1,
	    .total = -1,
	    .completed = -1,
	    .failed = -1,
	    .field = "",
	};
}
