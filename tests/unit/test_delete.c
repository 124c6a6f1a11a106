/* Connections that are deleted: read first, intended, never over somebody's change. */
#include "engine_shell.h"

static struct shell start_delete(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_DELETE, OUTCOME_KEPT, change);
}

static struct shell start_open(uint32_t rows, void (*change)(struct engine_config *))
{
	return start_known(rows, CLAIM_DELETE_OPEN, OUTCOME_KEPT, change);
}

static void one_attempt(struct engine_config *c)
{
	c->attempts = 1;
}

static void two_attempts(struct engine_config *c)
{
	c->attempts = 2;
}

static void assert_line(const struct shell *s, enum engine_outcome outcome, enum engine_cause cause)
{
	assert_true(s->is_done);
	assert_int_equal(s->lines, 1);
	if (s->last_line.row.outcome != outcome)
		fail_msg("%s", engine_outcome_name(s->last_line.row.outcome));
	assert_int_equal(s->last_line.row.cause, cause);
}

static void assert_written(
	const struct shell *s, uint32_t intents, uint32_t outcomes, uint32_t withdrawals)
{
	assert_int_equal(s->intents, intents);
	assert_int_equal(s->outcomes, outcomes);
	assert_int_equal(s->withdrawals, withdrawals);
}

/* One row, read and cleared, its deletion out. */
static struct shell deleting(void (*change)(struct engine_config *))
{
	struct shell s = start_delete(1, change);

	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	return s;
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
		assert_written(&s, 1, 1, 0);
		finish(&s);
	}
}

static void no_deletion_leaves_before_its_intent_is_durable(void **state)
{
	struct shell s = start_delete(1, NULL);
	uint32_t job = s.last_send.job;

	s.held = true;
	answer_and_drain(&s, job, ANSWER_SAME);
	assert_int_equal(s.intents, 1);
	pass(&s, 100 * SEC);
	assert_int_equal(s.sends, 1);
	tell(&s, EVENT_INTENT_DURABLE, job);
	pass(&s, 0);
	assert_int_equal(s.sends, 2);
	finish(&s);
}

static void what_is_gone_or_changed_is_not_intended(void **state)
{
	struct shell gone = start_delete(1, NULL);
	struct shell changed = start_delete(1, NULL);

	answer_and_drain(&gone, gone.last_send.job, ANSWER_GONE);
	assert_line(&gone, OUTCOME_GONE, CAUSE_LOOKUP);
	assert_written(&gone, 0, 1, 0);
	answer_and_drain(&changed, changed.last_send.job, ANSWER_CONFLICT);
	assert_line(&changed, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	assert_written(&changed, 0, 0, 0);
	finish(&gone);
	finish(&changed);
}

static void what_cannot_be_read_is_not_deleted(void **state)
{
	struct shell s = start_delete(1, NULL);

	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		assert_int_equal(last_request(&s), REQUEST_READ);
		answer(&s, s.last_send.job, ANSWER_REJECTED);
		pass(&s, 31 * SEC);
	}
	assert_line(&s, OUTCOME_SKIPPED, CAUSE_TROUBLE);
	assert_written(&s, 0, 0, 0);
	finish(&s);
}

/* --------------------------------------------------------------------- answers */

