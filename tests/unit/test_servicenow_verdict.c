/* The table of what an answer to a probe means, one claim a line. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/macros.h"
#include "servicenow/verdict.h"

#define ERROR(message, detail)                                                                     \
	"{\"error\":{\"message\":\"" message "\",\"detail\":\"" detail "\"},\"status\":"           \
								       "\"failure\"}"
#define NOT_AUTHENTICATED ERROR("User is not authenticated", "Required to provide Auth information")
#define BASIC "Basic realm=\"Service-now\""
#define HIBERNATES                                                                                 \
	"<html>\n<head><title>\nInstance Hibernating page\n</title></head><body></body></html>"
#define LOGIN_PAGE "<!DOCTYPE html><html><head><title>Sign in</title></head></html>"

#define NOW_MS INT64_C(1795550078000) /* 2026-11-24T19:54:38Z */

/* Unset fields: answered, begun, no body, no header. */
struct verdict_case {
	const char *claim;
	enum servicenow_transport transport;
	const char *trouble;
	bool not_begun;
	int status;
	const char *body;
	const char *challenge[SERVICENOW_CHALLENGES];
	const char *mfa, *reset, *retry_after, *date, *location;
	enum servicenow_result result;
	enum servicenow_detail detail;
	const char *words; /* to be found in the sentence; NULL: not looked at */
};

