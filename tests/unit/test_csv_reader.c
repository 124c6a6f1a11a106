#include "input_fixture.h"

static void start(struct fixture *f, const char *text, size_t len)
{
	csv_reader_done(&f->csv);
	bytes_done(&f->bytes);
	write_file(f->path, text, len);
	assert_int_equal(bytes_open(&f->bytes, f->path, &f->e), 0);
	assert_int_equal(csv_reader_init(&f->csv, &f->bytes, ',', 1), 0);
}

/* The next record is on this line and reads so, its fields between bars. */
static void expect(struct fixture *f, uint64_t line, const char *fields)
{
	AUTO(buf_done) struct buf b;
	int r = csv_reader_next(&f->csv, true, &f->e);

	if (r < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(r, CSV_RECORD);
	buf_init(&b, 4096);
	for (size_t i = 0; i < f->csv.record.count; i++) {
		assert_int_equal(buf_append_char(&b, '|'), 0);
		assert_int_equal(buf_append_str(&b, csv_text(&f->csv.record, i)), 0);
		assert_int_equal(strlen(csv_text(&f->csv.record, i)), f->csv.record.fields[i].len);
	}
	assert_string_equal(b.data, fields);
	assert_int_equal(f->csv.record.line, line);
}

static void expect_end(struct fixture *f)
{
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_END);
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_END);
}

static void expect_fault(struct fixture *f, const char *line, const char *why)
{
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), -EBADMSG);
	assert_contains(f->e.text, line);
	assert_contains(f->e.text, why);
}

static void text(struct fixture *f, const char *s)
{
	start(f, s, strlen(s));
}

static void lf_crlf_and_cr_each_end_one_line(void **state)
{
	struct fixture *f = *state;

	text(f, "a,b\nc,d\r\ne,f\rg,h\r\n");
	expect(f, 1, "|a|b");
	expect(f, 2, "|c|d");
	expect(f, 3, "|e|f");
	expect(f, 4, "|g|h");
	expect_end(f);
}

static void blank_lines_are_skipped_but_counted(void **state)
{
	struct fixture *f = *state;

	text(f, "\n\r\n\ra,b\n\n\r\n \t \n   \nc,d\n\n");
	expect(f, 4, "|a|b");
	expect(f, 9, "|c|d");
	expect_end(f);
}

static void newlines_in_quotes_are_kept_and_counted(void **state)
{
	struct fixture *f = *state;

	text(f, "a,\"1\n2\r\n3\r4\n\n\"\nb,\"\r\n\"\r\nc,d");
	expect(f, 1, "|a|1\n2\r\n3\r4\n\n");
	expect(f, 7, "|b|\r\n");
	expect(f, 9, "|c|d");
	expect_end(f);
}

static void the_last_line_needs_no_newline(void **state)
{
	struct fixture *f = *state;

	text(f, "a,b");
	expect(f, 1, "|a|b");
	expect_end(f);
	text(f, "a,");
	expect(f, 1, "|a|");
	expect_end(f);
	text(f, "a,\"b\"");
	expect(f, 1, "|a|b");
	expect_end(f);
	text(f, "\n");
	expect_end(f);
	text(f, "");
	expect_end(f);
}

static void blanks_belong_to_the_field(void **state)
{
	struct fixture *f = *state;

	text(f, " a\t, b \n\" c \",\td\n");
	expect(f, 1, "| a\t| b ");
	expect(f, 2, "| c |\td");
	expect_end(f);
}

static void empty_fields_are_fields(void **state)
{
	struct fixture *f = *state;

	text(f, ",\n\"\",\"\"\n\"\"\n,,");
	expect(f, 1, "||");
	expect(f, 2, "||");
	expect(f, 3, "|"); /* not a blank line: somebody wrote a field */
	expect(f, 4, "|||");
	expect_end(f);
}

static void a_doubled_quote_is_a_quote(void **state)
{
	struct fixture *f = *state;

	text(f, "\"a\"\"b\",\"\"\"\"\n");
	expect(f, 1, "|a\"b|\"");
	expect_end(f);
}

