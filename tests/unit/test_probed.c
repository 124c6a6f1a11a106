/* One try a login, however many rows share it. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "run/probed.h"

#define A "https://dev1.service-now.com"

static struct probed_login take(struct probed *p, const char *endpoint, const char *user,
	const char *password, uint64_t row)
{
	struct probed_login l;

	memset(&l, 0xaa, sizeof(l));
	assert_int_equal(probed_take(p, endpoint, user, password, row, &l), 0);
	return l;
}

static void the_first_row_asks_and_later_ones_share(void **state)
{
	struct probed p;
	struct probed_login l;

	assert_int_equal(probed_init(&p), 0);
	l = take(&p, A, "user", "pass-1", 1);
	assert_int_equal(l.turn, PROBED_ASKS);
	assert_int_equal(l.row, 1);
	assert_false(l.told);
	l = take(&p, A, "user", "pass-1", 2);
	assert_int_equal(l.turn, PROBED_SHARES);
	assert_int_equal(l.row, 1);
	assert_false(l.told);
	assert_int_equal(take(&p, A, "other", "pass-1", 3).turn, PROBED_ASKS);
	assert_int_equal(
		take(&p, "https://dev2.service-now.com", "user", "pass-1", 4).turn, PROBED_ASKS);
	probed_done(&p);
}

/* A file may be read a second time. */
static void a_row_that_asks_again_still_asks(void **state)
{
	struct probed p;

	assert_int_equal(probed_init(&p), 0);
	take(&p, A, "user", "pass-1", 7);
	assert_int_equal(take(&p, A, "user", "pass-1", 7).turn, PROBED_ASKS);
	assert_int_equal(take(&p, A, "user", "pass-1", 8).turn, PROBED_SHARES);
	probed_done(&p);
}

static void another_password_is_neither_tried_nor_shared(void **state)
{
	const struct servicenow_verdict good = {.result = SERVICENOW_LOGIN_OK};
	struct probed p;
	struct probed_login l;

	assert_int_equal(probed_init(&p), 0);
	take(&p, A, "user", "pass-1", 1);
	assert_int_equal(probed_tell(&p, A, "user", &good), 0);
	l = take(&p, A, "user", "pass-2", 2);
	assert_int_equal(l.turn, PROBED_OTHER_PASSWORD);
	assert_int_equal(l.row, 1);
	assert_int_equal(take(&p, A, "user", "pass-1", 3).turn, PROBED_SHARES);
	probed_done(&p);
}

static void one_instance_may_be_written_in_several_ways(void **state)
{
	static const char *const same[] = {
		"HTTPS://DEV1.service-now.com", A "/", A ":443", A ":0443/"};
	static const char *const others[] = {
		A ":8443", "http://dev1.service-now.com", "https://dev1.service-now.co"};
	struct probed p;

	assert_int_equal(probed_init(&p), 0);
	take(&p, A, "user", "p", 1);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_int_equal(take(&p, same[i], "user", "p", 2 + i).turn, PROBED_SHARES);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(take(&p, others[i], "user", "p", 10 + i).turn, PROBED_ASKS);
	/* The user's name is told as it is. */
	assert_int_equal(take(&p, A, "User", "p", 20).turn, PROBED_ASKS);
	probed_done(&p);
}

static void a_verdict_comes_back_as_it_was_told(void **state)
{
	const struct servicenow_verdict told[] = {
		{.result = SERVICENOW_LOGIN_OK, .status = 200},
		{.result = SERVICENOW_RATE_LIMITED,
			.status = 429,
			.until_ms = INT64_C(1795552200000)},
		{.result = SERVICENOW_CERTIFICATE, .detail = SERVICENOW_EXPIRED},
		{.result = SERVICENOW_STOPPED},
		{.result = SERVICENOW_UNSENDABLE, .detail = SERVICENOW_CONTROL},
	};
	struct probed p;

	assert_int_equal(probed_init(&p), 0);
	take(&p, A, "user", "p", 1);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct probed_login l;

		assert_int_equal(probed_tell(&p, A "/", "user", &told[i]), 0);
		l = take(&p, A, "user", "p", 2);
		assert_true(l.told);
		assert_int_equal(l.verdict.result, told[i].result);
		assert_int_equal(l.verdict.detail, told[i].detail);
		assert_int_equal(l.verdict.status, told[i].status);
		assert_true(l.verdict.until_ms == told[i].until_ms);
	}
	probed_done(&p);
}

