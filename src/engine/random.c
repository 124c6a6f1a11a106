#include "engine/random.h"

#include <assert.h>

void random_init(struct random *r, uint64_t seed)
{
	*r = (struct random){.state = seed};
}

uint64_t random_next(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

nsec_t random_up_to(struct random *r, nsec_t limit)
{
	assert(limit >= 0);

	/* The bias of a remainder is below 2^-20 for any wait that occurs. */
	return (nsec_t)(random_next(r) % ((uint64_t)limit + 1));
}
