/* scenarios_runs.c - stories of several runs: what a crash leaves, and the next run makes of it.
 *
 * The world is that of scenarios.c; a crash is one of the process, the server
 * goes on. Between two runs the CSV may be edited. A crash at every single order
 * of a small run comes last.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

/* The answer was on its way when the process died. */
static void what_was_sent_before_a_crash_is_found(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 2,
		"[    34ms] row 1 open\n"
		"[    34ms] fetch a token\n"
		"[    44ms] token fresh\n"
		"[    44ms] row 1 lookup\n"
		"[    64ms] row 1 answer: found_created\n"
		"[    65ms] row 1 line: created, attempts 0\n"
		"[    65ms] done: complete\n");
	story_end(&st);
}

/* Nothing of row 2 was sent, but who knows? It is looked for when the settle is over. That
 * lookups find is shown by row 1, which the ledger knows. */
static void what_was_never_sent_is_sent_once_settled(void **state)
{
	struct story st;

	story_begin(&st, 2);
	story_crash(&st, ACTION_SEND, 1, true);
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 2,
		"[    34ms] row 1 known\n"
		"[    34ms] row 1 line: created, attempts 0\n"
		"[    34ms] row 2 open\n"
		"[    34ms] fetch a token\n"
		"[    44ms] token fresh\n"
		"[    44ms] row 2 lookup\n"
		"[    64ms] row 2 answer: absent\n"
		"[ 30032ms] row 2 lookup\n"
		"[ 30052ms] row 2 answer: absent\n"
		"[ 30052ms] recall one of sandbox 0\n"
		"[ 30053ms] calibration by 1 recalled\n"
		"[ 30053ms] calibration by 1 lookup\n"
		"[ 30073ms] calibration by 1 answer: found_created\n"
		"[ 30073ms] row 2 lookup\n"
		"[ 30093ms] row 2 answer: absent\n"
		"[ 30093ms] row 2 intend\n"
		"[ 30094ms] row 2 create\n"
		"[ 30114ms] row 2 answer: created\n"
		"[ 30115ms] row 2 line: created, attempts 1, to be looked at again\n"
		"[ 30116ms] mark of 2 to be looked at again\n"
		"[ 60114ms] mark of 2 lookup\n"
		"[ 60134ms] mark of 2 answer: found_adopted\n"
		"[ 60135ms] mark of 2 settled: unchanged, attempts 0\n"
		"[ 60135ms] done: complete\n");
	story_end(&st);
}

/* The row has another endpoint now; it is the connection of the old one that is found. */
static void an_edited_row_is_found_by_what_its_intent_recorded(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	st.sim.w.identities[0].want.endpoint++;
	story_run(&st);
	story_run(&st);
	assert_true(st.sim.rows[0].edited);
	story_expect_run(&st, 2,
		"[    34ms] row 1 open\n"
		"[    34ms] fetch a token\n"
		"[    44ms] token fresh\n"
		"[    44ms] row 1 lookup\n"
		"[    64ms] row 1 answer: found_created\n"
		"[    65ms] row 1 line: created, attempts 0\n"
		"[    65ms] done: complete\n"
		"[    65ms] run 3\n"
		"[    67ms] row 1 known\n"
		"[    67ms] row 1 line: changed, attempts 0\n"
		"[    68ms] done: complete\n");
	story_end(&st);
}

/* The connectionSpec of both was edited. They are looked for in the old scope, by a listing,
 * for no filter may carry their names; row 1 is there, row 2 is then created in the new. */
static void a_moved_row_is_looked_up_where_its_intent_was(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.unfilterable = 1000;
	st.set.specs = 2;
	story_world(&st);
	st.sim.w.identities[0].want.spec = st.sim.w.identities[1].want.spec = 0;
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	st.sim.w.identities[0].want.spec = st.sim.w.identities[1].want.spec = 1;
	story_run(&st);
	story_expect_run(&st, 2,
		"[    34ms] row 1 open\n"
		"[    34ms] fetch a token\n"
		"[    34ms] row 2 open\n"
		"[    44ms] token fresh\n"
		"[    44ms] listing of 0 list\n"
		"[    64ms] row 1 finding: found_created\n"
		"[    64ms] row 2 finding: absent\n"
		"[    64ms] listing of 0 answer: listed\n"
		"[    65ms] row 1 line: created, attempts 0\n"
		"[ 30032ms] listing of 0 list\n"
		"[ 30052ms] row 2 finding: absent\n"
		"[ 30052ms] row 2 intend\n"
		"[ 30052ms] listing of 0 answer: listed\n"
		"[ 30053ms] row 2 create\n"
		"[ 30073ms] row 2 answer: created\n"
		"[ 30074ms] row 2 line: created, attempts 1, to be looked at again\n"
		"[ 30075ms] mark of 2 to be looked at again\n"
		"[ 60073ms] listing of 1 list\n"
		"[ 60093ms] mark of 2 finding: found_adopted\n"
		"[ 60093ms] listing of 1 answer: listed\n"
		"[ 60094ms] mark of 2 settled: unchanged, attempts 0\n"
		"[ 60094ms] done: complete\n");
	story_end(&st);
}

