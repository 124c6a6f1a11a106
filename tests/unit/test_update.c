/* Rows whose connection is there and differs: updated under the guard of an etag. */
#include "engine_shell.h"

static struct shell start_update(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_UPDATE, OUTCOME_CHANGED, change);
}

static void two_attempts(struct engine_config *c)
{
	c->attempts = 2;
}

static void assert_line(const struct shell *s, enum engine_outcome outcome, enum engine_cause cause)
{
	assert_int_equal(s->lines, 1);
	assert_int_equal(s->last_line.row.outcome, outcome);
	assert_int_equal(s->last_line.row.cause, cause);
	assert_int_equal(s->outcomes, outcome == OUTCOME_UPDATED);
	assert_int_equal(s->intents, 1);
	assert_true(s->is_done);
}

/* And is its intent taken back? */
static void assert_end(const struct shell *s, enum engine_outcome outcome, enum engine_cause cause,
	uint32_t withdrawals)
{
	assert_line(s, outcome, cause);
	assert_int_equal(s->withdrawals, withdrawals);
}

/* One row whose intent is on its way; it comes as job 0. */
static struct shell start_held(enum engine_claim claim)
{
	struct shell s = {
		.rows_left = 1,
		.held = true,
		.row = {.row = {.claim = claim, .known = OUTCOME_CHANGED}},
	};

	start_in(&s, NULL);
	return s;
}

static void durable(struct shell *s)
{
	tell(s, EVENT_INTENT_DURABLE, 0);
	drain(s);
}

static void stop(struct shell *s)
{
	tell(s, EVENT_STOP, ENGINE_NO_JOB);
	drain(s);
}

/* ------------------------------------------------------------------- answers */

static void a_row_that_differs_is_updated_once_that_is_intended(void **state)
{
	struct shell s = start_held(CLAIM_UPDATE);

	assert_int_equal(s.intents, 1);
	assert_int_equal(s.sends, 0);
	assert_int_equal(state_of(&s, 0), JOB_PENDING);
	durable(&s);
	assert_int_equal(last_request(&s), REQUEST_UPDATE);
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
	assert_end(&s, OUTCOME_UPDATED, CAUSE_ANSWER, 0);
	assert_int_equal(s.last_line.row.attempts, 1);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

static void every_answer_to_an_update_moves_its_row(void **state)
{
	static const struct {
		enum engine_answer answer;
		enum job_state state; /* right after it */
	} answers[] = {
		{ANSWER_UPDATED, JOB_TOLD},
		{ANSWER_REJECTED, JOB_TOLD},
		{ANSWER_GONE, JOB_TOLD},
		{ANSWER_FATAL, JOB_TOLD},
		{ANSWER_FATAL_SANDBOX, JOB_TOLD},
		{ANSWER_NOT_SENT, JOB_WAITING},
		{ANSWER_THROTTLED, JOB_WAITING},
		{ANSWER_TOKEN, JOB_WAITING},
		{ANSWER_STALE, JOB_LOOKING}, /* read at once */
		{ANSWER_DOUBTFUL, JOB_LOOKING},
		{ANSWER_BROKEN, JOB_LOOKING},
		{ANSWER_CLASH, JOB_LOOKING},
		{ANSWER_TIMEOUT, JOB_DOUBTFUL}, /* read after a wait */
		{ANSWER_OVERLOAD, JOB_DOUBTFUL},
		{ANSWER_OVERLOAD_TIMEOUT, JOB_DOUBTFUL},
		{ANSWER_THROTTLED_DOUBTFUL, JOB_DOUBTFUL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct shell s = start_update(1, NULL);
		uint32_t job = s.last_send.job;

		answer_and_drain(&s, job, answers[i].answer);
		if (state_of(&s, job) != answers[i].state)
			fail_msg("%s: %s", engine_answer_name(answers[i].answer),
				job_state_name(state_of(&s, job)));
		if (answers[i].state == JOB_TOLD && answers[i].answer != ANSWER_UPDATED)
			assert_end(&s, OUTCOME_FAILED, CAUSE_ANSWER, 1);
		if (answers[i].state == JOB_LOOKING) {
			assert_int_equal(last_request(&s), REQUEST_READ);
			assert_true(s.last_send.send.first);
		}
		finish(&s);
	}
}

static void what_was_not_executed_is_sent_again_unread(void **state)
{
	static const enum engine_answer unexecuted[] = {ANSWER_NOT_SENT, ANSWER_THROTTLED};

	for (size_t i = 0; i < ARRAY_SIZE(unexecuted); i++) {
		struct shell s = start_update(1, NULL);

		answer(&s, s.last_send.job, unexecuted[i]);
		pass(&s, 1 * SEC);
		assert_int_equal(s.sends, 2);
		assert_int_equal(last_request(&s), REQUEST_UPDATE);
		finish(&s);
	}
}

/* --------------------------------------------------------------------- reads */

static struct shell reading(enum engine_answer first)
{
	struct shell s = start_update(1, NULL);

	answer_and_drain(&s, s.last_send.job, first);
	assert_int_equal(last_request(&s), REQUEST_READ);
	return s;
}

static void what_is_as_we_left_it_is_updated_once_more(void **state)
{
	static const enum engine_answer firsts[] = {ANSWER_STALE, ANSWER_BROKEN};
	static const enum engine_answer clear[] = {ANSWER_SAME, ANSWER_MOVED};

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(clear); k++) {
			struct shell s = reading(firsts[i]);

			answer_and_drain(&s, s.last_send.job, clear[k]);
			assert_int_equal(last_request(&s), REQUEST_UPDATE); /* no settle */
			answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
			assert_end(&s, OUTCOME_UPDATED, CAUSE_ANSWER, 0);
			assert_int_equal(s.last_line.row.attempts, 2);
			finish(&s);
		}
	}
}

