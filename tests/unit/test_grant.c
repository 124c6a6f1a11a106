/* test_grant.c - the token request, and the table of what its answer means, one
 * claim a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/redact.h"
#include "flow/token.h"

#define DAY ((nsec_t)86400 * SEC)
#define BODY(more) "{\"access_token\":\"token-1\"" more "}"
#define OAUTH(code) "{\"error\":\"" code "\",\"error_description\":\"d\"}"
#define SECRET "s3cret \"\\%+&=-\xc3\xb6"

static char token[FLOW_TOKEN_MAX + 1];
static struct flow_grant_verdict v;

static void judge(const struct flow_reply *r)
{
	memset(token, '?', sizeof(token));
	flow_judge_token(r, token, &v);
}

/* ------------------------------------------------------------------- asking */

static void assert_body(
	const char *id, const char *secret, const char *scopes, const char *expected)
{
	struct buf b;

	buf_init_secret(&b, 1 << 16);
	assert_int_equal(flow_token_body(&b, id, secret, scopes), 0);
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

static void the_form_has_four_fields(void **state)
{
	assert_body("id-1", "secret-1", "openid,AdobeID",
		"grant_type=client_credentials&client_id=id-1&client_secret=secret-1"
		"&scope=openid%2CAdobeID");
}

/* Nothing in a value can begin another field. */
static void values_are_encoded(void **state)
{
	assert_body("a&b", "c=d&scope=all +%\xc3\xb6", "e",
		"grant_type=client_credentials&client_id=a%26b"
		"&client_secret=c%3Dd%26scope%3Dall%20%2B%25%C3%B6&scope=e");
}

static void scopes_are_sent_as_given_but_for_needless_blanks(void **state)
{
	static const char *const cases[][2] = {
		{"openid, AdobeID", "openid%2CAdobeID"},
		{"openid ,\tAdobeID", "openid%2CAdobeID"},
		{" openid AdobeID ", "openid%20AdobeID"},
		{"openid  AdobeID", "openid%20AdobeID"},
		{"openid", "openid"},
		{"a.b,c_d", "a.b%2Cc_d"},
		{" , ", "%2C"},
	};
	char expected[200];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(expected,
			"grant_type=client_credentials&client_id=i&client_secret=s&scope=");
		strcat(expected, cases[i][1]);
		assert_body("i", "s", cases[i][0], expected);
	}
}

static void a_body_that_does_not_fit_is_an_error(void **state)
{
	struct buf b;

	buf_init_secret(&b, 60);
	assert_true(flow_token_body(&b, "id", "a long enough secret", "scope") < 0);
	buf_done(&b);
}

/* By name and by value: so it is out of a trace, and of an answer that echoes it. */
static void redaction_cuts_the_secret_out_of_the_form(void **state)
{
	static const char *const secrets[] = {SECRET};
	static const char encoded[] = "s3cret%20%22%5C%25%2B%26%3D-%C3%B6";
	struct buf body, shown;

	buf_init_secret(&body, 1 << 16);
	buf_init(&shown, 1 << 16);
	assert_int_equal(flow_token_body(&body, "id-1", SECRET, "openid"), 0);
	assert_non_null(strstr(body.data, encoded));
	assert_int_equal(redact(&shown, body.data, secrets, 1), 0);
	assert_null(strstr(shown.data, encoded));
	assert_non_null(strstr(shown.data, "client_secret=" REDACTED));
	assert_non_null(strstr(shown.data, "scope=openid"));

	buf_reset(&shown);
	assert_int_equal(
		redact(&shown, "you sent s3cret%20%22%5C%25%2B%26%3D-%C3%B6 to us", secrets, 1), 0);
	assert_string_equal(shown.data, "you sent " REDACTED " to us");
	buf_done(&body);
	buf_done(&shown);
}

/* ----------------------------------------------------------------- the table */

struct grant_case {
	const char *claim;
	enum flow_transport transport;
	int status;
	const char *body;
	const char *trouble; /* libcurl's words */
	enum flow_grant grant;
	const char *code;    /* NULL: not looked at */
	const char *message; /* NULL: not looked at */
	const char *advice;  /* a part of it; NULL: not looked at */
};

