#include "check.h"

#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "output/summary.h"

#define TEXT_MAX ((size_t)64 * 1024)

static const char *print(const struct summary *s, const char *results)
{
	static char copy[TEXT_MAX + 1];
	AUTO(buf_done) struct buf b;

	buf_init(&b, TEXT_MAX);
	assert_int_equal(summary_print(s, results, 192 * SEC, 1310, &b), 0);
	strcpy(copy, b.data);
	return copy;
}

static void add_many(struct summary *s, enum status status, int count, const char *code,
	const char *message, uint64_t line)
{
	for (int i = 0; i < count; i++)
		summary_add(s, status, code, message, line + (uint64_t)i);
}

static void a_mixed_run_reads_well(void **state)
{
	struct summary s = {.remembered = true};

	add_many(&s, STATUS_CREATED, 1180, NULL, NULL, 2);
	add_many(&s, STATUS_ADOPTED, 4, NULL, NULL, 1300);
	add_many(&s, STATUS_UNRESOLVED, 3, "timeout",
		"no answer within 60 s, and the lookups did not prove anything", 34);
	add_many(&s, STATUS_FAILED, 12, "FLOW-1100-400",
		"The request could not be processed. Error from flow provider: Rest call failed "
		"with client error, status code 401 Unauthorized",
		17);
	add_many(&s, STATUS_INVALID, 1, "bad_row", "the endpoint is no https URL", 90);

	assert_string_equal(print(&s, "/srv/instances.results.csv"),
		"1200 rows in 3 min 12 s, 1310 requests (6.2 rows a second)\n"
		"\n"
		"  created     1180\n"
		"  adopted        4\n"
		"  failed        12\n"
		"  unresolved     3\n"
		"  invalid        1\n"
		"\n"
		"What went wrong, most frequent first:\n"
		"\n"
		"  failed, FLOW-1100-400: 12 rows, the first on line 17\n"
		"      The request could not be processed. Error from flow provider: Rest call\n"
		"      failed with client error, status code 401 Unauthorized\n"
		"  unresolved, timeout: 3 rows, the first on line 34\n"
		"      no answer within 60 s, and the lookups did not prove anything\n"
		"  invalid, bad_row: 1 row, on line 90\n"
		"      the endpoint is no https URL\n"
		"\n"
		"Results: /srv/instances.results.csv\n"
		"The column 'error' tells what is wrong with each row.\n"
		"Run the same command again to go on: 3 rows are not decided yet.\n");
}

static void a_run_in_which_all_went_well_has_nothing_to_add(void **state)
{
	struct summary s = {0};

	add_many(&s, STATUS_CREATED, 1, NULL, NULL, 2);
	assert_true(summary_all_fine(&s));
	assert_string_equal(print(&s, "out.csv"),
		"1 row in 3 min 12 s, 1310 requests (0.0 rows a second)\n"
		"\n"
		"  created     1\n"
		"\n"
		"Results: out.csv\n");
}

static void a_run_of_no_rows_says_so(void **state)
{
	const struct summary s = {0};

	assert_true(summary_all_fine(&s));
	assert_string_equal(print(&s, NULL), "0 rows in 3 min 12 s, 1310 requests\n");
}

static void only_open_rows_ask_for_another_run(void **state)
{
	struct summary skipped = {.remembered = true}, invalid = {.remembered = true};

	summary_add(&skipped, STATUS_SKIPPED, "stopped", "", 2);
	summary_add(&invalid, STATUS_INVALID, "bad_row", "", 2);
	assert_non_null(strstr(print(&skipped, NULL),
		"Run the same command again to go on: 1 row is not decided yet.\n"));
	assert_null(strstr(print(&skipped, NULL), "column 'error'"));
	assert_null(strstr(print(&invalid, NULL), "again"));
	assert_non_null(strstr(print(&invalid, NULL), "column 'error'"));
}

/* The same command would create the others a second time. */
static void without_a_ledger_the_same_command_is_not_advised(void **state)
{
	struct summary s = {0};

	summary_add(&s, STATUS_CREATED, NULL, NULL, 2);
	summary_add(&s, STATUS_SKIPPED, "stopped", "", 3);
	assert_null(strstr(print(&s, NULL), "same command"));
	assert_non_null(strstr(print(&s, NULL), "1 row is not decided yet."));
	assert_non_null(strstr(print(&s, NULL), "run a file of these rows alone"));
	assert_null(strstr(print(&s, NULL), "unresolved"));
	summary_add(&s, STATUS_UNRESOLVED, "timeout", "", 4);
	assert_non_null(strstr(print(&s, NULL), "Look first whether the"));
}

