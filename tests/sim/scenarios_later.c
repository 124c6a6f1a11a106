/* scenarios_later.c - stories of connections that have an id: updated, tested, deleted.
 *
 * The first run creates, and what comes after it is told. Others do by hand what
 * others.c does by chance. A request takes 20 ms, a commit 1 ms, a token 10 ms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "story.h"

/* `rows` of them are created and told; the CSV wants another password since. */
static void created_and_edited(struct story *st, uint32_t rows)
{
	story_begin(st, rows);
	story_run(st);
	for (uint32_t i = 0; i < rows; i++)
		st->sim.w.identities[i].want.password++;
	st->set.update = true;
}

static void created_to_roll_back(struct story *st, uint32_t rows)
{
	story_begin(st, rows);
	story_run(st);
	st->set.command = COMMAND_ROLLBACK;
}

static struct connection *connection(struct story *st)
{
	return &st->sim.w.connections[st->sim.w.disk.disk[0].id - 1];
}

/* As somebody else would: it shows, and the etag moves. */
static void somebody_changes_it(struct story *st)
{
	struct connection *c = connection(st);

	st->sim.w.identities[0].touched = true;
	c->fields.username += 100;
	c->theirs = true;
	c->theirs_since = st->sim.now;
	c->etag++;
}

/* ---------------------------------------------------------------------- updates */

static void an_edited_row_is_updated_and_known(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_run(&st);
	assert_int_equal(connection(&st)->fields.password, 1);
	story_run(&st);
	story_expect_run(&st, 2,
		"[    35ms] row 1 to be updated\n"
		"[    35ms] row 1 intend\n"
		"[    35ms] fetch a token\n"
		"[    45ms] token fresh\n"
		"[    45ms] row 1 update\n"
		"[    65ms] row 1 answer: updated\n"
		"[    66ms] row 1 line: updated, attempts 1\n"
		"[    66ms] done: complete\n"
		"[    66ms] run 3\n"
		"[    68ms] row 1 known\n"
		"[    68ms] row 1 line: unchanged, attempts 0\n"
		"[    69ms] done: complete\n");
	story_end(&st);
}

/* The server has moved the etag by itself, as it does a while after a create. */
static void an_etag_that_moved_by_itself_is_taken(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	connection(&st)->etag++;
	story_run(&st);
	story_expect_after(&st, "run 2",
		"[    35ms] row 1 to be updated\n"
		"[    35ms] row 1 intend\n"
		"[    35ms] fetch a token\n"
		"[    45ms] token fresh\n"
		"[    45ms] row 1 update\n"
		"[    65ms] row 1 answer: stale\n"
		"[    65ms] row 1 read\n"
		"[    85ms] row 1 answer: moved\n"
		"[    85ms] row 1 update\n"
		"[   105ms] row 1 answer: updated\n"
		"[   106ms] row 1 line: updated, attempts 2\n"
		"[   106ms] done: complete\n");
	story_end(&st);
}

static void what_somebody_else_changed_is_left(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	somebody_changes_it(&st);
	story_run(&st);
	assert_int_equal(connection(&st)->fields.username, 100);
	assert_int_equal(connection(&st)->fields.password, 0);
	story_expect_after(&st, "row 1 update",
		"[    65ms] row 1 answer: stale\n"
		"[    65ms] row 1 read\n"
		"[    85ms] row 1 answer: conflict\n"
		"[    85ms] row 1 withdraw\n"
		"[    86ms] row 1 line: conflict, attempts 1\n"
		"[    86ms] done: complete\n");
	story_end(&st);
}

/* Nothing but the etag says that it was executed: the same goes once more. */
static void an_update_whose_answer_was_lost_is_sent_again(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_fault(&st, 1, REQUEST_UPDATE, FAULT_BROKEN_AFTER);
	story_run(&st);
	story_expect_after(&st, "row 1 update",
		"[    65ms] row 1 answer: broken\n"
		"[    65ms] row 1 read\n"
		"[    85ms] row 1 answer: moved\n"
		"[    85ms] row 1 update\n"
		"[   105ms] row 1 answer: updated\n"
		"[   106ms] row 1 line: updated, attempts 2\n"
		"[   106ms] done: complete\n");
	story_end(&st);
}

