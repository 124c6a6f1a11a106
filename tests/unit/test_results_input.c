#include "input_fixture.h"

#define ID1 "0f2a4b6c-0000-4000-8000-000000000001"
#define ID2 "0f2a4b6c-0000-4000-8000-000000000002"

/* As output/line.c writes them. */
#define HEADER                                                                                     \
	"row,line,name,sandbox,endpoint,status,id,etag,http_status,error_code,error,attempts,"     \
	"request_id,started_at,duration_ms"
#define CREATED                                                                                    \
	",prod,https://a,created," ID1 ",\"\"\"0400fa3b-0000\"\"\",201,,,1,req-1,"                 \
	"2025-11-24T19:54:38.123Z,250"
#define INVALID "7,9,,,,invalid,,,,bad_row,has 3 fields,0,,,"

#define OBJECT(NAME, SANDBOX, STATUS, ID)                                                          \
	"{\"row\":1,\"line\":2,\"name\":" NAME ",\"sandbox\":" SANDBOX                             \
	",\"endpoint\":\"https://a\",\"status\":" STATUS ",\"id\":" ID                             \
	",\"etag\":\"\\\"04\\\"\",\"http_status\":201,\"error_code\":null,\"error\":null,"         \
	"\"attempts\":1,\"request_id\":null,\"started_at\":null,\"duration_ms\":250,"              \
	"\"Region\":\"EU\",\"input.id\":null}\n"
#define GOOD OBJECT("\"a\"", "\"prod\"", "\"created\"", "\"" ID1 "\"")

static int results_setup(void **state)
{
	int r = fixture_setup(state);
	struct fixture *f = *state;

	f->o.kind = INPUT_RESULTS;
	row_done(&f->row);
	row_init(&f->row, NULL); /* there are no secrets */
	return r;
}

#define RESULTS_TEST(name) cmocka_unit_test_setup_teardown(name, results_setup, fixture_teardown)

/* The survey refuses the file, and so does a pipe, with another end. */
static void bad(struct fixture *f, const char *text, const char *why)
{
	static const char nothing[] = "; nothing was done";
	struct input_survey s;
	int r;

	open_text(f, text);
	assert_int_equal(input_survey(f->in, &s, &f->e), -EBADMSG);
	assert_int_equal(strncmp(f->e.text, f->path, strlen(f->path)), 0);
	assert_contains(f->e.text + strlen(f->path), why);
	assert_string_equal(f->e.text + strlen(f->e.text) - strlen(nothing), nothing);

	f->o.path = open_pipe(f);
	pipe_text(f, text);
	pipe_end(f);
	input_close(f->in);
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	while ((r = next(f)) == INPUT_ROW)
		assert_false(f->row.invalid);
	assert_int_equal(r, -EBADMSG);
	assert_contains(f->e.text, why);
	assert_lacks(f->e.text, nothing);
	close(f->pipe[0]);
	f->pipe[0] = -1;
	f->o.path = f->path;
}

static void rows_of_csv_are_read_as_a_run_wrote_them(void **state)
{
	struct fixture *f = *state;
	const char *const *names;

	open_text(f, HEADER ",Region,input.status,Old Password\n"
			    "1,2,\"a,\"\"b\"\"\"" CREATED ",EU,new,pass-1\n" INVALID ",,,\n");
	assert_int_equal(input_carried(f->in, &names), 3);
	assert_string_equal(names[0], "Region");
	assert_string_equal(names[1], "input.status");
	assert_string_equal(names[2], "Old Password"); /* somebody wanted it by --carry */
	expect_row(f);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.line, 2);
	assert_string_equal(f->row.name, "a,\"b\"");
	assert_null(f->row.plain_name);
	assert_string_equal(f->row.sandbox, "prod");
	assert_string_equal(f->row.endpoint, "https://a");
	assert_string_equal(f->row.status, "created");
	assert_string_equal(f->row.id, ID1);
	assert_string_equal(f->row.etag, "\"0400fa3b-0000\"");
	assert_int_equal(f->row.param_count, 0);
	assert_int_equal(f->row.carried_count, 3);
	assert_string_equal(f->row.carried[0], "EU");
	assert_string_equal(f->row.carried[1], "new");
	assert_string_equal(f->row.carried[2], "pass-1");
	expect_row(f);
	assert_int_equal(f->row.number, 2); /* of this file, whatever its `row` says */
	assert_int_equal(f->row.line, 3);
	assert_string_equal(f->row.name, "");
	assert_string_equal(f->row.sandbox, "");
	assert_string_equal(f->row.id, "");
	assert_string_equal(f->row.status, "invalid");
	assert_int_equal(next(f), INPUT_END);
	row_reset(&f->row);
	assert_string_equal(f->row.status, "");
}

