/* scenarios.c - stories of a row, a run and its end; the trace is the story.
 *
 * The world is calm: a commit takes 1 ms, a request 20 ms, a token 10 ms. What
 * goes wrong is written above each story. A bug from the field becomes one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

static void a_row_is_intended_created_and_told(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_run(&st);
	story_expect(&st, "[    1ms] row 1 fresh\n"
			  "[    1ms] row 1 intend\n"
			  "[    1ms] fetch a token\n"
			  "[   11ms] token fresh\n"
			  "[   11ms] row 1 create\n"
			  "[   31ms] row 1 answer: created\n"
			  "[   32ms] row 1 line: created, attempts 1\n"
			  "[   32ms] done: complete\n");
	story_end(&st);
}

/* The connection breaks behind the commit: the first look comes at once. */
static void a_lost_answer_is_found(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: broken\n"
		"[   31ms] row 1 lookup\n"
		"[   51ms] row 1 answer: found_created\n"
		"[   52ms] row 1 line: created, attempts 1\n"
		"[   52ms] done: complete\n");
	story_end(&st);
}

/* Nothing was executed. One look proves nothing; one after the settle does. */
static void a_row_is_sent_again_only_when_settled_and_absent(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: broken\n"
		"[   31ms] row 1 lookup\n"
		"[   51ms] row 1 answer: absent\n"
		"[ 5031ms] row 1 lookup\n"
		"[ 5051ms] row 1 answer: absent\n"
		"[ 5051ms] row 1 create\n"
		"[ 5071ms] row 1 answer: created\n"
		"[ 5072ms] row 1 line: created, attempts 2\n"
		"[ 5072ms] done: complete\n");
	story_end(&st);
}

/* The server goes on for most of 30 s after we have hung up. */
static void a_late_commit_is_found_after_the_long_settle(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_TIMEOUT_LATE);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[ 2011ms] row 1 answer: timeout\n"
		"[2011..3011ms] row 1 lookup\n"
		"[2031..3031ms] row 1 answer: absent\n"
		"[32011ms] row 1 lookup\n"
		"[32031ms] row 1 answer: found_created\n"
		"[32032ms] row 1 line: created, attempts 1\n"
		"[32032ms] done: complete\n");
	story_end(&st);
}

static void a_503_is_looked_up_after_its_backoff(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_500_AFTER);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: overload\n"
		"[31..1031ms] row 1 lookup\n"
		"[51..1051ms] row 1 answer: found_created\n"
		"[52..1052ms] row 1 line: created, attempts 1\n"
		"[52..1052ms] done: complete\n");
	story_end(&st);
}

/* Nothing leaves in the two seconds, and then one request before all others. */
static void a_retry_after_holds_for_all_rows(void **state)
{
	struct story st;

	story_begin(&st, 3);
	story_wait(&st, 1, REQUEST_CREATE, FAULT_RETRY_AFTER, 2 * SEC);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: throttled, retry after 2000 ms\n"
		"[ 2031ms] row 1 create\n"
		"[ 2051ms] row 1 answer: created\n"
		"[ 2051ms] row 2 create\n"
		"[ 2051ms] row 3 create\n"
		"[ 2052ms] row 1 line: created, attempts 2\n"
		"[ 2071ms] row 2 answer: created\n"
		"[ 2071ms] row 3 answer: created\n"
		"[ 2072ms] row 2 line: created, attempts 1\n"
		"[ 2072ms] row 3 line: created, attempts 1\n"
		"[ 2072ms] done: complete\n");
	story_end(&st);
}

static void a_retry_after_that_is_too_long_ends_the_run(void **state)
{
	struct story st;

	story_begin(&st, 2);
	story_wait(&st, 1, REQUEST_CREATE, FAULT_RETRY_AFTER, 1000 * SEC);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: throttled, retry after 1000000 ms\n"
		"[   31ms] row 1 withdraw\n"
		"[   31ms] row 2 withdraw\n"
		"[   32ms] row 1 line: skipped, attempts 1\n"
		"[   32ms] row 2 line: skipped, attempts 0\n"
		"[   32ms] done: retry_after\n");
	story_end(&st);
}

static void a_409_with_nothing_there_fails_once_settled(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_409_NOTHING);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: clash\n"
		"[   31ms] row 1 lookup\n"
		"[   51ms] row 1 answer: absent\n"
		"[ 5031ms] row 1 lookup\n"
		"[ 5051ms] row 1 answer: absent\n"
		"[ 5052ms] row 1 line: failed, attempts 1\n"
		"[ 5052ms] done: complete\n");
	story_end(&st);
}

/* Five creates go wrong, whatever their lookups find. Then one probe leaves
 * after half to all of 250 ms; its answer lets row 5 be looked up. */
