#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/macros.h"
#include "scratch.h"
#include "sys/lock.h"

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	return fd;
}

/* The second comer's message about `path`, which is taken. */
static const char *told(const char *path)
{
	static struct error e;
	int fd = open_file(path);

	assert_int_equal(lock_take(fd, path, &e), -EBUSY);
	close(fd);
	return e.text;
}

static void the_second_comer_is_told_who_holds_it(void **state)
{
	int fd = open_file("a"), day, n = 0;
	long pid = 0;
	char host[100];

	assert_int_equal(lock_take(fd, "a", NULL), 0);
	assert_int_equal(sscanf(told("a"),
				 "'a' is in use by another run (pid %ld on %99[^,], since "
				 "20%*d-%*d-%dT%*d:%*d:%*d.%*dZ): "
				 "wait for it or stop it%n",
				 &pid, host, &day, &n),
		3);
	assert_int_equal(pid, getpid());
	assert_int_equal(n, strlen(told("a")));
	close(fd);
}

static void the_note_is_private_and_goes_at_the_end(void **state)
{
	int fd = open_file("b"), again = open_file("b");
	struct stat st;

	assert_int_equal(lock_take(fd, "b", NULL), 0);
	assert_int_equal(stat("b.lock", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	lock_forget("b");
	assert_int_equal(access("b.lock", F_OK), -1);
	assert_string_equal(told("b"), "'b' is in use by another run: wait for it or stop it");
	close(fd);
	assert_int_equal(lock_take(again, "b", NULL), 0);
	close(again);
}

/* A POSIX lock would be gone as soon as any library closed any descriptor. */
static void closing_another_descriptor_frees_nothing(void **state)
{
	int fd = open_file("c"), other = open_file("c");

	assert_int_equal(lock_take(fd, "c", NULL), 0);
	close(other);
	told("c");
	close(fd);
}

/* SQLite takes POSIX locks on a ledger, from its first GiB on. */
static void other_locks_of_the_file_are_not_in_the_way(void **state)
{
	struct flock posix = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = (off_t)1 << 40};
	int fd = open_file("j"), other = open_file("j");

	assert_int_equal(lock_take(fd, "j", NULL), 0);
	assert_int_equal(fcntl(other, F_SETLK, &posix), 0);
	close(other);
	told("j");
	close(fd);
}

static void whoever_asks_learns_whether_it_is_held(void **state)
{
	int fd = open_file("k"), other = open("k", O_RDONLY | O_CLOEXEC);

	assert_false(lock_is_held(other));
	assert_int_equal(lock_take(fd, "k", NULL), 0);
	assert_true(lock_is_held(other));
	assert_false(lock_is_held(fd)); /* by nobody else */
	close(fd);
	assert_false(lock_is_held(other));
	close(other);
}

static pid_t start_holder(const char *path)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		c = lock_take(open_file(path), path, NULL) == 0 ? 'y' : 'n';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	close(ready[0]);
	return pid;
}

static void death_frees_it_and_a_stale_note_blocks_nobody(void **state)
{
	pid_t pid = start_holder("d");
	char expected[64];
	int fd;

	snprintf(expected, sizeof(expected), "(pid %d on ", (int)pid);
	assert_non_null(strstr(told("d"), expected));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(access("d.lock", F_OK), 0);
	fd = open_file("d");
	assert_int_equal(lock_take(fd, "d", NULL), 0);
	assert_null(strstr(told("d"), expected)); /* the note is the new holder's */
	close(fd);
}

/* Whoever can write to the folder can write the note. */
static void a_note_of_nonsense_tells_nothing(void **state)
{
	static const char *const notes[] = {"", "x", "12", "12 host", "12 host start",
		"0 host start\n", "-1 host start\n", "99999999999 host start\n", "12  start\n",
		"12 host \n", "12 ho\x1bst start\n", "12 host sta\x9brt\n", "12 host start\nmore",
		"12 host "
		"2026-11-24T19:54:38.123Zx\n",
		" 12 host start\n", "12 host a start\n"};
	int fd = open_file("e");

	assert_int_equal(lock_take(fd, "e", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++) {
		scratch_write("e.lock", notes[i], strlen(notes[i]));
		assert_string_equal(
			told("e"), "'e' is in use by another run: wait for it or stop it");
	}
	scratch_write("e.lock", "12 host start\n", 14);
	assert_string_equal(told("e"), "'e' is in use by another run (pid 12 on host, since "
				       "start): wait for it or stop it");
	close(fd);
}

static void a_note_without_end_is_not_read_to_the_end(void **state)
{
	int fd = open_file("f");
	static char much[100000];

	assert_int_equal(lock_take(fd, "f", NULL), 0);
	memset(much, '1', sizeof(much));
	scratch_write("f.lock", much, sizeof(much));
	assert_string_equal(told("f"), "'f' is in use by another run: wait for it or stop it");
	close(fd);
}

/* A pipe there would keep us waiting, a link would lead us elsewhere. */
static void what_is_no_note_is_left_alone(void **state)
{
	int fd = open_file("g");

	scratch_write("g.target", "12 host start\n", 14);
	assert_int_equal(symlink("g.target", "g.lock"), 0);
	assert_int_equal(lock_take(fd, "g", NULL), 0);
	assert_string_equal(scratch_read("g.target"), "12 host start\n");
	assert_string_equal(told("g"), "'g' is in use by another run: wait for it or stop it");
	lock_forget("g");
	assert_int_equal(unlink("g.lock"), 0);
	assert_int_equal(mkfifo("g.lock", 0600), 0);
	assert_string_equal(told("g"), "'g' is in use by another run: wait for it or stop it");
	lock_forget("g");
	assert_int_equal(access("g.lock", F_OK), 0);
	close(fd);
}

static void only_our_own_note_is_removed(void **state)
{
	scratch_write("h.lock", "1 elsewhere 2026-11-24T19:54:38.123Z\n", 37);
	lock_forget("h");
	assert_int_equal(access("h.lock", F_OK), 0);
	lock_forget("absent");
}

static void a_descriptor_that_cannot_be_locked_is_an_error(void **state)
{
	struct error e = {0};
	int fd;

	close(open_file("i"));
	fd = open("i", O_RDONLY | O_CLOEXEC);
	assert_int_equal(lock_take(fd, "i", &e), -EBADF);
	assert_non_null(strstr(e.text, "cannot lock 'i'"));
	assert_int_equal(access("i.lock", F_OK), -1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_comer_is_told_who_holds_it),
		cmocka_unit_test(the_note_is_private_and_goes_at_the_end),
		cmocka_unit_test(closing_another_descriptor_frees_nothing),
		cmocka_unit_test(other_locks_of_the_file_are_not_in_the_way),
		cmocka_unit_test(whoever_asks_learns_whether_it_is_held),
		cmocka_unit_test(death_frees_it_and_a_stale_note_blocks_nobody),
		cmocka_unit_test(a_note_of_nonsense_tells_nothing),
		cmocka_unit_test(a_note_without_end_is_not_read_to_the_end),
		cmocka_unit_test(what_is_no_note_is_left_alone),
		cmocka_unit_test(only_our_own_note_is_removed),
		cmocka_unit_test(a_descriptor_that_cannot_be_locked_is_an_error),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
