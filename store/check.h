/*
 * store_check: do rows, indexes, counters, timers and the journal agree?
 */
#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "store/store.h"

struct check_result {
	uint64_t events, executions, steps, timers, jobs, articles, objects,
	    findings;
};

/*
 * Read everything once, in one snapshot; report(arg, text) is called for
 * each finding.  Returns true when there is none.  Checks at least: seqs
 * ascend without holes and end at meta "seq"; every row decodes; every event
 * of an execution is in by_execution and the reverse; every ref of a row
 * points at an event of that execution that has the member; index rows and
 * rows agree both ways; counters equal what is counted; timers and due[]
 * agree both ways; a terminal execution has no timer; numbers are unique;
 * steps are complete; replaying the journal through lifecycle_apply() gives
 * the same rows and steps, but for what a heartbeat moves; job versions
 * exist; names agree; articles are what their events come to; objects are
 * their last writes.  Takes about 1 s for a million events.
 */
bool check_store(struct store *s, struct check_result *out,
    void (*report)(void *arg, const char *text), void *arg);

#endif
