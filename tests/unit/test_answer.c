/* test_answer.c - the table of what an answer means, one claim a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/answer.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define ETAG "\\\"8e0052a2-0000-0200-0000-5e25fb330000\\\""
#define CREATED_BODY "{\"id\":\"" ID "\",\"etag\":\"" ETAG "\"}"
#define GATEWAY(code) "{\"error_code\":\"" code "\",\"message\":\"m\"}"
#define FLOW(code) "{\"type\":\"https://ns.adobe.com/aep/errors/FLOW-" code "\",\"title\":\"m\"}"

/* What came, and what it means. Unset fields: answered, begun, no body, no header. */
struct answer_case {
	const char *claim;
	enum flow_transport transport;
	const char *trouble;
	bool not_begun;
	int status;
	const char *body;
	const char *retry_after;
	enum flow_class class;
	const char *code;    /* NULL: not looked at */
	const char *message; /* NULL: not looked at */
};

static struct flow_reply reply_of(const struct answer_case *c)
{
	return (struct flow_reply){
		.transport = c->transport,
		.trouble = c->trouble,
		.began = !c->not_begun,
		.status = c->status,
		.body = c->body,
		.body_len = c->body ? strlen(c->body) : 0,
		.retry_after = c->retry_after,
	};
}

static void check(const struct answer_case *c, const struct flow_verdict *v)
{
	assert_string_equal(flow_class_name(v->class), flow_class_name(c->class));
	if (c->code)
		assert_string_equal(v->code, c->code);
	if (c->message)
		assert_string_equal(v->message, c->message);
}

