/* Connections of which is only asked whether they work, and servers that have nothing to
 * do with each other. */
#include "engine_shell.h"

static struct shell start_test(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_TEST, OUTCOME_SKIPPED, change);
}

static void a_test_that_passes_is_ok_and_leaves_no_trace_in_the_ledger(void **state)
{
	struct shell s = start_test(1, NULL);

	assert_int_equal(last_request(&s), REQUEST_TEST);
	assert_true(s.last_send.send.first);
	answer_and_drain(&s, s.last_send.job, ANSWER_PASSED);
	assert_true(s.is_done);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_OK);
	assert_int_equal(s.last_line.row.attempts, 1);
	assert_int_equal(s.intents + s.outcomes + s.withdrawals, 0);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_that_passes_is_ok_and_leaves_no_trace_in_the_ledger),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
