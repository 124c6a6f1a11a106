/* What an earlier run left, what others have made, and whether lookups prove
 * anything: claims, inventories, calibrations and last looks. */
#include "engine_shell.h"

static void with_inventory(struct engine_config *c)
{
	c->no_inventory = false;
}

static void with_calibration(struct engine_config *c)
{
	c->unsafe.no_calibration = false;
}

static void recalled(struct shell *s, bool found)
{
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_RECALLED,
			.job = s->last_recall.job,
			.recalled = {.found = found, .filterable = true},
		});
	drain(s);
}

/* ---------------------------------------------------------------- inventory */

static void unseen_rows_wait_for_the_inventory_of_their_scope(void **state)
{
	struct shell s = start(3, with_inventory);

	assert_int_equal(last_request(&s), REQUEST_INVENTORY);
	assert_true(s.last_send.send.first);
	assert_int_equal(s.intents, 0);
	answer_and_drain(&s, s.last_send.job, ANSWER_MORE);
	assert_false(s.last_send.send.first);
	assert_int_equal(s.intents, 0);
	answer_and_drain(&s, s.last_send.job, ANSWER_LISTED);
	assert_int_equal(s.intents, 3);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	finish(&s);
}

static void a_row_that_the_inventory_has_is_not_sent(void **state)
{
	struct shell s = {
		.rows_left = 1,
		.listed = true,
		.row = {.row = {.claim = CLAIM_FRESH, .filterable = true}},
	};

	start_in(&s, with_inventory);
	answer_and_drain(&s, s.last_send.job, ANSWER_LISTED);
	assert_int_equal(s.sends, 1);
	assert_int_equal(s.outcomes, 1);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_ADOPTED);
	assert_int_equal(s.last_line.row.cause, CAUSE_LOOKUP);
	assert_true(s.is_done);
	finish(&s);
}

/* The claim has written it: no order, no wait. */
static void a_row_whose_claim_intended_it_is_sent_at_once(void **state)
{
	struct shell s = {
		.rows_left = 1,
		.row = {.row = {.claim = CLAIM_FRESH, .intended = true}},
	};

	start_in(&s, NULL);
	assert_int_equal(s.intents, 0);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	answer_and_drain(&s, s.last_send.job, ANSWER_CREATED);
	assert_int_equal(s.last_outcome.row.outcome, OUTCOME_CREATED);
	finish(&s);
}

/* It must not stand: nothing of it was sent. */
static void a_row_whose_claim_intended_it_is_taken_back_when_the_run_ends(void **state)
{
	struct shell s = {
		.rows_left = 40,
		.row = {.row = {.claim = CLAIM_FRESH, .intended = true}},
	};

	start_in(&s, NULL);
	tell(&s, EVENT_STOP, 0);
	drain(&s);
	assert_int_equal(s.intents, 0);
	assert_int_equal(s.withdrawals, 39); /* one is in flight */
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	finish(&s);
}

static void only_rows_of_a_listed_scope_are_intended_by_their_claim(void **state)
{
	struct shell s = start(1, with_inventory);

	assert_false(engine_intends(s.e, 0));
	answer_and_drain(&s, s.last_send.job, ANSWER_LISTED);
	assert_true(engine_intends(s.e, 0));
	assert_false(engine_intends(s.e, 1));
	tell(&s, EVENT_STOP, 0);
	assert_false(engine_intends(s.e, 0));
	finish(&s);
}

static void an_inventory_that_does_not_add_up_three_times_ends_the_run(void **state)
{
	struct shell s = start(2, with_inventory);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(last_request(&s), REQUEST_INVENTORY);
		assert_true(s.last_send.send.first);
		answer(&s, s.last_send.job, ANSWER_DOUBTFUL);
		pass(&s, 30 * SEC);
	}
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_INVENTORY);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.intents + s.withdrawals + s.outcomes, 0);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	finish(&s);
}