static void rows_of_json_lines_are_the_same(void **state)
{
	struct fixture *f = *state;
	const char *const *names;

	open_text(f, "\xef\xbb\xbf\r\n \n" GOOD
		     "\r\n\t\n" OBJECT("null", "null", "\"invalid\"", "null"));
	assert_int_equal(input_carried(f->in, &names), 2);
	assert_string_equal(names[0], "Region");
	assert_string_equal(names[1], "input.id");
	expect_row(f);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.line, 3);
	assert_string_equal(f->row.name, "a");
	assert_string_equal(f->row.sandbox, "prod");
	assert_string_equal(f->row.endpoint, "https://a");
	assert_string_equal(f->row.status, "created");
	assert_string_equal(f->row.id, ID1);
	assert_string_equal(f->row.etag, "\"04\"");
	assert_int_equal(f->row.carried_count, 2);
	assert_string_equal(f->row.carried[0], "EU");
	assert_string_equal(f->row.carried[1], "");
	expect_row(f);
	assert_int_equal(f->row.number, 2);
	assert_int_equal(f->row.line, 6);
	assert_string_equal(f->row.name, "");
	assert_string_equal(f->row.id, "");
	assert_int_equal(next(f), INPUT_END);
}

static void the_survey_counts_ids_and_what_was_created(void **state)
{
	static const char *const texts[] = {
		"name,sandbox,status,id\na,prod,created," ID1 "\nb,dev,adopted," ID2
		"\nc,dev,created,\n,,invalid,\nd,prod,Created," ID1 "\n",
		"{\"name\":\"a\",\"sandbox\":\"prod\",\"status\":\"created\",\"id\":\"" ID1 "\"}\n"
		"{\"name\":\"b\",\"sandbox\":\"dev\",\"status\":\"adopted\",\"id\":\"" ID2 "\"}\n"
		"{\"name\":\"c\",\"sandbox\":\"dev\",\"status\":\"created\",\"id\":null}\n"
		"{\"name\":null,\"sandbox\":null,\"status\":\"invalid\",\"id\":null}\n"
		"{\"id\":\"" ID1 "\",\"status\":\"Created\",\"sandbox\":\"prod\",\"name\":\"d\"}",
	};
	struct fixture *f = *state;
	struct input_survey s;
	uint32_t sandbox;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		open_text(f, texts[i]);
		assert_int_equal(input_survey(f->in, &s, &f->e), 0);
		assert_int_equal(s.rows, 5);
		assert_int_equal(s.invalid, 0);
		assert_int_equal(s.with_id, 3);
		assert_int_equal(s.created, 1);
		assert_int_equal(s.sandboxes, 2);
		expect_row(f);
		assert_int_equal(f->row.sandbox_number, 0);
		expect_row(f);
		assert_int_equal(f->row.sandbox_number, 1);
		assert_string_equal(input_sandbox(f->in, 1), "dev");
		assert_string_equal(input_scope_spec(f->in, f->row.scope, &sandbox), "");
		for (int k = 0; k < 3; k++)
			expect_row(f);
		assert_string_equal(f->row.name, "d"); /* in whatever order its members are */
		assert_int_equal(next(f), INPUT_END);
	}
}

static void a_header_alone_has_no_rows_but_an_empty_file_is_none(void **state)
{
	static const char utf16[] = "\xff\xfen\0a\0m\0e\0\n\0";
	static const char utf16_json[] = "{\0\"\0";
	struct fixture *f = *state;
	struct input_survey s;

	open_text(f, HEADER "\n");
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, 0);
	assert_int_equal(next(f), INPUT_END);
	expect_refused(f, "", ":1: the file is empty");
	expect_refused(f, "\xef\xbb\xbf", ":1: the file is empty");
	expect_refused(f, " \n\n", ":1: the file has no header");
	assert_int_equal(open_bytes(f, utf16, sizeof(utf16) - 1), -EBADMSG);
	assert_contains(f->e.text, ":1: the file is in UTF-16");
	assert_int_equal(open_bytes(f, utf16_json, sizeof(utf16_json) - 1), -EBADMSG);
	assert_contains(f->e.text, ":1: the file is in UTF-16");
}

