/* histogram.h - how often which duration was measured, to within 1 %. Pure.
 *
 * Buckets that grow with the value (as in HdrHistogram): each octave is cut into
 * 128, so that a bucket is at most 1/128 of its values wide, and what is below 256
 * has a bucket of its own each. The memory is the same for any number of values.
 * The largest is kept exactly.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_BITS 7 /* buckets an octave: 2^7 */
#define HISTOGRAM_BUCKETS ((65 - HISTOGRAM_BITS) << HISTOGRAM_BITS)

/** Zeroed is empty. Some 58 KiB: not for the stack. */
struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	uint64_t count;
	uint64_t max; /* exact */
	double sum;
};

void histogram_record(struct histogram *h, uint64_t value);

/** Add all that `from` has. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/**
 * The smallest value that at least `percent` of all values do not exceed, too large by
 * less than 1 % and never too small; exact where it is the largest.
 *
 * @param percent  0 to 100
 * @return 0 when there are none
 */
uint64_t histogram_at(const struct histogram *h, double percent);

/** How many are larger than this; those of its own bucket are not counted. */
uint64_t histogram_above(const struct histogram *h, uint64_t value);

double histogram_mean(const struct histogram *h); /* 0 when there are none */

/**
 * Walk the buckets that have something in them, from small to large.
 *
 * @param at  0 for the first; moves on
 * @param ret_value  the bucket's largest value, but not over the largest that came
 * @param ret_count  how many values are in it
 * @return false when there are no more
 */
bool histogram_next(
	const struct histogram *h, uint32_t *at, uint64_t *ret_value, uint64_t *ret_count);