static void what_somebody_else_changed_is_a_conflict(void **state)
{
	static const enum engine_answer firsts[] = {ANSWER_STALE, ANSWER_BROKEN};

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		struct shell s = reading(firsts[i]);

		answer_and_drain(&s, s.last_send.job, ANSWER_CONFLICT);
		assert_end(&s, OUTCOME_CONFLICT, CAUSE_LOOKUP, firsts[i] == ANSWER_STALE);
		finish(&s);
	}
}

static void what_is_gone_cannot_be_updated(void **state)
{
	struct shell s = reading(ANSWER_STALE);

	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_end(&s, OUTCOME_FAILED, CAUSE_LOOKUP, 1);
	finish(&s);
}

static void a_read_in_trouble_is_done_again(void **state)
{
	static const enum engine_answer troubles[] = {ANSWER_DOUBTFUL, ANSWER_NOT_SENT,
		ANSWER_BROKEN, ANSWER_TIMEOUT, ANSWER_THROTTLED, ANSWER_THROTTLED_DOUBTFUL,
		ANSWER_OVERLOAD, ANSWER_OVERLOAD_TIMEOUT, ANSWER_CLASH, ANSWER_REJECTED};

	for (size_t i = 0; i < ARRAY_SIZE(troubles); i++) {
		struct shell s = reading(ANSWER_STALE);

		answer(&s, s.last_send.job, troubles[i]);
		pass(&s, 1 * SEC);
		assert_int_equal(s.sends, 3);
		assert_int_equal(last_request(&s), REQUEST_READ);
		finish(&s);
	}
}

static struct shell unreadable(enum engine_answer first)
{
	struct shell s = reading(first);

	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		answer(&s, s.last_send.job, ANSWER_REJECTED);
		pass(&s, 31 * SEC);
	}
	return s;
}

static void what_cannot_be_read_ends(void **state)
{
	struct shell refused = unreadable(ANSWER_STALE);
	struct shell lost = unreadable(ANSWER_BROKEN);

	assert_end(&refused, OUTCOME_SKIPPED, CAUSE_TROUBLE, 1);
	assert_end(&lost, OUTCOME_UNRESOLVED, CAUSE_TROUBLE, 0);
	finish(&refused);
	finish(&lost);
}

