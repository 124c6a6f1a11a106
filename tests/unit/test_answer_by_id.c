/* test_answer_by_id.c - what an answer about one connection means, one claim a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "flow/answer.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define VERSION_BODY "{\"id\":\"" ID "\",\"etag\":\"\\\"8e00\\\"\"}"
#define GATEWAY(code) "{\"error_code\":\"" code "\",\"message\":\"m\"}"
#define FLOW(code)                                                                                 \
	"{\"type\":\"https://ns.adobe.com/aep/errors/FLOW-" code                                   \
	"\",\"report\":{\"detailed-message\":\"m\"}}"
#define OLDER "{\"errorMessage\":\"connections not found\",\"errorDetails\":\"same\"}"
#define FAILED_WORDS                                                                               \
	"Adobe cannot connect with it: check endpoint, username and password, and that the "       \
	"instance lets Adobe in"

typedef void (*judge_fn)(const struct flow_reply *r, struct flow_verdict *ret);

/* Unset fields: answered, begun, no body, no header. */
struct answer_case {
	const char *claim;
	enum flow_transport transport;
	bool not_begun;
	int status;
	const char *body;
	const char *retry_after;
	enum flow_class class;
	const char *code;    /* NULL: not looked at */
	const char *message; /* NULL: not looked at */
	uint64_t tables;
};

static void judge_case(judge_fn judge, const struct answer_case *c, struct flow_verdict *ret)
{
	struct flow_reply r = {
		.transport = c->transport,
		.began = !c->not_begun,
		.status = c->status,
		.body = c->body,
		.body_len = c->body ? strlen(c->body) : 0,
		.retry_after = c->retry_after,
	};

	judge(&r, ret);
}

static void check(judge_fn judge, const struct answer_case *c)
{
	struct flow_verdict v;

	judge_case(judge, c, &v);
	assert_string_equal(flow_class_name(v.class), flow_class_name(c->class));
	if (c->code)
		assert_string_equal(v.code, c->code);
	if (c->message)
		assert_string_equal(v.message, c->message);
	assert_int_equal(v.tables, c->tables);
	assert_string_equal(v.id, c->class == FLOW_UPDATED ? ID : "");
	assert_true(c->class == FLOW_UPDATED || v.etag[0] == '\0');
}

/* ----------------------------------------------------------- what all share */

