/* The three forms of RFC 9110, 5.6.7:
 *
 *	Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
 *	Sunday, 06-Nov-94 08:49:37 GMT   RFC 850, obsolete
 *	Sun Nov  6 08:49:37 1994         asctime(), obsolete
 *
 * Each is a pattern that is walked beside the text. The day of the week must be
 * one, but need not be the right one: it tells nothing that the date does not.
 */
#include "base/time.h"

#include <errno.h>
#include <string.h>

#include "base/civil.h"
#include "base/macros.h"

struct moment {
	struct civil date;
	unsigned hour, minute, second;
};

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* Exactly `width` digits; a blank may stand for the first when `blank` allows. */
static const char *take_digits(const char *p, unsigned width, bool blank, unsigned *ret)
{
	unsigned v = 0;

	for (unsigned i = 0; i < width; i++) {
		if (i == 0 && blank && p[i] == ' ')
			continue;
		if (p[i] < '0' || p[i] > '9')
			return NULL;
		v = v * 10 + (unsigned)(p[i] - '0');
	}
	*ret = v;
	return p + width;
}

static const char *take_month(const char *p, unsigned *ret)
{
	for (unsigned i = 0; i < ARRAY_SIZE(months); i++) {
		if (strncmp(p, months[i], 3) == 0) {
			*ret = i + 1;
			return p + 3;
		}
	}
	return NULL;
}

static const char *take_day_name(const char *p, bool whole)
{
	for (unsigned i = 0; i < ARRAY_SIZE(days); i++) {
		size_t len = whole ? strlen(days[i]) : 3;

		if (strncmp(p, days[i], len) == 0)
			return p + len;
	}
	return NULL;
}

/* A two-digit year is of 1970–2069: HTTP is younger than the one, and there is
 * no clock here to say "within 50 years". */
static const char *take_short_year(const char *p, int *ret)
{
	unsigned v;

	p = take_digits(p, 2, false, &v);
	if (p)
		*ret = (int)(v < 70 ? 2000 + v : 1900 + v);
	return p;
}

static const char *take_year(const char *p, int *ret)
{
	unsigned v;

	p = take_digits(p, 4, false, &v);
	if (p)
		*ret = (int)v;
	return p;
}

static const char *take(char what, const char *p, struct moment *m)
{
	switch (what) {
	case 'a': return take_day_name(p, false);
	case 'A': return take_day_name(p, true);
	case 'd': return take_digits(p, 2, false, &m->date.day);
	case 'e': return take_digits(p, 2, true, &m->date.day);
	case 'b': return take_month(p, &m->date.month);
	case 'y': return take_short_year(p, &m->date.year);
	case 'Y': return take_year(p, &m->date.year);
	case 'H': return take_digits(p, 2, false, &m->hour);
	case 'M': return take_digits(p, 2, false, &m->minute);
	default: return take_digits(p, 2, false, &m->second);
	}
}

static bool follows(const char *pattern, const char *p, struct moment *m)
{
	for (; *pattern; pattern++) {
		if (*pattern == '%') {
			p = take(*++pattern, p, m);
			if (!p)
				return false;
		} else if (*p++ != *pattern) {
			return false;
		}
	}
	return *p == '\0';
}

static bool exists(const struct moment *m)
{
	return m->date.day >= 1 &&
	       m->date.day <= civil_days_in_month(m->date.year, m->date.month) && m->hour < 24 &&
	       m->minute < 60 && m->second <= 60; /* 60: a leap second */
}

int http_date_parse(const char *text, int64_t *ret_wall_ms)
{
	static const char *const patterns[] = {
		"%a, %d %b %Y %H:%M:%S GMT",
		"%A, %d-%b-%y %H:%M:%S GMT",
		"%a %b %e %H:%M:%S %Y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		struct moment m = {0};

		if (follows(patterns[i], text, &m) && exists(&m)) {
			*ret_wall_ms = civil_to_days(m.date) * DAY_MS +
				       (m.hour * INT64_C(3600) + m.minute * 60 + m.second) * 1000;
			return 0;
		}
	}
	return -EINVAL;
}
