#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/secret_env.h"
#include "sys/log.h"

#define TOKEN "AEP_ACCESS_TOKEN"
#define KEY "AEP_API_KEY"

static const struct option *const token = &option_table[OPT_ACCESS_TOKEN];
static const struct option *const key = &option_table[OPT_API_KEY];

static char folder[64], logged[4096];
static struct secret_region *region;
static struct secret_env found;
static struct error e;
static char *secret;

static void keep_line(void *arg, const char *line)
{
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static int enter(void **state)
{
	static const char *const variables[] = {TOKEN, TOKEN "_FILE", KEY, KEY "_FILE",
		"AEP_CLIENT_ID", "AEP_CLIENT_ID_FILE", "SNOWMELT_ACCESS_TOKEN"};
	bool is_locked;

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	e.text[0] = logged[0] = '\0';
	log_set_sink(keep_line, NULL);
	strcpy(folder, "/tmp/test_secret_env.XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 &&
			       secret_region_create(
				       (size_t)4 * SECRET_VALUE_MAX, &region, &is_locked) == 0
		       ? 0
		       : -1;
}

static int leave(void **state)
{
	secret_region_destroy(region);
	log_set_sink(NULL, NULL);
	unlink("secret");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *text, size_t len, mode_t mode)
{
	int fd = open("secret", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	assert_int_equal(chmod("secret", mode), 0);
}

static int find_and_read(const struct option *o)
{
	int r = secret_env_find(o, &found, &e);

	return r < 0 ? r : secret_env_read(&found, region, &secret, &e);
}

/* Whatever went wrong, the sentence must not be where it comes out. */
static void assert_refused(const char *value)
{
	size_t before = secret_free_bytes(region);

	setenv(TOKEN, value, 1);
	assert_true(find_and_read(token) < 0);
	assert_non_null(strstr(e.text, TOKEN));
	if (*value)
		assert_null(strstr(e.text, value));
	assert_int_equal(secret_free_bytes(region), before);
}

static void a_variable_gives_the_secret(void **state)
{
	setenv(TOKEN, "token-1", 1);
	assert_int_equal(find_and_read(token), 0);
	assert_string_equal(found.variable, TOKEN);
	assert_string_equal(secret, "token-1");
}

static void the_copy_in_the_environment_is_wiped(void **state)
{
	setenv(TOKEN, "token-1", 1);
	assert_int_equal(find_and_read(token), 0);
	assert_string_equal(getenv(TOKEN), "");
}

static void a_file_gives_it_without_its_newline(void **state)
{
	put("token-1\n", 8, 0600);
	setenv(TOKEN "_FILE", "secret", 1);
	assert_int_equal(find_and_read(token), 0);
	assert_string_equal(found.variable, TOKEN "_FILE");
	assert_string_equal(secret, "token-1");
	assert_string_equal(logged, "");
}

static void a_file_that_others_can_read_is_warned_of(void **state)
{
	put("token-1\n", 8, 0644);
	setenv(TOKEN "_FILE", "secret", 1);
	assert_int_equal(find_and_read(token), 0);
	assert_non_null(strstr(logged, "warn 'secret', which is named by " TOKEN "_FILE"));
	assert_non_null(strstr(logged, "chmod 600"));
	assert_null(strstr(logged, "token-1"));
}

static void both_ways_at_once_are_refused(void **state)
{
	setenv(TOKEN, "token-1", 1);
	setenv(TOKEN "_FILE", "secret", 1);
	assert_int_equal(secret_env_find(token, &found, &e), -EINVAL);
	assert_string_equal(e.text, TOKEN " and " TOKEN "_FILE are both set: unset one");
}

static void an_empty_variable_counts_as_unset(void **state)
{
	setenv(TOKEN, "", 1);
	setenv(TOKEN "_FILE", "", 1);
	assert_int_equal(secret_env_find(token, &found, &e), 0);
	assert_string_equal(found.variable, "");

	put("token-1\n", 8, 0600);
	setenv(TOKEN "_FILE", "secret", 1);
	assert_int_equal(find_and_read(token), 0);
}

static void no_other_variable_counts(void **state)
{
	setenv("SNOWMELT_ACCESS_TOKEN", "token-1", 1);
	assert_int_equal(secret_env_find(token, &found, &e), 0);
	assert_string_equal(found.variable, "");
}

static void the_client_id_serves_as_api_key_where_there_is_none(void **state)
{
	setenv("AEP_CLIENT_ID", "id-1", 1);
	assert_int_equal(find_and_read(key), 0);
	assert_string_equal(found.variable, "AEP_CLIENT_ID");
	assert_string_equal(secret, "id-1");

	setenv("AEP_CLIENT_ID", "id-1", 1);
	setenv(KEY, "key-1", 1);
	assert_int_equal(find_and_read(key), 0);
	assert_string_equal(secret, "key-1");
}

static void what_no_header_may_carry_is_refused_unquoted(void **state)
{
	assert_refused("token 1");
	assert_refused("token-1\r\nX-Header: 1");
	assert_refused("token-1\n");
	assert_refused("t\xc3\xb6ken");
	assert_refused("token\x7f");
}

/* A client secret goes into a form, percent-encoded. */
static void what_becomes_no_header_may_be_any_text(void **state)
{
	static const struct option *const client_secret = &option_table[OPT_CLIENT_SECRET];

	put(" s\xc3\xb6 \"\\%&\n", 9, 0600);
	setenv("AEP_CLIENT_SECRET_FILE", "secret", 1);
	assert_int_equal(find_and_read(client_secret), 0);
	assert_string_equal(secret, " s\xc3\xb6 \"\\%&");
	put("secret-1\n\n", 10, 0600);
	assert_true(find_and_read(client_secret) < 0);
	assert_null(strstr(e.text, "secret-1"));
	put("secret-\xff", 8, 0600);
	assert_true(find_and_read(client_secret) < 0);
	put("\n", 1, 0600);
	assert_true(find_and_read(client_secret) < 0);
	unsetenv("AEP_CLIENT_SECRET_FILE");
}

static void a_file_is_held_to_the_same(void **state)
{
	size_t before = secret_free_bytes(region);

	setenv(TOKEN "_FILE", "secret", 1);
	put("token-1\n\n", 9, 0600);
	assert_true(find_and_read(token) < 0);
	assert_null(strstr(e.text, "token-1"));
	put("", 0, 0600);
	assert_true(find_and_read(token) < 0);
	put("to\0ken", 6, 0600);
	assert_true(find_and_read(token) < 0);
	assert_non_null(strstr(e.text, TOKEN "_FILE: "));
	assert_int_equal(unlink("secret"), 0);
	assert_int_equal(find_and_read(token), -ENOENT);
	assert_non_null(strstr(e.text, TOKEN "_FILE: cannot read 'secret'"));
	assert_int_equal(secret_free_bytes(region), before);
}

static void four_kib_are_the_most(void **state)
{
	char value[SECRET_VALUE_MAX + 2];

	memset(value, 'x', sizeof(value));
	value[SECRET_VALUE_MAX + 1] = '\0';
	assert_refused(value);
	unsetenv(TOKEN);
	setenv(TOKEN "_FILE", "secret", 1);
	put(value, SECRET_VALUE_MAX + 1, 0600);
	assert_int_equal(find_and_read(token), -EFBIG);
	put(value, SECRET_VALUE_MAX, 0600);
	assert_int_equal(find_and_read(token), 0);
	assert_int_equal(strlen(secret), SECRET_VALUE_MAX);

	unsetenv(TOKEN "_FILE");
	value[SECRET_VALUE_MAX] = '\0';
	setenv(TOKEN, value, 1);
	assert_int_equal(find_and_read(token), 0);
	assert_int_equal(strlen(secret), SECRET_VALUE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_variable_gives_the_secret),
		TEST(the_copy_in_the_environment_is_wiped),
		TEST(a_file_gives_it_without_its_newline),
		TEST(a_file_that_others_can_read_is_warned_of),
		TEST(both_ways_at_once_are_refused),
		TEST(an_empty_variable_counts_as_unset),
		TEST(no_other_variable_counts),
		TEST(the_client_id_serves_as_api_key_where_there_is_none),
		TEST(what_no_header_may_carry_is_refused_unquoted),
		TEST(what_becomes_no_header_may_be_any_text),
		TEST(a_file_is_held_to_the_same),
		TEST(four_kib_are_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