/* -------------------------------------------------------------------- attempts */

/* Two attempts. Each update is answered so, and each read so; none leaves after these. */
struct tries {
	enum engine_answer answers[3][2];
	uint32_t count;
	enum engine_outcome outcome;
	uint32_t withdrawals;
};

static struct shell spent(const struct tries *t)
{
	struct shell s = start_update(1, two_attempts);

	for (uint32_t i = 0; i < t->count; i++) {
		pass(&s, 60 * SEC);
		assert_int_equal(last_request(&s), REQUEST_UPDATE);
		answer_and_drain(&s, s.last_send.job, t->answers[i][0]);
		assert_int_equal(last_request(&s), REQUEST_READ);
		answer_and_drain(&s, s.last_send.job, t->answers[i][1]);
	}
	pass(&s, 60 * SEC);
	assert_int_equal(s.sends, 2 * t->count);
	assert_int_equal(s.last_line.row.attempts, t->count);
	return s;
}

#define SAME(first)                                                                                \
	{                                                                                          \
		first, ANSWER_SAME                                                                 \
	}
#define MOVED(first)                                                                               \
	{                                                                                          \
		first, ANSWER_MOVED                                                                \
	}

static void when_the_attempts_are_spent_a_last_read_decides(void **state)
{
	static const struct tries tries[] = {
		/* Always too late, and none of ours is in doubt: somebody keeps changing it. */
		{{MOVED(ANSWER_STALE), MOVED(ANSWER_STALE), MOVED(ANSWER_STALE)}, 3,
			OUTCOME_CONFLICT, 1},
		{{SAME(ANSWER_STALE), SAME(ANSWER_STALE), SAME(ANSWER_STALE)}, 3, OUTCOME_CONFLICT,
			1},
		/* Not executed. It may be yet, but for a 409. */
		{{SAME(ANSWER_BROKEN), SAME(ANSWER_BROKEN)}, 2, OUTCOME_FAILED, 0},
		{{MOVED(ANSWER_BROKEN), SAME(ANSWER_BROKEN)}, 2, OUTCOME_FAILED, 0},
		{{MOVED(ANSWER_STALE), MOVED(ANSWER_STALE), SAME(ANSWER_CLASH)}, 3, OUTCOME_FAILED,
			0},
		/* It may be the last one that moved it … */
		{{SAME(ANSWER_BROKEN), MOVED(ANSWER_BROKEN)}, 2, OUTCOME_UNRESOLVED, 0},
		/* … or the first, late. */
		{{SAME(ANSWER_BROKEN), MOVED(ANSWER_STALE), MOVED(ANSWER_STALE)}, 3,
			OUTCOME_UNRESOLVED, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		struct shell s = spent(&tries[i]);

		if (s.last_line.row.outcome != tries[i].outcome)
			fail_msg("end %zu: %s", i, engine_outcome_name(s.last_line.row.outcome));
		assert_end(&s, tries[i].outcome, CAUSE_ATTEMPTS, tries[i].withdrawals);
		finish(&s);
	}
}

static void one_attempt(struct engine_config *c)
{
	c->attempts = 1;
}

/* A server moves the etag by itself a while after a create: not what attempts are for. */
static void the_first_that_came_too_late_costs_no_attempt(void **state)
{
	struct shell s = start_update(1, one_attempt);

	answer_and_drain(&s, s.last_send.job, ANSWER_STALE);
	answer_and_drain(&s, s.last_send.job, ANSWER_MOVED);
	assert_int_equal(last_request(&s), REQUEST_UPDATE);
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
	assert_end(&s, OUTCOME_UPDATED, CAUSE_ANSWER, 0);
	assert_int_equal(s.last_line.row.attempts, 2);
	finish(&s);
}

/* ------------------------------------------------------- what an earlier run intended */

/* It may be executed yet, with other fields: so its intent stands, whatever becomes of ours. */
static void an_open_intent_is_never_taken_back(void **state)
{
	static const struct {
		enum engine_answer answer, read; /* the latter if there is one */
		enum engine_outcome outcome;
		enum engine_cause cause;
	} ends[] = {
		{ANSWER_REJECTED, ANSWER_COUNT, OUTCOME_FAILED, CAUSE_ANSWER},
		{ANSWER_GONE, ANSWER_COUNT, OUTCOME_FAILED, CAUSE_ANSWER},
		{ANSWER_STALE, ANSWER_CONFLICT, OUTCOME_CONFLICT, CAUSE_LOOKUP},
		{ANSWER_STALE, ANSWER_GONE, OUTCOME_FAILED, CAUSE_LOOKUP},
		{ANSWER_UPDATED, ANSWER_COUNT, OUTCOME_UPDATED, CAUSE_ANSWER},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct shell s = start_known(1, CLAIM_UPDATE_OPEN, OUTCOME_CHANGED, NULL);

		assert_int_equal(last_request(&s), REQUEST_UPDATE);
		answer_and_drain(&s, s.last_send.job, ends[i].answer);
		if (ends[i].read != ANSWER_COUNT)
			answer_and_drain(&s, s.last_send.job, ends[i].read);
		assert_end(&s, ends[i].outcome, ends[i].cause, 0);
		finish(&s);
	}
}

static void an_open_update_needs_an_intent_of_its_own(void **state)
{
	struct shell s = start_held(CLAIM_UPDATE_OPEN);

	assert_int_equal(s.intents, 1);
	assert_int_equal(s.sends, 0);
	durable(&s);
	assert_int_equal(last_request(&s), REQUEST_UPDATE);
	finish(&s);
}

/* What keeps changing it may be that of the earlier run, late. */
static void an_open_update_that_is_always_too_late_is_unresolved(void **state)
{
	struct shell s = start_known(1, CLAIM_UPDATE_OPEN, OUTCOME_CHANGED, one_attempt);

	for (int i = 0; i < 2; i++) {
		answer_and_drain(&s, s.last_send.job, ANSWER_STALE);
		answer_and_drain(&s, s.last_send.job, ANSWER_MOVED);
	}
	assert_end(&s, OUTCOME_UNRESOLVED, CAUSE_ATTEMPTS, 0);
	finish(&s);
}

static void an_etag_that_keeps_moving_is_not_chased_without_a_pause(void **state)
{
	struct shell s = start_update(1, NULL);
	uint32_t job = s.last_send.job;

	answer_and_drain(&s, job, ANSWER_STALE);
	answer_and_drain(&s, job, ANSWER_MOVED);
	answer_and_drain(&s, job, ANSWER_STALE);
	answer_and_drain(&s, job, ANSWER_MOVED);
	assert_int_equal(state_of(&s, job), JOB_WAITING);
	pass(&s, 1 * SEC);
	assert_int_equal(last_request(&s), REQUEST_UPDATE);
	finish(&s);
}

static void an_update_that_is_only_ever_throttled_is_skipped(void **state)
{
	struct shell s = start_update(1, NULL);

	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		answer(&s, s.last_send.job, ANSWER_THROTTLED);
		pass(&s, 31 * SEC);
	}
	assert_end(&s, OUTCOME_SKIPPED, CAUSE_TROUBLE, 1);
	finish(&s);
}

