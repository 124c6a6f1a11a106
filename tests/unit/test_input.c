#include "input_fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define BASIC "name,endpoint,username,password"
#define GOOD ",https://b,c,pass-1\n"

static void rows_come_one_by_one_with_number_and_line(void **state)
{
	struct fixture *f = *state;

	open_text(f, "\xef\xbb\xbfsep=;\r\nname;endpoint;username;password\r\n\r\n"
		     "a;https://b;c;\"1\r\n2\"\r\nb;https://b;c;x");
	expect_row(f);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.line, 4);
	assert_string_equal(f->row.name, "a");
	assert_string_equal(f->row.params[0].value, "1\r\n2");
	expect_row(f);
	assert_int_equal(f->row.number, 2);
	assert_int_equal(f->row.line, 6);
	assert_int_equal(next(f), INPUT_END);
	assert_int_equal(next(f), INPUT_END);
}

static void an_invalid_row_stops_no_other(void **state)
{
	struct fixture *f = *state;

	open_text(f, BASIC "\na,b\nb" GOOD ",,,\nc" GOOD);
	expect_invalid(f, "has 2 fields");
	expect_row(f);
	assert_int_equal(f->row.number, 2);
	expect_invalid(f, "name is empty");
	assert_int_equal(f->row.line, 4);
	expect_row(f);
	assert_int_equal(next(f), INPUT_END);
}

/* For who only wants to know which rows there are. */
static void without_secrets_no_reference_needs_to_resolve(void **state)
{
	struct fixture *f = *state;

	f->o.without_secrets = true;
	f->o.secrets_dir = "/nonexistent";
	open_text(f, "name,endpoint,username,password,password_ref\na,https://b,c,pass-1,\n"
		     "b,https://b,c,,file:absent\nc,https://b,c,,nonsense\nd,https://b,c,,\n");
	f->row.region = NULL;
	for (int i = 0; i < 2; i++) {
		expect_row(f);
		assert_int_equal(f->row.param_count, 0);
	}
	expect_invalid(f, "password_ref");
	expect_invalid(f, "password");
	assert_int_equal(next(f), INPUT_END);
}

static void a_header_alone_is_a_file_of_no_rows(void **state)
{
	static const char *const texts[] = {BASIC, BASIC "\n", "\n" BASIC "\r\n\r\n"};
	struct fixture *f = *state;
	struct input_survey s;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		open_text(f, texts[i]);
		assert_int_equal(input_survey(f->in, &s, &f->e), 0);
		assert_int_equal(s.rows, 0);
		assert_int_equal(next(f), INPUT_END);
	}
}

/* The delimiter is then told by its beginning. */
static void a_header_may_be_longer_than_a_chunk(void **state)
{
	struct fixture *f = *state;
	const char *const *names;
	char *text = memory(90000);

	memset(text, 'x', 90000);
	memcpy(text, "name;endpoint;", 14);
	text[45000] = ';';
	snprintf(text + 85000, 5000, ";username;password\na;https://b;1;2;c;pass-1\n");
	open_text(f, text);
	free(text);
	assert_int_equal(input_carried(f->in, &names), 2);
	assert_int_equal(strlen(names[0]), 45000 - 14);
	expect_row(f);
	assert_string_equal(f->row.carried[1], "2");
}

static void a_bad_file_is_refused_with_its_line(void **state)
{
	static const char utf16[] = "\xff\xfen\0a\0m\0e\0\n\0";
	struct fixture *f = *state;

	expect_refused(f, "", ":1: the file is empty");
	expect_refused(f, "\xef\xbb\xbf", ":1: the file is empty");
	expect_refused(f, "\n\r\n \n", ":1: the file has no header");
	expect_refused(f, "sep=;\n", ":1: the file is empty");
	expect_refused(f, "\nname,endpoint\n", ":2: missing in the header: username, password");
	expect_refused(f, "name,\"end\"point\n", ":1: text after a closing quote");
	expect_refused(f, "name,\"endpoint\n", ":1: a quote that opens here never closes");
	assert_int_equal(open_bytes(f, utf16, sizeof(utf16) - 1), -EBADMSG);
	assert_contains(f->e.text, ":1: the file is in UTF-16: save it as UTF-8");
}

