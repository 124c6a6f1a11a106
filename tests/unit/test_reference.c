#include "input_fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "input/reference.h"
#include "sys/log.h"

static char secret[REFERENCE_SECRET_MAX + 1];

/* NULL and the secret in `secret`, or the fault. */
static const char *resolve(struct fixture *f, const char *reference)
{
	struct references r;
	const char *fault = reference_fault(reference);
	size_t len = 0;

	memset(secret, '#', sizeof(secret));
	if (fault)
		return fault;
	assert_int_equal(references_open(&r, in_dir(f, "secrets"), true, &f->e), 0);
	fault = reference_resolve(&r, reference, secret, &len);
	if (!fault)
		assert_int_equal(len, strlen(secret));
	references_done(&r);
	return fault;
}

static void expect_secret(struct fixture *f, const char *reference, const char *value)
{
	const char *fault = resolve(f, reference);

	if (fault)
		fail_msg("%s: %s", reference, fault);
	assert_string_equal(secret, value);
}

static void expect_fault(struct fixture *f, const char *reference, const char *why)
{
	const char *fault = resolve(f, reference);

	if (!fault)
		fail_msg("%s resolved", reference);
	assert_contains(fault, why);
}

static void file_holds(struct fixture *f, const char *name, const char *data, size_t len)
{
	write_file(in_dir(f, name), data, len);
}

/* A folder with a secret in it, and another secret outside of it. */
static int setup(void **state)
{
	struct fixture *f;

	assert_int_equal(fixture_setup(state), 0);
	f = *state;
	assert_int_equal(mkdir(in_dir(f, "secrets"), 0700), 0);
	assert_int_equal(mkdir(in_dir(f, "secrets/sub"), 0700), 0);
	assert_int_equal(mkdir(in_dir(f, "secrets-too"), 0700), 0);
	file_holds(f, "secrets/one", "pass-1\n", 7);
	file_holds(f, "secrets/sub/two", "pass-2", 6);
	file_holds(f, "outside", "pass-out", 8);
	file_holds(f, "secrets-too/outside", "pass-out", 8);
	return 0;
}

static char logged[4096];

static void keep_line(void *arg, const char *line)
{
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static void a_file_that_others_can_read_is_warned_of_once(void **state)
{
	struct fixture *f = *state;
	struct references r;
	size_t len;

	logged[0] = '\0';
	log_set_sink(keep_line, NULL);
	assert_int_equal(chmod(in_dir(f, "secrets/one"), 0600), 0);
	assert_int_equal(chmod(in_dir(f, "secrets/sub/two"), 0640), 0);
	assert_int_equal(references_open(&r, in_dir(f, "secrets"), true, &f->e), 0);
	assert_null(reference_resolve(&r, "file:one", secret, &len));
	assert_string_equal(logged, "");
	assert_null(reference_resolve(&r, "file:sub/two", secret, &len));
	assert_contains(logged, "warn the secret file 'sub/two' can be read by others: chmod 600");
	assert_null(strstr(logged, "pass-2"));
	logged[0] = '\0';
	assert_int_equal(chmod(in_dir(f, "secrets/one"), 0604), 0);
	assert_null(reference_resolve(&r, "file:one", secret, &len));
	assert_string_equal(logged, "");
	references_done(&r);
	log_set_sink(NULL, NULL);
}

static void a_variable_is_read(void **state)
{
	struct fixture *f = *state;

	setenv("SN_TEST_1", "pass-1", 1);
	expect_secret(f, "env:SN_TEST_1", "pass-1");
	setenv("_x", "p\n", 1);
	expect_secret(f, "env:_x", "p\n");
}

static void a_variable_must_be_set_and_not_empty(void **state)
{
	struct fixture *f = *state;

	unsetenv("SN_TEST_2");
	expect_fault(f, "env:SN_TEST_2", "not set or empty");
	setenv("SN_TEST_2", "", 1);
	expect_fault(f, "env:SN_TEST_2", "not set or empty");
	setenv("SN_TEST_2", "\xff", 1);
	expect_fault(f, "env:SN_TEST_2", "not UTF-8");
}

static void our_own_variables_and_adobes_are_never_read(void **state)
{
	struct fixture *f = *state;

	setenv("AEP_CLIENT_SECRET", "pass-aep", 1);
	setenv("SNOWMELT_LEDGER", "pass-aep", 1);
	expect_fault(f, "env:AEP_CLIENT_SECRET", "may not read AEP_*");
	expect_fault(f, "env:SNOWMELT_LEDGER", "may not read AEP_*");
	setenv("XAEP_Y", "pass-1", 1);
	expect_secret(f, "env:XAEP_Y", "pass-1");
}

static void a_reference_has_one_of_two_forms(void **state)
{
	static const char *const neither[] = {
		"pass-1", "ENV:HOME", "env", "file", "vault:x", " env:X"};
	static const char *const no_name[] = {"env:", "env:1X", "env:A-B", "env:A B", "env:A=B"};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(neither); i++)
		expect_fault(f, neither[i], "neither env:NAME nor file:PATH");
	for (size_t i = 0; i < ARRAY_SIZE(no_name); i++)
		expect_fault(f, no_name[i], "no name of an environment variable");
	expect_fault(f, "file:", "names no file");
}

