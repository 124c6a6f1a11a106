#include "check.h"

#include "engine/backoff.h"
#include "engine/random.h"

static void the_ceiling_doubles_until_thirty_seconds(void **state)
{
	assert_int_equal(backoff_ceiling(BACKOFF_THROTTLE, 0), 1 * SEC);
	assert_int_equal(backoff_ceiling(BACKOFF_THROTTLE, 3), 8 * SEC);
	assert_int_equal(backoff_ceiling(BACKOFF_THROTTLE, 5), 30 * SEC);
	assert_int_equal(backoff_ceiling(BACKOFF_THROTTLE, UINT32_MAX), 30 * SEC);
	assert_int_equal(backoff_ceiling(BACKOFF_NOT_SENT, 4), 800 * MS);
}

static void full_jitter_spreads_over_all_of_it(void **state)
{
	struct random r;
	nsec_t low = 30 * SEC, high = 0, sum = 0;

	random_init(&r, 1);
	for (int i = 0; i < 1000; i++) {
		nsec_t d = backoff_full(&r, 1 * SEC, 2);

		assert_in_range(d, 0, 4 * SEC);
		low = d < low ? d : low;
		high = d > high ? d : high;
		sum += d;
	}
	assert_true(low < 100 * MS && high > 3900 * MS);
	assert_in_range(sum / 1000, 1800 * MS, 2200 * MS);
}

static void equal_jitter_keeps_half(void **state)
{
	struct random r;

	random_init(&r, 2);
	for (int i = 0; i < 1000; i++)
		assert_in_range(backoff_equal(&r, 10 * SEC), 5 * SEC, 10 * SEC);
	assert_int_equal(backoff_equal(&r, 0), 0);
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
	struct random a, b, c;
	int same = 0;

	random_init(&a, 7);
	random_init(&b, 7);
	random_init(&c, 8);
	for (int i = 0; i < 100; i++) {
		uint64_t x = random_next(&a);

		assert_true(x == random_next(&b));
		same += x == random_next(&c);
	}
	assert_int_equal(same, 0);
}

/* Reference output of SplitMix64 for seed 0, as its authors publish it. */
static void splitmix64_is_the_published_one(void **state)
{
	struct random r;

	random_init(&r, 0);
	assert_true(random_next(&r) == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(random_next(&r) == UINT64_C(0x6e789e6aa1b965f4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ceiling_doubles_until_thirty_seconds),
		cmocka_unit_test(full_jitter_spreads_over_all_of_it),
		cmocka_unit_test(equal_jitter_keeps_half),
		cmocka_unit_test(the_same_seed_gives_the_same_numbers),
		cmocka_unit_test(splitmix64_is_the_published_one),
	};
	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
