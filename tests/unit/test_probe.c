/* Connections of which is only asked whether they work, and servers that have nothing to
 * do with each other. */
#include "engine_shell.h"

static struct shell start_test(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_TEST, OUTCOME_SKIPPED, change);
}

static void assert_line(const struct shell *s, enum engine_outcome outcome, enum engine_cause cause)
{
	assert_true(s->is_done);
	assert_int_equal(s->lines, 1);
	assert_int_equal(s->last_line.row.outcome, outcome);
	assert_int_equal(s->last_line.row.cause, cause);
	assert_int_equal(s->intents + s->outcomes + s->withdrawals, 0);
}

/* ------------------------------------------------------------------------ tests */

static void a_test_that_passes_is_ok_and_leaves_no_trace_in_the_ledger(void **state)
{
	struct shell s = start_test(1, NULL);

	assert_int_equal(last_request(&s), REQUEST_TEST);
	assert_true(s.last_send.send.first);
	answer_and_drain(&s, s.last_send.job, ANSWER_PASSED);
	assert_line(&s, OUTCOME_OK, CAUSE_ANSWER);
	assert_int_equal(s.last_line.row.attempts, 1);
	finish(&s);
}

static void every_answer_to_a_test_moves_its_row(void **state)
{
	static const struct {
		enum engine_answer answer;
		enum job_state state;        /* right after it */
		enum engine_outcome outcome; /* of JOB_TOLD */
	} answers[] = {
		{ANSWER_PASSED, JOB_TOLD, OUTCOME_OK},
		{ANSWER_FAILED, JOB_TOLD, OUTCOME_FAILED},
		{ANSWER_GONE, JOB_TOLD, OUTCOME_GONE},
		{ANSWER_REJECTED, JOB_TOLD, OUTCOME_FAILED},
		{ANSWER_FATAL, JOB_TOLD, OUTCOME_FAILED},
		{ANSWER_FATAL_SANDBOX, JOB_TOLD, OUTCOME_FAILED},
		{ANSWER_MORE, JOB_IN_FLIGHT, 0},
		{ANSWER_NOT_SENT, JOB_WAITING, 0},
		{ANSWER_THROTTLED, JOB_WAITING, 0},
		{ANSWER_THROTTLED_DOUBTFUL, JOB_WAITING, 0},
		{ANSWER_TOKEN, JOB_WAITING, 0},
		{ANSWER_DOUBTFUL, JOB_WAITING, 0}, /* nothing is looked up */
		{ANSWER_BROKEN, JOB_WAITING, 0},
		{ANSWER_CLASH, JOB_WAITING, 0},
		{ANSWER_TIMEOUT, JOB_WAITING, 0},
		{ANSWER_OVERLOAD, JOB_WAITING, 0},
		{ANSWER_OVERLOAD_TIMEOUT, JOB_WAITING, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct shell s = start_test(1, NULL);
		uint32_t job = s.last_send.job;

		answer_and_drain(&s, job, answers[i].answer);
		if (state_of(&s, job) != answers[i].state)
			fail_msg("%s: %s", engine_answer_name(answers[i].answer),
				job_state_name(state_of(&s, job)));
		if (answers[i].state == JOB_TOLD)
			assert_line(&s, answers[i].outcome, CAUSE_ANSWER);
		if (answers[i].state == JOB_WAITING && answers[i].answer != ANSWER_TOKEN) {
			pass(&s, 1 * SEC);
			assert_int_equal(s.sends, 2);
			assert_int_equal(last_request(&s), REQUEST_TEST);
			assert_true(s.last_send.send.first);
		}
		finish(&s);
	}
}

static void a_further_question_is_asked_until_it_is_answered(void **state)
{
	struct shell s = start_test(1, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_MORE);
	assert_int_equal(last_request(&s), REQUEST_TEST);
	assert_false(s.last_send.send.first);
	answer(&s, s.last_send.job, ANSWER_OVERLOAD);
	pass(&s, 1 * SEC);
	assert_int_equal(s.sends, 3);
	assert_false(s.last_send.send.first); /* the first is answered */
	answer_and_drain(&s, s.last_send.job, ANSWER_PASSED);
	assert_line(&s, OUTCOME_OK, CAUSE_ANSWER);
	assert_int_equal(s.last_line.row.attempts, 2); /* the question was one with the test */
	finish(&s);
}

static void a_test_without_an_answer_fails_after_its_attempts(void **state)
{
	struct shell s = start_test(1, NULL);

	for (int i = 0; i < 5; i++) {
		assert_false(s.is_done);
		answer(&s, s.last_send.job, i % 2 ? ANSWER_BROKEN : ANSWER_OVERLOAD);
		pass(&s, 31 * SEC);
	}
	assert_line(&s, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	assert_int_equal(s.last_line.row.attempts, 5);
	finish(&s);
}

static void a_test_that_is_only_ever_throttled_is_skipped(void **state)
{
	struct shell s = start_test(1, NULL);

	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		answer(&s, s.last_send.job, i % 2 ? ANSWER_THROTTLED_DOUBTFUL : ANSWER_THROTTLED);
		pass(&s, 31 * SEC);
	}
	assert_line(&s, OUTCOME_SKIPPED, CAUSE_TROUBLE);
	finish(&s);
}

static void a_stop_lets_a_test_finish_but_ask_no_further(void **state)
{
	static const struct {
		enum engine_answer answer;
		enum engine_outcome outcome;
	} stops[] = {
		{ANSWER_PASSED, OUTCOME_OK},
		{ANSWER_MORE, OUTCOME_SKIPPED},
		{ANSWER_BROKEN, OUTCOME_SKIPPED},
		{ANSWER_TOKEN, OUTCOME_SKIPPED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		struct shell s = start_test(2, NULL);

		tell(&s, EVENT_STOP, ENGINE_NO_JOB);
		drain(&s);
		assert_int_equal(s.lines, 1); /* that never left */
		assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
		assert_int_equal(s.last_line.row.cause, CAUSE_ENDED);
		answer_and_drain(&s, s.last_send.job, stops[i].answer);
		assert_true(s.is_done);
		assert_int_equal(s.sends, 1);
		assert_int_equal(s.last_line.row.outcome, stops[i].outcome);
		assert_int_equal(s.intents + s.outcomes + s.withdrawals, 0);
		finish(&s);
	}
}

static void a_refused_sandbox_fails_its_tests(void **state)
{
	struct shell s = start_test(3, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_FATAL_SANDBOX);
	assert_true(s.is_done);
	assert_int_equal(s.lines, 3);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_SANDBOX);
	assert_int_equal(s.done.done.end, END_SANDBOXES);
	finish(&s);
}

static void a_token_that_helps_no_test_ends_the_run(void **state)
{
	struct shell s = start_test(1, NULL);

	answer(&s, s.last_send.job, ANSWER_TOKEN);
	pass(&s, 1 * SEC);
	answer_and_drain(&s, s.last_send.job, ANSWER_TOKEN);
	assert_line(&s, OUTCOME_SKIPPED, CAUSE_ENDED);
	assert_int_equal(s.done.done.end, END_TOKEN);
	finish(&s);
}

/* Behind it a request without an answer is no attempt: the outage is waited out. */
static void an_open_breaker_delays_tests(void **state)
{
	struct shell s = start_test(21, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_PASSED);
	for (int i = 0; i < 6000; i++) {
		for (uint32_t job = 0; job < 21; job++)
			if (state_of(&s, job) == JOB_IN_FLIGHT)
				answer(&s, job, ANSWER_BROKEN);
		pass(&s, 100 * MS);
	}
	assert_true(engine_stats(s.e).breaker_open);
	assert_int_equal(s.lines, 1);
	for (int i = 0; i < 30 && engine_stats(s.e).in_flight == 0; i++)
		pass(&s, 1 * SEC);
	answer_and_drain(&s, s.last_send.job, ANSWER_FAILED);
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

/* ------------------------------------------------------------- the input alone */

static void input_only(struct engine_config *c)
{
	c->input_only = true;
}

static void where_the_input_is_the_only_source_no_other_is_read(void **state)
{
	struct shell s = {.rows_left = 1, .marks = 1, .doubts = 1, .resent = 1};

	s.row.row.claim = CLAIM_TEST;
	start_in(&s, input_only);
	answer_and_drain(&s, s.last_send.job, ANSWER_PASSED);
	assert_true(s.is_done);
	assert_int_equal(s.reads[SOURCE_MARKS], 0);
	assert_true(s.reads[SOURCE_INPUT] > 0);
	assert_int_equal(s.reads[SOURCE_DOUBTS], 0);
	assert_int_equal(s.reads[SOURCE_RESENT], 0);
	assert_int_equal(s.lines, 1);
	finish(&s);
}

/* ---------------------------------------------------------- servers of their own */

static void independent(struct engine_config *c)
{
	c->independent = true;
	c->attempts = 2;
}

static void all_servers_are_asked_at_once(void **state)
{
	struct shell s = start_test(40, independent);

	assert_int_equal(s.sends, 16); /* --concurrency */
	for (uint32_t i = 0; i < 16; i++)
		answer(&s, s.sent[i], i % 2 ? ANSWER_TIMEOUT : ANSWER_THROTTLED);
	drain(&s);
	assert_int_equal(s.sends, 32); /* no window shrinks, no breaker opens */
	assert_int_equal(engine_stats(s.e).window, 16);
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

static void a_retry_after_is_for_its_own_row(void **state)
{
	struct shell s = start_test(17, independent);
	uint32_t job = s.sent[0];

	answer_after(&s, job, ANSWER_THROTTLED, 100 * SEC);
	drain(&s);
	assert_int_equal(s.sends, 17); /* no pause for the others */
	answer_and_drain(&s, s.sent[1], ANSWER_PASSED);
	pass(&s, 99 * SEC);
	assert_int_equal(state_of(&s, job), JOB_WAITING);
	pass(&s, 1 * SEC);
	assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
	finish(&s);
}

static void a_retry_after_that_is_too_long_ends_its_row(void **state)
{
	struct shell throttled = start_test(1, independent);
	struct shell overloaded = start_test(1, independent);

	answer_after(&throttled, throttled.last_send.job, ANSWER_THROTTLED, 901 * SEC);
	drain(&throttled);
	assert_line(&throttled, OUTCOME_SKIPPED, CAUSE_TROUBLE);
	assert_int_equal(throttled.done.done.end, END_COMPLETE);
	answer_after(&overloaded, overloaded.last_send.job, ANSWER_OVERLOAD, 901 * SEC);
	drain(&overloaded);
	assert_line(&overloaded, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	assert_int_equal(overloaded.done.done.end, END_COMPLETE);
	finish(&throttled);
	finish(&overloaded);
}

static void what_one_server_refuses_says_nothing_of_others(void **state)
{
	static const enum engine_answer refusals[] = {
		ANSWER_FATAL, ANSWER_FATAL_SANDBOX, ANSWER_TOKEN};

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct shell s = start_test(20, independent);

		answer_and_drain(&s, s.sent[0], refusals[i]);
		answer_and_drain(&s, s.sent[1], refusals[i]);
		assert_int_equal(s.lines, 2);
		assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
		assert_int_equal(s.last_line.row.cause, CAUSE_ANSWER);
		assert_false(engine_stats(s.e).ending);
		assert_int_equal(s.sends, 18);
		assert_int_equal(s.fetches, 0);
		finish(&s);
	}
}

static void silence_is_not_given_up(void **state)
{
	struct shell s = start_test(200, independent);

	for (int i = 0; i < 2000 && s.lines < 200; i++) {
		pass(&s, 5 * SEC);
		for (uint32_t job = 0; job < 200; job++)
			if (state_of(&s, job) == JOB_IN_FLIGHT)
				answer(&s, job, ANSWER_BROKEN);
	}
	drain(&s);
	assert_true(s.is_done);
	assert_true(s.now > 60 * SEC);
	assert_int_equal(s.lines, 200);
	assert_int_equal(s.last_line.row.cause, CAUSE_ATTEMPTS);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_that_passes_is_ok_and_leaves_no_trace_in_the_ledger),
		cmocka_unit_test(every_answer_to_a_test_moves_its_row),
		cmocka_unit_test(a_further_question_is_asked_until_it_is_answered),
		cmocka_unit_test(a_test_without_an_answer_fails_after_its_attempts),
		cmocka_unit_test(a_test_that_is_only_ever_throttled_is_skipped),
		cmocka_unit_test(a_stop_lets_a_test_finish_but_ask_no_further),
		cmocka_unit_test(a_refused_sandbox_fails_its_tests),
		cmocka_unit_test(a_token_that_helps_no_test_ends_the_run),
		cmocka_unit_test(an_open_breaker_delays_tests),
		cmocka_unit_test(where_the_input_is_the_only_source_no_other_is_read),
		cmocka_unit_test(all_servers_are_asked_at_once),
		cmocka_unit_test(a_retry_after_is_for_its_own_row),
		cmocka_unit_test(a_retry_after_that_is_too_long_ends_its_row),
		cmocka_unit_test(what_one_server_refuses_says_nothing_of_others),
		cmocka_unit_test(silence_is_not_given_up),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
