/* The results once more: a folder of files for each case, and a ledger of the test's own. */
#include "results_fixture.h"

#include "fake_reader.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/str.h"
#include "run/phrases.h"
#include "snowmelt/snowmelt.h"

#define INPUT "in.csv"
#define COLUMNS "name,endpoint,username,password,team\n"
#define OUT "in.results.csv"
#define TEAM_HEADER                                                                                \
	"row,line,name,sandbox,endpoint,status,id,etag,http_status,error_code,error,"              \
	"attempts,request_id,started_at,duration_ms,team\n"

static char summary[20000], message[2000];

static void on_summary(void *arg, const char *text)
{
	str_copy(summary, sizeof(summary), text);
}

static void on_message(void *arg, const char *text)
{
	str_copy(message, sizeof(message), text);
}

static int rewrite_with(struct snowmelt_options o)
{
	const struct snowmelt_callbacks cb = {.summary = on_summary, .message = on_message};

	summary[0] = message[0] = '\0';
	o.input = o.input ? o.input : INPUT;
	o.sandbox = o.sandbox ? o.sandbox : "prod";
	return snowmelt_results(&o, &cb);
}

static int rewrite(void)
{
	return rewrite_with((struct snowmelt_options){0});
}

static void use(const struct ledger_record *records, size_t count)
{
	fake.records = records;
	fake.record_count = count;
}

static int enter(void **state)
{
	memset(&fake, 0, sizeof(fake));
	return enter_folder(state);
}

static void each_row_gets_what_the_ledger_has(void **state)
{
	static const struct ledger_record records[] = {
		{.state = LEDGER_STATE_REFUSED,
			.name = "b",
			.row = 9,
			.status = "failed",
			.http_status = 400,
			.error_code = "FLOW-1",
			.error = "no",
			.attempts = 1,
			.request_id = "req-b",
			.started_ms = 1764014078123,
			.duration_ms = 7},
		{.state = LEDGER_STATE_DONE,
			.name = "a",
			.status = "created",
			.id = "id-a",
			.etag = "\"1\"",
			.http_status = 201,
			.attempts = 2,
			.request_id = "req-a",
			.started_ms = 1764014078123,
			.duration_ms = 250,
			.told = true},
	};

	use(records, ARRAY_SIZE(records));
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,red\n\nb,https://b,c,pass-2,\"blue, old\"\n");
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
	assert_file(OUT,
		TEAM_HEADER "1,2,a,prod,https://b,created,id-a,\"\"\"1\"\"\",201,,,2,req-a,"
			    "2025-11-24T19:54:38.123Z,250,red\n"
			    "2,4,b,prod,https://b,failed,,,400,FLOW-1,no,1,req-b,"
			    "2025-11-24T19:54:38.123Z,7,\"blue, old\"\n");
	assert_non_null(strstr(summary, "  created     1\n  failed      1\n"));
	assert_non_null(strstr(summary, "\nResults: in.results.csv\n"));
	assert_string_equal(message, "");
}

static void all_fine_is_0(void **state)
{
	static const struct ledger_record a = {
		.state = LEDGER_STATE_DONE, .name = "a", .status = "adopted", .id = "id-a"};

	use(&a, 1);
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	assert_int_equal(rewrite(), SNOWMELT_OK);
	assert_int_equal(exists(OUT ".part"), 0);
	assert_int_equal(exists(OUT ".part.names"), 0);
}

/* The status of the only row, and what is said of it. */
static void assert_told(const struct ledger_record *rec, const char *status, const char *words)
{
	char expected[1000];
	char *text;

	use(rec, rec ? 1 : 0);
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	rewrite();
	text = read_file(OUT);
	snprintf(expected, sizeof(expected), "\n1,2,a,prod,https://b,%s,%s,,,,%s,0,,,,\n", status,
		rec && rec->id ? rec->id : "", words);
	if (!strstr(text, expected))
		fail_msg("'%s' is not in '%s'", expected, text);
	free(text);
}

static void what_a_rollback_did_is_told_with_its_id(void **state)
{
	struct ledger_record rec = {.state = LEDGER_STATE_WITHDRAWN,
		.name = "a",
		.endpoint = "https://old",
		.id = "id-a",
		.status = "deleted"};

	assert_told(&rec, "deleted", "");
	rec.status = "gone";
	rec.error = "it was not there any more";
	assert_told(&rec, "gone", "it was not there any more");
	assert_int_equal(rewrite(), SNOWMELT_OK);
	rec.state = LEDGER_STATE_DELETING;
	rec.status = "created";
	rec.error = "";
	assert_told(&rec, "unresolved",
		"\"a rollback ended while it was deleting it: run the same rollback again, or run "
		"it, which looks whether it is there\"");
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
}

