#include "input_fixture.h"

#define SPEC "0f2a4b6c-0000-4000-8000-00000000abcd" /* of another source */

/* A file of a header and one row, read up to that row. */
static void row_of(struct fixture *f, const char *header, const char *row)
{
	char text[8192];

	snprintf(text, sizeof(text), "%s\n%s\n", header, row);
	open_text(f, text);
}

static void good(struct fixture *f, const char *header, const char *row)
{
	row_of(f, header, row);
	expect_row(f);
}

static void bad(struct fixture *f, const char *header, const char *row, const char *why)
{
	row_of(f, header, row);
	expect_invalid(f, why);
}

#define BASIC "name,endpoint,username,password"

static void a_row_has_as_many_fields_as_the_header(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC, "a,https://b,c,d,e", "has 5 fields where the header has 4: quote");
	assert_string_equal(f->row.name, "");
	assert_string_equal(f->row.endpoint, "");
	assert_string_equal(f->row.sandbox, "");
	assert_int_equal(f->row.carried_count, 0);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.line, 2);
	bad(f, BASIC, "a,https://b,c", "has 3 fields where the header has 4");
	bad(f, BASIC, "\"\"", "has 1 fields");
}

static void required_fields_must_be_filled(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC, ",https://b,c,d", "name is empty");
	bad(f, BASIC, "a,,c,d", "endpoint is empty");
	bad(f, BASIC, "a,https://b,,d", "username is empty");
	bad(f, BASIC, "a,https://b,c,", "password and password_ref are empty");
	assert_string_equal(f->row.name, "a"); /* what is good of it is told */
	assert_string_equal(f->row.endpoint, "https://b");
}

static void every_fault_of_a_row_is_told(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC, ",,,", "name is empty");
	assert_contains(f->row.fault, "; endpoint is empty");
	assert_contains(f->row.fault, "; username is empty");
	assert_contains(f->row.fault, "; password and password_ref are empty");
}

/* The faults of the row one by one, with a bar behind each. */
static const char *faults_of(const struct row *row)
{
	static char all[8192];
	char one[256];
	size_t at = 0;

	all[0] = '\0';
	while (row_fault_next(row, &at, one, sizeof(one))) {
		str_copy(all + strlen(all), sizeof(all) - strlen(all), one);
		str_copy(all + strlen(all), sizeof(all) - strlen(all), "|");
	}
	return all;
}

static void a_fault_in_one_field_hides_none_in_another(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC ",sandbox,connection_spec_id,password_ref,description,param.username",
		",http://b,u,,d_v,,hunter2,\xff,x", "name is empty");
	assert_string_equal(faults_of(&f->row),
		"description is not UTF-8: save the file as UTF-8|"
		"name is empty: give the connection a name|"
		"sandbox is no name of a sandbox: up to 256 letters, digits and -|"
		"endpoint: plain http, which would send the password in the clear: write "
		"https://, or allow it with --allow-http-endpoints|"
		"password_ref is neither env:NAME nor file:PATH: write one of the two|"
		"username is filled twice, by its own column and by one of param.X: leave one of "
		"them empty|");
	assert_string_equal(f->row.sandbox, "");
	bad(f, BASIC, ",example.com,u,", "name is empty");
	assert_string_equal(faults_of(&f->row),
		"name is empty: give the connection a name|"
		"endpoint: no scheme: write https:// before the host|"
		"password and password_ref are empty: fill one of them|");
	bad(f, BASIC ",connection_spec_id", ",https://b,,,x", "name is empty");
	assert_string_equal(faults_of(&f->row),
		"name is empty: give the connection a name|"
		"connection_spec_id is no UUID: take the id that Adobe lists for the source|");
	bad(f, BASIC, "a,https://b,c,d,e", "has 5 fields");
	assert_string_equal(faults_of(&f->row),
		"has 5 fields where the header has 4: quote a field that has the delimiter, a "
		"quote or a newline in it|");
	good(f, BASIC, "a,https://b,c,d");
	assert_string_equal(faults_of(&f->row), "");
}

