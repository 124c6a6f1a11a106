#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"
#include "cli/option_table.h"

static const struct option *find(const char *name)
{
	return option_find(name, strlen(name), FOR_RUN);
}

static void every_row_is_filled_in(void **state)
{
	OPTION_EACH (o, ~0u) {
		assert_non_null(o->name);
		assert_non_null(o->help);
		assert_true(o->help[strlen(o->help) - 1] == '.');
		assert_true(o->group < GROUP_COUNT);
		/* A switch has no argument, everything else has one. */
		assert_int_equal(o->argument == NULL, o->rule.kind == VALUE_SWITCH);
		/* One of them tells what holds without a value. */
		assert_false(o->fallback && o->unset);
		if (o->rule.kind == VALUE_CHOICE)
			assert_non_null(o->rule.words);
		if (o->traits & OPTION_SECRET)
			assert_non_null(o->variables[0]);
		for (const char *c = o->name; *c; c++)
			assert_true(islower((unsigned char)*c) || *c == '-');
	}
	for (size_t i = 0; i < OPTION_COUNT; i++)
		assert_true(option_table[i].commands != 0);
}

static void a_name_means_one_thing_in_a_command(void **state)
{
	OPTION_EACH (a, ~0u)
		OPTION_EACH (b, ~0u)
			assert_false(a < b && (a->commands & b->commands) &&
				     strcmp(a->name, b->name) == 0);
}

/* --no-NAME turns a switch off, so no option may be called that. */
static void no_name_looks_like_a_switch_turned_off(void **state)
{
	OPTION_EACH (o, ~0u)
		assert_true(strncmp(o->name, "no-", 3) != 0);
}

/* Help and completion show such a one as --no-NAME. */
static void only_the_inventory_is_on_by_default(void **state)
{
	OPTION_EACH (o, ~0u)
		assert_int_equal(option_is_on_by_default(o), option_id(o) == OPT_INVENTORY);
}

static void defaults_obey_their_own_rules(void **state)
{
	OPTION_EACH (o, ~0u) {
		struct value v;
		struct error e;

		if (o->fallback && value_parse(&o->rule, o->fallback, &v, &e) < 0)
			fail_msg("--%s: %s", o->name, e.text);
	}
}

/* A path to a secret is none. */
static void secrets_are_marked_as_such(void **state)
{
	OPTION_EACH (o, ~0u)
		if (redact_name_is_secret(o->name) && o->rule.kind == VALUE_TEXT)
			assert_true(o->traits & OPTION_SECRET);
}

static void names_are_found_whole_and_by_command(void **state)
{
	assert_ptr_equal(find("rate"), &option_table[OPT_RATE]);
	assert_null(find("rat"));
	assert_null(find("rates"));
	assert_null(find(""));
	assert_ptr_equal(find("format"), &option_table[OPT_FORMAT]);
	assert_ptr_equal(option_find("format", 6, FOR_HELP), &option_table[OPT_HELP_FORMAT]);
	assert_null(option_find("rate", 4, FOR_HELP));
}

static void variables_are_the_names_in_capitals(void **state)
{
	char variable[OPTION_VARIABLE_SIZE];

	option_variable(find("settle-timeout"), variable);
	assert_string_equal(variable, "SNOWMELT_SETTLE_TIMEOUT");
	option_variable(find("allow-http-endpoints"), variable);
	assert_string_equal(variable, "SNOWMELT_ALLOW_HTTP_ENDPOINTS");
}

static void assert_suggested(const char *typed, const char *expected)
{
	const char *best = option_suggest(typed, FOR_RUN, OPTION_SECRET | OPTION_HIDDEN);

	if (!expected)
		assert_null(best);
	else
		assert_string_equal(best ? best : "nothing", expected);
}

static void a_slip_of_the_finger_is_understood(void **state)
{
	assert_suggested("concurency", "concurrency");
	assert_suggested("ratE", "rate");
	assert_suggested("reslut", "results");
	assert_suggested("setle-timeout", "settle-timeout");
	assert_suggested("max-retry", "max-retry-after");
	assert_suggested("confrim", "confirm");
	assert_suggested("leger", "ledger");
}

static void what_resembles_nothing_is_not_guessed(void **state)
{
	char long_word[300];

	memset(long_word, 'r', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_suggested("sprocket", NULL);
	assert_suggested("x", NULL);
	assert_suggested("", NULL);
	assert_suggested(long_word, NULL);
	assert_suggested("access-toke", NULL); /* a secret is no option to type */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_filled_in),
		cmocka_unit_test(a_name_means_one_thing_in_a_command),
		cmocka_unit_test(no_name_looks_like_a_switch_turned_off),
		cmocka_unit_test(only_the_inventory_is_on_by_default),
		cmocka_unit_test(defaults_obey_their_own_rules),
		cmocka_unit_test(secrets_are_marked_as_such),
		cmocka_unit_test(names_are_found_whole_and_by_command),
		cmocka_unit_test(variables_are_the_names_in_capitals),
		cmocka_unit_test(a_slip_of_the_finger_is_understood),
		cmocka_unit_test(what_resembles_nothing_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
