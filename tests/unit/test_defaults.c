#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/time.h"
#include "cli/settings.h"
#include "snowmelt/snowmelt.h"

/* --help tells the table's defaults, a caller of the library gets the library's. */
static void the_programs_defaults_are_the_librarys(void **state)
{
	struct settings s = SETTINGS_INIT;
	struct snowmelt_options o;
	struct error e;

	snowmelt_options_init(&o);
	assert_int_equal(settings_put_defaults(&s, &e), 0);
	assert_string_equal(settings_text(&s, OPT_URL), o.url);
	assert_string_equal(settings_text(&s, OPT_TOKEN_URL), o.token_url);
	assert_string_equal(settings_text(&s, OPT_SANDBOX), o.sandbox);
	assert_int_equal(settings_number(&s, OPT_CONCURRENCY), o.concurrency);
	assert_int_equal(settings_number(&s, OPT_ATTEMPTS), o.attempts);
	assert_int_equal(settings_duration(&s, OPT_SETTLE), o.settle);
	assert_int_equal(settings_duration(&s, OPT_SETTLE_TIMEOUT), o.settle_timeout);
	assert_int_equal(settings_duration(&s, OPT_MAX_RETRY_AFTER), o.max_retry_after);
	assert_int_equal(settings_duration(&s, OPT_CONNECT_TIMEOUT), o.connect_timeout);
	assert_int_equal(settings_duration(&s, OPT_TIMEOUT), o.timeout);
	assert_int_equal(settings_get(&s, OPT_HALT)->halt.how, o.halt);
	assert_int_equal(settings_on(&s, OPT_EXCEL_SAFE), o.excel_safe);
	assert_int_equal(settings_on(&s, OPT_ALLOW_HTTP_ENDPOINTS), o.allow_http_endpoints);

	assert_int_equal(settings_on(&s, OPT_INVENTORY), !o.no_inventory);
	assert_int_equal(settings_on(&s, OPT_TAG), o.tag);
	assert_int_equal(settings_on(&s, OPT_RESEND_UNRESOLVED), o.resend_unresolved);

	/* What has no default in the table has none in the library. */
	assert_null(settings_get(&s, OPT_RATE));
	assert_true(!(o.rate_per_s > 0) && o.burst == 0 && !o.has_seed && !o.delimiter);
	assert_true(o.give_up_after < 0);
	assert_int_equal(o.format, SNOWMELT_FORMAT_AUTO);
	settings_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_programs_defaults_are_the_librarys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