static void both_secrets_of_a_row_are_looked_at_though_one_is_too_many(void **state)
{
	struct fixture *f = *state;
	char row[5000];

	snprintf(row, sizeof(row), "a,https://b,c,%04097d,hunter2", 0);
	bad(f, BASIC ",password_ref", row, "are both filled");
	assert_contains(f->row.fault, "; password is over 4096 bytes");
	assert_contains(f->row.fault, "; password_ref is neither env:NAME nor file:PATH");
}

static void a_reference_is_looked_up_whatever_else_is_wrong(void **state)
{
	static const char header[] = "name,endpoint,username,password_ref,password";
	struct fixture *f = *state;
	size_t room = secret_free_bytes(f->region);

	bad(f, header, ",https://b,,file:absent,", "name is empty");
	assert_string_equal(faults_of(&f->row),
		"name is empty: give the connection a name|"
		"username is empty: write the login's name|"
		"password_ref names a file that is not there: create it in the secrets folder|");
	unsetenv("SN_TEST_6");
	bad(f, header, "a,https://b,c,env:SN_TEST_6,d", "are both filled");
	assert_contains(f->row.fault, "; password_ref names an environment variable");
	/* one that leads somewhere is no fault, and its secret is not kept */
	setenv("SN_TEST_6", "pass-6", 1);
	bad(f, header, ",https://b,c,env:SN_TEST_6,", "name is empty");
	assert_string_equal(faults_of(&f->row), "name is empty: give the connection a name|");
	assert_int_equal(secret_free_bytes(f->region), room);
	/* in a row of too many fields anything may stand there; bad bytes were told */
	bad(f, header, ",https://b,c,file:absent,,", "has 6 fields");
	assert_lacks(faults_of(&f->row), "password_ref");
	bad(f, header, "a,https://b,c,file:\xff,", "password_ref is not UTF-8");
	assert_lacks(faults_of(&f->row), "not there");
	f->o.without_secrets = true;
	bad(f, header, ",https://b,c,file:absent,", "name is empty");
	assert_string_equal(faults_of(&f->row), "name is empty: give the connection a name|");
}

static void a_name_of_blanks_is_none_but_blanks_are_kept(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC, "  \t,https://b,c,d", "name is nothing but blanks");
	good(f, BASIC, " a ,https://b, c ,  ");
	assert_string_equal(f->row.name, " a ");
	assert_string_equal(f->row.username, " c ");
	assert_string_equal(f->row.params[0].value, "  ");
}

static void an_endpoint_is_an_https_url_of_a_host(void **state)
{
	static const char *const refused[] = {"dev1.example.com", "ftp://b", "https://",
		"https://b/path", "https://b?q", "https://u:p@b", "http://b", "https://b:99999"};
	struct fixture *f = *state;
	char row[128];

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		snprintf(row, sizeof(row), "a,%s,c,d", refused[i]);
		bad(f, BASIC, row, "endpoint: ");
		assert_string_equal(f->row.endpoint, "");
		assert_string_equal(f->row.name, "a");
		assert_lacks(f->row.fault, "dev1");
	}
	good(f, BASIC, "a,https://b:8443/,c,d");
	f->o.allow_http_endpoints = true;
	good(f, BASIC, "a,http://b,c,d");
}

static void a_sandbox_is_the_rows_or_the_default(void **state)
{
	struct fixture *f = *state;

	good(f, BASIC ",sandbox", "a,https://b,c,d,");
	assert_string_equal(f->row.sandbox, "prod");
	good(f, BASIC ",sandbox", "a,https://b,c,d,dev-1");
	assert_string_equal(f->row.sandbox, "dev-1");
	bad(f, BASIC ",sandbox", "a,https://b,c,d,dev_1", "sandbox is no name of a sandbox");
	assert_string_equal(f->row.sandbox, "");
}

static void defaults_stand_in_for_empty_fields(void **state)
{
	struct fixture *f = *state;

	good(f, BASIC ",auth_spec,connection_spec_id,connection_spec_version",
		"a,https://b,c,d,,,");
	assert_string_equal(f->row.auth_spec, "Basic Authentication");
	assert_string_equal(f->row.spec_id, FLOW_SERVICENOW_SPEC);
	assert_string_equal(f->row.spec_version, "1.0");
	good(f, BASIC ",auth_spec,connection_spec_version", "a,https://b,c,d,OAuth,2.0");
	assert_string_equal(f->row.auth_spec, "OAuth");
	assert_string_equal(f->row.spec_version, "2.0");
}

