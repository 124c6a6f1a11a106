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

	assert_path(run_results_path(&o, ".results"), "dir/a.results.csv");
	o.format = SNOWMELT_FORMAT_JSONL;
	assert_path(run_results_path(&o, ".results"), "dir/a.results.jsonl");
	o.results = "x";
	assert_path(run_results_path(&o, ".results"), "x");
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

static void what_is_verified_or_rolled_back_has_its_own_results_beside_it(void **state)
{
	struct snowmelt_options o = {
		.input = "dir/a.results.csv", .command = SNOWMELT_COMMAND_VERIFY};

	assert_path(run_results_path(&o, ".verify"), "dir/a.results.verify.csv");
	o.input = "a.ledger";
	assert_path(run_results_path(&o, ".verify"), "a.verify.csv");
	o.command = SNOWMELT_COMMAND_ROLLBACK;
	o.input = "b.JSONL";
	assert_path(run_results_path(&o, ".rollback"), "b.rollback.jsonl");
	o.format = SNOWMELT_FORMAT_CSV;
	assert_path(run_results_path(&o, ".rollback"), "b.rollback.csv");
	o.results = "x";
	assert_path(run_results_path(&o, ".rollback"), "x");
}

static void results_named_csv_are_csv_whatever_is_verified(void **state)
{
	struct snowmelt_options o = {
		.input = "a.jsonl", .results = "x.csv", .command = SNOWMELT_COMMAND_VERIFY};

	assert_int_equal(run_results_format(&o), LINE_CSV);
	o.results = NULL;
	assert_int_equal(run_results_format(&o), LINE_JSONL);
	o.command = SNOWMELT_COMMAND_RUN; /* whose input is CSV, however it is called */
	assert_int_equal(run_results_format(&o), LINE_CSV);
}

static void the_ledger_of_results_is_that_of_their_run(void **state)
{
	assert_path(run_ledger_of_results("dir/a.results.csv", NULL), "dir/a.ledger");
	assert_path(run_ledger_of_results("a.Results.JSONL", ""), "a.ledger");
	assert_path(run_ledger_of_results("other.csv", NULL), "other.ledger");
	assert_path(run_ledger_of_results("a.results.csv", "x"), "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ledger_lies_beside_the_input),
		cmocka_unit_test(a_name_that_was_given_is_taken_as_it_is),
		cmocka_unit_test(the_results_lie_beside_the_input_in_their_format),
		cmocka_unit_test(the_format_is_asked_for_or_told_by_the_name),
		cmocka_unit_test(what_is_verified_or_rolled_back_has_its_own_results_beside_it),
		cmocka_unit_test(results_named_csv_are_csv_whatever_is_verified),
		cmocka_unit_test(the_ledger_of_results_is_that_of_their_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