static void a_file_below_the_folder_is_read(void **state)
{
	struct fixture *f = *state;
	char absolute[256];

	expect_secret(f, "file:one", "pass-1");
	expect_secret(f, "file:sub/two", "pass-2");
	expect_secret(f, "file:sub/../one", "pass-1");
	snprintf(absolute, sizeof(absolute), "file:%s//sub/two", in_dir(f, "secrets"));
	expect_secret(f, absolute, "pass-2");
}

static void a_link_may_lead_around_within_the_folder(void **state)
{
	struct fixture *f = *state;
	char absolute[256];

	assert_int_equal(symlink("sub/two", in_dir(f, "secrets/link")), 0);
	expect_secret(f, "file:link", "pass-2");
	/* the folder by another name */
	assert_int_equal(symlink("secrets", in_dir(f, "alias")), 0);
	snprintf(absolute, sizeof(absolute), "file:%s", in_dir(f, "alias/one"));
	expect_secret(f, absolute, "pass-1");
}

static void no_way_leads_out_of_the_folder(void **state)
{
	struct fixture *f = *state;
	char absolute[256];

	assert_int_equal(symlink("../outside", in_dir(f, "secrets/out")), 0);
	assert_int_equal(symlink("/etc/passwd", in_dir(f, "secrets/etc")), 0);
	assert_int_equal(symlink("..", in_dir(f, "secrets/up")), 0);
	expect_fault(f, "file:../outside", "does not lie in the secrets folder");
	expect_fault(f, "file:sub/../../outside", "does not lie in the secrets folder");
	expect_fault(f, "file:out", "does not lie in the secrets folder");
	expect_fault(f, "file:etc", "does not lie in the secrets folder");
	expect_fault(f, "file:up/outside", "does not lie in the secrets folder");
	expect_fault(f, "file:/etc/passwd", "does not lie in the secrets folder");
	expect_fault(f, "file:/proc/self/environ", "does not lie in the secrets folder");
	snprintf(absolute, sizeof(absolute), "file:%s", in_dir(f, "secrets/../outside"));
	expect_fault(f, absolute, "does not lie in the secrets folder");
	/* its name begins with the folder's, and is another's */
	snprintf(absolute, sizeof(absolute), "file:%s", in_dir(f, "secrets-too/outside"));
	expect_fault(f, absolute, "does not lie in the secrets folder");
}

static void only_a_regular_file_is_read(void **state)
{
	struct fixture *f = *state;

	expect_fault(f, "file:sub", "no regular file");
	expect_fault(f, "file:.", "no regular file");
	assert_int_equal(mkfifo(in_dir(f, "secrets/fifo"), 0600), 0);
	expect_fault(f, "file:fifo", "no regular file"); /* and does not block */
	expect_fault(f, "file:absent", "not there");
	expect_fault(f, "file:one/two", "not there");
}

