#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "base/macros.h"
#include "scratch.h"
#include "sys/file.h"

static void write_text(const char *path, const char *text)
{
	scratch_write(path, text, strlen(text));
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode;
}

static void make_socket(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
}

static void a_working_file_is_new_and_private(void **state)
{
	mode_t mask = umask(0);
	int fd = file_create_afresh("new.part", NULL);

	umask(mask);
	assert_true(fd >= 0);
	assert_int_equal(mode_of("new.part"), S_IFREG | 0600);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(file_pwrite_all(fd, "ab", 2, 0), 0);
	close(fd);
}

/* Who had the old file open, or a second name for it, keeps what it held. */
static void the_old_file_is_unlinked_and_not_emptied(void **state)
{
	int fd;

	write_text("old.part", "old");
	assert_int_equal(chmod("old.part", 0444), 0);
	assert_int_equal(link("old.part", "old.second"), 0);
	fd = file_create_afresh("old.part", NULL);
	assert_true(fd >= 0);
	assert_string_equal(scratch_read("old.part"), "");
	assert_string_equal(scratch_read("old.second"), "old");
	assert_int_equal(mode_of("old.part"), S_IFREG | 0600);
	close(fd);
}

static void what_is_no_file_is_refused_untouched(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *word;
	} kinds[] = {{"k.link", -ELOOP, "symbolic link"}, {"k.dangling", -ELOOP, "symbolic link"},
		{"k.dir", -EISDIR, "folder"}, {"k.fifo", -EINVAL, "pipe"},
		{"k.socket", -EINVAL, "socket"}, {"k.device", -EINVAL, "device"}};
	size_t count = ARRAY_SIZE(kinds);

	write_text("k.target", "precious");
	assert_int_equal(symlink("k.target", "k.link"), 0);
	assert_int_equal(symlink("k.nowhere", "k.dangling"), 0);
	assert_int_equal(mkdir("k.dir", 0700), 0);
	assert_int_equal(mkfifo("k.fifo", 0600), 0);
	make_socket("k.socket");
	/* A device of our own, never one of /dev: if this fails it is gone. */
	if (mknod("k.device", S_IFCHR | 0600, makedev(1, 3)) < 0)
		count--; /* only root may make one */
	for (size_t i = 0; i < count; i++) {
		mode_t before = mode_of(kinds[i].path);
		struct error e = {0};

		assert_int_equal(file_create_afresh(kinds[i].path, &e), kinds[i].code);
		assert_non_null(strstr(e.text, kinds[i].word));
		assert_non_null(strstr(e.text, kinds[i].path));
		assert_int_equal(file_check_replaceable(kinds[i].path, NULL, 0, &e), kinds[i].code);
		assert_non_null(strstr(e.text, kinds[i].word));
		assert_int_equal(mode_of(kinds[i].path), before);
	}
	assert_string_equal(scratch_read("k.target"), "precious");
	assert_int_equal(access("k.nowhere", F_OK), -1);
}

static void another_users_file_is_refused_untouched(void **state)
{
	struct error e = {0};

	if (geteuid() != 0)
		return; /* only root can give a file away */
	write_text("theirs", "precious");
	assert_int_equal(chown("theirs", 65534, 65534), 0);
	assert_int_equal(file_create_afresh("theirs", &e), -EPERM);
	assert_string_equal(scratch_read("theirs"), "precious");
	assert_string_equal(e.text, "'theirs' belongs to another user and stays untouched: remove "
				    "it or name another file");
}

static void a_missing_folder_is_told_with_the_path(void **state)
{
	struct error e = {0};

	assert_int_equal(file_create_afresh("no/such", &e), -ENOENT);
	assert_string_equal(e.text, "cannot create 'no/such': No such file or directory");
	write_text("plain", "");
	assert_int_equal(file_create_afresh("plain/x", &e), -ENOTDIR);
	assert_int_equal(file_check_replaceable("plain/x", NULL, 0, &e), -ENOTDIR);
}

static void a_path_cannot_forge_a_message(void **state)
{
	struct error e = {0};

	assert_int_equal(file_create_afresh("no/such\nerror: \x1b[2J", &e), -ENOENT);
	assert_string_equal(
		e.text, "cannot create 'no/such\\x0Aerror: \\x1B[2J': No such file or directory");
}

