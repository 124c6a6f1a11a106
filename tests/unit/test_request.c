/* test_request.c - what leaves for Adobe, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "flow/request.h"

#define BASE "https://platform.adobe.io/data/foundation/flowservice"
#define SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"

static const struct flow_param password = {"password", "pass-1"};

static const struct flow_connection servicenow = {
	.name = "North",
	.endpoint = "https://north.service-now.com",
	.username = "aep",
	.params = &password,
	.param_count = 1,
	.auth_spec = FLOW_SERVICENOW_AUTH,
	.spec_id = FLOW_SERVICENOW_SPEC,
	.spec_version = FLOW_DEFAULT_SPEC_VERSION,
};

static void assert_body(const struct flow_connection *c, const char *expected)
{
	struct buf b;

	buf_init_secret(&b, 4096);
	assert_int_equal(flow_create_body(&b, c), 0);
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

static void a_body_has_the_documented_shape(void **state)
{
	assert_body(&servicenow,
		"{\"name\":\"North\",\"auth\":{\"specName\":\"Basic Authentication\",\"params\":{"
		"\"endpoint\":\"https://north.service-now.com\",\"username\":\"aep\","
		"\"password\":\"pass-1\"}},\"connectionSpec\":{"
		"\"id\":\"eb13cb25-47ab-407f-ba89-c0125281c563\",\"version\":\"1.0\"}}");
}

static void a_description_stands_behind_the_name(void **state)
{
	struct flow_connection c = servicenow;

	c.description = "the north";
	c.endpoint = c.username = NULL;
	c.param_count = 0;
	assert_body(&c, "{\"name\":\"North\",\"description\":\"the north\",\"auth\":{"
			"\"specName\":\"Basic Authentication\",\"params\":{}},\"connectionSpec\":{"
			"\"id\":\"eb13cb25-47ab-407f-ba89-c0125281c563\",\"version\":\"1.0\"}}");
}

static void what_is_empty_is_left_out(void **state)
{
	struct flow_param params[] = {{"server", ""}, {"token", "pass-2"}};
	struct flow_connection c = servicenow;

	c.description = c.endpoint = "";
	c.params = params;
	c.param_count = 2;
	assert_body(&c,
		"{\"name\":\"North\",\"auth\":{\"specName\":\"Basic Authentication\",\"params\":{"
		"\"username\":\"aep\",\"token\":\"pass-2\"}},\"connectionSpec\":{"
		"\"id\":\"eb13cb25-47ab-407f-ba89-c0125281c563\",\"version\":\"1.0\"}}");
}

static void quotes_and_controls_are_escaped(void **state)
{
	struct flow_connection c = servicenow;
	struct flow_param p = {"password", "a\"b\\c\nd\001\xc3\xa9"};
	struct buf b;

	c.params = &p;
	buf_init_secret(&b, 4096);
	assert_int_equal(flow_create_body(&b, &c), 0);
	assert_non_null(strstr(b.data, "\"password\":\"a\\\"b\\\\c\\nd\\u0001\xc3\xa9\"}"));
	buf_done(&b);
}

static void a_body_over_the_maximum_is_refused(void **state)
{
	struct buf b;

	buf_init_secret(&b, 100);
	assert_int_equal(flow_create_body(&b, &servicenow), -ENOBUFS);
	buf_done(&b);
}

static void assert_update(const struct flow_connection *c, const char *expected)
{
	struct buf b;

	buf_init_secret(&b, 4096);
	assert_int_equal(flow_update_body(&b, c), 0);
	assert_string_equal(b.data, expected);
	buf_done(&b);
}

#define SET_PARAMS \
	"[{\"op\":\"replace\",\"path\":\"/auth/params\",\"value\":{" \
	"\"endpoint\":\"https://north.service-now.com\",\"username\":\"aep\"," \
	"\"password\":\"pass-1\"}},"
#define SET_NAME "{\"op\":\"replace\",\"path\":\"/name\",\"value\":\"North\"},"

static void an_update_sets_params_name_and_description(void **state)
{
	struct flow_connection c = servicenow;

	c.description = "the north";
	assert_update(&c, SET_PARAMS SET_NAME "{\"op\":\"add\",\"path\":\"/description\","
					      "\"value\":\"the north\"}]");
}

/* The server may have one that the row has no more. */
static void an_absent_description_is_set_to_nothing(void **state)
{
	struct flow_connection c = servicenow;

	assert_update(&c, SET_PARAMS SET_NAME
		"{\"op\":\"add\",\"path\":\"/description\",\"value\":\"\"}]");
	c.description = "";
	assert_update(&c, SET_PARAMS SET_NAME
		"{\"op\":\"add\",\"path\":\"/description\",\"value\":\"\"}]");
}

