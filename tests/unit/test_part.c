/* The instants between the steps of part_create(), one by one. The lock is a
 * real one, but this program's own lock_take() stands before sys/lock.c, so
 * that a rival can come in just before a lock is taken. */
#include "results_fixture.h"

#include <errno.h>

#include "base/macros.h"
#include "output/part.h"
#include "sys/lock.h"

static void (*before_lock)(void); /* called once */
static int rival = -1;

int lock_take(int fd, const char *path, struct error *reterr)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	void (*meanwhile)(void) = before_lock;

	before_lock = NULL;
	if (meanwhile)
		meanwhile();
	if (fcntl(fd, F_OFD_SETLK, &whole) < 0)
		return error_set(reterr, -EBUSY, "'%s' is in use", path);
	return 0;
}

void lock_forget(const char *path)
{
}

static void rival_comes_in(void)
{
	struct error e;

	rival = part_create(PART, &e);
	assert_true(rival >= 0);
}

static void rival_comes_and_dies(void)
{
	rival_comes_in();
	close(rival);
	rival = -1;
}

static bool is_at_part(int fd)
{
	struct stat ours, there;

	assert_int_equal(fstat(fd, &ours), 0);
	return lstat(PART, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static void expect_the_rival_to_win(void)
{
	struct error e;

	assert_int_equal(part_create(PART, &e), -EBUSY);
	assert_true(is_at_part(rival));
	close(rival);
	rival = -1;
}

/* We hold the lock of a file that is at the path no more: it is worth nothing. */
static void an_old_file_that_a_rival_replaced_is_not_what_we_locked(void **state)
{
	put_file(PART, "of a killed run\n");
	before_lock = rival_comes_in;
	expect_the_rival_to_win();
}

/* Between our creating the file and our locking it a rival takes it for old. */
static void a_new_file_that_a_rival_replaced_is_not_ours(void **state)
{
	before_lock = rival_comes_in;
	expect_the_rival_to_win();
}

static void a_rival_that_died_meanwhile_is_in_nobodys_way(void **state)
{
	for (int with_old = 0; with_old < 2; with_old++) {
		struct error e;
		int fd;

		if (with_old)
			put_file(PART, "of a killed run\n");
		before_lock = rival_comes_and_dies;
		fd = part_create(PART, &e);
		assert_true(fd >= 0);
		assert_true(is_at_part(fd));
		assert_file(PART, "");
		assert_int_equal(part_remove(PART), 0);
		close(fd);
	}
}

/* What was open to others before, by a link or by its mode, is not written to. */
static void an_old_file_is_removed_and_not_reused(void **state)
{
	struct error e;
	struct stat st;
	int fd;

	put_file(PART, "of a killed run\n");
	assert_int_equal(chmod(PART, 0666), 0);
	assert_int_equal(link(PART, "kept"), 0);
	fd = part_create(PART, &e);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(write(fd, "new", 3), 3);
	assert_file("kept", "of a killed run\n");
	close(fd);
}

static void what_is_not_ours_is_refused(void **state)
{
	struct error e;

	put_file("victim", "precious\n");
	assert_int_equal(symlink("victim", PART), 0);
	assert_int_equal(part_create(PART, &e), -ELOOP);
	assert_int_equal(unlink(PART), 0);
	assert_file("victim", "precious\n");

	assert_int_equal(mkfifo(PART, 0600), 0);
	assert_int_equal(part_create(PART, &e), -EPERM);
	assert_true(exists(PART));
	assert_int_equal(unlink(PART), 0);

	if (geteuid() != 0)
		return;
	put_file(PART, "of somebody else\n");
	assert_int_equal(chown(PART, 12345, 12345), 0);
	assert_int_equal(part_create(PART, &e), -EPERM);
	assert_file(PART, "of somebody else\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_old_file_that_a_rival_replaced_is_not_what_we_locked),
		TEST(a_new_file_that_a_rival_replaced_is_not_ours),
		TEST(a_rival_that_died_meanwhile_is_in_nobodys_way),
		TEST(an_old_file_is_removed_and_not_reused),
		TEST(what_is_not_ours_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
