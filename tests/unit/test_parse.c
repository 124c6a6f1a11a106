#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "cli/parse.h"

#define ARGS_MAX 16

static const struct command run = {.name = "run", .bit = FOR_RUN, .operand = "INPUT"};

static struct settings s;
static struct error e;

static int enter(void **state)
{
	e.text[0] = '\0';
	return settings_put_defaults(&s, &e);
}

static int leave(void **state)
{
	settings_done(&s);
	return 0;
}

/* Arguments parted by '~', since blanks belong to them. */
static int parse(const char *line)
{
	static char copy[1000];
	char *argv[ARGS_MAX];
	int argc = 0;

	strcpy(copy, line);
	for (char *arg = strtok(copy, "~"); arg && argc < ARGS_MAX; arg = strtok(NULL, "~"))
		argv[argc++] = arg;
	return parse_command_line(&run, argc, argv, &s, &e);
}

static void assert_parsed(const char *line)
{
	if (parse(line) != 0)
		fail_msg("%s", e.text);
}

static void assert_refused(const char *line, const char *sentence)
{
	assert_int_equal(parse(line), -EINVAL);
	assert_string_equal(e.text, sentence);
}

static void a_value_stands_behind_its_option_or_an_equals_sign(void **state)
{
	assert_parsed("--concurrency~8~--sandbox=dev~in.csv~--org=a=b");
	assert_int_equal(settings_number(&s, OPT_CONCURRENCY), 8);
	assert_string_equal(settings_text(&s, OPT_SANDBOX), "dev");
	assert_string_equal(settings_text(&s, OPT_ORG), "a=b");
	assert_int_equal(s.operand_count, 1);
	assert_string_equal(s.operands[0], "in.csv");
	assert_string_equal(settings_get(&s, OPT_CONCURRENCY)->place, "--concurrency");
}

static void what_is_not_said_has_its_default(void **state)
{
	assert_parsed("in.csv");
	assert_int_equal(settings_number(&s, OPT_CONCURRENCY), 16);
	assert_int_equal(settings_number(&s, OPT_ATTEMPTS), 5);
	assert_int_equal(settings_duration(&s, OPT_SETTLE), 5 * SEC);
	assert_int_equal(settings_duration(&s, OPT_MAX_RETRY_AFTER), 900 * SEC);
	assert_string_equal(settings_text(&s, OPT_SANDBOX), "prod");
	assert_null(settings_get(&s, OPT_RATE));
	assert_null(settings_get(&s, OPT_SEED));
	assert_int_equal(s.of[OPT_SANDBOX].source, SOURCE_DEFAULT);
}

static void a_switch_is_turned_on_and_off(void **state)
{
	assert_parsed("--confirm~--excel-safe~--no-excel-safe");
	assert_true(settings_on(&s, OPT_CONFIRM));
	assert_false(settings_on(&s, OPT_EXCEL_SAFE));
	assert_string_equal(settings_get(&s, OPT_EXCEL_SAFE)->place, "--no-excel-safe");
	assert_true(settings_on(&s, OPT_INVENTORY));
	assert_parsed("--no-inventory");
	assert_false(settings_on(&s, OPT_INVENTORY));
}

static void a_switch_takes_no_value(void **state)
{
	assert_refused("--confirm=yes", "--confirm takes no value: write --confirm alone");
	assert_refused("--no-confirm=1", "--no-confirm takes no value: write --no-confirm alone");
}

static void only_switches_can_be_turned_off(void **state)
{
	assert_int_equal(parse("--no-rate"), -EINVAL);
	assert_int_equal(parse("--no-help"), -EINVAL);
	assert_int_equal(parse("--no-print-config"), -EINVAL);
	assert_int_equal(parse("--no-"), -EINVAL);
}

static void the_later_of_two_counts_unless_they_add_up(void **state)
{
	assert_parsed("--attempts~2~--attempts~3~--map~a=b~--map=c=d~--carry~key");
	assert_int_equal(settings_number(&s, OPT_ATTEMPTS), 3);
	assert_int_equal(s.of[OPT_ATTEMPTS].count, 1);
	assert_int_equal(s.of[OPT_MAP].count, 2);
	assert_string_equal(s.of[OPT_MAP].values[0].text, "a=b");
	assert_string_equal(s.of[OPT_MAP].values[1].text, "c=d");
	assert_int_equal(s.of[OPT_CARRY].count, 1);
}