static void a_closed_instance_is_so_for_all_its_logins(void **state)
{
	const struct servicenow_verdict limited = {
		.result = SERVICENOW_RATE_LIMITED, .until_ms = INT64_C(1795552200000)};
	const struct servicenow_verdict gone = {.result = SERVICENOW_DNS};
	struct servicenow_verdict v;
	struct probed p;

	assert_int_equal(probed_init(&p), 0);
	assert_int_equal(probed_closed(&p, A, &v), 0);
	assert_int_equal(probed_close(&p, A "/", &limited), 0);
	assert_int_equal(probed_closed(&p, "HTTPS://dev1.SERVICE-now.com", &v), 1);
	assert_int_equal(v.result, SERVICENOW_RATE_LIMITED);
	assert_true(v.until_ms == limited.until_ms);
	assert_int_equal(probed_closed(&p, "https://dev2.service-now.com", &v), 0);
	assert_int_equal(probed_close(&p, A, &gone), 0);
	assert_int_equal(probed_closed(&p, A, &v), 1);
	assert_int_equal(v.result, SERVICENOW_DNS);
	/* It is no login, whatever that is called. */
	assert_int_equal(take(&p, A, "", "", 5).turn, PROBED_ASKS);
	assert_false(take(&p, A, "user", "p", 6).told);
	probed_done(&p);
}

static void many_instances_are_closed(void **state)
{
	const struct servicenow_verdict gone = {.result = SERVICENOW_DNS};
	struct servicenow_verdict v;
	struct probed p;
	char endpoint[64];

	assert_int_equal(probed_init(&p), 0);
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(endpoint, sizeof(endpoint), "https://i%u.example", i);
		assert_int_equal(probed_close(&p, endpoint, &gone), 0);
	}
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(endpoint, sizeof(endpoint), "https://i%u.example", i);
		assert_int_equal(probed_closed(&p, endpoint, &v), 1);
	}
	probed_done(&p);
}

static void what_32_bits_do_not_hold_is_the_most_they_do(void **state)
{
	const struct servicenow_verdict far = {
		.result = SERVICENOW_RATE_LIMITED, .until_ms = INT64_C(253402300799000)};
	struct probed p;
	struct probed_login l;

	assert_int_equal(probed_init(&p), 0);
	assert_int_equal(take(&p, A, "user", "p", UINT64_MAX).row, UINT32_MAX);
	probed_tell(&p, A, "user", &far);
	l = take(&p, A, "user", "p", 1);
	assert_int_equal(l.turn, PROBED_SHARES);
	assert_true(l.verdict.until_ms == (int64_t)UINT32_MAX * 1000);
	probed_done(&p);
}

static void many_logins_are_all_remembered(void **state)
{
	enum { LOGINS = 50000 };
	struct probed p;
	char user[32];

	assert_int_equal(probed_init(&p), 0);
	for (unsigned i = 1; i <= LOGINS; i++) {
		const struct servicenow_verdict v = {
			.result = SERVICENOW_LOGIN_OK, .status = (int)(i % 600)};

		snprintf(user, sizeof(user), "user %u", i);
		assert_int_equal(take(&p, A, user, user, i).turn, PROBED_ASKS);
		assert_int_equal(probed_tell(&p, A, user, &v), 0);
	}
	for (unsigned i = 1; i <= LOGINS; i++) {
		struct probed_login l;

		snprintf(user, sizeof(user), "user %u", i);
		l = take(&p, A, user, user, LOGINS + i);
		assert_int_equal(l.turn, PROBED_SHARES);
		assert_int_equal(l.row, i);
		assert_int_equal(l.verdict.status, i % 600);
	}
	probed_done(&p);
	probed_done(&(struct probed){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_row_asks_and_later_ones_share),
		cmocka_unit_test(a_row_that_asks_again_still_asks),
		cmocka_unit_test(another_password_is_neither_tried_nor_shared),
		cmocka_unit_test(one_instance_may_be_written_in_several_ways),
		cmocka_unit_test(a_verdict_comes_back_as_it_was_told),
		cmocka_unit_test(a_closed_instance_is_so_for_all_its_logins),
		cmocka_unit_test(many_instances_are_closed),
		cmocka_unit_test(what_32_bits_do_not_hold_is_the_most_they_do),
		cmocka_unit_test(many_logins_are_all_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
