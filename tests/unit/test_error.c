#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static void the_code_is_handed_back_with_the_sentence(void **state)
{
	struct error e = {0};

	assert_int_equal(error_set(&e, -ENOENT, "cannot read '%s': name another", "x"), -ENOENT);
	assert_int_equal(e.code, -ENOENT);
	assert_string_equal(e.text, "cannot read 'x': name another");
}

static void without_a_place_for_it_only_the_code_goes_up(void **state)
{
	assert_int_equal(error_set(NULL, -EIO, "nobody reads %d", 1), -EIO);
}

static void a_sentence_may_go_into_its_successor(void **state)
{
	struct error e;

	error_set(&e, -EIO, "the disk is gone");
	error_set(&e, -EIO, "cannot write line %d: %s", 7, e.text);
	assert_string_equal(e.text, "cannot write line 7: the disk is gone");
}

static void a_long_sentence_is_cut_and_terminated(void **state)
{
	char text[2 * sizeof(((struct error *)0)->text)];
	struct error e;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&e, -EIO, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

/* Whatever the place of the cut, no half of an é, € or 😀 is left behind. */
static void the_cut_does_not_halve_a_character(void **state)
{
	static const char *const characters[] = {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	char text[sizeof(((struct error *)0)->text) + 8];
	struct error e;

	for (size_t c = 0; c < 3; c++) {
		size_t n = strlen(characters[c]);

		for (size_t before = sizeof(e.text) - 6; before < sizeof(e.text); before++) {
			memset(text, 'x', before);
			memcpy(text + before, characters[c], n + 1);
			error_set(&e, -EIO, "%s", text);
			assert_true(utf8_valid(e.text, strlen(e.text)));
			assert_true(strlen(e.text) >= MIN(before, sizeof(e.text) - 1));
			assert_true(before + n >= sizeof(e.text) || strcmp(e.text, text) == 0);
		}
	}
}

/* What was no character before is kept: not even the cut invents one. */
static void bytes_that_were_never_utf8_do_not_confuse_the_cut(void **state)
{
	char text[2000];
	struct error e;

	memset(text, 0x80, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&e, -EIO, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_is_handed_back_with_the_sentence),
		cmocka_unit_test(without_a_place_for_it_only_the_code_goes_up),
		cmocka_unit_test(a_sentence_may_go_into_its_successor),
		cmocka_unit_test(a_long_sentence_is_cut_and_terminated),
		cmocka_unit_test(the_cut_does_not_halve_a_character),
		cmocka_unit_test(bytes_that_were_never_utf8_do_not_confuse_the_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
