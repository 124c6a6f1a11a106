/* What each answer does to its row, and the rules that hold for all rows. */
#include <string.h>

#include "base/macros.h"
#include "engine_shell.h"

/* ------------------------------------------- the table of answers to a create */

static const struct {
	enum engine_answer answer;
	enum job_state state;        /* right after it */
	enum engine_outcome outcome; /* when that is told */
} creates[] = {
	{ANSWER_CREATED, JOB_TOLD, OUTCOME_CREATED},
	{ANSWER_REJECTED, JOB_TOLD, OUTCOME_FAILED},
	{ANSWER_FATAL, JOB_TOLD, OUTCOME_FAILED},
	{ANSWER_FATAL_SANDBOX, JOB_TOLD, OUTCOME_FAILED},
	{ANSWER_NOT_SENT, JOB_WAITING, 0},
	{ANSWER_THROTTLED, JOB_WAITING, 0},
	{ANSWER_TOKEN, JOB_WAITING, 0},
	{ANSWER_DOUBTFUL, JOB_LOOKING, 0}, /* looked up at once */
	{ANSWER_BROKEN, JOB_LOOKING, 0},
	{ANSWER_CLASH, JOB_LOOKING, 0},
	{ANSWER_TIMEOUT, JOB_DOUBTFUL, 0}, /* looked up after a wait */
	{ANSWER_OVERLOAD, JOB_DOUBTFUL, 0},
	{ANSWER_OVERLOAD_TIMEOUT, JOB_DOUBTFUL, 0},
	{ANSWER_THROTTLED_DOUBTFUL, JOB_DOUBTFUL, 0},
};

static void every_answer_to_a_create_moves_its_row_as_the_table_says(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(creates); i++) {
		struct shell s = start(1, NULL);
		uint32_t job = s.last_send.job;

		assert_int_equal(s.last_send.send.request, REQUEST_CREATE);
		s.now += 20 * MS;
		answer(&s, job, creates[i].answer);
		drain(&s);
		if (state_of(&s, job) != creates[i].state)
			fail_msg("%s: %s", engine_answer_name(creates[i].answer),
				job_state_name(state_of(&s, job)));
		if (creates[i].state == JOB_TOLD) {
			assert_int_equal(s.last_line.row.outcome, creates[i].outcome);
			assert_int_equal(s.last_line.row.attempts, 1);
		}
		finish(&s);
	}
}

/* --------------------------------------------- the table of answers to a look */

static struct shell looking(uint32_t *job)
{
	struct shell s = start(1, NULL);

	*job = s.last_send.job;
	answer(&s, *job, ANSWER_BROKEN);
	drain(&s);
	assert_int_equal(state_of(&s, *job), JOB_LOOKING);
	assert_int_equal(s.last_send.send.request, REQUEST_LOOKUP);
	assert_true(s.last_send.send.first);
	return s;
}

