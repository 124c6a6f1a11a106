#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "cli/values.h"

static struct value v;
static struct error e;

static int parse(enum value_kind kind, const char *text)
{
	const struct value_rule rule = {.kind = kind, .words = "csv|jsonl", .min = 1, .max = 4096};

	memset(&v, 0, sizeof(v));
	e.text[0] = '\0';
	return value_parse(&rule, text, &v, &e);
}

static void assert_says(const char *part)
{
	if (!strstr(e.text, part))
		fail_msg("'%s' does not say '%s'", e.text, part);
}

static void a_switch_is_a_word_of_either_side(void **state)
{
	static const char *const on[] = {"true", "yes", "1", "on", "YES"};
	static const char *const off[] = {"false", "no", "0", "off", "Off"};

	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		assert_int_equal(parse(VALUE_SWITCH, on[i]), 0);
		assert_true(v.on);
	}
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		assert_int_equal(parse(VALUE_SWITCH, off[i]), 0);
		assert_false(v.on);
	}
	assert_int_equal(parse(VALUE_SWITCH, "2"), -EINVAL);
	assert_int_equal(parse(VALUE_SWITCH, "y"), -EINVAL);
	assert_says("write yes or no");
}

static void nothing_is_no_value(void **state)
{
	for (enum value_kind k = VALUE_SWITCH; k <= VALUE_HALT; k++)
		assert_int_equal(parse(k, ""), -EINVAL);
}

static void a_choice_is_one_of_its_words_whole(void **state)
{
	assert_int_equal(parse(VALUE_CHOICE, "csv"), 0);
	assert_int_equal(v.number, 0);
	assert_int_equal(parse(VALUE_CHOICE, "jsonl"), 0);
	assert_int_equal(v.number, 1);
	assert_int_equal(parse(VALUE_CHOICE, "json"), -EINVAL);
	assert_says("write csv|jsonl");
	assert_int_equal(parse(VALUE_CHOICE, "csv|jsonl"), -EINVAL);
	assert_int_equal(parse(VALUE_CHOICE, "CSV"), -EINVAL);
}

static void numbers_are_whole_and_in_range(void **state)
{
	assert_int_equal(parse(VALUE_NUMBER, "1"), 0);
	assert_int_equal(parse(VALUE_NUMBER, "4096"), 0);
	assert_int_equal(v.number, 4096);
	assert_int_equal(parse(VALUE_NUMBER, "0"), -EINVAL);
	assert_int_equal(parse(VALUE_NUMBER, "4097"), -EINVAL);
	assert_says("from 1 to 4096");
	assert_int_equal(parse(VALUE_NUMBER, "-1"), -EINVAL);
	assert_int_equal(parse(VALUE_NUMBER, " 1"), -EINVAL);
	assert_int_equal(parse(VALUE_NUMBER, "1k"), -EINVAL);
	assert_int_equal(parse(VALUE_NUMBER, "0x10"), -EINVAL);
	assert_int_equal(parse(VALUE_NUMBER, "99999999999999999999999"), -EINVAL);
}

static void durations_have_a_unit_and_a_range(void **state)
{
	const struct value_rule rule = {VALUE_DURATION, .min = MS, .max = 3600 * SEC};

	assert_int_equal(value_parse(&rule, "1.5s", &v, &e), 0);
	assert_int_equal(v.duration, 1500 * MS);
	assert_int_equal(value_parse(&rule, "1h", &v, &e), 0);
	assert_int_equal(value_parse(&rule, "5", &v, &e), -EINVAL);
	assert_says("250ms, 2s, 15m or 1h");
	assert_int_equal(value_parse(&rule, "0s", &v, &e), -EINVAL);
	assert_says("from 1ms to 1h");
	assert_int_equal(value_parse(&rule, "61m", &v, &e), -EINVAL);
	assert_int_equal(value_parse(&rule, "999999999h", &v, &e), -EINVAL);
}

