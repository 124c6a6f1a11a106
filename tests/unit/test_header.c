#include "input_fixture.h"

#include "input/header.h"

/* Every column that a row of the default connectionSpec needs. */
#define NEEDED "name,endpoint,username,password"

static struct header h;

static int map_with(struct fixture *f, const char *text, const struct header_options *o)
{
	header_done(&h);
	return header_map(&h, first_record(f, text, strlen(text)), o, "in.csv", &f->e);
}

static int map(struct fixture *f, const char *text)
{
	return map_with(f, text, &(struct header_options){0});
}

static void expect(struct fixture *f, int r)
{
	if (r < 0)
		fail_msg("%s", f->e.text);
}

static void expect_fault(struct fixture *f, int r, const char *why)
{
	assert_true(r < 0);
	assert_int_equal(f->e.code, r);
	assert_int_equal(strncmp(f->e.text, "in.csv:", 7), 0);
	assert_contains(f->e.text, why);
}

static int mapped(struct fixture *f, const char *text, const char *option)
{
	return map_with(f, text, &(struct header_options){.map = &option, .map_count = 1});
}

static int carried(struct fixture *f, const char *text, const char *option)
{
	return map_with(f, text, &(struct header_options){.carry = &option, .carry_count = 1});
}

static void columns_are_found_without_case_and_outer_blanks(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, " Name ,\tENDPOINT,username,Password_Ref,\"\nsandbox \""));
	assert_int_equal(h.columns, 5);
	assert_int_equal(h.known[COLUMN_NAME], 0);
	assert_int_equal(h.known[COLUMN_ENDPOINT], 1);
	assert_int_equal(h.known[COLUMN_USERNAME], 2);
	assert_int_equal(h.known[COLUMN_PASSWORD], -1);
	assert_int_equal(h.known[COLUMN_PASSWORD_REF], 3);
	assert_int_equal(h.known[COLUMN_SANDBOX], 4);
	assert_int_equal(h.carried_count, 0);
}

static void missing_columns_are_named_with_the_remedy(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, map(f, "id,username"),
		"missing in the header: name, endpoint, password (or password_ref)");
	assert_contains(f->e.text, "--map");
	assert_contains(f->e.text, "in.csv:1: ");
	expect_fault(
		f, map(f, "\n\nname,endpoint,username"), "in.csv:3: missing in the header: pass");
	/* one column: more likely another delimiter */
	expect_fault(f, map(f, "name;endpoint"), "--delimiter");
}

static void another_connection_spec_needs_only_a_name_in_the_header(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, "name,connection_spec_id,auth_spec,param.host"));
	expect_fault(f, map(f, "connection_spec_id,endpoint"), "missing in the header: name:");
}

static void the_same_column_twice_is_refused(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, map(f, NEEDED ",x, NAME"), "columns 1 and 6 are both 'name'");
	expect_fault(f, map(f, NEEDED ",hunter2,Hunter2"), "columns 5 and 6 have the same header");
	expect_fault(f, map(f, NEEDED ",param.a,PARAM.A"), "columns 5 and 6");
	expect_fault(f, mapped(f, NEEDED ",Instance", "name=instance"),
		"columns 1 and 5 are both 'name'");
	expect_fault(f, map(f, NEEDED ",status,input.Status"), "columns 5 and 6");
}

static void a_message_quotes_no_unknown_cell(void **state)
{
	static const char *const texts[] = {"dev1,https://dev1.example.com,u,hunter2",
		NEEDED ",hunter2,hunter2", NEEDED ",param.hunter2,param.hunter2", "hunter2"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(map(f, texts[i]), -EBADMSG);
		assert_lacks(f->e.text, "hunter2");
		assert_lacks(f->e.text, "example");
	}
}

static void unknown_columns_are_carried_in_order(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, "Region,name,endpoint,,username,password,Cost centre, "));
	assert_int_equal(h.carried_count, 2);
	assert_string_equal(h.carried[0], "Region");
	assert_int_equal(h.carried_fields[0], 0);
	assert_string_equal(h.carried[1], "Cost centre");
	assert_int_equal(h.carried_fields[1], 6);
	assert_int_equal(h.columns, 8); /* blank cells count as columns, nothing more */
}

static void a_column_of_the_results_is_carried_with_a_prefix(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, NEEDED ",Status,id,duration_ms,identity"));
	assert_int_equal(h.carried_count, 4);
	assert_string_equal(h.carried[0], "input.Status");
	assert_string_equal(h.carried[1], "input.id");
	assert_string_equal(h.carried[2], "input.duration_ms");
	assert_string_equal(h.carried[3], "identity");
}

static void what_speaks_of_a_secret_is_carried_only_when_asked_for(void **state)
{
	static const char text[] = NEEDED ",Old Password,PWD,client_secret,Token,credentials,"
					  "API Key,passphrase,owner";
	struct fixture *f = *state;

	expect(f, map(f, text));
	assert_int_equal(h.carried_count, 1);
	assert_string_equal(h.carried[0], "owner");

	expect(f, carried(f, text, " api key"));
	assert_int_equal(h.carried_count, 2);
	assert_string_equal(h.carried[0], "API Key");
}