static void what_a_lookup_finds_is_the_outcome(void **state)
{
	static const struct {
		enum engine_answer answer;
		enum engine_outcome outcome;
	} finds[] = {
		{ANSWER_FOUND_CREATED, OUTCOME_CREATED},
		{ANSWER_FOUND_ADOPTED, OUTCOME_ADOPTED},
		{ANSWER_CONFLICT, OUTCOME_CONFLICT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(finds); i++) {
		uint32_t job;
		struct shell s = looking(&job);

		answer(&s, job, finds[i].answer);
		drain(&s);
		assert_int_equal(s.lines, 1);
		assert_int_equal(s.last_line.row.outcome, finds[i].outcome);
		assert_int_equal(s.last_line.row.cause, CAUSE_LOOKUP);
		assert_true(s.is_done);
		finish(&s);
	}
}

static void a_lookup_in_trouble_proves_nothing_and_is_done_again(void **state)
{
	static const enum engine_answer troubles[] = {
		ANSWER_DOUBTFUL,
		ANSWER_NOT_SENT,
		ANSWER_BROKEN,
		ANSWER_TIMEOUT,
		ANSWER_THROTTLED,
		ANSWER_THROTTLED_DOUBTFUL,
		ANSWER_OVERLOAD,
		ANSWER_OVERLOAD_TIMEOUT,
		ANSWER_CLASH,
		ANSWER_REJECTED,
	};

	for (size_t i = 0; i < ARRAY_SIZE(troubles); i++) {
		uint32_t job;
		struct shell s = looking(&job);

		s.now += 10 * SEC; /* long after the settle */
		answer(&s, job, troubles[i]);
		pass(&s, 1 * SEC);
		assert_int_equal(s.sends, 3);
		assert_int_equal(s.last_send.send.request, REQUEST_LOOKUP);
		finish(&s);
	}
}

static void further_pages_are_asked_for_until_the_end(void **state)
{
	uint32_t job;
	struct shell s = looking(&job);

	answer(&s, job, ANSWER_MORE);
	drain(&s);
	assert_int_equal(s.sends, 3);
	assert_false(s.last_send.send.first);
	answer(&s, job, ANSWER_BROKEN); /* the same page again */
	pass(&s, 1 * SEC);
	assert_int_equal(s.sends, 4);
	assert_false(s.last_send.send.first);
	answer(&s, job, ANSWER_DOUBTFUL); /* the search is unsound: from its start */
	pass(&s, 1 * SEC);
	assert_true(s.last_send.send.first);
	finish(&s);
}

/* ------------------------------------------------------------------- settle */

static void absence_is_proven_only_by_a_search_that_began_after_the_settle(void **state)
{
	uint32_t job;
	struct shell s = looking(&job);

	s.now += 4900 * MS; /* a slow lookup: its answer comes late, its start was early */
	answer(&s, job, ANSWER_ABSENT);
	drain(&s);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	pass(&s, 100 * MS);
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	answer(&s, job, ANSWER_ABSENT);
	drain(&s);
	assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
	assert_int_equal(s.last_send.send.request, REQUEST_CREATE);
	finish(&s);
}

static void after_a_time_out_the_settle_is_the_long_one(void **state)
{
	struct shell s = start(1, NULL);
	uint32_t job = s.last_send.job;

	answer(&s, job, ANSWER_TIMEOUT);
	pass(&s, 2 * SEC);
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 27900 * MS);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	pass(&s, 200 * MS);
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	finish(&s);
}

/* A server that needed 9 s for a create may need 9 s for the next. */
static void the_settle_is_never_under_twice_the_slowest_create(void **state)
{
	struct shell s = start(2, NULL);
	uint32_t job;

	s.now += 9 * SEC;
	answer(&s, s.last_send.job, ANSWER_CREATED);
	drain(&s);
	job = s.last_send.job;
	answer(&s, job, ANSWER_BROKEN);
	drain(&s);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 17 * SEC);
	assert_int_equal(state_of(&s, job), JOB_DOUBTFUL);
	pass(&s, 1 * SEC);
	assert_int_equal(state_of(&s, job), JOB_LOOKING);
	finish(&s);
}

static void an_open_intent_of_a_killed_run_is_looked_up_before_it_is_sent(void **state)
{
	struct shell o = start_as(1, CLAIM_OPEN, NULL);

	assert_int_equal(o.intents, 0);
	assert_int_equal(o.last_send.send.request, REQUEST_LOOKUP);
	answer(&o, o.last_send.job, ANSWER_ABSENT);
	pass(&o, 29 * SEC);
	assert_int_equal(o.sends, 1);
	pass(&o, 1 * SEC);
	assert_int_equal(o.last_send.send.request, REQUEST_LOOKUP);
	answer(&o, o.last_send.job, ANSWER_ABSENT);
	drain(&o);
	assert_int_equal(o.intents, 1); /* anew: the row may have been edited */
	assert_int_equal(o.last_send.send.request, REQUEST_CREATE);
	finish(&o);
}

/* ------------------------------------------------------------ budget, ends */

static void two_attempts(struct engine_config *c)
{
	c->attempts = 2;
}