static void assert_rate(const char *text, double per_s)
{
	assert_int_equal(parse(VALUE_RATE, text), 0);
	assert_true(v.rate_per_s > per_s * (1 - 1e-9) && v.rate_per_s < per_s * (1 + 1e-9));
}

static void a_rate_is_a_number_by_second_minute_or_hour(void **state)
{
	static const char *const wrong[] = {"0", "0/s", "-1", "/s", "5/", "5/d", "5s", "5/ s",
		"5 /s", "1e3", "inf", "nan", ".5", "5.", "5./s", "0x5", "2000000", "1/s/s",
		"0.01/h"};

	assert_rate("10", 10);
	assert_rate("10/s", 10);
	assert_rate("0.5/s", 0.5);
	assert_rate("120/m", 2);
	assert_rate("3600/h", 1);
	assert_rate("1000000", 1e6);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (parse(VALUE_RATE, wrong[i]) != -EINVAL)
			fail_msg("'%s' was taken for a rate", wrong[i]);
}

static void assert_halt(const char *text, enum snowmelt_halt how, uint64_t fails, bool percent)
{
	assert_int_equal(parse(VALUE_HALT, text), 0);
	assert_int_equal(v.halt.how, how);
	assert_int_equal(v.halt.fails, fails);
	assert_int_equal(v.halt.percent, percent);
}

static void a_halt_rule_is_one_of_four(void **state)
{
	static const char *const wrong[] = {"always", "now", "soon", "now,fail=", "now,fail=0",
		"now,fail=5%", "soon,fail=0%", "soon,fail=101%", "soon,fail=%", "soon,fail=5%%",
		"soon,fail=-1", "never,fail=5", "soon, fail=5",
		"soon,fail=123456789012345678901234"};

	assert_halt("never", SNOWMELT_HALT_NEVER, 0, false);
	assert_halt("now,fail=1", SNOWMELT_HALT_NOW, 1, false);
	assert_halt("soon,fail=20", SNOWMELT_HALT_SOON, 20, false);
	assert_halt("soon,fail=100%", SNOWMELT_HALT_SOON, 100, true);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		if (parse(VALUE_HALT, wrong[i]) != -EINVAL)
			fail_msg("'%s' was taken for a halt rule", wrong[i]);
}

static void a_delimiter_is_a_character_or_its_name(void **state)
{
	static const char *const wrong[] = {
		",,", "\"", "\n", "\r", "\x01", "\x7f", "\xc3\xa9", "\xe9", "tabs"};

	assert_int_equal(parse(VALUE_DELIMITER, "tab"), 0);
	assert_int_equal(v.delimiter, '\t');
	assert_int_equal(parse(VALUE_DELIMITER, "\t"), 0);
	assert_int_equal(v.delimiter, '\t');
	assert_int_equal(parse(VALUE_DELIMITER, "semicolon"), 0);
	assert_int_equal(v.delimiter, ';');
	assert_int_equal(parse(VALUE_DELIMITER, "|"), 0);
	assert_int_equal(v.delimiter, '|');
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(parse(VALUE_DELIMITER, wrong[i]), -EINVAL);
}

static void a_mapping_has_two_sides(void **state)
{
	assert_int_equal(parse(VALUE_MAPPING, "name=Instance Name"), 0);
	assert_int_equal(parse(VALUE_MAPPING, "name=a=b"), 0);
	assert_int_equal(parse(VALUE_MAPPING, "name"), -EINVAL);
	assert_int_equal(parse(VALUE_MAPPING, "=x"), -EINVAL);
	assert_int_equal(parse(VALUE_MAPPING, "name="), -EINVAL);
}

static void a_sandbox_is_letters_digits_and_dashes(void **state)
{
	char name[258];

	memset(name, 'a', sizeof(name));
	name[256] = '\0';
	assert_int_equal(parse(VALUE_SANDBOX, name), 0);
	name[256] = 'a';
	name[257] = '\0';
	assert_int_equal(parse(VALUE_SANDBOX, name), -EINVAL);
	assert_int_equal(parse(VALUE_SANDBOX, "dev-1"), 0);
	assert_int_equal(parse(VALUE_SANDBOX, "dev_1"), -EINVAL);
	assert_int_equal(parse(VALUE_SANDBOX, "d\xc3\xa9v"), -EINVAL);
	assert_int_equal(parse(VALUE_SANDBOX, "dev\r\nx: y"), -EINVAL);
}

