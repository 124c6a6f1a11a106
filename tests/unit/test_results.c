#include "results_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/macros.h"

/* ------------------------------------------------------------------ the lines */

static void lines_end_up_in_the_order_of_the_input(void **state)
{
	struct results *r = open_results(&csv_style);

	add(r, 3, "c");
	add(r, 1, "a");
	add(r, 2, "b");
	assert_int_equal(results_lines(r), 3);
	finish(r);
	assert_file(RESULTS, HEADER "1,2,a" TAIL "2,3,b" TAIL "3,4,c" TAIL);
	assert_tidy();
	results_close(r);
	assert_file(RESULTS, HEADER "1,2,a" TAIL "2,3,b" TAIL "3,4,c" TAIL);
}

static void a_second_line_supersedes_the_first(void **state)
{
	struct results *r = open_results(&csv_style);

	add(r, 1, "created");
	add(r, 2, "other");
	add(r, 1, "conflict after all");
	assert_int_equal(results_lines(r), 2);
	finish(r);
	assert_file(RESULTS, HEADER "1,2,conflict after all" TAIL "2,3,other" TAIL);
	results_close(r);
}

static void newlines_and_quotes_in_fields_are_no_ends_of_lines(void **state)
{
	struct results *r = open_results(&csv_style);

	add(r, 2, "\n2,3,\"forged\"\n");
	add(r, 1, "\"\n");
	finish(r);
	assert_file(RESULTS, HEADER "1,2,\"\"\"\n\"" TAIL "2,3,\"\n2,3,\"\"forged\"\"\n\"" TAIL);
	results_close(r);
}

static void json_lines_have_no_header(void **state)
{
	const struct line_style style = {.format = LINE_JSONL};
	struct results *r = open_results(&style);
	char *text;

	add(r, 2, "b");
	add(r, 1, "a\nb");
	finish(r);
	text = read_file(RESULTS);
	assert_int_equal(strncmp(text, "{\"row\":1,\"line\":2,\"name\":\"a\\nb\",", 30), 0);
	assert_non_null(strstr(text, "}\n{\"row\":2,"));
	free(text);
	results_close(r);
}

static void a_run_of_no_rows_leaves_a_header(void **state)
{
	const struct line_style jsonl = {.format = LINE_JSONL};
	struct results *r = open_results(&csv_style);

	finish(r);
	assert_file(RESULTS, HEADER);
	results_close(r);

	r = open_results(&jsonl);
	finish(r);
	assert_file(RESULTS, "");
	results_close(r);
}

/* Longer than a block, than a write, and than what is kept in memory. */
static void a_giant_line_passes_whole(void **state)
{
	static const size_t sizes[] = {16000, 16384, 65536, 3000000};
	struct results *r = open_results(&csv_style);
	char *text, *at;

	for (size_t i = ARRAY_SIZE(sizes); i-- > 0;) {
		char *name = calloc(1, sizes[i] + 1);

		memset(name, 'a' + (int)i, sizes[i]);
		add(r, i + 1, name);
		free(name);
	}
	finish(r);
	text = read_file(RESULTS);
	at = text + strlen(HEADER);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		at += strlen("1,2,");
		assert_int_equal(strspn(at, (char[]){(char)('a' + (int)i), '\0'}), sizes[i]);
		at += sizes[i];
		assert_memory_equal(at, TAIL, strlen(TAIL));
		at += strlen(TAIL);
	}
	assert_int_equal(*at, '\0');
	free(text);
	results_close(r);
}

/* So many, and so mixed up, that the index's blocks come and go. */
static void many_rows_in_no_order_at_all_find_their_place(void **state)
{
	enum { ROWS = 40000 };
	struct results *r = open_results(&csv_style);
	char *text, *at;

	/* 7919 is prime to ROWS, so every row comes once. */
	for (uint64_t i = 0; i < ROWS; i++) {
		uint64_t row = i * 7919 % ROWS + 1;
		char name[32];

		snprintf(name, sizeof(name), "name of %llu", (unsigned long long)row);
		add(r, row, name);
	}
	assert_int_equal(results_lines(r), ROWS);
	finish(r);

	at = text = read_file(RESULTS);
	at += strlen(HEADER);
	for (unsigned row = 1; row <= ROWS; row++) {
		char expected[64];
		int len = snprintf(
			expected, sizeof(expected), "%u,%u,name of %u" TAIL, row, row + 1, row);

		assert_memory_equal(at, expected, (size_t)len);
		at += len;
	}
	assert_int_equal(*at, '\0');
	free(text);
	results_close(r);
}