static void when_the_attempts_are_spent_a_settled_lookup_decides(void **state)
{
	struct shell s = start(1, two_attempts);
	uint32_t job = s.last_send.job;

	for (int i = 0; i < 2; i++) {
		answer(&s, job, ANSWER_OVERLOAD);
		pass(&s, 6 * SEC);
		assert_int_equal(s.last_send.send.request, REQUEST_LOOKUP);
		answer(&s, job, ANSWER_ABSENT);
		pass(&s, 6 * SEC);
		if (state_of(&s, job) == JOB_LOOKING)
			answer(&s, job, ANSWER_ABSENT);
		drain(&s);
	}
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_ATTEMPTS);
	assert_int_equal(s.last_line.row.attempts, 2);
	finish(&s);
}

static void a_clash_that_is_not_found_is_failed(void **state)
{
	struct shell s = start(1, NULL);
	uint32_t job = s.last_send.job;

	answer(&s, job, ANSWER_CLASH);
	drain(&s);
	answer(&s, job, ANSWER_ABSENT);
	pass(&s, 5 * SEC);
	answer(&s, job, ANSWER_ABSENT);
	drain(&s);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_ANSWER);
	finish(&s);
}

static void a_row_that_is_only_ever_throttled_ends_as_skipped(void **state)
{
	struct shell s = start(1, two_attempts);
	uint32_t job = s.last_send.job;

	for (int i = 0; i < 8; i++) {
		assert_int_equal(state_of(&s, job), JOB_IN_FLIGHT);
		answer(&s, job, ANSWER_THROTTLED);
		pass(&s, 31 * SEC);
	}
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	assert_int_equal(s.last_line.row.cause, CAUSE_TROUBLE);
	assert_int_equal(s.withdrawals, 1);
	finish(&s);
}

static void a_row_whose_lookups_all_fail_ends_unresolved(void **state)
{
	uint32_t job;
	struct shell s = looking(&job);
	int looks = 0;

	while (state_of(&s, job) == JOB_LOOKING && looks < 100) {
		looks++;
		answer(&s, job, ANSWER_REJECTED);
		pass(&s, 31 * SEC);
	}
	assert_int_equal(looks, 20);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UNRESOLVED);
	finish(&s);
}

/* ------------------------------------------------------------ for all rows */

static void nothing_leaves_before_its_intent_is_durable(void **state)
{
	struct shell s = {.endless = true};
	struct engine *e;
	struct engine_action a;
	struct engine_event row = {.kind = EVENT_ROW, .row = {.filterable = true}};
	bool intent = false;

	start_in(&s, NULL);
	e = s.e;
	engine_handle(e, 0, &row);
	while (engine_next(e, 0, &a)) {
		assert_int_not_equal(a.kind, ACTION_SEND);
		intent |= a.kind == ACTION_WRITE_INTENT;
	}
	assert_true(intent);
	engine_handle(e, 0, &(struct engine_event){.kind = EVENT_INTENT_DURABLE, .job = row.job});
	assert_true(engine_next(e, 0, &a));
	assert_int_equal(a.kind, ACTION_SEND);
	finish(&s);
}

static void the_window_opens_with_the_answers(void **state)
{
	struct shell s = start(100, NULL);

	assert_int_equal(s.sends, 1);
	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.sends, 3);
	answer(&s, s.sent[1], ANSWER_CREATED);
	answer(&s, s.sent[2], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.sends, 7);
	finish(&s);
}

static void a_retry_after_holds_everybody(void **state)
{
	struct shell s = start(100, NULL);

	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	answer_after(&s, s.sent[1], ANSWER_THROTTLED, 7 * SEC);
	answer(&s, s.sent[2], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.sends, 3);
	pass(&s, 7 * SEC - 1);
	assert_int_equal(s.sends, 3);
	pass(&s, 1);
	assert_int_equal(s.sends, 4); /* and the window begins at one again */
	finish(&s);
}

static void a_retry_after_that_is_too_long_ends_the_run(void **state)
{
	struct shell s = start(10, NULL);

	answer_after(&s, s.sent[0], ANSWER_OVERLOAD, 3600 * SEC);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_RETRY_AFTER);
	assert_int_equal(s.done.done.resume_after, 3600 * SEC);
	assert_int_equal(s.lines, 10);
	finish(&s);
}

