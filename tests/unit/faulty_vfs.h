/* faulty_vfs.h - SQLite's file system with a fault in it.
 *
 * A shim over the default VFS: the n-th write (or truncation), or the n-th
 * sync, of the ledger and its log fails, and so does every later one. So may
 * the n-th sync of the ledger itself, which happens when the log is copied.
 */
#pragma once

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

enum faulty_op { FAULTY_WRITE, FAULTY_SYNC, FAULTY_SYNC_LEDGER, FAULTY_OP_COUNT };

static struct {
	atomic_long left[FAULTY_OP_COUNT]; /* operations until the fault; < 0: never */
	atomic_bool failed;
	atomic_long written_after; /* writes that were asked for after the first fault */
	sqlite3_vfs *real;
	sqlite3_vfs vfs;
	sqlite3_io_methods methods;
} faulty;

struct faulty_file {
	sqlite3_file base;
	sqlite3_file *real; /* lies behind this struct */
	int is_ledger;
};

static int faulty_count(enum faulty_op op)
{
	if (atomic_load(&faulty.failed)) {
		atomic_fetch_add(&faulty.written_after, op == FAULTY_WRITE);
		return 1;
	}
	if (atomic_load(&faulty.left[op]) < 0 || atomic_fetch_sub(&faulty.left[op], 1) > 0)
		return 0;
	atomic_store(&faulty.failed, true);
	return 1;
}

#define REAL(f) (((struct faulty_file *)(void *)(f))->real)

static int faulty_close(sqlite3_file *f)
{
	return REAL(f)->pMethods->xClose(REAL(f));
}

static int faulty_read(sqlite3_file *f, void *data, int len, sqlite3_int64 at)
{
	return REAL(f)->pMethods->xRead(REAL(f), data, len, at);
}

static int faulty_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
	return faulty_count(FAULTY_WRITE) ? SQLITE_FULL
					  : REAL(f)->pMethods->xWrite(REAL(f), data, len, at);
}

static int faulty_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return faulty_count(FAULTY_WRITE) ? SQLITE_IOERR_TRUNCATE
					  : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int faulty_sync(sqlite3_file *f, int flags)
{
	int is_ledger = ((struct faulty_file *)(void *)f)->is_ledger;

	if (faulty_count(FAULTY_SYNC) || (is_ledger && faulty_count(FAULTY_SYNC_LEDGER)))
		return SQLITE_IOERR_FSYNC;
	return REAL(f)->pMethods->xSync(REAL(f), flags);
}

static int faulty_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), ret);
}

static int faulty_lock(sqlite3_file *f, int kind)
{
	return REAL(f)->pMethods->xLock(REAL(f), kind);
}

static int faulty_unlock(sqlite3_file *f, int kind)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), kind);
}

static int faulty_reserved(sqlite3_file *f, int *ret)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), ret);
}

static int faulty_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int faulty_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int faulty_device(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int faulty_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, ret);
}

static int faulty_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int faulty_shm_unmap(sqlite3_file *f, int remove)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), remove);
}

static int faulty_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *ret)
{
	struct faulty_file *file = (struct faulty_file *)(void *)f;
	int rc;

	file->real = (sqlite3_file *)(void *)(file + 1);
	file->is_ledger = (flags & SQLITE_OPEN_MAIN_DB) != 0;
	rc = faulty.real->xOpen(faulty.real, path, file->real, flags, ret);
	file->base.pMethods = rc == SQLITE_OK ? &faulty.methods : NULL;
	return rc;
}

/* From now on, all databases that are opened have it. */
static void faulty_install(void)
{
	faulty.real = sqlite3_vfs_find(NULL);
	faulty.vfs = *faulty.real;
	faulty.vfs.zName = "faulty";
	faulty.vfs.szOsFile = (int)sizeof(struct faulty_file) + faulty.real->szOsFile;
	faulty.vfs.xOpen = faulty_open;
	faulty.methods = (sqlite3_io_methods){
		.iVersion = 2,
		.xClose = faulty_close,
		.xRead = faulty_read,
		.xWrite = faulty_write,
		.xTruncate = faulty_truncate,
		.xSync = faulty_sync,
		.xFileSize = faulty_size,
		.xLock = faulty_lock,
		.xUnlock = faulty_unlock,
		.xCheckReservedLock = faulty_reserved,
		.xFileControl = faulty_control,
		.xSectorSize = faulty_sector,
		.xDeviceCharacteristics = faulty_device,
		.xShmMap = faulty_shm_map,
		.xShmLock = faulty_shm_lock,
		.xShmBarrier = faulty_shm_barrier,
		.xShmUnmap = faulty_shm_unmap,
	};
	sqlite3_vfs_register(&faulty.vfs, 1);
}

/* The n-th from now on fails, and all after it; negative: none does. */
static void faulty_set(enum faulty_op op, long n)
{
	for (int i = 0; i < FAULTY_OP_COUNT; i++) {
		atomic_store(&faulty.left[i], i == (int)op ? n : -1);
	}
	atomic_store(&faulty.failed, false);
	atomic_store(&faulty.written_after, 0);
}