static void a_file_that_is_no_results_is_refused_by_its_header(void **state)
{
	struct fixture *f = *state;

	expect_refused(f, "name,endpoint,username,password\na,https://b,c,pass-1\n",
		":1: no column sandbox, status, id: what is wanted is a results file: is it the "
		"right file? the name of one ends in .results.csv or .results.jsonl");
	expect_refused(f, "\nname,sandbox,status\n", ":2: no column id: ");
	expect_refused(f, "{\"name\":\"a\",\"id\":null}\n", ":1: no column sandbox, status: ");
	/* instances may have columns of these names, which they carry */
	expect_refused(f, "name,sandbox,status,id,Password\n", ":1: a column password, which only");
	expect_refused(f, "name,sandbox,status,id,password_ref\n", ":1: a column password_ref, ");
	expect_refused(
		f, "name,sandbox,status,id,param.hunter2\n", ":1: column 5 is a param.X, which");
	assert_lacks(f->e.text, "hunter2");
	expect_refused(f, "name,sandbox,status,id,x,ID\n", ":1: columns 4 and 6 have the same");
	expect_refused(
		f, "name,sandbox,status,id,Region,region\n", "columns 5 and 6 have the same");
	expect_refused(f, "{\"name\":1,\"sandbox\":2,\"status\":3,\"id\":4,\"Id\":5}\n",
		":1: columns 4 and 5 have the same");
}

static void an_id_that_is_no_uuid_is_a_fault_of_the_file(void **state)
{
	struct fixture *f = *state;

	bad(f,
		"name,sandbox,status,id\na,prod,created," ID1
		"\nb,prod,failed,\nc,prod,created,hunter2\n",
		":4: id is no UUID: take the file as snowmelt wrote it");
	assert_lacks(f->e.text, "hunter2");
	bad(f, "name,sandbox,status,id\na,prod,created," ID1 "/\n", ":2: id is no UUID");
	bad(f, "name,sandbox,status,id\na,prod,created,'" ID1 "\n", ":2: id is no UUID");
	bad(f, GOOD OBJECT("\"a\"", "\"prod\"", "\"created\"", "\"\\u002e\""), ":2: id is no UUID");
	bad(f, GOOD OBJECT("\"a\"", "\"prod\"", "\"created\"", "42"),
		":2: id is a number, or true");
}

static void an_id_needs_a_name_and_a_sandbox(void **state)
{
	struct fixture *f = *state;

	bad(f, "name,sandbox,status,id\n,prod,created," ID1 "\n",
		":2: name is empty, though there");
	bad(f, "name,sandbox,status,id\na,,created," ID1 "\n", ":2: sandbox is empty, though");
	bad(f, "name,sandbox,status,id\na,pr od,failed,\n", ":2: sandbox is no name of a sandbox");
	bad(f, OBJECT("\"a\"", "\"a/b\"", "\"failed\"", "null"), ":1: sandbox is no name");
	bad(f, OBJECT("true", "\"prod\"", "\"failed\"", "null"), ":1: name is a number, or true");
}

static void a_row_of_another_number_of_fields_is_a_fault_of_the_file(void **state)
{
	struct fixture *f = *state;

	bad(f, "name,sandbox,status,id\na,prod,failed\n",
		":2: has 3 fields where the header has 4");
	bad(f, "name,sandbox,status,id\na,b,prod,failed,\n", ":2: has 5 fields");
	bad(f, "name,sandbox,status,id\n\"a,prod,failed,\n", ":2: a quote that opens here never");
}

static void bytes_that_are_no_text_are_a_fault_of_the_file(void **state)
{
	static const char nul[] = "name,sandbox,status,id\na\0b,prod,failed,\n";
	struct fixture *f = *state;
	struct input_survey s;

	bad(f, "name,sandbox,status,id\n\xff,prod,failed,\n", ":2: name is not UTF-8 text");
	bad(f, "name,sandbox,status,id,x\na,prod,failed,,\xff\n", ":2: column 5 is not UTF-8 text");
	assert_int_equal(open_bytes(f, nul, sizeof(nul) - 1), 0);
	assert_int_equal(input_survey(f->in, &s, &f->e), -EBADMSG);
	assert_contains(f->e.text, ":2: name is not UTF-8 text");
	/* what is not read does not matter */
	open_text(f, "name,sandbox,status,id,error\na,prod,failed,,\xff\n");
	expect_row(f);
	assert_int_equal(f->row.carried_count, 0);
}