static const struct grant_case cases[] = {
	/* 200 */
	{"a token", .status = 200, .body = BODY(",\"token_type\":\"bearer\",\"expires_in\":86399"),
		.grant = FLOW_GRANTED, .code = "", .message = ""},
	{"the type in another case", .status = 200, .body = BODY(",\"token_type\":\"Bearer\""),
		.grant = FLOW_GRANTED},
	{"no type", .status = 200, .body = BODY(""), .grant = FLOW_GRANTED},
	{"another type", .status = 200, .body = BODY(",\"token_type\":\"mac\""),
		.grant = FLOW_GRANT_FAILED, .message = "a token of another type than bearer"},
	{"no token", .status = 200, .body = "{\"expires_in\":86399}", .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 200 without an access_token", .advice = "--token-url"},
	{"an empty token", .status = 200, .body = "{\"access_token\":\"\"}",
		.grant = FLOW_GRANT_FAILED},
	{"a token that is a number", .status = 200, .body = "{\"access_token\":7}",
		.grant = FLOW_GRANT_FAILED},
	{"a token with a line's end", .status = 200,
		.body = "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", .grant = FLOW_GRANT_FAILED,
		.message = "an access_token that no header may carry"},
	{"a token with a blank", .status = 200, .body = "{\"access_token\":\"a b\"}",
		.grant = FLOW_GRANT_FAILED},
	{"a token beyond ASCII", .status = 200, .body = "{\"access_token\":\"\xc3\xb6\"}",
		.grant = FLOW_GRANT_FAILED},
	{"two tokens", .status = 200, .body = BODY(",\"access_token\":\"token-2\""),
		.grant = FLOW_GRANT_FAILED},
	{"a page of HTML", .status = 200, .body = "<html>", .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 200, but nothing that can be read", .advice = "--token-url"},
	{"half a body", .status = 200, .body = "{\"access_token\":\"tok",
		.grant = FLOW_GRANT_FAILED},
	{"no body", .status = 200, .grant = FLOW_GRANT_FAILED},
	{"a whole token in an answer that broke off", FLOW_T_CUT_OFF, .status = 200,
		.body = BODY(""), .grant = FLOW_GRANT_FAILED, .code = "broken"},
	{"201", .status = 201, .body = BODY(""), .grant = FLOW_GRANT_FAILED},

	/* no life */
	{"a life of nothing", .status = 200, .body = BODY(",\"expires_in\":0"),
		.grant = FLOW_GRANT_FAILED,
		.message = "a token whose expires_in is no time to live"},
	{"a life below nothing", .status = 200, .body = BODY(",\"expires_in\":-1"),
		.grant = FLOW_GRANT_FAILED},
	{"a life in words", .status = 200, .body = BODY(",\"expires_in\":\"soon\""),
		.grant = FLOW_GRANT_FAILED},
	{"a life that is an object", .status = 200, .body = BODY(",\"expires_in\":{}"),
		.grant = FLOW_GRANT_FAILED},

	/* an error of OAuth */
	{"IMS's answer to a wrong secret", .status = 400,
		.body = "{\"error\":\"invalid_client\",\"error_description\":"
			"\"invalid client_secret parameter\"}",
		.grant = FLOW_GRANT_REFUSED, .code = "invalid_client",
		.message = "invalid client_secret parameter",
		.advice = "check AEP_CLIENT_ID and AEP_CLIENT_SECRET"},
	{"the same as 401", .status = 401, .body = OAUTH("invalid_client"),
		.grant = FLOW_GRANT_REFUSED, .code = "invalid_client", .message = "d"},
	{"the same as 403", .status = 403, .body = OAUTH("invalid_client"),
		.grant = FLOW_GRANT_REFUSED},
	{"invalid_grant", .status = 400, .body = OAUTH("invalid_grant"),
		.grant = FLOW_GRANT_REFUSED, .advice = "AEP_CLIENT_SECRET"},
	{"invalid_scope", .status = 400, .body = OAUTH("invalid_scope"),
		.grant = FLOW_GRANT_REFUSED, .code = "invalid_scope", .advice = "AEP_SCOPES"},
	{"invalid_request", .status = 400, .body = OAUTH("invalid_request"),
		.grant = FLOW_GRANT_REFUSED, .advice = "--token-url"},
	{"unauthorized_client", .status = 400, .body = OAUTH("unauthorized_client"),
		.grant = FLOW_GRANT_REFUSED, .advice = "Server-to-Server"},
	{"unsupported_grant_type", .status = 400, .body = OAUTH("unsupported_grant_type"),
		.grant = FLOW_GRANT_REFUSED, .advice = "--token-url"},
	{"access_denied", .status = 403, .body = OAUTH("access_denied"),
		.grant = FLOW_GRANT_REFUSED, .advice = "AEP_CLIENT_ID"},
	{"an error without a description", .status = 400, .body = "{\"error\":\"invalid_client\"}",
		.grant = FLOW_GRANT_REFUSED, .code = "invalid_client"},
	{"an error that broke off behind its JSON", FLOW_T_CUT_OFF, .status = 400,
		.body = OAUTH("invalid_client"), .grant = FLOW_GRANT_REFUSED},
	{"an error in half a body", FLOW_T_CUT_OFF, .status = 400,
		.body = "{\"error\":\"invalid_client\"", .grant = FLOW_GRANT_FAILED},
	{"an error of the server's own", .status = 400, .body = OAUTH("temporarily_unavailable"),
		.grant = FLOW_GRANT_FAILED, .code = "temporarily_unavailable",
		.message = "HTTP 400: d"},
	{"an error of OAuth in a 500", .status = 500, .body = OAUTH("invalid_client"),
		.grant = FLOW_GRANT_FAILED},
	{"an error of OAuth in a 404", .status = 404, .body = OAUTH("invalid_request"),
		.grant = FLOW_GRANT_FAILED},
	{"an error that is no string", .status = 400, .body = "{\"error\":{\"code\":7}}",
		.grant = FLOW_GRANT_FAILED, .code = ""},
	{"400 with a page of HTML", .status = 400, .body = "<html>", .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 400: <html>", .advice = "--token-url"},
	{"403 of a gateway", .status = 403,
		.body = "{\"error_code\":\"403000\",\"message\":\"Api Key is required\"}",
		.grant = FLOW_GRANT_FAILED, .code = "403000",
		.message = "HTTP 403: Api Key is required"},
	{"401 without a body", .status = 401, .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 401: the server gave no reason"},

	/* other statuses */
	{"429", .status = 429, .body = "{\"error\":\"too_many\"}", .grant = FLOW_GRANT_FAILED,
		.code = "too_many", .advice = "wait"},
	{"500", .status = 500, .grant = FLOW_GRANT_FAILED, .advice = "try again later"},
	{"503 with words", .status = 503, .body = "upstream is down", .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 503: upstream is down"},
	{"404", .status = 404, .grant = FLOW_GRANT_FAILED, .advice = "check --token-url"},
	{"a redirect", .status = 302, .grant = FLOW_GRANT_FAILED,
		.message = "HTTP 302: a redirect, which is not followed",
		.advice = "check --token-url"},
	{"407", .status = 407, .grant = FLOW_GRANT_REFUSED, .advice = "--proxy"},

	/* no answer */
	{"no address", FLOW_T_DNS, .grant = FLOW_GRANT_FAILED, .code = "dns",
		.message = "its name was not found", .advice = "--token-url"},
	{"no connection", FLOW_T_CONNECT, .grant = FLOW_GRANT_FAILED, .code = "connect"},
	{"no handshake", FLOW_T_TLS, .grant = FLOW_GRANT_FAILED, .code = "tls"},
	{"a refused certificate", FLOW_T_CERTIFICATE, .grant = FLOW_GRANT_REFUSED, .code = "tls",
		.message = "its certificate was refused", .advice = "--cacert"},
	{"a refused certificate with its reason", FLOW_T_CERTIFICATE,
		.trouble = "certificate has expired", .grant = FLOW_GRANT_REFUSED,
		.message = "its certificate was refused: certificate has expired"},
	{"no connection, however libcurl says it", FLOW_T_CONNECT, .trouble = "after 3 ms",
		.grant = FLOW_GRANT_FAILED, .message = "no connection"},
	{"files of ours", FLOW_T_LOCAL, .grant = FLOW_GRANT_REFUSED, .advice = "--client-key"},
	{"a proxy that refuses", FLOW_T_PROXY, .grant = FLOW_GRANT_REFUSED, .advice = "--proxy"},
	{"a time-out", FLOW_T_TIMEOUT, .grant = FLOW_GRANT_FAILED, .code = "timeout"},
	{"a reset", FLOW_T_BROKEN, .grant = FLOW_GRANT_FAILED, .code = "broken"},
	{"a resend that was vetoed", FLOW_T_VETO, .grant = FLOW_GRANT_FAILED, .code = "broken"},
	{"our own cut", FLOW_T_CANCELLED, .grant = FLOW_GRANT_FAILED, .code = "broken"},
	{"an informational answer that broke off", FLOW_T_CUT_OFF, .status = 100,
		.grant = FLOW_GRANT_FAILED},
};

static void a_line_of_the_table_holds(void **state)
{
	const struct grant_case *c = *state;

	judge(&(struct flow_reply){
		.transport = c->transport,
		.began = true,
		.status = c->status,
		.body = c->body,
		.body_len = c->body ? strlen(c->body) : 0,
		.trouble = c->trouble,
	});
	assert_string_equal(flow_grant_name(v.grant), flow_grant_name(c->grant));
	assert_string_equal(v.grant == FLOW_GRANTED ? token : "token-1", "token-1");
	if (v.grant != FLOW_GRANTED)
		assert_int_equal(token[0], '?');
	assert_int_equal(v.grant == FLOW_GRANTED, v.life > 0);
	assert_int_equal(v.grant == FLOW_GRANTED || c->transport == FLOW_T_CANCELLED, !*v.advice);
	assert_true(v.retry_after == NSEC_NONE);
	if (c->code)
		assert_string_equal(v.code, c->code);
	if (c->message)
		assert_string_equal(v.message, c->message);
	if (c->advice)
		assert_non_null(strstr(v.advice, c->advice));
}

/* ------------------------------------------------------------------ the rest */

static nsec_t life_of(const char *body)
{
	judge(&(struct flow_reply){.status = 200, .body = body, .body_len = strlen(body)});
	assert_int_equal(v.grant, FLOW_GRANTED);
	return v.life;
}

static void life_is_in_seconds_and_a_day_where_none_is_told(void **state)
{
	assert_true(life_of(BODY(",\"expires_in\":86399")) == 86399 * SEC);
	assert_true(life_of(BODY(",\"expires_in\":\"3600\"")) == 3600 * SEC);
	assert_true(life_of(BODY(",\"expires_in\":1.9")) == 1 * SEC);
	assert_true(life_of(BODY("")) == DAY);
	assert_true(life_of(BODY(",\"expires_in\":null")) == DAY);
	assert_true(life_of(BODY(",\"expires_in\":1e300")) == 3650 * DAY);
	assert_true(life_of(BODY(",\"expires_in\":\"18446744073709551615\"")) == 3650 * DAY);
}

static void a_token_may_have_16_kib_and_no_more(void **state)
{
	static char body[FLOW_TOKEN_MAX + 64];
	size_t head;

	strcpy(body, "{\"access_token\":\"");
	head = strlen(body);
	memset(body + head, 'x', FLOW_TOKEN_MAX);
	strcpy(body + head + FLOW_TOKEN_MAX, "\"}");
	life_of(body);
	assert_int_equal(strlen(token), FLOW_TOKEN_MAX);

	strcpy(body + head + FLOW_TOKEN_MAX, "x\"}");
	judge(&(struct flow_reply){.status = 200, .body = body, .body_len = strlen(body)});
	assert_int_equal(v.grant, FLOW_GRANT_FAILED);
	assert_string_equal(v.message, "an access_token of over 16 KiB");
}

static void a_failure_tells_how_long_the_server_asks_to_wait(void **state)
{
	judge(&(struct flow_reply){.status = 429, .retry_after = "7"});
	assert_true(v.retry_after == 7 * SEC);
	judge(&(struct flow_reply){
		.status = 503,
		.retry_after = "Tue, 24 Nov 2026 10:00:30 GMT",
		.date = "Tue, 24 Nov 2026 10:00:00 GMT",
	});
	assert_true(v.retry_after == 30 * SEC);
	judge(&(struct flow_reply){.status = 503, .retry_after = "soon"});
	assert_true(v.retry_after == NSEC_NONE);
}

static void the_words_of_a_refusal_hold_no_secret(void **state)
{
	static const char *const secrets[] = {"secret-1", "token-0"};
	static const char body[] = "{\"error\":\"invalid_client\",\"error_description\":"
				   "\"secret-1 is wrong, so is token-0 (client_secret=other)\"}";

	judge(&(struct flow_reply){
		.status = 400,
		.body = body,
		.body_len = strlen(body),
		.secrets = secrets,
		.secret_count = 2,
	});
	assert_int_equal(v.grant, FLOW_GRANT_REFUSED);
	assert_null(strstr(v.message, "secret-1"));
	assert_null(strstr(v.message, "token-0"));
	assert_null(strstr(v.message, "other"));
	assert_non_null(strstr(v.message, "is wrong"));
}

static void a_code_that_holds_a_secret_is_none(void **state)
{
	static const char *const secrets[] = {"secret-1"};
	static const char body[] = "{\"error\":\"secret-1\"}";

	judge(&(struct flow_reply){
		.status = 400,
		.body = body,
		.body_len = strlen(body),
		.secrets = secrets,
		.secret_count = 1,
	});
	assert_string_equal(v.code, "");
	assert_null(strstr(v.message, "secret-1"));
}

int main(void)
{
	const struct CMUnitTest plain[] = {
		cmocka_unit_test(the_form_has_four_fields),
		cmocka_unit_test(values_are_encoded),
		cmocka_unit_test(scopes_are_sent_as_given_but_for_needless_blanks),
		cmocka_unit_test(a_body_that_does_not_fit_is_an_error),
		cmocka_unit_test(redaction_cuts_the_secret_out_of_the_form),
		cmocka_unit_test(life_is_in_seconds_and_a_day_where_none_is_told),
		cmocka_unit_test(a_token_may_have_16_kib_and_no_more),
		cmocka_unit_test(a_failure_tells_how_long_the_server_asks_to_wait),
		cmocka_unit_test(the_words_of_a_refusal_hold_no_secret),
		cmocka_unit_test(a_code_that_holds_a_secret_is_none),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(cases) + ARRAY_SIZE(plain)];

	json_setup();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].claim,
			.test_func = a_line_of_the_table_holds,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	memcpy(tests + ARRAY_SIZE(cases), plain, sizeof(plain));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
