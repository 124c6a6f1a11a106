#include "sys/clock.h"

#include <assert.h>
#include <time.h>

static struct timespec read_clock(clockid_t id)
{
	struct timespec t;
	int r = clock_gettime(id, &t);

	assert(r == 0);
	return t;
}

nsec_t clock_monotonic(void)
{
	struct timespec t = read_clock(CLOCK_MONOTONIC);

	return t.tv_sec * SEC + t.tv_nsec;
}

int64_t clock_wall_ms(void)
{
	struct timespec t = read_clock(CLOCK_REALTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
