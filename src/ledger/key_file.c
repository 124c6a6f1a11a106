#include "ledger/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/log.h"

#define TEXT_SIZE (2 * KEY_SIZE + 1) /* hex digits and a newline */
#define SHOWN_SIZE 400

static int path_of(struct buf *ret, const char *ledger, struct error *reterr)
{
	buf_init(ret, PATH_MAX);
	if (buf_printf(ret, "%s.key", ledger) == 0)
		return 0;
	return error_set(reterr, -ENAMETOOLONG,
		"the path of the ledger's key is too long: name a "
		"shorter --ledger");
}

static bool parse(const char text[TEXT_SIZE], uint8_t ret[KEY_SIZE])
{
	size_t len;

	return text[TEXT_SIZE - 1] == '\n' &&
	       sodium_hex2bin(ret, KEY_SIZE, text, TEXT_SIZE - 1, NULL, &len, NULL) == 0 &&
	       len == KEY_SIZE;
}

static int check_owner(int fd, const char *shown, struct stat *ret, struct error *reterr)
{
	if (fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode))
		return error_set(reterr, -EINVAL,
			"'%s' is no regular file, so it cannot be the ledger's key: restore the "
			"key, or name another --ledger",
			shown);
	if (ret->st_uid != geteuid())
		return error_set(reterr, -EPERM,
			"'%s' belongs to another user: run as the user whose ledger it is, or name "
			"another --ledger",
			shown);
	if (ret->st_mode & (S_IRWXG | S_IRWXO))
		log_warn("'%s' can be read by others, who could try passwords on the ledger: chmod "
			 "600 it",
			shown);
	return 0;
}

static int refuse(const char *shown, struct error *reterr)
{
	return error_set(reterr, -EINVAL,
		"'%s' is not a ledger's key: restore it, or name another --ledger", shown);
}

/* 1 when the key is whole, 0 when a dead start left the torso of one, or trouble. */
static int judge(int fd, const struct stat *st, const char *shown, uint8_t ret[KEY_SIZE],
	struct error *reterr)
{
	char text[TEXT_SIZE + 1] = {0};
	int r = -EINVAL;

	if (st->st_size == TEXT_SIZE && file_pread_all(fd, text, TEXT_SIZE, 0) == 0 &&
		parse(text, ret))
		r = 1;
	else if (st->st_size < TEXT_SIZE && file_pread_all(fd, text, (size_t)st->st_size, 0) == 0 &&
		 strspn(text, "0123456789abcdef") == (size_t)st->st_size)
		r = 0;
	wipe(text, sizeof(text));
	return r < 0 ? refuse(shown, reterr) : r;
}

/* As judge(), or -ENOENT, without a sentence. */
static int read_key(
	const char *path, const char *shown, uint8_t ret[KEY_SIZE], struct error *reterr)
{
	struct stat st;
	int fd, r;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0) {
		r = -errno;
		return error_set(reterr, r,
			"cannot read the ledger's key '%s' (%s): make it readable, or name another "
			"--ledger",
			shown, strerror(-r));
	}
	r = check_owner(fd, shown, &st, reterr);
	if (r == 0)
		r = judge(fd, &st, shown, ret, reterr);
	close(fd);
	return r;
}

int key_file_read(const char *path, uint8_t ret[KEY_SIZE], struct error *reterr)
{
	AUTO(buf_done) struct buf where = {0};
	char shown[SHOWN_SIZE];
	int r = path_of(&where, path, reterr);

	if (r < 0)
		return r;
	str_shown(shown, sizeof(shown), where.data);
	r = read_key(where.data, shown, ret, reterr);
	if (r == -ENOENT)
		return error_set(reterr, r,
			"the ledger's key '%s' is missing: restore it from where the ledger came "
			"from, or name another --ledger (what is in this one is then not known)",
			shown);
	if (r == 0)
		return refuse(shown, reterr);
	return r < 0 ? r : 0;
}

static int write_key(
	const char *path, const char *shown, const uint8_t key[KEY_SIZE], struct error *reterr)
{
	char text[TEXT_SIZE + 1];
	int fd, r;

	fd = file_create_afresh(path, reterr);
	if (fd < 0)
		return fd;
	sodium_bin2hex(text, sizeof(text), key, KEY_SIZE);
	text[TEXT_SIZE - 1] = '\n';
	r = file_write_all(fd, text, TEXT_SIZE);
	wipe(text, sizeof(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	close(fd);
	if (r == 0)
		r = file_sync_folder_of(path);
	if (r < 0)
		return error_set(reterr, r,
			"cannot write the ledger's key '%s' (%s): look after the disk, then run "
			"again",
			shown, strerror(-r));
	return 0;
}

int key_file_make(const char *path, uint8_t ret[KEY_SIZE], struct error *reterr)
{
	AUTO(buf_done) struct buf where = {0};
	char shown[SHOWN_SIZE];
	int r = path_of(&where, path, reterr);

	if (r < 0)
		return r;
	str_shown(shown, sizeof(shown), where.data);
	r = read_key(where.data, shown, ret, reterr);
	if (r == 1)
		return 0;
	if (r < 0 && r != -ENOENT)
		return r;
	if (key_random(ret) < 0)
		return error_set(reterr, -EIO, "libsodium does not start: repair its installation");
	return write_key(where.data, shown, ret, reterr);
}
