#include "check.h"

#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "output/progress.h"

static const char *print(const struct progress *p, uint32_t columns)
{
	static char copy[256];
	AUTO(buf_done) struct buf b;

	buf_init(&b, sizeof(copy) - 1);
	assert_int_equal(progress_print(p, columns, &b), 0);
	strcpy(copy, b.data ? b.data : "");
	return copy;
}

static void a_wide_terminal_sees_everything(void **state)
{
	const struct progress p = {
		.rows_total = 10000,
		.rows_done = 2500,
		.rows_not_fine = 3,
		.in_flight = 8,
		.window = 16,
		.rows_per_s = 62.5,
		.paused_for = 12 * SEC,
	};

	assert_string_equal(print(&p, 120),
		"2500/10000 rows  25 %  paused for 12 s  3 not fine  62.5 rows/s  "
		"2 min 00 s left  8/16 in flight");
}

static void a_pipe_has_no_total_and_so_no_share_and_no_end(void **state)
{
	const struct progress p = {.rows_done = 1, .in_flight = 1, .window = 1, .rows_per_s = 0.5};

	assert_string_equal(print(&p, 80), "1 row  0.5 rows/s  1/1 in flight");
}

static void an_open_breaker_is_told_before_a_pause(void **state)
{
	const struct progress p = {.rows_done = 7, .paused_for = SEC, .breaker_open = true};

	assert_string_equal(print(&p, 40), "7 rows  server in trouble: probing");
}

/* At every width it fits, and what is there are whole pieces. */
static void it_is_never_wider_than_the_terminal(void **state)
{
	const struct progress p = {
		.rows_total = UINT64_MAX,
		.rows_done = UINT64_MAX / 2,
		.rows_not_fine = UINT64_MAX / 3,
		.in_flight = UINT32_MAX,
		.window = UINT32_MAX,
		.rows_per_s = 1e300,
		.breaker_open = true,
	};

	for (uint32_t columns = 0; columns < 500; columns++) {
		AUTO(buf_done) struct buf b;

		buf_init(&b, 4096);
		assert_int_equal(buf_append_str(&b, "\r"), 0);
		assert_int_equal(progress_print(&p, columns, &b), 0);
		assert_true(b.len - 1 <= columns);
		for (size_t i = 1; i < b.len; i++)
			assert_in_range(b.data[i], ' ', '~');
		assert_int_equal(strlen(b.data), b.len);
	}
}

static void what_does_not_fit_makes_room_for_what_does(void **state)
{
	const struct progress p = {
		.rows_total = 10, .rows_done = 5, .rows_not_fine = 1, .breaker_open = true};

	assert_string_equal(print(&p, 29), "5/10 rows  50 %  1 not fine");
	assert_string_equal(print(&p, 16), "5/10 rows  50 %");
	assert_string_equal(print(&p, 3), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wide_terminal_sees_everything),
		cmocka_unit_test(a_pipe_has_no_total_and_so_no_share_and_no_end),
		cmocka_unit_test(an_open_breaker_is_told_before_a_pause),
		cmocka_unit_test(it_is_never_wider_than_the_terminal),
		cmocka_unit_test(what_does_not_fit_makes_room_for_what_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