static void what_is_absent_or_old_may_be_replaced(void **state)
{
	write_text("replace.me", "x");
	assert_int_equal(file_check_replaceable("replace.me", NULL, 0, NULL), 0);
	assert_int_equal(file_check_replaceable("replace.absent", NULL, 0, NULL), 0);
	assert_string_equal(scratch_read("replace.me"), "x");
}

static void the_input_is_never_replaced_by_any_name(void **state)
{
	struct stat inputs[2];
	struct error e = {0};

	write_text("in.csv", "name\n");
	write_text("other.csv", "name\n");
	assert_int_equal(stat("other.csv", &inputs[0]), 0);
	assert_int_equal(stat("in.csv", &inputs[1]), 0);
	assert_int_equal(link("in.csv", "in.hard"), 0);
	assert_int_equal(mkdir("in.dir", 0700), 0);
	assert_int_equal(file_check_replaceable("in.csv", inputs, 2, &e), -EINVAL);
	assert_int_equal(file_check_replaceable("in.hard", inputs, 2, &e), -EINVAL);
	assert_int_equal(file_check_replaceable("in.dir/../in.csv", inputs, 2, &e), -EINVAL);
	assert_string_equal(e.text, "'in.dir/../in.csv' is the input itself: name another file");
	assert_int_equal(file_check_replaceable("in.csv", inputs, 1, &e), 0);
}

static void a_finished_file_takes_the_place_of_the_old(void **state)
{
	int fd = file_create_afresh("res.part", NULL);

	write_text("res.csv", "old");
	assert_int_equal(file_write_all(fd, "new", 3), 0);
	assert_int_equal(file_put_in_place(fd, "res.part", "res.csv", NULL), 0);
	assert_string_equal(scratch_read("res.csv"), "new");
	assert_int_equal(access("res.part", F_OK), -1);
	assert_int_equal(mode_of("res.csv"), S_IFREG | 0600);
	close(fd);
}

static void a_link_that_appears_is_replaced_and_not_followed(void **state)
{
	int fd = file_create_afresh("sym.part", NULL);

	write_text("sym.target", "precious");
	assert_int_equal(symlink("sym.target", "sym.csv"), 0);
	assert_int_equal(file_put_in_place(fd, "sym.part", "sym.csv", NULL), 0);
	assert_string_equal(scratch_read("sym.target"), "precious");
	assert_int_equal(mode_of("sym.csv"), S_IFREG | 0600);
	close(fd);
}

static void somebody_elses_file_does_not_become_the_result(void **state)
{
	int fd = file_create_afresh("swap.part", NULL);
	struct error e = {0};

	write_text("swap.csv", "old");
	assert_int_equal(rename("swap.part", "swap.moved"), 0);
	assert_int_equal(file_put_in_place(fd, "swap.part", "swap.csv", &e), -ESTALE);
	write_text("swap.part", "forged");
	assert_int_equal(file_put_in_place(fd, "swap.part", "swap.csv", &e), -ESTALE);
	assert_non_null(strstr(e.text, "'swap.part' was moved or replaced by somebody else"));
	assert_string_equal(scratch_read("swap.csv"), "old");
	close(fd);
}

static void a_failed_rename_says_where_the_lines_are(void **state)
{
	int fd = file_create_afresh("ren.part", NULL);
	struct error e = {0};

	assert_int_equal(mkdir("ren.csv", 0700), 0);
	assert_int_equal(file_put_in_place(fd, "ren.part", "ren.csv", &e), -EISDIR);
	assert_string_equal(e.text, "cannot rename 'ren.part' to 'ren.csv' (Is a directory): "
				    "everything is in the first, rename it by hand");
	assert_int_equal(access("ren.part", F_OK), 0);
	close(fd);
}

static void *drain(void *arg)
{
	int fd = *(int *)arg;
	size_t total = 0;
	char bytes[999];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		total += (size_t)n;
	return (void *)total;
}

/* A terminal or pipe that a neighbour made non-blocking takes it all the same. */
static void short_writes_and_full_pipes_lose_nothing(void **state)
{
	static char bytes[1 << 20];
	pthread_t reader;
	void *total;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(pthread_create(&reader, NULL, drain, &fds[0]), 0);
	assert_int_equal(file_write_all(fds[1], bytes, sizeof(bytes)), 0);
	close(fds[1]);
	pthread_join(reader, &total);
	assert_int_equal((size_t)total, sizeof(bytes));
	close(fds[0]);
}

