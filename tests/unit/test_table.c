#include "check.h"

#include "base/macros.h"
#include "output/table.h"

static const struct table_column columns[] = {
	{.name = "count", .number = true}, {.name = "name"}, {.name = "why"}};

static void assert_table(enum line_format format, const char *expected)
{
	const struct table t = {format, columns, ARRAY_SIZE(columns)};
	AUTO(buf_done) struct buf b;

	buf_init(&b, 1000);
	assert_int_equal(table_header(&t, &b), 0);
	assert_int_equal(table_row(&t, (const char *[]){"17", "a,\"b\"\n", NULL}, &b), 0);
	assert_int_equal(table_row(&t, (const char *[]){"", "\xff", "=1"}, &b), 0);
	assert_string_equal(b.data, expected);
}

static void csv_has_a_header_and_quotes_what_it_must(void **state)
{
	assert_table(LINE_CSV, "count,name,why\n17,\"a,\"\"b\"\"\n\",\n,\xff,=1\n");
}

static void json_has_numbers_and_nulls(void **state)
{
	assert_table(LINE_JSONL, "{\"count\":17,\"name\":\"a,\\\"b\\\"\\n\",\"why\":null}\n"
				 "{\"count\":null,\"name\":\"\xef\xbf\xbd\",\"why\":\"=1\"}\n");
}

static void without_room_it_says_so(void **state)
{
	const struct table t = {LINE_JSONL, columns, ARRAY_SIZE(columns)};
	AUTO(buf_done) struct buf b;

	buf_init(&b, 20);
	assert_true(table_row(&t, (const char *[]){"17", "a", "b"}, &b) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_has_a_header_and_quotes_what_it_must),
		cmocka_unit_test(json_has_numbers_and_nulls),
		cmocka_unit_test(without_room_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
