/* What a run would do with a row, for everything that ledger and server may say of it. */
#include "check.h"

#include <string.h>

#include "run/plan_decide.h"

#define assert_says(text, words) assert_non_null(strstr(text, words))
#define ID_1 "11111111-0000-4000-8000-000000000001"
#define ID_2 "11111111-0000-4000-8000-000000000002"

static const enum ledger_state without_id[] = {LEDGER_STATE_CLAIMED, LEDGER_STATE_REFUSED,
	LEDGER_STATE_WITHDRAWN, LEDGER_STATE_INTENDED, LEDGER_STATE_DOUBT, LEDGER_STATE_DELETING};

static struct ledger_record record(enum ledger_state state, const char *id)
{
	return (struct ledger_record){
		.state = state,
		.sandbox = "prod",
		.name = "n",
		.endpoint = "https://e",
		.username = "u",
		.spec_id = "s",
		.status = state == LEDGER_STATE_DONE ? "created" : "",
		.id = id,
		.etag = "",
		.told = true,
	};
}

static const struct flow_wanted wanted = {
	.name = "n", .spec_id = "s", .endpoint = "https://e", .username = "u"};

static struct flow_hits hits_of(const char *const *ids, size_t count, const char *username)
{
	struct flow_hits h;

	flow_hits_init(&h);
	for (size_t i = 0; i < count; i++)
		flow_hits_add(&h, &wanted,
			&(struct flow_item){
				.name = "n",
				.id = ids[i],
				.spec_id = "s",
				.etag = "",
				.description = "",
				.endpoint = "https://e",
				.username = username,
			});
	return h;
}

static struct plan_verdict decided(const struct plan_facts *f)
{
	struct plan_verdict v;

	plan_decide(f, &v);
	return v;
}

static struct plan_verdict by_name(const struct ledger_record *r, const struct flow_hits *hits)
{
	return decided(&(struct plan_facts){.record = r, .spec_id = "s", .hits = hits});
}

static const char *const both[] = {ID_1, ID_2};

static void check_by_name(const struct ledger_record *r)
{
	struct flow_hits none = hits_of(NULL, 0, ""), one = hits_of(both, 1, "u");
	struct flow_hits another = hits_of(both, 1, "x"), several = hits_of(both, 2, "u");
	struct plan_verdict v = by_name(r, &none);

	assert_int_equal(v.action, PLAN_CREATE);
	assert_string_equal(v.id, "");
	v = by_name(r, &one);
	assert_int_equal(v.action, PLAN_ADOPT);
	assert_string_equal(v.id, ID_1);
	v = by_name(r, &another);
	assert_int_equal(v.action, PLAN_CONFLICT);
	assert_int_equal(v.fields, FLOW_FIELD_USERNAME);
	assert_string_equal(v.id, ID_1);
	v = by_name(r, &several);
	assert_int_equal(v.action, PLAN_CONFLICT);
	assert_int_equal(v.fields, 0);
	assert_string_equal(v.id, "");
	assert_says(v.reason, ID_2);
}

static void what_has_no_id_is_decided_by_its_name(void **state)
{
	check_by_name(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(without_id); i++) {
		struct ledger_record r = record(without_id[i], "");

		check_by_name(&r);
	}
}

static void what_is_in_doubt_is_looked_for_as_it_was_sent(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_id); i++) {
		struct ledger_record r = record(without_id[i], "");

		assert_int_equal(plan_by_record(&r), i >= 3);
		assert_false(plan_is_done(&r));
	}
	assert_false(plan_by_record(NULL));
	assert_false(plan_is_done(NULL));
}

