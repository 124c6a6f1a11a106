/* failing_disk.c - a disk that stops to work at a chosen moment, for LD_PRELOAD.
 *
 * FAILING_DISK_WHEN   from the moment that this file exists on,
 * FAILING_DISK_CALLS  "sync" (fsync, fdatasync) or "write" (also pwrite)
 * FAILING_DISK_FILES  fails with EIO for every file whose path ends so.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The real one; ISO C knows no cast from an object to a function. */
#define NEXT(name)                                                                                 \
	(__extension__({                                                                           \
		__typeof__(&(name)) next;                                                          \
		*(void **)&next = dlsym(RTLD_NEXT, #name);                                         \
		next;                                                                              \
	}))

static bool ends_with(const char *text, const char *end)
{
	size_t text_len = strlen(text), end_len = strlen(end);

	return text_len >= end_len && strcmp(text + text_len - end_len, end) == 0;
}

static bool is_meant(int fd)
{
	const char *files = getenv("FAILING_DISK_FILES");
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (!files || len < 0)
		return false;
	path[len] = '\0';
	return ends_with(path, files);
}

/* Leaves errno as it was unless it fails. */
static bool fails(int fd, const char *calls)
{
	const char *when = getenv("FAILING_DISK_WHEN");
	const char *which = getenv("FAILING_DISK_CALLS");
	int before = errno;
	bool now = when && which && strcmp(which, calls) == 0 && access(when, F_OK) == 0 &&
		   is_meant(fd);

	errno = now ? EIO : before;
	return now;
}

int fsync(int fd)
{
	return fails(fd, "sync") ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return fails(fd, "sync") ? -1 : NEXT(fdatasync)(fd);
}

ssize_t write(int fd, const void *data, size_t len)
{
	return fails(fd, "write") ? -1 : NEXT(write)(fd, data, len);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	return fails(fd, "write") ? -1 : NEXT(pwrite)(fd, data, len, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t offset)
{
	return fails(fd, "write") ? -1 : NEXT(pwrite64)(fd, data, len, offset);
}
