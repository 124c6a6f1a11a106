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
	story_expect(&st, "[     2ms] row 1 fresh, intended\n"
			  "[     2ms] fetch a token\n"
			  "[    12ms] token fresh\n"
			  "[    12ms] row 1 create\n"
			  "[    32ms] row 1 answer: created\n"
			  "[    32ms] row 1 calibrates\n"
			  "[    32ms] calibration by 1 lookup\n"
			  "[    33ms] row 1 line: created, attempts 1\n"
			  "[    33ms] calibration by 1 cut\n"
			  "[    33ms] calibration by 1 answer: not_sent\n"
			  "[    33ms] done: complete\n");
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
		"[   12ms] row 1 create\n"
		"[   32ms] row 1 answer: broken\n"
		"[   32ms] row 1 lookup\n"
		"[   52ms] row 1 answer: found_created\n"
		"[   53ms] row 1 line: created, attempts 1\n"
		"[   53ms] done: complete\n");
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
		"[    12ms] row 1 create\n"
		"[    32ms] row 1 answer: broken\n"
		"[    32ms] row 1 lookup\n"
		"[    52ms] row 1 answer: absent\n"
		"[  5032ms] row 1 lookup\n"
		"[  5052ms] row 1 answer: absent\n"
		"[  5052ms] recall one of sandbox 0\n"
		"[  5053ms] calibration of 0 recalled: nothing\n"
		"[  5053ms] row 1 lookup\n"
		"[  5073ms] row 1 answer: absent\n"
		"[ 30032ms] row 1 lookup\n"
		"[ 30052ms] row 1 answer: absent\n"
		"[ 30052ms] row 1 create\n"
		"[ 30072ms] row 1 answer: created\n"
		"[ 30072ms] row 1 calibrates\n"
		"[ 30072ms] calibration by 1 lookup\n"
		"[ 30073ms] row 1 line: created, attempts 2, to be looked at again\n"
		"[ 30074ms] mark of 1 to be looked at again\n"
		"[ 30092ms] calibration by 1 answer: found_created\n"
		"[ 35072ms] mark of 1 lookup\n"
		"[ 35092ms] mark of 1 answer: found_adopted\n"
		"[ 35093ms] mark of 1 settled: unchanged, attempts 0\n"
		"[ 35093ms] done: complete\n");
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
		"[   12ms] row 1 create\n"
		"[ 2012ms] row 1 answer: timeout\n"
		"[2012..3012ms] row 1 lookup\n"
		"[2032..3032ms] row 1 answer: absent\n"
		"[32012ms] row 1 lookup\n"
		"[32032ms] row 1 answer: found_created\n"
		"[32033ms] row 1 line: created, attempts 1\n"
		"[32033ms] done: complete\n");
	story_end(&st);
}

static void a_503_is_looked_up_after_its_backoff(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_500_AFTER);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   12ms] row 1 create\n"
		"[   32ms] row 1 answer: overload\n"
		"[32..1032ms] row 1 lookup\n"
		"[52..1052ms] row 1 answer: found_created\n"
		"[53..1053ms] row 1 line: created, attempts 1\n"
		"[53..1053ms] done: complete\n");
	story_end(&st);
}

/* Nothing leaves in the two seconds, and then one request before all others, which come at the
 * pace that the 429 has taught. */
static void a_retry_after_holds_for_all_rows(void **state)
{
	struct story st;

	story_begin(&st, 3);
	story_wait(&st, 1, REQUEST_CREATE, FAULT_RETRY_AFTER, 2 * SEC);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[    12ms] row 1 create\n"
		"[    32ms] row 1 answer: throttled, retry after 2000 ms\n"
		"[  2032ms] row 1 create\n"
		"[  2052ms] row 1 answer: created\n"
		"[  2052ms] row 1 calibrates\n"
		"[  2053ms] row 1 line: created, attempts 2\n"
		"[  2232ms] calibration by 1 lookup\n"
		"[  2252ms] calibration by 1 answer: found_created\n"
		"[  2370ms] row 2 create\n"
		"[  2390ms] row 2 answer: created\n"
		"[  2391ms] row 2 line: created, attempts 1\n"
		"[  2492ms] row 3 create\n"
		"[  2512ms] row 3 answer: created\n"
		"[  2513ms] row 3 line: created, attempts 1\n"
		"[  2513ms] done: complete\n");
	story_end(&st);
}

