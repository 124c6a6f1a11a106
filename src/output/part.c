/* part.c - how two runs on the same results keep out of each other's way.
 *
 * The lock is on the file, yet the file is made afresh by each run: so a lock
 * counts only if the file that it was taken on is still the one at the path.
 * Two rules make that safe:
 *
 * - nobody removes the file at the path without a lock on it, taken and then
 *   seen to be on that very file;
 * - a file that was just created (O_EXCL, so by nobody else) is not ours before
 *   it is locked and seen to be at the path still, for between the two another
 *   run may have found it, locked it and replaced it.
 *
 * So of any number of runs that begin at once one goes on. A run that finds the
 * lock taken leaves without having touched anything. What a killed run left is
 * not locked any more, so the next one takes it away.
 */
#include "output/part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "sys/lock.h"

/* Each further try means that another run changed the file just then, and a run
 * does that at its begin and its end only. */
#define TRIES_MAX 100

#define TRY_AGAIN 1

#define SHOWN_SIZE 400

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool is_at_path(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

static int cannot(int code, const char *verb, const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];

	return error_set(reterr, code, "cannot %s '%s': %s", verb,
		str_shown(shown, sizeof(shown), path), strerror(-code));
}

static int check_ours(int fd, const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return cannot(-errno, "open", path, reterr);
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return 0;
	return error_set(reterr, -EPERM,
		"'%s' is no regular file of yours: remove it or name other results",
		str_shown(shown, sizeof(shown), path));
}

/* Returns 0 when nothing is at the path any more, TRY_AGAIN or an error. */
static int remove_old(const char *path, struct error *reterr)
{
	AUTO(closep) int fd = -1;
	int r;

	/* O_NONBLOCK: a FIFO that was put there must not hold us up. */
	fd = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return cannot(-errno, "open", path, reterr);
	r = check_ours(fd, path, reterr);
	if (r == 0)
		r = lock_take(fd, path, reterr);
	if (r < 0)
		return r;
	if (!is_at_path(fd, path))
		return TRY_AGAIN;
	return unlink(path) < 0 ? cannot(-errno, "remove", path, reterr) : 0;
}

/* Returns TRY_AGAIN when another run was faster, 0 or an error. */
static int create_and_lock(const char *path, int *ret_fd, struct error *reterr)
{
	AUTO(closep) int fd = -1;
	int r;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return TRY_AGAIN;
	if (fd < 0)
		return cannot(-errno, "create", path, reterr);
	r = lock_take(fd, path, reterr);
	if (r < 0)
		return r;
	if (!is_at_path(fd, path))
		return TRY_AGAIN;

	*ret_fd = fd;
	fd = -1; /* the caller's now */
	return 0;
}

int part_create(const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	int fd = -1, r;

	for (int i = 0; i < TRIES_MAX; i++) {
		r = remove_old(path, reterr);
		if (r == 0)
			r = create_and_lock(path, &fd, reterr);
		if (r < 0)
			return r;
		if (r == 0)
			return fd;
	}
	return error_set(reterr, -EBUSY,
		"'%s' is changed all the time: see which other program writes it",
		str_shown(shown, sizeof(shown), path));
}

int part_remove(const char *path)
{
	lock_forget(path);
	return unlink(path) < 0 ? -errno : 0;
}
