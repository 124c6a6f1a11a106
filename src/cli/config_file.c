/* config_file.c - an INI file of options, if it can be trusted.
 *
 * inih splits the lines. It is handed them one at a time and stripped of their
 * indentation, which it would take for a continuation of the line before, and
 * never in part: the rest of a long line would become a line of its own.
 */
#include "cli/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

struct reading {
	const char *path; /* fit for a terminal */
	const char *at, *end;
	unsigned line; /* that was handed out last, from 1 */
	config_take_fn *take;
	void *arg;
	struct error *reterr;
	int r; /* the first error; reading ends there */
};

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool is_owner_trusted(uid_t owner)
{
	return owner == geteuid() || owner == 0;
}

/* The file behind `fd`, and the symbolic link by which it may have been reached. */
static int check_trust(int fd, const char *path, const char *shown, struct error *reterr)
{
	struct stat st, link;

	if (fstat(fd, &st) < 0 || lstat(path, &link) < 0)
		return error_set(reterr, -errno, "cannot look at '%s': %s", shown, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(reterr, -EINVAL, "'%s' is no regular file: name another", shown);
	if (!is_owner_trusted(st.st_uid) || !is_owner_trusted(link.st_uid))
		return error_set(reterr, -EPERM,
			"'%s' belongs to another user, who could send your secrets elsewhere: "
			"make it yours by chown, or remove it",
			shown);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(reterr, -EPERM,
			"'%s' can be written by others, who could send your secrets elsewhere: "
			"chmod go-w it",
			shown);
	if (st.st_size > CONFIG_FILE_MAX)
		return error_set(reterr, -EFBIG, "'%s' is over %d bytes: name another", shown,
			CONFIG_FILE_MAX);
	return 0;
}

static int read_whole(int fd, const char *shown, struct buf *b, struct error *reterr)
{
	ssize_t n;
	int r;

	do {
		r = buf_reserve(b, 4096);
		if (r == -ENOBUFS)
			return error_set(reterr, -EFBIG, "'%s' is over %d bytes: name another",
				shown, CONFIG_FILE_MAX);
		if (r < 0)
			return error_set(reterr, r, "no memory to read '%s'", shown);
		n = read(fd, b->data + b->len, 4096);
		if (n > 0)
			buf_commit(b, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return error_set(reterr, -errno, "cannot read '%s': %s", shown, strerror(errno));
	if (b->len > 0 && memchr(b->data, '\0', b->len))
		return error_set(reterr, -EINVAL, "'%s' holds a NUL byte: it is no text", shown);
	return 0;
}

static char *stop_reading(struct reading *r, int code, const char *why)
{
	r->r = error_set(r->reterr, code, "%s:%u: %s", r->path, r->line, why);
	return NULL;
}

/* inih's fgets(). */
static char *next_line(char *dst, int room, void *arg)
{
	struct reading *r = arg;
	const char *newline;
	size_t len;

	if (r->r < 0 || r->at == r->end)
		return NULL;
	r->line++;
	newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
	len = (size_t)((newline ? newline : r->end) - r->at);
	if (*r->at == '[')
		return stop_reading(r, -EINVAL, "there are no sections here: remove this line");
	if (len + 2 > (size_t)room)
		return stop_reading(r, -EINVAL,
			"the line is too long: say this option by flag or in the environment");
	memcpy(dst, r->at, len);
	dst[len] = '\n';
	dst[len + 1] = '\0';
	r->at += len + (newline != NULL);
	return dst;
}

/* inih's handler: 0 is an error. */
static int take_pair(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;
	AUTO(buf_done) struct buf place = {0};
	size_t len = strlen(value);

	buf_init(&place, PATH_MAX);
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
		stop_reading(r, -EINVAL, "values have no quotes around them: remove them");
		return 0;
	}
	r->r = buf_printf(&place, "%s:%u", r->path, r->line);
	if (r->r < 0)
		error_set(r->reterr, r->r, "no memory to read '%s'", r->path);
	else
		r->r = r->take(r->arg, place.data, key, value, r->reterr);
	return r->r == 0;
}

static int parse(struct reading *r)
{
	int bad_line;

	bad_line = ini_parse_stream(next_line, r, take_pair, r);
	if (r->r < 0)
		return r->r;
	if (bad_line < 0)
		return error_set(r->reterr, -ENOMEM, "no memory to read '%s'", r->path);
	if (bad_line > 0)
		return error_set(r->reterr, -EINVAL, "%s:%d: write this line as name = value",
			r->path, bad_line);
	return 0;
}

int config_file_read(const char *path, config_take_fn *take, void *arg, struct error *reterr)
{
	static const char bom[] = "\xef\xbb\xbf";
	AUTO(buf_done) struct buf text = {0};
	AUTO(closep) int fd = -1;
	char shown[256];
	struct reading reading;
	int r;

	/* 4096 beyond, for the last read to find the end. */
	buf_init(&text, CONFIG_FILE_MAX + 4096);
	str_shown(shown, sizeof(shown), path);
	/* Without O_NONBLOCK a named pipe would wait for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		r = errno == ENOTDIR ? -ENOENT : -errno;
		return error_set(reterr, r, "cannot read '%s': %s", shown, strerror(-r));
	}
	r = check_trust(fd, path, shown, reterr);
	if (r == 0)
		r = read_whole(fd, shown, &text, reterr);
	if (r < 0 || text.len == 0)
		return r;

	reading = (struct reading){.path = shown,
		.at = text.data,
		.end = text.data + text.len,
		.take = take,
		.arg = arg,
		.reterr = reterr};
	if (text.len >= 3 && memcmp(text.data, bom, 3) == 0)
		reading.at += 3;
	return parse(&reading);
}