static void params_of_an_update_are_those_of_a_create(void **state)
{
	struct flow_param params[] = {{"server", ""}, {"token", "a\"b"}};
	struct flow_connection c = servicenow;

	c.endpoint = c.username = NULL;
	c.params = params;
	c.param_count = 2;
	assert_update(&c, "[{\"op\":\"replace\",\"path\":\"/auth/params\",\"value\":{"
			  "\"token\":\"a\\\"b\"}}," SET_NAME
			  "{\"op\":\"add\",\"path\":\"/description\",\"value\":\"\"}]");
}

static void an_update_over_the_maximum_is_refused(void **state)
{
	struct buf b;

	buf_init_secret(&b, 100);
	assert_int_equal(flow_update_body(&b, &servicenow), -ENOBUFS);
	buf_done(&b);
}

/* -------------------------------------------------------------------- URL */

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"

static void assert_part(enum flow_part part, const char *expected)
{
	struct buf url;

	buf_init(&url, 8192);
	assert_int_equal(flow_connection_url(&url, BASE, ID, part), 0);
	assert_string_equal(url.data, expected);
	buf_done(&url);
}

static void a_connection_has_its_url_and_parts(void **state)
{
	assert_part(FLOW_PART_ITSELF, BASE "/connections/" ID);
	assert_part(FLOW_PART_TEST, BASE "/connections/" ID "/test");
	assert_part(FLOW_PART_EXPLORE, BASE "/connections/" ID "/explore?objectType=ROOT");
}

/* An id may come from a file that somebody edited; it goes into a path. */
static void what_is_no_uuid_gets_no_url(void **state)
{
	static const char *const others[] = {"", "..", ID "/..", ID "0", "%2e%2e",
		"69f188b6-1111-4222-8333-abcdefabcde/", "69f188b6_1111-4222-8333-abcdefabcdef"};
	struct buf url;

	buf_init(&url, 8192);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_int_equal(
			flow_connection_url(&url, BASE, others[i], FLOW_PART_ITSELF), -EINVAL);
		assert_int_equal(url.len, 0);
	}
	buf_done(&url);
}

static void a_connections_url_over_the_maximum_is_refused(void **state)
{
	struct buf url;

	buf_init(&url, sizeof(BASE "/connections/" ID));
	assert_int_equal(flow_connection_url(&url, BASE, ID, FLOW_PART_TEST), -ENOBUFS);
	buf_done(&url);
}

static void assert_search(const char *name, const char *token, bool count, const char *expected)
{
	struct buf url;

	buf_init(&url, 8192);
	assert_int_equal(flow_search_url(&url, BASE, name, SPEC, token, count), 0);
	assert_string_equal(url.data, expected);
	buf_done(&url);
}

static void a_create_goes_to_connections(void **state)
{
	struct buf url;

	buf_init(&url, 8192);
	assert_int_equal(flow_create_url(&url, BASE), 0);
	assert_string_equal(url.data, BASE "/connections");
	buf_done(&url);
}

static void a_lookup_filters_by_name_and_spec(void **state)
{
	assert_search("My Name", NULL, false,
		BASE "/connections?property=name==My%20Name&property=connectionSpec.id==" SPEC
		     "&limit=100");
}

static void a_listing_filters_by_spec_and_is_ordered(void **state)
{
	assert_search(NULL, "", false,
		BASE "/connections?property=connectionSpec.id==" SPEC "&orderby=name&limit=100");
}

static void a_next_page_keeps_filters_and_limit(void **state)
{
	assert_search("a", "t+/=%", false,
		BASE "/connections?property=name==a&property=connectionSpec.id==" SPEC
		     "&limit=100&continuationToken=t%2B%2F%3D%25");
	assert_search(NULL, "t1", false,
		BASE "/connections?property=connectionSpec.id==" SPEC
		     "&orderby=name&limit=100&continuationToken=t1");
}

static void a_count_has_neither_limit_nor_token(void **state)
{
	assert_search("a", "t1", true,
		BASE "/connections?property=name==a&property=connectionSpec.id==" SPEC
		     "&count=true");
	assert_search(NULL, "t1", true,
		BASE "/connections?property=connectionSpec.id==" SPEC "&count=true");
}

static void only_unreserved_characters_stay(void **state)
{
	assert_search("AZaz09-._~ !&=,/?#%+\"\xc3\xa9\x7f", NULL, false,
		BASE
		"/connections?property=name==AZaz09-._~%20%21%26%3D%2C%2F%3F%23%25%2B%22%C3%A9%7F"
		"&property=connectionSpec.id==" SPEC "&limit=100");
}

static void a_url_over_the_maximum_is_refused(void **state)
{
	struct buf url;

	buf_init(&url, 120);
	assert_int_equal(flow_search_url(&url, BASE, "a", SPEC, NULL, false), -ENOBUFS);
	buf_done(&url);
}