static void places_in_a_file_are_written_and_read(void **state)
{
	int fd = file_create_afresh("index", NULL);
	char bytes[4];

	assert_int_equal(file_pwrite_all(fd, "wxyz", 4, 1000), 0);
	assert_int_equal(file_pread_all(fd, bytes, 4, 1000), 0);
	assert_memory_equal(bytes, "wxyz", 4);
	assert_int_equal(file_pread_all(fd, bytes, 4, 1001), -EIO); /* too short */
	assert_int_equal(file_pread_all(fd, bytes, 0, 9999), 0);
	close(fd);
	assert_int_equal(file_write_all(fd, "x", 1), -EBADF);
	assert_int_equal(file_pwrite_all(-1, "x", 1, 0), -EBADF);
	assert_int_equal(file_pread_all(-1, bytes, 1, 0), -EBADF);
}

static void a_full_disk_is_an_error(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* a machine without it */
	assert_int_equal(file_write_all(fd, "x", 1), -ENOSPC);
	close(fd);
}

#define SECRET_MAX 16

struct secret_file {
	char text[SECRET_MAX + 1];
	ssize_t len;
	bool open_to_others;
	struct error e;
};

static struct secret_file read_secret(int dir_fd, const char *path)
{
	struct secret_file s = {.text = "????????????????"};

	s.len = file_read_secret(dir_fd, path, s.text, SECRET_MAX, &s.open_to_others, &s.e);
	return s;
}

static struct secret_file read_secret_of(const char *bytes, size_t len)
{
	scratch_write("secret", bytes, len);
	return read_secret(AT_FDCWD, "secret");
}

#define assert_secret(bytes, expected)                                                             \
	do {                                                                                       \
		struct secret_file s_ = read_secret_of(bytes, sizeof(bytes) - 1);                  \
		assert_int_equal(s_.len, strlen(expected));                                        \
		assert_string_equal(s_.text, expected);                                            \
	} while (0)

static void one_newline_at_the_end_is_no_part_of_a_secret(void **state)
{
	assert_secret("pass-1", "pass-1");
	assert_secret("pass-1\n", "pass-1");
	assert_secret("pass-1\r\n", "pass-1");
	assert_secret("pass-1\n\n", "pass-1\n");
	assert_secret("pass-1\r", "pass-1\r");
	assert_secret(" pass 1 ", " pass 1 ");
	assert_secret("", "");
	assert_secret("\n", "");
	assert_secret("\r\n", "");
	assert_secret("\n\n", "\n");
	assert_secret("0123456789abcdef", "0123456789abcdef");
}

static void a_file_that_is_too_large_is_no_secret(void **state)
{
	struct secret_file s = read_secret_of("0123456789abcdefg", 17);

	assert_int_equal(s.len, -EFBIG);
	assert_string_equal(s.e.text, "'secret' has over 16 bytes: is it the right file");
	assert_int_equal(read_secret_of("0123456789abcdef\n", 17).len, -EFBIG);
}

/* /proc files say that they have no bytes, and then have many. */
static void a_size_that_lies_is_found_out(void **state)
{
	struct secret_file s = read_secret(AT_FDCWD, "/proc/self/status");

	assert_int_equal(s.len, -EFBIG);
	for (size_t i = 0; i < SECRET_MAX; i++)
		assert_int_equal(s.text[i], 0); /* wiped */
}

static void a_nul_inside_is_refused_and_nothing_kept(void **state)
{
	struct secret_file s = read_secret_of("pass\0-1", 7);

	assert_int_equal(s.len, -EINVAL);
	assert_null(strstr(s.e.text, "pass"));
	assert_int_equal(s.text[0], 0);
}

static void who_else_can_read_it_is_told(void **state)
{
	static const struct {
		mode_t mode;
		bool open_to_others;
	} cases[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0622, false}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct secret_file s;

		scratch_write("shared", "x", 1);
		assert_int_equal(chmod("shared", cases[i].mode), 0);
		s = read_secret(AT_FDCWD, "shared");
		assert_int_equal(s.len, 1);
		assert_int_equal(s.open_to_others, cases[i].open_to_others);
		assert_int_equal(unlink("shared"), 0);
	}
}