static void a_table_is_fit_for_a_path(void **state)
{
	char name[82];

	memset(name, 'u', sizeof(name));
	name[80] = '\0';
	assert_int_equal(parse(VALUE_TABLE, name), 0);
	name[80] = 'u';
	name[81] = '\0';
	assert_int_equal(parse(VALUE_TABLE, name), -EINVAL);
	assert_int_equal(parse(VALUE_TABLE, "sys_user2"), 0);
	assert_int_equal(parse(VALUE_TABLE, "sys-user"), -EINVAL);
	assert_int_equal(parse(VALUE_TABLE, "../login"), -EINVAL);
	assert_int_equal(parse(VALUE_TABLE, "a?b"), -EINVAL);
	assert_says("no name of a table");
}

static void a_wrong_value_cannot_write_to_the_terminal(void **state)
{
	assert_int_equal(parse(VALUE_RATE, "\033[2J"), -EINVAL);
	assert_null(strchr(e.text, '\033'));
	assert_says("\\x1B");
}

static void assert_printed(enum value_kind kind, const char *text, const char *expected)
{
	const struct value_rule rule = {kind, .words = "csv|jsonl", .max = INT64_MAX};
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 1000);
	assert_int_equal(value_parse(&rule, text, &v, &e), 0);
	assert_int_equal(value_print(&rule, &v, &b), 0);
	assert_string_equal(b.data, expected);
}

static void values_are_printed_as_they_could_be_said(void **state)
{
	assert_printed(VALUE_SWITCH, "1", "yes");
	assert_printed(VALUE_DURATION, "0.25s", "250ms");
	assert_printed(VALUE_DELIMITER, "\t", "tab");
	assert_printed(VALUE_DELIMITER, ";", "semicolon");
	assert_printed(VALUE_DELIMITER, "^", "^");
	assert_printed(VALUE_CHOICE, "jsonl", "jsonl");
	assert_printed(VALUE_FILE, "a\nb", "a\\x0Ab");
}

/* Also one whose password holds what ends a URL's host part. */
static void the_login_of_a_url_is_never_printed(void **state)
{
	assert_printed(VALUE_URL, "http://u:pass-1@h:3128", "http://[redacted]@h:3128");
	assert_printed(VALUE_URL, "u:pass-1@h", "[redacted]@h");
	assert_printed(VALUE_URL, "http://u:pa/s#s?1@x@h/p", "http://[redacted]@h/p");
	assert_printed(VALUE_URL, "http://h:3128/p", "http://h:3128/p");
	assert_true(value_url_has_login("http://u:pa/ss@h"));
	assert_true(value_url_has_login("u@h"));
	assert_false(value_url_has_login("http://h"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_switch_is_a_word_of_either_side),
		cmocka_unit_test(nothing_is_no_value),
		cmocka_unit_test(a_choice_is_one_of_its_words_whole),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(durations_have_a_unit_and_a_range),
		cmocka_unit_test(a_rate_is_a_number_by_second_minute_or_hour),
		cmocka_unit_test(a_halt_rule_is_one_of_four),
		cmocka_unit_test(a_delimiter_is_a_character_or_its_name),
		cmocka_unit_test(a_mapping_has_two_sides),
		cmocka_unit_test(a_sandbox_is_letters_digits_and_dashes),
		cmocka_unit_test(a_table_is_fit_for_a_path),
		cmocka_unit_test(a_wrong_value_cannot_write_to_the_terminal),
		cmocka_unit_test(values_are_printed_as_they_could_be_said),
		cmocka_unit_test(the_login_of_a_url_is_never_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