static void the_breaker_opens_after_five_and_closes_by_a_probe(void **state)
{
	struct story st;

	story_begin(&st, 6);
	st.set.config.concurrency = 1;
	for (uint32_t i = 1; i <= 5; i++)
		story_fault(&st, i, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_run(&st);
	story_expect_after(&st, "row 3 line: created, attempts 1",
		"[  151ms] row 4 answer: broken\n"
		"[  151ms] row 4 lookup\n"
		"[  171ms] row 4 answer: found_created\n"
		"[  171ms] row 5 create\n"
		"[  172ms] row 4 line: created, attempts 1\n"
		"[  191ms] row 5 answer: broken\n"
		"[316..441ms] row 6 create\n"
		"[336..461ms] row 6 answer: created\n"
		"[336..461ms] row 5 lookup\n"
		"[337..462ms] row 6 line: created, attempts 1\n"
		"[356..481ms] row 5 answer: found_created\n"
		"[357..482ms] row 5 line: created, attempts 1\n"
		"[357..482ms] done: complete\n");
	story_end(&st);
}

static void a_token_that_cannot_be_renewed_ends_the_run(void **state)
{
	struct story st;

	story_begin(&st, 3);
	st.set.config.concurrency = 1;
	st.set.token_count = 1;
	story_fault(&st, 2, REQUEST_CREATE, FAULT_401);
	story_run(&st);
	story_expect_after(&st, "row 1 line: created, attempts 1",
		"[   51ms] row 2 answer: token\n"
		"[   51ms] fetch a token\n"
		"[   61ms] token refused\n"
		"[   61ms] row 2 withdraw\n"
		"[   61ms] row 3 withdraw\n"
		"[   62ms] row 2 line: skipped, attempts 1\n"
		"[   62ms] row 3 line: skipped, attempts 0\n"
		"[   62ms] done: token\n");
	story_end(&st);
}

static void a_stop_leaves_doubts_unresolved(void **state)
{
	struct story st;

	story_begin(&st, 1);
	st.set.stop_at = SIM_START + SEC;
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: broken\n"
		"[   31ms] row 1 lookup\n"
		"[   51ms] row 1 answer: absent\n"
		"[ 1000ms] stop\n"
		"[ 1001ms] row 1 line: unresolved, attempts 1\n"
		"[ 1001ms] done: stopped\n");
	story_end(&st);
}

/* The first stop lets row 1 finish, the second does not. */
static void an_abort_cuts_what_a_stop_lets_finish(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.stop_at = SIM_START + 15 * MS;
	st.set.abort_at = SIM_START + 25 * MS;
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   15ms] stop\n"
		"[   15ms] row 2 withdraw\n"
		"[   16ms] row 2 line: skipped, attempts 0\n"
		"[   25ms] abort\n"
		"[   25ms] row 1 cut\n"
		"[25..28ms] row 1 answer: broken\n"
		"[26..29ms] row 1 line: unresolved, attempts 1\n"
		"[26..29ms] done: aborted\n");
	story_end(&st);
}

static void two_failures_halt_a_run_that_said_so(void **state)
{
	struct story st;

	story_begin(&st, 4);
	st.set.config.concurrency = 1;
	st.set.config.halt_mode = HALT_SOON;
	st.set.config.halt_fails = 2;
	story_fault(&st, 1, REQUEST_CREATE, FAULT_REJECTED);
	story_fault(&st, 2, REQUEST_CREATE, FAULT_REJECTED);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   31ms] row 1 answer: rejected\n"
		"[   31ms] row 2 create\n"
		"[   32ms] row 1 line: failed, attempts 1\n"
		"[   51ms] row 2 answer: rejected\n"
		"[   51ms] row 3 withdraw\n"
		"[   51ms] row 4 withdraw\n"
		"[   52ms] row 2 line: failed, attempts 1\n"
		"[   52ms] row 3 line: skipped, attempts 0\n"
		"[   52ms] row 4 line: skipped, attempts 0\n"
		"[   52ms] done: halt_rule\n");
	story_end(&st);
}

/* No filter may carry their names. Row 3 comes too late for the listing that
 * row 2 began, so it has its own; when both are settled, one serves both. */