static const struct answer_case creates[] = {
	/* 201 */
	{"201 with id and etag is created", .status = 201, .body = CREATED_BODY,
		.class = FLOW_CREATED, .code = "", .message = ""},
	{"201 without an etag is created", .status = 201, .body = "{\"id\":\"" ID "\"}",
		.class = FLOW_CREATED},
	{"201 without an id is doubtful", .status = 201, .body = "{\"etag\":\"" ETAG "\"}",
		.class = FLOW_DOUBTFUL, .code = "", .message = "HTTP 201, but no readable id"},
	{"201 whose id is no UUID is doubtful", .status = 201, .body = "{\"id\":\"../admin\"}",
		.class = FLOW_DOUBTFUL},
	{"201 whose id is a number is doubtful", .status = 201, .body = "{\"id\":7}",
		.class = FLOW_DOUBTFUL},
	{"201 without a body is doubtful", .status = 201, .class = FLOW_DOUBTFUL},
	{"201 with an empty body is doubtful", .status = 201, .body = "", .class = FLOW_DOUBTFUL},
	{"201 with broken JSON is doubtful", .status = 201, .body = "{\"id\":\"" ID "\"",
		.class = FLOW_DOUBTFUL},
	{"201 with something behind the JSON is doubtful", .status = 201, .body = CREATED_BODY "x",
		.class = FLOW_DOUBTFUL},
	{"201 with two ids is doubtful", .status = 201,
		.body = "{\"id\":\"" ID "\",\"id\":\"69f188b6-1111-4222-8333-000000000000\"}",
		.class = FLOW_DOUBTFUL},
	{"201 with an id in an envelope is doubtful", .status = 201,
		.body = "{\"items\":[" CREATED_BODY "]}", .class = FLOW_DOUBTFUL},
	{"201 with a page of HTML is doubtful", .status = 201, .body = "<html>",
		.class = FLOW_DOUBTFUL},
	{"201 before the body began to leave is created", .not_begun = true, .status = 201,
		.body = CREATED_BODY, .class = FLOW_CREATED},

	/* the body cut off */
	{"201 cut off is broken, even with a whole body", FLOW_T_CUT_OFF, .status = 201,
		.body = CREATED_BODY, .class = FLOW_BROKEN, .code = "broken",
		.message = "the answer broke off before its end"},
	{"200 cut off is broken", FLOW_T_CUT_OFF, .status = 200, .class = FLOW_BROKEN},
	{"1xx cut off is broken", FLOW_T_CUT_OFF, .status = 100, .class = FLOW_BROKEN},
	{"a success cut off is broken although nothing began to leave", FLOW_T_CUT_OFF,
		.not_begun = true, .status = 201, .class = FLOW_BROKEN},
	{"302 cut off is doubtful", FLOW_T_CUT_OFF, .status = 302, .class = FLOW_DOUBTFUL,
		.code = "broken"},
	{"400 cut off is rejected by its status", FLOW_T_CUT_OFF, .status = 400, .body = "{\"mess",
		.class = FLOW_REJECTED, .code = "",
		.message = "the answer broke off before its end"},
	{"401 cut off is the token", FLOW_T_CUT_OFF, .status = 401, .class = FLOW_TOKEN},
	{"409 cut off is a clash", FLOW_T_CUT_OFF, .status = 409, .class = FLOW_CLASH},
	{"429 cut off is throttled and doubtful", FLOW_T_CUT_OFF, .status = 429,
		.body = "{\"error_code\":\"429050\",", .class = FLOW_THROTTLED_DOUBTFUL},
	{"429 cut off with Retry-After is throttled", FLOW_T_CUT_OFF, .status = 429,
		.retry_after = "1", .class = FLOW_THROTTLED},
	{"503 cut off is overload", FLOW_T_CUT_OFF, .status = 503, .class = FLOW_OVERLOAD},
	{"504 cut off is overload by time-out", FLOW_T_CUT_OFF, .status = 504,
		.class = FLOW_OVERLOAD_TIMEOUT},
	{"an error cut off behind its JSON still has its code", FLOW_T_CUT_OFF, .status = 403,
		.body = FLOW("2120-403"), .class = FLOW_FATAL_SANDBOX, .code = "FLOW-2120-403",
		.message = "m"},

	/* nothing was sent */
	{"no address: not sent", FLOW_T_DNS, .not_begun = true, .class = FLOW_NOT_SENT,
		.code = "dns"},
	{"no connection: not sent", FLOW_T_CONNECT, .not_begun = true, .class = FLOW_NOT_SENT,
		.code = "connect"},
	{"no handshake: not sent", FLOW_T_TLS, .not_begun = true, .class = FLOW_NOT_SENT,
		.code = "tls"},
	{"a connect time-out: not sent", FLOW_T_TIMEOUT, .not_begun = true, .class = FLOW_NOT_SENT,
		.code = "timeout"},
	{"a reset before the body: not sent", FLOW_T_BROKEN, .not_begun = true,
		.class = FLOW_NOT_SENT, .code = "broken"},
	{"a veto before the body: not sent", FLOW_T_VETO, .not_begun = true, .class = FLOW_NOT_SENT,
		.code = "broken"},
	{"cancelled before the body: not sent", FLOW_T_CANCELLED, .not_begun = true,
		.class = FLOW_NOT_SENT, .code = "broken"},

	/* fatal to all, without an answer */
	{"a refused certificate is fatal", FLOW_T_CERTIFICATE, .not_begun = true,
		.class = FLOW_FATAL, .code = "tls",
		.message =
			"the server's certificate was refused: check --url, the clock, or give its "
			"CA with --cacert"},
	{"the reason of a refused certificate is told", FLOW_T_CERTIFICATE, .not_begun = true,
		.trouble = "certificate has expired", .class = FLOW_FATAL, .code = "tls",
		.message =
			"the server's certificate was refused: check --url, the clock, or give its "
			"CA with --cacert (certificate has expired)"},
	{"numbers of a failed connection are not, so that equal causes stay equal", FLOW_T_CONNECT,
		.not_begun = true, .trouble = "after 3 ms", .class = FLOW_NOT_SENT,
		.code = "connect",
		.message = "no connection to the server: check --url, the network and the "
			   "firewall"},
	{"an unusable certificate of ours is fatal", FLOW_T_LOCAL, .not_begun = true,
		.class = FLOW_FATAL, .code = "tls"},
	{"a proxy that refuses is fatal", FLOW_T_PROXY, .not_begun = true, .status = 407,
		.class = FLOW_FATAL, .code = "connect"},

	/* it began to leave, and no answer came */
	{"a time-out after the start is the long doubt", FLOW_T_TIMEOUT, .class = FLOW_TIMED_OUT,
		.code = "timeout"},
	{"a reset after the start is broken", FLOW_T_BROKEN, .class = FLOW_BROKEN,
		.code = "broken"},
	{"a vetoed resend is broken", FLOW_T_VETO, .class = FLOW_BROKEN, .code = "broken"},
	{"cancelled after the start is broken", FLOW_T_CANCELLED, .class = FLOW_BROKEN},
	{"a connection lost to TLS after the start is broken", FLOW_T_TLS, .class = FLOW_BROKEN,
		.code = "tls"},
	{"no connection after the start is broken", FLOW_T_CONNECT, .class = FLOW_BROKEN},
	{"no address after the start is broken", FLOW_T_DNS, .class = FLOW_BROKEN},
	{"a time-out in a body of 201 is the long doubt", FLOW_T_TIMEOUT, .status = 201,
		.class = FLOW_TIMED_OUT},

	/* 429 */
	{"429 of the gateway is throttled", .status = 429,
		.body = "{\"error_code\":\"429050\",\"message\":\"Too many requests\"}",
		.class = FLOW_THROTTLED, .code = "429050", .message = "Too many requests"},
	{"429 of the gateway with a number is throttled", .status = 429,
		.body = "{\"error_code\":429050}", .class = FLOW_THROTTLED, .code = "429050"},
	{"429 with Retry-After is throttled", .status = 429, .retry_after = "38",
		.class = FLOW_THROTTLED},
	{"429 with Retry-After: 0 is throttled", .status = 429, .retry_after = "0",
		.class = FLOW_THROTTLED},
	{"429 with an unreadable Retry-After is doubtful", .status = 429, .retry_after = "soon",
		.class = FLOW_THROTTLED_DOUBTFUL},
	{"429 without either is doubtful", .status = 429,
		.body = "{\"title\":\"RequestRateTooLarge\",\"status\":429,\"detail\":\"later\"}",
		.class = FLOW_THROTTLED_DOUBTFUL, .code = "", .message = "later"},
	{"429 with an empty error_code is doubtful", .status = 429, .body = "{\"error_code\":\"\"}",
		.class = FLOW_THROTTLED_DOUBTFUL},
	{"429 with error_code null is doubtful", .status = 429, .body = "{\"error_code\":null}",
		.class = FLOW_THROTTLED_DOUBTFUL},
	{"429 with error_code twice is doubtful", .status = 429,
		.body = "{\"error_code\":\"1\",\"error_code\":\"2\"}",
		.class = FLOW_THROTTLED_DOUBTFUL},
	{"429 of Flow Service is doubtful", .status = 429, .body = FLOW("1000-429"),
		.class = FLOW_THROTTLED_DOUBTFUL, .code = "FLOW-1000-429"},
	{"429 with a fatal code is still throttled", .status = 429, .body = GATEWAY("403000"),
		.class = FLOW_THROTTLED},

	/* overload */
	{"500 is overload", .status = 500, .body = FLOW("1102-500"), .class = FLOW_OVERLOAD,
		.code = "FLOW-1102-500"},
	{"502 is overload", .status = 502, .body = "<html><h1>502 Bad Gateway</h1></html>",
		.class = FLOW_OVERLOAD, .code = "",
		.message = "<html><h1>502 Bad Gateway</h1></html>"},
	{"503 is overload", .status = 503, .class = FLOW_OVERLOAD, .code = "",
		.message = "the server gave no reason"},
	{"504 is overload by time-out", .status = 504, .body = FLOW("1104-504"),
		.class = FLOW_OVERLOAD_TIMEOUT},
	{"408 is overload by time-out", .status = 408, .class = FLOW_OVERLOAD_TIMEOUT},
	{"500 with a body of success is overload", .status = 500, .body = CREATED_BODY,
		.class = FLOW_OVERLOAD},
	{"500 before the body began to leave is overload", .not_begun = true, .status = 500,
		.class = FLOW_OVERLOAD},

	/* 409 */
	{"409 is a clash", .status = 409, .body = "{\"message\":\"exists\"}", .class = FLOW_CLASH,
		.message = "exists"},

	/* 401 */
	{"401 of the gateway is the token", .status = 401, .body = GATEWAY("401013"),
		.class = FLOW_TOKEN, .code = "401013"},
	{"401 without a body is the token", .status = 401, .class = FLOW_TOKEN},
	{"401 with a code of a 403 is the token", .status = 401, .body = GATEWAY("403000"),
		.class = FLOW_TOKEN},
	{"401 with code 2118 is the token", .status = 401, .body = FLOW("2118-403"),
		.class = FLOW_TOKEN},

	/* fatal to all */
	{"403 403000 is fatal", .status = 403, .body = GATEWAY("403000"), .class = FLOW_FATAL},
	{"403 403003 is fatal", .status = 403, .body = GATEWAY("403003"), .class = FLOW_FATAL},
	{"403 403010 is fatal", .status = 403, .body = GATEWAY("403010"), .class = FLOW_FATAL},
	{"403 403010 as a number is fatal", .status = 403, .body = "{\"error_code\":403010}",
		.class = FLOW_FATAL, .code = "403010"},
	{"403 403025 is fatal", .status = 403, .body = GATEWAY("403025"), .class = FLOW_FATAL},
	{"403 403027 is fatal", .status = 403, .body = GATEWAY("403027"), .class = FLOW_FATAL},
	{"400 400003 is fatal", .status = 400, .body = GATEWAY("400003"), .class = FLOW_FATAL},
	{"401 2000-401 is fatal", .status = 401, .body = FLOW("2000-401"), .class = FLOW_FATAL,
		.code = "FLOW-2000-401"},
	{"401 2001-401 is fatal", .status = 401, .body = FLOW("2001-401"), .class = FLOW_FATAL},
	{"401 2002-401 is fatal", .status = 401, .body = FLOW("2002-401"), .class = FLOW_FATAL},
	{"400 2110-400 is fatal", .status = 400, .body = FLOW("2110-400"), .class = FLOW_FATAL},
	{"400 2114-400 is fatal", .status = 400, .body = FLOW("2114-400"), .class = FLOW_FATAL},
	{"400 2115-400 is fatal", .status = 400, .body = FLOW("2115-400"), .class = FLOW_FATAL},
	{"407 is fatal", .status = 407, .body = "<html>", .class = FLOW_FATAL,
		.message = "the proxy asks for a login: check --proxy"},

	/* fatal to the sandbox */
	{"404 2100-404 is fatal to the sandbox", .status = 404, .body = FLOW("2100-404"),
		.class = FLOW_FATAL_SANDBOX},
	{"404 2101-404 is fatal to the sandbox", .status = 404, .body = FLOW("2101-404"),
		.class = FLOW_FATAL_SANDBOX},
	{"404 2103-404 is fatal to the sandbox", .status = 404, .body = FLOW("2103-404"),
		.class = FLOW_FATAL_SANDBOX},
	{"400 2105-400 is fatal to the sandbox", .status = 400, .body = FLOW("2105-400"),
		.class = FLOW_FATAL_SANDBOX},
	{"403 2118-403 is fatal to the sandbox", .status = 403, .body = FLOW("2118-403"),
		.class = FLOW_FATAL_SANDBOX},
	{"403 2120-403 is fatal to the sandbox", .status = 403, .body = FLOW("2120-403"),
		.class = FLOW_FATAL_SANDBOX, .code = "FLOW-2120-403"},
	{"403 2121-403 is fatal to the sandbox", .status = 403, .body = FLOW("2121-403"),
		.class = FLOW_FATAL_SANDBOX},

	/* the status is the answer's, the number the code's */
	{"2120-403 in a 500 is overload", .status = 500, .body = FLOW("2120-403"),
		.class = FLOW_OVERLOAD, .code = "FLOW-2120-403"},
	{"2120-403 in a 404 is rejected", .status = 404, .body = FLOW("2120-403"),
		.class = FLOW_REJECTED},
	{"2120-400 in a 403 is fatal to the sandbox", .status = 403, .body = FLOW("2120-400"),
		.class = FLOW_FATAL_SANDBOX, .code = "FLOW-2120-400"},
	{"2000-401 in a 403 is rejected", .status = 403, .body = FLOW("2000-401"),
		.class = FLOW_REJECTED},
	{"a code in the terse form counts", .status = 403, .body = GATEWAY("2120-403"),
		.class = FLOW_FATAL_SANDBOX, .code = "2120-403"},
	{"21200 is not 2120", .status = 403, .body = FLOW("21200-403"), .class = FLOW_REJECTED},
	{"212 is not 2120", .status = 403, .body = FLOW("212-403"), .class = FLOW_REJECTED},
	{"a fatal code in a message is no code", .status = 403,
		.body = "{\"message\":\"403000 FLOW-2120-403\"}", .class = FLOW_REJECTED,
		.code = ""},

	/* other 4xx */
	{"403 with the body of a 401 is rejected", .status = 403, .body = GATEWAY("401013"),
		.class = FLOW_REJECTED, .code = "401013"},
	{"403 without a code is rejected", .status = 403, .class = FLOW_REJECTED},
	{"400 is rejected", .status = 400,
		.body = "{\"message\":\"Please provide a valid spec id\"}", .class = FLOW_REJECTED,
		.code = "", .message = "Please provide a valid spec id"},
	{"400 1415-400 is rejected", .status = 400, .body = FLOW("1415-400"),
		.class = FLOW_REJECTED},
	{"404 1439-404 is rejected", .status = 404, .body = FLOW("1439-404"),
		.class = FLOW_REJECTED},
	{"402 is rejected", .status = 402, .class = FLOW_REJECTED},
	{"413 is rejected", .status = 413, .class = FLOW_REJECTED},
	{"422 is rejected", .status = 422, .class = FLOW_REJECTED},
	{"499 is rejected", .status = 499, .class = FLOW_REJECTED},
	{"422 before the body began to leave is rejected", .not_begun = true, .status = 422,
		.class = FLOW_REJECTED},
	{"400 with an id is rejected", .status = 400, .body = CREATED_BODY, .class = FLOW_REJECTED},

	/* anything else */
	{"no status is doubtful", .status = 0, .class = FLOW_DOUBTFUL},
	{"101 is doubtful", .status = 101, .class = FLOW_DOUBTFUL},
	{"200 is doubtful, even with an id", .status = 200, .body = CREATED_BODY,
		.class = FLOW_DOUBTFUL, .message = "an answer that this request should not get"},
	{"200 with HTML is doubtful", .status = 200, .body = "<html>", .class = FLOW_DOUBTFUL},
	{"202 is doubtful", .status = 202, .body = CREATED_BODY, .class = FLOW_DOUBTFUL},
	{"204 is doubtful", .status = 204, .class = FLOW_DOUBTFUL},
	{"302 is doubtful", .status = 302, .class = FLOW_DOUBTFUL,
		.message = "a redirect, which is not followed: check --url"},
	{"304 is doubtful", .status = 304, .class = FLOW_DOUBTFUL},
	{"501 is doubtful", .status = 501, .class = FLOW_DOUBTFUL},
	{"520 is doubtful", .status = 520, .body = "<html>", .class = FLOW_DOUBTFUL},
	{"600 is doubtful", .status = 600, .class = FLOW_DOUBTFUL},
};

