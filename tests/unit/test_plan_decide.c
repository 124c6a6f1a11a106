/* The table of plan_decide.c, line by line: what the ledger says, what the server has, what
 * a run would do. */
#include "check.h"

#include <string.h>

#include "run/plan_decide.h"

#define SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"
#define SPEC_2 "11111111-47ab-407f-ba89-c0125281c563"
#define ID "c2a4c6a8-0000-4000-8000-00000000000a"
#define ID_2 "c2a4c6a8-0000-4000-8000-00000000000b"
#define ENDPOINT "https://north.example.com"
#define TAG "0123456789abcdef"

/* What the server has of the name. */
enum there { NOTHING, OURS, OTHER_ENDPOINT, OTHER_USER, SEVERAL, SEVERAL_ONE_TAGGED, THERE_COUNT };

static struct flow_hits hits_of(enum there there)
{
	const struct flow_wanted w = {
		.name = "north",
		.spec_id = SPEC,
		.endpoint = ENDPOINT,
		.username = "reader",
		.tag = there == SEVERAL_ONE_TAGGED ? TAG : NULL,
	};
	struct flow_item item = {
		.name = "north",
		.id = ID,
		.etag = "\"1\"",
		.spec_id = SPEC,
		.description = "",
		.endpoint = there == OTHER_ENDPOINT ? "https://south.example.com" : ENDPOINT,
		.username = there == OTHER_USER ? "writer" : "reader",
	};
	struct flow_hits h;

	flow_hits_init(&h);
	if (there == SEVERAL || there == SEVERAL_ONE_TAGGED) {
		item.id = ID_2;
		flow_hits_add(&h, &w, &item);
		item.id = ID;
		item.description = "[snowmelt:" TAG "]";
	}
	if (there != NOTHING)
		flow_hits_add(&h, &w, &item);
	return h;
}

static struct ledger_record record(enum ledger_state state)
{
	return (struct ledger_record){
		.state = state,
		.sandbox = "prod",
		.name = "north",
		.endpoint = ENDPOINT,
		.username = "reader",
		.spec_id = SPEC,
		.status = "created",
		.id = state == LEDGER_STATE_DONE ? ID : "",
		.etag = "",
		.error_code = "",
		.error = "",
		.request_id = "",
		.told = true,
	};
}

static struct plan_verdict of_name(const struct ledger_record *r, enum there there)
{
	const struct flow_hits h = hits_of(there);
	struct plan_verdict v;

	plan_decide(&(struct plan_facts){.record = r, .spec_id = SPEC, .hits = &h}, &v);
	return v;
}

static bool says(const struct plan_verdict *v, const char *words)
{
	return strstr(v->reason, words) != NULL;
}

/* ------------------------------------------------------------- what is not done */

static void what_has_no_id_hangs_on_its_name(void **state)
{
	static const enum plan_action wanted[THERE_COUNT] = {
		[NOTHING] = PLAN_CREATE,
		[OURS] = PLAN_ADOPT,
		[OTHER_ENDPOINT] = PLAN_CONFLICT,
		[OTHER_USER] = PLAN_CONFLICT,
		[SEVERAL] = PLAN_CONFLICT,
		[SEVERAL_ONE_TAGGED] = PLAN_ADOPT,
	};
	static const enum ledger_state states[] = {LEDGER_STATE_CLAIMED, LEDGER_STATE_INTENDED,
		LEDGER_STATE_WITHDRAWN, LEDGER_STATE_REFUSED, LEDGER_STATE_DOUBT,
		LEDGER_STATE_DELETING};

	for (int there = 0; there < THERE_COUNT; there++) {
		assert_int_equal(of_name(NULL, (enum there)there).action, wanted[there]);
		for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
			const struct ledger_record r = record(states[i]);

			assert_int_equal(of_name(&r, (enum there)there).action, wanted[there]);
		}
	}
}

static void what_is_found_is_named_by_its_id(void **state)
{
	assert_string_equal(of_name(NULL, NOTHING).id, "");
	assert_string_equal(of_name(NULL, OURS).id, ID);
	assert_string_equal(of_name(NULL, OTHER_USER).id, ID);
	assert_string_equal(of_name(NULL, SEVERAL_ONE_TAGGED).id, ID);
	assert_string_equal(of_name(NULL, SEVERAL).id, ""); /* its reason names them all */
}

static void a_conflict_names_what_differs_or_the_ids(void **state)
{
	struct plan_verdict v = of_name(NULL, OTHER_ENDPOINT);

	assert_int_equal(v.fields, FLOW_FIELD_ENDPOINT);
	assert_true(says(&v, ID) && says(&v, "endpoint"));
	assert_false(says(&v, "south") || says(&v, "north.example"));
	v = of_name(NULL, OTHER_USER);
	assert_int_equal(v.fields, FLOW_FIELD_USERNAME);
	v = of_name(NULL, SEVERAL);
	assert_int_equal(v.fields, 0);
	assert_true(says(&v, ID) && says(&v, ID_2));
}