static void who_may_have_created_it_is_told(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, ""), one = hits_of(both, 1, "u");
	struct ledger_record r = record(LEDGER_STATE_INTENDED, "");
	struct plan_facts f = {.record = &r, .spec_id = "s", .hits = &none};

	assert_says(decided(&f).reason, "looks again");
	f.hits = &one;
	assert_says(decided(&f).reason, "a run settles that");
	f.hits = &none;
	f.going = true; /* which has not come to it */
	assert_says(decided(&f).reason, "looks again");
	r.seen = true;
	assert_says(decided(&f).reason, "the run that is going");
	r = record(LEDGER_STATE_DELETING, ID_1);
	assert_says(decided(&f).reason, "a rollback was interrupted");
	f.hits = &one;
	assert_says(decided(&f).reason, "a rollback was interrupted");
	f.hits = &none;
	r = record(LEDGER_STATE_WITHDRAWN, ID_1);
	assert_says(decided(&f).reason, "was deleted");
	r = record(LEDGER_STATE_WITHDRAWN, "");
	assert_string_equal(decided(&f).reason, "");
}

static void a_conflict_names_each_field_that_differs(void **state)
{
	const struct flow_item item = {.name = "n",
		.id = ID_1,
		.spec_id = "s",
		.etag = "",
		.endpoint = "https://f",
		.username = "x"};
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &item);
	assert_int_equal(by_name(NULL, &h).fields, FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME);
}

/* Others of its name are somebody else's. */
static void the_one_with_our_tag_is_adopted_beside_others(void **state)
{
	struct ledger_record r = record(LEDGER_STATE_DOUBT, "");
	struct flow_hits h = hits_of(both, 1, "u");
	struct flow_wanted w = wanted;
	struct plan_verdict v;

	w.tag = "0123456789abcdef";
	flow_hits_add(&h, &w,
		&(struct flow_item){
			.name = "n",
			.id = ID_2,
			.spec_id = "s",
			.etag = "",
			.description = "[snowmelt:0123456789abcdef]",
			.endpoint = "https://e",
			.username = "u",
		});
	v = by_name(&r, &h);
	assert_int_equal(v.action, PLAN_ADOPT);
	assert_string_equal(v.id, ID_2);
}

static void a_name_that_is_taken_with_the_new_spec_is_a_conflict(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, ""), one = hits_of(both, 1, "u");
	struct ledger_record r = record(LEDGER_STATE_DOUBT, "");
	struct plan_facts f = {.record = &r, .spec_id = "t", .hits = &none, .occupied = true};

	assert_int_equal(decided(&f).action, PLAN_CONFLICT);
	f.hits = &one; /* it was created, so it is that one */
	assert_int_equal(decided(&f).action, PLAN_ADOPT);
}

static void what_is_done_is_decided_by_its_id(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, ""), several = hits_of(both, 2, "x");
	const struct flow_hits *hits[] = {&none, &several};
	struct ledger_record r = record(LEDGER_STATE_DONE, ID_1);

	for (size_t i = 0; i < 2; i++) {
		struct plan_facts f = {.record = &r, .spec_id = "s", .hits = hits[i], .same = true};
		struct plan_verdict v = decided(&f);

		assert_int_equal(v.action, PLAN_GONE);
		assert_string_equal(v.id, ID_1);
		f.listed = true;
		assert_int_equal(decided(&f).action, PLAN_NOTHING);
		assert_string_equal(decided(&f).reason, "");
		f.same = false;
		f.edited = PLAN_FIELD_SECRET;
		v = decided(&f);
		assert_int_equal(v.action, PLAN_CHANGE);
		assert_int_equal(v.fields, PLAN_FIELD_SECRET);
		f.theirs = FLOW_FIELD_NAME;
		v = decided(&f);
		assert_int_equal(v.action, PLAN_CONFLICT);
		assert_int_equal(v.fields, FLOW_FIELD_NAME);
		assert_says(v.reason, "someone else has changed its name");
		f.same = true; /* nobody has edited it: it is told all the same */
		assert_int_equal(decided(&f).action, PLAN_CONFLICT);
		f.spec_id = "t";
		v = decided(&f);
		assert_int_equal(v.action, PLAN_CONFLICT);
		assert_int_equal(v.fields, FLOW_FIELD_SPEC);
		f.listed = false;
		assert_int_equal(decided(&f).action, PLAN_GONE);
	}
}