static void every_status_has_its_name_and_its_exit(void **state)
{
	static const struct {
		const char *name;
		bool fine;
	} expected[STATUS_COUNT] = {
		{"created", true},
		{"adopted", true},
		{"updated", true},
		{"unchanged", true},
		{"changed", true},
		{"failed", false},
		{"conflict", false},
		{"unresolved", false},
		{"invalid", false},
		{"skipped", false},
		{"ok", true},
		{"deleted", true},
		{"gone", false},
		{"in_use", false},
		{"kept", true},
	};

	for (int i = 0; i < STATUS_COUNT; i++) {
		struct summary s = {0};

		assert_string_equal(status_name((enum status)i), expected[i].name);
		assert_int_equal(status_is_fine((enum status)i), expected[i].fine);
		summary_add(&s, (enum status)i, "code", "message", 2);
		assert_int_equal(summary_all_fine(&s), expected[i].fine);
		assert_int_equal(s.cause_count, expected[i].fine ? 0 : 1);
	}
}

/* What a rollback finds gone is what it wants. */
static void gone_is_fine_where_it_is_wanted(void **state)
{
	struct summary s = {.gone_is_fine = true};

	summary_add(&s, STATUS_GONE, "", "", 2);
	assert_true(summary_all_fine(&s));
	assert_int_equal(s.cause_count, 0);
	summary_add(&s, STATUS_IN_USE, "FLOW-1418-400", "", 3);
	assert_false(summary_all_fine(&s));
}

static void a_code_that_only_repeats_the_status_is_not_said_twice(void **state)
{
	struct summary s = {0};

	summary_add(&s, STATUS_CONFLICT, "conflict", "two have this name", 2);
	assert_non_null(strstr(print(&s, NULL), "\n  conflict: 1 row, on line 2\n"));
}

/* The same code under another status is another cause. */
static void causes_are_grouped_and_the_most_frequent_leads(void **state)
{
	struct summary s = {0};

	summary_add(&s, STATUS_FAILED, "a", "first a", 5);
	summary_add(&s, STATUS_FAILED, "b", "first b", 6);
	summary_add(&s, STATUS_UNRESOLVED, "a", "", 7);
	summary_add(&s, STATUS_FAILED, "b", "second b", 4);
	assert_int_equal(s.cause_count, 3);
	assert_string_equal(s.causes[0].code, "b");
	assert_string_equal(s.causes[0].example, "first b");
	assert_int_equal(s.causes[0].count, 2);
	assert_int_equal(s.causes[0].first_line, 4);
	assert_string_equal(s.causes[1].code, "a");
	assert_int_equal(s.causes[1].status, STATUS_FAILED);
	assert_int_equal(s.causes[2].status, STATUS_UNRESOLVED);
}

static void causes_beyond_the_table_are_counted(void **state)
{
	struct summary s = {0};

	for (int i = 0; i < SUMMARY_CAUSES_MAX + 5; i++) {
		char code[] = {'c', (char)('0' + i / 10), (char)('0' + i % 10), '\0'};

		summary_add(&s, STATUS_FAILED, code, "", 2);
	}
	summary_add(&s, STATUS_FAILED, "c00", "", 3);
	assert_int_equal(s.cause_count, SUMMARY_CAUSES_MAX);
	assert_int_equal(s.other_causes, 5);
	assert_int_equal(s.rows, SUMMARY_CAUSES_MAX + 6);
	assert_int_equal(s.causes[0].count, 2);
	assert_non_null(strstr(print(&s, NULL), "  other causes: 5 rows\n"));
}

static void foreign_text_reaches_no_terminal_raw(void **state)
{
	struct summary s = {0};

	summary_add(&s, STATUS_FAILED, "co\x1b[31mde", "mess\x1b]0;age\nnext\x7f", 2);
	for (const char *c = print(&s, NULL); *c; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_non_null(strstr(print(&s, NULL), "failed, co\\x1B[31mde: 1 row, on line 2\n"
						"      mess\\x1B]0;age\\x0Anext\\x7F\n"));
}

static void a_long_message_is_cut_and_stays_within_eighty_columns(void **state)
{
	struct summary s = {0};
	char message[1000] = "", *line;
	static char text[TEXT_MAX + 1];

	for (size_t i = 0; i < 90; i++)
		strcat(message, i % 2 ? "w\xc3\xb6rter " : "and ");
	summary_add(&s, STATUS_FAILED, "code", message, 2);
	strcpy(text, print(&s, NULL));
	assert_non_null(strstr(text, "…\n"));
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		size_t columns = 0;

		for (const char *c = line; *c; c++)
			columns += ((unsigned char)*c & 0xc0) != 0x80;
		assert_in_range(columns, 1, 80);
	}
}

