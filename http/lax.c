/*
 * Reading integers leniently.
 */
#include "http/lax.h"

static const struct lax_error not_parsed = {"int_parsing",
    "Input should be a valid integer, unable to parse string as an integer"};
static const struct lax_error too_large = {"int_parsing_size",
    "Unable to parse input string as an integer, exceeded maximum size"};
static const struct lax_error not_int = {"int_type",
    "Input should be a valid integer"};
static const struct lax_error fraction = {"int_from_float",
    "Input should be a valid integer, got a number with a fractional part"};

#define BEYOND ((uint64_t)INT64_MAX + 2) /* below INT64_MIN, too */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Drop ".000" from the end. */
static struct slice
without_zeros(struct slice s)
{
	size_t n = s.n;

	while (n > 0 && s.p[n - 1] == '0')
		n--;
	if (n > 1 && n < s.n && s.p[n - 1] == '.')
		s.n = n - 1;
	return s;
}

/* Read digits, '_' only between two of them; at most 2^63 + 1. */
static bool
read_digits(struct slice s, uint64_t *out)
{
	bool digit = false;
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_' && digit && i + 1 < s.n) {
			digit = false;
			continue;
		}
		if (!is_digit(s.p[i]))
			return false;
		digit = true;
		if (v > (uint64_t)INT64_MAX / 10)
			v = BEYOND;
		else
			v = v * 10 + (uint64_t)(s.p[i] - '0');
		if (v > BEYOND)
			v = BEYOND;
	}
	*out = v;
	return digit;
}

/* Read text. */
bool
lax_int(struct slice text, int64_t *out, struct lax_error *err)
{
	struct slice s = slice_trim(text);
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t v;

	if (s.n > 0 && (minus || s.p[0] == '+')) {
		s.p++;
		s.n--;
	}
	if (!read_digits(without_zeros(s), &v)) {
		*err = not_parsed;
		return false;
	}
	if (v > (uint64_t)INT64_MAX + minus) {
		*err = too_large;
		*out = minus ? INT64_MIN : INT64_MAX;
		return false;
	}
	*out = (int64_t)(minus ? 0 - v : v);
	return true;
}

/* Read text, or the nearest. */
bool
lax_nearest(struct slice text, int64_t *out, struct lax_error *err)
{
	return lax_int(text, out, err) || err->type == too_large.type;
}

/* Read JSON. */
bool
lax_json_int(const struct json_node *n, int64_t *out, struct lax_error *err)
{
	double d;

	if (n->type == JSON_STRING)
		return lax_int(n->str, out, err);
	if (n->type == JSON_BOOL) {
		*out = n->boolean;
		return true;
	}
	if (n->type == JSON_NUMBER) {
		if (json_int(n, INT64_MIN, INT64_MAX, out))
			return true;
		*err = json_double(n, &d) && d > -9e18 && d < 9e18 ? fraction
								   : not_int;
		return false;
	}
	*err = not_int;
	return false;
}