static void a_path_that_cannot_be_read_says_why(void **state)
{
	struct fixture *f = *state;

	f->o.path = in_dir(f, "absent.csv");
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -ENOENT);
	assert_contains(f->e.text, "absent.csv: no such file");
	f->o.path = f->dir;
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -EISDIR);
	assert_contains(f->e.text, "is a directory");
	f->o.path = "/dev/null";
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -EBADMSG);
	assert_contains(f->e.text, "/dev/null:1: the file is empty");
	f->o.path = "a\x1b[2J";
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -ENOENT);
	assert_contains(f->e.text, "a\\x1B[2J: no such file");
}

static void options_that_do_not_fit_are_refused(void **state)
{
	struct fixture *f = *state;

	f->o.delimiter = '"';
	assert_int_equal(open_bytes(f, BASIC, strlen(BASIC)), -EINVAL);
	assert_contains(f->e.text, "--delimiter");
	f->o.delimiter = 0;
	f->o.secrets_dir = "/nonexistent";
	assert_int_equal(open_bytes(f, BASIC, strlen(BASIC)), -ENOENT);
	assert_contains(f->e.text, "/nonexistent");
}

static void the_users_delimiter_wins_over_what_the_file_says(void **state)
{
	struct fixture *f = *state;

	f->o.delimiter = '|';
	open_text(f, "sep=,\nname|endpoint|username|password|a,b,c,d,e\na|https://b|c|d|e\n");
	expect_row(f);
	assert_int_equal(f->row.line, 3);
}

static void the_survey_counts_and_goes_back(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	f->o.default_sandbox = "dev";
	open_text(f, BASIC ",sandbox,password_ref\n"
			   "a,https://b,c,d,prod,\n"
			   "b,https://b,c,d,,\n"
			   "c,https://b,c,,,env:SN_TEST_UNSET\n" /* resolved later */
			   "d,https://b,c,,prod,nonsense\n"
			   "x\n");
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, 5);
	assert_int_equal(s.invalid, 2);
	assert_int_equal(s.scopes, 2);
	assert_int_equal(s.sandboxes, 2);
	assert_int_equal(input_sandbox_count(f->in), 2);
	assert_string_equal(input_sandbox(f->in, 0), "prod");
	assert_string_equal(input_sandbox(f->in, 1), "dev");

	expect_row(f);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.scope, 0);
	expect_row(f);
	assert_int_equal(f->row.scope, 1);
	assert_int_equal(f->row.sandbox_number, 1);
	expect_invalid(f, "not set or empty");
	expect_invalid(f, "neither env:NAME");
	expect_invalid(f, "has 1 fields");
	assert_int_equal(next(f), INPUT_END);
}

static void the_survey_finds_what_makes_the_file_bad(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_text(f, BASIC "\na" GOOD "b,https://b,c,\"d\"x\nc" GOOD);
	assert_int_equal(input_survey(f->in, &s, &f->e), -EBADMSG);
	assert_contains(f->e.text, "in.csv:3: text after a closing quote");
	assert_int_equal(strncmp(f->e.text, f->path, strlen(f->path)), 0);
}

/* A row each for `count` sandboxes. */
static void open_sandboxes(struct fixture *f, int count)
{
	char *text = memory((size_t)count * 64 + 64);
	size_t len = 0;

	len += (size_t)sprintf(text, BASIC ",sandbox,connection_spec_id\n");
	for (int i = 0; i < count; i++)
		len += (size_t)sprintf(text + len, "n%d,https://b,c,d,s%d,\n", i, i);
	assert_int_equal(open_bytes(f, text, len), 0);
	free(text);
}