static void one_newline_at_the_end_is_dropped(void **state)
{
	struct fixture *f = *state;

	file_holds(f, "secrets/x", "p\r\n", 3);
	expect_secret(f, "file:x", "p");
	file_holds(f, "secrets/x", "p\n\n", 3);
	expect_secret(f, "file:x", "p\n");
	file_holds(f, "secrets/x", " p\r", 3);
	expect_secret(f, "file:x", " p\r");
	file_holds(f, "secrets/x", "\n", 1);
	expect_fault(f, "file:x", "empty file");
	file_holds(f, "secrets/x", "\r\n", 2);
	expect_fault(f, "file:x", "empty file");
	file_holds(f, "secrets/x", "", 0);
	expect_fault(f, "file:x", "empty file");
}

static void a_secret_has_at_most_4096_bytes_of_text(void **state)
{
	struct fixture *f = *state;
	char data[4098];

	memset(data, 'p', sizeof(data));
	file_holds(f, "secrets/x", data, 4096);
	assert_null(resolve(f, "file:x"));
	file_holds(f, "secrets/x", data, 4097);
	expect_fault(f, "file:x", "over 4096 bytes");
	data[4097] = '\0';
	setenv("SN_TEST_3", data, 1);
	expect_fault(f, "env:SN_TEST_3", "over 4096 bytes");
	data[4096] = '\0';
	setenv("SN_TEST_3", data, 1);
	assert_null(resolve(f, "env:SN_TEST_3"));

	file_holds(f, "secrets/x", "p\0q", 3);
	expect_fault(f, "file:x", "NUL byte");
	file_holds(f, "secrets/x", "p\xc3", 2);
	expect_fault(f, "file:x", "not UTF-8");
}

static void a_folder_that_the_user_named_must_be_there(void **state)
{
	struct fixture *f = *state;
	struct references r;
	size_t len;

	assert_int_equal(references_open(&r, in_dir(f, "no"), true, &f->e), -ENOENT);
	assert_contains(f->e.text, "secrets folder");
	assert_int_equal(references_open(&r, in_dir(f, "secrets/one"), true, &f->e), -ENOTDIR);
	/* else it is an error only of the rows that need it */
	assert_int_equal(references_open(&r, in_dir(f, "no"), false, &f->e), 0);
	assert_non_null(reference_resolve(&r, "file:one", secret, &len));
	references_done(&r);
}

/* As an old kernel, or a container that does not know the call. */
static void forbid_openat2(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

/* The last test: there is no way back. */
static void without_the_kernels_help_no_link_is_followed(void **state)
{
	struct fixture *f = *state;
	char absolute[256];

	forbid_openat2();
	expect_secret(f, "file:one", "pass-1");
	expect_secret(f, "file:./sub//two", "pass-2");
	snprintf(absolute, sizeof(absolute), "file:%s", in_dir(f, "secrets/sub/two"));
	expect_secret(f, absolute, "pass-2");
	expect_fault(f, "file:sub", "no regular file");
	expect_fault(f, "file:one/", "not there");

	assert_int_equal(symlink("../outside", in_dir(f, "secrets/out")), 0);
	assert_int_equal(symlink("..", in_dir(f, "secrets/up")), 0);
	assert_int_equal(symlink("one", in_dir(f, "secrets/link")), 0);
	expect_fault(f, "file:out", "does not lie in the secrets folder");
	expect_fault(f, "file:link", "does not lie in the secrets folder");
	expect_fault(f, "file:up/outside", "not there");
	expect_fault(f, "file:../outside", "does not lie in the secrets folder");
	expect_fault(f, "file:sub/../../outside", "does not lie in the secrets folder");
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_variable_is_read),
		STORY(a_file_that_others_can_read_is_warned_of_once),
		STORY(a_variable_must_be_set_and_not_empty),
		STORY(our_own_variables_and_adobes_are_never_read),
		STORY(a_reference_has_one_of_two_forms),
		STORY(a_file_below_the_folder_is_read),
		STORY(a_link_may_lead_around_within_the_folder),
		STORY(no_way_leads_out_of_the_folder),
		STORY(only_a_regular_file_is_read),
		STORY(one_newline_at_the_end_is_dropped),
		STORY(a_secret_has_at_most_4096_bytes_of_text),
		STORY(a_folder_that_the_user_named_must_be_there),
		STORY(without_the_kernels_help_no_link_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
