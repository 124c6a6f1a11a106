/* Only the kernel's lock is true. PATH.lock is a note for people: it may be
 * stale, missing or nonsense, and then the message is the poorer for it.
 *
 * An open-file-description lock rather than a POSIX one: that goes when *any*
 * descriptor of the file is closed, by whatever library. It covers one byte far
 * behind the end of any file, for SQLite has POSIX locks of its own on a ledger
 * (from 1 GiB on), and the two kinds stand in each other's way.
 */
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

#define NOTE_MAX 512
#define SHOWN_SIZE 400
#define SUFFIX ".lock"
#define LOCK_BYTE ((off_t)1 << 62)

struct note {
	uint64_t pid;
	char host[HOST_NAME_MAX + 1];
	char start[RFC3339_SIZE];
};

static struct note note_of_ours(void)
{
	struct note n = {.pid = (uint64_t)getpid()};

	/* gethostname() need not terminate what it cuts; the struct is zeroed. */
	if (gethostname(n.host, sizeof(n.host) - 1) < 0 || !str_visible_ascii(n.host))
		str_copy(n.host, sizeof(n.host), "unknown");
	rfc3339_format(clock_wall_ms(), n.start);
	return n;
}

static int note_path(struct buf *ret, const char *path)
{
	buf_init(ret, PATH_MAX);
	return buf_printf(ret, "%s" SUFFIX, path);
}

static int note_write(const char *path, const struct note *n)
{
	AUTO(buf_done) struct buf where = {0}, text = {0};
	int fd, r;

	buf_init(&text, NOTE_MAX);
	r = note_path(&where, path);
	if (r == 0)
		r = buf_printf(
			&text, "%llu %s %s\n", (unsigned long long)n->pid, n->host, n->start);
	if (r < 0)
		return r;
	fd = file_create_afresh(where.data, NULL);
	if (fd < 0)
		return fd;
	r = file_write_all(fd, text.data, text.len);
	close(fd);
	return r;
}

static bool take_word(char **rest, char end, char *dst, size_t dst_len)
{
	char *stop = strchr(*rest, end);

	if (!stop || (size_t)(stop - *rest) >= dst_len)
		return false;
	*stop = '\0';
	str_copy(dst, dst_len, *rest);
	*rest = stop + 1;
	return str_visible_ascii(dst);
}

static bool note_parse(char *text, struct note *ret)
{
	char pid[24];

	return take_word(&text, ' ', pid, sizeof(pid)) &&
	       str_u64(pid, 1, INT_MAX, &ret->pid) == 0 &&
	       take_word(&text, ' ', ret->host, sizeof(ret->host)) &&
	       take_word(&text, '\n', ret->start, sizeof(ret->start)) && *text == '\0';
}

/* Whoever can write to the folder can write the note: it is read as a stranger's. */
static bool note_read(const char *path, struct note *ret)
{
	AUTO(buf_done) struct buf where = {0};
	char text[NOTE_MAX];
	ssize_t n;
	int fd;

	if (note_path(&where, path) < 0)
		return false;
	fd = open(where.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return note_parse(text, ret);
}

static int tell_busy(const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	struct note n;

	str_shown(shown, sizeof(shown), path);
	if (!note_read(path, &n))
		return error_set(reterr, -EBUSY,
			"'%s' is in use by another run: wait for it or stop it", shown);
	return error_set(reterr, -EBUSY,
		"'%s' is in use by another run (pid %llu on %s, since %s): wait for it or stop it",
		shown, (unsigned long long)n.pid, n.host, n.start);
}

static struct flock lock_byte(void)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
}

bool lock_is_held(int fd)
{
	struct flock lock = lock_byte();

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int lock_take(int fd, const char *path, struct error *reterr)
{
	struct flock lock = lock_byte();
	struct note n = note_of_ours();
	char shown[SHOWN_SIZE];
	int r;

	if (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		r = -errno;
		if (r == -EAGAIN || r == -EACCES)
			return tell_busy(path, reterr);
		str_shown(shown, sizeof(shown), path);
		return error_set(reterr, r,
			"cannot lock '%s' (%s): put it on a file system that has locks", shown,
			strerror(-r));
	}
	r = note_write(path, &n);
	if (r < 0)
		log_debug("'%s" SUFFIX "' was not written: %s", path, strerror(-r));
	return 0;
}

void lock_forget(const char *path)
{
	AUTO(buf_done) struct buf where = {0};
	struct note ours = note_of_ours(), n;

	if (!note_read(path, &n) || n.pid != ours.pid || strcmp(n.host, ours.host) != 0)
		return; /* somebody else's, or none of ours was written */
	if (note_path(&where, path) == 0)
		unlink(where.data);
}
