#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/str.h"

static bool valid(const char *s)
{
	return utf8_valid(s, strlen(s));
}

static void utf8_is_as_rfc_3629_says(void **state)
{
	assert_true(valid(""));
	assert_true(valid("a\x7f"));
	assert_true(valid("\xc2\x80 \xdf\xbf"));
	assert_true(valid("\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"));
	assert_true(valid("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"));
	assert_true(utf8_valid("a\0b", 3));

	assert_false(valid("\x80"));
	assert_false(valid("\xc0\x80")); /* overlong NUL */
	assert_false(valid("\xc1\xbf"));
	assert_false(valid("\xe0\x9f\xbf"));     /* overlong */
	assert_false(valid("\xed\xa0\x80"));     /* surrogate */
	assert_false(valid("\xf0\x8f\xbf\xbf")); /* overlong */
	assert_false(valid("\xf4\x90\x80\x80")); /* beyond U+10FFFF */
	assert_false(valid("\xf5\x80\x80\x80"));
	assert_false(valid("\xff"));
	assert_false(valid("\xe2\x82"));
	assert_false(valid("\xe2\x82z"));
	assert_false(valid("\xc3\xa9\xa9"));
}

/* Against arithmetic: every code point has one form, and no other is taken. */
static void every_sequence_up_to_three_bytes_is_judged_right(void **state)
{
	size_t good = 0;

	for (unsigned v = 0; v < 1u << 24; v++) {
		unsigned char p[3] = {
			(unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v};

		if (p[0] < 0xe0 || p[0] > 0xef)
			continue;
		good += utf8_sequence(p, 3) == 3;
	}
	assert_int_equal(good, 0x10000 - 0x800 - 0x800); /* less short ones and surrogates */
	good = 0;
	for (unsigned v = 0; v < 1u << 16; v++) {
		unsigned char p[2] = {(unsigned char)(v >> 8), (unsigned char)v};

		good += utf8_sequence(p, 2) == 2;
	}
	assert_int_equal(good, 0x800 - 0x80);
	assert_int_equal(utf8_sequence("", 0), 0);
	assert_int_equal(utf8_sequence("ab", 2), 1);
}

static void case_is_ignored_for_ascii_only(void **state)
{
	assert_true(str_iequal("Retry-After", "retry-AFTER"));
	assert_true(str_iequal("", ""));
	assert_false(str_iequal("a", ""));
	assert_false(str_iequal("a", "ab"));
	assert_false(str_iequal("[", "{")); /* 0x20 apart as letters are */
	assert_false(str_iequal("\xc3\x89", "\xc3\xa9"));
}

static void a_part_is_found_anywhere(void **state)
{
	assert_true(str_icontains("X-PassWord", "password"));
	assert_true(str_icontains("papassword", "password"));
	assert_true(str_icontains("x", ""));
	assert_true(str_icontains("", ""));
	assert_false(str_icontains("passwor", "password"));
	assert_false(str_icontains("", "p"));
}

static void header_values_are_visible_ascii(void **state)
{
	assert_true(str_visible_ascii("!~abc"));
	assert_false(str_visible_ascii(""));
	assert_false(str_visible_ascii(NULL));
	assert_false(str_visible_ascii("a b"));
	assert_false(str_visible_ascii("a\r\nX-Evil: 1"));
	assert_false(str_visible_ascii("\x7f"));
	assert_false(str_visible_ascii("\xc3\xa9"));
}

static void uuids_are_known_by_their_shape(void **state)
{
	assert_true(str_uuid("eb13cb25-47ab-407f-ba89-c0125281c563"));
	assert_true(str_uuid("EB13CB25-47AB-407F-BA89-C0125281C563"));
	assert_false(str_uuid("eb13cb25-47ab-407f-ba89-c0125281c56"));
	assert_false(str_uuid("eb13cb25-47ab-407f-ba89-c0125281c5630"));
	assert_false(str_uuid("eb13cb25-47ab-407f-ba89-c0125281c56g"));
	assert_false(str_uuid("eb13cb2514"));
	assert_false(str_uuid("eb13cb25047ab-407f-ba89-c0125281c563"));
	assert_false(str_uuid("../../connections/407f-ba89-c0125281c"));
	assert_false(str_uuid(""));
	assert_false(str_uuid(NULL));
}

static void assert_shown(const char *text, const char *expected)
{
	char array[256];
	struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(str_show(&b, text, 1000), 0);
	assert_string_equal(b.data ? b.data : "", expected);
	buf_done(&b);
	assert_string_equal(str_shown(array, sizeof(array), text), expected);
}

static void foreign_text_is_shown_as_it_is_when_it_is_harmless(void **state)
{
	assert_shown("", "");
	assert_shown("plain \\ text", "plain \\ text");
	assert_shown("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc2\xa0",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xc2\xa0");
}

static void no_control_character_reaches_a_terminal(void **state)
{
	assert_shown("a\nb\rc\td", "a\\x0Ab\\x0Dc\\x09d");
	assert_shown("\x1b[2J\x7f", "\\x1B[2J\\x7F");
	assert_shown("\xc2\x9b"
		     "31m",
		"\\xC2\\x9B31m"); /* C1: CSI in one character */
	assert_shown("\x9b"
		     "31m",
		"\\x9B31m"); /* and as a bare byte */
	assert_shown("\xff\xe2\x82", "\\xFF\\xE2\\x82");
}

/* U+202E turns "exe.txt" around; U+2028 is a line end to some. */
static void no_character_reorders_or_breaks_a_line(void **state)
{
	assert_shown("\xe2\x80\xae", "\\xE2\\x80\\xAE");
	assert_shown("\xe2\x80\xaa", "\\xE2\\x80\\xAA");
	assert_shown("\xe2\x80\xa8", "\\xE2\\x80\\xA8");
	assert_shown("\xe2\x81\xa6\xe2\x81\xa9", "\\xE2\\x81\\xA6\\xE2\\x81\\xA9");
	assert_shown(
		"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5", "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5");
}

static void a_cut_falls_between_characters_and_shows(void **state)
{
	struct buf b;

	buf_init(&b, 100);
	str_show(&b, "abc", 3);
	assert_string_equal(b.data, "abc");
	buf_reset(&b);
	str_show(&b, "abcd", 3);
	assert_string_equal(b.data, "abc\xe2\x80\xa6");
	buf_reset(&b);
	str_show(&b, "ab\xe2\x82\xac", 4);
	assert_string_equal(b.data, "ab\xe2\x80\xa6");
	buf_reset(&b);
	str_show(&b, "a", 0);
	assert_string_equal(b.data, "\xe2\x80\xa6");
	buf_done(&b);
}

static void what_does_not_fit_into_a_buffer_is_not_shown_in_part(void **state)
{
	struct buf b;

	buf_init(&b, 6);
	buf_append_str(&b, "x: ");
	assert_int_equal(str_show(&b, "ab\n", 100), -ENOBUFS);
	assert_string_equal(b.data, "x: ");
	buf_done(&b);
}

static void an_array_is_filled_with_whole_characters(void **state)
{
	char four[4], one[1];

	assert_string_equal(str_shown(four, sizeof(four), "abcdef"), "abc");
	assert_string_equal(str_shown(four, sizeof(four), "ab\xe2\x82\xac"), "ab");
	assert_string_equal(str_shown(four, sizeof(four), "a\nb"), "a");
	assert_string_equal(str_shown(one, sizeof(one), "a"), "");
}

static void numbers_are_digits_and_nothing_else(void **state)
{
	uint64_t v = 99;

	assert_int_equal(str_u64("0", 0, 10, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(str_u64("18446744073709551615", 0, UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	v = 99;
	assert_int_equal(str_u64("18446744073709551616", 0, UINT64_MAX, &v), -ERANGE);
	assert_int_equal(str_u64("99999999999999999999999999", 0, UINT64_MAX, &v), -ERANGE);
	assert_int_equal(str_u64("99999999999999999999999999x", 0, UINT64_MAX, &v), -EINVAL);
	assert_int_equal(str_u64("4", 5, 10, &v), -ERANGE);
	assert_int_equal(str_u64("11", 5, 10, &v), -ERANGE);
	assert_int_equal(str_u64("", 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64(NULL, 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64(" 1", 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64("1 ", 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64("-1", 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64("+1", 0, 10, &v), -EINVAL);
	assert_int_equal(str_u64("0x1", 0, 10, &v), -EINVAL);
	assert_int_equal(v, 99);
}

static void a_copy_is_cut_and_terminated(void **state)
{
	char dst[4] = "???";

	str_copy(dst, sizeof(dst), "abcdef");
	assert_string_equal(dst, "abc");
	str_copy(dst, sizeof(dst), "");
	assert_string_equal(dst, "");
	str_copy(dst, 1, "abc");
	assert_string_equal(dst, "");
}

static void empty_is_null_or_no_text(void **state)
{
	assert_true(str_empty(NULL));
	assert_true(str_empty(""));
	assert_false(str_empty(" "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_as_rfc_3629_says),
		cmocka_unit_test(every_sequence_up_to_three_bytes_is_judged_right),
		cmocka_unit_test(case_is_ignored_for_ascii_only),
		cmocka_unit_test(a_part_is_found_anywhere),
		cmocka_unit_test(header_values_are_visible_ascii),
		cmocka_unit_test(uuids_are_known_by_their_shape),
		cmocka_unit_test(foreign_text_is_shown_as_it_is_when_it_is_harmless),
		cmocka_unit_test(no_control_character_reaches_a_terminal),
		cmocka_unit_test(no_character_reorders_or_breaks_a_line),
		cmocka_unit_test(a_cut_falls_between_characters_and_shows),
		cmocka_unit_test(what_does_not_fit_into_a_buffer_is_not_shown_in_part),
		cmocka_unit_test(an_array_is_filled_with_whole_characters),
		cmocka_unit_test(numbers_are_digits_and_nothing_else),
		cmocka_unit_test(a_copy_is_cut_and_terminated),
		cmocka_unit_test(empty_is_null_or_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
