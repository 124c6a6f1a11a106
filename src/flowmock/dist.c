/* dist.c - see dist.h. */
#include "flowmock/dist.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

#define Z99 2.3263478740408408 /* 99 % of a normal distribution lie below it */

static int parse_pair(const char *text, char separator, nsec_t *ret_low, nsec_t *ret_high)
{
	const char *middle = strchr(text, separator);
	char low[64];

	if (!middle || (size_t)(middle - text) >= sizeof(low))
		return -EINVAL;
	str_copy(low, (size_t)(middle - text) + 1, text);
	if (duration_parse(low, ret_low) < 0 || duration_parse(middle + 1, ret_high) < 0)
		return -EINVAL;
	return *ret_low <= *ret_high ? 0 : -EINVAL;
}

static int parse_fixed(const char *text, struct dist *d)
{
	d->kind = DIST_FIXED;
	return duration_parse(text, &d->low) < 0 ? -EINVAL : 0;
}

static int parse_uniform(const char *text, struct dist *d)
{
	d->kind = DIST_UNIFORM;
	return parse_pair(text, '-', &d->low, &d->high);
}

static int parse_lognormal(const char *text, struct dist *d)
{
	int r = parse_pair(text, ',', &d->low, &d->high);

	if (r < 0 || d->low <= 0)
		return -EINVAL;
	d->kind = DIST_LOGNORMAL;
	d->sigma = log((double)d->high / (double)d->low) / Z99;
	return 0;
}

int dist_parse(const char *text, struct dist *ret)
{
	static const struct {
		const char *prefix;
		int (*parse)(const char *text, struct dist *d);
	} forms[] = {
		{"fixed:", parse_fixed},
		{"uniform:", parse_uniform},
		{"lognormal:", parse_lognormal},
		{"", parse_fixed},
	};
	struct dist d = {.kind = DIST_NONE};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t len = strlen(forms[i].prefix);
		int r;

		if (strncmp(text, forms[i].prefix, len) != 0)
			continue;
		r = forms[i].parse(text + len, &d);
		if (r == 0)
			*ret = d;
		return r;
	}
	return -EINVAL;
}

/* Box and Muller: two uniform numbers make one that is normal. */
static double draw_normal(struct random *r)
{
	double u = 1.0 - random_unit(r); /* never 0 */
	double v = random_unit(r);

	return sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
}

nsec_t dist_draw(const struct dist *d, struct random *r)
{
	switch (d->kind) {
	case DIST_NONE: return 0;
	case DIST_FIXED: return d->low;
	case DIST_UNIFORM: return d->low + (nsec_t)(random_unit(r) * (double)(d->high - d->low));
	case DIST_LOGNORMAL: return (nsec_t)((double)d->low * exp(d->sigma * draw_normal(r)));
	}
	return 0;
}