static void a_retry_after_that_is_too_long_ends_the_run(void **state)
{
	struct story st;

	story_begin(&st, 2);
	story_wait(&st, 1, REQUEST_CREATE, FAULT_RETRY_AFTER, 1000 * SEC);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   12ms] row 1 create\n"
		"[   32ms] row 1 answer: throttled, retry after 1000000 ms\n"
		"[   32ms] row 1 withdraw\n"
		"[   32ms] row 2 withdraw\n"
		"[   33ms] row 1 line: skipped, attempts 1\n"
		"[   33ms] row 2 line: skipped, attempts 0\n"
		"[   33ms] done: retry_after\n");
	story_end(&st);
}

static void a_409_with_nothing_there_fails_once_settled(void **state)
{
	struct story st;

	story_begin(&st, 2);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_409_NOTHING);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[    12ms] row 1 create\n"
		"[    32ms] row 1 answer: clash\n"
		"[    32ms] row 1 lookup\n"
		"[    32ms] row 2 create\n"
		"[    52ms] row 1 answer: absent\n"
		"[    52ms] row 2 answer: created\n"
		"[    52ms] row 2 calibrates\n"
		"[    52ms] calibration by 2 lookup\n"
		"[    53ms] row 2 line: created, attempts 1\n"
		"[    72ms] calibration by 2 answer: found_created\n"
		"[  5032ms] row 1 lookup\n"
		"[  5052ms] row 1 answer: absent\n"
		"[  5053ms] row 1 line: failed, attempts 1\n"
		"[  5053ms] done: complete\n");
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
		"[  152ms] row 4 answer: broken\n"
		"[  152ms] row 4 lookup\n"
		"[  172ms] row 4 answer: found_created\n"
		"[  172ms] row 5 create\n"
		"[  173ms] row 4 line: created, attempts 1\n"
		"[  192ms] row 5 answer: broken\n"
		"[317..442ms] row 6 create\n"
		"[337..462ms] row 6 answer: created\n"
		"[337..462ms] row 5 lookup\n"
		"[338..463ms] row 6 line: created, attempts 1\n"
		"[357..482ms] row 5 answer: found_created\n"
		"[358..483ms] row 5 line: created, attempts 1\n"
		"[358..483ms] done: complete\n");
	story_end(&st);
}

/* No create is left to close it. A look that is answered lets the next one follow at once, still
 * one at a time. */
static void doubts_behind_an_open_breaker_are_looked_up_in_a_row(void **state)
{
	struct story st;

	story_begin(&st, 6);
	st.set.config.concurrency = 8;
	for (uint32_t i = 1; i <= 6; i++)
		story_fault(&st, i, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_run(&st);
	story_expect_after(&st, "row 3 line: created, attempts 1",
		"[  112ms] row 4 answer: broken\n"
		"[  112ms] row 4 lookup\n"
		"[  112ms] row 5 answer: broken\n"
		"[  112ms] row 6 answer: broken\n"
		"[  132ms] row 4 answer: found_created\n"
		"[  132ms] row 5 lookup\n"
		"[  133ms] row 4 line: created, attempts 1\n"
		"[  152ms] row 5 answer: found_created\n"
		"[  152ms] row 6 lookup\n"
		"[  153ms] row 5 line: created, attempts 1\n"
		"[  172ms] row 6 answer: found_created\n"
		"[  173ms] row 6 line: created, attempts 1\n"
		"[  173ms] done: complete\n");
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
		"[    52ms] calibration by 1 answer: found_created\n"
		"[    52ms] row 2 create\n"
		"[    72ms] row 2 answer: token\n"
		"[  1002ms] fetch a token\n" /* a second after the first */
		"[  1012ms] token refused\n"
		"[  1012ms] row 2 withdraw\n"
		"[  1012ms] row 3 withdraw\n"
		"[  1013ms] row 2 line: skipped, attempts 1\n"
		"[  1013ms] row 3 line: skipped, attempts 0\n"
		"[  1013ms] done: token\n");
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
		"[    12ms] row 1 create\n"
		"[    32ms] row 1 answer: broken\n"
		"[    32ms] row 1 lookup\n"
		"[    52ms] row 1 answer: absent\n"
		"[  1000ms] stop\n"
		"[  1001ms] row 1 line: unresolved, attempts 1\n"
		"[  1001ms] done: stopped\n");
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
		"[    12ms] row 1 create\n"
		"[    15ms] stop\n"
		"[    15ms] row 2 withdraw\n"
		"[    16ms] row 2 line: skipped, attempts 0\n"
		"[    25ms] abort\n"
		"[    25ms] row 1 cut\n"
		"[    26ms] row 1 answer: broken\n"
		"[    27ms] row 1 line: unresolved, attempts 1\n"
		"[    27ms] done: aborted\n");
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
		"[   12ms] row 1 create\n"
		"[   32ms] row 1 answer: rejected\n"
		"[   32ms] row 2 create\n"
		"[   33ms] row 1 line: failed, attempts 1\n"
		"[   52ms] row 2 answer: rejected\n"
		"[   52ms] row 3 withdraw\n"
		"[   52ms] row 4 withdraw\n"
		"[   53ms] row 2 line: failed, attempts 1\n"
		"[   53ms] row 3 line: skipped, attempts 0\n"
		"[   53ms] row 4 line: skipped, attempts 0\n"
		"[   53ms] done: halt_rule\n");
	story_end(&st);
}

