/*
 * Reading query parameters; http/query.c has found and decoded them.
 */
#include "http/param.h"

/* A bounded number. */
bool
param_u64(struct request *r, const char *name, uint64_t min, uint64_t max,
    uint64_t *out)
{
	struct slice text;
	uint64_t n;

	if (!request_query(r, name, 0, &text))
		return true;
	if (slice_u64(text, max, &n) && n >= min) {
		*out = n;
		return true;
	}
	request_error(r, 400, name, "must be an integer from %llu to %llu",
	    (unsigned long long)min, (unsigned long long)max);
	return false;
}

/* The cursor of a list. */
bool
param_cursor(struct request *r, struct uuid *out)
{
	struct slice text;

	if (!request_query(r, "cursor", 0, &text) || uuid_parse(text, out))
		return true;
	request_error(r, 400, "cursor",
	    "must be a next_cursor of an earlier answer");
	return false;
}

/* The cursor for the next page. */
void
param_write_cursor(struct jsonw *w, const struct uuid *at)
{
	jsonw_key(w, "next_cursor");
	if (uuid_is_zero(at))
		jsonw_null(w);
	else
		jsonw_uuid(w, at);
}
