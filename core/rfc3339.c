/*
 * Times as text.  The calendar is counted from 1 March of the year 0, so that
 * the leap day is the last of its year; no C library call, time zone or lock
 * takes part.
 */
#include "core/rfc3339.h"

#define DAY_MS INT64_C(86400000)
#define ERA_DAYS 146097	 /* 400 years */
#define EPOCH_DAY 719468 /* 1 January 1970, from 1 March 0000 */

/* What four digits of a year can say: 0000-01-01 to 9999-12-31. */
#define MS_FIRST INT64_C(-62167219200000)
#define MS_LAST INT64_C(253402300799999)

struct civil {
	unsigned year, month, day, hour, minute, second, ms;
};

/* Day and month of the day-th day (0..365) of a year that begins in March. */
static void
civil_in_year(struct civil *c, unsigned day)
{
	unsigned month = (5 * day + 2) / 153; /* 0 is March */

	c->day = day - (153 * month + 2) / 5 + 1;
	c->month = month < 10 ? month + 3 : month - 9;
	if (month >= 10)
		c->year++;
}

static struct civil
civil_from_ms(int64_t ms)
{
	struct civil c = {0};
	int64_t since;
	unsigned day, of_day;

	if (ms < MS_FIRST)
		ms = MS_FIRST;
	if (ms > MS_LAST)
		ms = MS_LAST;
	/* One era further on, nothing is negative any more. */
	since = ms + (EPOCH_DAY + (int64_t)ERA_DAYS) * DAY_MS;
	of_day = (unsigned)(since % DAY_MS);
	day = (unsigned)(since / DAY_MS);
	c.year = day / ERA_DAYS * 400 - 400;
	day %= ERA_DAYS;
	/* Leap days so far, taken out, leave years of 365 days. */
	c.year += (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= (c.year + 400) % 400 * 365 + (c.year + 400) % 400 / 4 -
	    (c.year + 400) % 400 / 100;
	civil_in_year(&c, day);
	c.hour = of_day / 3600000;
	c.minute = of_day / 60000 % 60;
	c.second = of_day / 1000 % 60;
	c.ms = of_day % 1000;
	return c;
}

static int64_t
civil_to_days(const struct civil *c)
{
	unsigned month = (c->month + 9) % 12; /* 0 is March */
	int64_t year = (int64_t)c->year + 400 - (c->month <= 2);

	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + c->day - 1 - EPOCH_DAY - ERA_DAYS;
}

static char *
put_digits(char *p, unsigned v, unsigned count)
{
	for (unsigned i = count; i > 0; i--) {
		p[i - 1] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + count;
}

/* Write "2026-11-22T10:00:00" and return where it ends. */
static char *
put_seconds(char *p, const struct civil *c)
{
	p = put_digits(p, c->year, 4);
	*p++ = '-';
	p = put_digits(p, c->month, 2);
	*p++ = '-';
	p = put_digits(p, c->day, 2);
	*p++ = 'T';
	p = put_digits(p, c->hour, 2);
	*p++ = ':';
	p = put_digits(p, c->minute, 2);
	*p++ = ':';
	return put_digits(p, c->second, 2);
}

/* Write whole seconds and Z. */
void
rfc3339_seconds(int64_t ms, char out[RFC3339_MAX])
{
	struct civil c = civil_from_ms(ms);

	memcpy(put_seconds(out, &c), "Z", 2);
}

/* Write milliseconds and Z. */
void
rfc3339_millis(int64_t ms, char out[RFC3339_MAX])
{
	struct civil c = civil_from_ms(ms);
	char *p = put_seconds(out, &c);

	*p++ = '.';
	memcpy(put_digits(p, c.ms, 3), "Z", 2);
}

/* Write microseconds as Python does. */
void
rfc3339_micros(int64_t ms, bool offset, char out[RFC3339_MAX])
{
	struct civil c = civil_from_ms(ms);
	char *p = put_seconds(out, &c);

	*p++ = '.';
	p = put_digits(p, c.ms * 1000, 6);
	memcpy(p, offset ? "+00:00" : "", offset ? 7 : 1);
}

/* Read exactly count digits that make at most max. */
static bool
take_number(struct slice *s, unsigned count, unsigned max, unsigned *out)
{
	uint64_t v;

	if (s->n < count || !slice_u64((struct slice){s->p, count}, max, &v))
		return false;
	*out = (unsigned)v;
	s->p += count;
	s->n -= count;
	return true;
}

/* Read one byte if it is among those wanted. */
static bool
take_any(struct slice *s, const char *wanted)
{
	if (s->n == 0 || s->p[0] == '\0' || strchr(wanted, s->p[0]) == NULL)
		return false;
	s->p++;
	s->n--;
	return true;
}

static unsigned
month_days(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool
take_date(struct slice *s, struct civil *c)
{
	return take_number(s, 4, 9999, &c->year) && take_any(s, "-") &&
	    take_number(s, 2, 12, &c->month) && c->month > 0 &&
	    take_any(s, "-") &&
	    take_number(s, 2, month_days(c->year, c->month), &c->day) &&
	    c->day > 0;
}

/* Read "10:00:00"; a leap second (60) counts as the next second. */
static bool
take_time(struct slice *s, struct civil *c)
{
	return take_number(s, 2, 23, &c->hour) && take_any(s, ":") &&
	    take_number(s, 2, 59, &c->minute) && take_any(s, ":") &&
	    take_number(s, 2, 60, &c->second);
}

/* Read a fraction if there is one; what is below a ms is cut off. */
static bool
take_fraction(struct slice *s, struct civil *c)
{
	unsigned digit, weight = 100;

	if (!take_any(s, "."))
		return true;
	if (!take_number(s, 1, 9, &digit))
		return false;
	do {
		c->ms += digit * weight;
		weight /= 10;
	} while (take_number(s, 1, 9, &digit));
	return true;
}

static bool
take_offset(struct slice *s, int64_t *ms)
{
	struct civil c = {0};
	bool west;

	*ms = 0;
	if (take_any(s, "Zz"))
		return true;
	west = s->n > 0 && s->p[0] == '-';
	if (!take_any(s, "+-") || !take_number(s, 2, 23, &c.hour) ||
	    !take_any(s, ":") || !take_number(s, 2, 59, &c.minute))
		return false;
	*ms = (int64_t)(c.hour * 60 + c.minute) * 60000;
	if (west)
		*ms = -*ms;
	return true;
}

/* Read a time; one outside of the years 0000 to 9999 (in UTC) is refused. */
bool
rfc3339_parse(struct slice s, int64_t *ms)
{
	struct civil c = {0};
	int64_t offset, at;

	if (!take_date(&s, &c) || !take_any(&s, "Tt ") || !take_time(&s, &c) ||
	    !take_fraction(&s, &c) || !take_offset(&s, &offset) || s.n != 0)
		return false;
	at = civil_to_days(&c) * DAY_MS +
	    (int64_t)(c.hour * 3600 + c.minute * 60 + c.second) * 1000 + c.ms -
	    offset;
	if (at < MS_FIRST || at > MS_LAST)
		return false;
	*ms = at;
	return true;
}
