#include "check.h"

#include "engine/window.h"

/* One round trip: everything that the window holds is answered well. */
static void round_trip(struct window *w, nsec_t now)
{
	for (uint32_t n = window_size(w); n > 0; n--)
		window_success(w, now);
}

static struct window grown_to(uint32_t size, uint32_t max)
{
	struct window w;

	window_init(&w, max);
	while (window_size(&w) < size)
		window_success(&w, 0);
	return w;
}

static void it_starts_at_one_and_doubles_each_round_trip(void **state)
{
	static const uint32_t sizes[] = {1, 2, 4, 8, 16, 16};
	struct window w;

	window_init(&w, 16);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(window_size(&w), sizes[i]);
		round_trip(&w, i * SEC);
	}
}

static void it_never_exceeds_its_maximum(void **state)
{
	struct window w = grown_to(5, 5);

	for (int i = 0; i < 1000; i++)
		window_success(&w, 0);
	assert_int_equal(window_size(&w), 5);
}

static void throttling_shrinks_it_to_seven_tenths(void **state)
{
	struct window w = grown_to(20, 20);

	window_trouble(&w, 2 * SEC, 1 * SEC);
	assert_int_equal(window_size(&w), 14);
}

/* Twenty requests of the old window are refused: that is one sign, not twenty. */
static void it_shrinks_once_a_round_trip(void **state)
{
	struct window w = grown_to(20, 20);

	for (int i = 0; i < 20; i++)
		window_trouble(&w, 2 * SEC + i, 1 * SEC);
	assert_int_equal(window_size(&w), 14);
	window_trouble(&w, 4 * SEC, 3 * SEC); /* sent after the cut */
	assert_int_equal(window_size(&w), 9);
}

static void after_trouble_it_grows_by_one_per_window(void **state)
{
	struct window w = grown_to(20, 20);

	window_trouble(&w, 2 * SEC, 1 * SEC);
	for (int trips = 0; trips < 3; trips++) {
		uint32_t before = window_size(&w);

		round_trip(&w, 3 * SEC);
		round_trip(&w, 3 * SEC);
		assert_in_range(window_size(&w), before + 1, before + 2);
	}
}

static void it_never_falls_below_one(void **state)
{
	struct window w = grown_to(2, 16);

	for (int i = 1; i < 50; i++)
		window_trouble(&w, 2 * i, 2 * i - 1);
	assert_int_equal(window_size(&w), 1);
}

/* One row that always answers 500 among twenty is its own problem. */
static void a_lone_5xx_slows_nobody(void **state)
{
	struct window w = grown_to(20, 20);

	for (int trip = 1; trip < 50; trip++) {
		window_overload(&w, trip * SEC, trip * SEC - 1);
		for (int i = 0; i < 19; i++)
			window_success(&w, trip * SEC);
	}
	assert_int_equal(window_size(&w), 20);
}

static void more_than_a_fifth_of_5xx_shrinks_it(void **state)
{
	struct window w = grown_to(20, 20);

	for (int i = 0; i < 40; i++) {
		if (i % 3 == 0)
			window_overload(&w, 2 * SEC, 1 * SEC);
		else
			window_success(&w, 2 * SEC);
	}
	assert_in_range(window_size(&w), 13, 16);
}

static void after_a_pause_it_begins_at_one_again(void **state)
{
	struct window w = grown_to(16, 16);

	window_trouble(&w, 2 * SEC, 1 * SEC);
	window_restart(&w);
	assert_int_equal(window_size(&w), 1);
	round_trip(&w, 3 * SEC);
	round_trip(&w, 3 * SEC);
	assert_int_equal(window_size(&w), 4);
}

static void where_nothing_is_to_be_learnt_it_is_open_from_the_start(void **state)
{
	struct window w;

	window_init(&w, 16);
	window_open(&w);
	assert_int_equal(window_size(&w), 16);
	round_trip(&w, 1 * SEC);
	assert_int_equal(window_size(&w), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_starts_at_one_and_doubles_each_round_trip),
		cmocka_unit_test(it_never_exceeds_its_maximum),
		cmocka_unit_test(throttling_shrinks_it_to_seven_tenths),
		cmocka_unit_test(it_shrinks_once_a_round_trip),
		cmocka_unit_test(after_trouble_it_grows_by_one_per_window),
		cmocka_unit_test(it_never_falls_below_one),
		cmocka_unit_test(a_lone_5xx_slows_nobody),
		cmocka_unit_test(more_than_a_fifth_of_5xx_shrinks_it),
		cmocka_unit_test(after_a_pause_it_begins_at_one_again),
		cmocka_unit_test(where_nothing_is_to_be_learnt_it_is_open_from_the_start),
	};
	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
