#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "leftovers.h"

static void it_is_a_string_at_every_moment(void **state)
{
	struct buf b;

	buf_init(&b, 1000);
	assert_null(b.data);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(buf_append_char(&b, 'x'), 0);
		assert_int_equal(strlen(b.data), i + 1);
	}
	buf_reset(&b);
	assert_string_equal(b.data, "");
	buf_done(&b);
	assert_null(b.data);
	assert_int_equal(b.max, 0);
	buf_done(&b);
}

static void bytes_are_appended_nul_included(void **state)
{
	struct buf b;

	buf_init(&b, 10);
	assert_int_equal(buf_append(&b, "a\0b", 3), 0);
	assert_int_equal(buf_append_str(&b, "c"), 0);
	assert_memory_equal(b.data, "a\0bc", 5);
	assert_int_equal(buf_append(&b, NULL, 0), 0);
	assert_int_equal(b.len, 4);
	buf_done(&b);
}

/* The maximum counts text; the NUL comes on top. */
static void the_maximum_is_reached_and_never_passed(void **state)
{
	for (size_t max = 0; max < 200; max++) {
		struct buf b;

		buf_init(&b, max);
		for (size_t i = 0; i < max; i++)
			assert_int_equal(buf_append_char(&b, 'x'), 0);
		assert_int_equal(buf_append_char(&b, 'y'), -ENOBUFS);
		assert_int_equal(buf_printf(&b, "y"), -ENOBUFS);
		assert_int_equal(b.len, max);
		assert_int_equal(b.data ? strlen(b.data) : 0, max);
		buf_done(&b);
	}
}

static void what_does_not_fit_leaves_no_trace(void **state)
{
	struct buf b;

	buf_init(&b, 8);
	buf_append_str(&b, "12345");
	assert_int_equal(buf_append_str(&b, "6789"), -ENOBUFS);
	assert_string_equal(b.data, "12345");
	assert_int_equal(buf_printf(&b, "%d", 6789), -ENOBUFS);
	assert_string_equal(b.data, "12345");
	assert_int_equal(buf_reserve(&b, SIZE_MAX), -ENOBUFS);
	assert_int_equal(buf_printf(&b, "%d", 678), 0);
	assert_string_equal(b.data, "12345678");
	buf_done(&b);
}

static void printing_works_with_no_room_little_room_and_enough(void **state)
{
	struct buf b;

	buf_init(&b, 10000);
	assert_int_equal(buf_printf(&b, "%s", ""), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(buf_printf(&b, "%s-%d", "first", 1), 0);
	assert_int_equal(buf_printf(&b, "%0500d", 7), 0);
	assert_int_equal(buf_printf(&b, "!"), 0);
	assert_int_equal(b.len, 508);
	assert_memory_equal(b.data, "first-1000", 10);
	assert_string_equal(b.data + 505, "07!");
	buf_done(&b);
}

static void reserved_room_is_the_callers_until_it_commits(void **state)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(buf_reserve(&b, 100), 0);
	memcpy(b.data, "abc???", 6);
	buf_commit(&b, 3);
	assert_string_equal(b.data, "abc");
	buf_commit(&b, 0);
	assert_int_equal(b.len, 3);
	buf_done(&b);
}

/* "pass-in-the-heap" masked. */
static const char masked[] = "etff8|{8a}p8}pte";
#define MASKED_LEN (sizeof(masked) - 1)

static void fill(struct buf *b, const char *secret)
{
	buf_append_str(b, secret);
	for (int i = 0; i < 1000; i++) /* several moves */
		buf_append_char(b, 'x');
}

static void a_secret_buffer_leaves_nothing_on_the_heap(void **state)
{
	char secret[LEFTOVER_SIZE(MASKED_LEN)];
	struct buf b;

	leftovers_unmask(secret, masked, MASKED_LEN);
	buf_init_secret(&b, 10000);
	fill(&b, secret);
	assert_true(leftovers_on_heap(masked, MASKED_LEN) <= 1);
	buf_reset(&b);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	buf_reset(&b);
	buf_append_str(&b, "x");
	fill(&b, secret);
	buf_done(&b);
	assert_int_equal(leftovers_on_heap(masked, MASKED_LEN), 0);
	wipe(secret, sizeof(secret));
}

static void wiped_is_zero_to_the_last_byte(void **state)
{
	char bytes[5] = "abcd";

	wipe(bytes, 4);
	bytes[4] = '!';
	assert_memory_equal(bytes, "\0\0\0\0!", 5);
	wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_a_string_at_every_moment),
		cmocka_unit_test(bytes_are_appended_nul_included),
		cmocka_unit_test(the_maximum_is_reached_and_never_passed),
		cmocka_unit_test(what_does_not_fit_leaves_no_trace),
		cmocka_unit_test(printing_works_with_no_room_little_room_and_enough),
		cmocka_unit_test(reserved_room_is_the_callers_until_it_commits),
		cmocka_unit_test(a_secret_buffer_leaves_nothing_on_the_heap),
		cmocka_unit_test(wiped_is_zero_to_the_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
