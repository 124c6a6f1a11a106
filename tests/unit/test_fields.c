/* test_fields.c - what a row asks for, as the ledger will know it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run/shell.h"

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
		.endpoint = "https://north.example",
		.username = "reader",
		.auth_spec = FLOW_SERVICENOW_AUTH,
		.spec_id = FLOW_SERVICENOW_SPEC,
		.spec_version = "1.0",
		.params = {{"password", "one"}, {"token", "two"}},
		.param_count = 2,
	};
}

static bool same(const struct row *a, const struct row *b)
{
	uint8_t print[2][LEDGER_FINGERPRINT_SIZE];
	struct ledger_field fields[CLAIM_FIELDS_MAX];

	ledger_fingerprint(ledger, fields, claim_fields(a, fields), print[0]);
	ledger_fingerprint(ledger, fields, claim_fields(b, fields), print[1]);
	return memcmp(print[0], print[1], sizeof(print[0])) == 0;
}

static void every_field_counts(void **state)
{
	const struct row before = row();
	struct row now;

	for (int i = 0; i < 8; i++) {
		const char **const texts[] = {&now.description, &now.endpoint, &now.username,
			&now.auth_spec, &now.spec_id, &now.spec_version, &now.params[0].value,
			&now.params[1].name};

		now = row();
		assert_true(same(&before, &now));
		*texts[i] = "another";
		assert_false(same(&before, &now));
	}
}

/* By these a row is found; its place in the file says nothing at all. */
static void name_sandbox_and_place_do_not(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.name = now.sandbox = "another";
	now.number = 7;
	now.line = 8;
	assert_true(same(&before, &now));
}

static void columns_may_change_places(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.params[0] = before.params[1];
	now.params[1] = before.params[0];
	assert_true(same(&before, &now));
}

static void values_may_not(void **state)
{
	const struct row before = row();
	struct row now = row();

	now.params[0].value = before.params[1].value;
	now.params[1].value = before.params[0].value;
	assert_false(same(&before, &now));
	now = row();
	now.endpoint = before.username;
	now.username = before.endpoint;
	assert_false(same(&before, &now));
}

/* Whoever moves a value from a column to a param of its name asks for something else. */
static void no_param_stands_for_a_field(void **state)
{
	struct row before = row();
	struct row now = row();

	now.description = "";
	now.params[now.param_count++] = (struct flow_param){"description", "North"};
	assert_false(same(&before, &now));
	before.params[1] = (struct flow_param){"password2", ""};
	now = before;
	now.param_count--;
	assert_false(same(&before, &now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(name_sandbox_and_place_do_not),
		cmocka_unit_test(columns_may_change_places),
		cmocka_unit_test(values_may_not),
		cmocka_unit_test(no_param_stands_for_a_field),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