/* The first whose answer was lost is the last of so many tries. */
static void a_doubt_that_ends_it_all_keeps_its_intent(void **state)
{
	struct shell s = start_update(1, NULL);

	for (int i = 0; i < 19; i++) {
		answer(&s, s.last_send.job, ANSWER_THROTTLED);
		pass(&s, 31 * SEC);
	}
	assert_false(s.is_done);
	answer_and_drain(&s, s.last_send.job, ANSWER_THROTTLED_DOUBTFUL);
	assert_end(&s, OUTCOME_UNRESOLVED, CAUSE_TROUBLE, 0);
	finish(&s);
}

/* -------------------------------------------------------------------- early ends */

static void a_stop_leaves_what_was_not_sent_as_it_was(void **state)
{
	struct shell s = start_update(3, NULL); /* the window lets one go */

	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_CHANGED);
	assert_int_equal(s.last_line.row.cause, CAUSE_ENDED);
	assert_int_equal(s.last_line.row.end, END_STOPPED);
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED); /* it finishes */
	assert_int_equal(s.last_line.row.outcome, OUTCOME_UPDATED);
	assert_int_equal(s.outcomes, 1);
	assert_int_equal(s.intents, 3);
	assert_int_equal(s.withdrawals, 2);
	assert_true(s.is_done);
	finish(&s);
}

