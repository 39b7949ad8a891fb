/*
 * Numbers from and to text.  Integers are read digit by digit, never through
 * a double; doubles go through the C library under the C locale.
 */
#include "core/decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define EXPONENT_MAX 1000000000 /* further than any text has digits */
#define SHORT_NUMBER 64
#define INT64_MIN_SIZE (UINT64_C(1) << 63)

/* A number taken apart: digits, read without their point, * 10^exponent. */
struct decimal {
	struct slice digits; /* ends in 1 to 9; empty when all is zero */
	int64_t exponent;
	bool negative;
};

/* Read "+12" or "-12", or a large number of the same sign instead. */
static int64_t
read_exponent(struct slice s)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	int64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9' && v < EXPONENT_MAX)
			v = v * 10 + (s.p[i] - '0');
	}
	return negative ? -v : v;
}

/* Cut s at c, if it is there, and return what stands behind. */
static struct slice
cut(struct slice *s, char c)
{
	const char *at = s->n > 0 ? memchr(s->p, c, s->n) : NULL;
	struct slice rest = {s->p + s->n, 0};

	if (at != NULL) {
		rest.p = at + 1;
		rest.n = s->n - (size_t)(rest.p - s->p);
		s->n = (size_t)(at - s->p);
	}
	return rest;
}

static struct decimal
take_apart(struct slice s)
{
	struct decimal d = {.negative = s.n > 0 && s.p[0] == '-'};
	struct slice whole, *n = &d.digits;

	d.digits = s;
	if (d.negative)
		d.digits = (struct slice){s.p + 1, s.n - 1};
	d.exponent = read_exponent(cut(n, 'e')) + read_exponent(cut(n, 'E'));
	whole = d.digits;
	d.exponent -= (int64_t)cut(&whole, '.').n;
	while (n->n > 0 && (n->p[n->n - 1] == '0' || n->p[n->n - 1] == '.')) {
		n->n--;
		d.exponent += n->p[n->n] == '0';
	}
	return d;
}

/* v * 10 + digit, or false when it does not fit. */
static bool
shift_in(uint64_t *v, unsigned digit)
{
	if (*v > (UINT64_MAX - digit) / 10)
		return false;
	*v = *v * 10 + digit;
	return true;
}

/* The integer without its sign; the last digit is not 0, so this ends soon. */
static bool
magnitude(const struct decimal *d, uint64_t *v)
{
	*v = 0;
	if (d->digits.n == 0)
		return true;
	if (d->exponent < 0)
		return false;
	for (size_t i = 0; i < d->digits.n; i++) {
		if (d->digits.p[i] != '.' &&
		    !shift_in(v, (unsigned)(d->digits.p[i] - '0')))
			return false;
	}
	for (int64_t e = 0; e < d->exponent; e++) {
		if (!shift_in(v, 0))
			return false;
	}
	return true;
}

/* Read an integer exactly. */
bool
decimal_int(struct slice number, int64_t min, int64_t max, int64_t *out)
{
	struct decimal d = take_apart(number);
	uint64_t v;
	int64_t value;

	if (!magnitude(&d, &v) || v > INT64_MIN_SIZE - !d.negative)
		return false;
	if (v == INT64_MIN_SIZE)
		value = INT64_MIN;
	else
		value = d.negative ? -(int64_t)v : (int64_t)v;
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

/* The C locale, which the C library holds ready. */
static locale_t
c_locale(void)
{
	static locale_t locale;

	if (locale == (locale_t)0)
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	INVARIANT(locale != (locale_t)0);
	return locale;
}

/* Read the nearest double; strtod wants a NUL, so it gets a copy. */
bool
decimal_double(struct slice number, double *out)
{
	char small[SHORT_NUMBER], *copy = small;
	double v;

	if (number.n >= sizeof(small)) {
		copy = mem_dup(number.p, number.n);
	} else {
		memcpy(small, number.p, number.n);
		small[number.n] = '\0';
	}
	v = strtod_l(copy, NULL, c_locale());
	if (copy != small)
		free(copy);
	if (!isfinite(v))
		return false;
	*out = v;
	return true;
}

/* Try 15 digits, which most numbers need, up to 17, which always do. */
void
decimal_format(double v, char out[DECIMAL_MAX])
{
	locale_t before;

	INVARIANT(isfinite(v));
	before = uselocale(c_locale());
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, DECIMAL_MAX, "%.*g", digits, v);
		if (strtod(out, NULL) == v)
			break;
	}
	uselocale(before);
}
