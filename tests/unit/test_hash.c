#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

/* The published values of FNV-1a, 64 bits. */
static void it_is_fnv_1a(void **state)
{
	assert_true(hash_bytes(HASH_START, "", 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(hash_bytes(HASH_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(hash_bytes(HASH_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void the_border_between_two_strings_counts(void **state)
{
	uint64_t a = hash_str(hash_str(HASH_START, "ab"), "c");
	uint64_t b = hash_str(hash_str(HASH_START, "a"), "bc");

	assert_true(a != b);
	assert_true(hash_bytes(hash_bytes(HASH_START, "a", 1), "bc", 2) ==
		    hash_bytes(HASH_START, "abc", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_fnv_1a),
		cmocka_unit_test(the_border_between_two_strings_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
