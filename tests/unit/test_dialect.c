#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "input/dialect.h"

static char detected(const char *text)
{
	struct dialect d;

	assert_int_equal(dialect_detect(text, strlen(text), true, 0, &d), DIALECT_KNOWN);
	return d.delimiter;
}

static void the_most_frequent_of_four_is_the_delimiter(void **state)
{
	assert_int_equal(detected("a,b\n"), ',');
	assert_int_equal(detected("a;b,c;d\n"), ';');
	assert_int_equal(detected("a\tb\tc,d"), '\t');
	assert_int_equal(detected("a|b\r\n1,2,3\r\n"), '|');
	assert_int_equal(detected("a"), ',');
}

static void what_stands_in_quotes_does_not_count(void **state)
{
	assert_int_equal(detected("\"a,b,c\";d\n"), ';');
	assert_int_equal(detected("\"a\n,,,,\";d\n"), ';');
	assert_int_equal(detected("\"a\"\",,,\";d\n"), ';');
}

static void only_the_header_line_counts(void **state)
{
	assert_int_equal(detected("a;b\nx,y,z,w\n"), ';');
	assert_int_equal(detected("\n\r\n\t\t\t\na;b\nx,y,z\n"), ';');
}

static void the_users_word_is_the_last(void **state)
{
	struct dialect d;

	assert_int_equal(dialect_detect("a,b,c\n", 6, true, ';', &d), DIALECT_KNOWN);
	assert_int_equal(d.delimiter, ';');
	assert_int_equal(dialect_detect("sep=,\na\n", 8, true, '|', &d), DIALECT_KNOWN);
	assert_int_equal(d.delimiter, '|');
	assert_int_equal(d.skip, 6);
}

static void excels_sep_line_is_understood_and_counted(void **state)
{
	static const char *const texts[] = {
		"sep=;\na,b,c;d\n", "SEP=;\ra,b\n", "\"sep=;\"\na,b\n", "\xef\xbb\xbfsep=;\na,b\n"};
	struct dialect d;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(
			dialect_detect(texts[i], strlen(texts[i]), true, 0, &d), DIALECT_KNOWN);
		assert_int_equal(d.delimiter, ';');
		assert_int_equal(d.lines, 1);
		assert_int_equal(texts[i][d.skip], 'a');
	}
	assert_int_equal(dialect_detect("sep=;\r\nab", 9, true, 0, &d), DIALECT_KNOWN);
	assert_int_equal(d.skip, 7);
	/* these are headers */
	assert_int_equal(dialect_detect("sep=x\na", 7, true, 0, &d), DIALECT_KNOWN);
	assert_int_equal(d.lines, 0);
	assert_int_equal(dialect_detect("sep=,name\n", 10, true, 0, &d), DIALECT_KNOWN);
	assert_int_equal(d.lines, 0);
}

static void a_byte_order_mark_is_dropped(void **state)
{
	struct dialect d;

	assert_int_equal(dialect_detect("\xef\xbb\xbf"
					"a\n",
				 5, true, 0, &d),
		DIALECT_KNOWN);
	assert_int_equal(d.skip, 3);
	assert_int_equal(d.lines, 0);
}

static void utf16_is_recognised_with_and_without_a_mark(void **state)
{
	struct dialect d;

	assert_int_equal(dialect_detect("\xff\xfe"
					"n\0",
				 4, true, 0, &d),
		DIALECT_UTF16);
	assert_int_equal(dialect_detect("\xfe\xff\0n", 4, true, 0, &d), DIALECT_UTF16);
	assert_int_equal(dialect_detect("n\0a\0", 4, true, 0, &d), DIALECT_UTF16);
	assert_int_equal(dialect_detect("\0n\0a", 4, true, 0, &d), DIALECT_UTF16);
}

static void it_asks_for_more_until_the_header_line_has_ended(void **state)
{
	static const char text[] = "\xef\xbb\xbfsep=;\r\n\r\n\"a\nb\";c\n";
	struct dialect d;

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(dialect_detect(text, len, false, 0, &d), DIALECT_MORE);
	assert_int_equal(dialect_detect(text, sizeof(text) - 1, false, 0, &d), DIALECT_KNOWN);
	assert_int_equal(text[d.skip], '\r'); /* the blank line */
}

static void nothing_at_all_is_empty(void **state)
{
	struct dialect d;

	assert_int_equal(dialect_detect("", 0, true, 0, &d), DIALECT_EMPTY);
	assert_int_equal(dialect_detect("\xef\xbb\xbf", 3, true, 0, &d), DIALECT_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_frequent_of_four_is_the_delimiter),
		cmocka_unit_test(what_stands_in_quotes_does_not_count),
		cmocka_unit_test(only_the_header_line_counts),
		cmocka_unit_test(the_users_word_is_the_last),
		cmocka_unit_test(excels_sep_line_is_understood_and_counted),
		cmocka_unit_test(a_byte_order_mark_is_dropped),
		cmocka_unit_test(utf16_is_recognised_with_and_without_a_mark),
		cmocka_unit_test(it_asks_for_more_until_the_header_line_has_ended),
		cmocka_unit_test(nothing_at_all_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