static void every_answer_to_a_deletion_moves_its_row(void **state)
{
	static const struct {
		enum engine_answer answer;
		enum job_state state;        /* right after it */
		enum engine_outcome outcome; /* of JOB_TOLD */
		uint32_t outcomes, withdrawals;
	} answers[] = {
		{ANSWER_DELETED, JOB_TOLD, OUTCOME_DELETED, 1, 0},
		{ANSWER_GONE, JOB_TOLD, OUTCOME_GONE, 1, 0},
		{ANSWER_IN_USE, JOB_TOLD, OUTCOME_IN_USE, 0, 1},
		{ANSWER_REJECTED, JOB_TOLD, OUTCOME_FAILED, 0, 1},
		{ANSWER_FATAL, JOB_TOLD, OUTCOME_FAILED, 0, 1},
		{ANSWER_FATAL_SANDBOX, JOB_TOLD, OUTCOME_FAILED, 0, 1},
		{ANSWER_NOT_SENT, JOB_WAITING, 0, 0, 0},
		{ANSWER_THROTTLED, JOB_WAITING, 0, 0, 0},
		{ANSWER_DOUBTFUL, JOB_LOOKING, 0, 0, 0},
		{ANSWER_BROKEN, JOB_LOOKING, 0, 0, 0},
		{ANSWER_CLASH, JOB_LOOKING, 0, 0, 0},
		{ANSWER_TIMEOUT, JOB_DOUBTFUL, 0, 0, 0},
		{ANSWER_OVERLOAD, JOB_DOUBTFUL, 0, 0, 0},
		{ANSWER_OVERLOAD_TIMEOUT, JOB_DOUBTFUL, 0, 0, 0},
		{ANSWER_THROTTLED_DOUBTFUL, JOB_DOUBTFUL, 0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct shell s = deleting(NULL);
		uint32_t job = s.last_send.job;

		answer_and_drain(&s, job, answers[i].answer);
		if (state_of(&s, job) != answers[i].state)
			fail_msg("%s: %s", engine_answer_name(answers[i].answer),
				job_state_name(state_of(&s, job)));
		if (answers[i].state == JOB_TOLD)
			assert_line(&s, answers[i].outcome, CAUSE_ANSWER);
		assert_written(&s, 1, answers[i].outcomes, answers[i].withdrawals);
		finish(&s);
	}
}

static void what_was_not_executed_is_sent_again(void **state)
{
	static const enum engine_answer unexecuted[] = {ANSWER_NOT_SENT, ANSWER_THROTTLED};

	for (size_t i = 0; i < ARRAY_SIZE(unexecuted); i++) {
		struct shell s = deleting(NULL);

		answer(&s, s.last_send.job, unexecuted[i]);
		pass(&s, 1 * SEC);
		assert_int_equal(last_request(&s), REQUEST_DELETE);
		answer_and_drain(&s, s.last_send.job, ANSWER_GONE); /* by somebody else */
		assert_line(&s, OUTCOME_GONE, CAUSE_ANSWER);
		assert_written(&s, 1, 1, 0);
		finish(&s);
	}
}

static void a_deletion_that_is_only_ever_throttled_takes_its_intent_back(void **state)
{
	struct shell s = deleting(NULL);

	for (int i = 0; i < 20; i++) {
		assert_false(s.is_done);
		if (last_request(&s) == REQUEST_READ)
			answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
		answer(&s, s.last_send.job, ANSWER_THROTTLED);
		pass(&s, 41 * SEC); /* a backoff, and the slowest pace */
	}
	assert_line(&s, OUTCOME_SKIPPED, CAUSE_TROUBLE);
	assert_written(&s, 1, 0, 1);
	finish(&s);
}

/* ------------------------------------------------------------- what else was read */

/* Nobody guards a deletion but its read, and that is long ago after a pause. */
static void after_a_long_wait_it_is_read_again(void **state)
{
	struct shell s = deleting(NULL);

	answer_after(&s, s.last_send.job, ANSWER_THROTTLED, 61 * SEC);
	pass(&s, 62 * SEC);
	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, s.last_send.job, ANSWER_CONFLICT);
	assert_line(&s, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	assert_written(&s, 1, 0, 1);
	finish(&s);
}

/* And it leaves all the same where every wait is a long one. */
static void each_time_the_read_holds_for_twice_as_long(void **state)
{
	struct shell s = deleting(NULL);
	uint32_t reads = 0;

	for (int i = 0; i < 6; i++) {
		answer_after(&s, s.last_send.job, ANSWER_THROTTLED, 200 * SEC);
		pass(&s, 201 * SEC);
		if (last_request(&s) == REQUEST_READ) {
			reads++;
			answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
			pass(&s, 10 * SEC); /* the slowest pace */
		}
		assert_int_equal(last_request(&s), REQUEST_DELETE);
	}
	assert_in_range(reads, 2, 3); /* after more than 1 and 2 minutes, of 3 and a bit */
	assert_int_equal(s.intents, 1);
	finish(&s);
}

static void deletions_leave_before_further_reads(void **state)
{
	struct shell s = start_delete(10, NULL);

	answer_and_drain(&s, s.sent[0], ANSWER_GONE);
	assert_int_equal(s.sends, 3); /* two reads, and seven wait */
	answer_and_drain(&s, s.sent[1], ANSWER_SAME);
	assert_int_equal(s.sends, 5);
	assert_int_equal(s.sent[3], s.sent[1]);
	finish(&s);
}

/* ---------------------------------------------------------------------- doubts */

static struct shell doubtful(enum engine_answer a, void (*change)(struct engine_config *))
{
	struct shell s = deleting(change);

	answer(&s, s.last_send.job, a);
	pass(&s, 1 * SEC);
	assert_int_equal(last_request(&s), REQUEST_READ);
	return s;
}

static void what_is_gone_after_a_doubt_was_deleted_by_us(void **state)
{
	struct shell s = doubtful(ANSWER_TIMEOUT, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_LOOKUP);
	assert_written(&s, 1, 1, 0);
	finish(&s);
}

/* The first may also be executed late. */
static void what_is_there_after_a_doubt_is_deleted_again_at_once(void **state)
{
	struct shell s = doubtful(ANSWER_TIMEOUT, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_MOVED);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_ANSWER);
	assert_int_equal(s.last_line.row.attempts, 2);
	assert_written(&s, 1, 1, 0);
	finish(&s);
}

