#include "sys/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define SHOWN_SIZE 400 /* two of them and a sentence fit into struct error */

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return "a symbolic link";
	case S_IFDIR: return "a folder";
	case S_IFIFO: return "a pipe";
	case S_IFSOCK: return "a socket";
	default: return "a device";
	}
}

static int refuse_kind(mode_t mode, const char *shown, struct error *reterr)
{
	int code = S_ISLNK(mode) ? -ELOOP : S_ISDIR(mode) ? -EISDIR : -EINVAL;

	return error_set(reterr, code,
		"'%s' is %s and stays untouched: name a file that may be replaced", shown,
		kind_of(mode));
}

/* 1 when there is something, 0 when there is nothing, or trouble. */
static int look_at(const char *path, const char *shown, struct stat *ret, struct error *reterr)
{
	int r;

	if (lstat(path, ret) == 0)
		return S_ISREG(ret->st_mode) ? 1 : refuse_kind(ret->st_mode, shown, reterr);
	if (errno == ENOENT)
		return 0;
	r = -errno;
	return error_set(reterr, r, "cannot use '%s': %s", shown, strerror(-r));
}

static int remove_ours(const char *path, const char *shown, struct error *reterr)
{
	struct stat st;
	int r = look_at(path, shown, &st, reterr);

	if (r <= 0)
		return r;
	if (st.st_uid != geteuid())
		return error_set(reterr, -EPERM,
			"'%s' belongs to another user and stays untouched: remove it or name "
			"another file",
			shown);
	if (unlink(path) < 0 && errno != ENOENT) {
		r = -errno;
		return error_set(reterr, r, "cannot remove the old '%s': %s", shown, strerror(-r));
	}
	return 0;
}

int file_create_afresh(const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	int fd, r;

	str_shown(shown, sizeof(shown), path);
	r = remove_ours(path, shown, reterr);
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	r = -errno;
	if (r == -EEXIST)
		return error_set(reterr, r,
			"'%s' was made by somebody else just now: is another run using it", shown);
	return error_set(reterr, r, "cannot create '%s': %s", shown, strerror(-r));
}

int file_check_replaceable(
	const char *path, const struct stat *inputs, size_t input_count, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	struct stat st;
	int r;

	str_shown(shown, sizeof(shown), path);
	r = look_at(path, shown, &st, reterr);
	if (r <= 0)
		return r;
	for (size_t i = 0; i < input_count; i++) {
		if (st.st_dev == inputs[i].st_dev && st.st_ino == inputs[i].st_ino)
			return error_set(reterr, -EINVAL,
				"'%s' is the input itself: name another file", shown);
	}
	return 0;
}

/* Is the name `from` still that of `fd`? Whoever can write to the folder could
 * have put a file of his under it, which would become the result. */
static int check_same_file(int fd, const char *from, const char *shown, struct error *reterr)
{
	struct stat open_file, named_file;

	if (fstat(fd, &open_file) == 0 && lstat(from, &named_file) == 0 &&
		open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino)
		return 0;
	return error_set(reterr, -ESTALE,
		"'%s' was moved or replaced by somebody else: look who did, then run again", shown);
}

int file_sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, r = 0;

	if (strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	str_copy(copy, sizeof(copy), path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Some file systems have no sync of a folder, and say so. */
	if (fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	close(fd);
	return r;
}

int file_put_in_place(int fd, const char *from, const char *to, struct error *reterr)
{
	char from_shown[SHOWN_SIZE], to_shown[SHOWN_SIZE];
	int r;

	str_shown(from_shown, sizeof(from_shown), from);
	str_shown(to_shown, sizeof(to_shown), to);
	r = check_same_file(fd, from, from_shown, reterr);
	if (r < 0)
		return r;
	if (fsync(fd) < 0) {
		r = -errno;
		return error_set(reterr, r,
			"cannot bring '%s' to the disk (%s), '%s' is as it was: look after the "
			"disk, then run again",
			from_shown, strerror(-r), to_shown);
	}
	if (rename(from, to) < 0) {
		r = -errno;
		return error_set(reterr, r,
			"cannot rename '%s' to '%s' (%s): everything is in the first, rename it by "
			"hand",
			from_shown, to_shown, strerror(-r));
	}
	r = file_sync_folder_of(to);
	if (r < 0)
		return error_set(reterr, r,
			"'%s' is complete, but its folder could not be brought to the disk (%s): "
			"look after the disk, a power cut could bring back what was there before",
			to_shown, strerror(-r));
	return 0;
}
