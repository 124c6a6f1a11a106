/* In what a row differs from what was sent, and from what the server shows. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/visible.h"
#include "run/plan_decide.h"
#include "run/plan_fields.h"
#include "run/shell.h"

struct fixture {
	struct ledger *ledger;
	struct row row;              /* as it was sent, until a test edits it */
	struct ledger_record record; /* of it */
	char tag[40];
};

static int make(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct ledger_field fields[CLAIM_FIELDS_MAX];
	struct error e = {0};
	char key[17];
	size_t count;

	assert_int_equal(ledger_memory_create(NULL, NULL, &x->ledger, &e), 0);
	x->row = (struct row){
		.name = "n",
		.description = "as it was",
		.sandbox = "prod",
		.endpoint = "https://e",
		.username = "u",
		.auth_spec = FLOW_SERVICENOW_AUTH,
		.spec_id = FLOW_SERVICENOW_SPEC,
		.spec_version = FLOW_DEFAULT_SPEC_VERSION,
		.params = {{"password", "secret"}},
		.param_count = 1,
	};
	x->record = (struct ledger_record){
		.state = LEDGER_STATE_DONE,
		.endpoint = x->row.endpoint,
		.username = x->row.username,
		.spec_id = x->row.spec_id,
		.etag = "\"1\"",
		.description_known = true,
		.description = ledger_text_hash(x->ledger, x->row.description),
	};
	count = claim_fields(&x->row, fields);
	ledger_fingerprint(x->ledger, fields, count, x->record.fingerprint);
	ledger_tag(x->ledger, "prod", "n", key);
	snprintf(x->tag, sizeof(x->tag), "[snowmelt:%s]", key);
	*state = x;
	return 0;
}

static int unmake(void **state)
{
	struct fixture *x = *state;

	ledger_destroy(x->ledger);
	free(x);
	return 0;
}

static unsigned edited(struct fixture *x, const char *shown)
{
	assert_int_equal(plan_same(x->ledger, &x->row, &x->record),
		plan_edited(x->ledger, &x->row, &x->record, shown) == 0);
	return plan_edited(x->ledger, &x->row, &x->record, shown);
}

static void each_edit_is_named_alone(void **state)
{
	struct fixture *x = *state;
	const struct row sent = x->row;

	assert_int_equal(edited(x, "as it was"), 0);
	x->row.params[0].value = "another";
	assert_int_equal(edited(x, "as it was"), PLAN_FIELD_SECRET);
	x->row = sent;
	x->row.endpoint = "https://f";
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_ENDPOINT);
	x->row = sent;
	x->row.username = "v";
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_USERNAME);
	x->row = sent;
	x->row.description = "anew";
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_DESCRIPTION);
	x->row = sent;
	x->row.spec_id = "11111111-47ab-407f-ba89-c0125281c563";
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_SPEC);
}

static void several_edits_are_all_named(void **state)
{
	struct fixture *x = *state;

	x->row.endpoint = "https://f";
	x->row.description = "";
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_ENDPOINT | FLOW_FIELD_DESCRIPTION);
	x->row.params[0].value = "another";
	assert_int_equal(edited(x, "as it was"),
		FLOW_FIELD_ENDPOINT | FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET);
}

/* Whether the password was edited, too, only the old description can prove. */
static void what_cannot_be_proved_is_not_named(void **state)
{
	struct fixture *x = *state;

	x->row.description = "anew";
	x->row.params[0].value = "another";
	assert_int_equal(edited(x, NULL), FLOW_FIELD_DESCRIPTION);
	assert_int_equal(edited(x, "theirs"), FLOW_FIELD_DESCRIPTION);
	assert_int_equal(edited(x, "as it was"), FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET);
}

static void our_tag_is_no_part_of_a_description(void **state)
{
	struct fixture *x = *state;
	char shown[80];

	snprintf(shown, sizeof(shown), "as it was %s", x->tag);
	x->row.description = "anew";
	assert_int_equal(edited(x, shown), FLOW_FIELD_DESCRIPTION);
	x->row.params[0].value = "another";
	assert_int_equal(edited(x, shown), FLOW_FIELD_DESCRIPTION | PLAN_FIELD_SECRET);
}

static void what_was_adopted_has_a_description_that_nobody_knows(void **state)
{
	struct fixture *x = *state;

	x->record.description_known = false;
	assert_int_equal(edited(x, "theirs"), 0);
	x->row.description = "anew";
	assert_int_equal(edited(x, "theirs"), PLAN_FIELD_UNTOLD);
	x->row.description = "as it was";
	x->row.username = "v";
	assert_int_equal(edited(x, "theirs"), FLOW_FIELD_USERNAME);
}

static void more_than_a_password_may_hide(void **state)
{
	struct fixture *x = *state;

	x->row.params[x->row.param_count++] = (struct flow_param){"token", "t"};
	assert_int_equal(edited(x, "as it was"), PLAN_FIELD_HIDDEN);
	x->row.param_count--;
	x->row.auth_spec = "OAuth";
	assert_int_equal(edited(x, "as it was"), PLAN_FIELD_HIDDEN);
	x->row.auth_spec = FLOW_SERVICENOW_AUTH;
	x->row.spec_version = "2.0";
	assert_int_equal(edited(x, "as it was"), PLAN_FIELD_HIDDEN);
	x->row.spec_version = FLOW_DEFAULT_SPEC_VERSION;
	x->row.params[0].name = "token";
	assert_int_equal(edited(x, "as it was"), PLAN_FIELD_HIDDEN);
}

