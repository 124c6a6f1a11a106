/* test_visible.c - one connection as the server shows it, and what differs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/visible.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define ID_2 "69f188b6-1111-4222-8333-000000000002"

/* ----------------------------------------------------------------- reading */

struct seen {
	int count;
	char name[64], etag[64];
};

static void see(void *arg, const struct flow_item *item)
{
	struct seen *s = arg;

	s->count++;
	str_copy(s->name, sizeof(s->name), item->name);
	str_copy(s->etag, sizeof(s->etag), item->etag);
}

static struct seen read_it(const char *body, int expected)
{
	struct seen s = {.count = 0};

	assert_int_equal(flow_read_connection(body, strlen(body), ID, see, &s), expected);
	assert_int_equal(s.count, expected == 0);
	return s;
}

static void one_item_of_this_id_is_the_connection(void **state)
{
	struct seen s = read_it("{\"items\":[{\"id\":\"" ID "\",\"name\":\"North\","
				"\"etag\":\"\\\"8e00\\\"\"}]}",
		0);

	assert_string_equal(s.name, "North");
	assert_string_equal(s.etag, "\"8e00\"");
	read_it("{\"items\":[{\"id\":\"69F188B6-1111-4222-8333-ABCDEFABCDEF\"}]}", 0);
}

static void a_version_alone_is_its_etag(void **state)
{
	struct seen s = read_it(
		"{\"items\":[{\"id\":\"" ID "\",\"version\":\"\\\"8e00\\\"\"}],\"_links\":{}}", 0);

	assert_string_equal(s.etag, "\"8e00\"");
}

static void anything_else_is_not_the_connection(void **state)
{
	static const char *const others[] = {
		"",
		"<html>",
		"[]",
		"{}",
		"{\"items\":{}}",
		"{\"items\":[]}",
		"{\"items\":{\"id\":\"" ID "\"}}",
		"{\"items\":{\"0\":{\"id\":\"" ID "\"}}}",
		"{\"items\":[\"" ID "\"]}",
		"{\"items\":[{\"name\":\"North\"}]}",
		"{\"items\":[{\"id\":\"" ID_2 "\"}]}",
		"{\"items\":[{\"id\":\"" ID "\"},{\"id\":\"" ID_2 "\"}]}",
		"{\"items\":[{\"id\":\"" ID "\"}]",
		"{\"id\":\"" ID "\"}",
	};
	struct seen s = {.count = 0};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		read_it(others[i], -EBADMSG);
	assert_int_equal(flow_read_connection(NULL, 0, ID, see, &s), -EBADMSG);
	assert_int_equal(s.count, 0);
}

/* --------------------------------------------------------------- comparing */

static const struct flow_wanted wanted = {
	.name = "North",
	.spec_id = FLOW_SERVICENOW_SPEC,
	.endpoint = "https://north.service-now.com",
	.username = "aep",
	.tag = "0123456789abcdef",
};

static const struct flow_item shown = {
	.name = "North",
	.id = ID,
	.etag = "",
	.spec_id = FLOW_SERVICENOW_SPEC,
	.description = "whatever",
	.endpoint = "https://north.service-now.com",
	.username = "aep",
};

static void what_is_as_wanted_does_not_differ(void **state)
{
	struct flow_item item = shown;

	assert_int_equal(flow_differs(&item, &wanted), 0);
	item.endpoint = "HTTPS://North.service-now.com/";
	item.spec_id = "EB13CB25-47ab-407f-ba89-c0125281c563";
	assert_int_equal(flow_differs(&item, &wanted), 0);
}

static void each_field_that_is_another_is_told(void **state)
{
	struct flow_item item = shown;

	item.name = "north";
	assert_int_equal(flow_differs(&item, &wanted), FLOW_FIELD_NAME);
	item.spec_id = ID;
	item.endpoint = "https://south.service-now.com";
	item.username = "AEP";
	assert_int_equal(flow_differs(&item, &wanted),
		FLOW_FIELD_NAME | FLOW_FIELD_SPEC | FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME);
}

static void what_is_not_shown_or_masked_does_not_differ(void **state)
{
	const struct flow_item nothing = {
		.name = "", .id = ID, .etag = "", .spec_id = "", .description = ""};
	const struct flow_item masked = {.name = "North",
		.id = ID,
		.etag = "",
		.spec_id = "",
		.description = "",
		.endpoint = "****",
		.username = ""};

	assert_int_equal(flow_differs(&nothing, &wanted), 0);
	assert_int_equal(flow_differs(&masked, &wanted), 0);
}

static void what_the_row_does_not_have_differs_when_shown(void **state)
{
	struct flow_wanted w = wanted;

	w.endpoint = NULL;
	w.username = "";
	assert_int_equal(flow_differs(&shown, &w), FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME);
}

/* ------------------------------------------------------------------- words */

static const char *words(unsigned fields)
{
	static char text[128];

	return flow_fields_words(fields, text, sizeof(text));
}

static void fields_are_named_as_their_columns(void **state)
{
	assert_string_equal(words(0), "");
	assert_string_equal(words(FLOW_FIELD_NAME), "name");
	assert_string_equal(words(FLOW_FIELD_DESCRIPTION), "description");
	assert_string_equal(words(FLOW_FIELD_SPEC), "connection_spec_id");
	assert_string_equal(words(FLOW_FIELD_ENDPOINT), "endpoint");
	assert_string_equal(words(FLOW_FIELD_USERNAME), "username");
	assert_string_equal(
		words(FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME), "endpoint and username");
	assert_string_equal(words(FLOW_FIELD_NAME | FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME),
		"name, endpoint and username");
	assert_string_equal(
		words(0x1f), "name, description, connection_spec_id, endpoint and username");
}

static void words_fit_the_room_they_are_given(void **state)
{
	char text[12];

	assert_string_equal(flow_fields_words(0x1f, text, sizeof(text)), "name, descr");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_item_of_this_id_is_the_connection),
		cmocka_unit_test(a_version_alone_is_its_etag),
		cmocka_unit_test(anything_else_is_not_the_connection),
		cmocka_unit_test(what_is_as_wanted_does_not_differ),
		cmocka_unit_test(each_field_that_is_another_is_told),
		cmocka_unit_test(what_is_not_shown_or_masked_does_not_differ),
		cmocka_unit_test(what_the_row_does_not_have_differs_when_shown),
		cmocka_unit_test(fields_are_named_as_their_columns),
		cmocka_unit_test(words_fit_the_room_they_are_given),
	};

	json_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