static const struct verdict_case cases[] = {
	/* 200 */
	{"200 with a record is a good login", .status = 200,
		.body = "{\"result\":[{\"sys_id\":\"02826bf03710200044e0bfc8bcbe5d3f\"}]}",
		.result = SERVICENOW_LOGIN_OK, .words = "the login is good"},
	{"200 with no record is a good login", .status = 200, .body = "{\"result\":[]}",
		.result = SERVICENOW_LOGIN_OK},
	{"200 with a page is never good", .status = 200, .body = LOGIN_PAGE,
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_PAGE,
		.words = "HTTP 200 with a page"},
	{"200 with a page that begins as JSON is never good", .status = 200,
		.body = "{\"result\":[]}<html>", .result = SERVICENOW_NOT_SERVICENOW,
		.detail = SERVICENOW_PAGE},
	{"200 without a body is never good", .status = 200, .result = SERVICENOW_NOT_SERVICENOW,
		.detail = SERVICENOW_PAGE},
	{"200 with an empty body is never good", .status = 200, .body = "",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_PAGE},
	{"200 with JSON of somebody else is never good", .status = 200, .body = "{\"ok\":true}",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_PLAIN,
		.words = "not in the way of a ServiceNow"},
	{"200 with a result that is no list is never good", .status = 200,
		.body = "{\"result\":true}", .result = SERVICENOW_NOT_SERVICENOW},
	{"200 with a list alone is never good", .status = 200, .body = "[]",
		.result = SERVICENOW_NOT_SERVICENOW},
	{"200 with an error is a refusal", .status = 200,
		.body = ERROR("Transaction cancelled", ""), .result = SERVICENOW_REFUSED},
	{"200 with a hibernating page is hibernating", .status = 200, .body = HIBERNATES,
		.result = SERVICENOW_HIBERNATING, .words = "developer.servicenow.com"},
	{"200 with records that speak of hibernation is good", .status = 200,
		.body = "{\"result\":[{\"name\":\"Instance Hibernating page\"}]}",
		.result = SERVICENOW_LOGIN_OK},
	{"200 that broke off is not good", .transport = SERVICENOW_T_CUT_OFF, .status = 200,
		.body = "{\"result\":[]}", .result = SERVICENOW_BROKEN},
	{"206 with a list is not what was asked for", .status = 206, .body = "{\"result\":[]}",
		.result = SERVICENOW_NOT_SERVICENOW},

	/* redirects */
	{"302 is no ServiceNow, as a login page is not followed", .status = 302,
		.location = "https://sso.example.com/login", .result = SERVICENOW_NOT_SERVICENOW,
		.detail = SERVICENOW_REDIRECT, .words = "HTTP 302, a redirect"},
	{"302 without a place is no ServiceNow", .status = 302, .result = SERVICENOW_NOT_SERVICENOW,
		.detail = SERVICENOW_REDIRECT},
	{"302 with a list is never good", .status = 302, .body = "{\"result\":[]}",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_REDIRECT},
	{"302 to the site of developers is hibernating", .status = 302,
		.location = "https://developer.servicenow.com/dev.do#!/home?wu=true",
		.result = SERVICENOW_HIBERNATING},
	{"302 to a site that only looks so is no ServiceNow", .status = 302,
		.location = "https://developer.servicenow.com.example.com/",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_REDIRECT},

	/* 400 */
	{"400 for the table is a good login", .status = 400,
		.body = ERROR("Invalid table nothing", ""), .result = SERVICENOW_NO_TABLE,
		.words = "--probe-table"},
	{"another 400 is a refusal", .status = 400, .body = ERROR("Bad request", ""),
		.result = SERVICENOW_REFUSED, .words = "HTTP 400"},
	{"400 of somebody else is no ServiceNow", .status = 400, .body = "<html>Bad request",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_PAGE},

	/* 401 */
	{"401 is a wrong login, and names the restriction too", .status = 401,
		.body = NOT_AUTHENTICATED, .challenge = {BASIC}, .result = SERVICENOW_WRONG_LOGIN,
		.words = "glide.authenticate.basic_auth.restriction.enforce"},
	{"401 names a locked account too", .status = 401, .body = NOT_AUTHENTICATED,
		.challenge = {BASIC}, .result = SERVICENOW_WRONG_LOGIN, .words = "locked"},
	{"401 in the older words is the same", .status = 401,
		.body = ERROR("User Not Authenticated", "Required to provide Auth information"),
		.challenge = {BASIC}, .result = SERVICENOW_WRONG_LOGIN},
	{"401 without a challenge says nothing for sure", .status = 401, .body = NOT_AUTHENTICATED,
		.result = SERVICENOW_WRONG_LOGIN},
	{"401 with its realm and no body is ServiceNow's", .status = 401, .challenge = {BASIC},
		.result = SERVICENOW_WRONG_LOGIN},
	{"401 with X-MFA_TOKEN has a good password", .status = 401, .body = NOT_AUTHENTICATED,
		.challenge = {BASIC}, .mfa = "invalid", .result = SERVICENOW_MFA,
		.words = "second factor"},
	{"401 that offers Bearer only is no matter of the password", .status = 401,
		.body = NOT_AUTHENTICATED, .challenge = {"Bearer realm=\"Service-now\""},
		.result = SERVICENOW_BASIC_RESTRICTED, .words = "snc_basic_auth_api_access"},
	{"401 that offers Basic among others is a wrong login", .status = 401,
		.body = NOT_AUTHENTICATED,
		.challenge = {"Bearer realm=\"a, Basic b\", basic realm=\"c\""},
		.result = SERVICENOW_WRONG_LOGIN},
	{"401 that offers Basic in a second line is a wrong login", .status = 401,
		.body = NOT_AUTHENTICATED, .challenge = {"Bearer", "BASIC"},
		.result = SERVICENOW_WRONG_LOGIN},
	{"401 with Basic in a quoted value only offers none", .status = 401,
		.body = NOT_AUTHENTICATED, .challenge = {"Bearer realm=\"x\\\", Basic y\""},
		.result = SERVICENOW_BASIC_RESTRICTED},
	{"401 with a parameter of that name only offers none", .status = 401,
		.body = NOT_AUTHENTICATED, .challenge = {"Bearer a=b, basic=c"},
		.result = SERVICENOW_BASIC_RESTRICTED},
	{"401 that names the restriction is certain", .status = 401,
		.body = ERROR("User is not authenticated",
			"glide.authenticate.basic_auth.restriction.enforce"),
		.challenge = {BASIC}, .result = SERVICENOW_BASIC_RESTRICTED},
	{"401 that says locked is locked", .status = 401,
		.body = ERROR("User is not authenticated", "The account is locked out"),
		.challenge = {BASIC}, .result = SERVICENOW_LOCKED, .words = "unlock it"},
	{"401 with a page is no ServiceNow", .status = 401, .body = LOGIN_PAGE,
		.challenge = {"Basic realm=\"intranet\""}, .result = SERVICENOW_NOT_SERVICENOW,
		.words = "HTTP 401"},
	{"401 with an error that is a text is no ServiceNow", .status = 401,
		.body = "{\"error\":\"unauthorized\"}", .result = SERVICENOW_NOT_SERVICENOW},

	/* 403 */
	{"403 has logged in, and no right", .status = 403,
		.body = "{\"error\":{\"message\":\"Insufficient rights to query records\","
			"\"detail\":null},\"status\":\"failure\"}",
		.result = SERVICENOW_NO_RIGHT, .words = "the login is good, but"},
	{"403 for the whole API has logged in, too", .status = 403,
		.body = ERROR("Insufficient rights", "Failed API level ACL Validation"),
		.result = SERVICENOW_NO_RIGHT, .detail = SERVICENOW_API_CLOSED,
		.words = "snc_platform_rest_api_access"},
	{"403 with a page says nothing of the login", .status = 403, .body = "<html>Forbidden",
		.result = SERVICENOW_DENIED, .words = "addresses"},
	{"403 without a body says nothing of the login", .status = 403,
		.result = SERVICENOW_DENIED},

	/* 404 and others */
	{"404 with a page is no ServiceNow", .status = 404, .body = "<html>Not found",
		.result = SERVICENOW_NOT_SERVICENOW, .detail = SERVICENOW_PAGE},
	{"404 in its form is a refusal", .status = 404, .body = ERROR("No Record found", ""),
		.result = SERVICENOW_REFUSED},

	/* 429 */
	{"429 tells until when", .status = 429, .body = ERROR("Rate limit exceeded", ""),
		.reset = "1795552200", .retry_after = "2122", .result = SERVICENOW_RATE_LIMITED,
		.words = "until 2026-11-24T20:30:00Z: try again then"},
	{"429 with Retry-After alone counts from the server's clock", .status = 429,
		.retry_after = "60", .date = "Tue, 24 Nov 2026 19:50:00 GMT",
		.result = SERVICENOW_RATE_LIMITED, .words = "until 2026-11-24T19:51:00Z"},
	{"429 with Retry-After and no Date counts from ours", .status = 429, .retry_after = "60",
		.result = SERVICENOW_RATE_LIMITED, .words = "until 2026-11-24T19:55:38Z"},
	{"429 with a date is until then", .status = 429,
		.retry_after = "Tue, 24 Nov 2026 21:00:00 GMT", .result = SERVICENOW_RATE_LIMITED,
		.words = "until 2026-11-24T21:00:00Z"},
	{"429 with nothing is until later", .status = 429, .result = SERVICENOW_RATE_LIMITED,
		.words = "is rate-limited for now: try again later"},
	{"429 with nonsense is until later", .status = 429, .reset = "soon", .retry_after = "-1",
		.result = SERVICENOW_RATE_LIMITED, .words = "for now"},
	{"429 with a huge number is until its last moment", .status = 429,
		.retry_after = "253402300799", .result = SERVICENOW_RATE_LIMITED,
		.words = "until 9999-12-31T23:59:59Z"},

	/* 5xx */
	{"503 is trouble of the server", .status = 503, .body = "<html>Busy",
		.result = SERVICENOW_SERVER_ERROR, .words = "HTTP 503, the instance is in trouble"},
	{"500 in its form is trouble of the server", .status = 500, .body = ERROR("x", "y"),
		.result = SERVICENOW_SERVER_ERROR},
	{"503 with a hibernating page is hibernating", .status = 503, .body = HIBERNATES,
		.result = SERVICENOW_HIBERNATING},

	/* no answer */
	{"no such host", .transport = SERVICENOW_T_DNS, .not_begun = true, .result = SERVICENOW_DNS,
		.words = "no such host: check"},
	{"no connection", .transport = SERVICENOW_T_CONNECT, .not_begun = true,
		.result = SERVICENOW_CONNECT},
	{"no handshake", .transport = SERVICENOW_T_TLS, .not_begun = true,
		.result = SERVICENOW_TLS},
	{"a certificate in no known words", .transport = SERVICENOW_T_CERTIFICATE,
		.not_begun = true, .trouble = "oh no", .result = SERVICENOW_CERTIFICATE,
		.words = "its certificate was refused"},
	{"an expired certificate", .transport = SERVICENOW_T_CERTIFICATE, .not_begun = true,
		.trouble = "SSL certificate problem: certificate has expired",
		.result = SERVICENOW_CERTIFICATE, .detail = SERVICENOW_EXPIRED},
	{"a certificate of another host", .transport = SERVICENOW_T_CERTIFICATE, .not_begun = true,
		.trouble = "SSL: no alternative certificate subject name matches target host name "
			   "'dev1.example.com'",
		.result = SERVICENOW_CERTIFICATE, .detail = SERVICENOW_OTHER_HOST,
		.words = "for another host"},
	{"a certificate of an unknown CA", .transport = SERVICENOW_T_CERTIFICATE, .not_begun = true,
		.trouble = "SSL certificate problem: unable to get local issuer certificate",
		.result = SERVICENOW_CERTIFICATE, .detail = SERVICENOW_UNKNOWN_CA,
		.words = "--cacert"},
	{"a certificate that signed itself", .transport = SERVICENOW_T_CERTIFICATE,
		.not_begun = true, .trouble = "SSL certificate problem: self-signed certificate",
		.result = SERVICENOW_CERTIFICATE, .detail = SERVICENOW_UNKNOWN_CA},
	{"our own file", .transport = SERVICENOW_T_LOCAL, .not_begun = true,
		.result = SERVICENOW_LOCAL},
	{"a proxy", .transport = SERVICENOW_T_PROXY, .not_begun = true, .result = SERVICENOW_PROXY},
	{"a time-out before a connection", .transport = SERVICENOW_T_TIMEOUT, .not_begun = true,
		.result = SERVICENOW_TIMEOUT},
	{"a time-out", .transport = SERVICENOW_T_TIMEOUT, .result = SERVICENOW_TIMEOUT,
		.words = "--timeout"},
	{"a broken connection", .transport = SERVICENOW_T_BROKEN, .result = SERVICENOW_BROKEN},
	{"401 that broke off", .transport = SERVICENOW_T_CUT_OFF, .status = 401,
		.result = SERVICENOW_BROKEN},
	{"cut by us", .transport = SERVICENOW_T_CANCELLED, .result = SERVICENOW_STOPPED},
	{"answered without a status", .result = SERVICENOW_BROKEN},
};