/* A run that is going creates and updates behind the back of the listing. */
static void what_is_newer_than_the_listing_is_not_judged_by_it(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, "");
	struct ledger_record r = record(LEDGER_STATE_DONE, ID_1);
	struct plan_facts f = {
		.record = &r, .spec_id = "s", .hits = &none, .same = true, .newer = true};

	assert_int_equal(decided(&f).action, PLAN_NOTHING);
	f.listed = true;
	f.theirs = FLOW_FIELD_ENDPOINT;
	assert_int_equal(decided(&f).action, PLAN_NOTHING);
	f.same = false;
	assert_int_equal(decided(&f).action, PLAN_CHANGE);
}

/* To give the row another name would make a second one. */
static void what_a_listing_may_not_have_yet_is_not_advised_on(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, "");
	struct ledger_record r = record(LEDGER_STATE_DONE, ID_1);
	struct plan_facts f = {.record = &r, .spec_id = "s", .hits = &none, .same = true};
	struct plan_verdict v = decided(&f);

	assert_says(v.reason, "give the row another name");
	f.recent = true;
	v = decided(&f);
	assert_int_equal(v.action, PLAN_GONE);
	assert_says(v.reason, "plan again before you believe");
	assert_null(strstr(v.reason, "another name"));
}

static void who_sends_a_change_is_told(void **state)
{
	struct flow_hits none = hits_of(NULL, 0, "");
	struct ledger_record r = record(LEDGER_STATE_DONE, ID_1);
	struct plan_facts f = {.record = &r, .spec_id = "s", .hits = &none, .listed = true};

	assert_string_equal(decided(&f).reason, "'snowmelt run --update' sends it");
	r.update_count = 1;
	assert_non_null(strstr(decided(&f).reason, "may have updated it"));
	r.update_count = 0;
	r.told = false;
	assert_says(decided(&f).reason, "the next run tells that it was created");
	r.status = "adopted";
	assert_says(decided(&f).reason, "the next run tells that it was adopted");
	r.told = true;
	assert_says(decided(&f).reason, "--update --adopted");
}

static void fields_are_named_as_columns(void **state)
{
	char words[200];

	assert_string_equal(plan_fields_words(0, words, sizeof(words)), "");
	assert_string_equal(
		plan_fields_words(FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET, words, sizeof(words)),
		"description, password");
	assert_string_equal(
		plan_fields_words(FLOW_FIELD_NAME | FLOW_FIELD_SPEC | FLOW_FIELD_ENDPOINT |
					  FLOW_FIELD_USERNAME | PLAN_FIELD_HIDDEN,
			words, sizeof(words)),
		"name, connection_spec_id, endpoint, username, a parameter or auth_spec");
	assert_string_equal(plan_fields_words(PLAN_FIELD_UNTOLD, words, sizeof(words)),
		"description or password");
	plan_fields_words(~0u, words, 8);
	assert_int_equal(strlen(words), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_id_is_decided_by_its_name),
		cmocka_unit_test(what_is_in_doubt_is_looked_for_as_it_was_sent),
		cmocka_unit_test(who_may_have_created_it_is_told),
		cmocka_unit_test(a_conflict_names_each_field_that_differs),
		cmocka_unit_test(the_one_with_our_tag_is_adopted_beside_others),
		cmocka_unit_test(a_name_that_is_taken_with_the_new_spec_is_a_conflict),
		cmocka_unit_test(what_is_done_is_decided_by_its_id),
		cmocka_unit_test(what_is_newer_than_the_listing_is_not_judged_by_it),
		cmocka_unit_test(what_a_listing_may_not_have_yet_is_not_advised_on),
		cmocka_unit_test(who_sends_a_change_is_told),
		cmocka_unit_test(fields_are_named_as_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
