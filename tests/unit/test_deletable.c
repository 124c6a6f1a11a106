/* Every pair of what results and ledger can say of a row: what both call created, by one
 * id, is deleted, and nothing else. */
#include "check.h"

#include <string.h>

#include "output/summary.h"
#include "run/deletable.h"

#define ID "c2a4c6a8-0000-4000-8000-00000000000a"
#define OTHER "c2a4c6a8-0000-4000-8000-000000000002"

static enum deletable judge(
	const char *results, const char *id, enum ledger_state state, const char *status)
{
	const struct row row = {.id = id, .status = results};
	const struct ledger_record rec = {.state = state, .status = status, .id = ID};

	return deletable(&row, &rec);
}

static enum deletable done(const char *results, const char *ledger)
{
	return judge(results, ID, LEDGER_STATE_DONE, ledger);
}

static void what_both_call_created_is_deleted(void **state)
{
	assert_int_equal(done("created", "created"), DELETABLE);
	assert_int_equal(judge("created", "C2A4C6A8-0000-4000-8000-00000000000A", LEDGER_STATE_DONE,
				 "created"),
		DELETABLE);
}

static void any_other_pair_of_words_is_kept(void **state)
{
	for (int r = 0; r < STATUS_COUNT; r++)
		for (int l = 0; l < STATUS_COUNT; l++) {
			enum deletable d =
				done(status_name((enum status)r), status_name((enum status)l));

			assert_int_equal(
				!deletable_kept(d), r == STATUS_CREATED && l == STATUS_CREATED);
		}
	assert_int_equal(done("created", "adopted"), KEPT_ADOPTED);
	assert_int_equal(done("created", "updated"), KEPT_UPDATED);
	assert_int_equal(done("unchanged", "created"), KEPT_NOT_CREATED);
	assert_int_equal(done("", "created"), KEPT_NOT_CREATED);
	assert_int_equal(done("created", ""), KEPT_LEDGER);
}

static void another_id_or_none_is_kept_whatever_else_is_said(void **state)
{
	struct row row = {.id = OTHER, .status = "created"};
	struct ledger_record rec = {.status = "created", .id = ID};

	for (int s = LEDGER_STATE_CLAIMED; s <= LEDGER_STATE_DELETING; s++) {
		rec.state = (enum ledger_state)s;
		rec.id = ID;
		assert_true(deletable_kept(deletable(&row, &rec)));
		rec.id = "";
		assert_true(deletable_kept(deletable(&row, &rec)));
	}
	row.id = "";
	rec.id = "";
	rec.state = LEDGER_STATE_DONE;
	assert_int_equal(deletable(&row, &rec), KEPT_NO_ID);
	row.id = ID;
	assert_int_equal(deletable(&row, NULL), KEPT_UNKNOWN);
}

static void what_is_not_done_is_kept_with_its_reason(void **state)
{
	assert_int_equal(judge("created", ID, LEDGER_STATE_CLAIMED, ""), KEPT_UNKNOWN);
	assert_int_equal(judge("created", ID, LEDGER_STATE_DOUBT, "unresolved"), KEPT_IN_DOUBT);
	assert_int_equal(judge("created", OTHER, LEDGER_STATE_INTENDED, ""), KEPT_IN_DOUBT);
	assert_int_equal(judge("created", ID, LEDGER_STATE_REFUSED, "conflict"), KEPT_LEDGER);
}

static void what_was_deleted_is_told_again(void **state)
{
	assert_int_equal(judge("created", ID, LEDGER_STATE_WITHDRAWN, "deleted"), DELETED_BEFORE);
	assert_int_equal(judge("deleted", ID, LEDGER_STATE_WITHDRAWN, "gone"), DELETED_BEFORE);
	/* Its name is about to be created again; the id is not. */
	assert_int_equal(judge("created", ID, LEDGER_STATE_INTENDED, ""), DELETED_BEFORE);
	assert_int_equal(judge("created", OTHER, LEDGER_STATE_WITHDRAWN, "deleted"), KEPT_OTHER_ID);
}

static void a_deletion_that_began_is_gone_on_with(void **state)
{
	assert_int_equal(judge("created", ID, LEDGER_STATE_DELETING, "created"), DELETABLE_BEGUN);
	/* So `snowmelt results` calls it meanwhile. */
	assert_int_equal(
		judge("unresolved", ID, LEDGER_STATE_DELETING, "created"), DELETABLE_BEGUN);
	assert_int_equal(judge("adopted", ID, LEDGER_STATE_DELETING, "created"), KEPT_NOT_CREATED);
	assert_int_equal(judge("created", OTHER, LEDGER_STATE_DELETING, "created"), KEPT_OTHER_ID);
}

static void each_has_its_words_and_what_is_kept_a_code(void **state)
{
	for (int d = 0; d < DELETABLE_COUNT; d++) {
		assert_true(strlen(deletable_words((enum deletable)d)) > 0);
		assert_int_equal(
			*deletable_code((enum deletable)d) != 0, deletable_kept((enum deletable)d));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_both_call_created_is_deleted),
		cmocka_unit_test(any_other_pair_of_words_is_kept),
		cmocka_unit_test(another_id_or_none_is_kept_whatever_else_is_said),
		cmocka_unit_test(what_is_not_done_is_kept_with_its_reason),
		cmocka_unit_test(what_was_deleted_is_told_again),
		cmocka_unit_test(a_deletion_that_began_is_gone_on_with),
		cmocka_unit_test(each_has_its_words_and_what_is_kept_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
