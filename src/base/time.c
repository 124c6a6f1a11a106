#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/civil.h"
#include "base/macros.h"
#include "base/str.h"

#define DURATION_MAX (10 * 365 * 24 * 3600 * SEC)

enum { UNIT_H, UNIT_M, UNIT_S, UNIT_MS };

static const struct unit {
	const char *name;
	nsec_t size;
} units[] = {
	[UNIT_H] = {"h", 3600 * SEC},
	[UNIT_M] = {"m", 60 * SEC},
	[UNIT_S] = {"s", SEC},
	[UNIT_MS] = {"ms", MS},
};

nsec_t nsec_add(nsec_t a, nsec_t b)
{
	assert(a >= 0 && b >= 0);
	return a > NSEC_NEVER - b ? NSEC_NEVER : a + b;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const struct unit *find_unit(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	}
	return NULL;
}

/* Digits behind the point. Finer than a nanosecond is refused, not rounded. */
static int parse_fraction(const char *text, const char *end, nsec_t unit, nsec_t *ret)
{
	nsec_t sum = 0;

	if (text == end)
		return -EINVAL;
	for (; text < end; text++) {
		if (unit % 10 != 0 && *text != '0')
			return -EINVAL;
		unit /= 10;
		sum += (*text - '0') * unit;
	}
	*ret = sum;
	return 0;
}

int duration_parse(const char *text, nsec_t *ret)
{
	const char *p = text, *point = NULL, *end;
	const struct unit *unit;
	nsec_t whole = 0, fraction = 0;

	while (is_digit(*p))
		p++;
	end = p;
	if (p == text)
		return -EINVAL;
	if (*p == '.') {
		point = p++;
		while (is_digit(*p))
			p++;
	}
	unit = find_unit(p);
	if (!unit)
		return -EINVAL;
	if (point && parse_fraction(point + 1, p, unit->size, &fraction) < 0)
		return -EINVAL;

	for (p = text; p < end; p++) {
		whole = whole * 10 + (*p - '0');
		if (whole > DURATION_MAX / unit->size)
			return -ERANGE;
	}
	whole = whole * unit->size + fraction;
	if (whole > DURATION_MAX)
		return -ERANGE;
	*ret = whole;
	return 0;
}

/* Exactly `width` digits; returns where they end. */
static char *put_digits(char *dst, size_t width, int64_t v)
{
	for (size_t i = width; i-- > 0; v /= 10)
		dst[i] = (char)('0' + v % 10);
	return dst + width;
}

static size_t count_digits(int64_t v)
{
	size_t n = 1;

	while ((v /= 10) > 0)
		n++;
	return n;
}

/* The largest unit that fills it whole; else what has decimals to the last ns. */
static const struct unit *best_unit(nsec_t d)
{
	for (size_t i = UNIT_H; i <= UNIT_S; i++) {
		if (d >= units[i].size && d % units[i].size == 0)
			return &units[i];
	}
	return &units[d >= SEC || d == 0 ? UNIT_S : UNIT_MS];
}

void duration_format(nsec_t d, char *dst, size_t dst_len)
{
	const struct unit *unit = best_unit(d);
	nsec_t size = unit->size, rest = d % size;
	char text[48], *p = text;

	if (d == NSEC_NEVER || d == NSEC_NONE) {
		str_copy(dst, dst_len, d == NSEC_NONE ? "none" : "never");
		return;
	}
	assert(d >= 0);
	p = put_digits(p, count_digits(d / size), d / size);
	if (rest > 0)
		*p++ = '.';
	for (; rest > 0; rest %= size) {
		size /= 10;
		*p++ = (char)('0' + rest / size);
	}
	str_copy(p, (size_t)(text + sizeof(text) - p), unit->name);
	str_copy(dst, dst_len, text);
}

/* What four digits of a year can say. */
#define WALL_MIN_MS INT64_C(-62167219200000) /* 0000-01-01T00:00:00.000Z */
#define WALL_MAX_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static char *put(char *dst, size_t width, int64_t v, char behind)
{
	dst = put_digits(dst, width, v);
	*dst = behind;
	return dst + 1;
}

void rfc3339_format(int64_t wall_ms, char dst[RFC3339_SIZE])
{
	int64_t ms = MAX(WALL_MIN_MS, MIN(WALL_MAX_MS, wall_ms)) - WALL_MIN_MS;
	int64_t day = ms / DAY_MS + WALL_MIN_MS / DAY_MS, rest = ms % DAY_MS;
	struct civil c = civil_from_days(day);

	dst = put(dst, 4, c.year, '-');
	dst = put(dst, 2, c.month, '-');
	dst = put(dst, 2, c.day, 'T');
	dst = put(dst, 2, rest / 3600000, ':');
	dst = put(dst, 2, rest / 60000 % 60, ':');
	dst = put(dst, 2, rest / 1000 % 60, '.');
	dst = put(dst, 3, rest % 1000, 'Z');
	*dst = '\0';
}
