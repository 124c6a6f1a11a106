#include "check.h"

#include <stdlib.h>

#include "run/paths.h"

static void assert_path(char *path, const char *expected)
{
	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

static void the_ledger_lies_beside_the_input(void **state)
{
	assert_path(run_ledger_path("dir/instances.csv", NULL), "dir/instances.ledger");
	assert_path(run_ledger_path("A.CSV", ""), "A.ledger");
	assert_path(run_ledger_path("rows.txt", NULL), "rows.txt.ledger");
	assert_path(run_ledger_path(".csv", NULL), ".ledger");
}

static void a_name_that_was_given_is_taken_as_it_is(void **state)
{
	assert_path(run_ledger_path("a.csv", "x.csv"), "x.csv");
	assert_path(run_ledger_path("a.csv", RUN_LEDGER_MEMORY), "memory:");
}

static void the_results_lie_beside_the_input_in_their_format(void **state)
{
	struct snowmelt_options o = {.input = "dir/a.csv"};

	assert_path(run_results_path(&o), "dir/a.results.csv");
	o.format = SNOWMELT_FORMAT_JSONL;
	assert_path(run_results_path(&o), "dir/a.results.jsonl");
	o.results = "x";
	assert_path(run_results_path(&o), "x");
}

static void the_format_is_asked_for_or_told_by_the_name(void **state)
{
	struct snowmelt_options o = {.input = "a.csv"};

	assert_int_equal(run_results_format(&o), LINE_CSV);
	o.results = "x.JSONL";
	assert_int_equal(run_results_format(&o), LINE_JSONL);
	o.format = SNOWMELT_FORMAT_CSV;
	assert_int_equal(run_results_format(&o), LINE_CSV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ledger_lies_beside_the_input),
		cmocka_unit_test(a_name_that_was_given_is_taken_as_it_is),
		cmocka_unit_test(the_results_lie_beside_the_input_in_their_format),
		cmocka_unit_test(the_format_is_asked_for_or_told_by_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