static void ten_a_second(struct engine_config *c)
{
	c->rate_interval = 100 * MS;
	c->burst = 1;
	c->concurrency = 64;
}

static void the_rate_holds_for_requests_of_all_kinds(void **state)
{
	static const enum engine_answer answers[] = {
		ANSWER_BROKEN,
		ANSWER_FOUND_CREATED,
		ANSWER_CREATED,
	};
	struct shell s = start(100, ten_a_second);

	for (uint32_t i = 0; i < 50; i++) {
		uint32_t before = s.sends;

		/* a lost answer, its lookup, a create that goes well, … */
		answer(&s, s.last_send.job, answers[i % 3]);
		drain(&s);
		assert_int_equal(s.sends, before);
		pass(&s, 100 * MS);
		assert_int_equal(s.sends, before + 1);
	}
	finish(&s);
}

static void a_static_token_that_runs_out_ends_the_run_with_nothing_lost(void **state)
{
	struct shell s = start(10, NULL);

	answer(&s, s.sent[0], ANSWER_CREATED); /* so the token was good */
	drain(&s);
	answer(&s, s.sent[1], ANSWER_TOKEN);
	answer(&s, s.sent[2], ANSWER_TOKEN);
	drain(&s);
	assert_int_equal(s.fetches, 1); /* one for all */
	assert_int_equal(s.sends, 3);
	tell(&s, EVENT_TOKEN_REFUSED, ENGINE_NO_JOB);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_TOKEN);
	assert_int_equal(s.lines, 10);
	finish(&s);
}

static void a_fresh_token_sends_those_rows_again(void **state)
{
	struct shell s = start(3, NULL);

	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	answer(&s, s.sent[1], ANSWER_TOKEN);
	drain(&s);
	token_fresh(&s, NSEC_NEVER);
	answer(&s, s.sent[2], ANSWER_TOKEN); /* of the older generation: not the new one's fault */
	drain(&s);
	assert_int_equal(s.fetches, 1);
	assert_int_equal(s.sends, 5);
	assert_int_equal(s.last_send.send.generation, 2);
	finish(&s);
}

static void a_token_that_never_worked_ends_the_run_at_its_second_refusal(void **state)
{
	struct shell s = start(10, NULL);

	answer(&s, s.sent[0], ANSWER_TOKEN);
	drain(&s);
	assert_false(s.is_done);
	assert_int_not_equal(s.sent[1], s.sent[0]); /* another row tries it */
	answer(&s, s.sent[1], ANSWER_TOKEN);
	answer(&s, s.sent[2], ANSWER_TOKEN);
	drain(&s);
	assert_int_equal(s.done.done.end, END_TOKEN);
	assert_int_equal(s.fetches, 0);
	finish(&s);
}

static void a_refused_sandbox_fails_its_rows_and_no_others(void **state)
{
	struct shell s = start(4, NULL);

	answer(&s, s.sent[0], ANSWER_FATAL_SANDBOX);
	drain(&s);
	assert_int_equal(s.lines, 4);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_SANDBOX);
	assert_int_equal(s.done.done.end, END_SANDBOXES);
	assert_int_equal(s.sends, 1);
	finish(&s);
}

/* ------------------------------------------------------------ stop and abort */

static void a_stop_lets_finish_what_is_in_flight(void **state)
{
	struct shell s = start(10, NULL);

	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.cuts, 0);
	assert_false(s.is_done);
	assert_int_equal(s.lines, 9); /* the others are skipped, their intents withdrawn */
	assert_int_equal(s.withdrawals, 9);
	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_CREATED);
	assert_int_equal(s.done.done.end, END_STOPPED);
	finish(&s);
}

static void a_row_in_doubt_at_a_stop_is_unresolved(void **state)
{
	struct shell s = start(1, NULL);

	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	answer(&s, s.sent[0], ANSWER_TIMEOUT);
	drain(&s);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UNRESOLVED);
	assert_int_equal(s.last_line.row.cause, CAUSE_ENDED);
	assert_true(s.is_done);
	finish(&s);
}