/* Whatever they are about, and an earlier run's deletion is in doubt. */
static void rows_that_come_after_a_stop_get_their_lines(void **state)
{
	static const struct {
		enum engine_claim claim;
		enum engine_outcome outcome;
	} claims[] = {
		{CLAIM_UPDATE, OUTCOME_CHANGED},
		{CLAIM_UPDATE_OPEN, OUTCOME_CHANGED},
		{CLAIM_TEST, OUTCOME_CHANGED},
		{CLAIM_DELETE, OUTCOME_CHANGED},
		{CLAIM_DELETE_OPEN, OUTCOME_UNRESOLVED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		struct shell s = {.endless = true};

		start_in(&s, NULL);
		tell(&s, EVENT_STOP, ENGINE_NO_JOB);
		engine_handle(s.e, s.now,
			&(struct engine_event){
				.kind = EVENT_ROW,
				.job = 0,
				.row = {.claim = claims[i].claim, .known = OUTCOME_CHANGED},
			});
		source_ended(&s);
		drain(&s);
		assert_true(s.is_done);
		assert_int_equal(s.lines, 1);
		assert_int_equal(s.last_line.row.outcome, claims[i].outcome);
		assert_int_equal(s.last_line.row.cause, CAUSE_ENDED);
		assert_int_equal(s.intents + s.outcomes + s.withdrawals, 0);
		finish(&s);
	}
}

static void what_a_stop_finds_in_doubt_is_unresolved(void **state)
{
	static const struct {
		enum engine_answer answers[3]; /* the last after the stop */
		int before;
		enum engine_outcome outcome;
		uint32_t withdrawals;
	} stops[] = {
		{{ANSWER_BROKEN}, 0, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_STALE}, 0, OUTCOME_CHANGED, 1},
		{{ANSWER_TOKEN}, 0, OUTCOME_CHANGED, 1},
		{{ANSWER_THROTTLED}, 0, OUTCOME_CHANGED, 1},
		{{ANSWER_REJECTED}, 0, OUTCOME_FAILED, 1},
		{{ANSWER_BROKEN, ANSWER_SAME}, 1, OUTCOME_CHANGED, 0},
		{{ANSWER_BROKEN, ANSWER_MOVED}, 1, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_BROKEN, ANSWER_TIMEOUT}, 1, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_STALE, ANSWER_MOVED}, 1, OUTCOME_CHANGED, 1},
		{{ANSWER_STALE, ANSWER_BROKEN}, 1, OUTCOME_CHANGED, 1},
		{{ANSWER_BROKEN, ANSWER_MOVED, ANSWER_THROTTLED}, 2, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_BROKEN, ANSWER_MOVED, ANSWER_STALE}, 2, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_BROKEN, ANSWER_MOVED, ANSWER_REJECTED}, 2, OUTCOME_UNRESOLVED, 0},
		{{ANSWER_BROKEN, ANSWER_SAME, ANSWER_REJECTED}, 2, OUTCOME_FAILED, 0},
		{{ANSWER_BROKEN, ANSWER_MOVED, ANSWER_UPDATED}, 2, OUTCOME_UPDATED, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		struct shell s = start_update(1, NULL);
		int n = stops[i].before;

		for (int k = 0; k < n; k++)
			answer_and_drain(&s, s.last_send.job, stops[i].answers[k]);
		stop(&s);
		assert_false(s.is_done);
		answer_and_drain(&s, s.last_send.job, stops[i].answers[n]);
		if (!s.is_done || s.last_line.row.outcome != stops[i].outcome ||
			s.withdrawals != stops[i].withdrawals)
			fail_msg("stop %zu: %s, %u", i,
				engine_outcome_name(s.last_line.row.outcome), s.withdrawals);
		assert_int_equal(s.lines, 1);
		assert_int_equal(s.outcomes, stops[i].outcome == OUTCOME_UPDATED);
		finish(&s);
	}
}

