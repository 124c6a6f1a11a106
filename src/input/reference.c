#include "input/reference.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "sys/log.h"

/* O_NONBLOCK: a FIFO must not hold up the run; it is refused after fstat. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int references_open(struct references *r, const char *dir, bool required, struct error *reterr)
{
	char shown[512];
	int e;

	*r = REFERENCES_INIT;
	r->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd >= 0)
		r->dir = realpath(dir, NULL);
	if (r->dir)
		return 0;
	e = -errno;
	references_done(r);
	if (!required)
		return 0;
	return error_set(reterr, e, "%s: cannot be opened as the secrets folder: %s",
		str_shown(shown, sizeof(shown), dir), strerror(-e));
}

void references_done(struct references *r)
{
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	free(r->dir);
	*r = REFERENCES_INIT;
}

/* ------------------------------------------------------------------ shape */

/* What stands behind "env:" or "file:", or NULL. */
static const char *behind(const char *reference, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(reference, prefix, len) == 0 ? reference + len : NULL;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

static bool is_variable_name(const char *s)
{
	return strspn(s, DIGITS) == 0 && *s && s[strspn(s, LETTERS DIGITS)] == '\0';
}

const char *reference_fault(const char *reference)
{
	const char *name = behind(reference, "env:");
	const char *path = behind(reference, "file:");

	if (path)
		return *path ? NULL : "names no file: write file:PATH";
	if (!name)
		return "is neither env:NAME nor file:PATH: write one of the two";
	if (!is_variable_name(name))
		return "has no name of an environment variable: letters, digits and _ behind env:";
	if (behind(name, "AEP_") || behind(name, "SNOWMELT_"))
		return "may not read AEP_* or SNOWMELT_*: use a variable of another name";
	return NULL;
}

/* ------------------------------------------------------------------- open */

/* The path as seen from the folder; NULL when it does not lie below it. */
static const char *below(const struct references *r, const char *path)
{
	size_t len = strlen(r->dir);

	if (strcmp(r->dir, "/") == 0)
		len = 0;
	if (strncmp(path, r->dir, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + strspn(path + len, "/");
}

/* Where the kernel cannot be asked to stay below: part by part, no links, no
 * way up. */
static int open_by_parts(int dir_fd, const char *path)
{
	int fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	char part[256];

	while (fd >= 0) {
		size_t len = strcspn(path, "/");
		bool last = path[len] == '\0';
		int next;

		if (len >= sizeof(part) || len == 0 || (len == 2 && memcmp(path, "..", 2) == 0)) {
			close(fd);
			errno = EXDEV;
			return -1;
		}
		memcpy(part, path, len);
		part[len] = '\0';
		next = openat(fd, part,
			last ? OPEN_FLAGS | O_NOFOLLOW
			     : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		if (last)
			return next;
		fd = next;
		path += len + strspn(path + len, "/");
	}
	return -1;
}

static int open_beneath(int dir_fd, const char *path)
{
	struct open_how how = {
		.flags = OPEN_FLAGS,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

	/* EPERM is what a sandbox that does not know the call says. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_by_parts(dir_fd, path);
	return (int)fd;
}

static int open_reference(const struct references *r, const char *path)
{
	char *real;
	const char *rest;
	int fd = -1;

	if (*path != '/')
		return open_beneath(r->dir_fd, path);
	rest = below(r, path);
	if (rest)
		return open_beneath(r->dir_fd, rest);

	/* The folder may be known by another path. What realpath() says may be
	 * untrue a moment later, and need not be true: it is opened beneath. */
	real = realpath(path, NULL);
	rest = real ? below(r, real) : NULL;
	if (rest)
		fd = open_beneath(r->dir_fd, rest);
	else
		errno = EXDEV;
	free(real);
	return fd;
}

/* ------------------------------------------------------------------- read */

static const char *open_fault(int code)
{
	switch (code) {
	case EXDEV:
	case ELOOP:
		return "does not lie in the secrets folder: move the file there, or name its "
		       "folder by --secrets-dir";
	case ENOENT:
	case ENOTDIR: return "names a file that is not there: create it in the secrets folder";
	case EACCES: return "names a file that may not be read: check its permissions";
	default: return "names a file that cannot be opened: check it";
	}
}

static void warn_if_open(struct references *r, const struct stat *st, const char *path)
{
	if (r->warned || !(st->st_mode & (S_IRGRP | S_IROTH)))
		return;
	r->warned = true;
	log_warn("the secret file '%s' can be read by others: chmod 600 it, and those like it",
		path);
}

static const char *read_file(
	struct references *r, const char *path, int fd, char *dst, size_t *ret_len)
{
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return "names something that is no regular file: name a file";
	warn_if_open(r, &st, path);
	do {
		n = read(fd, dst + len, REFERENCE_SECRET_MAX + 1 - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len <= REFERENCE_SECRET_MAX) || (n < 0 && errno == EINTR));
	if (n < 0)
		return "names a file that cannot be read: check it";
	if (len > REFERENCE_SECRET_MAX)
		return "names a file of over 4096 bytes: shorten it";

	if (len > 0 && dst[len - 1] == '\n')
		len -= len > 1 && dst[len - 2] == '\r' ? 2 : 1;
	dst[len] = '\0';
	*ret_len = len;
	return NULL;
}

static const char *resolve_file(struct references *r, const char *path, char *dst, size_t *ret_len)
{
	const char *fault;
	int fd;

	if (r->dir_fd < 0)
		return "names a file, but the secrets folder cannot be opened: check --secrets-dir";
	fd = open_reference(r, path);
	if (fd < 0)
		return open_fault(errno);
	fault = read_file(r, path, fd, dst, ret_len);
	close(fd);
	return fault;
}

static const char *resolve_variable(const char *name, char *dst, size_t *ret_len)
{
	const char *value = getenv(name);
	size_t len = value ? strlen(value) : 0;

	if (len == 0)
		return "names an environment variable that is not set or empty: set it";
	if (len > REFERENCE_SECRET_MAX)
		return "names an environment variable of over 4096 bytes: shorten it";
	memcpy(dst, value, len + 1);
	*ret_len = len;
	return NULL;
}

const char *reference_resolve(
	struct references *r, const char *reference, char *dst, size_t *ret_len)
{
	const char *name = behind(reference, "env:");
	const char *fault;
	size_t len = 0;

	if (name)
		fault = resolve_variable(name, dst, &len);
	else
		fault = resolve_file(r, behind(reference, "file:"), dst, &len);
	if (fault)
		return fault;
	if (len == 0)
		return "names an empty file: write the password into it";
	if (memchr(dst, '\0', len))
		return "leads to a secret with a NUL byte in it: remove it";
	if (!utf8_valid(dst, len))
		return "leads to a secret that is not UTF-8: save it as UTF-8";
	*ret_len = len;
	return NULL;
}
