#include "check.h"

#include "run/bench_schedule.h"

/* When the `count`th arrival comes. */
static nsec_t nth(double rate, uint64_t count)
{
	struct bench_schedule s;
	nsec_t at = 0;

	bench_schedule_init(&s, rate, false, 0);
	for (uint64_t i = 0; i < count; i++)
		at = bench_schedule_next(&s);
	return at;
}

static void constant_arrivals_come_at_equal_intervals_from_the_first_moment(void **state)
{
	assert_int_equal(nth(4, 1), 0);
	assert_int_equal(nth(4, 2), 250 * MS);
	assert_int_equal(nth(4, 5), SEC);
	assert_int_equal(nth(1.0 / 60, 3), 120 * SEC);
}

/* An interval of 1/3 ms rounded once and added ten million times would be 3 s off. */
static void no_error_adds_up(void **state)
{
	assert_in_range(nth(3000, 3000 * 3600 + 1), 3600 * SEC - 1, 3600 * SEC + 1);
}

static void so_many_come_in_a_while_as_the_rate_says(void **state)
{
	static const double rates[] = {1, 7, 200, 333.3, 5000, 100000};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct bench_schedule s;
		uint64_t count = 0;

		bench_schedule_init(&s, rates[i], false, 0);
		while (bench_schedule_next(&s) < 10 * SEC)
			count++;
		assert_in_range(count, (uint64_t)(10 * rates[i]), (uint64_t)(10 * rates[i]) + 1);
	}
}

static void random_arrivals_have_the_rate_and_the_spread(void **state)
{
	struct bench_schedule s;
	nsec_t last = 0, at;
	uint64_t count = 0, short_ones = 0;

	bench_schedule_init(&s, 1000, true, 42);
	while ((at = bench_schedule_next(&s)) < 100 * SEC) {
		assert_true(at >= last);
		short_ones += at - last < MS;
		last = at;
		count++;
	}
	assert_in_range(count, 99000, 101000);
	/* Of an exponential distribution 63.2 % are below the mean. */
	assert_in_range(short_ones, count * 62 / 100, count * 64 / 100);
}

static void a_seed_gives_its_schedule_again(void **state)
{
	struct bench_schedule a, b, c;
	int differ = 0;

	bench_schedule_init(&a, 50, true, 1);
	bench_schedule_init(&b, 50, true, 1);
	bench_schedule_init(&c, 50, true, 2);
	for (int i = 0; i < 1000; i++) {
		nsec_t at = bench_schedule_next(&a);

		assert_int_equal(at, bench_schedule_next(&b));
		differ += at != bench_schedule_next(&c);
	}
	assert_true(differ > 990);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constant_arrivals_come_at_equal_intervals_from_the_first_moment),
		cmocka_unit_test(no_error_adds_up),
		cmocka_unit_test(so_many_come_in_a_while_as_the_rate_says),
		cmocka_unit_test(random_arrivals_have_the_rate_and_the_spread),
		cmocka_unit_test(a_seed_gives_its_schedule_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