/* It is executed when the second one has been: its etag stops it. */
static void a_late_update_is_stopped_by_its_etag(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_fault(&st, 1, REQUEST_UPDATE, FAULT_TIMEOUT_LATE);
	story_run(&st);
	story_expect_after(&st, "row 1 update",
		"[  2045ms] row 1 answer: timeout\n"
		"[2045..3045ms] row 1 read\n"
		"[2065..3065ms] row 1 answer: same\n"
		"[2065..3065ms] row 1 update\n"
		"[2085..3085ms] row 1 answer: updated\n"
		"[2086..3086ms] row 1 line: updated, attempts 2\n"
		"[2086..3086ms] done: complete\n");
	st.set.gap = 60 * SEC;
	story_run(&st);
	assert_true(st.sim.w.changes[0].done && !st.sim.w.changes[0].executed);
	story_end(&st);
}

/* The process dies as the answer is there: the ledger has its intent, so it is sent again. */
static void an_update_of_a_dead_process_converges(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 3,
		"[    67ms] row 1 to be updated, again\n"
		"[    67ms] row 1 intend\n"
		"[    67ms] fetch a token\n"
		"[    77ms] token fresh\n"
		"[    77ms] row 1 update\n"
		"[    97ms] row 1 answer: stale\n"
		"[    97ms] row 1 read\n"
		"[   117ms] row 1 answer: moved\n"
		"[   117ms] row 1 update\n"
		"[   137ms] row 1 answer: updated\n"
		"[   138ms] row 1 line: updated, attempts 2\n"
		"[   138ms] done: complete\n");
	story_end(&st);
}

/* The row seems to be as it was created; but an intent says what may be there. */
static void an_edit_that_is_taken_back_is_a_change(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	assert_int_equal(connection(&st)->fields.password, 1);
	st.sim.w.identities[0].want.password--;
	st.set.update = false;
	story_run(&st);
	assert_int_equal(st.sim.rows[0].line, OUTCOME_CHANGED);
	st.set.update = true;
	story_run(&st);
	assert_int_equal(connection(&st)->fields.password, 0);
	story_run(&st);
	assert_int_equal(st.sim.rows[0].line, OUTCOME_UNCHANGED);
	story_end(&st);
}

/* What shows is neither as the ledger has it nor as the row wants it, and our own doing. */
static void a_row_that_is_edited_again_is_no_conflict(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	st.sim.w.identities[0].want.username++;
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	st.sim.w.identities[0].want.username++;
	story_run(&st);
	assert_int_equal(connection(&st)->fields.username, 2);
	story_expect_run(&st, 3,
		"[    67ms] row 1 to be updated, again\n"
		"[    67ms] row 1 intend\n"
		"[    67ms] fetch a token\n"
		"[    77ms] token fresh\n"
		"[    77ms] row 1 update\n"
		"[    97ms] row 1 answer: stale\n"
		"[    97ms] row 1 read\n"
		"[   117ms] row 1 answer: moved\n"
		"[   117ms] row 1 update\n"
		"[   137ms] row 1 answer: updated\n"
		"[   138ms] row 1 line: updated, attempts 2\n"
		"[   138ms] done: complete\n");
	story_end(&st);
}

static void a_lost_update_is_rolled_back(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	st.sim.w.identities[0].want.username++;
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	assert_int_equal(connection(&st)->fields.username, 1);
	st.set.command = COMMAND_ROLLBACK;
	story_run(&st);
	assert_true(st.sim.w.connections[0].deleted);
	assert_int_equal(st.sim.rows[0].line, OUTCOME_DELETED);
	story_end(&st);
}

/* An intent that stayed would make a change of what is as it was created. */
static void a_refused_update_leaves_nothing_open(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	story_fault(&st, 1, REQUEST_UPDATE, FAULT_REJECTED);
	story_run(&st);
	assert_int_equal(st.sim.rows[0].line, OUTCOME_FAILED);
	st.sim.w.identities[0].want.password--;
	story_run(&st);
	assert_int_equal(st.sim.rows[0].line, OUTCOME_UNCHANGED);
	story_end(&st);
}

/* ------------------------------------------------------------------------ tests */

static void a_test_is_asked_again_and_changes_nothing(void **state)
{
	struct story st;

	created_and_edited(&st, 1);
	st.set.command = COMMAND_VERIFY;
	st.set.explore = true;
	story_fault(&st, 1, REQUEST_TEST, FAULT_BROKEN_BEFORE);
	story_run(&st);
	story_expect_after(&st, "row 1 test",
		"[    64ms] row 1 answer: broken\n"
		"[64..1064ms] row 1 test\n"
		"[84..1084ms] row 1 answer: more\n"
		"[84..1084ms] row 1 test\n"
		"[104..1104ms] row 1 answer: passed\n"
		"[104..1104ms] row 1 line: ok, attempts 2\n"
		"[104..1104ms] done: complete\n");
	assert_int_equal(st.sim.w.change_count, 0);
	story_end(&st);
}