/* To each of the five. */
static const struct answer_case common[] = {
	{"401 is the token", .status = 401, .class = FLOW_TOKEN},
	{"401 2000-401 is fatal", .status = 401, .body = FLOW("2000-401"), .class = FLOW_FATAL},
	{"403 403025 is fatal", .status = 403, .body = GATEWAY("403025"), .class = FLOW_FATAL},
	{"407 is fatal", .status = 407, .class = FLOW_FATAL},
	{"a refused certificate is fatal", FLOW_T_CERTIFICATE, .not_begun = true,
		.class = FLOW_FATAL},
	{"403 2120-403 is fatal to the sandbox", .status = 403, .body = FLOW("2120-403"),
		.class = FLOW_FATAL_SANDBOX},
	{"404 2100-404 is fatal to the sandbox", .status = 404, .body = FLOW("2100-404"),
		.class = FLOW_FATAL_SANDBOX},
	{"429 of the gateway is throttled", .status = 429, .body = GATEWAY("429050"),
		.class = FLOW_THROTTLED, .code = "429050"},
	{"429 with Retry-After is throttled", .status = 429, .retry_after = "3",
		.class = FLOW_THROTTLED},
	{"500 is overload", .status = 500, .body = FLOW("1404-412"), .class = FLOW_OVERLOAD},
	{"503 is overload", .status = 503, .body = FLOW("1418-400"), .class = FLOW_OVERLOAD},
	{"504 is overload by time-out", .status = 504, .class = FLOW_OVERLOAD_TIMEOUT},
	{"408 is overload by time-out", .status = 408, .class = FLOW_OVERLOAD_TIMEOUT},
	{"409 is doubtful", .status = 409, .body = OLDER, .class = FLOW_DOUBTFUL,
		.message = "connections not found"},
	{"201 is doubtful", .status = 201, .body = VERSION_BODY, .class = FLOW_DOUBTFUL,
		.message = "an answer that this request should not get"},
	{"302 is doubtful", .status = 302, .class = FLOW_DOUBTFUL,
		.message = "a redirect, which is not followed: check --url"},
	{"304 is doubtful", .status = 304, .class = FLOW_DOUBTFUL},
	{"501 is doubtful", .status = 501, .class = FLOW_DOUBTFUL},
	{"200 cut off is broken", FLOW_T_CUT_OFF, .status = 200, .body = VERSION_BODY,
		.class = FLOW_BROKEN},
	{"no connection is not sent", FLOW_T_CONNECT, .not_begun = true, .class = FLOW_NOT_SENT},
	{"a reset is broken", FLOW_T_BROKEN, .class = FLOW_BROKEN},
	{"a time-out is one", FLOW_T_TIMEOUT, .class = FLOW_TIMED_OUT},
	{"cancelled is broken", FLOW_T_CANCELLED, .class = FLOW_BROKEN},
	{"400 is rejected", .status = 400, .body = FLOW("1100-400"), .class = FLOW_REJECTED,
		.code = "FLOW-1100-400", .message = "m"},
	{"403 without a code is rejected", .status = 403, .class = FLOW_REJECTED},
	{"405 is rejected", .status = 405, .class = FLOW_REJECTED},

	/* 404: who says so? */
	{"404 1439-404 is gone", .status = 404, .body = FLOW("1439-404"), .class = FLOW_GONE,
		.code = "FLOW-1439-404", .message = "m"},
	{"404 with 1439-400 is gone, for the status counts", .status = 404,
		.body = FLOW("1439-400"), .class = FLOW_GONE},
	{"404 in the older shape is gone", .status = 404, .body = OLDER, .class = FLOW_GONE,
		.code = "", .message = "connections not found"},
	{"404 cut off behind its JSON is gone", FLOW_T_CUT_OFF, .status = 404, .body = OLDER,
		.class = FLOW_GONE},
	{"404 cut off in its JSON is rejected", FLOW_T_CUT_OFF, .status = 404,
		.body = "{\"errorMessage\":\"connec", .class = FLOW_REJECTED},
	{"404 without a body is rejected", .status = 404, .class = FLOW_REJECTED},
	{"404 with HTML is rejected", .status = 404, .body = "<html>Not found</html>",
		.class = FLOW_REJECTED},
	{"404 of the gateway is rejected", .status = 404, .body = GATEWAY("404000"),
		.class = FLOW_REJECTED},
	{"404 of the gateway in the older words is rejected", .status = 404,
		.body = "{\"error_code\":404000,\"errorMessage\":\"m\"}", .class = FLOW_REJECTED},
	{"404 of a gateway with a code of the service is rejected", .status = 404,
		.body = "{\"error_code\":\"1\",\"type\":\"x/errors/FLOW-1439-404\"}",
		.class = FLOW_REJECTED},
	{"404 of some other service is rejected", .status = 404,
		.body = "{\"type\":\"x/errors/XYZ-1439-404\",\"errorMessage\":\"m\"}",
		.class = FLOW_REJECTED},
	{"404 of no route is rejected", .status = 404,
		.body = "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"no such path\"}",
		.class = FLOW_REJECTED},
	{"404 with a message alone is rejected", .status = 404,
		.body = "{\"message\":\"Not Found\"}", .class = FLOW_REJECTED},
	{"404 that has no default sandbox is rejected", .status = 404, .body = FLOW("2106-404"),
		.class = FLOW_REJECTED},
	{"404 as an array is rejected", .status = 404, .body = "[" OLDER "]",
		.class = FLOW_REJECTED},
	{"410 is rejected", .status = 410, .body = OLDER, .class = FLOW_REJECTED},
};

static void judge_common(void **state)
{
	static const judge_fn judges[] = {flow_judge_update, flow_judge_test, flow_judge_explore,
		flow_judge_delete, flow_judge_connection};
	const struct answer_case *c = *state;

	for (size_t i = 0; i < ARRAY_SIZE(judges); i++) {
		/* What a read takes as its page is not looked into here. */
		if (c->status == 200 && judges[i] == flow_judge_connection &&
			c->transport == FLOW_T_ANSWERED)
			continue;
		check(judges[i], c);
	}
}

/* ------------------------------------------------------------------- PATCH */