static void a_doubt_says_that_a_run_settles_it(void **state)
{
	static const enum ledger_state open[] = {LEDGER_STATE_INTENDED, LEDGER_STATE_DOUBT};

	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		const struct ledger_record r = record(open[i]);
		struct plan_verdict v = of_name(&r, OURS);

		assert_true(plan_by_record(&r));
		assert_true(says(&v, "an earlier run may have created it"));
		v = of_name(&r, NOTHING);
		assert_true(says(&v, "may have created it"));
	}
}

static void a_run_that_goes_is_about_to_create_what_it_has_seen(void **state)
{
	const struct flow_hits h = hits_of(NOTHING);
	struct ledger_record r = record(LEDGER_STATE_INTENDED);
	struct plan_facts f = {.record = &r, .spec_id = SPEC, .hits = &h, .going = true};
	struct plan_verdict v;

	plan_decide(&f, &v);
	assert_false(says(&v, "the run that is going"));
	r.seen = true;
	plan_decide(&f, &v);
	assert_true(says(&v, "the run that is going"));
}

static void a_rollback_that_was_interrupted_is_told(void **state)
{
	const struct ledger_record r = record(LEDGER_STATE_DELETING);
	struct plan_verdict v = of_name(&r, NOTHING);

	assert_true(plan_by_record(&r));
	assert_int_equal(v.action, PLAN_CREATE);
	assert_true(says(&v, "rollback was interrupted"));
	v = of_name(&r, OURS);
	assert_true(says(&v, "rollback was interrupted"));
}

static void what_was_deleted_is_created_again_and_says_so(void **state)
{
	struct ledger_record r = record(LEDGER_STATE_WITHDRAWN);
	struct plan_verdict v = of_name(&r, NOTHING);

	assert_string_equal(v.reason, "");
	r.id = ID;
	v = of_name(&r, NOTHING);
	assert_int_equal(v.action, PLAN_CREATE);
	assert_true(says(&v, "was deleted since"));
	assert_string_equal(v.id, "");
	assert_false(plan_by_record(&r));
}

/* ----------------------------------------------------------------- what is done */

struct done {
	struct ledger_record record;
	struct plan_facts facts;
};

static void done_init(struct done *d)
{
	static struct flow_hits none;

	none = hits_of(NOTHING);
	d->record = record(LEDGER_STATE_DONE);
	d->facts = (struct plan_facts){
		.record = &d->record,
		.spec_id = SPEC,
		.hits = &none,
		.listed = true,
		.same = true,
	};
}

static struct plan_verdict decide(const struct done *d)
{
	struct plan_verdict v;

	plan_decide(&d->facts, &v);
	assert_string_equal(v.id, ID);
	return v;
}

static void what_is_as_it_should_be_is_nothing(void **state)
{
	struct plan_verdict v;
	struct done d;

	done_init(&d);
	v = decide(&d);
	assert_int_equal(v.action, PLAN_NOTHING);
	assert_int_equal(v.fields, 0);
	assert_string_equal(v.reason, "");
	d.record.status = "adopted";
	assert_int_equal(decide(&d).action, PLAN_NOTHING);
}

/* Another connection may have its name, and even be the only one that has it. */
static void what_is_done_hangs_on_its_id_alone(void **state)
{
	for (int there = 0; there < THERE_COUNT; there++) {
		const struct flow_hits h = hits_of((enum there)there);
		struct done d;

		done_init(&d);
		d.facts.hits = &h;
		assert_int_equal(decide(&d).action, PLAN_NOTHING);
		d.facts.listed = false;
		assert_int_equal(decide(&d).action, PLAN_GONE);
	}
}

static void gone_comes_before_all_else(void **state)
{
	struct plan_verdict v;
	struct done d;

	done_init(&d);
	d.facts.listed = d.facts.same = false;
	d.facts.edited = FLOW_FIELD_ENDPOINT;
	d.facts.spec_id = SPEC_2;
	v = decide(&d);
	assert_int_equal(v.action, PLAN_GONE);
	assert_int_equal(v.fields, 0);
}

static void another_spec_cannot_be_sent(void **state)
{
	struct plan_verdict v;
	struct done d;

	done_init(&d);
	d.facts.spec_id = SPEC_2;
	d.facts.same = false;
	d.facts.edited = FLOW_FIELD_SPEC | FLOW_FIELD_ENDPOINT;
	v = decide(&d);
	assert_int_equal(v.action, PLAN_CONFLICT);
	assert_int_equal(v.fields, FLOW_FIELD_SPEC);
	assert_true(says(&v, "connection_spec_id"));
}