static void an_intent_on_its_way_is_waited_for_and_taken_back(void **state)
{
	static const enum engine_claim claims[] = {CLAIM_UPDATE, CLAIM_UPDATE_OPEN};

	for (size_t i = 0; i < ARRAY_SIZE(claims); i++) {
		struct shell s = start_held(claims[i]);

		stop(&s);
		assert_int_equal(s.lines, 0);
		assert_false(s.is_done);
		durable(&s);
		assert_end(&s, OUTCOME_CHANGED, CAUSE_ENDED, claims[i] == CLAIM_UPDATE);
		assert_int_equal(s.sends, 0);
		finish(&s);
	}
}

static void an_intent_that_was_not_handed_out_is_dropped(void **state)
{
	struct shell s = {.endless = true};

	start_in(&s, NULL);
	engine_handle(s.e, s.now,
		&(struct engine_event){
			.kind = EVENT_ROW,
			.job = 0,
			.row = {.claim = CLAIM_UPDATE, .known = OUTCOME_CHANGED},
		});
	stop(&s);
	source_ended(&s);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.intents + s.withdrawals + s.sends, 0);
	finish(&s);
}

static void an_abort_cuts_updates_and_reads(void **state)
{
	struct shell s = reading(ANSWER_STALE);

	tell(&s, EVENT_ABORT, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.cuts, 1);
	answer_and_drain(&s, s.last_send.job, ANSWER_BROKEN);
	assert_end(&s, OUTCOME_CHANGED, CAUSE_ENDED, 1);
	finish(&s);
}

static void a_refused_sandbox_fails_its_updates(void **state)
{
	struct shell s = start_update(3, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_FATAL_SANDBOX);
	assert_int_equal(s.lines, 3);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_SANDBOX);
	assert_int_equal(s.outcomes, 0);
	assert_int_equal(s.withdrawals, 3);
	assert_int_equal(s.done.done.end, END_SANDBOXES);
	finish(&s);
}

static void a_read_that_refuses_all_ends_the_run(void **state)
{
	struct shell s = reading(ANSWER_BROKEN);

	answer_and_drain(&s, s.last_send.job, ANSWER_FATAL);
	assert_end(&s, OUTCOME_UNRESOLVED, CAUSE_ENDED, 0);
	assert_int_equal(s.done.done.end, END_FATAL);
	finish(&s);
}

static void after_a_ledger_failure_no_update_leaves(void **state)
{
	struct shell s = start_update(3, NULL);

	tell(&s, EVENT_LEDGER_FAILED, ENGINE_NO_JOB);
	drain(&s);
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
	assert_true(s.is_done);
	assert_int_equal(s.sends, 1);
	assert_int_equal(s.lines + s.outcomes + s.withdrawals, 0);
	assert_int_equal(s.done.done.end, END_LEDGER);
	finish(&s);
}

/* ------------------------------------------------------------------ everybody */

static void a_fresh_token_sends_an_update_or_a_read_again(void **state)
{
	struct shell s = start_update(1, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_STALE); /* so the token has worked */
	answer_and_drain(&s, s.last_send.job, ANSWER_TOKEN);
	assert_true(fetch_out(&s));
	token_fresh(&s, NSEC_NEVER);
	drain(&s);
	assert_int_equal(last_request(&s), REQUEST_READ);
	assert_int_equal(s.last_send.send.generation, 2);
	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	answer_and_drain(&s, s.last_send.job, ANSWER_TOKEN);
	pass(&s, 1 * SEC);
	token_fresh(&s, NSEC_NEVER);
	pass(&s, 1 * SEC);
	assert_int_equal(last_request(&s), REQUEST_UPDATE);
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
	assert_line(&s, OUTCOME_UPDATED, CAUSE_ANSWER);
	finish(&s);
}

