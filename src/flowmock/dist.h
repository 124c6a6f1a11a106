/* dist.h - how long something takes: a distribution of durations. */
#pragma once

#include "base/time.h"
#include "flowmock/random.h"

enum dist_kind { DIST_NONE, DIST_FIXED, DIST_UNIFORM, DIST_LOGNORMAL };

struct dist {
	enum dist_kind kind;
	nsec_t low;   /* fixed value, lower bound, or median */
	nsec_t high;  /* upper bound of DIST_UNIFORM */
	double sigma; /* of the logarithm, in DIST_LOGNORMAL */
};

/**
 * Read `20ms`, `fixed:20ms`, `uniform:5ms-50ms` or `lognormal:20ms,200ms` (the
 * median and the 99th percentile).
 *
 * @return 0 or -EINVAL
 */
int dist_parse(const char *text, struct dist *ret);

/** One draw; 0 for DIST_NONE. */
nsec_t dist_draw(const struct dist *d, struct random *r);