static void carry_must_name_a_column_that_can_be_carried(void **state)
{
	struct fixture *f = *state;

	expect(f, carried(f, NEEDED ",owner", "Owner"));
	assert_int_equal(h.carried_count, 1);
	expect_fault(f, carried(f, NEEDED ",owner", "manager"), "--carry 'manager': no column has");
	expect_fault(f, carried(f, NEEDED, "password"), "--carry 'password': this column is part");
	expect_fault(f, carried(f, NEEDED ",param.x", "param.x"), "is part of the connection");
	expect_fault(f, carried(f, NEEDED ",,", ""), "no column has");
}

static void map_gives_a_header_the_meaning_of_a_column(void **state)
{
	struct fixture *f = *state;

	expect(f, mapped(f, "Instance Name,endpoint,username,password", " name = instance name "));
	assert_int_equal(h.known[COLUMN_NAME], 0);
	expect(f, mapped(f, NEEDED ",Api Key", "param.apiKey=api key"));
	assert_int_equal(h.param_count, 1);
	assert_string_equal(h.params[0].name, "apiKey");
	assert_int_equal(h.params[0].field, 4);
	/* a column of that name goes by its new meaning only */
	expect(f, mapped(f, "name,endpoint,username,pw,password_ref", "password=pw"));
	assert_int_equal(h.known[COLUMN_PASSWORD], 3);
}

static void a_map_that_fits_nothing_is_an_error_with_a_remedy(void **state)
{
	static const char *const twice[] = {"name=Instance", "sandbox=instance"};
	static const char *const params[] = {"param.a=Instance", "param.b=instance"};
	struct fixture *f = *state;

	expect_fault(f, mapped(f, NEEDED, "title=name"), "there is no such column: take name");
	expect_fault(f, mapped(f, NEEDED, "param.=name"), "there is no such column");
	expect_fault(f, mapped(f, NEEDED, "name=Title"), "--map 'name=Title': no column has");
	expect_fault(f, mapped(f, NEEDED, "name"), "write COLUMN=HEADER");
	expect_fault(f, mapped(f, NEEDED, "=name"), "write COLUMN=HEADER");
	expect_fault(f, mapped(f, NEEDED ",", "name="), "write COLUMN=HEADER");
	expect_fault(f,
		map_with(f, "Instance,endpoint,username,password",
			&(struct header_options){.map = twice, .map_count = 2}),
		"mapped twice");
	expect_fault(f,
		map_with(f, NEEDED ",Instance",
			&(struct header_options){.map = params, .map_count = 2}),
		"mapped twice");
}

static void params_keep_their_case(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, NEEDED ",param.apiKey, Param.Host "));
	assert_int_equal(h.param_count, 2);
	assert_string_equal(h.params[0].name, "apiKey");
	assert_string_equal(h.params[1].name, "Host");
	expect_fault(f, map(f, NEEDED ",param."), "column 5 is 'param.' without a name");
}

/* `count` columns PREFIX0, PREFIX1 … behind those that are needed. */
static const char *many(const char *prefix, int count)
{
	static char text[1 << 16];
	size_t len = 0;

	len += (size_t)snprintf(text, sizeof(text), NEEDED);
	for (int i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, ",%s%d", prefix, i);
	return text;
}

static void there_is_a_limit_to_columns_of_each_kind(void **state)
{
	struct fixture *f = *state;

	expect(f, map(f, many("param.", ROW_PARAMS_MAX - 1))); /* the password is one, too */
	expect_fault(f, map(f, many("param.", ROW_PARAMS_MAX)), "more than 31 columns param.X");
	expect_fault(f, map(f, many("param.", ROW_PARAMS_MAX + 1)), "more than 32 columns param.X");
	expect(f, map(f, many("c", ROW_CARRIED_MAX)));
	expect_fault(f, map(f, many("c", ROW_CARRIED_MAX + 1)), "more than 256 columns to carry");
	expect(f, map(f, many("key", CSV_COLUMNS_MAX - 4)));
	expect_fault(f, map(f, many("key", CSV_COLUMNS_MAX)), "the header has 1028 columns");
}

static void a_header_that_is_not_text_is_refused(void **state)
{
	static const char nul[] = NEEDED ",a\0b\n";
	struct fixture *f = *state;

	expect_fault(f, map(f, NEEDED ",caf\xe9"), "column 5 of the header is not UTF-8");
	expect_fault(f,
		header_map(&h, first_record(f, nul, sizeof(nul) - 1), &(struct header_options){0},
			"in.csv", &f->e),
		"column 5 of the header is not UTF-8");
}

static int forget(void **state)
{
	header_done(&h);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(columns_are_found_without_case_and_outer_blanks),
		TEST(missing_columns_are_named_with_the_remedy),
		TEST(another_connection_spec_needs_only_a_name_in_the_header),
		TEST(the_same_column_twice_is_refused),
		TEST(a_message_quotes_no_unknown_cell),
		TEST(unknown_columns_are_carried_in_order),
		TEST(a_column_of_the_results_is_carried_with_a_prefix),
		TEST(what_speaks_of_a_secret_is_carried_only_when_asked_for),
		TEST(carry_must_name_a_column_that_can_be_carried),
		TEST(map_gives_a_header_the_meaning_of_a_column),
		TEST(a_map_that_fits_nothing_is_an_error_with_a_remedy),
		TEST(params_keep_their_case),
		TEST(there_is_a_limit_to_columns_of_each_kind),
		TEST(a_header_that_is_not_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