static void that_it_was_not_executed_is_believed_after_the_settle(void **state)
{
	static const enum engine_answer found[] = {ANSWER_SAME, ANSWER_MOVED, ANSWER_CONFLICT};

	for (size_t i = 0; i < ARRAY_SIZE(found); i++) {
		struct shell s = doubtful(ANSWER_TIMEOUT, one_attempt);
		bool changed = found[i] == ANSWER_CONFLICT;

		answer(&s, s.last_send.job, found[i]);
		pass(&s, 28 * SEC);
		assert_int_equal(s.sends, 3);
		pass(&s, 2 * SEC);
		assert_int_equal(s.sends, 4);
		assert_int_equal(last_request(&s), REQUEST_READ);
		assert_written(&s, 1, 0, 0);
		answer_and_drain(&s, s.last_send.job, found[i]);
		assert_line(&s, changed ? OUTCOME_CONFLICT : OUTCOME_FAILED,
			changed ? CAUSE_LOOKUP : CAUSE_ATTEMPTS);
		assert_written(&s, 1, 0, 1);
		finish(&s);
	}
}

static void what_was_executed_late_is_seen_after_the_settle(void **state)
{
	struct shell s = doubtful(ANSWER_TIMEOUT, one_attempt);

	answer(&s, s.last_send.job, ANSWER_CONFLICT);
	pass(&s, 31 * SEC);
	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_LOOKUP);
	assert_written(&s, 1, 1, 0);
	finish(&s);
}

/* Of the second nothing was executed; but the first may be yet, once nothing needs the
 * connection any more. So the next run must not take it for one that is there. */