static void an_abort_cuts(void **state)
{
	struct shell s = start(5000, NULL);

	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	tell(&s, EVENT_ABORT, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.cuts, 2);
	answer(&s, s.sent[1], ANSWER_NOT_SENT);
	answer(&s, s.sent[2], ANSWER_BROKEN);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_ABORTED);
	assert_true(s.rows_left > 0); /* nothing more is read */
	finish(&s);
}

static void halt_now_at_two(struct engine_config *c)
{
	c->halt_mode = HALT_NOW;
	c->halt_fails = 2;
}

static void the_halt_rule_ends_the_run_and_cuts_if_so_asked(void **state)
{
	struct shell s = start(50, halt_now_at_two);

	answer(&s, s.sent[0], ANSWER_REJECTED);
	drain(&s);
	answer(&s, s.sent[1], ANSWER_REJECTED);
	drain(&s);
	assert_int_equal(s.cuts, 1);
	answer(&s, s.sent[2], ANSWER_BROKEN);
	drain(&s);
	assert_int_equal(s.done.done.end, END_HALT_RULE);
	assert_int_equal(s.done.done.failed, 3); /* and the row that was cut in mid-air */
	assert_int_equal(s.lines, 50);
	finish(&s);
}

static void after_a_ledger_failure_nothing_is_sent_written_or_told(void **state)
{
	struct shell s = start(10, NULL);

	tell(&s, EVENT_LEDGER_FAILED, ENGINE_NO_JOB);
	drain(&s);
	assert_false(s.is_done); /* a request is in flight */
	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.outcomes + s.lines + s.withdrawals, 0);
	assert_int_equal(s.sends, 1);
	assert_int_equal(s.done.done.end, END_LEDGER);
	finish(&s);
}

/* ---------------------------------------------------------------- listings */

/* Tell each row that shares it that it was found. @return how many */
static uint32_t find_sharing(struct shell *s, uint32_t listing)
{
	uint32_t sharing = 0;

	for (uint32_t job = 0; job < engine_job_limit(s->e); job++) {
		if (!engine_shares(s->e, job, listing))
			continue;
		sharing++;
		engine_handle(s->e, s->now,
			&(struct engine_event){
				.kind = EVENT_SHARED_FINDING,
				.job = job,
				.answer = {.answer = ANSWER_FOUND_ADOPTED},
			});
	}
	return sharing;
}

static void rows_that_no_filter_finds_share_one_listing(void **state)
{
	struct shell s = {
		.rows_left = 3,
		.row = {.row = {.claim = CLAIM_OPEN,
				.scope = 5,
				.look_scope = 5,
				.filterable = false}},
	};
	uint32_t first;

	start_in(&s, NULL);
	assert_int_equal(s.sends, 1);
	assert_int_equal(s.last_send.send.request, REQUEST_LIST);
	assert_int_equal(s.last_send.send.scope, 5);
	first = s.last_send.job;
	assert_int_equal(find_sharing(&s, first), 1); /* two came after its first page */
	answer(&s, first, ANSWER_LISTED);
	drain(&s);
	assert_int_equal(s.sends, 2);
	assert_int_equal(find_sharing(&s, s.last_send.job), 2);
	answer(&s, s.last_send.job, ANSWER_LISTED);
	drain(&s);
	assert_int_equal(s.lines, 3);
	assert_true(s.is_done);
	finish(&s);
}

static void a_listing_that_fails_is_a_failed_look_of_each_row(void **state)
{
	struct shell s = {
		.rows_left = 2,
		.row = {.row = {.claim = CLAIM_OPEN, .filterable = false}},
	};

	start_in(&s, NULL);
	answer(&s, s.last_send.job, ANSWER_REJECTED);
	for (int i = 0; i < 10000 && !s.is_done; i++) {
		uint32_t before = s.sends;

		pass(&s, 1 * SEC);
		if (s.sends > before)
			answer(&s, s.last_send.job, ANSWER_REJECTED);
	}
	assert_true(s.is_done);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UNRESOLVED);
	finish(&s);
}