static void the_id_of_an_earlier_life_is_not_shown(void **state)
{
	static const struct ledger_record records[] = {
		{.state = LEDGER_STATE_INTENDED, .name = "a", .id = "id-a", .etag = "old"},
		{.state = LEDGER_STATE_WITHDRAWN, .name = "b", .id = "id-b", .status = "skipped"},
	};
	char *text;

	use(records, ARRAY_SIZE(records));
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\nb,https://b,c,pass-1,\n");
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
	text = read_file(OUT);
	assert_non_null(strstr(text, "a,prod,https://b,unresolved,,,"));
	assert_non_null(strstr(text, "b,prod,https://b,skipped,,,"));
	free(text);
}

static void rows_without_an_outcome_say_what_to_do(void **state)
{
	struct ledger_record rec = {.state = LEDGER_STATE_CLAIMED, .name = "a"};

	assert_told(NULL, "skipped", "the ledger does not know it: run it to create it");
	assert_told(&rec, "skipped", "it was not sent: run it again to create it");
	rec.state = LEDGER_STATE_WITHDRAWN;
	assert_told(&rec, "skipped", "it was not sent: run it again to create it");
	assert_non_null(strstr(summary, "Run 'snowmelt run' again to go on: 1 row"));
	rec.state = LEDGER_STATE_INTENDED;
	assert_told(&rec, "unresolved",
		"\"it may have been created, and no run has settled it: run it again, that looks "
		"it up first\"");
	rec.state = LEDGER_STATE_DOUBT;
	rec.status = "unresolved";
	rec.error = "as it was told";
	assert_told(&rec, "unresolved", "as it was told");
}

static void a_row_that_was_edited_keeps_its_status_and_says_so(void **state)
{
	struct ledger_record rec = {
		.state = LEDGER_STATE_DONE, .name = "a", .status = "created", .id = "id-a"};

	assert_told(&rec, "created", "");
	rec.endpoint = "https://elsewhere";
	assert_told(&rec, "created", "\"" PHRASE_DIFFERS "\"");
	rec.endpoint = NULL;
	rec.username = "somebody else";
	assert_told(&rec, "created", "\"" PHRASE_DIFFERS "\"");
}

static void bad_rows_are_invalid_with_the_words_of_a_run(void **state)
{
	char *text;

	put_file(INPUT, COLUMNS "a,b\n,https://b,c,pass-1,\n");
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
	text = read_file(OUT);
	assert_non_null(strstr(text, "\n1,2,,,,invalid,,,,bad_row,"));
	assert_non_null(strstr(text, "name is empty"));
	assert_null(strstr(text, "pass-1"));
	free(text);
}

/* In a sandbox; the ledger has one connection for each. */
static void no_two_rows_get_one_id(void **state)
{
	static const struct ledger_record records[] = {
		{.state = LEDGER_STATE_DONE,
			.name = "a",
			.row = 3,
			.status = "created",
			.id = "id-a"},
		{.state = LEDGER_STATE_DONE,
			.name = "a",
			.sandbox = "dev",
			.status = "created",
			.id = "id-d"},
	};
	char *text;

	use(records, ARRAY_SIZE(records));
	put_file(INPUT, "name,endpoint,username,password,sandbox\na,https://b,c,pass-1,\n"
			"a,https://b,c,pass-1,dev\na,https://b,c,pass-1,\n");
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
	text = read_file(OUT);
	assert_non_null(strstr(text, "\n1,2,a,prod,https://b,created,id-a,"));
	assert_non_null(strstr(text, "\n2,3,a,dev,https://b,created,id-d,"));
	assert_non_null(strstr(text,
		"\n3,4,a,prod,https://b,invalid,,,,duplicate_name,row 1 of this sandbox has the "
		"same name: names must differ within a sandbox,0,"));
	free(text);
}

static void no_reference_has_to_resolve(void **state)
{
	put_file(INPUT, "name,endpoint,username,password_ref\na,https://b,c,file:absent\n");
	assert_int_equal(rewrite_with((struct snowmelt_options){.secrets_dir = "/nonexistent"}),
		SNOWMELT_ROWS);
	assert_non_null(strstr(summary, "  skipped     1\n"));
}

static void json_lines_are_written_where_asked(void **state)
{
	char *text;

	put_file(INPUT, COLUMNS "=a,https://b,c,pass-1,\n");
	rewrite_with((struct snowmelt_options){.format = SNOWMELT_FORMAT_JSONL});
	text = read_file("in.results.jsonl");
	assert_int_equal(strncmp(text, "{\"row\":1,", 9), 0);
	free(text);
	rewrite_with((struct snowmelt_options){.results = "out.csv", .excel_safe = true});
	text = read_file("out.csv");
	assert_non_null(strstr(text, "\n1,2,'=a,"));
	free(text);
}

/* ------------------------------------------------------------------ what goes wrong */

