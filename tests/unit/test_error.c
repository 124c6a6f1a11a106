#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"

static void the_code_is_handed_back(void **state)
{
	struct error e = {0};

	assert_int_equal(error_set(&e, -ENOENT, "cannot read '%s': name another", "x"), -ENOENT);
	assert_int_equal(e.code, -ENOENT);
	assert_string_equal(e.text, "cannot read 'x': name another");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_code_is_handed_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