static void a_filter_carries_plain_names_only(void **state)
{
	static const char *const others[] = {"", "a,b", "a&b", "a=b", "a\"b", "a'b", "a%b", "a/b",
		"a+b", "a*b", "a\tb", "caf\xc3\xa9", "a:b", "(a)", "a~b"};
	char name[1026];

	assert_true(flow_name_filterable("Service Now-01_b.x"));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(flow_name_filterable(others[i]));
	assert_false(flow_name_filterable(" a"));
	assert_false(flow_name_filterable("a "));

	memset(name, 'n', sizeof(name));
	name[1024] = '\0';
	assert_true(flow_name_filterable(name));
	name[1024] = 'n';
	name[1025] = '\0';
	assert_false(flow_name_filterable(name));
}

/* ---------------------------------------------------------------- headers */

struct lines {
	char text[1024];
	int calls, fail_at;
};

static int collect(void *arg, const char *line)
{
	struct lines *l = arg;

	if (++l->calls == l->fail_at)
		return -EIO;
	strcat(strcat(l->text, line), "\n");
	return 0;
}

static void headers_name_org_key_token_and_sandbox(void **state)
{
	struct lines l = {.calls = 0};

	assert_int_equal(
		flow_headers("ORG@AdobeOrg", "key-1", "token-1", "prod", false, NULL, collect, &l),
		0);
	assert_string_equal(l.text, "Authorization: Bearer token-1\n"
				    "x-api-key: key-1\n"
				    "x-gw-ims-org-id: ORG@AdobeOrg\n"
				    "x-sandbox-name: prod\n"
				    "Accept: application/json\n");
}

static void a_body_has_its_type_and_an_etag_its_quotes(void **state)
{
	struct lines l = {.calls = 0};

	assert_int_equal(flow_headers("ORG@AdobeOrg", "key-1", "token-1", "dev-2", true,
				 "\"8e00-52a2\"", collect, &l),
		0);
	assert_non_null(strstr(l.text, "x-sandbox-name: dev-2\nAccept: application/json\n"
				       "Content-Type: application/json\n"
				       "If-Match: \"8e00-52a2\"\n"));
}

static void headers_end_at_the_first_refusal(void **state)
{
	struct lines l = {.fail_at = 2};

	assert_int_equal(
		flow_headers("ORG@AdobeOrg", "key-1", "token-1", "prod", true, NULL, collect, &l),
		-EIO);
	assert_int_equal(l.calls, 2);
	assert_string_equal(l.text, "Authorization: Bearer token-1\n");
}

static void a_sandbox_is_letters_digits_and_hyphens(void **state)
{
	char long_name[258];

	assert_true(flow_sandbox_valid("prod"));
	assert_true(flow_sandbox_valid("Dev-2"));
	assert_false(flow_sandbox_valid(""));
	assert_false(flow_sandbox_valid("a b"));
	assert_false(flow_sandbox_valid("a_b"));
	assert_false(flow_sandbox_valid("a\r\nx-evil: 1"));
	assert_false(flow_sandbox_valid("\xc3\xa9"));

	memset(long_name, 'a', sizeof(long_name));
	long_name[256] = '\0';
	assert_true(flow_sandbox_valid(long_name));
	long_name[256] = 'a';
	long_name[257] = '\0';
	assert_false(flow_sandbox_valid(long_name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_has_the_documented_shape),
		cmocka_unit_test(a_description_stands_behind_the_name),
		cmocka_unit_test(what_is_empty_is_left_out),
		cmocka_unit_test(quotes_and_controls_are_escaped),
		cmocka_unit_test(a_body_over_the_maximum_is_refused),
		cmocka_unit_test(an_update_sets_params_name_and_description),
		cmocka_unit_test(an_absent_description_is_set_to_nothing),
		cmocka_unit_test(params_of_an_update_are_those_of_a_create),
		cmocka_unit_test(an_update_over_the_maximum_is_refused),
		cmocka_unit_test(a_connection_has_its_url_and_parts),
		cmocka_unit_test(what_is_no_uuid_gets_no_url),
		cmocka_unit_test(a_connections_url_over_the_maximum_is_refused),
		cmocka_unit_test(a_create_goes_to_connections),
		cmocka_unit_test(a_lookup_filters_by_name_and_spec),
		cmocka_unit_test(a_listing_filters_by_spec_and_is_ordered),
		cmocka_unit_test(a_next_page_keeps_filters_and_limit),
		cmocka_unit_test(a_count_has_neither_limit_nor_token),
		cmocka_unit_test(only_unreserved_characters_stay),
		cmocka_unit_test(a_url_over_the_maximum_is_refused),
		cmocka_unit_test(a_filter_carries_plain_names_only),
		cmocka_unit_test(headers_name_org_key_token_and_sandbox),
		cmocka_unit_test(a_body_has_its_type_and_an_etag_its_quotes),
		cmocka_unit_test(headers_end_at_the_first_refusal),
		cmocka_unit_test(a_sandbox_is_letters_digits_and_hyphens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