static void carried_names_are_copied(void **state)
{
	char name[] = "team";
	const char *names[] = {name}, *carried[] = {"alpha"};
	const struct line_style style = {
		.format = LINE_CSV, .carried_names = names, .carried_count = 1};
	const struct line l = {
		.row = 1, .line = 2, .duration_ms = -1, .carried = carried, .carried_count = 1};
	struct results *r = open_results(&style);
	struct error e;
	char *text;

	memset(name, 'x', sizeof(name) - 1);
	names[0] = NULL;
	assert_int_equal(results_add(r, &l, &e), 0);
	finish(r);
	text = read_file(RESULTS);
	assert_non_null(strstr(text, "duration_ms,team\n1,2,"));
	assert_non_null(strstr(text, ",alpha\n"));
	free(text);
	results_close(r);
}

/* ------------------------------------------------------- before it is finished */

static void part_can_be_followed_while_the_run_goes(void **state)
{
	struct results *r = open_results(&csv_style);

	assert_file(PART, HEADER);
	add(r, 2, "b");
	flush(r);
	assert_file(PART, HEADER "2,3,b" TAIL);
	add(r, 1, "a");
	flush(r);
	flush(r);
	assert_file(PART, HEADER "2,3,b" TAIL "1,2,a" TAIL);
	assert_false(exists(RESULTS));
	results_close(r);
}

static void a_run_that_does_not_finish_leaves_results_alone_and_part_behind(void **state)
{
	struct results *r;

	put_file(RESULTS, "of yesterday\n");
	r = open_results(&csv_style);
	add(r, 1, "a");
	results_close(r);
	assert_file(RESULTS, "of yesterday\n");
	assert_file(PART, HEADER "1,2,a" TAIL);
	assert_false(exists(PART ".index"));
	assert_false(exists(PART ".lock"));

	r = open_results(&csv_style); /* the next run begins afresh */
	assert_file(PART, HEADER);
	results_close(r);
}

static void a_row_without_a_line_keeps_the_file_from_its_place(void **state)
{
	struct results *r;
	struct error e;

	put_file(RESULTS, "of yesterday\n");
	r = open_results(&csv_style);
	add(r, 1, "a");
	add(r, 3, "c");
	assert_int_equal(results_finish(r, &e), -ENODATA);
	assert_string_equal(e.text, "row 2 has no line: 'out.csv' is as it was, finished lines are "
				    "in 'out.csv.part'");
	assert_file(RESULTS, "of yesterday\n");
	assert_file(PART, HEADER "1,2,a" TAIL "3,4,c" TAIL);
	assert_false(exists(RESULTS ".new"));

	add(r, 2, "b"); /* it was only early */
	finish(r);
	assert_file(RESULTS, HEADER "1,2,a" TAIL "2,3,b" TAIL "3,4,c" TAIL);
	results_close(r);
}