static void another_connection_spec_has_its_own_needs(void **state)
{
	static const char header[] = "name,connection_spec_id,auth_spec,param.host,param.apiKey";
	struct fixture *f = *state;

	good(f, header, "a," SPEC ",Api Key,,pass-1");
	assert_int_equal(f->row.param_count, 1);
	assert_string_equal(f->row.params[0].name, "apiKey");
	assert_string_equal(f->row.params[0].value, "pass-1");
	assert_string_equal(f->row.spec_id, SPEC);
	bad(f, header, "a," SPEC ",,x,y", "auth_spec is empty");
	bad(f, header, "a," SPEC ",Api Key,,", "param.X is empty");
	bad(f, header, "a,servicenow,Api Key,x,", "connection_spec_id is no UUID");
	assert_string_equal(f->row.spec_id, "");
	assert_lacks(f->row.fault, "endpoint"); /* what it would need is not known */
	/* a row of the default one in the same file */
	bad(f, header, "a,,,x,", "endpoint is empty");
}

static void the_case_of_a_spec_id_makes_no_other_scope(void **state)
{
	struct fixture *f = *state;

	good(f, BASIC ",connection_spec_id",
		"a,https://b,c,d,EB13CB25-47AB-407F-BA89-C0125281C563");
	assert_string_equal(f->row.spec_id, FLOW_SERVICENOW_SPEC);
}

static void params_are_sent_beside_the_password(void **state)
{
	struct fixture *f = *state;

	good(f, BASIC ",param.a,param.b,param.C", "a,https://b,c,d,1,,3");
	assert_int_equal(f->row.param_count, 3);
	assert_string_equal(f->row.params[0].name, "password");
	assert_string_equal(f->row.params[1].name, "a");
	assert_string_equal(f->row.params[2].name, "C");
	assert_string_equal(f->row.params[2].value, "3");
}

static void a_param_may_not_send_a_field_twice(void **state)
{
	static const char header[] = "name,endpoint,username,password,password_ref,param.endpoint,"
				     "param.username,param.password";
	struct fixture *f = *state;

	bad(f, header, "a,https://b,c,d,,x,,", "endpoint is filled twice");
	bad(f, header, "a,https://b,c,d,,,x,", "username is filled twice");
	bad(f, header, "a,https://b,c,d,,,,x", "password is filled twice");
	setenv("SN_TEST_4", "pass-1", 1);
	bad(f, header, "a,https://b,c,,env:SN_TEST_4,,,x", "password_ref is filled twice");
	good(f, header, "a,https://b,c,d,,,,");
	/* another spec may have members of these names in its own way */
	good(f, "name,connection_spec_id,auth_spec,endpoint,param.endpoint",
		"a," SPEC ",Api Key,,not a URL");
}

static void password_and_reference_exclude_each_other(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC ",password_ref", "a,https://b,c,d,env:X", "are both filled");
	setenv("SN_TEST_5", "pass-5", 1);
	good(f, BASIC ",password_ref", "a,https://b,c,,env:SN_TEST_5");
	assert_int_equal(f->row.param_count, 1);
	assert_string_equal(f->row.params[0].name, "password");
	assert_string_equal(f->row.params[0].value, "pass-5");
}

static void a_reference_that_does_not_resolve_makes_the_row_invalid(void **state)
{
	static const char header[] = "name,endpoint,username,password_ref";
	struct fixture *f = *state;

	bad(f, header, "a,https://b,c,hunter2", "password_ref is neither env:NAME nor file:PATH");
	assert_lacks(f->row.fault, "hunter2");
	unsetenv("hunter2");
	bad(f, header, "a,https://b,c,env:hunter2", "password_ref names an environment variable");
	assert_lacks(f->row.fault, "hunter2");
	bad(f, header, "a,https://b,c,file:hunter2", "password_ref names a file that is not there");
	assert_lacks(f->row.fault, "hunter2");
	bad(f, header, "a,https://b,c,env:AEP_ACCESS_TOKEN", "may not read AEP_*");
	assert_string_equal(f->row.name, "a");
	/* and then none of its secrets is taken */
	bad(f, "name,endpoint,username,password_ref,param.x", "a,https://b,c,file:absent,pass-1",
		"not there");
}