static void a_run_that_holds_the_results_is_75(void **state)
{
	struct results *r;
	struct error e;

	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	put_file(OUT, "as it was");
	assert_int_equal(results_open(OUT, &csv_style, NULL, 0, &r, &e), 0);
	assert_int_equal(rewrite(), SNOWMELT_LOCKED);
	assert_non_null(strstr(message, "pid"));
	assert_file(OUT, "as it was");
	results_close(r);
	assert_int_equal(rewrite(), SNOWMELT_ROWS);
}

static void without_a_ledger_nothing_is_touched(void **state)
{
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	put_file(OUT, "as it was");
	put_file(OUT ".part", "so is this");
	fake.open_error = -ENOENT;
	assert_int_equal(rewrite(), SNOWMELT_FATAL);
	assert_non_null(strstr(message, "there is no ledger 'in.ledger': name it with --ledger"));
	assert_file(OUT, "as it was");
	assert_file(OUT ".part", "so is this");
}

static void a_bad_input_is_found_before_anything_is_touched(void **state)
{
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\nb,\"c\"d\n");
	put_file(OUT, "as it was");
	put_file(OUT ".part", "so is this");
	assert_int_equal(rewrite(), SNOWMELT_FATAL);
	assert_non_null(strstr(message, "in.csv:3: "));
	assert_file(OUT ".part", "so is this");
	assert_int_equal(
		rewrite_with((struct snowmelt_options){.input = "absent.csv"}), SNOWMELT_FATAL);
	assert_file(OUT, "as it was");
}

static void a_ledger_that_fails_in_between_leaves_the_results(void **state)
{
	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	put_file(OUT, "as it was");
	fake.read_error = -EIO;
	assert_int_equal(rewrite(), SNOWMELT_FATAL);
	assert_string_equal(message, "the ledger is bad");
	assert_string_equal(summary, "");
	assert_file(OUT, "as it was");
	assert_false(exists(OUT ".part.names"));
}

static void the_ledger_and_the_input_are_no_results(void **state)
{
	static const char *const names[] = {"in.ledger", "in.ledger.key", "in.ledger-wal", INPUT};

	put_file(INPUT, COLUMNS "a,https://b,c,pass-1,\n");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *before;

		if (strcmp(names[i], INPUT) != 0)
			put_file(names[i], "precious");
		before = read_file(names[i]);
		assert_int_equal(rewrite_with((struct snowmelt_options){.results = names[i]}),
			SNOWMELT_FATAL);
		assert_file(names[i], before);
		free(before);
	}
	/* The table of names has a name too, for a moment. */
	put_file("out.csv.part.names", COLUMNS "a,https://b,c,pass-1,\n");
	assert_int_equal(rewrite_with((struct snowmelt_options){.input = "out.csv.part.names",
				 .results = "out.csv",
				 .ledger = "in.ledger"}),
		SNOWMELT_FATAL);
	assert_file("out.csv.part.names", COLUMNS "a,https://b,c,pass-1,\n");
}

/* A writer in a child; the fifo's end is that of the input. */
static int rewrite_fifo(const char *results, const char *ledger)
{
	static const char text[] = COLUMNS "a,https://b,c,pass-1,\n";
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int fd = open("fifo", O_WRONLY | O_CLOEXEC);

		/* In two pieces, so that the reader has to wait. */
		(void)!write(fd, text, 40);
		usleep(50000);
		(void)!write(fd, text + 40, strlen(text) - 40);
		_exit(0);
	}
	status = rewrite_with(
		(struct snowmelt_options){.input = "fifo", .results = results, .ledger = ledger});
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return status;
}

static void a_pipe_has_nothing_beside_it(void **state)
{
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(rewrite_fifo(NULL, "x.ledger"), SNOWMELT_USAGE);
	assert_non_null(strstr(message, "--results FILE and --ledger FILE"));
	assert_int_equal(rewrite_fifo("out.csv", NULL), SNOWMELT_USAGE);
	assert_int_equal(rewrite_fifo("out.csv", "x.ledger"), SNOWMELT_ROWS);
	assert_true(exists("out.csv"));
	assert_non_null(strstr(summary, "  skipped     1\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_row_gets_what_the_ledger_has),
		TEST(all_fine_is_0),
		TEST(what_a_rollback_did_is_told_with_its_id),
		TEST(the_id_of_an_earlier_life_is_not_shown),
		TEST(rows_without_an_outcome_say_what_to_do),
		TEST(a_row_that_was_edited_keeps_its_status_and_says_so),
		TEST(bad_rows_are_invalid_with_the_words_of_a_run),
		TEST(no_two_rows_get_one_id),
		TEST(no_reference_has_to_resolve),
		TEST(json_lines_are_written_where_asked),
		TEST(a_run_that_holds_the_results_is_75),
		TEST(without_a_ledger_nothing_is_touched),
		TEST(a_bad_input_is_found_before_anything_is_touched),
		TEST(a_ledger_that_fails_in_between_leaves_the_results),
		TEST(the_ledger_and_the_input_are_no_results),
		TEST(a_pipe_has_nothing_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
