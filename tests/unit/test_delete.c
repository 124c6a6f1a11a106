/* Connections that are deleted: read first, intended, never over somebody's change. */
#include "engine_shell.h"

static struct shell start_delete(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_DELETE, OUTCOME_KEPT, change);
}

static void assert_line(const struct shell *s, enum engine_outcome outcome, enum engine_cause cause)
{
	assert_true(s->is_done);
	assert_int_equal(s->lines, 1);
	assert_int_equal(s->last_line.row.outcome, outcome);
	assert_int_equal(s->last_line.row.cause, cause);
}

/* ------------------------------------------------------------------ first reads */

static void what_is_as_we_left_it_is_intended_and_deleted(void **state)
{
	static const enum engine_answer clear[] = {ANSWER_SAME, ANSWER_MOVED};

	for (size_t i = 0; i < ARRAY_SIZE(clear); i++) {
		struct shell s = start_delete(1, NULL);

		assert_int_equal(last_request(&s), REQUEST_READ);
		assert_true(s.last_send.send.first);
		assert_int_equal(s.intents, 0);
		answer_and_drain(&s, s.last_send.job, clear[i]);
		assert_int_equal(s.intents, 1);
		assert_int_equal(last_request(&s), REQUEST_DELETE);
		answer_and_drain(&s, s.last_send.job, ANSWER_DELETED);
		assert_line(&s, OUTCOME_DELETED, CAUSE_ANSWER);
		assert_int_equal(s.last_line.row.attempts, 1);
		assert_int_equal(s.outcomes, 1);
		assert_int_equal(s.withdrawals, 0);
		finish(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_as_we_left_it_is_intended_and_deleted),
	};

	return cmocka_run_group_tests_name("delete", tests, NULL, NULL);
}
