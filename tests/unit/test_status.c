#include "check.h"
#include "fake_reader.h"

#include "base/str.h"
#include "run/status.h"

#define MINUTE 60000

static char said[100000], message[2000];

static void on_output(void *arg, const char *text)
{
	str_copy(said + strlen(said), sizeof(said) - strlen(said), text);
}

static void on_message(void *arg, const char *text)
{
	str_copy(message, sizeof(message), text);
}

static int status(enum snowmelt_report_format format, bool unresolved)
{
	const struct snowmelt_callbacks cb = {.output = on_output, .message = on_message};
	const struct snowmelt_status_options o = {
		.input = "in.csv", .format = format, .unresolved = unresolved};

	said[0] = message[0] = '\0';
	return snowmelt_status(&o, &cb);
}

static const struct ledger_group groups[] = {
	{LEDGER_STATE_DONE, "created", "", "", 2, 1180},
	{LEDGER_STATE_REFUSED, "failed", "FLOW-1100-400",
		"The request could not be processed. Error from flow provider: Rest call failed "
		"with client error, status code 401 Unauthorized",
		17, 12},
	{LEDGER_STATE_DOUBT, "unresolved", "timeout", "no answer\nwithin 60 s", 34, 3},
	{LEDGER_STATE_INTENDED, "", "", "", 40, 2},
	{LEDGER_STATE_CLAIMED, "", "", "", 50, 1},
	{LEDGER_STATE_REFUSED, "conflict", "conflict", "", 9, 1},
};

static int enter(void **state)
{
	memset(&fake, 0, sizeof(fake));
	fake.run = (struct ledger_run){
		.number = 3,
		.service = "https://x/flow",
		.org = "org-1",
		.started_ms = 1764014078123,
		.finished_ms = 1764014098000,
		.totals = "created 1180, failed 12",
	};
	fake.groups = groups;
	fake.group_count = ARRAY_SIZE(groups);
	return 0;
}

static void people_see_totals_and_causes(void **state)
{
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, false), SNOWMELT_OK);
	assert_string_equal(said,
		"Ledger     in.ledger\n"
		"Service    https://x/flow\n"
		"Org        org-1\n"
		"Run 3      finished at 2025-11-24T19:54:58.000Z: created 1180, failed 12\n"
		"\n"
		"  created     1180\n"
		"  failed        12\n"
		"  conflict       1\n"
		"  unresolved     3\n"
		"  open           2\n"
		"  pending        1\n"
		"\n"
		"What went wrong, most frequent first:\n"
		"\n"
		"  failed, FLOW-1100-400: 12 rows, such as row 17\n"
		"      The request could not be processed. Error from flow provider: Rest call\n"
		"      failed with client error, status code 401 Unauthorized\n"
		"  unresolved, timeout: 3 rows, such as row 34\n"
		"      no answer\\x0Awithin 60 s\n"
		"  conflict: 1 row, row 9\n"
		"\n"
		"Pending rows have been read, and nothing of them was sent.\n"
		"Open rows may have been created. Run the same command again: it looks them up\n"
		"before it sends anything.\n"
		"'snowmelt status --unresolved' lists the rows in doubt.\n");
}

static void assert_says(const char *part)
{
	if (!strstr(said, part))
		fail_msg("'%s' does not say '%s'", said, part);
}

static void a_run_is_going_or_has_died(void **state)
{
	struct status_teller t = {.cb = &(struct snowmelt_callbacks){.output = on_output}};
	struct error e;

	fake.run.finished_ms = 0;
	fake.run.going = true;
	said[0] = '\0';
	buf_init(&t.text, 100000);
	assert_int_equal(status_text_totals(&t, NULL, "x.ledger",
				 fake.run.started_ms + 12 * MINUTE + 3000, &e),
		0);
	status_tell(&t, true);
	assert_says("\nRun 3      going since 2025-11-24T19:54:38.123Z, for 12 min 03 s\n");
	/* What is in flight is no doubt yet. */
	assert_null(strstr(said, "Open rows"));
	buf_done(&t.text);

	fake.run.going = false;
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, false), SNOWMELT_OK);
	assert_says("\nRun 3      began at 2025-11-24T19:54:38.123Z and died\n");
	assert_says("Open rows may have been created.");
}

static void what_was_rolled_back_is_no_failure_and_a_cut_deletion_is_told(void **state)
{
	static const struct ledger_group rolled_back[] = {
		{LEDGER_STATE_WITHDRAWN, "deleted", "", "", 1, 20},
		{LEDGER_STATE_WITHDRAWN, "gone", "gone", "it was not there any more", 2, 2},
		{LEDGER_STATE_DELETING, "created", "", "", 3, 1},
		{LEDGER_STATE_WITHDRAWN, "skipped", "", "", 4, 1},
	};

	fake.groups = rolled_back;
	fake.group_count = ARRAY_SIZE(rolled_back);
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, false), SNOWMELT_OK);
	assert_says("  skipped      1\n  deleted     20\n  gone         2\n  deleting     1\n");
	assert_says("Deleting rows may have been deleted. Run the same rollback again");
	assert_null(strstr(said, "gone: 2 rows"));
	assert_int_equal(status(SNOWMELT_REPORT_CSV, false), SNOWMELT_OK);
	assert_says("\nrows,deleting,,1,3,");
}

