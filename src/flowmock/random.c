/* random.c - see random.h. */
#include "flowmock/random.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15) /* 2^64 / golden ratio, odd */

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t stream_start(uint64_t seed, enum random_stream stream)
{
	return mix(mix(seed + STEP) + (uint64_t)stream + 1);
}

void random_init(struct random *r, uint64_t seed, enum random_stream stream)
{
	*r = (struct random){.state = stream_start(seed, stream)};
}

uint64_t random_next(struct random *r)
{
	r->state += STEP;
	return mix(r->state);
}

double random_unit(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}

uint64_t random_at(uint64_t seed, enum random_stream stream, uint64_t n)
{
	return mix(stream_start(seed, stream) + (n + 1) * STEP);
}
