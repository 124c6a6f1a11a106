#include "engine/backoff.h"

nsec_t backoff_ceiling(nsec_t base, uint32_t n)
{
	while (n > 0 && base < BACKOFF_CAP) {
		base *= 2;
		n--;
	}
	return base < BACKOFF_CAP ? base : BACKOFF_CAP;
}

nsec_t backoff_full(struct random *r, nsec_t base, uint32_t n)
{
	return random_up_to(r, backoff_ceiling(base, n));
}

nsec_t backoff_equal(struct random *r, nsec_t wait)
{
	return wait / 2 + random_up_to(r, wait - wait / 2);
}