static const struct answer_case updates[] = {
	{"an update: 200 with id and etag is updated", .status = 200, .body = VERSION_BODY,
		.class = FLOW_UPDATED, .code = "", .message = ""},
	{"an update: 200 without an etag is updated", .status = 200, .body = "{\"id\":\"" ID "\"}",
		.class = FLOW_UPDATED},
	{"an update: 200 without an id is doubtful", .status = 200,
		.body = "{\"etag\":\"\\\"8e00\\\"\"}", .class = FLOW_DOUBTFUL,
		.message = "HTTP 200, but nothing that can be read"},
	{"an update: 200 with HTML is doubtful", .status = 200, .body = "<html>",
		.class = FLOW_DOUBTFUL},
	{"an update: 200 without a body is doubtful", .status = 200, .class = FLOW_DOUBTFUL},
	{"an update: 204 is doubtful", .status = 204, .class = FLOW_DOUBTFUL,
		.message = "an answer that this request should not get"},
	{"an update: 202 is doubtful", .status = 202, .body = VERSION_BODY, .class = FLOW_DOUBTFUL},
	{"an update: 412 is stale", .status = 412,
		.body = "{\"errorMessage\":\"Supplied version\",\"errorDetails\":\"s\"}",
		.class = FLOW_STALE, .code = "", .message = "Supplied version"},
	{"an update: 412 1404-412 is stale", .status = 412, .body = FLOW("1404-412"),
		.class = FLOW_STALE, .code = "FLOW-1404-412"},
	{"an update: 412 without a body is stale", .status = 412, .class = FLOW_STALE},
	{"an update: 412 cut off is stale", FLOW_T_CUT_OFF, .status = 412, .class = FLOW_STALE},
	{"an update: 1404-412 in a 400 is stale", .status = 400, .body = FLOW("1404-412"),
		.class = FLOW_STALE},
	{"an update: 1404-412 in a 404 is stale", .status = 404, .body = FLOW("1404-412"),
		.class = FLOW_STALE},
	{"an update: 1404-412 in a 409 is stale", .status = 409, .body = FLOW("1404-412"),
		.class = FLOW_STALE},
	{"an update: 1404-412 in a 401 is the token", .status = 401, .body = FLOW("1404-412"),
		.class = FLOW_TOKEN},
	{"an update: 1404-400 is rejected", .status = 400, .body = FLOW("1404-400"),
		.class = FLOW_REJECTED},
	{"an update: 1403-400, no If-Match, is rejected", .status = 400, .body = FLOW("1403-400"),
		.class = FLOW_REJECTED},
	{"an update: 1414-400, another spec, is rejected", .status = 400, .body = FLOW("1414-400"),
		.class = FLOW_REJECTED, .code = "FLOW-1414-400"},
	{"an update: 1445-400, not enabled, is rejected", .status = 400, .body = FLOW("1445-400"),
		.class = FLOW_REJECTED},
	{"an update: 1418-400 is rejected", .status = 400, .body = FLOW("1418-400"),
		.class = FLOW_REJECTED},
	{"an update: 428 is rejected", .status = 428, .class = FLOW_REJECTED},
	{"an update: any other 429 is doubtful, too", .status = 429,
		.class = FLOW_THROTTLED_DOUBTFUL},
};

static void judge_update(void **state)
{
	check(flow_judge_update, *state);
}

/* ---------------------------------------------------------- test, explore */

static const struct answer_case tests_of[] = {
	{"a test: true has passed", .status = 200, .body = "{\"result\":true}",
		.class = FLOW_PASSED, .code = "", .message = ""},
	{"a test: false has failed", .status = 200, .body = "{\"result\":false}",
		.class = FLOW_FAILED, .code = "", .message = FAILED_WORDS},
	{"a test: a reason beside false is told", .status = 200,
		.body = "{\"result\":false,\"type\":\"x/errors/FLOW-1100-400\",\"message\":\"no "
			"such user\"}",
		.class = FLOW_FAILED, .code = "FLOW-1100-400", .message = "no such user"},
	{"a test: a text is no result", .status = 200, .body = "{\"result\":\"true\"}",
		.class = FLOW_DOUBTFUL},
	{"a test: no result is none", .status = 200, .body = "{}", .class = FLOW_DOUBTFUL,
		.message = "HTTP 200, but nothing that can be read"},
	{"a test: a bare true is none", .status = 200, .body = "true", .class = FLOW_DOUBTFUL},
	{"a test: HTML is none", .status = 200, .body = "<html>", .class = FLOW_DOUBTFUL},
	{"a test: 202 is none", .status = 202, .body = "{\"result\":true}", .class = FLOW_DOUBTFUL},
	{"a test: 204 is none", .status = 204, .class = FLOW_DOUBTFUL},
	{"a test: 412 is rejected", .status = 412, .class = FLOW_REJECTED},
	{"a test: any 429 is throttled", .status = 429, .class = FLOW_THROTTLED},
};

