#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/formula.h"
#include "base/macros.h"
#include "output/csv_field.h"
#include "output/line.h"

#define MANY ((size_t)1 << 20)

static const char *const carried_names[] = {"team", "cost centre, old"};
static const char *const carried[] = {"alpha", "7"};

static struct line full_line(void)
{
	return (struct line){
		.row = 1,
		.line = 2,
		.name = "acme",
		.sandbox = "prod",
		.endpoint = "https://acme.service-now.com",
		.status = "created",
		.id = "c2a4c6a8-0000-4000-8000-000000000001",
		.etag = "\"0400fa3b-0000-0200-0000-6766749a0000\"",
		.http_status = 201,
		.attempts = 1,
		.request_id = "req-1",
		.started_ms = 1764014078123,
		.duration_ms = 250,
		.carried = carried,
		.carried_count = 2,
	};
}

/* One field, as the CSV has it. */
static const char *field(const char *text, bool excel_safe)
{
	static char copy[256];
	const struct line_style style = {.format = LINE_CSV, .excel_safe = excel_safe};
	const struct line l = {.row = 1, .line = 2, .name = text, .duration_ms = -1};
	AUTO(buf_done) struct buf b;
	size_t head = strlen("1,2,"), tail = strlen(",,,,,,,,,0,,,\n");

	buf_init(&b, MANY);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_true(b.len >= head + tail && b.len - head - tail < sizeof(copy));
	assert_memory_equal(b.data, "1,2,", head);
	assert_string_equal(b.data + b.len - tail, ",,,,,,,,,0,,,\n");
	memcpy(copy, b.data + head, b.len - head - tail);
	copy[b.len - head - tail] = '\0';
	return copy;
}

static void csv_has_all_columns_in_order_and_the_carried_behind(void **state)
{
	const struct line_style style = {
		.format = LINE_CSV, .carried_names = carried_names, .carried_count = 2};
	const struct line l = full_line();
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_header(&style, &b), 0);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data,
		"row,line,name,sandbox,endpoint,status,id,etag,http_status,error_code,error,"
		"attempts,request_id,started_at,duration_ms,team,\"cost centre, old\"\n"
		"1,2,acme,prod,https://acme.service-now.com,created,"
		"c2a4c6a8-0000-4000-8000-000000000001,"
		"\"\"\"0400fa3b-0000-0200-0000-6766749a0000\"\"\",201,,,1,req-1,"
		"2025-11-24T19:54:38.123Z,250,alpha,7\n");
}

static void json_has_the_same_columns_with_numbers_as_numbers(void **state)
{
	const struct line_style style = {
		.format = LINE_JSONL, .carried_names = carried_names, .carried_count = 2};
	const struct line l = full_line();
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_header(&style, &b), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data,
		"{\"row\":1,\"line\":2,\"name\":\"acme\",\"sandbox\":\"prod\","
		"\"endpoint\":\"https://acme.service-now.com\",\"status\":\"created\","
		"\"id\":\"c2a4c6a8-0000-4000-8000-000000000001\","
		"\"etag\":\"\\\"0400fa3b-0000-0200-0000-6766749a0000\\\"\",\"http_status\":201,"
		"\"error_code\":null,\"error\":null,\"attempts\":1,\"request_id\":\"req-1\","
		"\"started_at\":\"2025-11-24T19:54:38.123Z\",\"duration_ms\":250,"
		"\"team\":\"alpha\",\"cost centre, old\":\"7\"}\n");
}

/* A row that is refused whole has no carried fields either; its line is as wide. */
static void what_is_empty_is_nothing_in_csv_and_null_in_json(void **state)
{
	struct line_style style = {
		.format = LINE_CSV, .carried_names = carried_names, .carried_count = 2};
	const struct line l = {
		.row = UINT64_MAX, .line = 18, .status = "invalid", .name = "", .duration_ms = -1};
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data, "18446744073709551615,18,,,,invalid,,,,,,0,,,,,\n");

	buf_reset(&b);
	style.format = LINE_JSONL;
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data,
		"{\"row\":18446744073709551615,\"line\":18,\"name\":null,\"sandbox\":null,"
		"\"endpoint\":null,\"status\":\"invalid\",\"id\":null,\"etag\":null,"
		"\"http_status\":null,\"error_code\":null,\"error\":null,\"attempts\":0,"
		"\"request_id\":null,\"started_at\":null,\"duration_ms\":null,\"team\":null,"
		"\"cost centre, old\":null}\n");
}

