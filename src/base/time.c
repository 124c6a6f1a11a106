#include "base/time.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/civil.h"
#include "base/macros.h"
#include "base/str.h"

#define DURATION_MAX (10 * 365 * 24 * 3600 * SEC)

static const struct unit {
	const char *name;
	nsec_t size;
} units[] = {
	/* in order of preference where two forms are of the same length */
	{"s", SEC},
	{"ms", MS},
	{"m", 60 * SEC},
	{"h", 3600 * SEC},
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

/* One way to write a duration; len 0 when it has no exact one in this unit. */
struct form {
	char text[48];
	size_t len;
};

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

/* `d` in one unit, exact, without zeros at the end. */
static struct form format_in(nsec_t d, const struct unit *unit)
{
	nsec_t whole = d / unit->size, rest = d % unit->size, size = unit->size;
	struct form f = {0};

	f.len = count_digits(whole);
	put_digits(f.text, f.len, whole);
	if (rest > 0)
		f.text[f.len++] = '.';
	/* A minute has no digits for 1 ns: what is not exact then is no form. */
	while (rest > 0 && size % 10 == 0) {
		size /= 10;
		f.text[f.len++] = (char)('0' + rest / size);
		rest %= size;
	}
	if (rest > 0)
		return (struct form){0};
	memcpy(f.text + f.len, unit->name, strlen(unit->name) + 1);
	f.len += strlen(unit->name);
	return f;
}

static bool is_below_one(const struct form *f)
{
	return f->text[0] == '0' && f->text[1] == '.';
}

/* None below one where another will do, then the shorter, then whole numbers. */
static bool is_better(const struct form *a, const struct form *b)
{
	if (a->len == 0 || b->len == 0)
		return a->len > 0;
	if (is_below_one(a) != is_below_one(b))
		return is_below_one(b);
	if (a->len != b->len)
		return a->len < b->len;
	return !strchr(a->text, '.') && strchr(b->text, '.');
}

void duration_format(nsec_t d, char *dst, size_t dst_len)
{
	struct form best = {0};

	if (d == NSEC_NEVER || d == NSEC_NONE) {
		str_copy(dst, dst_len, d == NSEC_NONE ? "none" : "never");
		return;
	}
	assert(d >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		struct form f = format_in(d, &units[i]);

		if (is_better(&f, &best))
			best = f;
	}
	str_copy(dst, dst_len, best.text);
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
