#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/load.h"

static const struct command run = {.name = "run", .bit = FOR_RUN, .operand = "INPUT"};

static char folder[64];
static struct settings s;
static struct error e;

/* A folder of its own to work in, and a home without a config file. */
static int enter(void **state)
{
	static const char *const variables[] = {"SNOWMELT_RATE", "SNOWMELT_ORG", "AEP_ORG_ID",
		"SNOWMELT_SANDBOX", "AEP_SANDBOX_NAME", "SNOWMELT_MAP", "SNOWMELT_CONFIRM",
		"SNOWMELT_CONFIG", "SNOWMELT_PROXY", "SNOWMELT_PRINT_CONFIG", "XDG_CONFIG_HOME"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	strcpy(folder, "/tmp/test_load.XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) < 0 || setenv("HOME", folder, 1) < 0)
		return -1;
	return settings_put_defaults(&s, &e);
}

static int leave(void **state)
{
	settings_done(&s);
	unlink("snowmelt.ini");
	unlink("other.ini");
	unlink(".config/snowmelt/config.ini");
	rmdir(".config/snowmelt");
	rmdir(".config");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void flag(enum option_id id, const char *text)
{
	assert_int_equal(settings_put(&s, &option_table[id], SOURCE_FLAG, "--flag", text, &e), 0);
}

static int load(void)
{
	int r = load_environment(&run, &s, &e);

	return r < 0 ? r : load_config_file(&s, &e);
}

static void assert_loaded(void)
{
	if (load() != 0)
		fail_msg("%s", e.text);
}

static void assert_refused(const char *sentence)
{
	assert_int_equal(load(), -EINVAL);
	assert_string_equal(e.text, sentence);
}

static void assert_value(enum option_id id, const char *text, const char *place)
{
	const struct value *v = settings_get(&s, id);

	assert_non_null(v);
	assert_string_equal(v->text, text);
	assert_string_equal(v->place, place);
}

static void a_flag_outweighs_a_variable_and_that_the_file(void **state)
{
	put("snowmelt.ini", "rate = 1/s\nsandbox = from-file\norg = from-file\n");
	setenv("SNOWMELT_RATE", "2/s", 1);
	setenv("SNOWMELT_SANDBOX", "from-env", 1);
	flag(OPT_RATE, "3/s");
	assert_loaded();
	assert_value(OPT_RATE, "3/s", "--flag");
	assert_value(OPT_SANDBOX, "from-env", "SNOWMELT_SANDBOX");
	assert_value(OPT_ORG, "from-file", "snowmelt.ini:3");
	assert_value(OPT_CONCURRENCY, "16", "default");
}

static void our_variable_outweighs_adobes(void **state)
{
	setenv("AEP_ORG_ID", "theirs", 1);
	setenv("AEP_SANDBOX_NAME", "theirs", 1);
	setenv("SNOWMELT_SANDBOX", "ours", 1);
	assert_loaded();
	assert_value(OPT_ORG, "theirs", "AEP_ORG_ID");
	assert_value(OPT_SANDBOX, "ours", "SNOWMELT_SANDBOX");
}

static void an_empty_variable_counts_as_unset(void **state)
{
	put("snowmelt.ini", "rate = 1/s\n");
	setenv("SNOWMELT_RATE", "", 1);
	setenv("SNOWMELT_ORG", "", 1);
	setenv("AEP_ORG_ID", "theirs", 1);
	assert_loaded();
	assert_value(OPT_RATE, "1/s", "snowmelt.ini:1");
	assert_value(OPT_ORG, "theirs", "AEP_ORG_ID");
}

static void each_line_of_a_variable_is_one_of_several(void **state)
{
	setenv("SNOWMELT_MAP", "name=Instance, all\n\nendpoint=URL\n", 1);
	assert_loaded();
	assert_int_equal(s.of[OPT_MAP].count, 2);
	assert_string_equal(s.of[OPT_MAP].values[0].text, "name=Instance, all");
	assert_string_equal(s.of[OPT_MAP].values[1].text, "endpoint=URL");
}

static void several_of_one_source_replace_those_of_a_lighter_one(void **state)
{
	put("snowmelt.ini", "map = a=b\nmap = c=d\n");
	assert_loaded();
	assert_int_equal(s.of[OPT_MAP].count, 2);
	setenv("SNOWMELT_MAP", "e=f", 1);
	assert_loaded();
	assert_int_equal(s.of[OPT_MAP].count, 1);
	assert_value(OPT_MAP, "e=f", "SNOWMELT_MAP");
}

static void a_switch_in_the_environment_is_yes_or_no(void **state)
{
	put("snowmelt.ini", "confirm = on\n");
	assert_loaded();
	assert_true(settings_on(&s, OPT_CONFIRM));
	setenv("SNOWMELT_CONFIRM", "false", 1);
	assert_loaded();
	assert_false(settings_on(&s, OPT_CONFIRM));
	setenv("SNOWMELT_CONFIRM", "perhaps", 1);
	assert_refused("SNOWMELT_CONFIRM: 'perhaps' is neither on nor off: write yes or no");
}

static void a_wrong_value_is_named_with_its_place(void **state)
{
	put("snowmelt.ini", "\n\nrate = 5/x\n");
	assert_refused("snowmelt.ini:3: rate: '5/x' is no rate: write N/s, N/m or N/h");
	setenv("SNOWMELT_RATE", "6/x", 1);
	assert_refused("SNOWMELT_RATE: '6/x' is no rate: write N/s, N/m or N/h");
}

static void a_wrong_value_is_refused_although_a_flag_outweighs_it(void **state)
{
	flag(OPT_RATE, "3/s");
	setenv("SNOWMELT_RATE", "6/x", 1);
	assert_int_equal(load(), -EINVAL);
}

static void an_unknown_key_is_refused_with_a_guess(void **state)
{
	put("snowmelt.ini", "rate = 1/s\nconcurency = 3\n");
	assert_refused(
		"snowmelt.ini:2: there is no option 'concurency': did you mean concurrency?");
	put("snowmelt.ini", "colour = red\n");
	assert_refused("snowmelt.ini:1: there is no option 'colour': see 'snowmelt run --help'");
}

static void what_is_only_said_by_flag_is_no_key(void **state)
{
	static const char *const keys[] = {"help = yes\n", "print-config = yes\n", "config = x\n"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		put("snowmelt.ini", keys[i]);
		assert_int_equal(load(), -EINVAL);
	}
	put("snowmelt.ini", "");
	setenv("SNOWMELT_PRINT_CONFIG", "yes", 1);
	assert_loaded();
	assert_false(settings_on(&s, OPT_PRINT_CONFIG));
}

static void the_same_key_twice_is_refused(void **state)
{
	put("snowmelt.ini", "rate = 1/s\nattempts = 2\nrate = 2/s\n");
	assert_refused("snowmelt.ini:3: rate was given already at snowmelt.ini:1: keep one");
	/* Also where neither counts. */
	flag(OPT_RATE, "3/s");
	assert_int_equal(load(), -EINVAL);
}

static void secrets_in_the_file_are_refused_with_the_remedy(void **state)
{
	static const char *const keys[] = {
		"api-key", "access-token", "client-secret", "password", "access_token"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char text[64];

		strcpy(text, keys[i]);
		strcat(text, " = secret-1\n");
		put("snowmelt.ini", text);
		assert_int_equal(load(), -EINVAL);
		assert_non_null(strstr(e.text, "snowmelt.ini:1: "));
		assert_non_null(strstr(e.text, "AEP_"));
		assert_null(strstr(e.text, "secret-1"));
	}
}

static void a_proxys_login_is_for_the_environment_only(void **state)
{
	setenv("SNOWMELT_PROXY", "http://u:pass-1@127.0.0.1", 1);
	assert_loaded();
	put("snowmelt.ini", "proxy = http://u:pass-1@127.0.0.1\n");
	assert_int_equal(load(), -EINVAL);
	assert_null(strstr(e.text, "pass-1"));
	assert_non_null(strstr(e.text, "SNOWMELT_PROXY"));
}

static void a_named_file_replaces_the_usual_one_and_must_be_there(void **state)
{
	put("snowmelt.ini", "rate = 1/s\n");
	put("other.ini", "rate = 2/s\n");
	setenv("SNOWMELT_CONFIG", "other.ini", 1);
	assert_loaded();
	assert_value(OPT_RATE, "2/s", "other.ini:1");
	setenv("SNOWMELT_CONFIG", "none.ini", 1);
	assert_int_equal(load(), -ENOENT);
	assert_non_null(strstr(e.text, "none.ini"));
}

static void the_file_here_comes_before_that_of_the_user(void **state)
{
	assert_loaded(); /* neither is there */
	assert_int_equal(mkdir(".config", 0700), 0);
	assert_int_equal(mkdir(".config/snowmelt", 0700), 0);
	put(".config/snowmelt/config.ini", "rate = 1/s\norg = x\n");
	assert_loaded();
	assert_string_equal(settings_text(&s, OPT_RATE), "1/s");
	put("snowmelt.ini", "rate = 2/s\n");
	settings_done(&s);
	assert_loaded();
	assert_value(OPT_RATE, "2/s", "snowmelt.ini:1");
	assert_null(settings_get(&s, OPT_ORG)); /* one file, not a mixture */
}

static void the_users_folder_is_where_xdg_says(void **state)
{
	char xdg[128];

	strcpy(xdg, folder);
	strcat(xdg, "/.config");
	assert_int_equal(mkdir(".config", 0700), 0);
	assert_int_equal(mkdir(".config/snowmelt", 0700), 0);
	put(".config/snowmelt/config.ini", "rate = 1/s\n");
	setenv("HOME", "/nonexistent", 1);
	setenv("XDG_CONFIG_HOME", xdg, 1);
	assert_loaded();
	assert_string_equal(settings_text(&s, OPT_RATE), "1/s");
}

static void an_untrusted_file_is_refused_in_its_usual_place_too(void **state)
{
	put("snowmelt.ini", "rate = 1/s\n");
	assert_int_equal(chmod("snowmelt.ini", 0666), 0);
	assert_int_equal(load(), -EPERM);
	assert_null(settings_get(&s, OPT_RATE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_flag_outweighs_a_variable_and_that_the_file),
		TEST(our_variable_outweighs_adobes),
		TEST(an_empty_variable_counts_as_unset),
		TEST(each_line_of_a_variable_is_one_of_several),
		TEST(several_of_one_source_replace_those_of_a_lighter_one),
		TEST(a_switch_in_the_environment_is_yes_or_no),
		TEST(a_wrong_value_is_named_with_its_place),
		TEST(a_wrong_value_is_refused_although_a_flag_outweighs_it),
		TEST(an_unknown_key_is_refused_with_a_guess),
		TEST(what_is_only_said_by_flag_is_no_key),
		TEST(the_same_key_twice_is_refused),
		TEST(secrets_in_the_file_are_refused_with_the_remedy),
		TEST(a_proxys_login_is_for_the_environment_only),
		TEST(a_named_file_replaces_the_usual_one_and_must_be_there),
		TEST(the_file_here_comes_before_that_of_the_user),
		TEST(the_users_folder_is_where_xdg_says),
		TEST(an_untrusted_file_is_refused_in_its_usual_place_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