static void in_use_says_nothing_of_an_earlier_deletion_in_doubt(void **state)
{
	struct shell s = doubtful(ANSWER_BROKEN, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	answer_and_drain(&s, s.last_send.job, ANSWER_IN_USE);
	assert_false(s.is_done);
	assert_written(&s, 1, 0, 0);
	pass(&s, 2 * SEC); /* the settle is 5 s, and it was read after one */
	assert_int_equal(s.sends, 4);
	pass(&s, 3 * SEC);
	assert_int_equal(s.sends, 5);
	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	answer_and_drain(&s, s.last_send.job, ANSWER_IN_USE);
	assert_line(&s, OUTCOME_IN_USE, CAUSE_ANSWER);
	assert_int_equal(s.last_line.row.attempts, 3);
	assert_written(&s, 1, 0, 1);
	finish(&s);
}

static void what_was_executed_while_in_use_was_told_is_ours(void **state)
{
	struct shell s = doubtful(ANSWER_BROKEN, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	answer_and_drain(&s, s.last_send.job, ANSWER_IN_USE);
	pass(&s, 5 * SEC);
	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_LOOKUP);
	assert_written(&s, 1, 1, 0);
	finish(&s);
}

/* The server may still be working on the first, whatever became of the second. */
static void a_short_settle_does_not_end_a_long_one(void **state)
{
	struct shell s = doubtful(ANSWER_TIMEOUT, two_attempts);

	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	answer_and_drain(&s, s.last_send.job, ANSWER_BROKEN);
	answer(&s, s.last_send.job, ANSWER_SAME);
	pass(&s, 28 * SEC);
	assert_int_equal(s.sends, 5);
	pass(&s, 2 * SEC);
	assert_int_equal(s.sends, 6);
	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	assert_line(&s, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	finish(&s);
}

/* ------------------------------------------------------- what an earlier run left */

static void an_open_deletion_that_is_gone_was_ours(void **state)
{
	struct shell s = start_open(1, NULL);

	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_LOOKUP);
	assert_written(&s, 0, 1, 0);
	finish(&s);
}

static void an_open_deletion_needs_no_second_intent(void **state)
{
	struct shell s = start_open(1, NULL);

	for (int i = 0; i < 2; i++) { /* that of the earlier run may be executed until the settle */
		assert_false(s.is_done);
		pass(&s, i * 31 * SEC);
		answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
		assert_int_equal(last_request(&s), REQUEST_DELETE);
		answer_and_drain(&s, s.last_send.job, ANSWER_IN_USE);
	}
	assert_line(&s, OUTCOME_IN_USE, CAUSE_ANSWER);
	assert_written(&s, 0, 0, 1);
	finish(&s);
}

static void an_open_deletion_is_a_conflict_only_after_the_settle(void **state)
{
	struct shell s = start_open(1, NULL);

	answer(&s, s.last_send.job, ANSWER_CONFLICT);
	pass(&s, 29 * SEC);
	assert_int_equal(s.sends, 1);
	pass(&s, 1 * SEC);
	assert_int_equal(s.sends, 2);
	answer_and_drain(&s, s.last_send.job, ANSWER_CONFLICT);
	assert_line(&s, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	assert_written(&s, 0, 0, 1);
	finish(&s);
}

/* ------------------------------------------------------------------- early ends */

static void stop(struct shell *s)
{
	tell(s, EVENT_STOP, ENGINE_NO_JOB);
	drain(s);
}

static void what_a_stop_finds_in_doubt_keeps_its_intent(void **state)
{
	static const struct {
		enum engine_claim claim;
		enum engine_answer answers[4]; /* the last after the stop */
		int before;
		enum engine_outcome outcome;
		uint32_t intents, outcomes, withdrawals;
	} stops[] = {
		{CLAIM_DELETE, {ANSWER_SAME}, 0, OUTCOME_KEPT, 0, 0, 0},
		{CLAIM_DELETE, {ANSWER_GONE}, 0, OUTCOME_GONE, 0, 1, 0},
		{CLAIM_DELETE, {ANSWER_CONFLICT}, 0, OUTCOME_CONFLICT, 0, 0, 0},
		{CLAIM_DELETE, {ANSWER_BROKEN}, 0, OUTCOME_KEPT, 0, 0, 0},
		{CLAIM_DELETE, {ANSWER_TOKEN}, 0, OUTCOME_KEPT, 0, 0, 0},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_DELETED}, 1, OUTCOME_DELETED, 1, 1, 0},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_THROTTLED}, 1, OUTCOME_KEPT, 1, 0, 1},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_TOKEN}, 1, OUTCOME_KEPT, 1, 0, 1},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_BROKEN}, 1, OUTCOME_UNRESOLVED, 1, 0, 0},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_BROKEN, ANSWER_SAME}, 2, OUTCOME_UNRESOLVED, 1,
			0, 0},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_BROKEN, ANSWER_GONE}, 2, OUTCOME_DELETED, 1, 1,
			0},
		{CLAIM_DELETE, {ANSWER_SAME, ANSWER_BROKEN, ANSWER_SAME, ANSWER_REJECTED}, 3,
			OUTCOME_UNRESOLVED, 1, 0, 0},
		{CLAIM_DELETE_OPEN, {ANSWER_BROKEN}, 0, OUTCOME_UNRESOLVED, 0, 0, 0},
		{CLAIM_DELETE_OPEN, {ANSWER_SAME}, 0, OUTCOME_UNRESOLVED, 0, 0, 0},
		{CLAIM_DELETE_OPEN, {ANSWER_GONE}, 0, OUTCOME_DELETED, 0, 1, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		struct shell s = start_known(1, stops[i].claim, OUTCOME_KEPT, NULL);
		int n = stops[i].before;

		for (int k = 0; k < n; k++)
			answer_and_drain(&s, s.last_send.job, stops[i].answers[k]);
		stop(&s);
		assert_false(s.is_done);
		answer_and_drain(&s, s.last_send.job, stops[i].answers[n]);
		if (!s.is_done || s.last_line.row.outcome != stops[i].outcome ||
			s.outcomes != stops[i].outcomes || s.withdrawals != stops[i].withdrawals)
			fail_msg("stop %zu: %s, %u, %u", i,
				engine_outcome_name(s.last_line.row.outcome), s.outcomes,
				s.withdrawals);
		assert_int_equal(s.intents, stops[i].intents);
		assert_int_equal(s.lines, 1);
		finish(&s);
	}
}