static void a_column_of_numbers_stands_behind_the_carried_ones(void **state)
{
	struct line_style style = {.format = LINE_CSV,
		.carried_names = carried_names,
		.carried_count = 2,
		.number_name = "tables"};
	struct line l = {.row = 1, .line = 2, .duration_ms = -1, .number = 17};
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_header(&style, &b), 0);
	assert_string_equal(b.data + b.len - 7, "tables\n");
	buf_reset(&b);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data, "1,2,,,,,,,,,,0,,,,,,17\n");
	l.number = -1;
	buf_reset(&b);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data, "1,2,,,,,,,,,,0,,,,,,\n");
	style.format = LINE_JSONL;
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_non_null(strstr(b.data, "\"cost centre, old\":null,\"tables\":null}\n"));
	l.number = 0;
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_non_null(strstr(b.data, ",\"tables\":0}\n"));
}

static void a_duration_of_zero_is_a_number(void **state)
{
	const struct line_style style = {.format = LINE_CSV};
	const struct line l = {.row = 1, .line = 2};
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_string_equal(b.data, "1,2,,,,,,,,,,0,,,0\n");
}

static void csv_quotes_what_must_be_quoted_and_nothing_else(void **state)
{
	assert_string_equal(field("plain text", false), "plain text");
	assert_string_equal(field("semi;colon|bar'", false), "semi;colon|bar'");
	assert_string_equal(field("a,b", false), "\"a,b\"");
	assert_string_equal(field("say \"hi\"", false), "\"say \"\"hi\"\"\"");
	assert_string_equal(field("\"", false), "\"\"\"\"");
	assert_string_equal(field("two\nlines", false), "\"two\nlines\"");
	assert_string_equal(field("two\rlines", false), "\"two\rlines\"");
	assert_string_equal(field(" in front", false), "\" in front\"");
	assert_string_equal(field("behind\t", false), "\"behind\t\"");
	assert_string_equal(field("=1+1", false), "=1+1");
}

static void bad_utf8_passes_in_csv_and_is_replaced_in_json(void **state)
{
	const struct line_style style = {.format = LINE_JSONL};
	const struct line l = {.row = 1, .line = 2, .name = "caf\xe9"};
	AUTO(buf_done) struct buf b;

	assert_string_equal(field("caf\xe9", false), "caf\xe9");
	assert_string_equal(field("caf\xc3\xa9", false), "caf\xc3\xa9");

	buf_init(&b, MANY);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_non_null(strstr(b.data, "\"name\":\"caf\xef\xbf\xbd\","));
}

static void json_keeps_a_line_on_one_line(void **state)
{
	const struct line_style style = {.format = LINE_JSONL};
	const struct line l = {.row = 1, .line = 2, .name = "a\nb\r\t\x01\"\\"};
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_ptr_equal(strchr(b.data, '\n'), b.data + b.len - 1);
	assert_non_null(strstr(b.data, "\"a\\nb\\r\\t\\u0001\\\"\\\\\""));
}