/* A row in doubt whose name no filter finds, of a scope of its own. */
static void claim_unfilterable(struct shell *s, uint32_t job, uint32_t sandbox)
{
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_ROW,
			.job = job,
			.row = {.claim = CLAIM_OPEN,
				.scope = job,
				.look_scope = job,
				.sandbox = sandbox},
		});
}

/* All places are taken by listings of a sandbox that is then refused: a row that
 * waited for a place has nobody else to remember it. */
static void a_refused_sandbox_gives_its_places_to_the_listings_of_others(void **state)
{
	const uint32_t places = 8;
	struct shell s = {.endless = true};

	start_in(&s, NULL);
	for (uint32_t job = 0; job < places; job++)
		claim_unfilterable(&s, job, 0);
	claim_unfilterable(&s, places, 1);
	drain(&s);
	assert_int_equal(s.sends, 1);
	answer(&s, s.last_send.job, ANSWER_FATAL_SANDBOX);
	drain(&s);
	assert_int_equal(s.lines, places);
	assert_int_equal(s.sends, 2);
	assert_int_equal(s.last_send.send.request, REQUEST_LIST);
	assert_int_equal(s.last_send.send.scope, places);
	finish(&s);
}

/* ------------------------------------------------------------ outage */

static void claim_fresh(struct shell *s, uint32_t job)
{
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_ROW,
			.job = job,
			.row = {.claim = CLAIM_FRESH, .filterable = true},
		});
	drain(s);
}

static void an_outage_is_met_with_one_request_at_a_time(void **state)
{
	struct shell s = start(200, NULL);
	uint32_t during;

	for (uint32_t i = 0; i < 7; i++) { /* window 8 */
		answer(&s, s.sent[i], ANSWER_CREATED);
		drain(&s);
	}
	while (!engine_stats(s.e).breaker_open) {
		for (uint32_t i = 0; i < 200; i++)
			if (state_of(&s, i) == JOB_IN_FLIGHT)
				answer(&s, i, ANSWER_OVERLOAD);
		pass(&s, 1 * MS);
	}
	during = s.sends;
	for (int i = 0; i < 200; i++) {
		pass(&s, 100 * MS);
		assert_in_range(engine_stats(s.e).in_flight, 0, 1);
		if (engine_stats(s.e).in_flight)
			answer(&s, s.last_send.job, ANSWER_OVERLOAD);
	}
	assert_in_range(s.sends - during, 4, 40);
	pass(&s, 30 * SEC);
	answer(&s, s.last_send.job, ANSWER_CREATED);
	drain(&s);
	assert_false(engine_stats(s.e).breaker_open);
	assert_true(engine_stats(s.e).in_flight > 1);
	finish(&s);
}

static void a_server_that_never_answers_is_given_up_after_a_minute(void **state)
{
	struct shell s = start(200, NULL);

	for (int i = 0; i < 7200 && !s.is_done; i++) {
		pass(&s, 10 * MS);
		for (uint32_t job = 0; job < 200; job++)
			if (state_of(&s, job) == JOB_IN_FLIGHT)
				answer(&s, job, ANSWER_NOT_SENT);
	}
	assert_int_equal(s.done.done.end, END_BREAKER);
	assert_in_range(s.now, 60 * SEC, 61 * SEC);
	assert_int_equal(s.lines, 200);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	finish(&s);
}

static void one_attempt(struct engine_config *c)
{
	c->attempts = 1;
}

/* An outage has outlived its rows, and on a pipe the next row comes an hour later:
 * nobody was asked in between, so nobody was silent. */
static void an_outage_without_rows_is_not_waited_out(void **state)
{
	struct shell s = {.endless = true};

	start_in(&s, one_attempt);
	claim_fresh(&s, 0);
	while (s.lines == 0) {
		answer(&s, s.last_send.job, ANSWER_NOT_SENT);
		pass(&s, 1 * SEC);
	}
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	pass(&s, 3600 * SEC);

	claim_fresh(&s, 1);
	assert_int_equal(state_of(&s, 1), JOB_IN_FLIGHT);
	answer(&s, 1, ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_CREATED);
	finish(&s);
}

