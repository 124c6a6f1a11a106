#include "check.h"

#include <stdlib.h>

#include "base/histogram.h"
#include "base/macros.h"

#define VALUES 200000

/* SplitMix64, of a seed: the same values each time. */
static uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static struct histogram *empty(void)
{
	struct histogram *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	return h;
}

/* Spread evenly over nine decades and the digits within each. */
static uint64_t of_nine_decades(uint64_t *state)
{
	uint64_t value = 1 + random_next(state) % 9;

	for (uint64_t decade = random_next(state) % 10; decade > 1; decade--)
		value = value * 10 + random_next(state) % 10;
	return value;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void assert_close(uint64_t told, uint64_t exact)
{
	assert_true(told >= exact);
	assert_true((double)(told - exact) < 0.01 * (double)exact || told == exact);
}

static void every_percentile_is_within_one_percent_over_nine_decades(void **state)
{
	static const double percents[] = {0, 1, 10, 50, 90, 99, 99.9, 99.99, 100};
	uint64_t *values = calloc(VALUES, sizeof(*values)), seed = 7;
	struct histogram *h = empty();

	assert_non_null(values);
	for (size_t i = 0; i < VALUES; i++)
		histogram_record(h, values[i] = of_nine_decades(&seed));
	qsort(values, VALUES, sizeof(*values), compare);
	assert_true(values[0] < 10 && values[VALUES - 1] > 900000000);
	for (size_t i = 0; i < ARRAY_SIZE(percents); i++) {
		size_t rank = (size_t)(percents[i] / 100 * VALUES + 0.5);

		assert_close(histogram_at(h, percents[i]), values[rank > 0 ? rank - 1 : 0]);
	}
	free(values);
	free(h);
}

/* Also the largest that there is. */
static void one_value_is_told_exactly(void **state)
{
	for (uint32_t bit = 0; bit < 64; bit++)
		for (int64_t beside = -1; beside <= 1; beside++) {
			uint64_t value = ((uint64_t)1 << bit) + (uint64_t)beside;
			struct histogram *h = empty();

			histogram_record(h, value);
			assert_true(histogram_at(h, 50) == value);
			assert_true(h->max == value);
			free(h);
		}
}

/* A larger one beside it, so that the edge of its bucket is told and not the largest. */
static void a_value_below_another_is_within_one_percent(void **state)
{
	uint64_t seed = 11;

	for (int i = 0; i < 2000; i++) {
		uint64_t value = random_next(&seed) >> (1 + random_next(&seed) % 63);
		struct histogram *h = empty();

		histogram_record(h, value);
		histogram_record(h, UINT64_MAX);
		assert_close(histogram_at(h, 50), value);
		free(h);
	}
}

static void what_is_below_256_is_exact(void **state)
{
	struct histogram *h = empty();

	for (uint64_t v = 0; v < 256; v++)
		histogram_record(h, v);
	for (uint64_t v = 0; v < 256; v++)
		assert_int_equal(histogram_at(h, (double)(v + 1) / 256 * 100), v);
	free(h);
}

static void a_rank_is_not_rounded_down(void **state)
{
	struct histogram *h = empty();

	for (uint64_t v = 1; v <= 10; v++)
		histogram_record(h, v);
	assert_int_equal(histogram_at(h, 90), 9);
	assert_int_equal(histogram_at(h, 90.1), 10);
	assert_int_equal(histogram_at(h, 99.99), 10);
	free(h);
}

static void two_merged_are_as_one(void **state)
{
	struct histogram *a = empty(), *b = empty(), *all = empty();
	uint64_t seed = 3;

	for (size_t i = 0; i < 5000; i++) {
		uint64_t v = of_nine_decades(&seed);

		histogram_record(i % 3 ? a : b, v);
		histogram_record(all, v);
	}
	histogram_merge(a, b);
	assert_memory_equal(a->counts, all->counts, sizeof(all->counts));
	assert_int_equal(a->count, all->count);
	assert_true(a->max == all->max);
	assert_true(histogram_mean(a) > 0.999999 * histogram_mean(all) &&
		    histogram_mean(a) < 1.000001 * histogram_mean(all));
	free(a);
	free(b);
	free(all);
}

static void buckets_come_in_order_and_hold_all(void **state)
{
	struct histogram *h = empty();
	uint64_t seed = 5, value, count, before = 0, sum = 0, above = 0;
	uint32_t at = 0;

	for (size_t i = 0; i < 5000; i++)
		histogram_record(h, of_nine_decades(&seed));
	for (bool first = true; histogram_next(h, &at, &value, &count); first = false) {
		assert_true(first || value > before);
		above += value > 1000000 ? count : 0;
		before = value;
		sum += count;
	}
	assert_int_equal(sum, 5000);
	assert_true(before == h->max);
	assert_in_range(histogram_above(h, 1000000), above - above / 50, above);
	free(h);
}

static void an_empty_one_tells_nothing(void **state)
{
	struct histogram *h = empty();
	uint64_t value, count;
	uint32_t at = 0;

	assert_int_equal(histogram_at(h, 50), 0);
	assert_int_equal(histogram_above(h, 0), 0);
	assert_true(histogram_mean(h) == 0);
	assert_false(histogram_next(h, &at, &value, &count));
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_percentile_is_within_one_percent_over_nine_decades),
		cmocka_unit_test(one_value_is_told_exactly),
		cmocka_unit_test(a_value_below_another_is_within_one_percent),
		cmocka_unit_test(what_is_below_256_is_exact),
		cmocka_unit_test(a_rank_is_not_rounded_down),
		cmocka_unit_test(two_merged_are_as_one),
		cmocka_unit_test(buckets_come_in_order_and_hold_all),
		cmocka_unit_test(an_empty_one_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
