/* test_tag.c - a mark of ours at the end of a description, and what it decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "flow/search.h"
#include "flow/tag.h"

#define KEY "0123456789abcdef"
#define TAG "[snowmelt:" KEY "]"
#define AT INT64_C(1700000000000)

static const struct flow_wanted wanted = {
	.name = "north",
	.spec_id = FLOW_SERVICENOW_SPEC,
	.endpoint = "https://north.example",
	.username = "reader",
	.tag = KEY,
};

static struct flow_item item(const char *id, const char *description)
{
	return (struct flow_item){
		.name = "north",
		.id = id,
		.etag = "",
		.spec_id = FLOW_SERVICENOW_SPEC,
		.description = description,
		.created_ms = AT,
	};
}

static const char *const ids[] = {
	"69f188b6-1111-4222-8333-000000000000",
	"69f188b6-1111-4222-8333-000000000001",
	"69f188b6-1111-4222-8333-000000000002",
};

static void add(struct flow_hits *h, size_t id, const char *description)
{
	struct flow_item i = item(ids[id], description);

	flow_hits_add(h, &wanted, &i);
}

static enum flow_finding conclude(const struct flow_hits *h, int64_t intent_ms)
{
	char conflict[512] = "";

	return flow_hits_conclude(h, intent_ms, conflict, sizeof(conflict));
}

static void assert_tagged(const char *description, const char *expected)
{
	struct buf b;

	buf_init(&b, 4096);
	assert_int_equal(flow_tag_append(&b, description, KEY), 0);
	assert_string_equal(b.data, expected);
	assert_true(flow_tagged(b.data, KEY));
	buf_done(&b);
}

static void a_tag_stands_behind_the_description(void **state)
{
	assert_tagged("North", "North " TAG);
	assert_tagged("", TAG);
	assert_tagged(NULL, TAG);
}

static void only_the_whole_tag_at_the_end_counts(void **state)
{
	static const char *const others[] = {"", "North", TAG " ", TAG "x", "snowmelt:" KEY "]",
		"[snowmelt:0123456789abcdee]", "[snowmelt:]", KEY "]"};

	assert_false(flow_tagged(NULL, KEY));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(flow_tagged(others[i], KEY));
}

static size_t less(const char *description)
{
	return flow_tag_less(description, KEY);
}

static void a_description_less_its_tag_is_what_it_was(void **state)
{
	assert_int_equal(less("North " TAG), strlen("North"));
	assert_int_equal(less("North  " TAG), strlen("North "));
	assert_int_equal(less("North" TAG), strlen("North"));
	assert_int_equal(less(TAG), 0);
	assert_int_equal(less(" " TAG), 0);
	assert_int_equal(less(TAG " " TAG), strlen(TAG));
}

static void a_description_without_the_tag_stays_whole(void **state)
{
	static const char *const others[] = {
		"", " ", "North", "North ", TAG " ", "x [snowmelt:0123456789abcdee]", KEY "]", "]"};

	assert_int_equal(less(NULL), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(less(others[i]), strlen(others[i]));
}

static void one_with_our_tag_is_ours_whatever_its_age(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	add(&h, 0, "x " TAG);
	assert_int_equal(conclude(&h, AT + 86400000), FLOW_FOUND_CREATED);
	assert_int_equal(conclude(&h, 0), FLOW_FOUND_CREATED);
}

static void others_of_its_name_are_nobody_s_concern(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	add(&h, 0, "another's");
	add(&h, 1, "");
	assert_int_equal(conclude(&h, AT), FLOW_FOUND_CONFLICT);
	add(&h, 2, TAG);
	assert_int_equal(conclude(&h, AT), FLOW_FOUND_CREATED);
	assert_string_equal(h.ids[0], ids[2]);
	add(&h, 2, TAG);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.tagged, 1);
}

static void two_with_our_tag_are_a_conflict(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	add(&h, 0, TAG);
	add(&h, 1, TAG);
	assert_int_equal(conclude(&h, AT), FLOW_FOUND_CONFLICT);
}

static void without_our_tag_the_other_rules_hold(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	add(&h, 0, ""); /* not shown, so nothing is known of it */
	assert_false(h.untagged);
	assert_int_equal(conclude(&h, AT), FLOW_FOUND_CREATED);
	flow_hits_init(&h);
	add(&h, 0, "another's");
	assert_true(h.untagged);
	assert_int_equal(conclude(&h, 0), FLOW_FOUND_ADOPTED);
}

static void what_is_found_beside_the_expected_is_one_too_many(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_expect(&h, ids[0]);
	add(&h, 0, "");
	assert_int_equal(h.count, 1);
	add(&h, 1, "");
	assert_int_equal(conclude(&h, AT), FLOW_FOUND_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_stands_behind_the_description),
		cmocka_unit_test(only_the_whole_tag_at_the_end_counts),
		cmocka_unit_test(a_description_less_its_tag_is_what_it_was),
		cmocka_unit_test(a_description_without_the_tag_stays_whole),
		cmocka_unit_test(one_with_our_tag_is_ours_whatever_its_age),
		cmocka_unit_test(others_of_its_name_are_nobody_s_concern),
		cmocka_unit_test(two_with_our_tag_are_a_conflict),
		cmocka_unit_test(without_our_tag_the_other_rules_hold),
		cmocka_unit_test(what_is_found_beside_the_expected_is_one_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