/* The pipe has no writer: a reader that waited for one would wait for ever. */
static void only_a_regular_file_is_read(void **state)
{
	assert_int_equal(mkfifo("s.fifo", 0600), 0);
	assert_int_equal(mkdir("s.dir", 0700), 0);
	assert_int_equal(read_secret(AT_FDCWD, "s.fifo").len, -EINVAL);
	assert_int_equal(read_secret(AT_FDCWD, "s.dir").len, -EINVAL);
	assert_int_equal(read_secret(AT_FDCWD, "/dev/zero").len, -EINVAL);
	assert_int_equal(read_secret(AT_FDCWD, "s.absent").len, -ENOENT);
	assert_string_equal(read_secret(AT_FDCWD, "s.absent").e.text,
		"cannot read 's.absent': No such file or directory");
}

/* The author of a CSV need not be its operator: file:../../etc/shadow. */
static void no_reference_leads_out_of_its_folder(void **state)
{
	int dir;

	write_text("outside", "outside");
	assert_int_equal(mkdir("vault", 0700), 0);
	assert_int_equal(mkdir("vault/sub", 0700), 0);
	write_text("vault/inside", "inside");
	assert_int_equal(symlink("../inside", "vault/sub/link"), 0);
	assert_int_equal(symlink("../outside", "vault/escape"), 0);
	assert_int_equal(symlink("..", "vault/up"), 0);
	assert_int_equal(symlink("/proc/self/environ", "vault/absolute"), 0);
	dir = open("vault", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir >= 0);

	assert_string_equal(read_secret(dir, "inside").text, "inside");
	assert_string_equal(read_secret(dir, "sub/../inside").text, "inside");
	assert_string_equal(read_secret(dir, "sub/link").text, "inside"); /* stays below */
	assert_int_equal(read_secret(dir, "../outside").len, -EXDEV);
	assert_int_equal(read_secret(dir, "sub/../../outside").len, -EXDEV);
	assert_int_equal(read_secret(dir, "escape").len, -EXDEV);
	assert_int_equal(read_secret(dir, "up/outside").len, -EXDEV);
	assert_int_equal(read_secret(dir, "absolute").len, -EXDEV);
	assert_int_equal(read_secret(dir, "/etc/hostname").len, -EXDEV);
	assert_string_equal(read_secret(dir, "escape").e.text,
		"'escape' leads out of the folder of secrets: put the file below it");
	close(dir);
}

static void a_reference_cannot_forge_a_message(void **state)
{
	assert_string_equal(read_secret(AT_FDCWD, "x\n\x1b[2J").e.text,
		"cannot read 'x\\x0A\\x1B[2J': No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_working_file_is_new_and_private),
		cmocka_unit_test(the_old_file_is_unlinked_and_not_emptied),
		cmocka_unit_test(what_is_no_file_is_refused_untouched),
		cmocka_unit_test(another_users_file_is_refused_untouched),
		cmocka_unit_test(a_missing_folder_is_told_with_the_path),
		cmocka_unit_test(a_path_cannot_forge_a_message),
		cmocka_unit_test(what_is_absent_or_old_may_be_replaced),
		cmocka_unit_test(the_input_is_never_replaced_by_any_name),
		cmocka_unit_test(a_finished_file_takes_the_place_of_the_old),
		cmocka_unit_test(a_link_that_appears_is_replaced_and_not_followed),
		cmocka_unit_test(somebody_elses_file_does_not_become_the_result),
		cmocka_unit_test(a_failed_rename_says_where_the_lines_are),
		cmocka_unit_test(short_writes_and_full_pipes_lose_nothing),
		cmocka_unit_test(places_in_a_file_are_written_and_read),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(one_newline_at_the_end_is_no_part_of_a_secret),
		cmocka_unit_test(a_file_that_is_too_large_is_no_secret),
		cmocka_unit_test(a_size_that_lies_is_found_out),
		cmocka_unit_test(a_nul_inside_is_refused_and_nothing_kept),
		cmocka_unit_test(who_else_can_read_it_is_told),
		cmocka_unit_test(only_a_regular_file_is_read),
		cmocka_unit_test(no_reference_leads_out_of_its_folder),
		cmocka_unit_test(a_reference_cannot_forge_a_message),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
