#include "ledger/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "sys/file.h"
#include "sys/lock.h"

#define SHOWN_SIZE 400
#define REAL_MAX (PATH_MAX - 16) /* room for "-journal" behind it */

static int trouble(const char *path, int code, struct error *reterr)
{
	char shown[SHOWN_SIZE];

	str_shown(shown, sizeof(shown), path);
	return error_set(reterr, code,
		"cannot use '%s' as ledger (%s): make its folder and file writable, or name "
		"another "
		"--ledger",
		shown, strerror(-code));
}

int files_real_path(const char *path, struct buf *ret, struct error *reterr)
{
	char for_folder[PATH_MAX], for_name[PATH_MAX], *folder, *name;
	int r;

	buf_init(ret, REAL_MAX);
	if (strlen(path) >= sizeof(for_folder))
		return trouble(path, -ENAMETOOLONG, reterr);
	str_copy(for_folder, sizeof(for_folder), path);
	str_copy(for_name, sizeof(for_name), path);
	name = basename(for_name);
	folder = realpath(dirname(for_folder), NULL);
	if (!folder)
		return trouble(path, -errno, reterr);
	r = buf_printf(ret, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
	free(folder);
	return r < 0 ? trouble(path, -ENAMETOOLONG, reterr) : 0;
}

/* What SQLite would open beside it, links followed. */
static int check_companions(const struct files *f, struct error *reterr)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
	AUTO(buf_done) struct buf path = {0};

	buf_init(&path, PATH_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		int r;

		buf_reset(&path);
		r = buf_printf(&path, "%s%s", f->real.data, suffixes[i]);
		if (r == 0)
			r = file_check_replaceable(path.data, NULL, 0, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static struct file_id id_of(const struct stat *st)
{
	return (struct file_id){.dev = st->st_dev, .ino = st->st_ino};
}

static struct file_id id_at(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? id_of(&st) : (struct file_id){0};
}

static int open_ledger(struct files *f, bool must_exist, struct error *reterr)
{
	struct stat st;
	int r = 0;

	f->fd = open(f->real.data,
		O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
			(must_exist ? 0 : O_CREAT),
		0600);
	if (f->fd < 0)
		return trouble(f->path, -errno, reterr);
	if (fstat(f->fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if ((st.st_mode & 0777) != 0600 && fchmod(f->fd, 0600) < 0)
		r = -errno; /* SQLite gives its other files the mode of this one */
	if (r == 0 && st.st_size == 0)
		r = file_sync_folder_of(f->real.data);
	if (r < 0)
		return trouble(f->path, r, reterr);
	f->id = id_of(&st);
	return 0;
}

int files_open(struct files *f, const char *path, bool must_exist, const struct stat *inputs,
	size_t input_count, struct error *reterr)
{
	int r;

	*f = (struct files){.path = path, .fd = -1};
	buf_init(&f->wal, PATH_MAX);
	r = file_check_replaceable(path, inputs, input_count, reterr);
	if (r == 0)
		r = files_real_path(path, &f->real, reterr);
	if (r == 0)
		r = buf_printf(&f->wal, "%s-wal", f->real.data);
	if (r == 0)
		r = check_companions(f, reterr);
	if (r == 0)
		r = open_ledger(f, must_exist, reterr);
	if (r == 0)
		r = lock_take(f->fd, path, reterr);
	f->locked = r == 0;
	if (r == 0) /* not before the lock: what held it may have been replaced meanwhile */
		r = files_check(f, reterr);
	return r;
}

void files_close(struct files *f)
{
	if (f->locked)
		lock_forget(f->path);
	if (f->path && f->fd >= 0)
		close(f->fd);
	buf_done(&f->real);
	buf_done(&f->wal);
	*f = (struct files){.fd = -1};
}

void files_note_wal(struct files *f)
{
	f->wal_id = id_at(f->wal.data);
}

static int check_one(
	const char *path, const struct file_id *opened, const char *shown, struct error *reterr)
{
	struct file_id named = id_at(path);

	if (named.dev == opened->dev && named.ino == opened->ino)
		return 0;
	return error_set(reterr, -ESTALE,
		"the ledger '%s' was removed or replaced during the run: put back it and what lay "
		"beside it, then run again; without it, what this run created is found by the "
		"inventory only",
		shown);
}

int files_check(const struct files *f, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	int r;

	str_shown(shown, sizeof(shown), f->path);
	r = check_one(f->real.data, &f->id, shown, reterr);
	if (r == 0 && f->wal_id.ino)
		r = check_one(f->wal.data, &f->wal_id, shown, reterr);
	return r;
}
