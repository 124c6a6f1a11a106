/* The login of a proxy, in words that quote its URL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/proxy.h"
#include "sys/log.h"

static char logged[1024];

static void keep_line(void *arg, const char *line)
{
	strncpy(logged, line, sizeof(logged) - 1);
}

static void assert_hidden(const char *url, const char *password)
{
	log_info("Unsupported proxy syntax in '%s': its port", url);
	assert_null(strstr(logged, password));
	assert_non_null(strstr(logged, "its port"));
}

static void the_login_of_an_option_is_hidden(void **state)
{
	assert_int_equal(proxy_hide_login("http://me:pass-word-1@proxy:80x"), 0);
	assert_hidden("http://me:pass-word-1@proxy:80x", "pass-word-1");
	assert_hidden("pass-word-1", "pass-word-1");
	assert_int_equal(proxy_hide_login("me:p@ss/wo#d@proxy"), 0);
	assert_hidden("me:p@ss/wo#d@proxy", "wo#d");
}

/* libcurl would not look at them where there is an option. */
static void the_login_of_a_variable_is_hidden(void **state)
{
	setenv("http_proxy", "http://me:pass-word-4@proxy:80x", 1);
	setenv("https_proxy", "http://me:pass-word-2@proxy:80x", 1);
	setenv("ALL_PROXY", "socks5h://me:pass-word-3@proxy:80x", 1);
	assert_int_equal(proxy_hide_login(NULL), 0);
	assert_hidden("http://me:pass-word-2@proxy:80x", "pass-word-2");
	assert_hidden("http://me:pass-word-3@proxy:80x", "pass-word-3");
	assert_hidden("http://me:pass-word-4@proxy:80x", "pass-word-4");
}

static void what_has_no_login_hides_nothing(void **state)
{
	assert_int_equal(proxy_hide_login("http://proxy.example:3128"), 0);
	log_info("http://proxy.example:3128");
	assert_non_null(strstr(logged, "http://proxy.example:3128"));
	assert_int_equal(proxy_hide_login("http://u:p@proxy.example"), 0);
	log_info("up");
	assert_non_null(strstr(logged, "up"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_login_of_an_option_is_hidden),
		cmocka_unit_test(the_login_of_a_variable_is_hidden),
		cmocka_unit_test(what_has_no_login_hides_nothing),
	};

	log_set_sink(keep_line, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