static void a_list_has_an_end(void **state)
{
	const struct option *o = &option_table[OPT_CARRY];

	for (int i = 0; i < SETTING_VALUES_MAX; i++)
		assert_int_equal(settings_put(&s, o, SOURCE_FLAG, "--carry", "x", &e), 0);
	assert_int_equal(settings_put(&s, o, SOURCE_FLAG, "--carry", "x", &e), -EINVAL);
	assert_string_equal(e.text, "--carry: given more than 256 times");
}

static void two_dashes_end_the_options(void **state)
{
	assert_parsed("--confirm~--~--rate");
	assert_string_equal(s.operands[0], "--rate");
}

static void one_dash_is_standard_input(void **state)
{
	assert_parsed("-~--confirm");
	assert_string_equal(s.operands[0], "-");
	assert_true(settings_on(&s, OPT_CONFIRM));
}

static void one_operand_is_enough(void **state)
{
	assert_refused("a.csv~b.csv", "'b.csv' is one argument too many: 'run' takes one INPUT");
}

static void an_option_without_its_value_is_refused(void **state)
{
	assert_refused("in.csv~--rate", "--rate needs a value: write --rate=N/s|m|h");
	assert_refused("--rate~--confirm~in.csv", "--rate needs a value: write --rate=N/s|m|h");
	assert_int_equal(parse("--org="), -EINVAL);
	/* One dash may begin a value. */
	assert_parsed("--results~-odd.csv");
	assert_string_equal(settings_text(&s, OPT_RESULTS), "-odd.csv");
}

static void a_wrong_value_is_named_with_its_option(void **state)
{
	assert_refused("--rate=5/x", "--rate: '5/x' is no rate: write N/s, N/m or N/h");
}

static void an_unknown_option_is_refused_with_a_guess(void **state)
{
	assert_refused("--setle=5s", "there is no option '--setle': did you mean --settle?");
	assert_refused(
		"--sprocket~x", "there is no option '--sprocket': see 'snowmelt run --help'");
	assert_refused("-v", "there is no option '-v': options are long words, see 'snowmelt run "
			     "--help'");
}

static void what_may_be_a_secret_is_not_repeated(void **state)
{
	assert_int_equal(parse("--password=pass-1"), -EINVAL);
	assert_null(strstr(e.text, "pass-1"));
	assert_int_equal(parse("--access-token=token-1"), -EINVAL);
	assert_null(strstr(e.text, "token-1"));
	assert_int_equal(parse("-ppass-1"), -EINVAL);
	assert_null(strstr(e.text, "pass-1"));
}

static void a_secret_is_no_argument(void **state)
{
	assert_refused("--access-token~token-1", "--access-token: a secret is never a command-line "
						 "argument: set AEP_ACCESS_TOKEN or "
						 "AEP_ACCESS_TOKEN_FILE");
	assert_int_equal(parse("--api-key=key-1"), -EINVAL);
	assert_refused("--proxy=http://user:pass-1@127.0.0.1:3128",
		"--proxy: a URL with a login is not accepted here: say it in SNOWMELT_PROXY");
}

static void help_ends_the_reading(void **state)
{
	assert_parsed("--confirm~--help~--nonsense~a~b");
	assert_true(settings_on(&s, OPT_HELP));
	assert_true(settings_on(&s, OPT_CONFIRM));
	assert_parsed("-h");
}

static void an_argument_cannot_write_to_the_terminal(void **state)
{
	assert_int_equal(parse("--\033[2J"), -EINVAL);
	assert_null(strchr(e.text, '\033'));
	assert_int_equal(parse("a~\033[2J"), -EINVAL);
	assert_null(strchr(e.text, '\033'));
	assert_int_equal(parse("-\033"), -EINVAL);
	assert_null(strchr(e.text, '\033'));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_value_stands_behind_its_option_or_an_equals_sign),
		TEST(what_is_not_said_has_its_default),
		TEST(a_switch_is_turned_on_and_off),
		TEST(a_switch_takes_no_value),
		TEST(only_switches_can_be_turned_off),
		TEST(the_later_of_two_counts_unless_they_add_up),
		TEST(a_list_has_an_end),
		TEST(two_dashes_end_the_options),
		TEST(one_dash_is_standard_input),
		TEST(one_operand_is_enough),
		TEST(an_option_without_its_value_is_refused),
		TEST(a_wrong_value_is_named_with_its_option),
		TEST(an_unknown_option_is_refused_with_a_guess),
		TEST(what_may_be_a_secret_is_not_repeated),
		TEST(a_secret_is_no_argument),
		TEST(help_ends_the_reading),
		TEST(an_argument_cannot_write_to_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