/* No filter may carry their names: row 1 calibrates by a listing, too. */
static void settled_rows_share_one_listing(void **state)
{
	struct story st;

	story_begin(&st, 4);
	st.set.unfilterable = 1000;
	story_fault(&st, 3, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_fault(&st, 4, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "row 1 line: created, attempts 1",
		"[    52ms] calibration by 1 finding: found_created\n"
		"[    52ms] listing of 0 answer: listed\n"
		"[    52ms] row 3 create\n"
		"[    52ms] row 4 create\n"
		"[    52ms] row 2 answer: created\n"
		"[    53ms] row 2 line: created, attempts 1\n"
		"[    72ms] row 3 answer: broken\n"
		"[    72ms] listing of 0 list\n"
		"[    72ms] row 4 answer: broken\n"
		"[    92ms] row 3 finding: absent\n"
		"[    92ms] listing of 0 answer: listed\n"
		"[    92ms] listing of 0 list\n"
		"[   112ms] row 4 finding: absent\n"
		"[   112ms] listing of 0 answer: listed\n"
		"[  5072ms] listing of 0 list\n"
		"[  5092ms] row 3 finding: absent\n"
		"[  5092ms] row 3 create\n"
		"[  5092ms] row 4 finding: absent\n"
		"[  5092ms] row 4 create\n"
		"[  5092ms] listing of 0 answer: listed\n"
		"[  5112ms] row 3 answer: created\n"
		"[  5112ms] row 4 answer: created\n"
		"[  5113ms] row 3 line: created, attempts 2, to be looked at again\n"
		"[  5113ms] row 4 line: created, attempts 2, to be looked at again\n"
		"[  5114ms] mark of 3 to be looked at again\n"
		"[  5114ms] mark of 4 to be looked at again\n"
		"[ 10112ms] listing of 0 list\n"
		"[ 10132ms] mark of 3 finding: found_adopted\n"
		"[ 10132ms] mark of 4 finding: found_adopted\n"
		"[ 10132ms] listing of 0 answer: listed\n"
		"[ 10133ms] mark of 3 settled: unchanged, attempts 0\n"
		"[ 10133ms] mark of 4 settled: unchanged, attempts 0\n"
		"[ 10133ms] done: complete\n");
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
		"[   32ms] row 1 lookup\n"
		"[   52ms] row 1 answer: doubtful\n"
		"[   52ms] row 2 create\n"
		"[   72ms] row 2 answer: fatal_sandbox\n"
		"[   73ms] row 2 line: failed, attempts 1\n"
		"[   73ms] row 1 line: unresolved, attempts 1\n"
		"[   73ms] row 3 line: failed, attempts 0\n"
		"[   73ms] done: sandboxes\n");
	story_end(&st);
}

static void a_failed_ledger_silences_everything(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.ledger_fails_at = SIM_START + 25 * MS;
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[   12ms] row 1 create\n"
		"[   25ms] ledger failed\n"
		"[   32ms] row 1 answer: created\n"
		"[   32ms] done: ledger\n");
	story_end(&st);
}

static uint64_t hash_of(uint64_t seed)
{
	struct settings set;
	struct sim s;
	uint64_t hash;

	settings_random(&set, seed);
	sim_init(&s, &set);
	sim_story(&s);
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
		cmocka_unit_test(doubts_behind_an_open_breaker_are_looked_up_in_a_row),
		cmocka_unit_test(a_token_that_cannot_be_renewed_ends_the_run),
		cmocka_unit_test(a_stop_leaves_doubts_unresolved),
		cmocka_unit_test(an_abort_cuts_what_a_stop_lets_finish),
		cmocka_unit_test(two_failures_halt_a_run_that_said_so),
		cmocka_unit_test(settled_rows_share_one_listing),
		cmocka_unit_test(a_refused_sandbox_fails_its_rows_but_not_its_doubts),
		cmocka_unit_test(a_failed_ledger_silences_everything),
		cmocka_unit_test(a_seed_replays_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
