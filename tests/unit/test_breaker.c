#include "check.h"

#include "engine/breaker.h"
#include "engine/halt.h"

static struct random random_source = {1};

static void five_rows_in_a_row_open_it(void **state)
{
	struct breaker b;

	breaker_init(&b);
	for (uint64_t row = 1; row <= 4; row++)
		breaker_failure(&b, 0, row, &random_source);
	assert_false(b.open);
	breaker_failure(&b, 7 * SEC, 5, &random_source);
	assert_true(b.open);
	assert_int_equal(b.opened_at, 7 * SEC);
}

/* A poison row fails as often as it likes. */
static void one_row_alone_never_opens_it(void **state)
{
	struct breaker b;

	breaker_init(&b);
	for (int i = 0; i < 100; i++)
		breaker_failure(&b, i, 1 + i % 4, &random_source);
	assert_false(b.open);
}

static void any_good_answer_breaks_the_streak(void **state)
{
	struct breaker b;

	breaker_init(&b);
	for (uint64_t row = 1; row < 100; row++) {
		breaker_failure(&b, 0, row, &random_source);
		if (row % 4 == 0)
			breaker_success(&b);
	}
	assert_false(b.open);
}

static struct breaker opened(void)
{
	struct breaker b;

	breaker_init(&b);
	for (uint64_t row = 1; row <= 5; row++)
		breaker_failure(&b, 0, row, &random_source);
	return b;
}

static void probes_wait_a_quarter_of_the_outage(void **state)
{
	struct breaker b = opened();

	assert_in_range(b.probe_at, 125 * MS, 250 * MS);
	breaker_looked(&b, 40 * SEC, false, &random_source);
	assert_in_range(b.probe_at, 45 * SEC, 50 * SEC);
	breaker_failure(&b, 1000 * SEC, 9, &random_source);
	assert_in_range(b.probe_at, 1015 * SEC, 1030 * SEC);
	assert_int_equal(b.opened_at, 0); /* still the same outage */
}

static void a_look_that_is_answered_lets_the_next_one_go(void **state)
{
	struct breaker b = opened();
	nsec_t at = b.probe_at;

	assert_false(b.reads);
	breaker_looked(&b, SEC, true, &random_source);
	assert_true(b.open && b.reads);
	assert_int_equal(b.probe_at, at); /* for a create nothing has changed */
	breaker_looked(&b, 2 * SEC, false, &random_source);
	assert_false(b.reads);
	assert_in_range(b.probe_at, 2 * SEC + 250 * MS, 2 * SEC + 500 * MS);
}

static void a_good_answer_closes_it(void **state)
{
	struct breaker b = opened();

	breaker_success(&b);
	assert_false(b.open);
	assert_int_equal(b.streak_len, 0);
}

static void halt_counts_failures(void **state)
{
	struct halt h;

	halt_init(&h, 3, false);
	assert_false(halt_count(&h, true));
	assert_false(halt_count(&h, false));
	assert_false(halt_count(&h, true));
	assert_true(halt_count(&h, true));
}

static void halt_by_percent_says_nothing_before_a_hundred_rows(void **state)
{
	struct halt h;

	halt_init(&h, 10, true);
	for (int i = 0; i < 99; i++)
		assert_false(halt_count(&h, true));
	assert_true(halt_count(&h, true));
}

static void halt_by_percent_is_of_finished_rows(void **state)
{
	struct halt h;

	halt_init(&h, 10, true);
	for (int i = 0; i < 1000; i++)
		assert_false(halt_count(&h, i % 11 == 10));
}

static void never_is_never(void **state)
{
	struct halt h;

	halt_init(&h, 0, false);
	for (int i = 0; i < 1000; i++)
		assert_false(halt_count(&h, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_rows_in_a_row_open_it),
		cmocka_unit_test(one_row_alone_never_opens_it),
		cmocka_unit_test(any_good_answer_breaks_the_streak),
		cmocka_unit_test(probes_wait_a_quarter_of_the_outage),
		cmocka_unit_test(a_look_that_is_answered_lets_the_next_one_go),
		cmocka_unit_test(a_good_answer_closes_it),
		cmocka_unit_test(halt_counts_failures),
		cmocka_unit_test(halt_by_percent_says_nothing_before_a_hundred_rows),
		cmocka_unit_test(halt_by_percent_is_of_finished_rows),
		cmocka_unit_test(never_is_never),
	};
	return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