/* A read after the settle has shown that nothing was executed. */
static void a_settled_doubt_is_none(void **state)
{
	struct shell s = start_open(1, NULL);

	s.now += 31 * SEC;
	answer_and_drain(&s, s.last_send.job, ANSWER_BROKEN);
	pass(&s, 1 * SEC);
	assert_int_equal(last_request(&s), REQUEST_READ);
	stop(&s);
	answer_and_drain(&s, s.last_send.job, ANSWER_SAME);
	assert_line(&s, OUTCOME_KEPT, CAUSE_ENDED);
	assert_written(&s, 0, 0, 1);
	finish(&s);
}

static void an_intent_on_its_way_is_waited_for_and_taken_back(void **state)
{
	struct shell s = start_delete(1, NULL);
	uint32_t job = s.last_send.job;

	s.held = true;
	answer_and_drain(&s, job, ANSWER_SAME);
	stop(&s);
	assert_int_equal(s.lines, 0);
	assert_false(s.is_done);
	tell(&s, EVENT_INTENT_DURABLE, job);
	drain(&s);
	assert_line(&s, OUTCOME_KEPT, CAUSE_ENDED);
	assert_written(&s, 1, 0, 1);
	finish(&s);
}

static void an_intent_that_was_not_handed_out_is_dropped(void **state)
{
	struct shell s = start_delete(1, NULL);

	answer(&s, s.last_send.job, ANSWER_SAME);
	stop(&s);
	assert_line(&s, OUTCOME_KEPT, CAUSE_ENDED);
	assert_written(&s, 0, 0, 0);
	finish(&s);
}

static void an_abort_cuts_a_deletion_and_leaves_its_intent(void **state)
{
	struct shell s = deleting(NULL);

	tell(&s, EVENT_ABORT, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.cuts, 1);
	answer_and_drain(&s, s.last_send.job, ANSWER_BROKEN);
	assert_line(&s, OUTCOME_UNRESOLVED, CAUSE_ENDED);
	assert_written(&s, 1, 0, 0);
	finish(&s);
}