/* -------------------------------------------------------------------- deletions */

/* Once more told by a second rollback; and created once more by a run. */
static void a_row_is_read_intended_and_deleted(void **state)
{
	struct story st;

	created_to_roll_back(&st, 1);
	story_run(&st);
	story_run(&st);
	st.set.command = COMMAND_RUN;
	story_run(&st);
	assert_int_equal(st.sim.w.identities[0].ours, 1);
	story_expect_run(&st, 2,
		"[    34ms] row 1 to be deleted\n"
		"[    34ms] fetch a token\n"
		"[    44ms] token fresh\n"
		"[    44ms] row 1 read\n"
		"[    64ms] row 1 answer: same\n"
		"[    64ms] row 1 intend\n"
		"[    65ms] row 1 delete\n"
		"[    85ms] row 1 answer: deleted\n"
		"[    86ms] row 1 line: deleted, attempts 1\n"
		"[    86ms] done: complete\n"
		"[    86ms] run 3\n"
		"[    87ms] row 1 known\n"
		"[    87ms] row 1 line: deleted, attempts 0\n"
		"[    87ms] done: complete\n"
		"[    87ms] run 4\n"
		"[    89ms] row 1 ended\n"
		"[    89ms] fetch a token\n"
		"[    99ms] token fresh\n"
		"[    99ms] row 1 lookup\n"
		"[   119ms] row 1 answer: absent\n"
		"[   119ms] row 1 intend\n"
		"[   120ms] row 1 create\n"
		"[   140ms] row 1 answer: created\n"
		"[   140ms] row 1 calibrates\n"
		"[   140ms] calibration by 1 lookup\n"
		"[   141ms] row 1 line: created, attempts 1\n"
		"[   141ms] calibration by 1 cut\n"
		"[141..144ms] calibration by 1 answer: not_sent\n"
		"[141..144ms] done: complete\n");
	story_end(&st);
}

static void a_changed_connection_is_not_deleted(void **state)
{
	struct story st;

	created_to_roll_back(&st, 1);
	somebody_changes_it(&st);
	story_run(&st);
	assert_false(connection(&st)->deleted);
	story_expect_after(&st, "row 1 read",
		"[    64ms] row 1 answer: conflict\n"
		"[    64ms] row 1 line: conflict, attempts 0\n"
		"[    64ms] done: complete\n");
	story_end(&st);
}

/* The process dies as it had deleted it; its intent tells the next one whose doing that was. */
static void a_deletion_of_a_dead_process_is_known_for_ours(void **state)
{
	struct story st;

	created_to_roll_back(&st, 1);
	story_crash(&st, ACTION_WRITE_OUTCOME, 0, true);
	story_run(&st);
	story_run(&st);
	story_expect_run(&st, 3,
		"[    86ms] row 1 to be deleted, again\n"
		"[    86ms] fetch a token\n"
		"[    96ms] token fresh\n"
		"[    96ms] row 1 read\n"
		"[   116ms] row 1 answer: gone\n"
		"[   117ms] row 1 line: deleted, attempts 0\n"
		"[   117ms] done: complete\n");
	story_end(&st);
}

/* In between somebody runs the CSV: the rollback has to be finished first. */
static void a_run_leaves_an_unfinished_rollback_alone(void **state)
{
	struct story st;

	created_to_roll_back(&st, 1);
	story_crash(&st, ACTION_SEND, 1, true);
	story_run(&st);
	st.set.command = COMMAND_RUN;
	story_run(&st);
	assert_false(st.sim.w.connections[0].deleted);
	story_expect_run(&st, 3,
		"[    67ms] row 1 known\n"
		"[    67ms] row 1 line: unresolved, attempts 0\n"
		"[    68ms] done: complete\n");
	story_end(&st);
}

/* (A bug of the engine once.) The first deletion is on its way yet when the second is told
 * that the connection is in use: only when the first is settled is that the last word. */
static void in_use_is_told_when_an_earlier_deletion_is_settled(void **state)
{
	struct story st;

	created_to_roll_back(&st, 1);
	story_fault(&st, 1, REQUEST_DELETE, FAULT_BROKEN_BEFORE);
	connection(&st)->in_use = true;
	story_run(&st);
	story_expect_after(&st, "row 1 answer: broken",
		"[    85ms] row 1 read\n"
		"[   105ms] row 1 answer: same\n"
		"[   105ms] row 1 delete\n"
		"[   125ms] row 1 answer: in_use\n"
		"[  5085ms] row 1 read\n"
		"[  5105ms] row 1 answer: same\n"
		"[  5105ms] row 1 delete\n"
		"[  5125ms] row 1 answer: in_use\n"
		"[  5125ms] row 1 withdraw\n"
		"[  5126ms] row 1 line: in_use, attempts 3\n"
		"[  5126ms] done: complete\n");
	story_end(&st);
}