static void judge_create(void **state)
{
	const struct answer_case *c = *state;
	struct flow_reply r = reply_of(c);
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	check(c, &v);
	if (c->class == FLOW_CREATED)
		assert_string_equal(v.id, ID);
	else
		assert_string_equal(v.id, "");
}

static const struct answer_case reads[] = {
	{"a read: 200 is a page", .status = 200, .body = "{\"items\":[]}", .class = FLOW_PAGE,
		.code = "", .message = ""},
	{"a read: 200 before anything began is a page", .not_begun = true, .status = 200,
		.class = FLOW_PAGE},
	{"a read: 200 cut off is broken", FLOW_T_CUT_OFF, .status = 200, .class = FLOW_BROKEN},
	{"a read: 201 proves nothing", .status = 201, .body = CREATED_BODY, .class = FLOW_DOUBTFUL},
	{"a read: 204 proves nothing", .status = 204, .class = FLOW_DOUBTFUL},
	{"a read: 302 proves nothing", .status = 302, .class = FLOW_DOUBTFUL},
	{"a read: 304 proves nothing", .status = 304, .class = FLOW_DOUBTFUL},
	{"a read: 400 proves nothing", .status = 400, .body = FLOW("1401-400"),
		.class = FLOW_DOUBTFUL, .code = "FLOW-1401-400"},
	{"a read: 404 proves nothing", .status = 404, .class = FLOW_DOUBTFUL},
	{"a read: 409 proves nothing", .status = 409, .class = FLOW_DOUBTFUL},
	{"a read: 414 proves nothing", .status = 414, .class = FLOW_DOUBTFUL},
	{"a read: 401 is the token", .status = 401, .class = FLOW_TOKEN},
	{"a read: 401 2000-401 is fatal", .status = 401, .body = FLOW("2000-401"),
		.class = FLOW_FATAL},
	{"a read: 403 403025 is fatal", .status = 403, .body = GATEWAY("403025"),
		.class = FLOW_FATAL},
	{"a read: 407 is fatal", .status = 407, .class = FLOW_FATAL},
	{"a read: 403 2120-403 is fatal to the sandbox", .status = 403, .body = FLOW("2120-403"),
		.class = FLOW_FATAL_SANDBOX},
	{"a read: 429 of the gateway is throttled", .status = 429, .body = GATEWAY("429050"),
		.class = FLOW_THROTTLED},
	{"a read: any 429 is throttled", .status = 429, .class = FLOW_THROTTLED},
	{"a read: 500 is overload", .status = 500, .class = FLOW_OVERLOAD},
	{"a read: 408 is overload by time-out", .status = 408, .class = FLOW_OVERLOAD_TIMEOUT},
	{"a read: 504 is overload by time-out", .status = 504, .class = FLOW_OVERLOAD_TIMEOUT},
	{"a read: 501 proves nothing", .status = 501, .class = FLOW_DOUBTFUL},
	{"a read: no address: not sent", FLOW_T_DNS, .not_begun = true, .class = FLOW_NOT_SENT},
	{"a read: a reset is broken", FLOW_T_BROKEN, .class = FLOW_BROKEN},
	{"a read: a time-out is one", FLOW_T_TIMEOUT, .class = FLOW_TIMED_OUT},
	{"a read: a refused certificate is fatal", FLOW_T_CERTIFICATE, .not_begun = true,
		.class = FLOW_FATAL},
	{"a read: cancelled is broken", FLOW_T_CANCELLED, .class = FLOW_BROKEN},
};

