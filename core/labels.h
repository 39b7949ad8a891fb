/*
 * Labels: what people attach to an execution to find it by, a JSON object of
 * strings.
 */
#ifndef CORE_LABELS_H
#define CORE_LABELS_H

#include "core/buf.h"
#include "core/json.h"

#define LABELS_MAX 64
#define LABELS_KEY_MAX 63    /* of A-Z a-z 0-9 _ . - / */
#define LABELS_VALUE_MAX 255 /* characters, none of them NUL */

/*
 * NULL when set is a set of labels within the limits, else what is wrong
 * with it; *at (may be NULL) is then the member at fault, or NULL when it is
 * the whole.  nulls: a value may be null.
 */
const char *labels_check(const struct json_node *set, bool nulls,
    const struct json_node **at);

/*
 * Append to out the set `now` (JSON; empty: none) as `patch` (checked, with
 * nulls) changes it: a string sets a label, null removes one.  Values keep
 * their bytes and labels their place, new ones come last.  False when that
 * makes more than LABELS_MAX.
 */
bool labels_merge(struct slice now, struct slice patch, struct buf *out);

#define LABELS_NAME_MAX 120 /* characters of a unique name */

/*
 * NULL when an execution may have that unique name, else what is wrong: it
 * stands in paths where an id may stand, so it is no UUID and has neither
 * '/' nor control characters.
 */
const char *labels_check_name(struct slice name);

#endif
