/* test_search.c - pages of a search: what comes next, and what proves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/search.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define LINK(href) "{\"items\":[],\"_links\":{\"next\":{\"href\":\"" href "\"}}}"

/* The callback: what it was told, copied. */
struct seen {
	int count;
	char name[64], id[64], etag[64], spec_id[64], endpoint[64], username[64];
	bool has_endpoint, has_username;
	int64_t created_ms;
};

static void see(void *arg, const struct flow_item *item)
{
	struct seen *s = arg;

	s->count++;
	str_copy(s->name, sizeof(s->name), item->name);
	str_copy(s->id, sizeof(s->id), item->id);
	str_copy(s->etag, sizeof(s->etag), item->etag);
	str_copy(s->spec_id, sizeof(s->spec_id), item->spec_id);
	s->has_endpoint = item->endpoint;
	s->has_username = item->username;
	str_copy(s->endpoint, sizeof(s->endpoint), item->endpoint ? item->endpoint : "");
	str_copy(s->username, sizeof(s->username), item->username ? item->username : "");
	s->created_ms = item->created_ms;
}

static enum flow_step feed(struct flow_cursor *c, const char *body, struct seen *seen)
{
	return flow_cursor_feed(c, body, strlen(body), see, seen);
}

/* A page of `count` items with ids of their own, and perhaps a link. */
static void build_page(struct buf *b, int count, const char *token)
{
	buf_reset(b);
	buf_append_str(b, "{\"items\":[");
	for (int i = 0; i < count; i++)
		buf_printf(b, "%s{\"id\":\"69f188b6-1111-4222-8333-%012d\"}", i ? "," : "", i);
	buf_append_str(b, "],\"_links\":{");
	if (token)
		buf_printf(b, "\"next\":{\"href\":\"/connections?continuationToken=%s\"}", token);
	assert_int_equal(buf_append_str(b, "}}"), 0);
}

static enum flow_step feed_built(struct flow_cursor *c, int count, const char *token)
{
	struct seen seen = {.count = 0};
	enum flow_step step;
	struct buf b;

	buf_init(&b, (size_t)1 << 20);
	build_page(&b, count, token);
	step = feed(c, b.data, &seen);
	assert_int_equal(seen.count, step == FLOW_STEP_UNSOUND ? 0 : count);
	buf_done(&b);
	return step;
}

/* ------------------------------------------------------------- single pages */

struct page_case {
	const char *claim;
	const char *body;
	enum flow_step step;
	const char *continuation;
};