static void an_inventory_that_cannot_be_read_is_tried_as_often_as_attempts_say(void **state)
{
	struct shell s = start(1, with_inventory);

	for (int i = 0; i < 4; i++) {
		answer(&s, s.last_send.job, ANSWER_REJECTED);
		pass(&s, 30 * SEC);
	}
	answer_and_drain(&s, s.last_send.job, ANSWER_MORE); /* a page sets the count back */
	for (int i = 0; i < 4; i++) {
		answer(&s, s.last_send.job, ANSWER_REJECTED);
		pass(&s, 30 * SEC);
		assert_false(s.is_done);
	}
	answer_and_drain(&s, s.last_send.job, ANSWER_REJECTED);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_INVENTORY);
	finish(&s);
}

static void a_server_that_is_not_there_yet_is_waited_for(void **state)
{
	struct shell s = start(1, with_inventory);

	while (s.now < 30 * SEC || engine_stats(s.e).in_flight == 0) {
		if (engine_stats(s.e).in_flight > 0)
			answer(&s, s.last_send.job, ANSWER_NOT_SENT);
		pass(&s, 1 * SEC);
		assert_false(s.is_done);
	}
	assert_true(s.sends < 20); /* and not hammered */
	answer_and_drain(&s, s.last_send.job, ANSWER_LISTED);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	finish(&s);
}

/* ------------------------------------------------------------------- claims */

static void a_row_that_was_refused_is_looked_up_intended_anew_and_sent(void **state)
{
	struct shell s = start_as(1, CLAIM_ENDED, with_calibration);

	assert_int_equal(s.intents, 0);
	assert_int_equal(last_request(&s), REQUEST_LOOKUP);
	answer_and_drain(&s, s.last_send.job, ANSWER_ABSENT); /* no settle, no proof needed */
	assert_int_equal(s.intents, 1);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	answer_and_drain(&s, s.last_send.job, ANSWER_CREATED);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_CREATED);
	assert_false(s.last_line.row.relook);
	finish(&s);
}

static void what_a_stopped_run_did_not_reach_keeps_its_outcome(void **state)
{
	struct shell s = {.rows_left = 2, .row = {.row = {.claim = CLAIM_ENDED}}};

	s.row.row.known = OUTCOME_FAILED;
	s.row.row.filterable = true;
	start_in(&s, NULL);
	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_CLAIM);
	assert_int_equal(s.outcomes + s.withdrawals, 0);
	finish(&s);
}

static void a_doubt_that_the_input_does_not_name_is_settled_and_never_sent(void **state)
{
	struct shell s = {.doubts = 1};

	start_in(&s, NULL);
	assert_int_equal(last_request(&s), REQUEST_LOOKUP);
	answer(&s, s.last_send.job, ANSWER_ABSENT);
	pass(&s, 31 * SEC);
	assert_int_equal(last_request(&s), REQUEST_LOOKUP);
	answer_and_drain(&s, s.last_send.job, ANSWER_ABSENT);
	assert_int_equal(s.sends, 2);
	assert_int_equal(s.withdrawals, 1);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	assert_true(s.is_done);
	finish(&s);
}

static void the_ledgers_rows_are_left_alone_when_the_run_ends_early(void **state)
{
	struct shell s = {.rows_left = 1, .doubts = 1, .endless = false};

	s.row.row.filterable = true;
	start_in(&s, NULL);
	assert_int_equal(s.reads[SOURCE_DOUBTS] > 0, true);
	finish(&s);

	s = (struct shell){.rows_left = 1, .endless = true, .doubts = 1};
	start_in(&s, NULL);
	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	source_ended(&s);
	answer_and_drain(&s, s.last_send.job, ANSWER_CREATED);
	assert_true(s.is_done);
	assert_int_equal(s.reads[SOURCE_DOUBTS] + s.reads[SOURCE_RESENT], 0);
	finish(&s);
}

/* ---------------------------------------------------------------- last look */

static void a_row_sent_again_after_a_doubt_is_looked_at_once_more(void **state)
{
	struct shell s = start(1, NULL);
	uint32_t job = s.last_send.job;

	answer_and_drain(&s, job, ANSWER_BROKEN);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 5 * SEC);
	answer_and_drain(&s, job, ANSWER_ABSENT);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	answer_and_drain(&s, job, ANSWER_CREATED);
	assert_true(s.last_outcome.row.relook);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.sends, 4);
	pass(&s, 4900 * MS);
	assert_int_equal(s.sends, 4);
	pass(&s, 200 * MS);
	assert_int_equal(last_request(&s), REQUEST_LOOKUP);
	answer_and_drain(&s, s.last_send.job, ANSWER_CONFLICT);
	assert_int_equal(s.last_outcome.row.outcome, OUTCOME_CONFLICT);
	assert_int_equal(s.lines, 2);
	assert_true(s.is_done);
	finish(&s);
}

