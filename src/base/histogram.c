/* histogram.c - how often which duration was measured, to within 1 %. */
#include "base/histogram.h"

#include "base/macros.h"

#define EXACT ((uint64_t)2 << HISTOGRAM_BITS) /* below it each value has its own bucket */

/* How far the value is shifted until 128 to 255 is left of it: its octave. */
static uint32_t shift_of(uint64_t value)
{
	return value < EXACT ? 0 : 63 - HISTOGRAM_BITS - (uint32_t)__builtin_clzll(value);
}

/* Octave by octave; the first has the 128 values below 128 beside its own. */
static uint32_t bucket_of(uint64_t value)
{
	uint32_t shift = shift_of(value);

	return (shift << HISTOGRAM_BITS) + (uint32_t)(value >> shift);
}

static uint64_t largest_of(uint32_t bucket)
{
	uint32_t octave = bucket >> HISTOGRAM_BITS;
	uint32_t shift = octave > 0 ? octave - 1 : 0;
	uint64_t top = bucket - (shift << HISTOGRAM_BITS);

	return (top << shift) + (((uint64_t)1 << shift) - 1);
}

void histogram_record(struct histogram *h, uint64_t value)
{
	h->counts[bucket_of(value)]++;
	h->count++;
	h->sum += (double)value;
	h->max = MAX(h->max, value);
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->counts[i] += from->counts[i];
	h->count += from->count;
	h->sum += from->sum;
	h->max = MAX(h->max, from->max);
}

bool histogram_next(
	const struct histogram *h, uint32_t *at, uint64_t *ret_value, uint64_t *ret_count)
{
	while (*at < HISTOGRAM_BUCKETS && h->counts[*at] == 0)
		++*at;
	if (*at == HISTOGRAM_BUCKETS)
		return false;
	*ret_value = MIN(largest_of(*at), h->max);
	*ret_count = h->counts[*at];
	++*at;
	return true;
}

uint64_t histogram_at(const struct histogram *h, double percent)
{
	double exact = percent / 100 * (double)h->count;
	uint64_t wanted = (uint64_t)exact, seen = 0, value = 0, count;
	uint32_t at = 0;

	/* A share of a value is a value; what only the division has left over is not. */
	if (exact - (double)wanted > 1e-9 * exact)
		wanted++;
	wanted = MIN(MAX(wanted, 1), h->count);
	while (seen < wanted && histogram_next(h, &at, &value, &count))
		seen += count;
	return value;
}

uint64_t histogram_above(const struct histogram *h, uint64_t value)
{
	uint64_t above = 0;

	for (uint32_t i = bucket_of(value) + 1; i < HISTOGRAM_BUCKETS; i++)
		above += h->counts[i];
	return above;
}

double histogram_mean(const struct histogram *h)
{
	return h->count > 0 ? h->sum / (double)h->count : 0;
}