static void text_after_a_closing_quote_is_fatal(void **state)
{
	struct fixture *f = *state;

	text(f, "a,b\n\"c\nd\"x,e\n");
	expect(f, 1, "|a|b");
	expect_fault(f, "in.csv:3: ", "text after a closing quote (the field begins on line 2)");
	text(f, "\"a\" ,b\n"); /* blanks are text: they would be lost */
	expect_fault(f, "in.csv:1: ", "text after a closing quote");
}

static void a_quote_inside_an_unquoted_field_is_fatal(void **state)
{
	struct fixture *f = *state;

	text(f, "a,b\n\nc,5\" disk\n");
	expect(f, 1, "|a|b");
	expect_fault(f, "in.csv:3: ", "a quote inside an unquoted field");
	text(f, "a, \"b\"\n");
	expect_fault(f, "in.csv:1: ", "a quote inside an unquoted field");
}

static void a_quote_that_never_closes_is_fatal_where_it_opens(void **state)
{
	struct fixture *f = *state;

	text(f, "a,b\n\"x\ny\",\"c\nd,e\nf\n");
	expect(f, 1, "|a|b");
	expect_fault(f, "in.csv:3: ", "never closes");
	text(f, "a,\"");
	expect_fault(f, "in.csv:1: ", "never closes");
	text(f, "a,\"b\"\"");
	expect_fault(f, "in.csv:1: ", "never closes");
}

static void a_nul_is_part_of_the_length(void **state)
{
	struct fixture *f = *state;

	start(f, "a\0b,c\n", 6);
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
	assert_int_equal(f->csv.record.count, 2);
	assert_int_equal(f->csv.record.fields[0].len, 3);
	assert_string_equal(csv_text(&f->csv.record, 1), "c");
	expect_end(f);
}

/* A file whose second line has a field of `len` bytes, between two good ones. */
static void start_with_field(struct fixture *f, size_t len)
{
	static const char before[] = "a,b\nc,\"", after[] = "\"\nd,e\n";
	size_t total = sizeof(before) - 1 + len + sizeof(after) - 1;
	char *s = memory(total);

	memcpy(s, before, sizeof(before) - 1);
	memset(s + sizeof(before) - 1, 'x', len);
	memcpy(s + sizeof(before) - 1 + len, after, sizeof(after) - 1);
	start(f, s, total);
	free(s);
}

static void a_field_over_64_kib_is_dropped_and_the_reading_goes_on(void **state)
{
	static const size_t lens[] = {65537, 10 << 20, 16 << 20};
	struct fixture *f = *state;

	start_with_field(f, 65536);
	expect(f, 1, "|a|b");
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
	assert_false(f->csv.record.fields[1].too_long);
	assert_int_equal(f->csv.record.fields[1].len, 65536);
	expect(f, 3, "|d|e");

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		start_with_field(f, lens[i]);
		expect(f, 1, "|a|b");
		assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
		assert_true(f->csv.record.fields[1].too_long);
		assert_string_equal(csv_text(&f->csv.record, 1), "");
		assert_true(f->csv.record.text.cap < 1024);               /* never held */
		assert_int_equal(csv_get_buffer_size(&f->csv.parser), 0); /* given back */
		expect(f, 3, "|d|e");
		expect_end(f);
	}
}

static void a_field_over_16_mib_is_fatal_with_its_line(void **state)
{
	struct fixture *f = *state;

	start_with_field(f, (16 << 20) + 2);
	expect(f, 1, "|a|b");
	expect_fault(f, "in.csv:2: ", "over 16 MiB");
}

static void fields_beyond_the_limit_are_counted_but_not_kept(void **state)
{
	struct fixture *f = *state;
	char s[CSV_COLUMNS_MAX + 11];

	memset(s, ',', sizeof(s));
	s[sizeof(s) - 1] = '\n';
	start(f, s, sizeof(s));
	assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
	assert_int_equal(f->csv.record.count, CSV_COLUMNS_MAX + 11);
	expect_end(f);
}