static void a_last_look_that_finds_nothing_worse_takes_the_mark_off(void **state)
{
	static const enum engine_answer fine[] = {
		ANSWER_ABSENT, ANSWER_FOUND_CREATED, ANSWER_FOUND_ADOPTED};

	for (size_t i = 0; i < ARRAY_SIZE(fine); i++) {
		struct shell s = {.marks = 1};

		start_in(&s, NULL);
		assert_int_equal(last_request(&s), REQUEST_LOOKUP);
		answer_and_drain(&s, s.last_send.job, fine[i]);
		assert_int_equal(s.outcomes, 1);
		assert_int_equal(s.last_outcome.row.outcome, OUTCOME_UNCHANGED);
		assert_true(s.is_done);
		finish(&s);
	}
}

static void a_last_look_in_trouble_leaves_the_mark(void **state)
{
	struct shell s = {.marks = 1};

	start_in(&s, NULL);
	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		answer(&s, s.last_send.job, ANSWER_REJECTED);
		pass(&s, 31 * SEC);
	}
	assert_true(s.is_done);
	assert_int_equal(s.outcomes + s.withdrawals, 0);
	finish(&s);
}

/* -------------------------------------------------------------- calibration */

/* One created, its lookups out; the second in doubt. @return the second's job */
static uint32_t calibrating(struct shell *s)
{
	*s = start(2, with_calibration);
	answer_and_drain(s, s->last_send.job, ANSWER_CREATED);
	assert_int_equal(s->copies, 1);
	assert_int_equal(s->last_copy.copy.from, s->sent[0]);
	assert_int_equal(s->sends, 3);
	assert_int_equal(s->sent[1], s->last_copy.job); /* lookups go first */
	answer_and_drain(s, s->sent[2], ANSWER_BROKEN);
	return s->sent[2];
}

static void no_absence_is_proven_before_a_lookup_was_seen_to_find(void **state)
{
	struct shell s;
	uint32_t job = calibrating(&s);

	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 6 * SEC);
	answer_and_drain(&s, job, ANSWER_ABSENT);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	pass(&s, 100 * SEC);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	answer_and_drain(&s, s.last_copy.job, ANSWER_FOUND_CREATED);
	/* It took 106 s: four times that is the settle now. */
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 300 * SEC);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	pass(&s, 30 * SEC);
	answer_and_drain(&s, job, ANSWER_ABSENT);
	assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
	finish(&s);
}

static void what_is_not_found_for_a_minute_proves_nothing(void **state)
{
	struct shell s;
	uint32_t job = calibrating(&s);

	answer(&s, job, ANSWER_ABSENT);
	for (int i = 0; i < 100 && !s.is_done; i++) {
		if (state_of(&s, s.last_copy.job) == JOB_LOOKING)
			answer(&s, s.last_copy.job, ANSWER_ABSENT);
		if (state_of(&s, job) == JOB_LOOKING)
			answer(&s, job, ANSWER_ABSENT);
		pass(&s, 1 * SEC);
	}
	assert_true(s.is_done);
	assert_in_range(s.now, 60 * SEC, 63 * SEC);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UNRESOLVED);
	assert_int_equal(s.last_line.row.cause, CAUSE_UNPROVEN);
	assert_int_equal(engine_stats(s.e).unproven, 1);
	finish(&s);
}