static void a_ledger_without_rows_says_so(void **state)
{
	fake.group_count = 0;
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, false), SNOWMELT_OK);
	assert_says("\n\nNo rows yet.\n");
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, true), SNOWMELT_OK);
	assert_string_equal(said, "No row is in doubt.\n");
}

static void causes_have_an_end(void **state)
{
	static struct ledger_group many[100];

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] =
			(struct ledger_group){LEDGER_STATE_REFUSED, "failed", "code", "text", 1, 2};
	fake.groups = many;
	fake.group_count = ARRAY_SIZE(many);
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, false), SNOWMELT_OK);
	assert_says("  failed      200\n");
	assert_says("  other causes: 72 rows\n");
}

#define TOTALS_HEADER                                                                              \
	"kind,status,error_code,count,example_row,example,run,state,started_at,finished_at,"       \
	"service,org,totals\n"

static void machines_get_the_same_in_csv(void **state)
{
	fake.group_count = 4;
	assert_int_equal(status(SNOWMELT_REPORT_CSV, false), SNOWMELT_OK);
	assert_string_equal(said, TOTALS_HEADER
		"run,,,,,,3,finished,2025-11-24T19:54:38.123Z,2025-11-24T19:54:58.000Z,"
		"https://x/flow,org-1,\"created 1180, failed 12\"\n"
		"rows,created,,1180,2,,,,,,,,\n"
		"rows,failed,FLOW-1100-400,12,17,\"The request could not be processed. Error from "
		"flow provider: Rest call failed with client error, status code 401 "
		"Unauthorized\",,,,,,,\n"
		"rows,unresolved,timeout,3,34,\"no answer\nwithin 60 s\",,,,,,,\n"
		"rows,open,,2,40,,,,,,,,\n");
	fake.run.finished_ms = 0;
	assert_int_equal(status(SNOWMELT_REPORT_CSV, false), SNOWMELT_OK);
	assert_says("\nrun,,,,,,3,died,2025-11-24T19:54:38.123Z,,");
	fake.run.going = true;
	assert_int_equal(status(SNOWMELT_REPORT_CSV, false), SNOWMELT_OK);
	assert_says("\nrun,,,,,,3,going,2025-11-24T19:54:38.123Z,,");
}

static void and_in_json_lines(void **state)
{
	fake.groups = &groups[2];
	fake.group_count = 1;
	assert_int_equal(status(SNOWMELT_REPORT_JSONL, false), SNOWMELT_OK);
	assert_string_equal(said,
		"{\"kind\":\"run\",\"status\":null,\"error_code\":null,\"count\":null,"
		"\"example_row\":null,\"example\":null,\"run\":3,\"state\":\"finished\","
		"\"started_at\":\"2025-11-24T19:54:38.123Z\","
		"\"finished_at\":\"2025-11-24T19:54:58.000Z\",\"service\":\"https://x/flow\","
		"\"org\":\"org-1\",\"totals\":\"created 1180, failed 12\"}\n"
		"{\"kind\":\"rows\",\"status\":\"unresolved\",\"error_code\":\"timeout\","
		"\"count\":3,\"example_row\":34,\"example\":\"no answer\\nwithin 60 s\","
		"\"run\":null,\"state\":null,\"started_at\":null,\"finished_at\":null,"
		"\"service\":null,\"org\":null,\"totals\":null}\n");
}

static const struct ledger_record records[] = {
	{.state = LEDGER_STATE_DONE, .name = "fine", .row = 1, .status = "created", .id = "id-1"},
	{.state = LEDGER_STATE_DOUBT,
		.name = "a\x1b[2J, b",
		.row = 34,
		.intent_ms = 1764014078123,
		.status = "unresolved",
		.error_code = "time\x1bout",
		.error = "it may have been created, and no lookup has settled it; the last "
			 "answer: none\x1b[2J"},
	{.state = LEDGER_STATE_INTENDED,
		.name = "c",
		.row = 35,
		.intent_ms = 1764014079000,
		.sandbox = "dev"},
};