static void five_updates_without_an_answer_open_the_breaker(void **state)
{
	struct shell s = start_update(20, NULL);
	uint32_t answered = 0;

	for (; answered < 4; answered++)
		answer_and_drain(&s, s.sent[answered], ANSWER_UPDATED);
	for (uint32_t i = 0; i < 5; i++) {
		assert_false(engine_stats(s.e).breaker_open);
		assert_int_equal(state_of(&s, s.sent[answered]), JOB_IN_FLIGHT);
		answer(&s, s.sent[answered++], ANSWER_BROKEN);
	}
	assert_true(engine_stats(s.e).breaker_open);
	finish(&s);
}

/* They neither open it nor close it, as lookups. */
static void the_reads_of_updates_are_nothing_to_the_breaker(void **state)
{
	struct shell s = start_update(20, NULL);

	for (int i = 0; i < 30; i++) {
		for (uint32_t job = 0; job < 20; job++)
			if (state_of(&s, job) == JOB_LOOKING)
				answer(&s, job, ANSWER_OVERLOAD);
			else if (state_of(&s, job) == JOB_IN_FLIGHT)
				answer(&s, job, ANSWER_STALE);
		pass(&s, 1 * SEC);
	}
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

/* A row of another kind than those before. */
static void row_comes(struct shell *s, uint32_t job, enum engine_claim claim)
{
	engine_handle(s->e, s->now,
		&(struct engine_event){
			.kind = EVENT_ROW,
			.job = job,
			.row = {.claim = claim, .filterable = true},
		});
	drain(s);
}

static struct shell start_mixed(uint32_t rows, void (*change)(struct engine_config *))
{
	struct shell s = {.rows_left = rows,
		.endless = true,
		.row = {.row = {.claim = CLAIM_UPDATE, .filterable = true}}};

	start_in(&s, change);
	return s;
}

/* A create in doubt waits twice the slowest create that was answered: an update is none. */
static void a_slow_update_does_not_lengthen_the_settle(void **state)
{
	struct shell s = start_mixed(1, NULL);

	s.now += 50 * SEC;
	answer_and_drain(&s, s.last_send.job, ANSWER_UPDATED);
	row_comes(&s, 1, CLAIM_FRESH);
	assert_int_equal(last_request(&s), REQUEST_CREATE);
	answer_and_drain(&s, 1, ANSWER_BROKEN);
	answer(&s, 1, ANSWER_ABSENT);
	pass(&s, 6 * SEC);
	assert_int_equal(state_of(&s, 1), JOB_LOOKING);
	answer_and_drain(&s, 1, ANSWER_ABSENT);
	assert_int_equal(state_of(&s, 1), JOB_IN_FLIGHT);
	finish(&s);
}

static void with_inventory(struct engine_config *c)
{
	c->no_inventory = false;
}

static uint32_t job_in(const struct shell *s, enum job_state wanted)
{
	for (uint32_t job = 0; job < engine_job_limit(s->e); job++)
		if (state_of(s, job) == wanted)
			return job;
	return ENGINE_NO_JOB;
}

/* While creates are out a listing may come to count too many: updates add none. */
static void updates_that_are_out_are_no_excuse_for_an_inventory(void **state)
{
	struct shell s = start_mixed(40, with_inventory);

	row_comes(&s, 40, CLAIM_FRESH);
	for (int i = 0; i < 3; i++) {
		assert_false(engine_stats(s.e).ending);
		while (job_in(&s, JOB_LOOKING) == ENGINE_NO_JOB)
			answer_and_drain(&s, job_in(&s, JOB_IN_FLIGHT), ANSWER_UPDATED);
		answer_and_drain(&s, job_in(&s, JOB_IN_FLIGHT), ANSWER_UPDATED);
		assert_int_equal(last_request(&s), REQUEST_UPDATE); /* another leaves */
		answer(&s, job_in(&s, JOB_LOOKING), ANSWER_DOUBTFUL);
		pass(&s, 30 * SEC);
	}
	assert_true(engine_stats(s.e).ending);
	finish(&s);
}

static void with_calibration(struct engine_config *c)
{
	c->concurrency = 2;
	c->unsafe.no_calibration = false;
}

/* Where lookups are found to prove nothing, creates in doubt are kept back. An update in
 * doubt was read by its id. */
static void an_update_in_doubt_needs_no_calibration(void **state)
{
	struct shell s = start_mixed(1, with_calibration);
	uint32_t update = s.last_send.job;

	answer_and_drain(&s, update, ANSWER_BROKEN);
	answer_and_drain(&s, update, ANSWER_MOVED);
	row_comes(&s, 1, CLAIM_FRESH);
	answer_and_drain(&s, 1, ANSWER_CREATED);
	while (s.now < 60 * SEC || state_of(&s, s.last_copy.job) != JOB_LOOKING) {
		if (state_of(&s, s.last_copy.job) == JOB_LOOKING)
			answer(&s, s.last_copy.job, ANSWER_ABSENT);
		pass(&s, 1 * SEC);
	}
	answer(&s, update, ANSWER_THROTTLED); /* the window has room for one now */
	pass(&s, 1 * SEC);
	assert_int_equal(state_of(&s, update), JOB_READY);
	answer(&s, s.last_copy.job, ANSWER_ABSENT);
	assert_int_equal(engine_stats(s.e).unproven, 1);
	assert_int_equal(state_of(&s, update), JOB_READY);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_that_differs_is_updated_once_that_is_intended),
		cmocka_unit_test(every_answer_to_an_update_moves_its_row),
		cmocka_unit_test(what_was_not_executed_is_sent_again_unread),
		cmocka_unit_test(what_is_as_we_left_it_is_updated_once_more),
		cmocka_unit_test(what_somebody_else_changed_is_a_conflict),
		cmocka_unit_test(what_is_gone_cannot_be_updated),
		cmocka_unit_test(a_read_in_trouble_is_done_again),
		cmocka_unit_test(what_cannot_be_read_ends),
		cmocka_unit_test(when_the_attempts_are_spent_a_last_read_decides),
		cmocka_unit_test(the_first_that_came_too_late_costs_no_attempt),
		cmocka_unit_test(an_open_intent_is_never_taken_back),
		cmocka_unit_test(an_open_update_needs_an_intent_of_its_own),
		cmocka_unit_test(an_open_update_that_is_always_too_late_is_unresolved),
		cmocka_unit_test(an_etag_that_keeps_moving_is_not_chased_without_a_pause),
		cmocka_unit_test(an_update_that_is_only_ever_throttled_is_skipped),
		cmocka_unit_test(a_doubt_that_ends_it_all_keeps_its_intent),
		cmocka_unit_test(a_stop_leaves_what_was_not_sent_as_it_was),
		cmocka_unit_test(rows_that_come_after_a_stop_get_their_lines),
		cmocka_unit_test(what_a_stop_finds_in_doubt_is_unresolved),
		cmocka_unit_test(an_intent_on_its_way_is_waited_for_and_taken_back),
		cmocka_unit_test(an_intent_that_was_not_handed_out_is_dropped),
		cmocka_unit_test(an_abort_cuts_updates_and_reads),
		cmocka_unit_test(a_refused_sandbox_fails_its_updates),
		cmocka_unit_test(a_read_that_refuses_all_ends_the_run),
		cmocka_unit_test(after_a_ledger_failure_no_update_leaves),
		cmocka_unit_test(a_fresh_token_sends_an_update_or_a_read_again),
		cmocka_unit_test(five_updates_without_an_answer_open_the_breaker),
		cmocka_unit_test(the_reads_of_updates_are_nothing_to_the_breaker),
		cmocka_unit_test(a_slow_update_does_not_lengthen_the_settle),
		cmocka_unit_test(updates_that_are_out_are_no_excuse_for_an_inventory),
		cmocka_unit_test(an_update_in_doubt_needs_no_calibration),
	};

	return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
