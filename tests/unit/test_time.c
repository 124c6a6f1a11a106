#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

static void a_sum_stays_at_never(void **state)
{
	assert_true(nsec_add(1, 2) == 3);
	assert_true(nsec_add(NSEC_NEVER, 0) == NSEC_NEVER);
	assert_true(nsec_add(NSEC_NEVER, SEC) == NSEC_NEVER);
	assert_true(nsec_add(NSEC_NEVER - 5, 5) == NSEC_NEVER);
	assert_true(nsec_add(NSEC_NEVER - 5, 6) == NSEC_NEVER);
	assert_true(nsec_add(NSEC_NEVER - 5, 4) == NSEC_NEVER - 1);
}

static void assert_duration(const char *text, nsec_t expected)
{
	nsec_t d = -7;

	assert_int_equal(duration_parse(text, &d), 0);
	assert_true(d == expected);
}

static void durations_are_read_as_users_write_them(void **state)
{
	assert_duration("250ms", 250 * MS);
	assert_duration("2s", 2 * SEC);
	assert_duration("15m", 900 * SEC);
	assert_duration("1h", 3600 * SEC);
	assert_duration("0s", 0);
	assert_duration("007s", 7 * SEC);
	assert_duration("1.5s", 1500 * MS);
	assert_duration("0.5h", 1800 * SEC);
	assert_duration("1.000001ms", MS + 1);
	assert_duration("1.0000000000000s", SEC);
	assert_duration("87600h", 10 * 365 * 24 * 3600 * SEC);
}

static void what_is_no_duration_is_refused(void **state)
{
	static const char *const bad[] = {"", "s", "1", "1.5", ".5s", "1.s", "-1s", "+1s", " 1s",
		"1s ", "1 s", "1S", "1sec", "1.2.3s", "1,5s", "1d", "1us", "1e3s", "0x1s", "1ss",
		"1m30s", "0.0000001ms", "99999999999999999999999"};
	nsec_t d = -7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(duration_parse(bad[i], &d), -EINVAL);
	assert_true(d == -7);
}

static void more_than_ten_years_is_out_of_range(void **state)
{
	nsec_t d = -7;

	assert_int_equal(duration_parse("87600.1h", &d), -ERANGE);
	assert_int_equal(duration_parse("87601h", &d), -ERANGE);
	assert_int_equal(duration_parse("99999999999999999999999999s", &d), -ERANGE);
	assert_int_equal(
		duration_parse("18446744073709551617s", &d), -ERANGE); /* 1 s too, modulo 2^64 */
	assert_true(d == -7);
}