static void judge_read(void **state)
{
	const struct answer_case *c = *state;
	struct flow_reply r = reply_of(c);
	struct flow_verdict v;

	flow_judge_read(&r, &v);
	check(c, &v);
}

/* ------------------------------------------------- code, message, request id */

static const struct answer_case bodies[] = {
	{"the detailed message comes first",
		.body = "{\"type\":\"https://ns.adobe.com/aep/errors/"
			"FLOW-1439-404\",\"title\":\"t\","
			"\"message\":\"m\",\"detail\":\"d\",\"errorMessage\":\"e\","
			"\"report\":{\"detailed-message\":\"r\"},\"error_code\":\"1\"}",
		.code = "FLOW-1439-404", .message = "r"},
	{"then errorMessage",
		.body = "{\"title\":\"t\",\"message\":\"m\",\"detail\":\"d\","
			"\"errorMessage\":\"e\",\"report\":{}}",
		.message = "e"},
	{"then detail", .body = "{\"title\":\"t\",\"message\":\"m\",\"detail\":\"d\"}",
		.message = "d"},
	{"then message", .body = "{\"title\":\"t\",\"message\":\"m\"}", .message = "m"},
	{"then title", .body = "{\"title\":\"t\"}", .message = "t"},
	{"an empty or other-typed field is passed over",
		.body = "{\"report\":{\"detailed-message\":\"\"},\"errorMessage\":7,\"detail\":"
			"null,"
			"\"message\":[\"x\"],\"title\":\"t\"}",
		.message = "t"},
	{"a report that is no object is passed over",
		.body = "{\"report\":\"x\",\"message\":\"m\"}", .message = "m"},
	{"JSON in no known shape is shown raw", .body = " {\"x\":1}", .code = "",
		.message = "{\"x\":1}"},
	{"a body with duplicate members is shown raw",
		.body = "{\"message\":\"a\",\"message\":\"b\"}", .code = "",
		.message = "{\"message\":\"a\",\"message\":\"b\"}"},
	{"a plain sentence is shown raw", .body = "\r\n no such host", .message = "no such host"},
	{"blanks alone are no reason", .body = " \r\n", .message = "the server gave no reason"},
	{"an error_code is a code", .body = "{\"error_code\":\"400001\"}", .code = "400001"},
	{"a type without /errors/ is no code",
		.body = "{\"type\":\"/placeholder/type/uri\",\"detail\":\"d\"}", .code = "",
		.message = "d"},
	{"behind such a type an error_code counts",
		.body = "{\"type\":\"/placeholder/type/uri\",\"error_code\":9}", .code = "9"},
	{"a code with a blank is none", .body = "{\"error_code\":\"4 0\"}", .code = ""},
	{"a code with a line break is none",
		.body = "{\"type\":\"x/errors/FLOW-1\\r\\nx\",\"error_code\":\"2\"}", .code = "2"},
	{"a code beyond ASCII is none", .body = "{\"error_code\":\"\xc3\xa9\"}", .code = ""},
	{"a code of 63 bytes is taken",
		.body = "{\"error_code\":"
			"\"012345678901234567890123456789012345678901234567890123456789012\"}",
		.code = "012345678901234567890123456789012345678901234567890123456789012"},
	{"a code of 64 bytes is none",
		.body = "{\"error_code\":"
			"\"0123456789012345678901234567890123456789012345678901234567890123\"}",
		.code = ""},
	{"a negative code is none", .body = "{\"error_code\":-1}", .code = ""},
	{"a huge code is none", .body = "{\"error_code\":1e300}", .code = ""},
};