/* Rows 2 and 3 are in doubt, and the CSV has them no more: one is there, one is not. */
static void doubts_that_the_csv_does_not_name_are_settled(void **state)
{
	struct story st;

	story_begin(&st, 3);
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_fault(&st, 3, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_crash(&st, ACTION_WRITE_OUTCOME, 1, true);
	story_run(&st);
	st.sim.w.identities[1].in_csv = st.sim.w.identities[2].in_csv = false;
	story_run(&st);
	story_expect_run(&st, 2,
		"[    74ms] row 1 known\n"
		"[    74ms] row 1 line: created, attempts 0\n"
		"[    75ms] doubt of 2 gone\n"
		"[    75ms] fetch a token\n"
		"[    75ms] doubt of 3 gone\n"
		"[    85ms] token fresh\n"
		"[    85ms] doubt of 2 lookup\n"
		"[   105ms] doubt of 2 answer: found_created\n"
		"[   105ms] doubt of 3 lookup\n"
		"[   106ms] doubt of 2 settled: created, attempts 0\n"
		"[   125ms] doubt of 3 answer: absent\n"
		"[ 30072ms] doubt of 3 lookup\n"
		"[ 30092ms] doubt of 3 answer: absent\n"
		"[ 30092ms] doubt of 3 withdraw\n"
		"[ 30093ms] doubt of 3 settled: skipped, attempts 0\n"
		"[ 30093ms] done: complete\n");
	story_end(&st);
}

static void a_stopped_run_gives_its_intents_back(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.config.concurrency = 1;
	st.set.stop_at = SIM_START + 15 * MS;
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 2,
		"[    35ms] row 1 known\n"
		"[    35ms] row 1 line: unchanged, attempts 0\n"
		"[    35ms] row 2 ended\n"
		"[    35ms] fetch a token\n"
		"[    45ms] token fresh\n"
		"[    45ms] row 2 lookup\n"
		"[    65ms] row 2 answer: absent\n"
		"[    65ms] row 2 intend\n"
		"[    66ms] row 2 create\n"
		"[    86ms] row 2 answer: created\n"
		"[    86ms] row 2 calibrates\n"
		"[    86ms] calibration by 2 lookup\n"
		"[    87ms] row 2 line: created, attempts 1\n"
		"[    87ms] calibration by 2 cut\n"
		"[    88ms] calibration by 2 answer: not_sent\n"
		"[    88ms] done: complete\n");
	story_end(&st);
}

/* The results with the word "created" were never put in place. */
static void a_word_is_told_until_a_results_file_has_it(void **state)
{
	struct story st;

	story_begin(&st, 1);
	story_crash(&st, ACTION_DONE, 0, true);
	story_run(&st);
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 2,
		"[    35ms] row 1 known\n"
		"[    35ms] row 1 line: created, attempts 0\n"
		"[    36ms] done: complete\n"
		"[    36ms] run 3\n"
		"[    38ms] row 1 known\n"
		"[    38ms] row 1 line: unchanged, attempts 0\n"
		"[    39ms] done: complete\n");
	story_end(&st);
}

/* ---------------------------------------------------------------- inventories */

static struct connection others(uint32_t identity)
{
	return (struct connection){
		.identity = identity,
		.created_at = SIM_START - 100 * SEC,
	};
}