static void excel_safe_defuses_each_formula_sign(void **state)
{
	assert_string_equal(field("=1+1", true), "'=1+1");
	assert_string_equal(field("+1", true), "'+1");
	assert_string_equal(field("-1", true), "'-1");
	assert_string_equal(field("@SUM(A1)", true), "'@SUM(A1)");
	assert_string_equal(field("\tx", true), "\"'\tx\"");
	assert_string_equal(field("\rx", true), "\"'\rx\"");
	assert_string_equal(field("＝1", true), "'＝1"); /* the full-width ones */
	assert_string_equal(field("＋1", true), "'＋1");
	assert_string_equal(field("－1", true), "'－1");
	assert_string_equal(field("＠1", true), "'＠1");
	assert_string_equal(
		field("=HYPERLINK(\"x\",\"y\")", true), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}

static void excel_safe_looks_behind_what_a_spreadsheet_drops(void **state)
{
	assert_string_equal(field("  =1", true), "\"'  =1\"");
	assert_string_equal(field(" \t=1", true), "\"' \t'=1\"");
	assert_string_equal(field("\xc2\xa0=1", true), "'\xc2\xa0=1");
	assert_string_equal(field("\xe3\x80\x80=1", true), "'\xe3\x80\x80=1");
	assert_string_equal(field("\xef\xbb\xbf=1", true), "'\xef\xbb\xbf=1");
	assert_string_equal(field("\"=1", true), "\"'\"\"=1\"");
}

/* Set to semicolons or tabs, a reader splits our fields where it likes. */
static void excel_safe_defuses_where_another_separator_begins_a_cell(void **state)
{
	assert_string_equal(field("a;=1", true), "a;'=1");
	assert_string_equal(field("a; =1", true), "a;' =1");
	assert_string_equal(field("a;\"=1", true), "\"a;'\"\"=1\"");
	assert_string_equal(field("a\t=1", true), "a\t'=1");
	assert_string_equal(field("a\r\n=1", true), "\"a\r\n'=1\"");
	assert_string_equal(field("a;b;c", true), "a;b;c");
}

static void excel_safe_leaves_alone_what_is_no_formula(void **state)
{
	assert_string_equal(field("plain", true), "plain");
	assert_string_equal(field("a=b", true), "a=b");
	assert_string_equal(field("a,-b", true), "\"a,-b\"");
	assert_string_equal(field("'=1", true), "'=1");
	assert_string_equal(field("  text", true), "\"  text\"");
	assert_string_equal(field("\xe2\x82\xac 5", true), "\xe2\x82\xac 5");
}

/* As a later command may have to look for a name that was defused. */
static void what_excel_safe_put_in_is_found_again(void **state)
{
	static const char *const texts[] = {"=1+1", "plain", "\tx", "  =1", " \t=1", "a;=1",
		"\xc2\xa0@", " \n=x", "\t\t=", "a;\n-1;+b", "it's", "\xef\xbc\x9d", "-", "\n",
		"=\"x\";-\t@"};
	static const char pieces[] = "=-\"; \t\na";
	char text[9], raw[64], back[64];
	uint32_t random = 1;

	for (size_t i = 0; i < 50000; i++) {
		size_t len = 0, from;
		AUTO(buf_done) struct buf b;

		for (random = random * 1664525 + 1013904223; len < 1 + i % 8; len++)
			text[len] = pieces[random >> (3 * len) & 7];
		text[len] = '\0';
		buf_init(&b, MANY);
		assert_int_equal(
			csv_field_append(&b, i < ARRAY_SIZE(texts) ? texts[i] : text, true), 0);
		from = b.len > 0 && b.data[0] == '"';
		len = 0;
		for (size_t k = from; k + from < b.len; k++) {
			raw[len++] = b.data[k];
			k += b.data[k] == '"'; /* doubled */
		}
		raw[len] = '\0';
		formula_restore(raw, back);
		assert_string_equal(back, i < ARRAY_SIZE(texts) ? texts[i] : text);
	}
	assert_int_equal(formula_restore("O'Brien; it's 'so' ='x'", back), 0);
	assert_string_equal(back, "O'Brien; it's 'so' ='x'");
	assert_int_equal(formula_restore("'plain", back), 0);
}

static void excel_safe_holds_for_the_header_and_not_for_json(void **state)
{
	static const char *const names[] = {"=cmd"};
	struct line_style style = {
		.format = LINE_CSV, .excel_safe = true, .carried_names = names, .carried_count = 1};
	const struct line l = {.row = 1, .line = 2, .name = "=1"};
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	assert_int_equal(line_header(&style, &b), 0);
	assert_non_null(strstr(b.data, ",'=cmd\n"));

	buf_reset(&b);
	style.format = LINE_JSONL;
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_non_null(strstr(b.data, "\"name\":\"=1\""));
	assert_non_null(strstr(b.data, "\"=cmd\":null"));
}

/* Every maximum, so that every place of a line is once the one that is too much. */
static void without_room_nothing_is_appended(void **state)
{
	static const enum line_format formats[] = {LINE_CSV, LINE_JSONL};
	const struct line l = full_line();

	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		const struct line_style style = {
			.format = formats[f], .carried_names = carried_names, .carried_count = 2};
		int r = -ENOBUFS;

		for (size_t max = 5; r < 0; max++) {
			AUTO(buf_done) struct buf b;

			buf_init(&b, max);
			assert_int_equal(buf_append_str(&b, "keep\n"), 0);
			r = line_append(&style, &l, &b);
			if (r < 0) {
				assert_int_equal(r, -ENOBUFS);
				assert_string_equal(b.data, "keep\n");
				assert_int_equal(b.len, 5);
			}
		}
		assert_int_equal(r, 0);
	}
}

