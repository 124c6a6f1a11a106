/* bench_schedule.c - when the arrivals of a load come. */
#include "run/bench_schedule.h"

#include <math.h>

void bench_schedule_init(struct bench_schedule *s, double rate_per_s, bool poisson, uint64_t seed)
{
	*s = (struct bench_schedule){.rate_per_s = rate_per_s, .poisson = poisson};
	random_init(&s->random, seed);
}

/* Of an exponential distribution, so that arrivals know nothing of each other. */
static double gap(struct bench_schedule *s)
{
	double below_one = (double)(random_next(&s->random) >> 11) * 0x1p-53;

	return -log(1 - below_one) / s->rate_per_s * (double)SEC;
}

nsec_t bench_schedule_next(struct bench_schedule *s)
{
	uint64_t number = s->number++;

	/* Each from the beginning, not from the one before: no error adds up. */
	if (!s->poisson)
		return (nsec_t)((double)number * (double)SEC / s->rate_per_s);
	s->at += gap(s);
	return (nsec_t)s->at;
}