static const struct page_case pages[] = {
	{"an empty last page completes", "{\"items\":[],\"_links\":{}}", FLOW_STEP_COMPLETE, ""},
	{"a page without links completes", "{\"items\":[]}", FLOW_STEP_COMPLETE, ""},
	{"links that are null are none", "{\"items\":[],\"_links\":null}", FLOW_STEP_COMPLETE, ""},
	{"a next that is null is none", "{\"items\":[],\"_links\":{\"next\":null}}",
		FLOW_STEP_COMPLETE, ""},
	{"a page of some items completes", "{\"items\":[{\"id\":\"" ID "\"}]}", FLOW_STEP_COMPLETE,
		""},

	{"an empty page may have a next", LINK("/connections?continuationToken=abc"),
		FLOW_STEP_PAGE, "abc"},
	{"the token is found among others", LINK("/connections?limit=1&continuationToken=abc&x=y"),
		FLOW_STEP_PAGE, "abc"},
	{"the token ends at a fragment", LINK("?continuationToken=abc#frag"), FLOW_STEP_PAGE,
		"abc"},
	{"the token is percent-decoded", LINK("?continuationToken=a%2Bb%2fc%3D%25"), FLOW_STEP_PAGE,
		"a+b/c=%"},
	{"a plus is itself", LINK("?continuationToken=a+b=="), FLOW_STEP_PAGE, "a+b=="},
	{"of another host's link only the token is taken",
		LINK("https://evil.example/x?continuationToken=abc"), FLOW_STEP_PAGE, "abc"},

	{"a next without a link is unsound", "{\"items\":[],\"_links\":{\"next\":{}}}",
		FLOW_STEP_UNSOUND, ""},
	{"a next that is a string is unsound",
		"{\"items\":[],\"_links\":{\"next\":\"?continuationToken=a\"}}", FLOW_STEP_UNSOUND,
		""},
	{"links that are no object are unsound", "{\"items\":[],\"_links\":[]}", FLOW_STEP_UNSOUND,
		""},
	{"a link that is null is unsound", "{\"items\":[],\"_links\":{\"next\":{\"href\":null}}}",
		FLOW_STEP_UNSOUND, ""},
	{"an empty link is unsound", LINK(""), FLOW_STEP_UNSOUND, ""},
	{"a link without a query is unsound", LINK("/connections/continuationToken=abc"),
		FLOW_STEP_UNSOUND, ""},
	{"a link without a token is unsound", LINK("/connections?start=100"), FLOW_STEP_UNSOUND,
		""},
	{"an empty token is unsound", LINK("?continuationToken=&a=b"), FLOW_STEP_UNSOUND, ""},
	{"another parameter's tail is no token", LINK("?xcontinuationToken=abc"), FLOW_STEP_UNSOUND,
		""},
	{"a token in a fragment is none", LINK("?a=b#continuationToken=abc"), FLOW_STEP_UNSOUND,
		""},
	{"half an escape is unsound", LINK("?continuationToken=abc%2"), FLOW_STEP_UNSOUND, ""},
	{"an escape without hex is unsound", LINK("?continuationToken=a%g0"), FLOW_STEP_UNSOUND,
		""},
	{"an escape is not read beyond its value", LINK("?continuationToken=a%2&b=c"),
		FLOW_STEP_UNSOUND, ""},
	{"a NUL in a token is unsound", LINK("?continuationToken=a%00b"), FLOW_STEP_UNSOUND, ""},

	{"no items are unsound", "{\"_links\":{}}", FLOW_STEP_UNSOUND, ""},
	{"items that are null are unsound", "{\"items\":null}", FLOW_STEP_UNSOUND, ""},
	{"items that are an object are unsound", "{\"items\":{\"a\":{\"id\":\"" ID "\"}}}",
		FLOW_STEP_UNSOUND, ""},
	{"an item that is no object is unsound", "{\"items\":[\"" ID "\"]}", FLOW_STEP_UNSOUND, ""},
	{"an item that is null is unsound", "{\"items\":[null]}", FLOW_STEP_UNSOUND, ""},
	{"an item without an id is unsound", "{\"items\":[{\"id\":\"" ID "\"},{\"name\":\"a\"}]}",
		FLOW_STEP_UNSOUND, ""},
	{"an item whose id is no UUID is unsound", "{\"items\":[{\"id\":\"../x\"}]}",
		FLOW_STEP_UNSOUND, ""},
	{"an item with two ids is unsound", "{\"items\":[{\"id\":\"" ID "\",\"id\":\"" ID "\"}]}",
		FLOW_STEP_UNSOUND, ""},
	{"an array is unsound", "[{\"id\":\"" ID "\"}]", FLOW_STEP_UNSOUND, ""},
	{"HTML is unsound", "<html>", FLOW_STEP_UNSOUND, ""},
	{"an empty body is unsound", "", FLOW_STEP_UNSOUND, ""},
	{"half a page is unsound", "{\"items\":[]", FLOW_STEP_UNSOUND, ""},
	{"two pages are unsound", "{\"items\":[]}{\"items\":[]}", FLOW_STEP_UNSOUND, ""},
	{"a count where a page was asked is unsound", "{\"count\":0}", FLOW_STEP_UNSOUND, ""},
};