/* One is cleared, one is being read, one is still to be. */
static void a_refused_sandbox_takes_its_intents_back(void **state)
{
	struct shell s = start_delete(4, NULL);
	uint32_t cleared;

	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	cleared = s.sent[1];
	s.held = true;
	answer_and_drain(&s, cleared, ANSWER_SAME);
	answer_and_drain(&s, s.sent[2], ANSWER_FATAL_SANDBOX);
	assert_int_equal(s.lines, 2); /* and that of the fourth comes with its answer */
	tell(&s, EVENT_INTENT_DURABLE, cleared);
	drain(&s);
	assert_int_equal(s.lines, 3);
	assert_int_equal(s.last_line.job, cleared);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_FAILED);
	assert_int_equal(s.last_line.row.cause, CAUSE_SANDBOX);
	assert_written(&s, 1, 1, 1);
	answer_and_drain(&s, s.sent[3], ANSWER_SAME);
	assert_true(s.is_done);
	assert_written(&s, 1, 1, 1);
	finish(&s);
}

static void after_a_ledger_failure_no_deletion_leaves(void **state)
{
	struct shell s = start_delete(2, NULL);
	uint32_t cleared;

	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	cleared = s.sent[1];
	answer(&s, cleared, ANSWER_SAME);
	tell(&s, EVENT_LEDGER_FAILED, ENGINE_NO_JOB);
	pass(&s, 10 * SEC);
	assert_true(s.is_done);
	assert_int_equal(s.sends, 2);
	assert_int_equal(s.lines, 1);
	assert_written(&s, 0, 1, 0);
	finish(&s);
}

/* ------------------------------------------------------------------- everybody */

static void a_fresh_token_sends_a_deletion_or_a_read_again(void **state)
{
	struct shell s = start_delete(1, NULL);

	answer_and_drain(&s, s.last_send.job, ANSWER_SAME); /* so the token has worked */
	answer_and_drain(&s, s.last_send.job, ANSWER_TOKEN);
	assert_true(fetch_out(&s));
	token_fresh(&s, NSEC_NEVER);
	drain(&s);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	answer_and_drain(&s, s.last_send.job, ANSWER_BROKEN);
	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, s.last_send.job, ANSWER_TOKEN);
	pass(&s, 2 * SEC);
	if (fetch_out(&s))
		token_fresh(&s, NSEC_NEVER);
	pass(&s, 1 * SEC);
	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, s.last_send.job, ANSWER_GONE);
	assert_line(&s, OUTCOME_DELETED, CAUSE_LOOKUP);
	finish(&s);
}

/* Answer all reads that are out. */
static void answer_reads(struct shell *s, uint32_t rows, enum engine_answer a)
{
	for (uint32_t job = 0; job < rows; job++)
		if (state_of(s, job) == JOB_LOOKING)
			answer(s, job, a);
}

/* An outage as such a run meets it first: nothing is out but reads. */
static struct shell outage(uint32_t rows)
{
	struct shell s = start_delete(rows, NULL);

	for (int i = 0; i < 100 && !engine_stats(s.e).breaker_open; i++) {
		answer_reads(&s, rows, ANSWER_OVERLOAD);
		pass(&s, 1 * SEC);
	}
	assert_true(engine_stats(s.e).breaker_open);
	return s;
}

static void an_outage_is_waited_out_with_reads(void **state)
{
	struct shell s = outage(20);
	uint32_t before = s.sends;

	for (int i = 0; i < 500; i++) {
		answer_reads(&s, 20, ANSWER_OVERLOAD);
		pass(&s, 1 * SEC);
	}
	assert_int_equal(s.lines, 0); /* none had too many troubles */
	assert_true(s.sends - before < 100);
	finish(&s);
}