/* Row 1 is there as it is to be, row 2 with another endpoint, row 3 not. */
static void the_inventory_adopts_and_names_conflicts(void **state)
{
	struct connection differs = others(1);
	struct story st;

	story_begin(&st, 3);
	st.set.config.no_inventory = false;
	story_world(&st);
	differs.fields.endpoint = 9;
	server_add(&st.sim, others(0));
	server_add(&st.sim, differs);
	story_run(&st);
	story_expect(&st, "[     2ms] row 1 fresh\n"
			  "[     2ms] fetch a token\n"
			  "[     2ms] row 2 fresh\n"
			  "[     2ms] row 3 fresh\n"
			  "[    12ms] token fresh\n"
			  "[    12ms] inventory of 0 list\n"
			  "[    32ms] inventory of 0 answer: more\n"
			  "[    32ms] inventory of 0 list, next page\n"
			  "[    53ms] inventory of 0 answer: listed\n"
			  "[    53ms] row 1 intend\n"
			  "[    53ms] row 2 intend\n"
			  "[    53ms] row 3 intend\n"
			  "[    54ms] row 1 is in the inventory: adopted\n"
			  "[    54ms] row 2 is in the inventory: conflict\n"
			  "[    54ms] row 3 create\n"
			  "[    55ms] row 1 line: adopted, attempts 0\n"
			  "[    55ms] row 2 line: conflict, attempts 0\n"
			  "[    74ms] row 3 answer: created\n"
			  "[    74ms] row 3 calibrates\n"
			  "[    74ms] calibration by 3 lookup\n"
			  "[    75ms] row 3 line: created, attempts 1\n"
			  "[    75ms] calibration by 3 cut\n"
			  "[    77ms] calibration by 3 answer: not_sent\n"
			  "[    77ms] done: complete\n");
	story_end(&st);
}

/* ---------------------------------------------------------------- calibration */

/* Listings lag by six seconds, and the settle is five: four times that is waited. */
static void the_first_created_row_says_how_long_listings_lag(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.lag = 6 * SEC;
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "calibration by 1 answer: found_created",
		"[ 15751ms] row 2 lookup\n"
		"[ 15771ms] row 2 answer: absent\n"
		"[ 62928ms] row 2 lookup\n"
		"[ 62948ms] row 2 answer: absent\n"
		"[ 62948ms] row 2 create\n"
		"[ 62968ms] row 2 answer: created\n"
		"[ 62969ms] row 2 line: created, attempts 2, to be looked at again\n"
		"[ 62970ms] mark of 2 to be looked at again\n"
		"[125845ms] mark of 2 lookup\n"
		"[125865ms] mark of 2 answer: found_adopted\n"
		"[125866ms] mark of 2 settled: unchanged, attempts 0\n"
		"[125866ms] done: complete\n");
	story_end(&st);
}

/* No connection is known at all: row 1 goes first, alone, and row 2 waits for what it shows. */
static void the_oldest_doubtful_row_calibrates(void **state)
{
	struct story st;

	story_begin(&st, 2);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "token fresh",
		"[    12ms] row 1 create\n"
		"[    32ms] row 1 answer: broken\n"
		"[    32ms] row 1 lookup\n"
		"[    52ms] row 1 answer: absent\n"
		"[    52ms] row 2 create\n"
		"[    72ms] row 2 answer: broken\n"
		"[    72ms] row 2 lookup\n"
		"[    92ms] row 2 answer: absent\n"
		"[  5032ms] row 1 lookup\n"
		"[  5052ms] row 1 answer: absent\n"
		"[  5052ms] recall one of sandbox 0\n"
		"[  5053ms] calibration of 0 recalled: nothing\n"
		"[  5053ms] row 1 lookup\n"
		"[  5072ms] row 2 lookup\n"
		"[  5073ms] row 1 answer: absent\n"
		"[  5092ms] row 2 answer: absent\n"
		"[ 30032ms] row 1 lookup\n"
		"[ 30052ms] row 1 answer: absent\n"
		"[ 30052ms] row 1 create\n"
		"[ 30072ms] row 1 answer: created\n"
		"[ 30072ms] row 1 calibrates\n"
		"[ 30072ms] calibration by 1 lookup\n"
		"[ 30073ms] row 1 line: created, attempts 2, to be looked at again\n"
		"[ 30092ms] calibration by 1 answer: found_created\n"
		"[ 30092ms] row 2 lookup\n"
		"[ 30112ms] row 2 answer: absent\n"
		"[ 30112ms] row 2 create\n"
		"[ 30132ms] row 2 answer: created\n"
		"[ 30133ms] row 2 line: created, attempts 2, to be looked at again\n"
		"[ 30134ms] mark of 1 to be looked at again\n"
		"[ 30134ms] mark of 2 to be looked at again\n"
		"[ 35132ms] mark of 1 lookup\n"
		"[ 35132ms] mark of 2 lookup\n"
		"[ 35152ms] mark of 1 answer: found_adopted\n"
		"[ 35152ms] mark of 2 answer: found_adopted\n"
		"[ 35153ms] mark of 1 settled: unchanged, attempts 0\n"
		"[ 35153ms] mark of 2 settled: unchanged, attempts 0\n"
		"[ 35153ms] done: complete\n");
	story_end(&st);
}