static void rows_in_doubt_are_listed(void **state)
{
	fake.records = records;
	fake.record_count = ARRAY_SIZE(records);
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, true), SNOWMELT_OK);
	assert_string_equal(said,
		"  row 34: a\\x1B[2J, b, sandbox prod, intent at 2025-11-24T19:54:38.123Z, "
		"unresolved, time\\x1Bout\n"
		"      it may have been created, and no lookup has settled it; the last answer:\n"
		"      none\\x1B[2J\n"
		"  row 35: c, sandbox dev, intent at 2025-11-24T19:54:39.000Z, open\n"
		"\n"
		"2 rows are in doubt: each may have been created.\n"
		"Run the same command again, it looks them up first. Where that settles nothing,\n"
		"look for yourself whether they exist: --resend-unresolved then sends those that\n"
		"a lookup does not find.\n");
	assert_int_equal(status(SNOWMELT_REPORT_CSV, true), SNOWMELT_OK);
	assert_string_equal(said,
		"row,name,sandbox,intent_at,status,error_code,error\n"
		"34,\"a\x1b[2J, b\",prod,2025-11-24T19:54:38.123Z,unresolved,time\x1bout,\"it may "
		"have been created, and no lookup has settled it; the last answer: "
		"none\x1b[2J\"\n"
		"35,c,dev,2025-11-24T19:54:39.000Z,open,,\n");
	fake.records = &records[2];
	fake.record_count = 1;
	assert_int_equal(status(SNOWMELT_REPORT_JSONL, true), SNOWMELT_OK);
	assert_string_equal(said, "{\"row\":35,\"name\":\"c\",\"sandbox\":\"dev\","
				  "\"intent_at\":\"2025-11-24T19:54:39.000Z\",\"status\":\"open\","
				  "\"error_code\":null,\"error\":null}\n");
	fake.run.finished_ms = 0;
	fake.run.going = true;
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, true), SNOWMELT_OK);
	assert_says("A run is going: what it has in flight is among them.\n");
}

/* Each piece goes out as it fills: what is in memory does not grow with rows. */
static void a_long_list_is_told_in_pieces(void **state)
{
	static struct ledger_record many[40000];
	const struct ledger_record one = {
		.state = LEDGER_STATE_INTENDED, .name = "a name", .row = 7};
	const char *at = said;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = one;
	fake.records = many;
	fake.record_count = 2000;
	assert_int_equal(status(SNOWMELT_REPORT_CSV, true), SNOWMELT_OK);
	while ((at = strstr(at, "7,a name,prod,,open,,\n"))) {
		at++;
		count++;
	}
	assert_int_equal(count, 2000);
	fake.record_count = ARRAY_SIZE(many); /* over what the text may ever hold at once */
	assert_int_equal(status(SNOWMELT_REPORT_TEXT, true), SNOWMELT_OK);
}

static void no_ledger_is_fatal_with_a_way_out(void **state)
{
	const struct snowmelt_callbacks cb = {.output = on_output, .message = on_message};
	struct snowmelt_status_options o = {.input = "in\x1b.csv"};

	said[0] = '\0';
	fake.open_error = -ENOENT;
	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_FATAL);
	assert_string_equal(message, "there is no ledger 'in\\x1B.ledger': name it with --ledger, "
				     "or run 'snowmelt run' first");
	fake.open_error = -EACCES;
	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_FATAL);
	assert_string_equal(message, "not opened");
	o.ledger = "memory:";
	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_FATAL);
	assert_non_null(strstr(message, "ends with its run"));
	assert_string_equal(said, "");
}

static void a_ledger_that_cannot_be_read_is_fatal(void **state)
{
	fake.read_error = -EIO;
	for (int i = 0; i < 6; i++) {
		assert_int_equal(
			status((enum snowmelt_report_format)(i / 2), i % 2), SNOWMELT_FATAL);
		assert_string_equal(message, "the ledger is bad");
		assert_string_equal(said, "");
	}
}

static void standard_input_names_no_ledger(void **state)
{
	const struct snowmelt_callbacks cb = {.output = on_output, .message = on_message};
	struct snowmelt_status_options o = {.input = "-"};

	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_USAGE);
	assert_non_null(strstr(message, "--ledger FILE"));
	o.input = NULL;
	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_USAGE);
	o.input = "-";
	o.ledger = "x.ledger";
	assert_int_equal(snowmelt_status(&o, &cb), SNOWMELT_OK);
}

#define TEST(f) cmocka_unit_test_setup(f, enter)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(people_see_totals_and_causes),
		TEST(a_run_is_going_or_has_died),
		TEST(what_was_rolled_back_is_no_failure_and_a_cut_deletion_is_told),
		TEST(a_ledger_without_rows_says_so),
		TEST(causes_have_an_end),
		TEST(machines_get_the_same_in_csv),
		TEST(and_in_json_lines),
		TEST(rows_in_doubt_are_listed),
		TEST(a_long_list_is_told_in_pieces),
		TEST(no_ledger_is_fatal_with_a_way_out),
		TEST(a_ledger_that_cannot_be_read_is_fatal),
		TEST(standard_input_names_no_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
