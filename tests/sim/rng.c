/* rng.c - SplitMix64: small, fast, the same everywhere. */
#include "base/macros.h"

#include "basics.h"

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return n ? (uint32_t)(((rng_next(r) >> 32) * n) >> 32) : 0;
}

bool rng_chance(struct rng *r, uint32_t per_mille)
{
	return rng_below(r, 1000) < per_mille;
}

nsec_t rng_between(struct rng *r, nsec_t lo, nsec_t hi)
{
	if (hi <= lo)
		return lo;
	return lo + (nsec_t)(rng_next(r) % (uint64_t)(hi - lo + 1));
}

nsec_t rng_magnitude(struct rng *r, nsec_t lo, nsec_t hi)
{
	uint32_t doublings = 0;
	nsec_t low;

	if (lo < 1)
		lo = 1;
	for (nsec_t v = lo; v < hi / 2; v *= 2)
		doublings++;
	low = lo << rng_below(r, doublings + 1);
	return rng_between(r, low, MIN(low * 2, hi));
}

uint32_t rng_pick(struct rng *r, const uint32_t *from, uint32_t count)
{
	return from[rng_below(r, count)];
}