static void bytes_that_are_not_utf8_are_refused_and_left_out(void **state)
{
	struct fixture *f = *state;

	bad(f, BASIC ",hunter2", "caf\xe9,https://b,c,d,e", "name is not UTF-8");
	assert_string_equal(f->row.name, "");
	assert_lacks(f->row.fault, "is empty");
	bad(f, BASIC ",hunter2", "a,https://b,c,d,caf\xe9", "column 5 is not UTF-8");
	assert_string_equal(f->row.carried[0], "");
	assert_lacks(f->row.fault, "hunter2");
	bad(f, BASIC ",api key", "a,https://b,c,d,\xff", "column 5 is not UTF-8");
	bad(f, BASIC, "a,https://b,c,\xff", "password is not UTF-8");
	bad(f, BASIC ",description,sandbox", "a,https://b,\xff,x,\xff,\xff",
		"sandbox is not UTF-8");
	assert_string_equal(f->row.sandbox, ""); /* not the default: it said another */
}

static void a_nul_is_refused_in_every_field(void **state)
{
	static const char text[] = BASIC ",x\n"
					 "a\0b,https://b,c,d,e\n"
					 "a,https://b,c,d\0,e\n"
					 "a,https://b,c,d,\0\n";
	struct fixture *f = *state;

	assert_int_equal(open_bytes(f, text, sizeof(text) - 1), 0);
	expect_invalid(f, "name has a NUL byte");
	assert_string_equal(f->row.name, "");
	expect_invalid(f, "password has a NUL byte");
	expect_invalid(f, "column 5 has a NUL byte");
}

static void a_secret_has_at_most_4096_bytes(void **state)
{
	struct fixture *f = *state;
	char row[5000], secret[4098];

	memset(secret, 'p', 4097);
	secret[4097] = '\0';
	snprintf(row, sizeof(row), "a,https://b,c,%s,", secret);
	bad(f, BASIC ",param.hunter2", row, "password is over 4096 bytes");
	snprintf(row, sizeof(row), "a,https://b,c,d,%s", secret);
	bad(f, BASIC ",param.hunter2", row, "column 5 is over 4096 bytes");
	assert_lacks(f->row.fault, "hunter2");
	snprintf(row, sizeof(row), "a,https://b,c,d,%s", secret + 1);
	good(f, BASIC ",param.x", row);
	assert_int_equal(strlen(f->row.params[1].value), 4096);
}

static void a_field_over_64_kib_makes_its_row_invalid(void **state)
{
	struct fixture *f = *state;
	size_t len = 65537, at;
	char *text = memory(len + 200);

	at = (size_t)snprintf(text, 100, BASIC ",x\na,https://b,c,d,");
	memset(text + at, 'x', len);
	snprintf(text + at + len, 100, "\na,https://b,c,d,e\n");
	open_text(f, text);
	expect_invalid(f, "column 5 is over 65536 bytes");
	assert_string_equal(f->row.carried[0], "");
	assert_string_equal(f->row.name, "a");
	expect_row(f);
	free(text);
}

static void faults_that_do_not_fit_are_left_out_whole(void **state)
{
	struct fixture *f = *state;
	size_t count = 0;

	bad(f, BASIC ",a,b,c,d,e,f,g,h,i,j,k,l,m,n",
		"\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,\xff,"
		"\xff,\xff",
		"name is not UTF-8");
	assert_true(strlen(f->row.fault) < sizeof(f->row.fault));
	assert_string_equal(f->row.fault + strlen(f->row.fault) - 5, "UTF-8");
	assert_true(f->row.more_faults);
	for (const char *p = faults_of(&f->row); *p; p++)
		count += *p == '|';
	assert_int_equal(count, 18);
	assert_contains(faults_of(&f->row), "|column 18 is not UTF-8: save the file as UTF-8|");
	assert_lacks(f->row.fault, "column 18");
	bad(f, BASIC, ",https://b,c,d", "name is empty");
	assert_false(f->row.more_faults);
}

/* A short one could still fit, but would seem to follow the one before. */
static void nothing_is_told_behind_a_fault_that_was_left_out(void **state)
{
	struct fixture *f = *state;
	char longer[600];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	row_fault(&f->row, "first", "is bad");
	row_fault(&f->row, "second", longer);
	row_fault(&f->row, "third", "is bad");
	assert_string_equal(f->row.fault, "first is bad");
	assert_true(f->row.more_faults);
}

