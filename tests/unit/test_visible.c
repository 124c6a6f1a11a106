/* test_visible.c - one connection as the server shows it. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "flow/visible.h"

#define ID "69f188b6-1111-4222-8333-abcdefabcdef"
#define OTHER "69f188b6-1111-4222-8333-000000000000"
#define SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"
#define ITEM(id)                                                                                   \
	"{\"id\":\"" id "\",\"name\":\"a\",\"description\":\"words\",\"etag\":\"\\\"e\\\"\","      \
	"\"connectionSpec\":{\"id\":\"" SPEC "\"},\"auth\":{\"params\":"                           \
	"{\"endpoint\":\"https://a.example.com\",\"username\":\"u\",\"password\":\"****\"}}}"

static const struct flow_wanted wanted = {
	.name = "a",
	.spec_id = SPEC,
	.endpoint = "https://A.example.com/",
	.username = "u",
};

struct seen {
	int count;
	unsigned differs;
	char etag[32], description[32];
};

static void look(void *arg, const struct flow_item *item)
{
	struct seen *s = arg;

	s->count++;
	s->differs = flow_differs(item, &wanted);
	snprintf(s->etag, sizeof(s->etag), "%s", item->etag);
	snprintf(s->description, sizeof(s->description), "%s", item->description);
}

static void one_item_of_this_id_is_read(void **state)
{
	const char *body = "{\"items\":[" ITEM(ID) "]}";
	struct seen s = {0};

	assert_int_equal(flow_read_connection(body, strlen(body), ID, look, &s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.differs, 0);
	assert_string_equal(s.etag, "\"e\"");
	assert_string_equal(s.description, "words");
}

static void anything_else_is_no_reading(void **state)
{
	static const char *const bodies[] = {
		"{\"items\":[]}",
		"{\"items\":[" ITEM(ID) "," ITEM(OTHER) "]}",
		"{\"items\":[" ITEM(OTHER) "]}",
		ITEM(ID),
		"{\"items\":{}}",
		"{\"items\":[" ITEM(ID) "]",
		"<html>",
		"",
	};
	struct seen s = {0};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		assert_int_equal(
			flow_read_connection(bodies[i], strlen(bodies[i]), ID, look, &s), -EBADMSG);
	assert_int_equal(flow_read_connection(NULL, 0, ID, look, &s), -EBADMSG);
	assert_int_equal(s.count, 0);
}

static void each_field_that_is_shown_is_compared(void **state)
{
	static const struct {
		struct flow_item item;
		unsigned differs;
	} cases[] = {
		{{.name = "b"}, FLOW_FIELD_NAME},
		{{.name = "A"}, FLOW_FIELD_NAME},
		{{.name = "a", .spec_id = OTHER}, FLOW_FIELD_SPEC},
		{{.name = "a", .endpoint = "https://b.example.com"}, FLOW_FIELD_ENDPOINT},
		{{.name = "a", .username = "U"}, FLOW_FIELD_USERNAME},
		{{.name = "b", .endpoint = "x", .username = "y"},
			FLOW_FIELD_NAME | FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(flow_differs(&cases[i].item, &wanted), cases[i].differs);
}

static void what_is_not_shown_differs_from_nothing(void **state)
{
	const struct flow_item hidden = {.name = "", .spec_id = ""};
	const struct flow_item masked = {.name = "a", .endpoint = "****", .username = "***"};

	assert_int_equal(flow_differs(&hidden, &wanted), 0);
	assert_int_equal(flow_differs(&masked, &wanted), 0);
}

/* A row without an endpoint does not want one. */
static void what_is_shown_and_not_wanted_differs(void **state)
{
	const struct flow_wanted bare = {.name = "a", .spec_id = SPEC};
	const struct flow_item item = {.name = "a", .endpoint = "https://a", .username = "u"};

	assert_int_equal(flow_differs(&item, &bare), FLOW_FIELD_ENDPOINT | FLOW_FIELD_USERNAME);
}

static void fields_are_told_in_words(void **state)
{
	char dst[128];

	assert_string_equal(flow_fields_words(0, dst, sizeof(dst)), "");
	assert_string_equal(
		flow_fields_words(FLOW_FIELD_SPEC, dst, sizeof(dst)), "connection_spec_id");
	assert_string_equal(
		flow_fields_words(FLOW_FIELD_NAME | FLOW_FIELD_USERNAME, dst, sizeof(dst)),
		"name and username");
	assert_string_equal(flow_fields_words(31, dst, sizeof(dst)),
		"name, description, connection_spec_id, endpoint and username");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_item_of_this_id_is_read),
		cmocka_unit_test(anything_else_is_no_reading),
		cmocka_unit_test(each_field_that_is_shown_is_compared),
		cmocka_unit_test(what_is_not_shown_differs_from_nothing),
		cmocka_unit_test(what_is_shown_and_not_wanted_differs),
		cmocka_unit_test(fields_are_told_in_words),
	};

	json_setup();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
