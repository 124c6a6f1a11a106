#include "ledger/reader_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/files.h"
#include "ledger/schema.h"
#include "sys/lock.h"

#define SHOWN_SIZE 400

static int none_there(const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];

	str_shown(shown, sizeof(shown), path);
	return error_set(reterr, -ENOENT,
		"there is no ledger '%s' yet: run first, or name the --ledger of the run", shown);
}

static int open_descriptor(struct reader_file *f, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	struct stat st;
	int r;

	f->fd = open(f->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	r = f->fd < 0 ? -errno : 0;
	if (r == -ENOENT)
		return none_there(f->path, reterr);
	if (r == 0 && fstat(f->fd, &st) < 0)
		r = -errno;
	else if (r == 0 && !S_ISREG(st.st_mode))
		r = -EINVAL;
	if (r < 0)
		return error_set(reterr, r, "cannot read the ledger '%s': %s",
			str_shown(shown, sizeof(shown), f->path), strerror(-r));
	return 0;
}

static bool has_log(const struct reader_file *f)
{
	AUTO(buf_done) struct buf wal = {0};
	struct stat st;

	buf_init(&wal, PATH_MAX);
	return buf_printf(&wal, "%s-wal", f->real.data) < 0 ||
	       (lstat(wal.data, &st) == 0 && st.st_size > 0);
}

/* "file:PATH?immutable=1" */
static int make_uri(const struct reader_file *f, struct buf *ret)
{
	int r;

	buf_init(ret, 4 * (size_t)PATH_MAX);
	r = buf_append_str(ret, "file:");
	for (const char *p = f->real.data; *p && r == 0; p++) {
		if (strchr("?#%", *p))
			r = buf_printf(ret, "%%%02X", (unsigned)(unsigned char)*p);
		else
			r = buf_append_char(ret, *p);
	}
	return r < 0 ? r : buf_append_str(ret, f->as_it_lies ? "?immutable=1" : "");
}

static int connect(struct reader_file *f, struct error *reterr)
{
	AUTO(buf_done) struct buf uri = {0};
	int rc;

	f->as_it_lies = !lock_is_held(f->fd) && !has_log(f) && fstat(f->fd, &f->before) == 0;
	if (make_uri(f, &uri) < 0)
		return db_trouble(NULL, SQLITE_NOMEM, f->path, reterr);
	rc = db_open(uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, &f->db);
	return rc == SQLITE_OK ? 0 : db_trouble(f->db, rc, f->path, reterr);
}

static int look(struct reader_file *f, struct error *reterr)
{
	int r = schema_look(f->db, f->path, &f->version, reterr);

	if (r < 0)
		return r;
	if (f->version == 0)
		return none_there(f->path, reterr);
	return db_exec(f->db, "PRAGMA trusted_schema = OFF", f->path, reterr);
}

int reader_file_open(struct reader_file *f, const char *path, struct error *reterr)
{
	int r;

	*f = (struct reader_file){.path = path, .fd = -1};
	r = open_descriptor(f, reterr);
	if (r == 0)
		r = files_real_path(path, &f->real, reterr);
	if (r == 0)
		r = connect(f, reterr);
	if (r == 0)
		r = look(f, reterr);
	if (r < 0)
		reader_file_close(f);
	return r;
}

void reader_file_close(struct reader_file *f)
{
	sqlite3_close(f->db);
	if (f->fd >= 0)
		close(f->fd);
	buf_done(&f->real);
	*f = (struct reader_file){.fd = -1};
}

bool reader_file_going(const struct reader_file *f)
{
	return lock_is_held(f->fd);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool reader_file_still(const struct reader_file *f)
{
	struct stat st;

	if (!f->as_it_lies)
		return true;
	return !lock_is_held(f->fd) && !has_log(f) && fstat(f->fd, &st) == 0 &&
	       st.st_size == f->before.st_size && same_time(&st.st_mtim, &f->before.st_mtim) &&
	       same_time(&st.st_ctim, &f->before.st_ctim);
}
