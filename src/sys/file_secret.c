#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

#define SHOWN_SIZE 600

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* O_NONBLOCK: a pipe without a writer would keep us waiting in open().
 *
 * Below a folder the kernel itself resolves the path and refuses what leads out
 * of it: no check of ours could keep up with links that change meanwhile, and
 * the links that a mounted secret consists of are fine. */
static int open_secret(int dir_fd, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct open_how how = {
		.flags = (unsigned)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	fd = dir_fd == AT_FDCWD ? open(path, flags)
				: (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

static int refuse_open(int r, const char *shown, struct error *reterr)
{
	if (r == -EXDEV)
		return error_set(reterr, r,
			"'%s' leads out of the folder of secrets: put the file below it", shown);
	if (r == -ENOSYS)
		return error_set(reterr, r, "cannot read '%s': it needs Linux 5.6 or later", shown);
	return error_set(reterr, r, "cannot read '%s': %s", shown, strerror(-r));
}

static int check_kind(const struct stat *st, size_t max, const char *shown, struct error *reterr)
{
	if (!S_ISREG(st->st_mode))
		return error_set(reterr, -EINVAL,
			"'%s' is no regular file: a secret is read from one only", shown);
	if (st->st_size > 0 && (uint64_t)st->st_size > max)
		return error_set(reterr, -EFBIG, "'%s' has over %zu bytes: is it the right file",
			shown, max);
	return 0;
}

/* Up to the end or `len` bytes. */
static ssize_t read_up_to(int fd, char *dst, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, dst + done, len - done);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

static size_t without_newline(const char *data, size_t len)
{
	if (len > 0 && data[len - 1] == '\n')
		len--;
	else
		return len;
	return len > 0 && data[len - 1] == '\r' ? len - 1 : len;
}

/* The file may have grown since it was looked at: one byte more tells. */
static ssize_t read_secret(int fd, char *dst, size_t max, const char *shown, struct error *reterr)
{
	ssize_t n = read_up_to(fd, dst, max), more;
	char extra;

	more = n < 0 ? n : read_up_to(fd, &extra, 1);
	wipe(&extra, 1);
	if (more < 0)
		return error_set(
			reterr, (int)more, "cannot read '%s': %s", shown, strerror((int)-more));
	if (more > 0)
		return error_set(reterr, -EFBIG, "'%s' has over %zu bytes: is it the right file",
			shown, max);
	n = (ssize_t)without_newline(dst, (size_t)n);
	if (memchr(dst, '\0', (size_t)n))
		return error_set(reterr, -EINVAL,
			"'%s' has a NUL byte in it: it must be text, UTF-16 is none", shown);
	return n;
}

ssize_t file_read_secret(int dir_fd, const char *path, char *dst, size_t max,
	bool *ret_open_to_others, struct error *reterr)
{
	AUTO(closep) int fd = open_secret(dir_fd, path);
	char shown[SHOWN_SIZE];
	struct stat st;
	ssize_t n;

	str_shown(shown, sizeof(shown), path);
	if (fd < 0)
		return refuse_open(fd, shown, reterr);
	if (fstat(fd, &st) < 0)
		return refuse_open(-errno, shown, reterr);
	n = check_kind(&st, max, shown, reterr);
	if (n < 0)
		return n;

	n = read_secret(fd, dst, max, shown, reterr);
	if (n < 0) {
		wipe(dst, max);
		return n;
	}
	wipe(dst + n, max - (size_t)n); /* the newline */
	*ret_open_to_others = (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return n;
}