static void more_than_1024_scopes_are_refused(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_sandboxes(f, 1024);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.scopes, 1024);
	for (uint32_t i = 0; i < 1024; i++) {
		expect_row(f);
		assert_int_equal(f->row.scope, i);
		assert_string_equal(f->row.sandbox, input_sandbox(f->in, i));
	}
	open_sandboxes(f, 1025);
	assert_int_equal(input_survey(f->in, &s, &f->e), -ENOSPC);
	assert_contains(f->e.text, "in.csv:1026: more than 1024 pairs");
	assert_contains(f->e.text, "split the file");
}

/* A ledger may know pairs that this file never names. */
static void a_pair_that_no_row_names_gets_a_number(void **state)
{
	struct fixture *f = *state;
	uint32_t scope, sandbox, again;
	struct input_survey s;

	open_sandboxes(f, 1);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(
		input_scope(f->in, "elsewhere", FLOW_SERVICENOW_SPEC, &scope, &sandbox), 0);
	assert_int_equal(scope, 1);
	assert_string_equal(input_sandbox(f->in, sandbox), "elsewhere");
	assert_string_equal(input_scope_spec(f->in, scope, &again), FLOW_SERVICENOW_SPEC);
	assert_int_equal(again, sandbox);
	assert_int_equal(
		input_scope(f->in, "elsewhere", FLOW_SERVICENOW_SPEC, &again, &sandbox), 0);
	assert_int_equal(again, scope);
	assert_int_equal(
		input_scope(f->in, "else where", FLOW_SERVICENOW_SPEC, &scope, &sandbox), -EINVAL);
	assert_int_equal(input_scope(f->in, "elsewhere", "no uuid", &scope, &sandbox), -EINVAL);

	open_sandboxes(f, 1024);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(
		input_scope(f->in, "elsewhere", FLOW_SERVICENOW_SPEC, &scope, &sandbox), -ENOSPC);
}

/* A file of this many good rows, larger than a chunk. */
static void open_many(struct fixture *f, int rows)
{
	char *text = memory((size_t)rows * 64 + 64);
	size_t len = 0;

	len += (size_t)sprintf(text, BASIC "\n");
	for (int i = 0; i < rows; i++)
		len += (size_t)sprintf(text + len, "n%06d" GOOD, i);
	assert_int_equal(open_bytes(f, text, len), 0);
	free(text);
}

static int read_to_the_end(struct fixture *f)
{
	int r;

	do {
		r = next(f);
	} while (r == INPUT_ROW);
	return r;
}

static void a_file_that_grows_between_the_readings_is_stale(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;
	int fd;

	open_many(f, 10000);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	expect_row(f);
	fd = open(f->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "x" GOOD, sizeof("x" GOOD) - 1), sizeof("x" GOOD) - 1);
	close(fd);
	assert_int_equal(read_to_the_end(f), -ESTALE);
	assert_contains(f->e.text, "in.csv: changed while it was read");
	assert_int_equal(next(f), -ESTALE); /* and stays so */
	assert_contains(f->e.text, "in.csv: changed while it was read");
}

static void a_file_that_changes_during_the_survey_is_stale(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_many(f, 10000);
	write_file(f->path, BASIC "\n", sizeof(BASIC));
	assert_int_equal(input_survey(f->in, &s, &f->e), -ESTALE);
}

/* From the middle, and from the end; each reading is whole. */
static void a_surveyed_file_is_read_as_often_as_wanted(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_text(f, BASIC "\na,https://b,c,d\nb,https://b,c,e\n");
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	for (int i = 0; i < 3; i++) {
		expect_row(f);
		assert_int_equal(f->row.number, 1);
		assert_int_equal(f->row.line, 2);
		assert_string_equal(f->row.params[0].value, "d");
		if (i != 1) {
			expect_row(f);
			assert_string_equal(f->row.params[0].value, "e");
			assert_int_equal(next(f), INPUT_END);
		}
		assert_int_equal(input_rewind(f->in, &f->e), 0);
	}
}

static void a_row_rewritten_between_readings_is_stale(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;

	open_many(f, 10);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(read_to_the_end(f), INPUT_END);
	assert_int_equal(input_rewind(f->in, &f->e), 0);
	write_file(f->path, BASIC "\n", sizeof(BASIC));
	assert_int_equal(read_to_the_end(f), -ESTALE);
	assert_int_equal(input_rewind(f->in, &f->e), -ESTALE);
}