static void judge_test(void **state)
{
	check(flow_judge_test, *state);
}

#define TABLE(name) "{\"type\":\"table\",\"name\":\"" name "\",\"path\":\"" name "\"}"

static const struct answer_case explorations[] = {
	{"an explore: its tables are counted", .status = 200,
		.body = "[" TABLE("a") "," TABLE("b") ",{\"type\":\"folder\",\"name\":\"c\"}]",
		.class = FLOW_EXPLORED, .code = "", .message = "", .tables = 2},
	{"an explore: the type counts without case", .status = 200,
		.body = "[{\"type\":\"TABLE\"}]", .class = FLOW_EXPLORED, .tables = 1},
	{"an explore: none is an answer", .status = 200, .body = "[]", .class = FLOW_EXPLORED},
	{"an explore: what has no type is no table", .status = 200,
		.body = "[{\"name\":\"a\"},7,\"table\",{\"type\":7}]", .class = FLOW_EXPLORED},
	{"an explore: an object is no list", .status = 200, .body = "{\"items\":[]}",
		.class = FLOW_DOUBTFUL, .message = "HTTP 200, but nothing that can be read"},
	{"an explore: HTML is no list", .status = 200, .body = "<html>", .class = FLOW_DOUBTFUL},
	{"an explore: any 429 is throttled", .status = 429, .class = FLOW_THROTTLED},
};

static void judge_explore(void **state)
{
	check(flow_judge_explore, *state);
}

/* ------------------------------------------------------------------ DELETE */

static const struct answer_case deletions[] = {
	{"a delete: 204 is deleted", .status = 204, .class = FLOW_DELETED, .code = "",
		.message = ""},
	{"a delete: 202 is deleted", .status = 202, .class = FLOW_DELETED},
	{"a delete: 202 with an empty body is deleted", .status = 202, .body = "",
		.class = FLOW_DELETED},
	{"a delete: 200 is deleted", .status = 200, .class = FLOW_DELETED},
	{"a delete: 200 with JSON is deleted", .status = 200, .body = VERSION_BODY,
		.class = FLOW_DELETED},
	{"a delete: 200 with a login page is doubtful", .status = 200, .body = "<html>",
		.class = FLOW_DOUBTFUL, .message = "HTTP 200, but nothing that can be read"},
	{"a delete: 202 with a page is doubtful", .status = 202, .body = "<html>",
		.class = FLOW_DOUBTFUL},
	{"a delete: 206 is doubtful", .status = 206, .class = FLOW_DOUBTFUL},
	{"a delete: 1418-400 is in use", .status = 400, .body = FLOW("1418-400"),
		.class = FLOW_IN_USE, .code = "FLOW-1418-400", .message = "m"},
	{"a delete: 1418 in a 409 is in use", .status = 409, .body = FLOW("1418-400"),
		.class = FLOW_IN_USE},
	{"a delete: 14180 is not 1418", .status = 400, .body = FLOW("14180-400"),
		.class = FLOW_REJECTED},
	{"a delete: 1418 in a message is no code", .status = 400,
		.body = "{\"message\":\"1418-400\"}", .class = FLOW_REJECTED},
	{"a delete: 412 is rejected", .status = 412, .body = FLOW("1404-412"),
		.class = FLOW_REJECTED},
	{"a delete: any other 429 is doubtful, too", .status = 429,
		.class = FLOW_THROTTLED_DOUBTFUL},
};

static void judge_delete(void **state)
{
	check(flow_judge_delete, *state);
}

/* --------------------------------------------------------------------- GET */

static const struct answer_case connections[] = {
	{"a connection: 200 is a page", .status = 200, .body = "{\"items\":[]}", .class = FLOW_PAGE,
		.code = "", .message = ""},
	{"a connection: 200 before anything began is a page", .not_begun = true, .status = 200,
		.class = FLOW_PAGE},
	{"a connection: 204 is doubtful", .status = 204, .class = FLOW_DOUBTFUL},
	{"a connection: any 429 is throttled", .status = 429, .class = FLOW_THROTTLED},
};

