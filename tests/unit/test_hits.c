/* test_hits.c - is what was found this row's connection? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "flow/search.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define ID_2 "69f188b6-1111-4222-8333-000000000002"
#define AT INT64_C(1732477878123)

static const struct flow_wanted wanted = {
	.name = "North",
	.spec_id = FLOW_SERVICENOW_SPEC,
	.endpoint = "https://north.service-now.com",
	.username = "aep",
};

static const struct flow_item ours = {
	.name = "North",
	.id = ID,
	.etag = "\"8e00\"",
	.spec_id = FLOW_SERVICENOW_SPEC,
	.endpoint = "https://north.service-now.com",
	.username = "aep",
	.created_ms = AT,
};

static char conflict[1024];

static enum flow_finding conclude_on(const struct flow_item *item, int64_t intent_ms)
{
	struct flow_hits h;

	conflict[0] = '\0';
	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, item);
	return flow_hits_conclude(&h, intent_ms, conflict, sizeof(conflict));
}

/* --------------------------------------------------------------- what counts */

static void nothing_found_is_absent(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	assert_int_equal(flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_ABSENT);
}

static void a_name_counts_exactly(void **state)
{
	static const char *const others[] = {"north", "North ", " North", "North2", "Nort", ""};
	struct flow_item item = ours;

	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CREATED);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		item.name = others[i];
		assert_int_equal(conclude_on(&item, AT), FLOW_ABSENT);
	}
}

static void another_spec_is_another_connection(void **state)
{
	struct flow_item item = ours;

	item.spec_id = "00000000-47ab-407f-ba89-c0125281c563";
	assert_int_equal(conclude_on(&item, AT), FLOW_ABSENT);
	item.spec_id = "EB13CB25-47AB-407F-BA89-C0125281C563";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CREATED);
}

/* It passed the server's filter; to call the row absent would send it twice. */
static void a_spec_that_is_not_shown_does_not_differ(void **state)
{
	struct flow_item item = ours;

	item.spec_id = "";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CREATED);
}

static void a_hit_gives_its_id_and_etag(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &ours);
	assert_int_equal(h.count, 1);
	assert_string_equal(h.ids[0], ID);
	assert_string_equal(h.etag, "\"8e00\"");
	assert_int_equal(h.created_ms, AT);
}

static void an_etag_of_bad_bytes_is_not_taken(void **state)
{
	struct flow_item item = ours;
	struct flow_hits h;

	item.etag = "a\r\nb";
	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &item);
	assert_string_equal(h.etag, "");
}

/* Pages may shift under the search, so that an item is met twice. */
/* Of a row that was rolled back: listings may show for a while what is there no more. */
static void an_ignored_id_does_not_count(void **state)
{
	struct flow_item item = ours;
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_ignore(&h, "69F188B6-1111-4222-8333-ABCDEFABCDEF");
	flow_hits_add(&h, &wanted, &item);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_ABSENT);
	item.id = ID_2;
	flow_hits_add(&h, &wanted, &item);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_FOUND_CREATED);
	assert_string_equal(h.ids[0], ID_2);
	assert_int_equal(h.count, 1);
}

static void to_ignore_no_id_ignores_nothing(void **state)
{
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_ignore(&h, "");
	flow_hits_add(&h, &wanted, &ours);
	assert_int_equal(h.count, 1);
}

static void the_same_id_twice_counts_once(void **state)
{
	struct flow_item again = ours;
	struct flow_hits h;

	again.id = "69F188B6-1111-4222-8333-ABCDEFABCDEF";
	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &ours);
	flow_hits_add(&h, &wanted, &ours);
	flow_hits_add(&h, &wanted, &again);
	assert_int_equal(h.count, 1);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_FOUND_CREATED);
}

/* ---------------------------------------------------------- created or adopted */

static void what_is_not_older_than_the_intent_is_created(void **state)
{
	assert_int_equal(conclude_on(&ours, AT), FLOW_FOUND_CREATED);
	assert_int_equal(conclude_on(&ours, AT - 60000), FLOW_FOUND_CREATED);
	assert_int_equal(conclude_on(&ours, AT + 5000), FLOW_FOUND_CREATED);
}

static void what_is_older_by_more_than_the_grace_is_adopted(void **state)
{
	assert_int_equal(conclude_on(&ours, AT + 5001), FLOW_FOUND_ADOPTED);
	assert_int_equal(conclude_on(&ours, AT + 86400000), FLOW_FOUND_ADOPTED);
}

static void without_an_open_intent_it_is_adopted(void **state)
{
	assert_int_equal(conclude_on(&ours, 0), FLOW_FOUND_ADOPTED);
}

static void without_a_creation_time_it_is_adopted(void **state)
{
	struct flow_item item = ours;

	item.created_ms = 0;
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_ADOPTED);
	assert_int_equal(conclude_on(&item, 1), FLOW_FOUND_ADOPTED);
}

/* ------------------------------------------------------------------ conflict */

static void another_endpoint_is_a_conflict(void **state)
{
	struct flow_item item = ours;

	item.endpoint = "https://south.service-now.com";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CONFLICT);
	assert_string_equal(conflict,
		"connection " ID
		" has this name, but another endpoint: rename the row, or change or "
		"delete that connection");
}