static void all_files_are_for_their_owner_only(void **state)
{
	static const char *const files[] = {PART, PART ".index", PART ".lock"};
	struct results *r;
	struct stat st;
	mode_t mask = umask(0);

	put_file(RESULTS, "");
	assert_int_equal(chmod(RESULTS, 0644), 0);
	r = open_results(&csv_style);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(stat(files[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	finish(r);
	assert_int_equal(stat(RESULTS, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	results_close(r);
	umask(mask);
}

/* ------------------------------------------------------------- what is refused */

static int try_open(const struct stat *input, struct error *reterr)
{
	struct results *r = NULL;
	int code = results_open(RESULTS, &csv_style, input, input ? 1 : 0, &r, reterr);

	results_close(r);
	return code;
}

/* Whichever of the names it bears: RESULTS itself, or one that we would remove. */
static void the_input_is_refused_under_every_name_and_by_any_link(void **state)
{
	static const char *const names[] = {
		RESULTS, PART, PART ".lock", PART ".index", RESULTS ".new"};
	struct stat st;
	struct error e;

	put_file("in.csv", "name\nacme\n");
	assert_int_equal(stat("in.csv", &st), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(link("in.csv", names[i]), 0);
		assert_true(try_open(&st, &e) < 0);
		assert_non_null(strstr(e.text, names[i]));
		assert_file(names[i], "name\nacme\n");
		assert_int_equal(unlink(names[i]), 0);
		assert_tidy();
	}
	assert_int_equal(try_open(&st, &e), 0);
	assert_file("in.csv", "name\nacme\n");
}

static void symbolic_links_are_refused_and_what_they_point_to_is_untouched(void **state)
{
	static const char *const names[] = {
		RESULTS, PART, PART ".lock", PART ".index", RESULTS ".new"};
	struct error e;

	put_file("victim", "precious\n");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(symlink("victim", names[i]), 0);
		assert_int_equal(try_open(NULL, &e), -ELOOP);
		assert_true(exists(names[i]));
		assert_int_equal(unlink(names[i]), 0);
		assert_file("victim", "precious\n");
		assert_tidy();
	}
}

static void folders_and_pipes_are_refused(void **state)
{
	static const char *const names[] = {RESULTS, PART, PART ".index", RESULTS ".new"};
	struct error e;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(mkdir(names[i], 0700), 0);
		assert_true(try_open(NULL, &e) < 0);
		assert_int_equal(rmdir(names[i]), 0);
		assert_int_equal(mkfifo(names[i], 0600), 0);
		assert_true(try_open(NULL, &e) < 0);
		assert_int_equal(unlink(names[i]), 0);
		assert_tidy();
	}
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct results *r;
	struct error e;

	assert_int_equal(results_open("no/such/out.csv", &csv_style, NULL, 0, &r, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no/such/out.csv"));
}

/* -------------------------------------------------------------------- disk full */

static void limit_files_to(rlim_t size)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = MIN(size, limit.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_in_mid_run_ends_the_results_and_keeps_the_old_ones(void **state)
{
	const struct line l = {.row = 1, .line = 2, .name = "a"};
	struct results *r;
	struct error e = {0}, again = {0};
	int code = 0;

	put_file(RESULTS, "of yesterday\n");
	r = open_results(&csv_style);
	add(r, 1, "a");
	flush(r);
	limit_files_to(2000);
	for (uint64_t row = 2; row < 1000 && code == 0; row++) {
		add(r, row, "some name");
		code = results_flush(r, &e);
	}
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(code, -EFBIG);
	assert_string_equal(e.text, "cannot write 'out.csv.part': File too large: 'out.csv' is as "
				    "it was, finished lines are in 'out.csv.part'");

	/* There is room again, but a line is torn: no way back. */
	assert_int_equal(results_add(r, &l, &again), -EFBIG);
	assert_string_equal(again.text, e.text);
	assert_int_equal(results_flush(r, &again), -EFBIG);
	assert_int_equal(results_finish(r, &again), -EFBIG);
	results_close(r);
	assert_file(RESULTS, "of yesterday\n");
	assert_true(exists(PART));
	assert_false(exists(RESULTS ".new"));
}

static void a_full_disk_at_the_end_keeps_old_results_and_part_and_may_be_retried(void **state)
{
	struct results *r;
	struct error e;
	char *text;

	put_file(RESULTS, "of yesterday\n");
	r = open_results(&csv_style);
	for (uint64_t row = 1; row <= 100; row++)
		add(r, row, "some name");
	flush(r);
	limit_files_to(1000);
	assert_int_equal(results_finish(r, &e), -EFBIG);
	limit_files_to(RLIM_INFINITY);
	assert_string_equal(e.text, "cannot write 'out.csv.new': File too large: 'out.csv' is as "
				    "it was, finished lines are in 'out.csv.part'");
	assert_file(RESULTS, "of yesterday\n");
	assert_false(exists(RESULTS ".new"));
	text = read_file(PART);
	assert_non_null(strstr(text, "\n100,101,some name"));
	free(text);

	finish(r);
	assert_tidy();
	text = read_file(RESULTS);
	assert_non_null(strstr(text, "\n100,101,some name"));
	free(text);
	results_close(r);
}

/* The index is written when its blocks make room for others. */
static void an_index_that_cannot_be_written_is_trouble_too(void **state)
{
	struct results *r = open_results(&csv_style);
	struct error e = {0};
	int code = 0;

	limit_files_to(4000);
	for (uint64_t block = 0; block < 40 && code == 0; block++) {
		const struct line l = {.row = block * 512 + 1, .line = 2, .duration_ms = -1};

		code = results_add(r, &l, &e);
	}
	limit_files_to(RLIM_INFINITY);
	assert_int_equal(code, -EFBIG);
	assert_non_null(strstr(e.text, "cannot write 'out.csv.part.index'"));
	assert_int_equal(results_finish(r, &e), -EFBIG);
	results_close(r);
}

static void a_part_that_somebody_cut_off_is_noticed(void **state)
{
	struct results *r = open_results(&csv_style);
	struct error e;

	add(r, 1, "a");
	flush(r);
	assert_int_equal(truncate(PART, 10), 0);
	assert_int_equal(results_finish(r, &e), -EIO);
	assert_non_null(strstr(e.text, "cannot read 'out.csv.part'"));
	assert_false(exists(RESULTS));
	results_close(r);
}

static void a_part_that_somebody_wrote_into_is_noticed(void **state)
{
	struct results *r = open_results(&csv_style);
	struct error e;
	int fd;

	add(r, 1, "a");
	flush(r);
	fd = open(PART, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x", 1, lseek(fd, -1, SEEK_END)), 1); /* the last newline */
	close(fd);
	assert_int_equal(results_finish(r, &e), -EIO);
	assert_false(exists(RESULTS));
	results_close(r);
}

/* ------------------------------------------------------------ a later look at a row */

static const struct line created = {
	.row = 2,
	.line = 7,
	.name = "b\n,\"created\"",
	.status = "created",
	.id = "id-2",
	.etag = "\"1\"",
	.http_status = 201,
	.attempts = 2,
	.duration_ms = 5,
};

static void add_line(struct results *r, const struct line *l)
{
	struct error e;

	if (results_add(r, l, &e) < 0)
		fail_msg("%s", e.text);
}

static void amend(struct results *r, uint64_t row, const char *status, const char *error)
{
	struct error e;

	if (results_amend(r, row, status, status, error, &e) < 0)
		fail_msg("%s", e.text);
}

#define B_LINE "2,7,\"b\n,\"\"created\"\"\",,,"
static void an_amended_line_takes_the_place_of_the_first(void **state)
{
	struct results *r = open_results(&csv_style);

	add(r, 3, "c");
	add_line(r, &created);
	add(r, 1, "a");
	amend(r, 2, "unresolved", "");
	amend(r, 2, "conflict", "two, \"id-2\"\nand id-9");
	assert_int_equal(results_lines(r), 3);
	flush(r);
	assert_file(PART, HEADER "3,4,c" TAIL B_LINE
				 "created,id-2,\"\"\"1\"\"\",201,,,2,,,5\n1,2,a" TAIL B_LINE
				 "unresolved,id-2,\"\"\"1\"\"\",201,unresolved,,2,,,5\n" B_LINE
				 "conflict,id-2,\"\"\"1\"\"\",201,conflict,\"two, "
				 "\"\"id-2\"\"\nand id-9\",2,,,5\n");
	finish(r);
	assert_file(RESULTS,
		HEADER "1,2,a" TAIL B_LINE "conflict,id-2,\"\"\"1\"\"\",201,conflict,\"two, "
		       "\"\"id-2\"\"\nand id-9\",2,,,5\n3,4,c" TAIL);
	results_close(r);
}

static void json_lines_are_amended_too(void **state)
{
	const struct line_style style = {.format = LINE_JSONL};
	struct results *r = open_results(&style);
	char *text;

	add_line(r, &created);
	add(r, 1, "a");
	amend(r, 2, "conflict", "two \"at\" C:\\");
	finish(r);
	text = read_file(RESULTS);
	assert_non_null(strstr(text,
		"}\n{\"row\":2,\"line\":7,\"name\":\"b\\n,\\\"created\\\"\",\"sandbox\":null,"
		"\"endpoint\":null,\"status\":\"conflict\",\"id\":\"id-2\",\"etag\":\"\\\"1\\\"\","
		"\"http_status\":201,\"error_code\":\"conflict\","
		"\"error\":\"two \\\"at\\\" C:\\\\\",\"attempts\":2,"));
	assert_null(strstr(text, "\"status\":\"created\""));
	free(text);
	results_close(r);
}

static void amended_words_are_defused_for_a_spreadsheet(void **state)
{
	const struct line_style style = {.format = LINE_CSV, .excel_safe = true};
	struct results *r = open_results(&style);

	add(r, 1, "=1");
	amend(r, 1, "conflict", "=2");
	finish(r);
	assert_file(RESULTS, HEADER "1,2,'=1,,,conflict,,,,conflict,'=2,0,,,\n");
	results_close(r);
}

/* Longer than what is read of .part at once. */
static void a_giant_line_is_amended_whole(void **state)
{
	struct results *r = open_results(&csv_style);
	char *name = calloc(1, 200001), *text;

	assert_non_null(name);
	memset(name, '"', 200000);
	add(r, 1, name);
	free(name);
	amend(r, 1, "conflict", "x");
	finish(r);
	text = read_file(RESULTS);
	assert_int_equal(
		strlen(text), strlen(HEADER "1,2,\"\",,,conflict,,,,conflict,x,0,,,\n") + 400000);
	assert_non_null(strstr(text, "\",,,conflict,,,,conflict,x,0,,,\n"));
	free(text);
	results_close(r);
}

static void a_row_can_be_looked_at(void **state)
{
	struct results *r = open_results(&csv_style);
	struct results_had had;
	struct error e;

	add_line(r, &created);
	assert_int_equal(results_look(r, 2, &had, &e), 0);
	assert_int_equal(had.status, STATUS_CREATED);
	assert_int_equal(had.line, 7);
	amend(r, 2, "conflict", "x");
	assert_int_equal(results_look(r, 2, &had, &e), 0);
	assert_int_equal(had.status, STATUS_CONFLICT);
	assert_int_equal(had.line, 7);
	results_close(r);
}

static void a_row_without_a_line_is_told_and_no_harm_is_done(void **state)
{
	struct results *r = open_results(&csv_style);
	struct results_had had;
	struct error e;

	add(r, 1, "a");
	assert_int_equal(results_amend(r, 3, "conflict", "", "", &e), -ENODATA);
	assert_string_equal(e.text, "row 3 has no line yet");
	assert_int_equal(results_look(r, 3, &had, &e), -ENODATA);
	add(r, 2, "b");
	finish(r);
	assert_file(RESULTS, HEADER "1,2,a" TAIL "2,3,b" TAIL);
	results_close(r);
}

static void a_line_that_somebody_wrote_into_is_not_amended(void **state)
{
	struct results *r = open_results(&csv_style);
	struct error e;
	int fd;

	add(r, 1, "a");
	flush(r);
	fd = open(PART, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "x\n", 2, (off_t)strlen(HEADER "1,")), 2);
	close(fd);
	assert_int_equal(results_amend(r, 1, "conflict", "", "", &e), -EBADMSG);
	assert_non_null(strstr(e.text, "'out.csv' is as it was"));
	assert_int_equal(results_flush(r, &e), -EBADMSG); /* and so it stays */
	results_close(r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_end_up_in_the_order_of_the_input),
		TEST(a_second_line_supersedes_the_first),
		TEST(newlines_and_quotes_in_fields_are_no_ends_of_lines),
		TEST(json_lines_have_no_header),
		TEST(a_run_of_no_rows_leaves_a_header),
		TEST(a_giant_line_passes_whole),
		TEST(many_rows_in_no_order_at_all_find_their_place),
		TEST(carried_names_are_copied),
		TEST(part_can_be_followed_while_the_run_goes),
		TEST(a_run_that_does_not_finish_leaves_results_alone_and_part_behind),
		TEST(a_row_without_a_line_keeps_the_file_from_its_place),
		TEST(all_files_are_for_their_owner_only),
		TEST(the_input_is_refused_under_every_name_and_by_any_link),
		TEST(symbolic_links_are_refused_and_what_they_point_to_is_untouched),
		TEST(folders_and_pipes_are_refused),
		TEST(a_folder_that_is_not_there_is_named),
		TEST(a_full_disk_in_mid_run_ends_the_results_and_keeps_the_old_ones),
		TEST(a_full_disk_at_the_end_keeps_old_results_and_part_and_may_be_retried),
		TEST(an_index_that_cannot_be_written_is_trouble_too),
		TEST(a_part_that_somebody_cut_off_is_noticed),
		TEST(a_part_that_somebody_wrote_into_is_noticed),
		TEST(an_amended_line_takes_the_place_of_the_first),
		TEST(json_lines_are_amended_too),
		TEST(amended_words_are_defused_for_a_spreadsheet),
		TEST(a_giant_line_is_amended_whole),
		TEST(a_row_can_be_looked_at),
		TEST(a_row_without_a_line_is_told_and_no_harm_is_done),
		TEST(a_line_that_somebody_wrote_into_is_not_amended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