static void a_fault_that_does_not_fit_is_cut_between_two_characters(void **state)
{
	struct fixture *f = *state;
	char one[10];
	size_t at = 0;

	row_fault(&f->row, "x", "is \xe2\x82\xac\xe2\x82\xac!!");
	row_fault(&f->row, "y", "is it");
	row_fault(&f->row, "z", "is it..");
	assert_true(row_fault_next(&f->row, &at, one, sizeof(one)));
	assert_string_equal(one, "x is \xe2\x80\xa6");
	assert_true(row_fault_next(&f->row, &at, one, sizeof(one)));
	assert_string_equal(one, "y is it");
	assert_true(row_fault_next(&f->row, &at, one, sizeof(one)));
	assert_string_equal(one, "z is it..");
	assert_false(row_fault_next(&f->row, &at, one, sizeof(one)));
	assert_false(row_fault_next(&f->row, &at, one, sizeof(one)));
}

/* As many as a row can have: each field, and each param a second time. */
static void a_row_of_a_thousand_faults_tells_them_all(void **state)
{
	struct fixture *f = *state;
	char *text = memory(64 << 10);
	size_t len = (size_t)sprintf(text, BASIC ",connection_spec_id"), count = 0, at = 0;
	char one[256];

	for (int i = 0; i < 1019; i++) /* credentials are not carried, so they have no limit */
		len += (size_t)sprintf(text + len, ",token %d", i);
	len += (size_t)sprintf(text + len, "\n\xff");
	for (int i = 0; i < 1023; i++)
		len += (size_t)sprintf(text + len, ",\xff");
	assert_int_equal(open_bytes(f, text, len), 0);
	free(text);
	expect_invalid(f, "name is not UTF-8");
	while (row_fault_next(&f->row, &at, one, sizeof(one)))
		count++;
	assert_int_equal(count, 1024);
	assert_true(f->row.faults.cap > 16384);
	row_reset(&f->row);
	assert_int_equal(f->row.faults.cap, 0); /* one such row costs its memory once */
}

static void newlines_and_quotes_in_fields_are_kept(void **state)
{
	struct fixture *f = *state;

	good(f, BASIC ",note", "\"a\"\"b\",https://b,\"c,d\",\"p\n\"\"\",\"x\r\ny\"");
	assert_string_equal(f->row.name, "a\"b");
	assert_string_equal(f->row.username, "c,d");
	assert_string_equal(f->row.params[0].value, "p\n\"");
	assert_string_equal(f->row.carried[0], "x\r\ny");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_row_has_as_many_fields_as_the_header),
		TEST(required_fields_must_be_filled),
		TEST(every_fault_of_a_row_is_told),
		TEST(a_fault_in_one_field_hides_none_in_another),
		TEST(both_secrets_of_a_row_are_looked_at_though_one_is_too_many),
		TEST(a_reference_is_looked_up_whatever_else_is_wrong),
		TEST(a_name_of_blanks_is_none_but_blanks_are_kept),
		TEST(an_endpoint_is_an_https_url_of_a_host),
		TEST(a_sandbox_is_the_rows_or_the_default),
		TEST(defaults_stand_in_for_empty_fields),
		TEST(another_connection_spec_has_its_own_needs),
		TEST(the_case_of_a_spec_id_makes_no_other_scope),
		TEST(params_are_sent_beside_the_password),
		TEST(a_param_may_not_send_a_field_twice),
		TEST(password_and_reference_exclude_each_other),
		TEST(a_reference_that_does_not_resolve_makes_the_row_invalid),
		TEST(bytes_that_are_not_utf8_are_refused_and_left_out),
		TEST(a_nul_is_refused_in_every_field),
		TEST(a_secret_has_at_most_4096_bytes),
		TEST(a_field_over_64_kib_makes_its_row_invalid),
		TEST(faults_that_do_not_fit_are_left_out_whole),
		TEST(nothing_is_told_behind_a_fault_that_was_left_out),
		TEST(a_fault_that_does_not_fit_is_cut_between_two_characters),
		TEST(a_row_of_a_thousand_faults_tells_them_all),
		TEST(newlines_and_quotes_in_fields_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