/* Same size, and times that were set back; only the times of change differ. */
static void a_row_rewritten_in_place_is_stale(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;
	struct stat st;
	int fd;

	open_many(f, 10000);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	fd = open(f->path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(pwrite(fd, "m", 1, st.st_size - 30), 1);
	assert_int_equal(futimens(fd, (const struct timespec[2]){st.st_atim, st.st_mtim}), 0);
	close(fd);
	assert_int_equal(read_to_the_end(f), -ESTALE);
}

/* A mapping made and dirtied before the file was opened moves no time when it is
 * written to again: only the bytes themselves tell. (Unless the kernel writes
 * the page back in between: then the times tell.) */
static void a_byte_that_changes_without_a_trace_is_stale(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;
	size_t size = strlen(BASIC "\n") + 10000 * strlen("n000000" GOOD);
	char *map;
	int fd;

	open_many(f, 10000);
	fd = open(f->path, O_RDWR | O_CLOEXEC);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED);
	map[size - 5] = 'x';
	input_close(f->in);
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	map[size - 5] = 'y';
	assert_int_equal(read_to_the_end(f), -ESTALE);
	munmap(map, size);
	close(fd);
}

static void a_pipe_hands_out_rows_as_they_come(void **state)
{
	struct fixture *f = *state;
	struct pollfd p;

	f->o.path = open_pipe(f);
	pipe_text(f, BASIC "\na,https");
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_false(input_is_regular(f->in));
	assert_int_equal(next(f), INPUT_WAIT);
	p = (struct pollfd){.fd = input_fd(f->in), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 0), 0);
	pipe_text(f, "://b,c,d\nb" GOOD "c,http");
	assert_int_equal(poll(&p, 1, 0), 1);
	expect_row(f);
	assert_string_equal(f->row.endpoint, "https://b");
	expect_row(f);
	assert_int_equal(f->row.number, 2);
	assert_int_equal(next(f), INPUT_WAIT);
	pipe_text(f, "s://b,c,d");
	assert_int_equal(next(f), INPUT_WAIT);
	pipe_end(f);
	expect_row(f);
	assert_int_equal(next(f), INPUT_END);
}

static void on_a_pipe_the_rows_before_a_fault_are_handed_out(void **state)
{
	struct fixture *f = *state;

	f->o.path = open_pipe(f);
	pipe_text(f, BASIC "\na" GOOD "b,x\"y,c,d\nc" GOOD);
	pipe_end(f);
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	expect_row(f);
	assert_int_equal(next(f), -EBADMSG);
	assert_contains(f->e.text, ":3: a quote inside an unquoted field");
	assert_int_equal(next(f), -EBADMSG); /* what stands behind it is anybody's guess */
}

static void a_fifo_by_name_is_a_pipe(void **state)
{
	struct fixture *f = *state;
	int fd;

	assert_int_equal(mkfifo(f->path, 0600), 0);
	fd = open(f->path, O_RDWR | O_CLOEXEC); /* so that no open has to wait */
	assert_int_equal(write(fd, BASIC "\na" GOOD, sizeof(BASIC "\na" GOOD) - 1),
		sizeof(BASIC "\na" GOOD) - 1);
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_false(input_is_regular(f->in));
	expect_row(f);
	assert_int_equal(next(f), INPUT_WAIT);
	close(fd);
	assert_int_equal(next(f), INPUT_END);
}

/* Standard input is read once, also when it is a file. */
static void a_dash_is_standard_input(void **state)
{
	struct fixture *f = *state;
	int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10), fd;

	write_file(f->path, BASIC "\na,b\n", sizeof(BASIC "\na,b\n") - 1);
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	f->o.path = "-";
	assert_int_equal(input_open(&f->o, &f->in, &f->e), 0);
	assert_false(input_is_regular(f->in));
	expect_invalid(f, "has 2 fields");
	assert_int_equal(next(f), INPUT_END);
	input_close(f->in);

	write_file(f->path, "x\n", 2);
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	close(fd);
	assert_int_equal(input_open(&f->o, &f->in, &f->e), -EBADMSG);
	assert_contains(f->e.text, "standard input:1: ");
	f->in = NULL;
	if (kept >= 0) {
		dup2(kept, STDIN_FILENO);
		close(kept);
	} else {
		close(STDIN_FILENO);
	}
}

