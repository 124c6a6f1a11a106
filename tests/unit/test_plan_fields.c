/* In what a row that is done differs from what was sent, and from what the server shows. */
#include "check.h"

#include <string.h>

#include "flow/tag.h"
#include "run/plan_decide.h"
#include "run/plan_fields.h"
#include "run/shell.h"

#define SPEC_2 "11111111-47ab-407f-ba89-c0125281c563"

static struct ledger *ledger;

static int setup(void **state)
{
	struct error error;

	return ledger_memory_create(NULL, NULL, &ledger, &error);
}

static int teardown(void **state)
{
	ledger_destroy(ledger);
	return 0;
}

static struct row row(void)
{
	return (struct row){
		.name = "north",
		.description = "North",
		.sandbox = "prod",
		.endpoint = "https://north.example.com",
		.username = "reader",
		.auth_spec = FLOW_SERVICENOW_AUTH,
		.spec_id = FLOW_SERVICENOW_SPEC,
		.spec_version = FLOW_DEFAULT_SPEC_VERSION,
		.params = {{"password", "one"}},
		.param_count = 1,
	};
}

/* As a run records what it has sent. */
static struct ledger_record sent(const struct row *as)
{
	struct ledger_field fields[CLAIM_FIELDS_MAX];
	struct ledger_record r = {
		.state = LEDGER_STATE_DONE,
		.name = as->name,
		.sandbox = as->sandbox,
		.endpoint = as->endpoint,
		.username = as->username,
		.spec_id = as->spec_id,
		.etag = "\"1\"",
		.description_known = true,
		.description = ledger_text_hash(ledger, as->description),
	};

	ledger_fingerprint(ledger, fields, claim_fields(as, fields), r.fingerprint);
	return r;
}

/* As the server shows it a little later: it has moved the etag. */
static struct flow_item shown(const struct row *as)
{
	return (struct flow_item){
		.name = as->name,
		.id = "c2a4c6a8-0000-4000-8000-00000000000a",
		.etag = "\"2\"",
		.spec_id = as->spec_id,
		.description = as->description,
		.endpoint = as->endpoint,
		.username = as->username,
	};
}

static unsigned edited(const struct row *now, const struct row *before, const char *description)
{
	const struct ledger_record r = sent(before);

	return plan_edited(ledger, now, &r, description);
}

/* --------------------------------------------------------------------- edited */

static void an_untouched_row_is_the_same(void **state)
{
	const struct row before = row();
	const struct ledger_record r = sent(&before);

	assert_true(plan_same(ledger, &before, &r));
	assert_int_equal(edited(&before, &before, before.description), 0);
	assert_int_equal(edited(&before, &before, NULL), 0);
}

static void each_field_that_shows_is_named_alone(void **state)
{
	const struct row before = row();
	struct row now;
	const struct {
		const char **text;
		unsigned field;
	} edits[] = {
		{&now.endpoint, FLOW_FIELD_ENDPOINT},
		{&now.username, FLOW_FIELD_USERNAME},
		{&now.spec_id, FLOW_FIELD_SPEC},
		{&now.description, FLOW_FIELD_DESCRIPTION},
	};

	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		const struct ledger_record r = sent(&before);

		now = row();
		*edits[i].text = "another";
		assert_false(plan_same(ledger, &now, &r));
		assert_int_equal(edited(&now, &before, before.description), edits[i].field);
	}
}

static void a_password_is_named_by_proof(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.params[0].value = "two";
	assert_int_equal(edited(&now, &before, before.description), PLAN_FIELD_SECRET);
	assert_int_equal(edited(&now, &before, NULL), PLAN_FIELD_SECRET);
	now.endpoint = "https://south.example.com";
	now.description = "South";
	assert_int_equal(edited(&now, &before, before.description),
		FLOW_FIELD_ENDPOINT | FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET);
}

/* Nobody knows the old description, so nobody can try the hash without it. */
static void without_proof_no_password_is_named(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.description = "South";
	now.params[0].value = "two";
	assert_int_equal(edited(&now, &before, NULL), FLOW_FIELD_DESCRIPTION);
	assert_int_equal(edited(&now, &before, "theirs"), FLOW_FIELD_DESCRIPTION);
}

static void what_else_is_hidden_is_not_called_a_password(void **state)
{
	struct row before = row();
	struct row now;

	before.params[before.param_count++] = (struct flow_param){"token", "two"};
	now = before;
	now.params[1].value = "three";
	assert_int_equal(edited(&now, &before, before.description), PLAN_FIELD_HIDDEN);
	now = before = row();
	now.auth_spec = "Another";
	assert_int_equal(edited(&now, &before, before.description), PLAN_FIELD_HIDDEN);
	now = before;
	now.spec_version = "2.0";
	assert_int_equal(edited(&now, &before, before.description), PLAN_FIELD_HIDDEN);
}

static void a_ledger_that_knows_no_description_says_so(void **state)
{
	const struct row before = row();
	struct row now = row();
	struct ledger_record r = sent(&before);

	r.description_known = false;
	r.description = 0;
	assert_int_equal(plan_edited(ledger, &before, &r, "North"), 0);
	now.endpoint = "https://south.example.com";
	assert_int_equal(plan_edited(ledger, &now, &r, "North"), FLOW_FIELD_ENDPOINT);
	now = row();
	now.params[0].value = "two";
	assert_int_equal(plan_edited(ledger, &now, &r, "North"), PLAN_FIELD_UNTOLD);
}