/* Cut in two at every place, the end is still found. */
static void the_end_of_a_line_is_found_piece_by_piece(void **state)
{
	static const enum line_format formats[] = {LINE_CSV, LINE_JSONL};
	struct line l = full_line();

	l.name = "quoted \"\n\" newlines\n";
	l.error = "\"";
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
		const struct line_style style = {
			.format = formats[f], .carried_names = carried_names, .carried_count = 2};
		AUTO(buf_done) struct buf b;
		size_t one;

		buf_init(&b, MANY);
		assert_int_equal(line_append(&style, &l, &b), 0);
		one = b.len;
		assert_int_equal(line_append(&style, &l, &b), 0);
		for (size_t cut = 0; cut < one; cut++) {
			bool quoted = false, ended = true;

			assert_int_equal(line_end(style.format, b.data, cut, &quoted, &ended), cut);
			assert_false(ended);
			assert_int_equal(
				line_end(style.format, b.data + cut, b.len - cut, &quoted, &ended),
				one - cut);
			assert_true(ended);
		}
	}
}

static const char *const nasty[] = {"", "plain", ",", "\"", "a,\"b\",c", "line\nbreak", "\r\n",
	"\\", "\\\"", "ends in \\", "=1+1", "{\"status\":\"created\"},", "}", "\xff\x01",
	" blank "};

/* As if it had been written so from the first. */
static void assert_amended(
	const struct line_style *style, const struct line *before, const char *text)
{
	struct line after = *before;
	const struct line_change change = {.status = "conflict", .error_code = text, .error = text};
	AUTO(buf_done) struct buf was, is, expected;

	buf_init(&was, MANY);
	buf_init(&is, MANY);
	buf_init(&expected, MANY);
	after.status = "conflict";
	after.error_code = after.error = text;
	assert_int_equal(line_append(style, before, &was), 0);
	assert_int_equal(line_append(style, &after, &expected), 0);
	assert_int_equal(line_amend(style, was.data, was.len, &change, &is), 0);
	assert_string_equal(is.data, expected.data);
}

static void an_amended_line_keeps_all_else_whatever_stands_there(void **state)
{
	for (int i = 0; i < 4; i++) {
		const struct line_style style = {
			.format = i & 1 ? LINE_JSONL : LINE_CSV,
			.excel_safe = i & 2,
			.carried_names = carried_names,
			.carried_count = 2,
		};

		for (size_t was = 0; was < ARRAY_SIZE(nasty); was++)
			for (size_t is = 0; is < ARRAY_SIZE(nasty); is++) {
				const char *more[] = {nasty[was], nasty[is]};
				struct line l = full_line();

				l.name = l.endpoint = l.etag = l.error = l.request_id = nasty[was];
				l.error_code = nasty[is];
				l.carried = more;
				assert_amended(&style, &l, nasty[is]);
			}
	}
}

