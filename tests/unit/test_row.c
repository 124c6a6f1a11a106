#include "input_fixture.h"

static void a_row_is_empty_text_before_and_after(void **state)
{
	struct fixture *f = *state;
	const struct row *r = &f->row;

	for (int i = 0; i < 2; i++) {
		assert_string_equal(r->name, "");
		assert_string_equal(r->endpoint, "");
		assert_string_equal(r->spec_id, "");
		assert_string_equal(r->fault, "");
		assert_int_equal(r->param_count, 0);
		assert_int_equal(r->carried_count, 0);
		assert_false(r->invalid);
		open_text(f, "name,endpoint,username,password,x\na,http://b,c,d,e\n");
		expect_invalid(f, "endpoint: ");
		row_reset(&f->row);
	}
}

static void reset_gives_the_secrets_back(void **state)
{
	struct fixture *f = *state;
	size_t room = secret_free_bytes(f->region);

	open_text(f, "name,endpoint,username,password,param.x\na,https://b,c,pass-1,pass-2\n");
	expect_row(f);
	assert_int_equal(f->row.param_count, 2);
	assert_true(secret_free_bytes(f->region) < room);
	row_reset(&f->row);
	assert_int_equal(secret_free_bytes(f->region), room);
}

static void no_secret_is_in_the_rows_text(void **state)
{
	struct fixture *f = *state;

	open_text(f, "name,endpoint,username,password,param.x,Old Password\n"
		     "a,https://b,c,pass-1,pass-2,pass-3\n");
	expect_row(f);
	assert_null(memmem(f->row.text.data, f->row.text.len, "pass-", 5));
}

static void bytes_count_text_and_secrets(void **state)
{
	struct fixture *f = *state;
	size_t text;

	assert_int_equal(row_bytes(&f->row), 0);
	open_text(f, "name,endpoint,username,password\na,https://b,c,pass-1\n");
	expect_row(f);
	text = f->row.text.cap;
	assert_true(text >= strlen("a") + strlen("https://b") + strlen("c"));
	assert_int_equal(row_bytes(&f->row), text + sizeof("pass-1"));
}

static void the_memory_of_one_huge_row_is_not_kept(void **state)
{
	struct fixture *f = *state;
	char *text = memory(70000);

	memset(text, 'x', 70000);
	memcpy(text, "name,endpoint,username,password\n", 32);
	memcpy(text + 32 + 60000, ",https://b,c,pass-1\na,https://b,c,pass-1\n", 41);
	assert_int_equal(open_bytes(f, text, 32 + 60000 + 41), 0);
	free(text);
	expect_row(f);
	assert_int_equal(strlen(f->row.name), 60000);
	expect_row(f);
	assert_true(f->row.text.cap < 1000);
}

static void flow_sees_the_row_as_a_connection(void **state)
{
	struct fixture *f = *state;
	struct flow_connection c;

	open_text(f, "name,endpoint,username,password,description\n"
		     "dev 1,https://dev1.example.com,admin,pass-1,the first\n");
	expect_row(f);
	c = row_connection(&f->row);
	assert_string_equal(c.name, "dev 1");
	assert_string_equal(c.description, "the first");
	assert_string_equal(c.endpoint, "https://dev1.example.com");
	assert_string_equal(c.username, "admin");
	assert_string_equal(c.auth_spec, "Basic Authentication");
	assert_string_equal(c.spec_id, FLOW_SERVICENOW_SPEC);
	assert_string_equal(c.spec_version, "1.0");
	assert_int_equal(c.param_count, 1);
	assert_string_equal(c.params[0].name, "password");
	assert_string_equal(c.params[0].value, "pass-1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_row_is_empty_text_before_and_after),
		TEST(reset_gives_the_secrets_back),
		TEST(no_secret_is_in_the_rows_text),
		TEST(bytes_count_text_and_secrets),
		TEST(the_memory_of_one_huge_row_is_not_kept),
		TEST(flow_sees_the_row_as_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