static void a_carried_field_that_is_too_long_is_left_out(void **state)
{
	struct fixture *f = *state;
	size_t len = 65537, at;
	char *text = memory(len + 200);

	at = (size_t)sprintf(text, "name,sandbox,status,id,x\na,prod,failed,,'");
	memset(text + at, '=', len);
	strcpy(text + at + len - 1, "\n");
	open_text(f, text);
	free(text);
	expect_row(f);
	assert_string_equal(f->row.carried[0], "");
	assert_string_equal(f->row.name, "a");
}

static void json_that_is_not_an_object_a_line_is_refused(void **state)
{
	static const char nul[] = GOOD "{\"a\":\0}\n";
	static const char whole[] =
		":2: no whole JSON object in UTF-8 on this line, or one that has "
		"a member twice or a NUL in it: take the file as snowmelt wrote it";
	struct fixture *f = *state;
	struct input_survey s;

	bad(f, GOOD "{\"row\":2,\"line\":3,\"name\":\"b\"", whole); /* cut off */
	bad(f, GOOD "{\"row\":1,\n\"line\":2}\n", whole);
	bad(f, GOOD "{\"id\":null,\"id\":null}\n", whole);
	bad(f, GOOD "{\"id\":\"\xff\"}\n", whole);
	bad(f, GOOD "{\"id\":\"\\u0000\"}\n", whole);
	bad(f, GOOD "{} {}\n", whole);
	bad(f, GOOD "]\n", whole);
	bad(f, GOOD "[]\n", ":2: something else than a JSON object on this line");
	bad(f, GOOD "null\n", ":2: something else than a JSON object");
	bad(f, GOOD "{}\n", ":2: an object with other members than the first");
	assert_int_equal(open_bytes(f, nul, sizeof(nul) - 1), 0);
	assert_int_equal(input_survey(f->in, &s, &f->e), -EBADMSG);
	assert_contains(f->e.text, whole);
	expect_refused(f, "{}\n", ":1: an object without members");
	expect_refused(f, "{\n", ":1: no whole JSON object");
}

#define OF(ID_AND_MORE)                                                                            \
	"{\"name\":\"a\",\"sandbox\":\"prod\",\"status\":\"failed\"" ID_AND_MORE "}\n"

static void every_object_has_the_members_of_the_first(void **state)
{
	static const char other[] = ":3: an object with other members than the first";
	struct fixture *f = *state;

	bad(f, OF(",\"id\":null") "\n" OF(""), other);
	bad(f, OF(",\"id\":null") "\n" OF(",\"id\":null,\"x\":null"), other);
	bad(f, OF(",\"id\":null") "\n" OF(",\"ID\":null"), other);
	bad(f, OF(",\"id\":null,\"x\":1") "\n" OF(",\"id\":null,\"x\":{}"),
		":3: a member that is a list or an object");
	bad(f, OF(",\"id\":null,\"x\":[1]"), ":1: a member that is a list or an object");
	open_text(f, OF(",\"id\":null,\"x\":-12.5,\"y\":true")
			     OF(",\"y\":\"\xc3\xa4\",\"x\":7,\"id\":null"));
	expect_row(f);
	assert_string_equal(f->row.carried[0], "-12.5");
	assert_string_equal(f->row.carried[1], "true");
	expect_row(f);
	assert_string_equal(f->row.carried[0], "7");
	assert_string_equal(f->row.carried[1], "\xc3\xa4");
}

static void an_object_has_at_most_1024_members(void **state)
{
	struct fixture *f = *state;
	char *text = memory(64 << 10);

	for (int more = 0; more < 2; more++) {
		size_t len = (size_t)sprintf(text, "{\"name\":\"a\",\"sandbox\":null");

		for (int i = 0; i < 1022 + more; i++)
			len += (size_t)sprintf(text + len, ",\"m%d\":null", i);
		strcpy(text + len, "}\n");
		expect_refused(f, text,
			more ? ":1: an object of over 1024 members"
			     : ":1: more than 256 columns behind the");
	}
	free(text);
}