static void feed_page(void **state)
{
	const struct page_case *p = *state;
	struct flow_cursor c;
	struct seen seen = {.count = 0};

	flow_cursor_init(&c);
	assert_int_equal(feed(&c, p->body, &seen), p->step);
	assert_string_equal(c.continuation, p->continuation);
	if (p->step == FLOW_STEP_UNSOUND)
		assert_int_equal(seen.count, 0);
}

static void no_body_at_all_is_unsound(void **state)
{
	struct flow_cursor c;
	struct seen seen = {.count = 0};

	flow_cursor_init(&c);
	assert_int_equal(flow_cursor_feed(&c, NULL, 0, see, &seen), FLOW_STEP_UNSOUND);
}

/* ---------------------------------------------------------------- the walk */

static void pages_are_walked_to_the_end(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	assert_string_equal(c.continuation, "");
	assert_int_equal(feed_built(&c, 100, "t1"), FLOW_STEP_PAGE);
	assert_string_equal(c.continuation, "t1");
	assert_int_equal(feed_built(&c, 0, "t2"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 100, "t3"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 7, NULL), FLOW_STEP_COMPLETE);
	assert_int_equal(c.items, 207);
	assert_int_equal(c.pages, 4);
	assert_false(c.counting);
}

static void ninety_nine_items_are_complete(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 99, NULL), FLOW_STEP_COMPLETE);
}

static void an_exactly_full_last_page_asks_for_the_count(void **state)
{
	struct flow_cursor c;
	struct seen seen = {.count = 0};

	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 3, "t1"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 100, NULL), FLOW_STEP_COUNT);
	assert_true(c.counting);
	assert_string_equal(c.continuation, "");
	assert_int_equal(feed(&c, "{\"count\":103}", &seen), FLOW_STEP_COMPLETE);
	assert_int_equal(seen.count, 0);
}

static void an_overfull_page_asks_for_the_count(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 101, NULL), FLOW_STEP_COUNT);
}

static void another_count_is_unsound(void **state)
{
	static const char *const others[] = {"{\"count\":101}", "{\"count\":99}", "{\"count\":0}",
		"{\"count\":\"100\"}", "{\"count\":100.5}", "{\"count\":null}", "{}",
		"{\"items\":[]}", "100", "<html>", ""};
	struct seen seen = {.count = 0};
	struct flow_cursor c;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		flow_cursor_init(&c);
		assert_int_equal(feed_built(&c, 100, NULL), FLOW_STEP_COUNT);
		assert_int_equal(feed(&c, others[i], &seen), FLOW_STEP_UNSOUND);
	}
}

static void the_same_token_again_is_unsound(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 1, "t1"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 1, "t1"), FLOW_STEP_UNSOUND);

	flow_cursor_init(&c);
	for (const char *t = "abcdef"; *t; t++)
		assert_int_equal(feed_built(&c, 1, (const char[]){*t, '\0'}), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 1, "f"), FLOW_STEP_UNSOUND);
}

/* Whatever its length and wherever it begins, a circle is met soon. */
static void tokens_in_a_circle_are_unsound(void **state)
{
	for (int before = 0; before < 9; before++)
		for (int length = 2; length < 20; length++) {
			struct flow_cursor c;
			enum flow_step step = FLOW_STEP_PAGE;
			char token[16] = "t";
			int fed = 0;

			flow_cursor_init(&c);
			for (; step == FLOW_STEP_PAGE && fed < 100; fed++) {
				int n = fed < before ? fed : before + (fed - before) % length;

				token[1] = (char)('A' + n);
				step = feed_built(&c, 1, token);
			}
			assert_int_equal(step, FLOW_STEP_UNSOUND);
		}
}

/* It would begin the search anew, from its first page. */
static void an_empty_token_on_a_later_page_is_unsound(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 1, "t1"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 1, ""), FLOW_STEP_UNSOUND);
}

