/* files.h - the ledger's files: opened safely, locked, and watched.
 *
 * SQLite goes on writing to a file whose name somebody removed or gave to
 * another one, and nobody would ever find what it wrote. So before each commit
 * the names are compared with what was opened.
 *
 * The descriptor is opened before SQLite's and closed after it: a process that
 * closes any descriptor of a file loses its POSIX locks on it, and those are
 * what SQLite has.
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"

struct file_id {
	dev_t dev;
	ino_t ino; /* 0: there is none */
};

struct files {
	const char *path; /* as the user named it, for messages; the caller's */
	struct buf real;  /* the same without links in its folders, for SQLite */
	struct buf wal;   /* that of its write-ahead log */
	int fd;           /* holds the lock */
	bool locked;
	struct file_id id, wal_id;
};

/**
 * Open `path`, or create it unless it `must_exist`, which must be no link, no other kind of file and none
 * of the `inputs`, and lock it.
 *
 * @param path  stays the caller's, as long as the files are open
 * @return 0, -EBUSY naming the holder, or another negative errno
 */
int files_open(struct files *f, const char *path, bool must_exist, const struct stat *inputs,
	size_t input_count, struct error *reterr);
void files_close(struct files *f); /* fine on one that did not open */

/** Without links in its folders, so that SQLite may refuse links. 0 or a negative errno. */
int files_real_path(const char *path, struct buf *ret, struct error *reterr);

/** From now on the log is there, and this one. */
void files_note_wal(struct files *f);

/** Are they all still there under their names? 0 or -ESTALE. */
int files_check(const struct files *f, struct error *reterr);