static void behind_an_open_breaker_what_a_read_cleared_is_the_next_probe(void **state)
{
	struct shell s = outage(20);
	uint32_t cleared;

	for (int i = 0; i < 60 && engine_stats(s.e).in_flight == 0; i++)
		pass(&s, 1 * SEC);
	cleared = s.last_send.job;
	assert_int_equal(last_request(&s), REQUEST_READ);
	answer_and_drain(&s, cleared, ANSWER_SAME);
	assert_true(engine_stats(s.e).breaker_open);
	pass(&s, 30 * SEC);
	assert_int_equal(s.last_send.job, cleared);
	assert_int_equal(last_request(&s), REQUEST_DELETE);
	answer_and_drain(&s, cleared, ANSWER_DELETED);
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

/* Nothing is left to be deleted, so no deletion could close it. */
static void a_read_that_leaves_nothing_to_delete_closes_the_breaker(void **state)
{
	struct shell s = outage(20);

	for (int i = 0; i < 60 && engine_stats(s.e).in_flight == 0; i++)
		pass(&s, 1 * SEC);
	answer_and_drain(&s, s.last_send.job, ANSWER_CONFLICT);
	assert_false(engine_stats(s.e).breaker_open);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_as_we_left_it_is_intended_and_deleted),
		cmocka_unit_test(no_deletion_leaves_before_its_intent_is_durable),
		cmocka_unit_test(what_is_gone_or_changed_is_not_intended),
		cmocka_unit_test(what_cannot_be_read_is_not_deleted),
		cmocka_unit_test(every_answer_to_a_deletion_moves_its_row),
		cmocka_unit_test(what_was_not_executed_is_sent_again),
		cmocka_unit_test(a_deletion_that_is_only_ever_throttled_takes_its_intent_back),
		cmocka_unit_test(after_a_long_wait_it_is_read_again),
		cmocka_unit_test(each_time_the_read_holds_for_twice_as_long),
		cmocka_unit_test(deletions_leave_before_further_reads),
		cmocka_unit_test(what_is_gone_after_a_doubt_was_deleted_by_us),
		cmocka_unit_test(what_is_there_after_a_doubt_is_deleted_again_at_once),
		cmocka_unit_test(that_it_was_not_executed_is_believed_after_the_settle),
		cmocka_unit_test(what_was_executed_late_is_seen_after_the_settle),
		cmocka_unit_test(in_use_says_nothing_of_an_earlier_deletion_in_doubt),
		cmocka_unit_test(what_was_executed_while_in_use_was_told_is_ours),
		cmocka_unit_test(a_short_settle_does_not_end_a_long_one),
		cmocka_unit_test(an_open_deletion_that_is_gone_was_ours),
		cmocka_unit_test(an_open_deletion_needs_no_second_intent),
		cmocka_unit_test(an_open_deletion_is_a_conflict_only_after_the_settle),
		cmocka_unit_test(what_a_stop_finds_in_doubt_keeps_its_intent),
		cmocka_unit_test(a_settled_doubt_is_none),
		cmocka_unit_test(an_intent_on_its_way_is_waited_for_and_taken_back),
		cmocka_unit_test(an_intent_that_was_not_handed_out_is_dropped),
		cmocka_unit_test(an_abort_cuts_a_deletion_and_leaves_its_intent),
		cmocka_unit_test(a_refused_sandbox_takes_its_intents_back),
		cmocka_unit_test(after_a_ledger_failure_no_deletion_leaves),
		cmocka_unit_test(a_fresh_token_sends_a_deletion_or_a_read_again),
		cmocka_unit_test(an_outage_is_waited_out_with_reads),
		cmocka_unit_test(behind_an_open_breaker_what_a_read_cleared_is_the_next_probe),
		cmocka_unit_test(a_read_that_leaves_nothing_to_delete_closes_the_breaker),
	};

	return cmocka_run_group_tests_name("delete", tests, NULL, NULL);
}