static void pages_have_a_limit(void **state)
{
	struct flow_cursor c;

	flow_cursor_init(&c);
	c.pages = FLOW_PAGES_MAX - 2;
	assert_int_equal(feed_built(&c, 1, "t1"), FLOW_STEP_PAGE);
	assert_int_equal(feed_built(&c, 1, "t2"), FLOW_STEP_UNSOUND);

	flow_cursor_init(&c);
	c.pages = FLOW_PAGES_MAX - 1;
	assert_int_equal(feed_built(&c, 1, NULL), FLOW_STEP_COMPLETE);
}

static void a_token_that_is_too_long_is_unsound(void **state)
{
	char token[FLOW_TOKEN_SIZE + 1];
	struct flow_cursor c;

	memset(token, 't', sizeof(token));
	token[FLOW_TOKEN_SIZE] = '\0';
	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 1, token), FLOW_STEP_UNSOUND);

	token[FLOW_TOKEN_SIZE - 1] = '\0';
	flow_cursor_init(&c);
	assert_int_equal(feed_built(&c, 1, token), FLOW_STEP_PAGE);
	assert_string_equal(c.continuation, token);
}

/* ------------------------------------------------------------------- items */

static struct seen see_item(const char *item)
{
	struct seen seen = {.count = 0};
	struct flow_cursor c;
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(buf_printf(&b, "{\"items\":[%s]}", item), 0);
	flow_cursor_init(&c);
	assert_int_equal(feed(&c, b.data, &seen), FLOW_STEP_COMPLETE);
	assert_int_equal(seen.count, 1);
	buf_done(&b);
	return seen;
}

static void an_item_is_read_field_by_field(void **state)
{
	struct seen s =
		see_item("{\"id\":\"" ID "\",\"createdAt\":1732477878123,\"name\":\"North\","
			 "\"connectionSpec\":{\"id\":\"spec-1\",\"version\":\"1.0\"},"
			 "\"state\":\"enabled\",\"auth\":{\"specName\":\"Basic Authentication\","
			 "\"params\":{\"endpoint\":\"https://n.example\",\"username\":\"aep\","
			 "\"password\":\"{PASSWORD}\"}},\"version\":\"\\\"v\\\"\","
			 "\"etag\":\"\\\"8e00\\\"\"}");

	assert_string_equal(s.id, ID);
	assert_string_equal(s.name, "North");
	assert_string_equal(s.etag, "\"8e00\"");
	assert_string_equal(s.spec_id, "spec-1");
	assert_string_equal(s.endpoint, "https://n.example");
	assert_string_equal(s.username, "aep");
	assert_int_equal(s.created_ms, INT64_C(1732477878123));
}

static void what_an_item_does_not_show_is_empty(void **state)
{
	struct seen s = see_item("{\"id\":\"" ID "\"}");

	assert_string_equal(s.name, "");
	assert_string_equal(s.etag, "");
	assert_string_equal(s.spec_id, "");
	assert_false(s.has_endpoint);
	assert_false(s.has_username);
	assert_int_equal(s.created_ms, 0);
}

static void fields_of_another_type_are_not_shown(void **state)
{
	struct seen s =
		see_item("{\"id\":\"" ID "\",\"createdAt\":\"2026-11-24\",\"name\":7,"
			 "\"connectionSpec\":\"spec-1\",\"auth\":{\"params\":[]},\"etag\":{}}");

	assert_string_equal(s.name, "");
	assert_string_equal(s.etag, "");
	assert_string_equal(s.spec_id, "");
	assert_false(s.has_endpoint);
	assert_int_equal(s.created_ms, 0);
}

static void a_masked_value_is_not_shown(void **state)
{
	struct seen s = see_item("{\"id\":\"" ID "\",\"auth\":{\"params\":{"
				 "\"endpoint\":\"****\",\"username\":\"{USERNAME}\"}}}");

	assert_false(s.has_endpoint);
	assert_string_equal(s.username, "{USERNAME}");
}