static void a_run_with_nothing_else_to_do_does_not_wait_for_it(void **state)
{
	struct shell s = start(1, with_calibration);

	answer_and_drain(&s, s.last_send.job, ANSWER_CREATED);
	assert_int_equal(s.copies, 1);
	assert_int_equal(s.cuts, s.sends - 1); /* if its lookup had left at all */
	if (s.cuts)
		answer_and_drain(&s, s.last_copy.job, ANSWER_BROKEN);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

/* The first row of all is in doubt: there is nothing that could be looked for. */
static uint32_t nothing_created(struct shell *s)
{
	uint32_t job;

	*s = start(1, with_calibration);
	job = s->last_send.job;
	answer_and_drain(s, job, ANSWER_BROKEN);
	answer(s, job, ANSWER_ABSENT);
	pass(s, 6 * SEC);
	answer_and_drain(s, job, ANSWER_ABSENT);
	assert_int_equal(s->recalls, 1);
	assert_int_equal(state_of(s, job), JOB_DOUBTFUL);
	return job;
}

static void a_connection_that_the_ledger_knows_serves(void **state)
{
	struct shell s;
	uint32_t job = nothing_created(&s);

	recalled(&s, true);
	assert_int_equal(s.last_send.job, s.last_recall.job);
	answer_and_drain(&s, s.last_send.job, ANSWER_FOUND_CREATED);
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	answer_and_drain(&s, job, ANSWER_ABSENT);
	assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
	finish(&s);
}

static void where_nothing_is_known_the_oldest_in_doubt_is_sent_and_calibrates(void **state)
{
	struct shell s;
	uint32_t job = nothing_created(&s);

	recalled(&s, false);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 23 * SEC);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL); /* --settle-timeout, from the doubt */
	pass(&s, 1100 * MS);
	answer_and_drain(&s, job, ANSWER_ABSENT);
	assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
	answer_and_drain(&s, job, ANSWER_CREATED);
	assert_int_equal(s.copies, 1);
	assert_true(s.last_outcome.row.relook);
	finish(&s);
}

/* A doubt of an earlier run that may not be sent, and nothing that could prove it gone. */
static void what_nothing_can_prove_ends_unresolved(void **state)
{
	struct shell s = {.doubts = 2};

	start_in(&s, with_calibration);
	for (int i = 0; i < 100 && !s.is_done; i++) {
		for (uint32_t job = 0; job < 1024; job++)
			if (state_of(&s, job) == JOB_LOOKING)
				answer(&s, job, ANSWER_ABSENT);
		pass(&s, 1 * SEC);
		if (s.recalls == 1) {
			s.recalls++;
			recalled(&s, false);
		}
	}
	assert_true(s.is_done);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UNRESOLVED);
	assert_int_equal(s.last_line.row.cause, CAUSE_UNPROVEN);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unseen_rows_wait_for_the_inventory_of_their_scope),
		cmocka_unit_test(a_row_that_the_inventory_has_is_not_sent),
		cmocka_unit_test(a_row_whose_claim_intended_it_is_sent_at_once),
		cmocka_unit_test(a_row_whose_claim_intended_it_is_taken_back_when_the_run_ends),
		cmocka_unit_test(only_rows_of_a_listed_scope_are_intended_by_their_claim),
		cmocka_unit_test(an_inventory_that_does_not_add_up_three_times_ends_the_run),
		cmocka_unit_test(
			an_inventory_that_cannot_be_read_is_tried_as_often_as_attempts_say),
		cmocka_unit_test(a_server_that_is_not_there_yet_is_waited_for),
		cmocka_unit_test(a_row_that_was_refused_is_looked_up_intended_anew_and_sent),
		cmocka_unit_test(what_a_stopped_run_did_not_reach_keeps_its_outcome),
		cmocka_unit_test(a_doubt_that_the_input_does_not_name_is_settled_and_never_sent),
		cmocka_unit_test(the_ledgers_rows_are_left_alone_when_the_run_ends_early),
		cmocka_unit_test(a_row_sent_again_after_a_doubt_is_looked_at_once_more),
		cmocka_unit_test(a_last_look_that_finds_nothing_worse_takes_the_mark_off),
		cmocka_unit_test(a_last_look_in_trouble_leaves_the_mark),
		cmocka_unit_test(no_absence_is_proven_before_a_lookup_was_seen_to_find),
		cmocka_unit_test(what_is_not_found_for_a_minute_proves_nothing),
		cmocka_unit_test(a_run_with_nothing_else_to_do_does_not_wait_for_it),
		cmocka_unit_test(a_connection_that_the_ledger_knows_serves),
		cmocka_unit_test(where_nothing_is_known_the_oldest_in_doubt_is_sent_and_calibrates),
		cmocka_unit_test(what_nothing_can_prove_ends_unresolved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