static void assert_read(enum line_format format, const char *name, const char *status)
{
	const struct line_style style = {.format = format};
	struct line l = full_line();
	struct line_pieces p;
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	l.line = 4711;
	l.name = name;
	l.status = status;
	l.carried_count = 0;
	assert_int_equal(line_append(&style, &l, &b), 0);
	assert_int_equal(line_read(format, b.data, b.len, &p), 0);
	assert_int_equal(p.number.len, 4);
	assert_memory_equal(p.number.at, "4711", 4);
	assert_int_equal(p.status.len, strlen(status));
	assert_memory_equal(p.status.at, status, p.status.len);
}

static void a_line_can_be_read_back(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(nasty); i++) {
		assert_read(LINE_CSV, nasty[i], "created");
		assert_read(LINE_JSONL, nasty[i], "unresolved");
	}
}

static void what_is_no_line_is_not_amended(void **state)
{
	static const char *const texts[] = {"", "\n", "1,2,a\n", "1,2,\"a\n", "{}\n",
		"1,2,a,b,c,d,e,f,g,h,i,j,k,l,m", "{\"row\":1,\"line\":2}\n"};
	const struct line_change change = {.status = "failed"};
	struct line_pieces p;
	AUTO(buf_done) struct buf b;

	buf_init(&b, MANY);
	for (size_t i = 0; i < ARRAY_SIZE(texts) * 2; i++) {
		const struct line_style style = {.format = i % 2 ? LINE_JSONL : LINE_CSV};
		const char *text = texts[i / 2];

		assert_int_equal(line_amend(&style, text, strlen(text), &change, &b), -EBADMSG);
		assert_int_equal(line_read(style.format, text, strlen(text), &p), -EBADMSG);
		assert_int_equal(b.len, 0);
	}
}

static void without_room_nothing_is_amended(void **state)
{
	const struct line_style style = {.format = LINE_CSV};
	struct line l = full_line();
	AUTO(buf_done) struct buf was, b;
	const struct line_change change = {.status = "conflict", .error = "two have this name"};

	l.carried_count = 0;
	buf_init(&was, MANY);
	assert_int_equal(line_append(&style, &l, &was), 0);
	for (size_t room = 2; room < was.len; room++) {
		buf_init(&b, room);
		assert_int_equal(buf_append_str(&b, "x\n"), 0);
		assert_int_equal(line_amend(&style, was.data, was.len, &change, &b), -ENOBUFS);
		assert_string_equal(b.data, "x\n");
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_has_all_columns_in_order_and_the_carried_behind),
		cmocka_unit_test(json_has_the_same_columns_with_numbers_as_numbers),
		cmocka_unit_test(what_is_empty_is_nothing_in_csv_and_null_in_json),
		cmocka_unit_test(a_column_of_numbers_stands_behind_the_carried_ones),
		cmocka_unit_test(a_duration_of_zero_is_a_number),
		cmocka_unit_test(csv_quotes_what_must_be_quoted_and_nothing_else),
		cmocka_unit_test(bad_utf8_passes_in_csv_and_is_replaced_in_json),
		cmocka_unit_test(json_keeps_a_line_on_one_line),
		cmocka_unit_test(excel_safe_defuses_each_formula_sign),
		cmocka_unit_test(excel_safe_looks_behind_what_a_spreadsheet_drops),
		cmocka_unit_test(excel_safe_defuses_where_another_separator_begins_a_cell),
		cmocka_unit_test(excel_safe_leaves_alone_what_is_no_formula),
		cmocka_unit_test(what_excel_safe_put_in_is_found_again),
		cmocka_unit_test(excel_safe_holds_for_the_header_and_not_for_json),
		cmocka_unit_test(without_room_nothing_is_appended),
		cmocka_unit_test(the_end_of_a_line_is_found_piece_by_piece),
		cmocka_unit_test(an_amended_line_keeps_all_else_whatever_stands_there),
		cmocka_unit_test(a_line_can_be_read_back),
		cmocka_unit_test(what_is_no_line_is_not_amended),
		cmocka_unit_test(without_room_nothing_is_amended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