static void read_error_body(void **state)
{
	struct answer_case c = *(const struct answer_case *)*state;
	struct flow_reply r;
	struct flow_verdict v;

	c.status = 400;
	c.class = FLOW_REJECTED;
	r = reply_of(&c);
	flow_judge_create(&r, &v);
	check(&c, &v);
}

static void judge_with_secrets(const char *body, const char *const *secrets, size_t count,
	enum flow_transport transport, struct flow_verdict *ret)
{
	struct flow_reply r = {.transport = transport,
		.began = true,
		.status = 400,
		.body = body,
		.body_len = strlen(body),
		.secrets = secrets,
		.secret_count = count};

	flow_judge_create(&r, ret);
}

static void an_echoed_secret_is_cut_out_of_the_message(void **state)
{
	static const char *const secrets[] = {"hunter-22"};
	struct flow_verdict v;

	judge_with_secrets(
		"{\"message\":\"bad login hunter-22 for x\"}", secrets, 1, FLOW_T_ANSWERED, &v);
	assert_null(strstr(v.message, "hunter"));
	assert_non_null(strstr(v.message, "bad login"));
	assert_non_null(strstr(v.message, "for x"));
}

/* Redacted before it is cut: half a secret would not be recognised any more. */
static void a_secret_across_the_cut_is_cut_out_of_raw_text(void **state)
{
	static const char *const secrets[] = {"hunter-22-hunter-22-hunter-22"};
	char body[400];
	struct flow_verdict v;

	memset(body, 'x', sizeof(body));
	memcpy(body + 190, secrets[0], strlen(secrets[0]));
	body[sizeof(body) - 1] = '\0';
	judge_with_secrets(body, secrets, 1, FLOW_T_ANSWERED, &v);
	assert_int_equal(strlen(v.message), 200);
	assert_null(strstr(v.message, "hunter"));
}

