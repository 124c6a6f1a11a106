#include "input/bytes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

static_assert(BYTES_DIGEST == crypto_generichash_BYTES, "libsodium's own length");

/* ------------------------------------------------------------------- open */

static int open_path(struct bytes *b, const char *path)
{
	if (strcmp(path, "-") == 0)
		b->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (b->fd < 0 || fstat(b->fd, &b->stat) < 0)
		return -errno;
	if (S_ISDIR(b->stat.st_mode))
		return -EISDIR;
	/* Standard input may begin in the middle of a file, and then has no start
	 * to go back to. */
	b->regular = S_ISREG(b->stat.st_mode) && strcmp(path, "-") != 0;
	return 0;
}

static int open_fault(const struct bytes *b, int code, struct error *reterr)
{
	switch (code) {
	case -ENOENT: return error_set(reterr, code, "%s: no such file: check the path", b->shown);
	case -EISDIR:
		return error_set(reterr, code, "%s: is a directory: name a CSV file", b->shown);
	case -EACCES:
		return error_set(
			reterr, code, "%s: may not be read: check its permissions", b->shown);
	default:
		return error_set(
			reterr, code, "%s: cannot be opened: %s", b->shown, strerror(-code));
	}
}

static void hash_start(struct bytes *b)
{
	crypto_generichash_init(b->hash, NULL, 0, BYTES_DIGEST);
}

int bytes_open(struct bytes *b, const char *path, struct error *reterr)
{
	int r;

	*b = BYTES_INIT;
	if (strcmp(path, "-") == 0)
		str_copy(b->shown, sizeof(b->shown), "standard input");
	else
		str_shown(b->shown, sizeof(b->shown), path);

	if (sodium_init() < 0)
		return error_set(reterr, -ENOSYS, "libsodium cannot be used on this machine");
	r = open_path(b, path);
	if (r < 0) {
		bytes_done(b);
		return open_fault(b, r, reterr);
	}
	b->chunk = malloc(BYTES_CHUNK);
	b->hash = aligned_alloc(64, crypto_generichash_statebytes());
	if (!b->chunk || !b->hash) {
		bytes_done(b);
		return error_set(reterr, -ENOMEM, "%s: out of memory", b->shown);
	}
	hash_start(b);
	return 0;
}

void bytes_done(struct bytes *b)
{
	if (b->fd >= 0)
		close(b->fd);
	if (b->chunk)
		wipe(b->chunk, BYTES_CHUNK);
	if (b->hash) /* holds the last bytes that it was fed */
		wipe(b->hash, crypto_generichash_statebytes());
	free(b->chunk);
	free(b->hash);
	b->fd = -1;
	b->chunk = NULL;
	b->hash = NULL;
	b->start = b->end = 0;
}

/* ------------------------------------------------------ stays as it was */

static int changed(const struct bytes *b, struct error *reterr)
{
	return error_set(reterr, -ESTALE,
		"%s: changed while it was read: leave it alone, then run again", b->shown);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static int check_stat(const struct bytes *b, struct error *reterr)
{
	struct stat now;

	if (!b->regular)
		return 0;
	if (fstat(b->fd, &now) < 0)
		return error_set(
			reterr, -errno, "%s: cannot be read: %s", b->shown, strerror(errno));
	if (now.st_size != b->stat.st_size || !same_time(&now.st_mtim, &b->stat.st_mtim) ||
		!same_time(&now.st_ctim, &b->stat.st_ctim))
		return changed(b, reterr);
	return 0;
}

/* A file written to through a mapping may change long before its times do. */
static int check_digest(struct bytes *b, struct error *reterr)
{
	unsigned char digest[BYTES_DIGEST];

	if (!b->regular)
		return 0;
	crypto_generichash_final(b->hash, digest, sizeof(digest));
	if (b->has_digest && memcmp(b->digest, digest, sizeof(digest)) != 0)
		return changed(b, reterr);
	memcpy(b->digest, digest, sizeof(digest));
	b->has_digest = true;
	return 0;
}

/* ------------------------------------------------------------------- read */

/* 1 when a read would not block, 0 when it would. */
static int readable(const struct bytes *b, bool block)
{
	struct pollfd p = {.fd = b->fd, .events = POLLIN};
	int r;

	if (b->regular)
		return 1;
	do {
		r = poll(&p, 1, block ? -1 : 0);
	} while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : r;
}

/* Read behind b->end. */
static int read_some(struct bytes *b, bool block, struct error *reterr)
{
	ssize_t n;
	int r;

	do {
		r = readable(b, block);
		if (r == 0)
			return BYTES_WAIT;
		n = r < 0 ? -1 : read(b->fd, b->chunk + b->end, BYTES_CHUNK - b->end);
	} while (n < 0 && (errno == EINTR || (errno == EAGAIN && block)));
	if (n < 0 && errno == EAGAIN)
		return BYTES_WAIT;
	if (n < 0) {
		r = -errno;
		return error_set(reterr, r, "%s: cannot be read: %s", b->shown, strerror(-r));
	}

	r = check_stat(b, reterr);
	if (r < 0)
		return r;
	if (n == 0) {
		b->ended = true;
		r = check_digest(b, reterr);
		return r < 0 ? r : BYTES_END;
	}
	if (b->regular)
		crypto_generichash_update(b->hash, (unsigned char *)b->chunk + b->end, (size_t)n);
	b->end += (size_t)n;
	b->lf = b->cr = 0; /* look for them again */
	return BYTES_SOME;
}

int bytes_peek(struct bytes *b, const char **ret, size_t *ret_len, struct error *reterr)
{
	int r = BYTES_END;

	if (!b->ended && b->end < BYTES_CHUNK)
		r = read_some(b, true, reterr);
	if (r < 0)
		return r;
	*ret = b->chunk + b->start;
	*ret_len = b->end - b->start;
	return r;
}

void bytes_skip(struct bytes *b, size_t len)
{
	assert(len <= b->end - b->start);
	b->start += len;
}

static size_t find(const struct bytes *b, char c)
{
	const char *p = memchr(b->chunk + b->start, c, b->end - b->start);

	return p ? (size_t)(p - b->chunk) : b->end;
}

int bytes_next(struct bytes *b, bool block, const char **ret, size_t *ret_len, struct error *reterr)
{
	size_t stop;
	int r;

	if (b->start == b->end) {
		if (b->ended)
			return BYTES_END;
		wipe(b->chunk, b->end);
		b->start = b->end = 0;
		r = read_some(b, block, reterr);
		if (r != BYTES_SOME)
			return r;
	}

	/* Each is looked for once, not once a segment: a file without any CR
	 * would be read through to the end of the chunk for every line. */
	if (b->lf <= b->start)
		b->lf = find(b, '\n');
	if (b->cr <= b->start)
		b->cr = find(b, '\r');
	stop = MIN(b->lf, b->cr);
	if (stop < b->end)
		stop++;

	*ret = b->chunk + b->start;
	*ret_len = stop - b->start;
	b->start = stop;
	return BYTES_SOME;
}

int bytes_rewind(struct bytes *b, struct error *reterr)
{
	assert(b->regular);
	if (lseek(b->fd, 0, SEEK_SET) < 0)
		return error_set(
			reterr, -errno, "%s: cannot be read again: %s", b->shown, strerror(errno));
	wipe(b->chunk, b->end);
	b->start = b->end = 0;
	b->lf = b->cr = 0;
	b->ended = false;
	hash_start(b);
	return 0;
}