/* The same text read with the end of the chunk at every place in it. */
static void the_end_of_a_chunk_may_fall_anywhere(void **state)
{
	static const char tail[] = "\"q\r\n\"\"q\",x\r\n\r\ny,\"\"\rz,w\n";
	struct fixture *f = *state;
	size_t tail_len = sizeof(tail) - 1;
	char *s = memory(BYTES_CHUNK + sizeof(tail));

	for (size_t split = 0; split <= tail_len; split++) {
		size_t pad = BYTES_CHUNK - split;

		memset(s, 'p', pad);
		s[1] = ',';
		memcpy(s + pad - 2, "\r\n", 2);
		memcpy(s + pad, tail, tail_len);
		start(f, s, pad + tail_len);
		assert_int_equal(csv_reader_next(&f->csv, true, &f->e), CSV_RECORD);
		assert_int_equal(f->csv.record.count, 2);
		expect(f, 2, "|q\r\n\"q|x");
		expect(f, 5, "|y|");
		expect(f, 6, "|z|w");
		expect_end(f);
	}
	free(s);
}

static bool holds(const char *memory, size_t len, const char *secret)
{
	return memmem(memory, len, secret, strlen(secret)) != NULL;
}

static void what_held_a_secret_is_wiped_with_its_record(void **state)
{
	struct fixture *f = *state;

	text(f, "a,pass-of-the-first-row\nb,2\n");
	expect(f, 1, "|a|pass-of-the-first-row");
	assert_false(holds(
		(const char *)f->csv.parser.entry_buf, f->csv.parser.entry_size, "of-the-first"));
	expect(f, 2, "|b|2");
	assert_false(holds(f->csv.record.text.data, f->csv.record.text.cap, "of-the-first"));
	expect_end(f);
	assert_false(holds(f->bytes.chunk, BYTES_CHUNK, "of-the-first"));
}

/* A pipe is read as it comes: in the middle of anything. */
static void a_record_may_come_in_pieces(void **state)
{
	static const char *const pieces[] = {"a", ",\"x", "\"", "\"y\r", "\nz\"", "\r", "\nb,c\n"};
	struct fixture *f = *state;

	assert_int_equal(bytes_open(&f->bytes, open_pipe(f), &f->e), 0);
	assert_int_equal(csv_reader_init(&f->csv, &f->bytes, ',', 1), 0);
	assert_int_equal(csv_reader_next(&f->csv, false, &f->e), CSV_WAIT);
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pipe_text(f, pieces[i]);
		if (i == 5)
			expect(f, 1, "|a|x\"y\r\nz");
		else if (i == 6)
			expect(f, 3, "|b|c");
		assert_int_equal(csv_reader_next(&f->csv, false, &f->e), CSV_WAIT);
	}
	pipe_end(f);
	expect_end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lf_crlf_and_cr_each_end_one_line),
		TEST(blank_lines_are_skipped_but_counted),
		TEST(newlines_in_quotes_are_kept_and_counted),
		TEST(the_last_line_needs_no_newline),
		TEST(blanks_belong_to_the_field),
		TEST(empty_fields_are_fields),
		TEST(a_doubled_quote_is_a_quote),
		TEST(text_after_a_closing_quote_is_fatal),
		TEST(a_quote_inside_an_unquoted_field_is_fatal),
		TEST(a_quote_that_never_closes_is_fatal_where_it_opens),
		TEST(a_nul_is_part_of_the_length),
		TEST(a_field_over_64_kib_is_dropped_and_the_reading_goes_on),
		TEST(a_field_over_16_mib_is_fatal_with_its_line),
		TEST(fields_beyond_the_limit_are_counted_but_not_kept),
		TEST(the_end_of_a_chunk_may_fall_anywhere),
		TEST(what_held_a_secret_is_wiped_with_its_record),
		TEST(a_record_may_come_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