static struct servicenow_verdict judge(const struct verdict_case *c)
{
	struct servicenow_verdict v;
	struct servicenow_reply r = {
		.transport = c->transport,
		.trouble = c->trouble,
		.began = !c->not_begun,
		.status = c->status,
		.body = c->body,
		.body_len = c->body ? strlen(c->body) : 0,
		.mfa_token = c->mfa,
		.rate_reset = c->reset,
		.retry_after = c->retry_after,
		.date = c->date,
		.location = c->location,
		.wall_ms = NOW_MS,
	};

	memcpy(r.www_authenticate, c->challenge, sizeof(r.www_authenticate));
	servicenow_judge(&r, &v);
	return v;
}

static void each_answer_has_its_verdict(void **state)
{
	char words[SERVICENOW_WORDS_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct verdict_case *c = &cases[i];
		struct servicenow_verdict v = judge(c);

		if (strcmp(servicenow_code(v.result), servicenow_code(c->result)) != 0)
			fail_msg("%s: %s, not %s", c->claim, servicenow_code(v.result),
				servicenow_code(c->result));
		if (c->detail && v.detail != c->detail)
			fail_msg("%s: detail %d", c->claim, v.detail);
		if (v.status != c->status)
			fail_msg("%s: status %d", c->claim, v.status);
		if (c->words && !strstr(servicenow_words(&v, words), c->words))
			fail_msg("%s: %s", c->claim, words);
	}
}

