#include "check.h"

#include "engine/gcra.h"

/* Ten a second, three at once: the fourth waits for the schedule. */
static void burst_is_spent_then_the_rate_holds(void **state)
{
	struct gcra g;

	gcra_init(&g, 100 * MS, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(gcra_take(&g, 0), 0);
	assert_int_equal(gcra_take(&g, 0), 100 * MS);
	assert_int_equal(gcra_take(&g, 100 * MS), 0);
	assert_int_equal(gcra_take(&g, 100 * MS), 100 * MS);
}

static void a_refusal_costs_nothing(void **state)
{
	struct gcra g;

	gcra_init(&g, 1 * SEC, 1);
	assert_int_equal(gcra_take(&g, 5 * SEC), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(gcra_take(&g, 5 * SEC), 1 * SEC);
	assert_int_equal(gcra_ready_at(&g), 6 * SEC);
	assert_int_equal(gcra_take(&g, 6 * SEC), 0);
}

static void idle_time_is_saved_up_to_the_burst_and_no_further(void **state)
{
	struct gcra g;
	int left = 0;

	gcra_init(&g, 10 * MS, 5);
	while (gcra_take(&g, 3600 * SEC) == 0)
		left++;
	assert_int_equal(left, 5);
}

/* Whoever asks as often as he can gets burst + rate × t, never more. */
static void no_stretch_of_time_holds_more_than_burst_and_rate(void **state)
{
	nsec_t sent[2000];
	size_t count = 0;
	struct gcra g;

	gcra_init(&g, 7 * MS, 4);
	for (nsec_t now = 0; count < 2000; now += 1 * MS + now % 3)
		while (count < 2000 && gcra_take(&g, now) == 0)
			sent[count++] = now;
	for (size_t i = 0; i < count; i++)
		for (size_t j = i; j < count; j++)
			assert_true((nsec_t)(j - i + 1) <= 4 + (sent[j] - sent[i]) / (7 * MS) + 1);
	/* and it is reached: one request every interval in the long run */
	assert_true(sent[count - 1] <= 7 * MS * 2000);
}

/* One a day and a million at once: their product is more than a time can hold. */
static void a_burst_of_centuries_is_still_a_burst(void **state)
{
	struct gcra g;
	int left = 0;

	gcra_init(&g, 24 * 3600 * SEC, 1000000);
	while (left < 1000000 && gcra_take(&g, 5 * SEC) == 0)
		left++;
	assert_in_range(left, 10000, 1000000);
}

static void without_a_rate_everything_leaves(void **state)
{
	struct gcra g;

	gcra_init(&g, 0, 1);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(gcra_take(&g, 42), 0);
	assert_true(gcra_ready_at(&g) <= 42);
}

static void default_burst_is_ten_milliseconds_of_the_rate_and_at_least_two(void **state)
{
	assert_int_equal(gcra_default_burst(1 * SEC), 2);
	assert_int_equal(gcra_default_burst(5 * MS), 2);
	assert_int_equal(gcra_default_burst(200 * USEC), 50);
	assert_int_equal(gcra_default_burst(0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_is_spent_then_the_rate_holds),
		cmocka_unit_test(a_refusal_costs_nothing),
		cmocka_unit_test(idle_time_is_saved_up_to_the_burst_and_no_further),
		cmocka_unit_test(no_stretch_of_time_holds_more_than_burst_and_rate),
		cmocka_unit_test(a_burst_of_centuries_is_still_a_burst),
		cmocka_unit_test(without_a_rate_everything_leaves),
		cmocka_unit_test(default_burst_is_ten_milliseconds_of_the_rate_and_at_least_two),
	};
	return cmocka_run_group_tests_name("gcra", tests, NULL, NULL);
}