static void a_tag_is_no_edit(void **state)
{
	const struct row before = row();
	struct row now = row();
	AUTO(buf_done) struct buf tagged = {0};
	char key[17];

	ledger_tag(ledger, before.sandbox, before.name, key);
	buf_init(&tagged, 256);
	assert_int_equal(flow_tag_append(&tagged, before.description, key), 0);
	now.description = "South";
	assert_int_equal(edited(&now, &before, tagged.data), FLOW_FIELD_DESCRIPTION);
	now.params[0].value = "two";
	assert_int_equal(
		edited(&now, &before, tagged.data), FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET);
}

/* --------------------------------------------------------------------- theirs */

static unsigned theirs(const struct row *now, const struct row *before, struct flow_item item)
{
	const struct ledger_record r = sent(before);

	return plan_theirs(ledger, now, &r, &item);
}

static void what_shows_as_sent_or_as_wanted_is_not_theirs(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.endpoint = "https://south.example.com";
	now.username = "writer";
	now.description = "South";
	assert_int_equal(theirs(&before, &before, shown(&before)), 0);
	assert_int_equal(theirs(&now, &before, shown(&before)), 0);
	assert_int_equal(theirs(&now, &before, shown(&now)), 0);
	assert_int_equal(theirs(&before, &before, shown(&now)),
		FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME | FLOW_FIELD_DESCRIPTION);
}

static void each_field_of_theirs_is_named(void **state)
{
	const struct row before = row();
	struct flow_item item;
	const struct {
		const char **text;
		unsigned field;
	} changes[] = {
		{&item.name, FLOW_FIELD_NAME},
		{&item.spec_id, FLOW_FIELD_SPEC},
		{&item.endpoint, FLOW_FIELD_ENDPOINT},
		{&item.username, FLOW_FIELD_USERNAME},
		{&item.description, FLOW_FIELD_DESCRIPTION},
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		item = shown(&before);
		*changes[i].text = "theirs";
		assert_int_equal(theirs(&before, &before, item), changes[i].field);
	}
}

static void the_etag_that_we_know_says_that_nothing_was_changed(void **state)
{
	const struct row before = row();
	struct flow_item item = shown(&before);

	item.endpoint = item.description = "theirs";
	item.etag = "\"1\"";
	assert_int_equal(theirs(&before, &before, item), 0);
}

/* An empty etag is not one that we know. */
static void without_an_etag_what_shows_is_looked_at(void **state)
{
	const struct row before = row();
	struct ledger_record r = sent(&before);
	struct flow_item item = shown(&before);

	r.etag = item.etag = "";
	item.endpoint = "theirs";
	assert_int_equal(plan_theirs(ledger, &before, &r, &item), FLOW_FIELD_ENDPOINT);
}

static void what_does_not_show_was_not_changed(void **state)
{
	const struct row before = row();
	struct flow_item item = shown(&before);

	item.endpoint = item.username = NULL;
	item.spec_id = "";
	assert_int_equal(theirs(&before, &before, item), 0);
}

static void a_tag_is_ours(void **state)
{
	const struct row before = row();
	struct flow_item item = shown(&before);
	AUTO(buf_done) struct buf tagged = {0};
	char key[17];

	ledger_tag(ledger, before.sandbox, before.name, key);
	buf_init(&tagged, 256);
	assert_int_equal(flow_tag_append(&tagged, before.description, key), 0);
	item.description = tagged.data;
	assert_int_equal(theirs(&before, &before, item), 0);
	item.description = "North [snowmelt:0000000000000000]";
	assert_int_equal(theirs(&before, &before, item), FLOW_FIELD_DESCRIPTION);
}

static void a_description_that_was_taken_away_is_a_change(void **state)
{
	const struct row before = row();
	struct flow_item item = shown(&before);

	item.description = NULL;
	assert_int_equal(theirs(&before, &before, item), FLOW_FIELD_DESCRIPTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_untouched_row_is_the_same),
		cmocka_unit_test(each_field_that_shows_is_named_alone),
		cmocka_unit_test(a_password_is_named_by_proof),
		cmocka_unit_test(without_proof_no_password_is_named),
		cmocka_unit_test(what_else_is_hidden_is_not_called_a_password),
		cmocka_unit_test(a_ledger_that_knows_no_description_says_so),
		cmocka_unit_test(a_tag_is_no_edit),
		cmocka_unit_test(what_shows_as_sent_or_as_wanted_is_not_theirs),
		cmocka_unit_test(each_field_of_theirs_is_named),
		cmocka_unit_test(the_etag_that_we_know_says_that_nothing_was_changed),
		cmocka_unit_test(without_an_etag_what_shows_is_looked_at),
		cmocka_unit_test(what_does_not_show_was_not_changed),
		cmocka_unit_test(a_tag_is_ours),
		cmocka_unit_test(a_description_that_was_taken_away_is_a_change),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
