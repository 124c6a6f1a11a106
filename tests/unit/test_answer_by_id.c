/* test_answer_by_id.c - the table at the head of answer_by_id.c, one claim a line. */
#include "check.h"

#include <string.h>

#include "base/json.h"
#include "flow/answer.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define VERSION "{\"id\":\"" ID "\",\"etag\":\"\\\"e-2\\\"\"}"
#define GATEWAY(code) "{\"error_code\":\"" code "\",\"message\":\"m\"}"
#define FLOW(code) "{\"type\":\"https://ns.adobe.com/aep/errors/FLOW-" code "\",\"title\":\"m\"}"
#define OLDER "{\"errorMessage\":\"connections not found with id = [" ID "]\"}"
#define HTML "<html><title>Sign in</title></html>"

typedef void (*judge)(const struct flow_reply *r, struct flow_verdict *ret);

static const judge update = flow_judge_update, test = flow_judge_test, explore = flow_judge_explore,
		   delete = flow_judge_delete, read = flow_judge_connection;

struct answer_case {
	const char *claim;
	const judge *by;
	int status;
	const char *body;
	enum flow_class class;
	const char *says; /* part of the message, or NULL */
};

/* clang-format off */
static const struct answer_case cases[] = {
	{"an update with id and etag", &update, 200, VERSION, FLOW_UPDATED, NULL},
	{"an update without an etag", &update, 200, "{\"id\":\"" ID "\"}", FLOW_UPDATED, NULL},
	{"an update without an id", &update, 200, "{\"etag\":\"x\"}", FLOW_DOUBTFUL, "nothing that can be read"},
	{"an update that answers a page", &update, 200, HTML, FLOW_DOUBTFUL, NULL},
	{"an update that answers 201", &update, 201, VERSION, FLOW_DOUBTFUL, NULL},
	{"412 in the older shape", &update, 412, "{\"errorMessage\":\"Supplied version\"}", FLOW_STALE, "Supplied version"},
	{"412 in the current shape", &update, 412, FLOW("1404-412"), FLOW_STALE, "m"},
	{"412 without a body", &update, 412, NULL, FLOW_STALE, NULL},
	{"400 with the code of a 412", &update, 400, FLOW("1404-412"), FLOW_STALE, NULL},
	{"409 with the code of a 412", &update, 409, FLOW("1404-412"), FLOW_STALE, NULL},
	{"409", &update, 409, FLOW("1500-409"), FLOW_DOUBTFUL, NULL},
	{"a missing If-Match", &update, 400, FLOW("1403-400"), FLOW_REJECTED, NULL},
	{"another connectionSpec", &update, 400, FLOW("1414-400"), FLOW_REJECTED, NULL},
	{"412 to a test", &test, 412, FLOW("1404-412"), FLOW_REJECTED, NULL},

	{"a test that passed", &test, 200, "{\"result\":true}", FLOW_PASSED, NULL},
	{"a test that failed", &test, 200, "{\"result\":false}", FLOW_FAILED, "cannot connect with it"},
	{"a test that failed with a reason", &test, 200, "{\"result\":false,\"message\":\"no such host\"}", FLOW_FAILED, "no such host"},
	{"a test without a result", &test, 200, "{}", FLOW_DOUBTFUL, NULL},
	{"a test whose result is a word", &test, 200, "{\"result\":\"true\"}", FLOW_DOUBTFUL, NULL},
	{"a test that answers a page", &test, 200, HTML, FLOW_DOUBTFUL, NULL},
	{"a test that answers 202", &test, 202, "{\"result\":true}", FLOW_DOUBTFUL, NULL},

	{"tables", &explore, 200, "[{\"type\":\"table\"},{\"type\":\"TABLE\"},{\"type\":\"folder\"},{}]", FLOW_EXPLORED, NULL},
	{"no tables", &explore, 200, "[]", FLOW_EXPLORED, NULL},
	{"an object instead of tables", &explore, 200, "{}", FLOW_DOUBTFUL, NULL},

	{"204", &delete, 204, NULL, FLOW_DELETED, NULL},
	{"202 with a blank body", &delete, 202, "", FLOW_DELETED, NULL},
	{"200 with JSON", &delete, 200, "{}", FLOW_DELETED, NULL},
	{"200 with a page", &delete, 200, HTML, FLOW_DOUBTFUL, NULL},
	{"a dataflow that uses it", &delete, 400, FLOW("1418-400"), FLOW_IN_USE, NULL},
	{"a dataflow that uses it, by another status", &delete, 409, FLOW("1418-409"), FLOW_IN_USE, NULL},
	{"a code that only begins so", &delete, 400, FLOW("14180-400"), FLOW_REJECTED, NULL},
	{"the code of a deletion, to an update", &update, 400, FLOW("1418-400"), FLOW_REJECTED, NULL},

	{"a page of a read", &read, 200, "{\"items\":[]}", FLOW_PAGE, NULL},

	/* Gone is a strong word. */
	{"404 by its code", &read, 404, FLOW("1439-404"), FLOW_GONE, NULL},
	{"404 in the older shape", &read, 404, OLDER, FLOW_GONE, "not found"},
	{"404 to an update", &update, 404, OLDER, FLOW_GONE, NULL},
	{"404 to a test", &test, 404, OLDER, FLOW_GONE, NULL},
	{"404 to an explore", &explore, 404, OLDER, FLOW_GONE, NULL},
	{"404 to a deletion", &delete, 404, OLDER, FLOW_GONE, NULL},
	{"404 by a gateway", &read, 404, GATEWAY("404000"), FLOW_REJECTED, NULL},
	{"404 by a wrong path", &read, 404, "{\"message\":\"no Route matched\"}", FLOW_REJECTED, NULL},
	{"404 as a page", &read, 404, HTML, FLOW_REJECTED, NULL},
	{"404 without a body", &read, 404, NULL, FLOW_REJECTED, NULL},
	{"404 by a broken body", &read, 404, "{\"errorMessage\":\"x\"", FLOW_REJECTED, NULL},
	{"404 of a sandbox", &read, 404, FLOW("2100-404"), FLOW_FATAL_SANDBOX, NULL},
	{"404 of rights", &delete, 404, FLOW("2999-404"), FLOW_REJECTED, NULL},

	/* What concerns all rows alike is as for a create. */
	{"401", &update, 401, GATEWAY("401013"), FLOW_TOKEN, NULL},
	{"401 to a read", &read, 401, GATEWAY("401013"), FLOW_TOKEN, NULL},
	{"a wrong api key", &delete, 403, GATEWAY("403003"), FLOW_FATAL, NULL},
	{"no right to the sandbox", &test, 403, FLOW("2120-403"), FLOW_FATAL_SANDBOX, NULL},
	{"429 of the gateway", &update, 429, GATEWAY("429050"), FLOW_THROTTLED, NULL},
	{"another 429 to an update", &update, 429, "{}", FLOW_THROTTLED_DOUBTFUL, NULL},
	{"another 429 to a deletion", &delete, 429, "{}", FLOW_THROTTLED_DOUBTFUL, NULL},
	{"another 429 to a test", &test, 429, "{}", FLOW_THROTTLED, NULL},
	{"another 429 to a read", &read, 429, "{}", FLOW_THROTTLED, NULL},
	{"500", &update, 500, FLOW("1400-500"), FLOW_OVERLOAD, NULL},
	{"504 to a deletion", &delete, 504, NULL, FLOW_OVERLOAD_TIMEOUT, NULL},
	{"302", &read, 302, NULL, FLOW_DOUBTFUL, NULL},
};
/* clang-format on */