static void a_secret_across_the_cut_is_cut_out_of_a_field(void **state)
{
	static const char *const secrets[] = {"hunter-22-hunter-22-hunter-22"};
	char body[800] = "{\"message\":\"";
	struct flow_verdict v;

	memset(body + 12, 'x', sizeof(body) - 12);
	memcpy(body + 12 + 500, secrets[0], strlen(secrets[0]));
	memcpy(body + sizeof(body) - 3, "\"}", 3);
	judge_with_secrets(body, secrets, 1, FLOW_T_ANSWERED, &v);
	assert_int_equal(strlen(v.message), sizeof(v.message) - 1);
	assert_null(strstr(v.message, "hunter"));
}

static void a_body_that_broke_off_is_not_shown_raw(void **state)
{
	static const char *const secrets[] = {"hunter-22"};
	struct flow_verdict v;

	judge_with_secrets("{\"message\":\"bad login hunter-", secrets, 1, FLOW_T_CUT_OFF, &v);
	assert_string_equal(v.message, "the answer broke off before its end");
}

static void a_message_with_a_short_secret_is_dropped_and_its_code_stays(void **state)
{
	static const char *const secrets[] = {"abc"};
	struct flow_verdict v;

	judge_with_secrets("{\"error_code\":\"4abc\",\"message\":\"no abc\"}", secrets, 1,
		FLOW_T_ANSWERED, &v);
	assert_string_equal(v.message, "");
	assert_string_equal(v.code, "4abc");
}

static void a_secret_is_neither_code_nor_request_id_nor_etag(void **state)
{
	static const char *const secrets[] = {NULL, "", "hunter-22"};
	struct flow_reply r = {.began = true,
		.status = 201,
		.secrets = secrets,
		.secret_count = 3,
		.request_id = "x-hunter-22"};
	struct flow_verdict v;

	judge_with_secrets(
		"{\"error_code\":\"xhunter-22x\",\"report\":{\"request-id\":\"hunter-22\"}}",
		secrets, 3, FLOW_T_ANSWERED, &v);
	assert_string_equal(v.code, "");
	assert_string_equal(v.request_id, "");

	r.body = "{\"id\":\"" ID "\",\"etag\":\"hunter-22\"}";
	r.body_len = strlen(r.body);
	flow_judge_create(&r, &v);
	assert_string_equal(v.id, ID);
	assert_string_equal(v.etag, "");
	assert_string_equal(v.request_id, "");
}