/* Somebody else's it was from the start; the ledger calls it adopted. */
static void an_adopted_connection_is_kept(void **state)
{
	struct story st;

	story_begin(&st, 1);
	st.set.config.no_inventory = false;
	st.set.foreign = 1000;
	story_run(&st);
	st.set.command = COMMAND_ROLLBACK;
	story_run(&st);
	story_expect_after(&st, "run 2",
		"[   56ms] row 1 known\n"
		"[   56ms] row 1 line: kept, attempts 0\n"
		"[   56ms] done: complete\n");
	story_end(&st);
}

/* A rollback of two that dies before and after each single order, and a second one. */
static void every_crash_of_a_rollback_is_survived(void **state)
{
	for (uint32_t order = 0; order < 40; order++) {
		struct story st;

		created_to_roll_back(&st, 2);
		st.set.crash = (struct crash){
			.how = CRASH_AT_ORDER, .orders = order / 2, .before = order % 2};
		story_run(&st);
		story_run(&st);
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(st.sim.w.identities[i].ours, 0);
			assert_int_equal(st.sim.rows[i].line, OUTCOME_DELETED);
		}
		story_end(&st);
	}
}

/* And an update. */
static void every_crash_of_an_update_converges(void **state)
{
	for (uint32_t order = 0; order < 40; order++) {
		struct story st;

		created_and_edited(&st, 2);
		st.set.crash = (struct crash){
			.how = CRASH_AT_ORDER, .orders = order / 2, .before = order % 2};
		story_run(&st);
		story_run(&st);
		for (uint32_t i = 0; i < 2; i++)
			assert_int_equal(st.sim.w.connections[i].fields.password, 1);
		story_end(&st);
	}
}

/* Two runs die one after the other, at each order each, and each time the row is edited on: no
 * update blames others for what one of our own has left. */
static void every_two_crashes_of_rows_that_are_edited_on_converge(void **state)
{
	for (uint32_t order = 0; order < 22 * 22; order++) {
		const uint32_t orders[] = {order / 22, order % 22};
		struct story st;

		created_and_edited(&st, 1);
		for (int i = 0; i < 2; i++) {
			st.sim.w.identities[0].want.username++;
			st.set.crash = (struct crash){.how = CRASH_AT_ORDER,
				.orders = orders[i] / 2,
				.before = orders[i] % 2};
			story_run(&st);
		}
		st.sim.w.identities[0].want.username++;
		story_run(&st); /* which may tell what a crash has left untold … */
		story_run(&st); /* … and update only then */
		assert_int_equal(connection(&st)->fields.username, 3);
		story_end(&st);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_edited_row_is_updated_and_known),
		cmocka_unit_test(an_etag_that_moved_by_itself_is_taken),
		cmocka_unit_test(what_somebody_else_changed_is_left),
		cmocka_unit_test(an_update_whose_answer_was_lost_is_sent_again),
		cmocka_unit_test(a_late_update_is_stopped_by_its_etag),
		cmocka_unit_test(an_update_of_a_dead_process_converges),
		cmocka_unit_test(an_edit_that_is_taken_back_is_a_change),
		cmocka_unit_test(a_row_that_is_edited_again_is_no_conflict),
		cmocka_unit_test(a_lost_update_is_rolled_back),
		cmocka_unit_test(a_refused_update_leaves_nothing_open),
		cmocka_unit_test(a_test_is_asked_again_and_changes_nothing),
		cmocka_unit_test(a_row_is_read_intended_and_deleted),
		cmocka_unit_test(a_changed_connection_is_not_deleted),
		cmocka_unit_test(a_deletion_of_a_dead_process_is_known_for_ours),
		cmocka_unit_test(a_run_leaves_an_unfinished_rollback_alone),
		cmocka_unit_test(in_use_is_told_when_an_earlier_deletion_is_settled),
		cmocka_unit_test(an_adopted_connection_is_kept),
		cmocka_unit_test(every_crash_of_a_rollback_is_survived),
		cmocka_unit_test(every_crash_of_an_update_converges),
		cmocka_unit_test(every_two_crashes_of_rows_that_are_edited_on_converge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