static void a_line_of_json_may_be_longer_than_a_chunk_but_has_an_end(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;
	size_t len = (size_t)130 << 20, at;
	char *text = memory(len + 400);
	static const char tail[] = "\",\"sandbox\":\"prod\",\"status\":\"failed\",\"id\":null}\n";

	at = (size_t)sprintf(text, "{\"row\":\"");
	memset(text + at, 'x', 100000);
	at += 100000;
	at += (size_t)sprintf(text + at,
		"\",\"name\":\"a%s"
		"{\"row\":1,\"name\":\"b%s",
		tail, tail);
	assert_int_equal(open_bytes(f, text, at), 0);
	expect_row(f);
	assert_string_equal(f->row.name, "a");
	expect_row(f);
	assert_string_equal(f->row.name, "b");
	assert_int_equal(next(f), INPUT_END);

	at = (size_t)sprintf(text, GOOD "{\"row\":\"");
	memset(text + at, 'x', len);
	assert_int_equal(open_bytes(f, text, len), 0);
	free(text);
	assert_int_equal(input_survey(f->in, &s, &f->e), -EBADMSG);
	assert_contains(f->e.text, ":2: a line of over 128 MiB: take");
}

static void a_pipe_of_json_hands_out_objects_as_they_come(void **state)
{
	struct fixture *f = *state;

	f->o.path = open_pipe(f);
	pipe_text(f, OF(",\"id\":null") "{\"name\":");
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	expect_row(f);
	assert_string_equal(f->row.name, "a");
	assert_int_equal(next(f), INPUT_WAIT);
	pipe_text(f, "\"b\",\"sandbox\":null,\"status\":null,\"id\":null}\r");
	expect_row(f);
	assert_string_equal(f->row.name, "b");
	assert_int_equal(f->row.line, 2);
	pipe_text(f, "\n" OF(",\"id\":null"));
	expect_row(f);
	assert_int_equal(f->row.line, 3);
	pipe_text(f, "{\"id\":null,\"name\":\"c\",\"sandbox\":null,\"status\":null}");
	assert_int_equal(next(f), INPUT_WAIT);
	pipe_end(f);
	expect_row(f);
	assert_string_equal(f->row.name, "c");
	assert_int_equal(next(f), INPUT_END);
}

/* A header that came whole must not wait for the row behind it. */
static void a_pipe_of_csv_is_opened_by_its_header(void **state)
{
	struct fixture *f = *state;

	f->o.path = open_pipe(f);
	pipe_text(f, HEADER "\n");
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_int_equal(next(f), INPUT_WAIT);
	pipe_text(f, "1,2,a" CREATED "\n");
	expect_row(f);
	assert_string_equal(f->row.id, ID1);
}

/* What --excel-safe put before a name may as well have been there before. */
static void a_name_that_may_have_been_defused_comes_both_ways(void **state)
{
	struct fixture *f = *state;

	open_text(f, "name,sandbox,status,id,etag,x\n"
		     "'=1,prod,created," ID1 ",,'=2\n"
		     "a;'=1,prod,created," ID1 ",,\n"
		     "'a,prod,created," ID1 ",,\n"
		     "-1,prod,created," ID1 ",,\n");
	expect_row(f);
	assert_string_equal(f->row.name, "'=1");
	assert_string_equal(f->row.plain_name, "=1");
	assert_string_equal(f->row.carried[0], "'=2"); /* goes on as it came */
	expect_row(f);
	assert_string_equal(f->row.name, "a;'=1");
	assert_string_equal(f->row.plain_name, "a;=1");
	expect_row(f);
	assert_string_equal(f->row.name, "'a");
	assert_null(f->row.plain_name);
	expect_row(f);
	assert_null(f->row.plain_name);
	row_reset(&f->row);
	assert_null(f->row.plain_name);
	open_text(
		f, OBJECT("\"'=1\"", "\"prod\"", "\"failed\"", "null")); /* JSON is never defused */
	expect_row(f);
	assert_string_equal(f->row.name, "'=1");
	assert_null(f->row.plain_name);
}

static void sandbox_and_etag_are_as_they_were_before_excel_safe(void **state)
{
	struct fixture *f = *state;

	open_text(f, "name,sandbox,status,id,etag\n"
		     "a,'-dev,created," ID1 ",\"'\"\"-1;'=2\"\"\"\n"
		     "a,-dev,created," ID1 ",\"\"\"1;'=2\"\"\"\n"
		     "a,-dev,created," ID1 ",'\n");
	expect_row(f);
	assert_string_equal(f->row.sandbox, "-dev");
	assert_string_equal(f->row.etag, "\"-1;=2\"");
	expect_row(f);
	assert_string_equal(f->row.sandbox, "-dev");
	assert_string_equal(f->row.etag, "\"1;'=2\""); /* nothing proves that this is ours */
	expect_row(f);
	assert_string_equal(f->row.etag, "'");
	bad(f, "name,sandbox,status,id\na,'dev,failed,\n", ":2: sandbox is no name");
	bad(f, OBJECT("\"a\"", "\"'-dev\"", "\"failed\"", "null"), ":1: sandbox is no name");
}

