#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "sys/clock.h"

static void the_monotonic_clock_never_goes_back(void **state)
{
	nsec_t last = clock_monotonic();

	assert_true(last > 0);
	for (int i = 0; i < 100000; i++) {
		nsec_t now = clock_monotonic();

		assert_true(now >= last);
		last = now;
	}
}

static void it_is_the_clock_that_libuv_reads(void **state)
{
	nsec_t before = clock_monotonic(), after;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	after = clock_monotonic();
	assert_true(before <= t.tv_sec * SEC + t.tv_nsec && t.tv_sec * SEC + t.tv_nsec <= after);
}

static void wall_time_is_in_milliseconds_of_utc(void **state)
{
	int64_t before = (int64_t)time(NULL) * 1000 - 1000, now = clock_wall_ms();

	assert_true(now >= before && now <= before + 3600 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(it_is_the_clock_that_libuv_reads),
		cmocka_unit_test(wall_time_is_in_milliseconds_of_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