static void another_username_is_a_conflict(void **state)
{
	struct flow_item item = ours;

	item.username = "AEP";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CONFLICT);
	assert_non_null(strstr(conflict, ID));
	assert_non_null(strstr(conflict, "another username:"));
}

static void both_may_differ_and_neither_is_quoted(void **state)
{
	struct flow_item item = ours;

	item.endpoint = "https://south.service-now.com";
	item.username = "someone";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CONFLICT);
	assert_non_null(strstr(conflict, "another endpoint and username:"));
	assert_null(strstr(conflict, "south"));
	assert_null(strstr(conflict, "someone"));
	assert_null(strstr(conflict, "aep"));
}

static void case_and_slash_of_an_endpoint_do_not_differ(void **state)
{
	struct flow_item item = ours;

	item.endpoint = "https://North.Service-Now.com/";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CREATED);
}

static void what_is_not_shown_does_not_differ(void **state)
{
	static const char *const hidden[] = {NULL, "", "*", "********"};
	struct flow_item item = ours;

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		item.endpoint = item.username = hidden[i];
		assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CREATED);
	}
}

static void what_is_shown_in_part_differs(void **state)
{
	struct flow_item item = ours;

	item.username = "{USERNAME}";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CONFLICT);
	item.username = "a**";
	assert_int_equal(conclude_on(&item, AT), FLOW_FOUND_CONFLICT);
}

static void what_the_row_does_not_have_differs_when_shown(void **state)
{
	struct flow_wanted bare = {.name = "North", .spec_id = FLOW_SERVICENOW_SPEC};
	struct flow_item item = ours;
	struct flow_hits h;

	flow_hits_init(&h);
	flow_hits_add(&h, &bare, &item);
	assert_true(h.endpoint_differs);
	assert_true(h.username_differs);

	item.endpoint = item.username = NULL;
	flow_hits_init(&h);
	flow_hits_add(&h, &bare, &item);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_FOUND_CREATED);
}

static void several_ids_are_a_conflict_that_names_them(void **state)
{
	struct flow_item second = ours;
	struct flow_hits h;

	second.id = ID_2;
	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &ours);
	flow_hits_add(&h, &wanted, &second);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_FOUND_CONFLICT);
	assert_string_equal(conflict,
		"2 connections have this name: " ID ", " ID_2 ": delete or rename all but one");
}

static void many_ids_are_named_up_to_a_limit(void **state)
{
	char id[] = "69f188b6-1111-4222-8333-00000000000a";
	struct flow_item item = ours;
	struct flow_hits h;

	item.id = id;
	flow_hits_init(&h);
	for (int i = 0; i < FLOW_HITS_MAX + 3; i++) {
		id[35] = (char)(i < 6 ? 'a' + i : '0' + i - 6);
		flow_hits_add(&h, &wanted, &item);
	}
	assert_int_equal(h.count, FLOW_HITS_MAX + 3);
	assert_int_equal(
		flow_hits_conclude(&h, AT, conflict, sizeof(conflict)), FLOW_FOUND_CONFLICT);
	assert_non_null(strstr(conflict, "11 connections"));
	assert_non_null(strstr(conflict, "-00000000000a, "));
	assert_non_null(strstr(conflict, "-000000000001 and 3 more: "));
	assert_null(strstr(conflict, "-000000000002"));
}

static void a_conflict_fits_the_room_it_is_given(void **state)
{
	struct flow_item item = ours;
	struct flow_hits h;
	char small[20];

	item.username = "someone";
	flow_hits_init(&h);
	flow_hits_add(&h, &wanted, &item);
	assert_int_equal(flow_hits_conclude(&h, AT, small, sizeof(small)), FLOW_FOUND_CONFLICT);
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_found_is_absent),
		cmocka_unit_test(a_name_counts_exactly),
		cmocka_unit_test(another_spec_is_another_connection),
		cmocka_unit_test(a_spec_that_is_not_shown_does_not_differ),
		cmocka_unit_test(a_hit_gives_its_id_and_etag),
		cmocka_unit_test(an_etag_of_bad_bytes_is_not_taken),
		cmocka_unit_test(an_ignored_id_does_not_count),
		cmocka_unit_test(to_ignore_no_id_ignores_nothing),
		cmocka_unit_test(the_same_id_twice_counts_once),
		cmocka_unit_test(what_is_not_older_than_the_intent_is_created),
		cmocka_unit_test(what_is_older_by_more_than_the_grace_is_adopted),
		cmocka_unit_test(without_an_open_intent_it_is_adopted),
		cmocka_unit_test(without_a_creation_time_it_is_adopted),
		cmocka_unit_test(another_endpoint_is_a_conflict),
		cmocka_unit_test(another_username_is_a_conflict),
		cmocka_unit_test(both_may_differ_and_neither_is_quoted),
		cmocka_unit_test(case_and_slash_of_an_endpoint_do_not_differ),
		cmocka_unit_test(what_is_not_shown_does_not_differ),
		cmocka_unit_test(what_is_shown_in_part_differs),
		cmocka_unit_test(what_the_row_does_not_have_differs_when_shown),
		cmocka_unit_test(several_ids_are_a_conflict_that_names_them),
		cmocka_unit_test(many_ids_are_named_up_to_a_limit),
		cmocka_unit_test(a_conflict_fits_the_room_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