/* Take so much of the region that a row of one short password has no room. */
static char *fill_region(struct fixture *f)
{
	size_t left = secret_free_bytes(f->region);
	char *p = secret_take(f->region, left - 1);

	assert_non_null(p);
	assert_null(secret_take(f->region, 1));
	return p;
}

static void a_row_without_room_for_its_secrets_is_kept(void **state)
{
	struct fixture *f = *state;
	char *all;

	open_text(f, BASIC "\na" GOOD "b,https://b,c,pass-2\n");
	all = fill_region(f);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next(f), INPUT_NO_ROOM);
		assert_int_equal(f->row.param_count, 0);
		assert_string_equal(f->row.name, "");
	}
	secret_give(f->region, all);
	expect_row(f);
	assert_int_equal(f->row.number, 1);
	assert_int_equal(f->row.line, 2);
	assert_string_equal(f->row.name, "a");
	assert_string_equal(f->row.params[0].value, "pass-1");
	all = fill_region(f);
	row_reset(&f->row);
	expect_row(f); /* in the room that the first row gave back */
	assert_int_equal(f->row.number, 2);
	assert_string_equal(f->row.params[0].value, "pass-2");
	secret_give(f->region, all);
	assert_int_equal(next(f), INPUT_END);
}

/* The first of two secrets had room, the second had not: neither is kept. */
static void half_the_secrets_of_a_row_are_given_back(void **state)
{
	struct fixture *f = *state;
	size_t left = secret_free_bytes(f->region);
	char *most = secret_take(f->region, left - 65);

	open_text(f, BASIC ",param.x\na,https://b,c,pass-1,pass-2\n");
	assert_non_null(most);
	left = secret_free_bytes(f->region);
	assert_int_equal(left, 64);
	assert_int_equal(next(f), INPUT_NO_ROOM);
	assert_int_equal(secret_free_bytes(f->region), left);
	secret_give(f->region, most);
	expect_row(f);
	assert_int_equal(f->row.param_count, 2);
}

