/* random.h - numbers from a seed, by the SplitMix64 generator (Steele, Lea,
 * Flood 2014): one addition and a mix, so that the nth number of a stream is
 * known without the ones before it.
 *
 * Each use has its own stream: with the same seed, a slower answer does not
 * change which request gets a fault.
 */
#pragma once

#include <stdint.h>

enum random_stream {
	RANDOM_IDS,
	RANDOM_ETAGS,
	RANDOM_REQUESTS,
	RANDOM_FAULTS,
	RANDOM_LATENCY,
	RANDOM_LISTINGS,
	RANDOM_TOKENS,
	RANDOM_SERVICENOW,
};

struct random {
	uint64_t state;
};

void random_init(struct random *r, uint64_t seed, enum random_stream stream);
uint64_t random_next(struct random *r);
/** Uniform in [0, 1). */
double random_unit(struct random *r);
/** The nth number of a stream. */
uint64_t random_at(uint64_t seed, enum random_stream stream, uint64_t n);