static void only_what_has_not_left_is_untried(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(judge(&cases[i]).untried, cases[i].not_begun);
}

static void only_a_good_login_is_fine(void **state)
{
	for (int r = 0; r < SERVICENOW_RESULTS; r++)
		assert_int_equal(
			servicenow_fine((enum servicenow_result)r), r == SERVICENOW_LOGIN_OK);
}

static void codes_are_words_of_their_own(void **state)
{
	for (int r = 0; r < SERVICENOW_RESULTS; r++) {
		const char *code = servicenow_code((enum servicenow_result)r);

		assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
		for (int other = 0; other < r; other++)
			assert_string_not_equal(
				code, servicenow_code((enum servicenow_result)other));
	}
}

/* Each result that is not fine says what to do, fits, and does not end as a sentence of its
 * own; also with a detail that is another's. */
static void every_sentence_has_a_remedy(void **state)
{
	for (int r = 0; r < SERVICENOW_RESULTS; r++)
		for (int d = 1; d < SERVICENOW_DETAILS; d++) {
			struct servicenow_verdict v = {.result = (enum servicenow_result)r,
				.detail = (enum servicenow_detail)d,
				.status = 599,
				.until_ms = NOW_MS};
			char words[SERVICENOW_WORDS_SIZE];

			if (r == SERVICENOW_UNSENDABLE && d != SERVICENOW_COLON &&
				d != SERVICENOW_CONTROL)
				continue;
			servicenow_words(&v, words);
			assert_string_not_equal(words, servicenow_code(v.result));
			assert_true(strlen(words) < SERVICENOW_WORDS_SIZE - 8);
			assert_true(r == SERVICENOW_LOGIN_OK || strstr(words, ": "));
			assert_true(words[strlen(words) - 1] != '.');
			assert_null(strchr(words, '%'));
		}
}

/* A body may hold NULs and need not end with one. */
static void a_body_is_read_by_its_length(void **state)
{
	static const char page[] = {'<', '\0', 'i', 'n', 's', 't', 'a', 'n', 'c', 'e', ' ', 'H',
		'I', 'B', 'E', 'R', 'N', 'A', 'T', 'I', 'N', 'G'};
	struct servicenow_reply r = {.status = 200, .body = page, .body_len = sizeof(page)};
	struct servicenow_verdict v;

	servicenow_judge(&r, &v);
	assert_int_equal(v.result, SERVICENOW_HIBERNATING);
	r.body_len--;
	servicenow_judge(&r, &v);
	assert_int_equal(v.result, SERVICENOW_NOT_SERVICENOW);
}

static int setup(void **state)
{
	json_setup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_verdict),
		cmocka_unit_test(only_what_has_not_left_is_untried),
		cmocka_unit_test(only_a_good_login_is_fine),
		cmocka_unit_test(codes_are_words_of_their_own),
		cmocka_unit_test(every_sentence_has_a_remedy),
		cmocka_unit_test(a_body_is_read_by_its_length),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