static void assert_written(nsec_t d, const char *expected)
{
	char text[48];

	duration_format(d, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void durations_are_written_in_the_largest_unit_that_fits(void **state)
{
	assert_written(0, "0s");
	assert_written(1, "0.000001ms");
	assert_written(100 * MS, "100ms");
	assert_written(250 * MS, "250ms");
	assert_written(1500 * MS, "1.5s");
	assert_written(60 * SEC, "1m");
	assert_written(90 * SEC, "90s");
	assert_written(150 * SEC, "150s");
	assert_written(5400 * SEC, "90m");
	assert_written(3600 * SEC, "1h");
	assert_written(SEC + 1, "1.000000001s");
	assert_written(123456 * MS, "123.456s");
	assert_written(61 * SEC, "61s");
	assert_written(25 * 3600 * SEC, "25h");
	assert_written(NSEC_NEVER, "never");
	assert_written(NSEC_NONE, "none");
}

static void what_is_written_reads_back_the_same(void **state)
{
	nsec_t d = 1;

	for (int i = 0; i < 100000; i++) {
		char text[48];
		nsec_t back = -7;

		d = (nsec_t)((uint64_t)d * 6364136223846793005u + 1442695040888963407u) &
		    (((nsec_t)1 << (i % 58)) - 1);
		duration_format(d, text, sizeof(text));
		assert_int_equal(duration_parse(text, &back), 0);
		assert_true(back == d);
	}
}

static void a_short_array_cuts_a_duration(void **state)
{
	char text[4];

	duration_format(123456 * MS, text, sizeof(text));
	assert_string_equal(text, "123");
}

static void assert_moment(int64_t wall_ms, const char *expected)
{
	char text[RFC3339_SIZE];

	rfc3339_format(wall_ms, text);
	assert_string_equal(text, expected);
}

static void moments_are_written_as_rfc_3339(void **state)
{
	assert_moment(0, "1970-01-01T00:00:00.000Z");
	assert_moment(-1, "1969-12-31T23:59:59.999Z");
	assert_moment(INT64_C(1795550078123), "2026-11-24T19:54:38.123Z");
	assert_moment(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
	assert_moment(INT64_C(4107542400000), "2100-03-01T00:00:00.000Z");
}

/* A clock that was never set, or a field of a broken answer, stays 24 bytes. */
static void moments_beyond_four_digits_are_held_at_the_edge(void **state)
{
	assert_moment(INT64_MAX, "9999-12-31T23:59:59.999Z");
	assert_moment(INT64_MIN, "0000-01-01T00:00:00.000Z");
}

/* The C library is the judge; only the tests may ask it. */
static void four_thousand_years_agree_with_the_c_library(void **state)
{
	for (int64_t s = INT64_C(-30000000000); s < INT64_C(95000000000); s += 86399 * 13) {
		char text[RFC3339_SIZE], expected[64];
		time_t t = (time_t)s;
		int64_t back = 0;
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.007Z", &tm);
		rfc3339_format(s * 1000 + 7, text);
		assert_string_equal(text, expected);
		strftime(expected, sizeof(expected), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_int_equal(http_date_parse(expected, &back), 0);
		assert_true(back == s * 1000);
		strftime(expected, sizeof(expected), "%a %b %e %H:%M:%S %Y", &tm);
		assert_int_equal(http_date_parse(expected, &back), 0);
		assert_true(back == s * 1000);
	}
}

static void the_three_forms_of_an_http_date_say_the_same(void **state)
{
	static const char *const forms[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"};

	for (size_t i = 0; i < 3; i++) {
		int64_t ms = 0;

		assert_int_equal(http_date_parse(forms[i], &ms), 0);
		assert_true(ms == INT64_C(784111777000));
	}
}

static void a_short_year_is_of_our_time(void **state)
{
	int64_t a = 0, b = 0;

	http_date_parse("Tuesday, 24-Nov-26 19:54:38 GMT", &a);
	http_date_parse("Tue, 24 Nov 2026 19:54:38 GMT", &b);
	assert_true(a == b && a > 0);
	http_date_parse("Thursday, 01-Jan-70 00:00:00 GMT", &a);
	assert_true(a == 0);
}

static void a_leap_second_is_taken(void **state)
{
	int64_t a = 0, b = 0;

	assert_int_equal(http_date_parse("Sat, 31 Dec 2016 23:59:60 GMT", &a), 0);
	assert_int_equal(http_date_parse("Sun, 01 Jan 2017 00:00:00 GMT", &b), 0);
	assert_true(a == b);
}

static void what_is_no_http_date_is_refused(void **state)
{
	static const char *const bad[] = {"", "120", "Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 6 Nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 2100 08:49:37 GMT",
		"Sun, 06 Nov 94 08:49:37 GMT", "sun, 06 nov 1994 08:49:37 gmt",
		"Sun, 06 Nov 1994 08:49", "Sun, -6 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z", "Sun Nov 6 08:49:37 1994"};
	int64_t ms = -7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(http_date_parse(bad[i], &ms), -EINVAL);
	assert_true(ms == -7);
	assert_int_equal(http_date_parse("Tue, 29 Feb 2000 08:49:37 GMT", &ms), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_stays_at_never),
		cmocka_unit_test(durations_are_read_as_users_write_them),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(more_than_ten_years_is_out_of_range),
		cmocka_unit_test(durations_are_written_in_the_largest_unit_that_fits),
		cmocka_unit_test(what_is_written_reads_back_the_same),
		cmocka_unit_test(a_short_array_cuts_a_duration),
		cmocka_unit_test(moments_are_written_as_rfc_3339),
		cmocka_unit_test(moments_beyond_four_digits_are_held_at_the_edge),
		cmocka_unit_test(four_thousand_years_agree_with_the_c_library),
		cmocka_unit_test(the_three_forms_of_an_http_date_say_the_same),
		cmocka_unit_test(a_short_year_is_of_our_time),
		cmocka_unit_test(a_leap_second_is_taken),
		cmocka_unit_test(what_is_no_http_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