/* The filter finds nothing, not even row 1, which is there: row 2 is not sent again. */
static void lookups_that_find_nothing_prove_nothing(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.misses[0] = true;
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_run(&st);
	assert_int_equal(st.sim.rows[1].line, OUTCOME_UNRESOLVED);
	assert_int_equal(st.sim.w.identities[1].ours, 1);
	story_end(&st);
}

/* ----------------------------------------------------------------- last looks */

/* The first create of row 2 shows itself after all, but too late: it was sent again. */
static void a_last_look_names_the_duplicate(void **state)
{
	struct story st;

	story_begin(&st, 2);
	st.set.lag_breaks = true;
	story_fault(&st, 2, REQUEST_CREATE, FAULT_BROKEN_LATE);
	story_run(&st);
	story_expect_after(&st, "row 1 line: created, attempts 1",
		"[    52ms] calibration by 1 answer: found_created\n"
		"[    52ms] row 2 answer: broken\n"
		"[    52ms] row 2 lookup\n"
		"[    72ms] row 2 answer: absent\n"
		"[  5052ms] row 2 lookup\n"
		"[  5072ms] row 2 answer: absent\n"
		"[  5072ms] row 2 create\n"
		"[  5092ms] row 2 answer: created\n"
		"[  5093ms] row 2 line: created, attempts 2, to be looked at again\n"
		"[  5094ms] mark of 2 to be looked at again\n"
		"[ 10092ms] mark of 2 lookup\n"
		"[ 10112ms] mark of 2 answer: conflict\n"
		"[ 10113ms] mark of 2 settled: conflict, attempts 0\n"
		"[ 10113ms] done: complete\n");
	story_end(&st);
}

/* ------------------------------------------------------------- every instant */

static bool crash_at(uint32_t order, bool before)
{
	struct story st;
	bool crashed;

	story_begin(&st, 3);
	story_fault(&st, 1, REQUEST_CREATE, FAULT_BROKEN_AFTER);
	story_fault(&st, 2, REQUEST_CREATE, FAULT_TIMEOUT_LATE);
	st.set.config.no_inventory = false;
	st.set.crash = (struct crash){.how = CRASH_AT_ORDER, .orders = order, .before = before};
	story_run(&st);
	crashed = st.sim.crashed;
	story_run(&st);
	assert_int_equal(st.sim.end, END_COMPLETE);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(st.sim.w.identities[i].ours, 1);
	story_end(&st);
	return crashed;
}

static void a_crash_at_any_order_leaves_one_connection_a_row(void **state)
{
	uint32_t order = 0;

	while (crash_at(order, true) && crash_at(order, false))
		order++;
	assert_true(order > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sent_before_a_crash_is_found),
		cmocka_unit_test(what_was_never_sent_is_sent_once_settled),
		cmocka_unit_test(an_edited_row_is_found_by_what_its_intent_recorded),
		cmocka_unit_test(a_moved_row_is_looked_up_where_its_intent_was),
		cmocka_unit_test(doubts_that_the_csv_does_not_name_are_settled),
		cmocka_unit_test(a_stopped_run_gives_its_intents_back),
		cmocka_unit_test(a_word_is_told_until_a_results_file_has_it),
		cmocka_unit_test(the_inventory_adopts_and_names_conflicts),
		cmocka_unit_test(the_first_created_row_says_how_long_listings_lag),
		cmocka_unit_test(the_oldest_doubtful_row_calibrates),
		cmocka_unit_test(lookups_that_find_nothing_prove_nothing),
		cmocka_unit_test(a_last_look_names_the_duplicate),
		cmocka_unit_test(a_crash_at_any_order_leaves_one_connection_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
