/* What a check came to: each row in one class, each fault with its cause. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "run/check.h"

static struct check_sum sum;
static struct row row;
static struct buf text;

static int enter(void **state)
{
	memset(&sum, 0, sizeof(sum));
	row_init(&row, NULL);
	buf_init(&text, 1 << 20);
	return 0;
}

static int leave(void **state)
{
	row_done(&row);
	buf_done(&text);
	return 0;
}

static void add(uint64_t line, const char *fault, const char *duplicate, struct check_probe probe)
{
	const struct check_finding f = {.row = &row, .duplicate = duplicate, .probe = probe};

	row_reset(&row);
	row.line = line;
	if (fault)
		row_fault(&row, "it", fault);
	check_sum_add(&sum, &f, probe.asked);
}

static struct check_probe probe(const char *code, const char *message, bool fine)
{
	struct check_probe p = {.asked = true, .code = code, .fine = fine};

	strcpy(p.message, message);
	return p;
}

static const struct check_probe unasked;

static void print(const struct check *check)
{
	buf_reset(&text);
	assert_int_equal(check_sum_print(&sum, check, &text), 0);
}

static void assert_has(const char *part)
{
	if (!strstr(text.data, part))
		fail_msg("no '%s' in:\n%s", part, text.data);
}

static void rows_without_a_fault_are_ok(void **state)
{
	add(2, NULL, "", unasked);
	add(3, NULL, "", unasked);
	print(NULL);
	assert_string_equal(text.data, "2 rows\n\n  ok  2\n");
	assert_int_equal(sum.not_fine, 0);
}

static void equal_faults_are_one_cause_and_most_come_first(void **state)
{
	add(2, "is late", "", unasked);
	add(3, "is empty", "", unasked);
	add(4, "is empty", "", unasked);
	add(5, NULL, "row 1 has it", unasked);
	add(6, NULL, "row 2 has it", unasked);
	add(7, NULL, "row 2 has it", unasked);
	print(NULL);
	assert_has("6 rows\n\n  invalid  6\n");
	assert_has("What is wrong, most frequent first:\n\n"
		   "  duplicate_name: 3 rows, the first on line 5\n"
		   "      row 1 has it\n"
		   "  bad_row: 2 rows, the first on line 3\n"
		   "      it is empty\n"
		   "  bad_row: 1 row, on line 2\n"
		   "      it is late\n");
	assert_int_equal(sum.not_fine, 6);
}

/* A row with three faults is one row, and is counted by each of them. */
static void a_row_is_in_one_class(void **state)
{
	const struct check_finding f = {.row = &row, .duplicate = "row 1 has it"};

	row.line = 2;
	row_fault(&row, "it", "is empty");
	row_fault(&row, "it", "is late");
	check_sum_add(&sum, &f, false);
	assert_int_equal(sum.rows, 1);
	assert_int_equal(sum.not_fine, 1);
	assert_int_equal(sum.class_count, 1);
	assert_int_equal(sum.cause_count, 3);
}

static void verdicts_are_classes(void **state)
{
	const struct check check = {.tried = 3};

	add(2, NULL, "", probe("login_ok", "good", true));
	add(3, NULL, "", probe("login_ok", "good", true));
	add(4, NULL, "", probe("rate_limited", "until 1", false));
	add(5, NULL, "", probe("rate_limited", "until 2", false));
	add(6, NULL, "row 1 has it", probe("login_ok", "good", true));
	add(7, NULL, "", (struct check_probe){.asked = true, .stopped = true, .code = "stopped"});
	print(&check);
	assert_has("6 rows, 3 logins tried, each once\n\n"
		   "  login_ok      2\n"
		   "  rate_limited  2\n"
		   "  invalid       1\n"
		   "  stopped       1\n");
	assert_has("  rate_limited: 2 rows, the first on line 4\n      until 1\n");
	assert_null(strstr(text.data, "stopped:"));
	assert_has("Adobe calls each instance from its own addresses");
	assert_int_equal(sum.not_fine, 4);
}

static void more_kinds_than_fit_are_counted_at_least(void **state)
{
	char fault[32];

	for (uint64_t i = 0; i < CHECK_CAUSES_MAX + 2; i++) {
		snprintf(fault, sizeof(fault), "is %u", (unsigned)i);
		add(i + 2, fault, "", unasked);
	}
	print(NULL);
	assert_has("it is 63\n  other causes: 2 times\n");
}

static void a_long_sentence_is_cut_and_says_so(void **state)
{
	char fault[1000];

	memset(fault, 'x', sizeof(fault) - 1);
	fault[sizeof(fault) - 1] = '\0';
	add(2, fault, "", unasked);
	add(3, fault, "", unasked);
	print(NULL);
	assert_has("xx…\n");
	assert_has("2 rows, the first on line 2");
}

static void what_others_wrote_moves_no_cursor(void **state)
{
	add(2, "is \x1b[2J", "", unasked);
	print(NULL);
	assert_has("it is \\x1B[2J\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_without_a_fault_are_ok),
		TEST(equal_faults_are_one_cause_and_most_come_first),
		TEST(a_row_is_in_one_class),
		TEST(verdicts_are_classes),
		TEST(more_kinds_than_fit_are_counted_at_least),
		TEST(a_long_sentence_is_cut_and_says_so),
		TEST(what_others_wrote_moves_no_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