static void a_row_that_changes_is_counted_once(void **state)
{
	struct summary s = {0};

	add_many(&s, STATUS_CREATED, 3, NULL, NULL, 2);
	summary_change(&s, STATUS_CREATED, STATUS_CONFLICT, "conflict", "two have this name", 3);
	assert_int_equal(s.rows, 3);
	assert_int_equal(s.by_status[STATUS_CREATED], 2);
	assert_int_equal(s.by_status[STATUS_CONFLICT], 1);
	assert_false(summary_all_fine(&s));
	assert_non_null(strstr(print(&s, NULL), "  conflict: 1 row, on line 3\n"
						"      two have this name\n"));
	summary_change(&s, STATUS_CONFLICT, STATUS_ADOPTED, NULL, NULL, 3);
	assert_true(summary_all_fine(&s));
}

static void what_the_input_does_not_name_is_told_too(void **state)
{
	struct summary s = {.remembered = true};

	assert_null(strstr(print(&s, NULL), "doubt"));
	s.doubts_settled = 2;
	assert_non_null(strstr(
		print(&s, NULL), "Rows in doubt that the input no longer names: 2 settled.\n"));
	s.doubts_left = 1;
	assert_non_null(strstr(print(&s, NULL),
		"Rows in doubt that the input no longer names: 2 settled, 1 left unresolved,\n"
		"which 'snowmelt status --unresolved' lists.\n"));
	s.doubts_settled = 0;
	assert_non_null(strstr(print(&s, NULL), "names: 1 left unresolved, which"));
}

static void a_service_on_which_lookups_prove_nothing_is_told(void **state)
{
	struct summary s = {.remembered = true};

	assert_null(strstr(print(&s, NULL), "prove"));
	s.unproven = 1;
	assert_non_null(strstr(print(&s, NULL), "In 1 sandbox lookups prove nothing: "));
	assert_non_null(strstr(print(&s, NULL), "--resend-unresolved.\n"));
	s.unproven = 2;
	assert_non_null(strstr(print(&s, NULL), "In 2 sandboxes lookups prove nothing: "));
}

static void another_command_may_be_the_one_that_goes_on(void **state)
{
	struct summary s = {.remembered = true, .goes_on = "'snowmelt run'"};

	summary_add(&s, STATUS_SKIPPED, "", "", 2);
	assert_non_null(strstr(
		print(&s, NULL), "Run 'snowmelt run' again to go on: 1 row is not decided yet.\n"));
}

static void a_status_is_found_by_its_name(void **state)
{
	for (int i = 0; i < STATUS_COUNT; i++) {
		enum status s = STATUS_COUNT;

		assert_true(status_find(status_name((enum status)i), &s));
		assert_int_equal(s, i);
		assert_false(status_find("", &s) || status_find("Created", &s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mixed_run_reads_well),
		cmocka_unit_test(a_run_in_which_all_went_well_has_nothing_to_add),
		cmocka_unit_test(a_run_of_no_rows_says_so),
		cmocka_unit_test(only_open_rows_ask_for_another_run),
		cmocka_unit_test(without_a_ledger_the_same_command_is_not_advised),
		cmocka_unit_test(every_status_has_its_name_and_its_exit),
		cmocka_unit_test(gone_is_fine_where_it_is_wanted),
		cmocka_unit_test(a_code_that_only_repeats_the_status_is_not_said_twice),
		cmocka_unit_test(causes_are_grouped_and_the_most_frequent_leads),
		cmocka_unit_test(causes_beyond_the_table_are_counted),
		cmocka_unit_test(foreign_text_reaches_no_terminal_raw),
		cmocka_unit_test(a_long_message_is_cut_and_stays_within_eighty_columns),
		cmocka_unit_test(a_row_that_changes_is_counted_once),
		cmocka_unit_test(what_the_input_does_not_name_is_told_too),
		cmocka_unit_test(a_service_on_which_lookups_prove_nothing_is_told),
		cmocka_unit_test(another_command_may_be_the_one_that_goes_on),
		cmocka_unit_test(a_status_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
