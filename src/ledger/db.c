#include "ledger/db.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define SHOWN_SIZE 400
#define BUSY_MS 10000 /* a run that begins or ends holds it for moments */

/* Its count of memory takes a lock for each of some twelve allocations a row. */
static void set_up(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_open(const char *name, int flags, sqlite3 **ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rc;

	pthread_once(&once, set_up);
	rc = sqlite3_open_v2(name, ret, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(*ret, 1);
	sqlite3_busy_timeout(*ret, BUSY_MS);
	return SQLITE_OK;
}

static int damaged(const char *shown, const char *why, struct error *reterr)
{
	return error_set(reterr, -EUCLEAN,
		"the ledger '%s' is damaged (%s): restore it with its key from a copy, or name "
		"another --ledger (what is in this one is then not known)",
		shown, why);
}

static int on_input_output(sqlite3 *db, int rc, const char *shown, struct error *reterr)
{
	int number = db ? sqlite3_system_errno(db) : 0;
	const char *why = number ? strerror(number) : sqlite3_errstr(rc);

	if (number == ENOSPC || number == EDQUOT)
		return error_set(reterr, -number,
			"no space is left for the ledger '%s' (%s): make room, then run again: "
			"nothing that it knew is lost",
			shown, why);
	if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
		return error_set(reterr, -EIO,
			"the ledger '%s' cannot be brought to the disk (%s): look after the disk, "
			"then run again: nothing that it knew is lost",
			shown, why);
	return error_set(reterr, number ? -number : -EIO,
		"the ledger '%s' cannot be read or written (%s): look after the disk, then run "
		"again",
		shown, why);
}

static int on_no_write(sqlite3 *db, int rc, const char *shown, struct error *reterr)
{
	int number = db ? sqlite3_system_errno(db) : 0;
	const char *why = number ? strerror(number) : sqlite3_errstr(rc);

	return error_set(reterr, -EROFS,
		"cannot write the ledger '%s' or beside it (%s): make its folder writable, or name "
		"another --ledger",
		shown, why);
}

static int temporary_trouble(sqlite3 *db, int rc, struct error *reterr)
{
	int number = db ? sqlite3_system_errno(db) : 0;
	const char *why = number ? strerror(number) : sqlite3_errstr(rc);
	bool full = (rc & 0xff) == SQLITE_FULL || number == ENOSPC || number == EDQUOT;

	if ((rc & 0xff) == SQLITE_NOMEM)
		return error_set(reterr, -ENOMEM, "no memory for what the server lists");
	return error_set(reterr, full ? -ENOSPC : -EIO,
		"what the server lists cannot be kept in a temporary file (%s): make room in the "
		"folder for such files and make it writable, or name another by TMPDIR",
		why);
}

int db_trouble(sqlite3 *db, int rc, const char *path, struct error *reterr)
{
	char shown[SHOWN_SIZE];

	if (!path)
		return temporary_trouble(db, rc, reterr);
	str_shown(shown, sizeof(shown), path);
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return error_set(reterr, -ENOSPC,
			"no space is left for the ledger '%s': make room, then run again: nothing "
			"that it knew is lost",
			shown);
	case SQLITE_IOERR: return on_input_output(db, rc, shown, reterr);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM: return on_no_write(db, rc, shown, reterr);
	case SQLITE_NOTADB:
		return error_set(reterr, -EINVAL,
			"'%s' is not a ledger and stays untouched: name another --ledger", shown);
	case SQLITE_CORRUPT:
	case SQLITE_SCHEMA:
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return damaged(shown, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), reterr);
	case SQLITE_NOMEM: return error_set(reterr, -ENOMEM, "no memory for the ledger");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(reterr, -EAGAIN,
			"another program is writing to the ledger '%s': close it, then run again",
			shown);
	default:
		return error_set(reterr, -EIO, "the ledger '%s' cannot be used: %s", shown,
			db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	}
}

int db_exec(sqlite3 *db, const char *sql, const char *path, struct error *reterr)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : db_trouble(db, sqlite3_extended_errcode(db), path, reterr);
}

int db_number(sqlite3 *db, const char *sql, const char *path, int64_t *ret, struct error *reterr)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (rc == SQLITE_ROW)
		return 0;
	return db_trouble(db, rc == SQLITE_DONE ? SQLITE_CORRUPT : rc, path, reterr);
}