/* The same behind an open breaker: the row is its next probe. */
static void a_breaker_without_rows_is_not_given_up(void **state)
{
	struct shell s = {.endless = true};

	start_in(&s, NULL);
	for (uint32_t job = 0; job < 5; job++)
		claim_fresh(&s, job);
	while (s.lines < 5) {
		for (uint32_t job = 0; job < 5; job++)
			if (state_of(&s, job) == JOB_IN_FLIGHT)
				answer(&s, job, ANSWER_OVERLOAD);
			else if (state_of(&s, job) == JOB_LOOKING)
				answer(&s, job, ANSWER_FOUND_CREATED);
		pass(&s, engine_stats(s.e).breaker_open ? 10 * SEC : 0);
	}
	assert_true(engine_stats(s.e).breaker_open);
	pass(&s, 3600 * SEC);

	claim_fresh(&s, 5);
	assert_int_equal(state_of(&s, 5), JOB_IN_FLIGHT);
	answer(&s, 5, ANSWER_CREATED);
	drain(&s);
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_to_a_create_moves_its_row_as_the_table_says),
		cmocka_unit_test(what_a_lookup_finds_is_the_outcome),
		cmocka_unit_test(a_lookup_in_trouble_proves_nothing_and_is_done_again),
		cmocka_unit_test(further_pages_are_asked_for_until_the_end),
		cmocka_unit_test(absence_is_proven_only_by_a_search_that_began_after_the_settle),
		cmocka_unit_test(after_a_time_out_the_settle_is_the_long_one),
		cmocka_unit_test(the_settle_is_never_under_twice_the_slowest_create),
		cmocka_unit_test(an_open_intent_of_a_killed_run_is_looked_up_before_it_is_sent),
		cmocka_unit_test(when_the_attempts_are_spent_a_settled_lookup_decides),
		cmocka_unit_test(a_clash_that_is_not_found_is_failed),
		cmocka_unit_test(a_row_that_is_only_ever_throttled_ends_as_skipped),
		cmocka_unit_test(a_row_whose_lookups_all_fail_ends_unresolved),
		cmocka_unit_test(nothing_leaves_before_its_intent_is_durable),
		cmocka_unit_test(the_window_opens_with_the_answers),
		cmocka_unit_test(a_retry_after_holds_everybody),
		cmocka_unit_test(a_retry_after_that_is_too_long_ends_the_run),
		cmocka_unit_test(the_rate_holds_for_requests_of_all_kinds),
		cmocka_unit_test(a_static_token_that_runs_out_ends_the_run_with_nothing_lost),
		cmocka_unit_test(a_fresh_token_sends_those_rows_again),
		cmocka_unit_test(a_token_that_never_worked_ends_the_run_at_its_second_refusal),
		cmocka_unit_test(a_refused_sandbox_fails_its_rows_and_no_others),
		cmocka_unit_test(a_stop_lets_finish_what_is_in_flight),
		cmocka_unit_test(a_row_in_doubt_at_a_stop_is_unresolved),
		cmocka_unit_test(an_abort_cuts),
		cmocka_unit_test(the_halt_rule_ends_the_run_and_cuts_if_so_asked),
		cmocka_unit_test(after_a_ledger_failure_nothing_is_sent_written_or_told),
		cmocka_unit_test(rows_that_no_filter_finds_share_one_listing),
		cmocka_unit_test(a_listing_that_fails_is_a_failed_look_of_each_row),
		cmocka_unit_test(a_refused_sandbox_gives_its_places_to_the_listings_of_others),
		cmocka_unit_test(an_outage_is_met_with_one_request_at_a_time),
		cmocka_unit_test(a_server_that_never_answers_is_given_up_after_a_minute),
		cmocka_unit_test(an_outage_without_rows_is_not_waited_out),
		cmocka_unit_test(a_breaker_without_rows_is_not_given_up),
	};
	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
