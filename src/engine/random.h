/* random.h - a seed, and the numbers that follow from it.
 *
 * SplitMix64 (Steele, Lea, Flood 2014): one word of state, good enough for
 * jitter, the same on every machine. Nothing secret is made from it.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"

struct random {
	uint64_t state;
};

void random_init(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);

/** Uniform in [0, limit], both ends included; limit not negative. */
nsec_t random_up_to(struct random *r, nsec_t limit);