static void settled_rows_share_one_listing(void **state)
{
	struct story st;

	story_begin(&st, 3);
	st.set.unfilterable = 1000;
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_fault(&st, 3, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "row 1 line: created, attempts 1",
		"[   51ms] row 2 answer: broken\n"
		"[   51ms] listing of 0 list\n"
		"[   51ms] row 3 answer: broken\n"
		"[   71ms] row 2 finding: absent\n"
		"[   71ms] listing of 0 answer: listed\n"
		"[   71ms] listing of 0 list\n"
		"[   91ms] row 3 finding: absent\n"
		"[   91ms] listing of 0 answer: listed\n"
		"[ 5051ms] listing of 0 list\n"
		"[ 5071ms] row 2 finding: absent\n"
		"[ 5071ms] row 2 create\n"
		"[ 5071ms] row 3 finding: absent\n"
		"[ 5071ms] row 3 create\n"
		"[ 5071ms] listing of 0 answer: listed\n"
		"[ 5091ms] row 2 answer: created\n"
		"[ 5091ms] row 3 answer: created\n"
		"[ 5092ms] row 2 line: created, attempts 2\n"
		"[ 5092ms] row 3 line: created, attempts 2\n"
		"[ 5092ms] done: complete\n");
	story_end(&st);
}

/* Row 1 is in doubt and stays so, row 3 was never sent. */
static void a_refused_sandbox_fails_its_rows_but_not_its_doubts(void **state)
{
	struct story st;

	story_begin(&st, 3);
	st.set.config.concurrency = 1;
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_fault(&st, 1, REQUEST_LOOKUP, FAULT_UNREADABLE_BEFORE);
	story_fault(&st, 2, REQUEST_CREATE, FAULT_FATAL_SANDBOX);
	story_run(&st);
	story_expect_after(&st, "row 1 answer: broken",
		"[   31ms] row 1 lookup\n"
		"[   51ms] row 1 answer: doubtful\n"
		"[   51ms] row 2 create\n"
		"[   71ms] row 2 answer: fatal_sandbox\n"
		"[   72ms] row 2 line: failed, attempts 1\n"
		"[   72ms] row 1 line: unresolved, attempts 1\n"
		"[   72ms] row 3 line: failed, attempts 0\n"
		"[   72ms] done: sandboxes\n");
	story_end(&st);
}

/* The server has row 2 of the run that was killed, and not row 1. */
static void open_intents_are_looked_up_before_anything_is_sent(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.open = 1000;
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 lookup\n"
		"[   31ms] row 1 answer: absent\n"
		"[   31ms] row 2 lookup\n"
		"[   51ms] row 2 answer: found_created\n"
		"[   52ms] row 2 line: created, attempts 0\n"
		"[30000ms] row 1 lookup\n"
		"[30020ms] row 1 answer: absent\n"
		"[30020ms] row 1 create\n"
		"[30040ms] row 1 answer: created\n"
		"[30041ms] row 1 line: created, attempts 1\n"
		"[30041ms] done: complete\n");
	story_end(&st);
}

static void a_failed_ledger_silences_everything(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.ledger_fails_at = SIM_START + 25 * MS;
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   11ms] row 1 create\n"
		"[   25ms] ledger failed\n"
		"[   31ms] row 1 answer: created\n"
		"[   31ms] done: ledger\n");
	story_end(&st);
}

static uint64_t hash_of(uint64_t seed)
{
	struct settings set;
	struct sim s;
	uint64_t hash;

	settings_random(&set, seed);
	sim_init(&s, &set);
	sim_run(&s);
	hash = s.hash;
	sim_done(&s);
	return hash;
}

static void a_seed_replays_byte_for_byte(void **state)
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		assert_true(hash_of(seed) == hash_of(seed));
		assert_true(hash_of(seed) != hash_of(seed + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_intended_created_and_told),
		cmocka_unit_test(a_lost_answer_is_found),
		cmocka_unit_test(a_row_is_sent_again_only_when_settled_and_absent),
		cmocka_unit_test(a_late_commit_is_found_after_the_long_settle),
		cmocka_unit_test(a_503_is_looked_up_after_its_backoff),
		cmocka_unit_test(a_retry_after_holds_for_all_rows),
		cmocka_unit_test(a_retry_after_that_is_too_long_ends_the_run),
		cmocka_unit_test(a_409_with_nothing_there_fails_once_settled),
		cmocka_unit_test(the_breaker_opens_after_five_and_closes_by_a_probe),
		cmocka_unit_test(a_token_that_cannot_be_renewed_ends_the_run),
		cmocka_unit_test(a_stop_leaves_doubts_unresolved),
		cmocka_unit_test(an_abort_cuts_what_a_stop_lets_finish),
		cmocka_unit_test(two_failures_halt_a_run_that_said_so),
		cmocka_unit_test(settled_rows_share_one_listing),
		cmocka_unit_test(a_refused_sandbox_fails_its_rows_but_not_its_doubts),
		cmocka_unit_test(open_intents_are_looked_up_before_anything_is_sent),
		cmocka_unit_test(a_failed_ledger_silences_everything),
		cmocka_unit_test(a_seed_replays_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