/* Waiting would be for ever. */
static void a_region_too_small_for_one_row_is_a_mistake_of_ours(void **state)
{
	struct fixture *f = *state;
	struct secret_region *small;
	char text[4600];
	bool locked;
	int status;
	pid_t pid;

	assert_int_equal(secret_region_create(1, &small, &locked), 0);
	snprintf(text, sizeof(text), BASIC ",param.x\na,https://b,c,%04090d,x\n", 0);
	open_text(f, text);
	f->row.region = small;
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka would catch it */
		close(STDERR_FILENO);
		next(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	f->row.region = f->region;
	secret_region_destroy(small);
}

static void an_invalid_row_takes_no_secrets(void **state)
{
	struct fixture *f = *state;
	char *all;

	open_text(f, BASIC "\n,https://b,c,pass-1\n");
	all = fill_region(f);
	expect_invalid(f, "name is empty");
	secret_give(f->region, all);
}

static void references_count_from_the_folder_of_the_csv(void **state)
{
	static const char text[] = "name,endpoint,username,password_ref\na,https://b,c,file:pw\n";
	struct fixture *f = *state;

	write_file(in_dir(f, "pw"), "pass-1\n", 7);
	open_text(f, text);
	expect_row(f);
	assert_string_equal(f->row.params[0].value, "pass-1");

	assert_int_equal(mkdir(in_dir(f, "other"), 0700), 0);
	write_file(in_dir(f, "other/pw"), "pass-2\n", 7);
	f->o.secrets_dir = in_dir(f, "other");
	open_text(f, text);
	expect_row(f);
	assert_string_equal(f->row.params[0].value, "pass-2");
}

static void carried_columns_have_names_and_values(void **state)
{
	struct fixture *f = *state;
	const char *const *names;

	open_text(f, "Region,name,endpoint,username,password,status,Old Password\n"
		     "EU, a,https://b,c,d,\"x,\ny\",pass-3\n");
	assert_int_equal(input_carried(f->in, &names), 2);
	assert_string_equal(names[0], "Region");
	assert_string_equal(names[1], "input.status");
	expect_row(f);
	assert_int_equal(f->row.carried_count, 2);
	assert_string_equal(f->row.carried[0], "EU");
	assert_string_equal(f->row.carried[1], "x,\ny");
}

static void the_inputs_stat_tells_it_from_other_files(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	open_text(f, BASIC "\n");
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(input_stat(f->in)->st_ino, st.st_ino);
	assert_int_equal(input_stat(f->in)->st_dev, st.st_dev);
	assert_true(input_is_regular(f->in));
	assert_int_equal(input_fd(f->in), -1);
}

static void options_are_copied(void **state)
{
	struct fixture *f = *state;
	char sandbox[] = "dev";

	f->o.default_sandbox = sandbox;
	open_text(f, BASIC "\na" GOOD);
	memset(sandbox, '#', sizeof(sandbox));
	expect_row(f);
	assert_string_equal(f->row.sandbox, "dev");
}

static void a_huge_field_costs_its_row_only(void **state)
{
	struct fixture *f = *state;
	struct input_survey s;
	size_t len = 10 << 20, at;
	char *text = memory(len + 200);

	at = (size_t)sprintf(text, BASIC "\na,https://b,c,");
	memset(text + at, 'x', len);
	at += len;
	at += (size_t)sprintf(text + at, "\nb" GOOD);
	assert_int_equal(open_bytes(f, text, at), 0);
	free(text);
	assert_int_equal(input_survey(f->in, &s, &f->e), 0);
	assert_int_equal(s.rows, 2);
	assert_int_equal(s.invalid, 1);
	expect_invalid(f, "password is over 65536 bytes");
	expect_row(f);
	assert_int_equal(next(f), INPUT_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_come_one_by_one_with_number_and_line),
		TEST(an_invalid_row_stops_no_other),
		TEST(without_secrets_no_reference_needs_to_resolve),
		TEST(a_header_alone_is_a_file_of_no_rows),
		TEST(a_header_may_be_longer_than_a_chunk),
		TEST(a_bad_file_is_refused_with_its_line),
		TEST(a_path_that_cannot_be_read_says_why),
		TEST(options_that_do_not_fit_are_refused),
		TEST(the_users_delimiter_wins_over_what_the_file_says),
		TEST(the_survey_counts_and_goes_back),
		TEST(a_surveyed_file_is_read_as_often_as_wanted),
		TEST(a_row_rewritten_between_readings_is_stale),
		TEST(the_survey_finds_what_makes_the_file_bad),
		TEST(more_than_1024_scopes_are_refused),
		TEST(a_pair_that_no_row_names_gets_a_number),
		TEST(a_file_that_grows_between_the_readings_is_stale),
		TEST(a_file_that_changes_during_the_survey_is_stale),
		TEST(a_row_rewritten_in_place_is_stale),
		TEST(a_byte_that_changes_without_a_trace_is_stale),
		TEST(a_pipe_hands_out_rows_as_they_come),
		TEST(on_a_pipe_the_rows_before_a_fault_are_handed_out),
		TEST(a_fifo_by_name_is_a_pipe),
		TEST(a_dash_is_standard_input),
		TEST(a_row_without_room_for_its_secrets_is_kept),
		TEST(half_the_secrets_of_a_row_are_given_back),
		TEST(a_region_too_small_for_one_row_is_a_mistake_of_ours),
		TEST(an_invalid_row_takes_no_secrets),
		TEST(references_count_from_the_folder_of_the_csv),
		TEST(carried_columns_have_names_and_values),
		TEST(the_inputs_stat_tells_it_from_other_files),
		TEST(options_are_copied),
		TEST(a_huge_field_costs_its_row_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