static void judge_connection(void **state)
{
	check(flow_judge_connection, *state);
}

/* ------------------------------------------------------------ what is taken */

static void an_update_gives_its_etag_with_its_quotes(void **state)
{
	const struct answer_case c = {.status = 200, .body = VERSION_BODY};
	struct flow_verdict v;

	judge_case(flow_judge_update, &c, &v);
	assert_string_equal(v.id, ID);
	assert_string_equal(v.etag, "\"8e00\"");
}

static void an_etag_unfit_for_a_header_is_none(void **state)
{
	const struct answer_case c = {
		.status = 200, .body = "{\"id\":\"" ID "\",\"etag\":\"a\\r\\nx: y\"}"};
	struct flow_verdict v;

	judge_case(flow_judge_update, &c, &v);
	assert_int_equal(v.class, FLOW_UPDATED);
	assert_string_equal(v.etag, "");
}

static void judge_echo(judge_fn judge, int status, const char *body, struct flow_verdict *ret)
{
	static const char *const secrets[] = {"hunter-22"};
	struct flow_reply r = {.began = true,
		.status = status,
		.body = body,
		.body_len = strlen(body),
		.secrets = secrets,
		.secret_count = 1};

	judge(&r, ret);
	assert_null(strstr(ret->message, "hunter"));
	assert_null(strstr(ret->code, "hunter"));
	assert_null(strstr(ret->etag, "hunter"));
	assert_null(strstr(ret->request_id, "hunter"));
}

static void an_echoed_secret_is_cut_out_of_every_message(void **state)
{
	struct flow_verdict v;

	judge_echo(flow_judge_update, 400, "{\"message\":\"bad hunter-22 of x\"}", &v);
	assert_non_null(strstr(v.message, "of x"));
	judge_echo(flow_judge_update, 412, "{\"errorMessage\":\"stale hunter-22 of x\"}", &v);
	assert_int_equal(v.class, FLOW_STALE);
	assert_non_null(strstr(v.message, "of x"));
	judge_echo(flow_judge_update, 200, "{\"id\":\"" ID "\",\"etag\":\"hunter-22\"}", &v);
	assert_int_equal(v.class, FLOW_UPDATED);
	judge_echo(flow_judge_test, 200,
		"{\"result\":false,\"message\":\"no login hunter-22 of x\","
		"\"error_code\":\"hunter-22\"}",
		&v);
	assert_int_equal(v.class, FLOW_FAILED);
	assert_non_null(strstr(v.message, "of x"));
	judge_echo(flow_judge_delete, 400, "password hunter-22 of x", &v);
	assert_non_null(strstr(v.message, "of x"));
	judge_echo(flow_judge_connection, 404,
		"{\"errorMessage\":\"none hunter-22 of x\",\"report\":{\"request-id\":"
		"\"hunter-22\"}}",
		&v);
	assert_int_equal(v.class, FLOW_GONE);
	assert_non_null(strstr(v.message, "of x"));
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
		cmocka_unit_test(an_update_gives_its_etag_with_its_quotes),
		cmocka_unit_test(an_etag_unfit_for_a_header_is_none),
		cmocka_unit_test(an_echoed_secret_is_cut_out_of_every_message),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(common) + ARRAY_SIZE(updates) +
				       ARRAY_SIZE(tests_of) + ARRAY_SIZE(explorations) +
				       ARRAY_SIZE(deletions) + ARRAY_SIZE(connections) +
				       ARRAY_SIZE(plain)];
	size_t n = 0;

	json_setup();
	n = add_cases(tests, n, common, ARRAY_SIZE(common), judge_common);
	n = add_cases(tests, n, updates, ARRAY_SIZE(updates), judge_update);
	n = add_cases(tests, n, tests_of, ARRAY_SIZE(tests_of), judge_test);
	n = add_cases(tests, n, explorations, ARRAY_SIZE(explorations), judge_explore);
	n = add_cases(tests, n, deletions, ARRAY_SIZE(deletions), judge_delete);
	n = add_cases(tests, n, connections, ARRAY_SIZE(connections), judge_connection);
	memcpy(tests + n, plain, sizeof(plain));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