static void what_someone_else_changed_is_a_conflict_edited_or_not(void **state)
{
	for (int same = 0; same < 2; same++) {
		struct plan_verdict v;
		struct done d;

		done_init(&d);
		d.facts.same = same;
		d.facts.edited = same ? 0 : FLOW_FIELD_ENDPOINT;
		d.facts.theirs = FLOW_FIELD_DESCRIPTION | FLOW_FIELD_NAME;
		v = decide(&d);
		assert_int_equal(v.action, PLAN_CONFLICT);
		assert_int_equal(v.fields, d.facts.theirs);
		assert_true(says(&v, "someone else has changed its name and description"));
	}
}

static void an_edited_row_is_a_change_and_says_what_sends_it(void **state)
{
	struct plan_verdict v;
	struct done d;

	done_init(&d);
	d.facts.same = false;
	d.facts.edited = PLAN_FIELD_SECRET;
	v = decide(&d);
	assert_int_equal(v.action, PLAN_CHANGE);
	assert_int_equal(v.fields, PLAN_FIELD_SECRET);
	assert_true(says(&v, "'snowmelt run --update' sends it"));
	d.record.status = "adopted";
	v = decide(&d);
	assert_int_equal(v.action, PLAN_CHANGE);
	assert_true(says(&v, "'snowmelt run --update --adopted' sends it"));
	d.record.told = false;
	v = decide(&d);
	assert_true(says(&v, "next run tells that it was adopted"));
	d.record.status = "created";
	v = decide(&d);
	assert_true(says(&v, "next run tells that it was created"));
}

/* A run that goes on creates and updates behind the listing's back. */
static void what_is_newer_than_the_listing_is_not_judged_by_it(void **state)
{
	struct done d;

	done_init(&d);
	d.facts.newer = true;
	d.facts.listed = false;
	assert_int_equal(decide(&d).action, PLAN_NOTHING);
	d.facts.listed = true;
	d.facts.theirs = FLOW_FIELD_DESCRIPTION;
	assert_int_equal(decide(&d).action, PLAN_NOTHING);
	d.facts.same = false;
	assert_int_equal(decide(&d).action, PLAN_CHANGE);
}

/* ------------------------------------------------------------------------ words */

static void fields_have_the_names_of_columns(void **state)
{
	char words[256], little[8];

	assert_string_equal(plan_fields_words(0, words, sizeof(words)), "");
	assert_string_equal(plan_fields_words(PLAN_FIELD_SECRET, words, sizeof(words)), "password");
	assert_string_equal(
		plan_fields_words(FLOW_FIELD_DESCRIPTION | FLOW_FIELD_ENDPOINT | PLAN_FIELD_SECRET,
			words, sizeof(words)),
		"description, endpoint, password");
	plan_fields_words(~0U, words, sizeof(words));
	assert_true(strlen(words) < sizeof(words) - 1); /* there is room for all */
	plan_fields_words(~0U, little, sizeof(little));
	assert_int_equal(strlen(little), sizeof(little) - 1);
}

static void every_action_has_a_name(void **state)
{
	for (int i = 0; i < PLAN_ACTION_COUNT; i++) {
		assert_non_null(plan_action_name((enum plan_action)i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(plan_action_name((enum plan_action)i),
				plan_action_name((enum plan_action)j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_id_hangs_on_its_name),
		cmocka_unit_test(what_is_found_is_named_by_its_id),
		cmocka_unit_test(a_conflict_names_what_differs_or_the_ids),
		cmocka_unit_test(a_doubt_says_that_a_run_settles_it),
		cmocka_unit_test(a_run_that_goes_is_about_to_create_what_it_has_seen),
		cmocka_unit_test(a_rollback_that_was_interrupted_is_told),
		cmocka_unit_test(what_was_deleted_is_created_again_and_says_so),
		cmocka_unit_test(what_is_as_it_should_be_is_nothing),
		cmocka_unit_test(what_is_done_hangs_on_its_id_alone),
		cmocka_unit_test(gone_comes_before_all_else),
		cmocka_unit_test(another_spec_cannot_be_sent),
		cmocka_unit_test(what_someone_else_changed_is_a_conflict_edited_or_not),
		cmocka_unit_test(an_edited_row_is_a_change_and_says_what_sends_it),
		cmocka_unit_test(what_is_newer_than_the_listing_is_not_judged_by_it),
		cmocka_unit_test(fields_have_the_names_of_columns),
		cmocka_unit_test(every_action_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
