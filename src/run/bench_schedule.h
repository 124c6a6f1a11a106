/* bench_schedule.h - when the arrivals of a load come, fixed before the first one.
 *
 * What the server answers, and how fast we are, changes nothing in it: that is what
 * makes a load open. Pure.
 */
#pragma once

#include <stdbool.h>

#include "engine/random.h"

struct bench_schedule {
	double rate_per_s;
	bool poisson;
	struct random random;
	uint64_t number; /* of the next arrival, from 0 */
	double at;       /* poisson: of the one before, in nanoseconds */
};

/** @param seed  poisson: the same one gives the same schedule */
void bench_schedule_init(struct bench_schedule *s, double rate_per_s, bool poisson, uint64_t seed);

/** The moment of the next arrival, from the beginning; never less than the one before. */
nsec_t bench_schedule_next(struct bench_schedule *s);