static void options_of_instances_are_left_alone(void **state)
{
	static const char *const map[] = {"name=Instance"}, *const carry[] = {"Nothing"};
	struct fixture *f = *state;

	f->o.map = map;
	f->o.carry = carry;
	f->o.map_count = f->o.carry_count = 1;
	f->o.delimiter = ';';
	f->o.secrets_dir = "/nonexistent";
	f->o.default_sandbox = "elsewhere";
	open_text(f, "name,sandbox,status,id\na,,failed,\n");
	expect_row(f);
	assert_string_equal(f->row.sandbox, "");
}

static void a_spreadsheet_may_have_saved_it_with_semicolons(void **state)
{
	struct fixture *f = *state;

	open_text(f, "\xef\xbb\xbfname;sandbox;status;id\r\n\"a;b\";prod;created;" ID1 "\r\n");
	expect_row(f);
	assert_string_equal(f->row.name, "a;b");
	assert_string_equal(f->row.id, ID1);
}

/* Only the file's identity is known, and its scopes get numbers. */
static void an_input_of_no_kind_has_no_rows_and_is_not_opened(void **state)
{
	struct fixture *f = *state;
	struct input_survey s = {.rows = 9};
	uint32_t scope, sandbox;

	open_text(f, HEADER "\n1,2,a" CREATED "\n");
	input_close(f->in);
	f->in = NULL;
	f->o.kind = INPUT_NONE;
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_true(input_is_regular(f->in));
	assert_true(input_stat(f->in)->st_ino != 0);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, 0);
	assert_int_equal(next(f), INPUT_END);
	assert_int_equal(input_scope(f->in, "dev", ID1, &scope, &sandbox), 0);
	assert_string_equal(input_sandbox(f->in, sandbox), "dev");
	input_close(f->in);
	f->in = NULL;
	f->o.path = "/nonexistent/x.ledger";
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -ENOENT);
	assert_contains(f->e.text, "cannot be read");
	f->o.path = f->path;
}

static void json_is_for_results_only(void **state)
{
	struct fixture *f = *state;

	f->o.kind = INPUT_INSTANCES;
	expect_refused(f, GOOD, ":1: a quote inside an unquoted field");
}

static void a_file_that_changed_is_stale_in_json_too(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_text(f, GOOD GOOD);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, 2);
	write_file(f->path, GOOD, strlen(GOOD));
	while (next(f) == INPUT_ROW)
		;
	assert_int_equal(next(f), -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESULTS_TEST(rows_of_csv_are_read_as_a_run_wrote_them),
		RESULTS_TEST(rows_of_json_lines_are_the_same),
		RESULTS_TEST(the_survey_counts_ids_and_what_was_created),
		RESULTS_TEST(a_header_alone_has_no_rows_but_an_empty_file_is_none),
		RESULTS_TEST(a_file_that_is_no_results_is_refused_by_its_header),
		RESULTS_TEST(an_id_that_is_no_uuid_is_a_fault_of_the_file),
		RESULTS_TEST(an_id_needs_a_name_and_a_sandbox),
		RESULTS_TEST(a_row_of_another_number_of_fields_is_a_fault_of_the_file),
		RESULTS_TEST(bytes_that_are_no_text_are_a_fault_of_the_file),
		RESULTS_TEST(a_carried_field_that_is_too_long_is_left_out),
		RESULTS_TEST(json_that_is_not_an_object_a_line_is_refused),
		RESULTS_TEST(every_object_has_the_members_of_the_first),
		RESULTS_TEST(an_object_has_at_most_1024_members),
		RESULTS_TEST(a_line_of_json_may_be_longer_than_a_chunk_but_has_an_end),
		RESULTS_TEST(a_pipe_of_json_hands_out_objects_as_they_come),
		RESULTS_TEST(a_pipe_of_csv_is_opened_by_its_header),
		RESULTS_TEST(a_name_that_may_have_been_defused_comes_both_ways),
		RESULTS_TEST(sandbox_and_etag_are_as_they_were_before_excel_safe),
		RESULTS_TEST(options_of_instances_are_left_alone),
		RESULTS_TEST(a_spreadsheet_may_have_saved_it_with_semicolons),
		RESULTS_TEST(an_input_of_no_kind_has_no_rows_and_is_not_opened),
		RESULTS_TEST(json_is_for_results_only),
		RESULTS_TEST(a_file_that_changed_is_stale_in_json_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