static void raw_text_is_cut_between_characters(void **state)
{
	char body[300];
	struct flow_verdict v;

	memset(body, 'x', sizeof(body));
	memcpy(body + 199, "\xe2\x82\xac", 3);
	body[sizeof(body) - 1] = '\0';
	judge_with_secrets(body, NULL, 0, FLOW_T_ANSWERED, &v);
	assert_int_equal(strlen(v.message), 199);

	memcpy(body + 196,
		"\xe2\x82\xac"
		"xxx",
		6);
	judge_with_secrets(body, NULL, 0, FLOW_T_ANSWERED, &v);
	assert_int_equal(strlen(v.message), 200);
	assert_true(utf8_valid(v.message, 199));
}

static void raw_text_ends_at_a_nul(void **state)
{
	struct flow_reply r = {.began = true, .status = 400, .body = "ab\0cd", .body_len = 5};
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	assert_string_equal(v.message, "ab");
}

static void the_body_ends_at_its_length(void **state)
{
	struct flow_reply r = {
		.began = true, .status = 400, .body = "{\"title\":\"t\"}garbage", .body_len = 13};
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	assert_string_equal(v.message, "t");
}

static void the_header_names_the_request_before_the_report(void **state)
{
	struct flow_reply r = {.began = true,
		.status = 400,
		.body = "{\"report\":{\"request-id\":\"r-2\"}}",
		.body_len = 31,
		.request_id = "r-1"};
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	assert_string_equal(v.request_id, "r-1");
	r.request_id = NULL;
	flow_judge_create(&r, &v);
	assert_string_equal(v.request_id, "r-2");
	r.request_id = "has a blank";
	flow_judge_create(&r, &v);
	assert_string_equal(v.request_id, "r-2");
}

static void a_request_id_that_is_too_long_is_none(void **state)
{
	char id[130];
	struct flow_reply r = {.began = true,
		.status = 201,
		.body = CREATED_BODY,
		.body_len = strlen(CREATED_BODY),
		.request_id = id};
	struct flow_verdict v;

	memset(id, 'i', sizeof(id));
	id[128] = '\0';
	flow_judge_create(&r, &v);
	assert_string_equal(v.request_id, "");
	id[127] = '\0';
	flow_judge_create(&r, &v);
	assert_string_equal(v.request_id, id);
}

/* -------------------------------------------------------------- id and etag */

static void judge_created(const char *body, struct flow_verdict *ret)
{
	struct flow_reply r = {
		.began = true, .status = 201, .body = body, .body_len = strlen(body)};

	flow_judge_create(&r, ret);
	assert_int_equal(ret->class, FLOW_CREATED);
}

static void an_etag_keeps_its_quotes(void **state)
{
	struct flow_verdict v;

	judge_created(CREATED_BODY, &v);
	assert_string_equal(v.etag, "\"8e0052a2-0000-0200-0000-5e25fb330000\"");
	judge_created("{\"id\":\"" ID "\",\"etag\":\"W/\\\"a b\\\"\"}", &v);
	assert_string_equal(v.etag, "W/\"a b\"");
}

static void an_etag_unfit_for_a_header_is_none(void **state)
{
	char body[400] = "{\"id\":\"" ID "\",\"etag\":\"";
	size_t len = strlen(body);
	struct flow_verdict v;

	judge_created("{\"id\":\"" ID "\",\"etag\":\"a\\r\\nx: y\"}", &v);
	assert_string_equal(v.etag, "");
	judge_created("{\"id\":\"" ID "\",\"etag\":\"\xc3\xa9\"}", &v);
	assert_string_equal(v.etag, "");
	judge_created("{\"id\":\"" ID "\",\"etag\":\"a\x7f\"}", &v);
	assert_string_equal(v.etag, "");
	judge_created("{\"id\":\"" ID "\",\"etag\":7}", &v);
	assert_string_equal(v.etag, "");

	memset(body + len, 'e', 256);
	memcpy(body + len + 256, "\"}", 3);
	judge_created(body, &v);
	assert_string_equal(v.etag, "");
	memcpy(body + len + 255, "\"}", 3);
	judge_created(body, &v);
	assert_int_equal(strlen(v.etag), 255);
}

/* ------------------------------------------------------------------ headers */

static nsec_t retry_after(const char *value, const char *date, int64_t wall_ms)
{
	struct flow_reply r = {.began = true,
		.status = 503,
		.retry_after = value,
		.date = date,
		.wall_ms = wall_ms};
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	assert_int_equal(v.class, FLOW_OVERLOAD);
	return v.retry_after;
}

static void retry_after_is_seconds(void **state)
{
	assert_int_equal(retry_after("0", NULL, 0), 0);
	assert_int_equal(retry_after("38", NULL, 0), 38 * SEC);
	assert_int_equal(retry_after(" 038\t ", NULL, 0), 38 * SEC);
	assert_int_equal(retry_after("9223372035", NULL, 0), INT64_C(9223372035) * SEC);
}

static void big_numbers_of_seconds_saturate(void **state)
{
	assert_int_equal(retry_after("9223372036", NULL, 0), NSEC_NEVER);
	assert_int_equal(retry_after("9223372036854775807", NULL, 0), NSEC_NEVER);
	assert_int_equal(retry_after("99999999999999999999999999999999999", NULL, 0), NSEC_NEVER);
}

