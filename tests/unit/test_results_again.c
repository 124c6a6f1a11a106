/* What output/line.c writes, the input reads again: two rooms that do not know each
 * other, and have to agree on columns, quotes and apostrophes. */
#include "input_fixture.h"

#include "output/line.h"

#define ID "0f2a4b6c-0000-4000-8000-00000000abcd"
#define ETAG "\"0400fa3b-0000-0200-0000-6766749a0000\""

static const char *const carried_names[] = {"Region", "input.status", "=x"};
static const char *const names[] = {"a", "=1+1", "it's \"a\", b;c", " a ", "a;=b\n-c", "\xc3\xa4",
	"'=", "\t=;-\r\n+", "{\"a\":1}"};

static void write_results(struct fixture *f, const struct line_style *style)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 65536);
	assert_int_equal(line_header(style, &b), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *const carried[] = {names[i], "", "-"};
		const struct line l = {
			.row = i + 1,
			.line = i + 2,
			.name = names[i],
			.sandbox = "-dev",
			.endpoint = "https://a.example.com",
			.status = "created",
			.id = ID,
			.etag = ETAG,
			.http_status = 201,
			.error_code = "x",
			.error = names[i],
			.attempts = 1,
			.request_id = "r",
			.started_ms = 1764014078123,
			.duration_ms = 0,
			.carried = carried,
			.carried_count = 3,
		};

		assert_int_equal(line_append(style, &l, &b), 0);
	}
	f->o.kind = INPUT_RESULTS;
	assert_int_equal(open_bytes(f, b.data, b.len), 0);
}

static void expect_all(struct fixture *f, const struct line_style *style)
{
	const char *const *carried;
	struct input_survey s;

	write_results(f, style);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, ARRAY_SIZE(names));
	assert_int_equal(s.created, ARRAY_SIZE(names));
	assert_int_equal(input_carried(f->in, &carried), 3); /* and none of the results' own */
	assert_string_equal(carried[0], "Region");
	assert_string_equal(carried[1], "input.status");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct row *r = &f->row;

		expect_row(f);
		assert_int_equal(r->number, i + 1);
		if (style->excel_safe && strcmp(r->name, names[i]) != 0)
			assert_string_equal(r->plain_name, names[i]);
		else
			assert_string_equal(r->name, names[i]);
		assert_string_equal(r->sandbox, "-dev");
		assert_string_equal(r->endpoint, "https://a.example.com");
		assert_string_equal(r->status, "created");
		assert_string_equal(r->id, ID);
		assert_string_equal(r->etag, ETAG);
		assert_int_equal(r->carried_count, 3);
	}
	assert_int_equal(next(f), INPUT_END);
}

static void results_are_read_as_they_were_written(void **state)
{
	struct line_style style = {.carried_names = carried_names, .carried_count = 3};

	expect_all(*state, &style);
	style.format = LINE_JSONL;
	expect_all(*state, &style);
}

static void an_excel_safe_file_tells_each_name_one_way_or_the_other(void **state)
{
	const struct line_style style = {
		.excel_safe = true, .carried_names = carried_names, .carried_count = 3};

	expect_all(*state, &style);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(results_are_read_as_they_were_written),
		TEST(an_excel_safe_file_tells_each_name_one_way_or_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