/* ------------------------------------------------------------------ what is shown */

static unsigned theirs(struct fixture *x, const struct flow_item *item)
{
	return plan_theirs(x->ledger, &x->row, &x->record, item);
}

static struct flow_item shown(const struct fixture *x)
{
	return (struct flow_item){
		.name = "n",
		.id = "",
		.etag = "\"2\"",
		.spec_id = FLOW_SERVICENOW_SPEC,
		.description = "as it was",
		.endpoint = "https://e",
		.username = "u",
	};
}

static void what_is_as_it_was_sent_or_as_it_is_wanted_is_nobodys(void **state)
{
	struct fixture *x = *state;
	struct flow_item item = shown(x);
	char tagged[80];

	assert_int_equal(theirs(x, &item), 0);
	x->row.endpoint = "https://f";
	x->row.username = "v";
	x->row.description = "anew";
	assert_int_equal(theirs(x, &item), 0);
	item.endpoint = "https://f";
	item.username = "v";
	item.description = "anew";
	assert_int_equal(theirs(x, &item), 0);
	snprintf(tagged, sizeof(tagged), "anew %s", x->tag);
	item.description = tagged;
	assert_int_equal(theirs(x, &item), 0);
	item.endpoint = item.username = NULL; /* not shown */
	assert_int_equal(theirs(x, &item), 0);
}

static void everything_else_is_somebodys(void **state)
{
	struct fixture *x = *state;
	struct flow_item item = shown(x);

	item.endpoint = "https://g";
	assert_int_equal(theirs(x, &item), FLOW_FIELD_ENDPOINT);
	item.username = "w";
	item.name = "m";
	item.description = "theirs";
	assert_int_equal(theirs(x, &item), FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME |
						   FLOW_FIELD_NAME | FLOW_FIELD_DESCRIPTION);
	x->record.description_known = false;
	assert_int_equal(
		theirs(x, &item), FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME | FLOW_FIELD_NAME);
	item.etag = x->record.etag; /* so nothing has moved */
	assert_int_equal(theirs(x, &item), 0);
	item.etag = x->record.etag = ""; /* which nobody knows */
	assert_int_not_equal(theirs(x, &item), 0);
}

/* As one of them has sent it all, or nobody of us. */
static void what_an_open_update_has_sent_is_nobodys(void **state)
{
	struct fixture *x = *state;
	struct flow_item item = shown(x);

	for (int i = 0; i < 2; i++)
		x->record.updates[x->record.update_count++] = (struct ledger_update){
			.endpoint = ledger_text_hash(x->ledger, i ? "https://g" : "https://h"),
			.username = ledger_text_hash(x->ledger, i ? "w" : "u"),
			.description = ledger_text_hash(x->ledger, i ? "theirs" : "as it was"),
		};
	item.endpoint = "https://g";
	item.username = "w";
	item.description = "theirs";
	assert_int_equal(theirs(x, &item), 0);
	item.username = NULL; /* not shown */
	assert_int_equal(theirs(x, &item), 0);
	item.username = "u";
	assert_int_equal(theirs(x, &item), FLOW_FIELD_ENDPOINT | FLOW_FIELD_DESCRIPTION);
	item.description = "as it was";
	assert_int_equal(theirs(x, &item), FLOW_FIELD_ENDPOINT);
	item.endpoint = "https://h";
	assert_int_equal(theirs(x, &item), 0);
	item.name = "m"; /* which no update does */
	assert_int_equal(theirs(x, &item), FLOW_FIELD_NAME);
}

/* The ledger tells no fingerprint then, so nothing is proved. */
static void while_an_update_is_open_only_what_shows_is_named(void **state)
{
	struct fixture *x = *state;

	x->record.update_count = 1;
	memset(x->record.fingerprint, 0, sizeof(x->record.fingerprint));
	assert_false(plan_same(x->ledger, &x->row, &x->record));
	assert_int_equal(plan_edited(x->ledger, &x->row, &x->record, "as it was"), 0);
	x->row.username = "v";
	assert_int_equal(
		plan_edited(x->ledger, &x->row, &x->record, "as it was"), FLOW_FIELD_USERNAME);
}

int main(void)
{
#define WITH(f) cmocka_unit_test_setup_teardown(f, make, unmake)
	const struct CMUnitTest tests[] = {
		WITH(each_edit_is_named_alone),
		WITH(several_edits_are_all_named),
		WITH(what_cannot_be_proved_is_not_named),
		WITH(our_tag_is_no_part_of_a_description),
		WITH(what_was_adopted_has_a_description_that_nobody_knows),
		WITH(more_than_a_password_may_hide),
		WITH(what_is_as_it_was_sent_or_as_it_is_wanted_is_nobodys),
		WITH(everything_else_is_somebodys),
		WITH(what_an_open_update_has_sent_is_nobodys),
		WITH(while_an_update_is_open_only_what_shows_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