static void what_is_neither_seconds_nor_date_is_absent(void **state)
{
	static const char *const others[] = {"", " ", "-1", "+1", "1.5", "1 2", "1s", "0x10",
		"soon", "Mon", "Mon, 99 Nov 2026 00:00:00 GMT"};

	assert_int_equal(retry_after(NULL, NULL, 0), NSEC_NONE);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(retry_after(others[i], NULL, 0), NSEC_NONE);
}

static void a_date_counts_from_the_servers_own_date(void **state)
{
	assert_int_equal(retry_after("Sun, 06 Nov 1994 08:50:07 GMT",
				 "Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(1) << 41),
		30 * SEC);
}

static void a_date_without_date_counts_from_our_clock(void **state)
{
	const int64_t at = INT64_C(784111777000); /* Sun, 06 Nov 1994 08:49:37 GMT */

	assert_int_equal(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", NULL, at), 10 * SEC);
	assert_int_equal(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", "yesterday", at), 10 * SEC);
}

static void a_date_in_the_past_is_no_wait(void **state)
{
	assert_int_equal(
		retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", 0),
		0);
	assert_int_equal(
		retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT", 0),
		0);
}

static void a_date_far_away_saturates(void **state)
{
	assert_int_equal(retry_after("Fri, 31 Dec 9999 23:59:59 GMT", NULL, 1), NSEC_NEVER);
}

static void the_servers_time_is_its_date(void **state)
{
	struct flow_reply r = {.began = true,
		.status = 201,
		.body = CREATED_BODY,
		.body_len = strlen(CREATED_BODY),
		.date = "Sun, 06 Nov 1994 08:49:37 GMT"};
	struct flow_verdict v;

	flow_judge_create(&r, &v);
	assert_int_equal(v.server_ms, INT64_C(784111777000));
	r.date = "yesterday";
	flow_judge_create(&r, &v);
	assert_int_equal(v.server_ms, 0);
	r.date = NULL;
	flow_judge_read(&r, &v);
	assert_int_equal(v.server_ms, 0);
	assert_int_equal(v.retry_after, NSEC_NONE);
}

static void every_class_has_its_name(void **state)
{
	for (int a = FLOW_CREATED; a <= FLOW_IN_USE; a++)
		for (int b = FLOW_CREATED; b < a; b++)
			assert_string_not_equal(flow_class_name((enum flow_class)a),
				flow_class_name((enum flow_class)b));
}

/* --------------------------------------------------------------------- main */

static size_t add_cases(struct CMUnitTest *tests, size_t n, const struct answer_case *cases,
	size_t count, CMUnitTestFunction judge)
{
	for (size_t i = 0; i < count; i++)
		tests[n++] = (struct CMUnitTest){.name = cases[i].claim,
			.test_func = judge,
			.initial_state = (void *)(uintptr_t)&cases[i]};
	return n;
}

int main(void)
{
	const struct CMUnitTest plain[] = {
		cmocka_unit_test(an_echoed_secret_is_cut_out_of_the_message),
		cmocka_unit_test(a_secret_across_the_cut_is_cut_out_of_raw_text),
		cmocka_unit_test(a_secret_across_the_cut_is_cut_out_of_a_field),
		cmocka_unit_test(a_body_that_broke_off_is_not_shown_raw),
		cmocka_unit_test(a_message_with_a_short_secret_is_dropped_and_its_code_stays),
		cmocka_unit_test(a_secret_is_neither_code_nor_request_id_nor_etag),
		cmocka_unit_test(raw_text_is_cut_between_characters),
		cmocka_unit_test(raw_text_ends_at_a_nul),
		cmocka_unit_test(the_body_ends_at_its_length),
		cmocka_unit_test(the_header_names_the_request_before_the_report),
		cmocka_unit_test(a_request_id_that_is_too_long_is_none),
		cmocka_unit_test(an_etag_keeps_its_quotes),
		cmocka_unit_test(an_etag_unfit_for_a_header_is_none),
		cmocka_unit_test(retry_after_is_seconds),
		cmocka_unit_test(big_numbers_of_seconds_saturate),
		cmocka_unit_test(what_is_neither_seconds_nor_date_is_absent),
		cmocka_unit_test(a_date_counts_from_the_servers_own_date),
		cmocka_unit_test(a_date_without_date_counts_from_our_clock),
		cmocka_unit_test(a_date_in_the_past_is_no_wait),
		cmocka_unit_test(a_date_far_away_saturates),
		cmocka_unit_test(the_servers_time_is_its_date),
		cmocka_unit_test(every_class_has_its_name),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(creates) + ARRAY_SIZE(reads) +
				       ARRAY_SIZE(bodies) + ARRAY_SIZE(plain)];
	size_t n = 0;

	json_setup();
	n = add_cases(tests, n, creates, ARRAY_SIZE(creates), judge_create);
	n = add_cases(tests, n, reads, ARRAY_SIZE(reads), judge_read);
	n = add_cases(tests, n, bodies, ARRAY_SIZE(bodies), read_error_body);
	memcpy(tests + n, plain, sizeof(plain));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