static void an_odd_creation_time_is_not_shown(void **state)
{
	assert_int_equal(see_item("{\"id\":\"" ID "\",\"createdAt\":-1}").created_ms, 0);
	assert_int_equal(see_item("{\"id\":\"" ID "\",\"createdAt\":1e300}").created_ms, 0);
	assert_int_equal(see_item("{\"id\":\"" ID "\",\"createdAt\":9007199254740991}").created_ms,
		INT64_C(9007199254740991));
}

static void an_etag_unfit_for_a_header_is_not_shown(void **state)
{
	assert_string_equal(see_item("{\"id\":\"" ID "\",\"etag\":\"a\\nb\"}").etag, "");
}

/* Adobe's examples show both, alike. Another version, as of a connectionSpec, is no etag. */
static void a_version_in_quotes_stands_for_an_etag(void **state)
{
	assert_string_equal(
		see_item("{\"id\":\"" ID "\",\"version\":\"\\\"8e00\\\"\"}").etag, "\"8e00\"");
	assert_string_equal(see_item("{\"id\":\"" ID "\",\"version\":\"1.0\"}").etag, "");
	assert_string_equal(see_item("{\"id\":\"" ID "\",\"version\":7}").etag, "");
}

/* The caller compares, who knows how many of the ids were distinct. */
static void a_tally_asks_for_the_count_in_any_case(void **state)
{
	struct seen seen = {.count = 0};
	struct flow_cursor c;

	flow_cursor_init(&c);
	c.tally = true;
	assert_int_equal(feed_built(&c, 2, NULL), FLOW_STEP_COUNT);
	assert_int_equal(feed(&c, "{\"count\":3}", &seen), FLOW_STEP_COMPLETE);
	assert_int_equal(c.count, 3);
	assert_int_equal(c.items, 2);
	assert_int_equal(feed(&c, "{\"count\":2.5}", &seen), FLOW_STEP_UNSOUND);
	assert_int_equal(feed(&c, "{\"count\":-1}", &seen), FLOW_STEP_UNSOUND);
}

int main(void)
{
	const struct CMUnitTest plain[] = {
		cmocka_unit_test(no_body_at_all_is_unsound),
		cmocka_unit_test(pages_are_walked_to_the_end),
		cmocka_unit_test(ninety_nine_items_are_complete),
		cmocka_unit_test(an_exactly_full_last_page_asks_for_the_count),
		cmocka_unit_test(an_overfull_page_asks_for_the_count),
		cmocka_unit_test(another_count_is_unsound),
		cmocka_unit_test(the_same_token_again_is_unsound),
		cmocka_unit_test(tokens_in_a_circle_are_unsound),
		cmocka_unit_test(an_empty_token_on_a_later_page_is_unsound),
		cmocka_unit_test(pages_have_a_limit),
		cmocka_unit_test(a_token_that_is_too_long_is_unsound),
		cmocka_unit_test(an_item_is_read_field_by_field),
		cmocka_unit_test(what_an_item_does_not_show_is_empty),
		cmocka_unit_test(fields_of_another_type_are_not_shown),
		cmocka_unit_test(a_masked_value_is_not_shown),
		cmocka_unit_test(an_odd_creation_time_is_not_shown),
		cmocka_unit_test(an_etag_unfit_for_a_header_is_not_shown),
		cmocka_unit_test(a_version_in_quotes_stands_for_an_etag),
		cmocka_unit_test(a_tally_asks_for_the_count_in_any_case),
	};
	static struct CMUnitTest tests[ARRAY_SIZE(pages) + ARRAY_SIZE(plain)];

	json_setup();
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		tests[i] = (struct CMUnitTest){.name = pages[i].claim,
			.test_func = feed_page,
			.initial_state = (void *)(uintptr_t)&pages[i]};
	memcpy(tests + ARRAY_SIZE(pages), plain, sizeof(plain));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
