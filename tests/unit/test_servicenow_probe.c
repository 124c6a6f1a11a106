/* The request that asks an instance whether a login works. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "servicenow/probe.h"

/* -------------------------------------------------------------------- URL */

static const char *url_of(struct buf *b, const char *endpoint, const char *table)
{
	buf_reset(b);
	assert_int_equal(servicenow_probe_url(b, endpoint, table), 0);
	return b->data;
}

static void one_record_and_only_its_id_is_asked_for(void **state)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 1000);
	assert_string_equal(url_of(&b, "https://dev1.service-now.com", "sys_user"),
		"https://dev1.service-now.com/api/now/table/sys_user"
		"?sysparm_limit=1&sysparm_fields=sys_id");
}

static void one_slash_at_the_end_of_an_endpoint_is_no_second_one(void **state)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 1000);
	assert_string_equal(url_of(&b, "http://[::1]:8080/", "u_x9"),
		"http://[::1]:8080/api/now/table/u_x9?sysparm_limit=1&sysparm_fields=sys_id");
}

static void a_url_that_has_no_room_is_told(void **state)
{
	struct buf b;

	buf_init(&b, 20);
	assert_true(servicenow_probe_url(&b, "https://a.example.com", "t") < 0);
	buf_done(&b);
}

static void a_table_has_letters_digits_and_underscores_only(void **state)
{
	static const char *const bad[] = {
		"", "a b", "a/b", "..", "a?b", "a%2f", "a-b", "a.b", "t\xc3\xa4", "a\n"};
	char name[SERVICENOW_TABLE_MAX + 2];

	assert_true(servicenow_table_valid("sys_user"));
	assert_true(servicenow_table_valid("U_9"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(servicenow_table_valid(bad[i]));

	memset(name, 'x', sizeof(name));
	name[SERVICENOW_TABLE_MAX] = '\0';
	assert_true(servicenow_table_valid(name));
	name[SERVICENOW_TABLE_MAX] = 'x';
	name[SERVICENOW_TABLE_MAX + 1] = '\0';
	assert_false(servicenow_table_valid(name));
}

/* ---------------------------------------------------------------- headers */

struct lines {
	char *line[4];
	int count, fail_at;
};

static int note_line(void *arg, const char *line)
{
	struct lines *l = arg;

	if (l->fail_at && l->count + 1 == l->fail_at)
		return -7;
	assert_true(l->count < 4);
	l->line[l->count++] = strdup(line);
	return 0;
}

static void lines_done(struct lines *l)
{
	for (int i = 0; i < l->count; i++)
		free(l->line[i]);
}

static void check_login(const char *username, const char *password, const char *line)
{
	struct lines l = {0};

	assert_int_equal(servicenow_probe_headers(username, password, note_line, &l), 0);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.line[0], line);
	assert_string_equal(l.line[1], "Accept: application/json");
	lines_done(&l);
}

/* The first is RFC 7617's own example, the second its one of UTF-8; then each length of the
 * last group. */
static void the_login_goes_as_rfc_7617_has_it(void **state)
{
	check_login("Aladdin", "open sesame", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	check_login("test", "123\xc2\xa3", "Authorization: Basic dGVzdDoxMjPCow==");
	check_login("a", "", "Authorization: Basic YTo=");
	check_login("a", "b", "Authorization: Basic YTpi");
	check_login("a", "bc", "Authorization: Basic YTpiYw==");
	check_login("a", "b:c?\xff\xfe", "Authorization: Basic YTpiOmM///4=");
}

static void the_longest_fields_of_a_row_fit(void **state)
{
	char *username = malloc(65537), *password = malloc(4097);
	struct lines l = {0};

	memset(username, 'u', 65536);
	username[65536] = '\0';
	memset(password, 'p', 4096);
	password[4096] = '\0';
	assert_int_equal(servicenow_probe_headers(username, password, note_line, &l), 0);
	assert_int_equal(strlen(l.line[0]),
		strlen("Authorization: Basic ") + (65536 + 1 + 4096 + 2) / 3 * 4);
	lines_done(&l);
	free(username);
	free(password);
}

static void what_add_returns_ends_it(void **state)
{
	for (int at = 1; at <= 2; at++) {
		struct lines l = {.fail_at = at};

		assert_int_equal(servicenow_probe_headers("a", "b", note_line, &l), -7);
		assert_int_equal(l.count, at - 1);
		lines_done(&l);
	}
}

static void what_basic_cannot_carry_is_not_sent(void **state)
{
	struct servicenow_verdict v = {0};
	char words[SERVICENOW_WORDS_SIZE];

	assert_true(servicenow_login_sendable("user", "pass:word", &v));
	assert_true(servicenow_login_sendable("t\xc3\xa4st user", "\xc2\xa3", &v));

	assert_false(servicenow_login_sendable("us:er", "p", &v));
	assert_int_equal(v.result, SERVICENOW_UNSENDABLE);
	assert_true(v.untried);
	assert_non_null(strstr(servicenow_words(&v, words), "a colon in the user name"));

	assert_false(servicenow_login_sendable("user\n", "p", &v));
	assert_non_null(strstr(servicenow_words(&v, words), "a control character"));
	assert_false(servicenow_login_sendable("user", "p\x7f", &v));
	assert_false(servicenow_login_sendable("user", "p\tq", &v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_record_and_only_its_id_is_asked_for),
		cmocka_unit_test(one_slash_at_the_end_of_an_endpoint_is_no_second_one),
		cmocka_unit_test(a_url_that_has_no_room_is_told),
		cmocka_unit_test(a_table_has_letters_digits_and_underscores_only),
		cmocka_unit_test(the_login_goes_as_rfc_7617_has_it),
		cmocka_unit_test(the_longest_fields_of_a_row_fit),
		cmocka_unit_test(what_add_returns_ends_it),
		cmocka_unit_test(what_basic_cannot_carry_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