static void the_table_holds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct answer_case *c = &cases[i];
		const struct flow_reply r = {
			.transport = FLOW_T_ANSWERED,
			.began = true,
			.status = c->status,
			.body = c->body,
			.body_len = c->body ? strlen(c->body) : 0,
		};
		struct flow_verdict v;

		(*c->by)(&r, &v);
		if (v.class != c->class)
			fail_msg("%s: %s, not %s", c->claim, flow_class_name(v.class),
				flow_class_name(c->class));
		if (c->says && !strstr(v.message, c->says))
			fail_msg("%s: '%s' does not say '%s'", c->claim, v.message, c->says);
	}
}

static struct flow_verdict judged(judge by, int status, const char *body)
{
	const struct flow_reply r = {.transport = FLOW_T_ANSWERED,
		.began = true,
		.status = status,
		.body = body,
		.body_len = strlen(body)};
	struct flow_verdict v;

	by(&r, &v);
	return v;
}

static void an_update_brings_its_etag_with_its_quotes(void **state)
{
	assert_string_equal(judged(update, 200, VERSION).etag, "\"e-2\"");
	assert_string_equal(judged(update, 200, "{\"id\":\"" ID "\"}").etag, "");
}

static void only_tables_are_counted(void **state)
{
	const char *body = "[{\"type\":\"table\"},{\"type\":\"folder\"},{\"type\":\"Table\"}]";

	assert_int_equal(judged(explore, 200, body).tables, 2);
	assert_int_equal(judged(explore, 200, "[]").tables, 0);
}

static void what_never_left_was_not_sent(void **state)
{
	const judge all[] = {update, test, explore, delete, read};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct flow_reply r = {.transport = FLOW_T_CONNECT};
		struct flow_verdict v;

		all[i](&r, &v);
		assert_int_equal(v.class, FLOW_NOT_SENT);
		r = (struct flow_reply){.transport = FLOW_T_TIMEOUT, .began = true};
		all[i](&r, &v);
		assert_int_equal(v.class, FLOW_TIMED_OUT);
	}
}

/* A server may repeat what it was sent. */
static void no_message_tells_a_secret(void **state)
{
	const char *const secrets[] = {"secret-pass-1"};
	const char *body = "{\"errorMessage\":\"bad secret-pass-1 given\"}";
	const judge all[] = {update, delete, read};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct flow_reply r = {.transport = FLOW_T_ANSWERED,
			.began = true,
			.status = 400,
			.body = body,
			.body_len = strlen(body),
			.secrets = secrets,
			.secret_count = 1};
		struct flow_verdict v;

		all[i](&r, &v);
		assert_null(strstr(v.message, "secret-pass-1"));
		assert_non_null(strstr(v.message, "given"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_holds),
		cmocka_unit_test(an_update_brings_its_etag_with_its_quotes),
		cmocka_unit_test(only_tables_are_counted),
		cmocka_unit_test(what_never_left_was_not_sent),
		cmocka_unit_test(no_message_tells_a_secret),
	};

	json_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
