/* test_outcome.c - what a row came to: whose creates those were, and the words for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "run/shell.h"

static const struct snowmelt run = {.durable = true};

/* A row of which an earlier run has sent two creates, the last answered 504. */
static struct slot earlier(enum ledger_state state, const char *status)
{
	struct slot slot = {.kind = SLOT_ROW};

	slot.past = (struct past){
		.there = true,
		.record =
			{
				.state = state,
				.status = status,
				.error_code = "",
				.error = "",
				.request_id = "request-of-then",
				.http_status = 504,
				.attempts = 2,
				.started_ms = 1000,
				.duration_ms = 77,
				.same = true,
			},
	};
	return slot;
}

static struct engine_action action(enum engine_outcome outcome, enum engine_cause cause)
{
	return (struct engine_action){
		.kind = ACTION_EMIT,
		.row = {.outcome = outcome, .cause = cause, .end = END_COMPLETE},
	};
}

static struct words words_of(
	const struct slot *slot, enum engine_outcome outcome, enum engine_cause cause)
{
	struct engine_action a = action(outcome, cause);
	struct words w;

	words_for_run(&run, slot, &a, &w);
	return w;
}

/* -------------------------------------------------------------- whose creates */

static void what_is_told_late_has_its_creates_of_then(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_DONE, "created");
	struct engine_action a = action(OUTCOME_CREATED, CAUSE_CLAIM);
	struct outcome o = outcome_of(&slot, &a, 5 * SEC);

	assert_int_equal(o.attempts, 2);
	assert_int_equal(o.http_status, 504);
	assert_string_equal(o.request_id, "request-of-then");
	assert_int_equal(o.started_ms, 1000);
	assert_int_equal(o.duration_ms, 77);
}

static void what_was_told_has_none(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_DONE, "created");
	struct engine_action a = action(OUTCOME_UNCHANGED, CAUSE_CLAIM);
	struct outcome o = outcome_of(&slot, &a, 5 * SEC);

	assert_int_equal(o.attempts, 0);
	assert_int_equal(o.http_status, 0);
	assert_int_equal(o.started_ms, 0);
	assert_int_equal(o.duration_ms, -1);
}

static void what_is_found_of_an_open_intent_has_those_of_then(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_DOUBT, "unresolved");
	struct engine_action a = action(OUTCOME_CREATED, CAUSE_LOOKUP);

	slot.by_intent = true;
	assert_int_equal(outcome_of(&slot, &a, 5 * SEC).attempts, 2);
}

static void what_is_found_of_an_ended_row_has_none(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_REFUSED, "failed");
	struct engine_action a = action(OUTCOME_ADOPTED, CAUSE_LOOKUP);

	assert_int_equal(outcome_of(&slot, &a, 5 * SEC).attempts, 0);
	assert_int_equal(outcome_of(&slot, &a, 5 * SEC).http_status, 0);
}

static void a_create_of_this_run_is_what_counts(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_DOUBT, "unresolved");
	struct engine_action a = action(OUTCOME_CREATED, CAUSE_ANSWER);
	struct outcome o;

	slot.by_intent = true; /* and the ledger knows of no new intent yet */
	slot.record.started_ms = 9000;
	slot.record.started_at = 3 * SEC;
	slot.record.http_status = 201;
	a.row.attempts = 1;
	o = outcome_of(&slot, &a, 5 * SEC);
	assert_int_equal(o.attempts, 1);
	assert_int_equal(o.http_status, 201);
	assert_int_equal(o.started_ms, 9000);
	assert_int_equal(o.duration_ms, 2000);
	slot.record.decided_at = 4 * SEC; /* its line is written later */
	assert_int_equal(outcome_of(&slot, &a, 5 * SEC).duration_ms, 1000);
}

/* --------------------------------------------------------------------- words */

static void a_row_that_differs_by_now_is_told_so(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_DONE, "created");

	assert_string_equal(words_of(&slot, OUTCOME_CREATED, CAUSE_CLAIM).text, "");
	assert_string_equal(words_of(&slot, OUTCOME_UNCHANGED, CAUSE_CLAIM).text, "");
	slot.past.record.same = false;
	assert_true(str_icontains(
		words_of(&slot, OUTCOME_CREATED, CAUSE_CLAIM).text, "differs by now"));
	assert_true(str_icontains(words_of(&slot, OUTCOME_CHANGED, CAUSE_CLAIM).text, "differs"));

	/* Found as its intent recorded it; sent as it is now. */
	slot.by_intent = true;
	assert_true(str_icontains(words_of(&slot, OUTCOME_CREATED, CAUSE_LOOKUP).text, "differs"));
	slot.by_intent = false;
	assert_string_equal(words_of(&slot, OUTCOME_CREATED, CAUSE_ANSWER).text, "");
}

static void what_was_left_as_it_was_has_its_words_of_then(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_REFUSED, "failed");
	struct words w;

	slot.past.record.error_code = "FLOW-1415-400";
	slot.past.record.error = "the auth spec could not be found";
	w = words_of(&slot, OUTCOME_FAILED, CAUSE_CLAIM);
	assert_string_equal(w.code, "FLOW-1415-400");
	assert_string_equal(w.text, "the auth spec could not be found");

	slot = earlier(LEDGER_STATE_WITHDRAWN, "");
	assert_true(words_of(&slot, OUTCOME_SKIPPED, CAUSE_CLAIM).text[0]);
}

static void a_doubt_of_an_earlier_run_is_not_blamed_on_this_one(void **state)
{
	struct slot slot = earlier(LEDGER_STATE_INTENDED, "");

	slot.by_intent = true;
	assert_true(str_icontains(
		words_of(&slot, OUTCOME_UNRESOLVED, CAUSE_ENDED).text, "an earlier run"));
	slot.past.record.error = "it may have been created; the last answer: no";
	assert_string_equal(words_of(&slot, OUTCOME_UNRESOLVED, CAUSE_ENDED).text,
		"it may have been created; the last answer: no");
}

static void where_lookups_prove_nothing_the_way_out_is_told(void **state)
{
	const struct slot slot = {.kind = SLOT_ROW};
	struct words w = words_of(&slot, OUTCOME_UNRESOLVED, CAUSE_UNPROVEN);

	assert_string_equal(w.code, "unproven");
	assert_non_null(strstr(w.text, "--resend-unresolved"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_late_has_its_creates_of_then),
		cmocka_unit_test(what_was_told_has_none),
		cmocka_unit_test(what_is_found_of_an_open_intent_has_those_of_then),
		cmocka_unit_test(what_is_found_of_an_ended_row_has_none),
		cmocka_unit_test(a_create_of_this_run_is_what_counts),
		cmocka_unit_test(a_row_that_differs_by_now_is_told_so),
		cmocka_unit_test(what_was_left_as_it_was_has_its_words_of_then),
		cmocka_unit_test(a_doubt_of_an_earlier_run_is_not_blamed_on_this_one),
		cmocka_unit_test(where_lookups_prove_nothing_the_way_out_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
