#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/seen.h"

static char folder[64];

static int enter(void **state)
{
	strcpy(folder, "/tmp/snowmelt-seen-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

/* Fails if the table left a file. */
static int leave(void **state)
{
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static uint64_t take(struct seen *s, const char *sandbox, const char *name, uint64_t row)
{
	uint64_t earlier = 4711;
	struct error e;

	if (seen_take(s, sandbox, name, row, &earlier, &e) < 0)
		fail_msg("%s", e.text);
	return earlier;
}

static void begin(struct seen *s)
{
	struct error e;

	if (seen_init(s, "names", &e) < 0)
		fail_msg("%s", e.text);
}

static void the_first_row_has_the_name(void **state)
{
	struct seen s;

	begin(&s);
	assert_int_equal(take(&s, "prod", "a", 1), 0);
	assert_int_equal(take(&s, "prod", "b", 2), 0);
	assert_int_equal(take(&s, "prod", "a", 3), 1);
	assert_int_equal(take(&s, "prod", "a", 4), 1);
	seen_done(&s);
}

static void a_name_is_one_of_its_sandbox(void **state)
{
	struct seen s;

	begin(&s);
	assert_int_equal(take(&s, "prod", "a", 1), 0);
	assert_int_equal(take(&s, "dev", "a", 2), 0);
	assert_int_equal(take(&s, "proda", "", 3), 0);
	assert_int_equal(take(&s, "pro", "da", 4), 0);
	seen_done(&s);
}

/* More than is in memory at once, and several times over what it begins with. */
static void many_names_are_all_remembered(void **state)
{
	enum { ROWS = 300000 };
	struct seen s;
	char name[32];

	begin(&s);
	for (uint64_t row = 1; row <= ROWS; row++) {
		snprintf(name, sizeof(name), "name %u", (unsigned)row);
		assert_int_equal(take(&s, "prod", name, row), 0);
	}
	for (uint64_t row = 1; row <= ROWS; row += 7) {
		snprintf(name, sizeof(name), "name %u", (unsigned)row);
		assert_int_equal(take(&s, "prod", name, ROWS + row), row);
	}
	seen_done(&s);
}

static void who_has_a_name_can_be_asked_without_taking_it(void **state)
{
	struct error e;
	struct seen s;
	uint64_t row = 4711;

	begin(&s);
	assert_int_equal(seen_find(&s, "prod", "a", &row, &e), 0);
	assert_int_equal(row, 0);
	assert_int_equal(take(&s, "prod", "a", 7), 0);
	assert_int_equal(seen_find(&s, "prod", "a", &row, &e), 0);
	assert_int_equal(row, 7);
	assert_int_equal(seen_find(&s, "dev", "a", &row, &e), 0);
	assert_int_equal(row, 0);
	seen_done(&s);
}

static void a_folder_that_takes_no_file_is_told(void **state)
{
	struct error e;
	struct seen s;

	assert_true(seen_init(&s, "absent/names", &e) < 0);
	assert_non_null(strstr(e.text, "absent/names"));
	seen_done(&s);
	seen_done(&(struct seen){0});
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_row_has_the_name),
		TEST(a_name_is_one_of_its_sandbox),
		TEST(who_has_a_name_can_be_asked_without_taking_it),
		TEST(many_names_are_all_remembered),
		TEST(a_folder_that_takes_no_file_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
