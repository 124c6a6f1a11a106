/* reader_open.h - a connection that looks and changes nothing.
 *
 * While a run is going, SQLite's own locks in the -shm file let a reader see
 * one moment of the ledger without anybody waiting. The same holds for what a
 * dead run left, as long as its log lies beside it.
 *
 * Where there is no log, nobody is writing, and SQLite would have to create
 * one; such a file is read as it lies ("immutable"), and whoever has read it
 * asks afterwards whether a run has begun meanwhile.
 *
 * Not for the process that writes the ledger: closing our descriptor of the
 * file would drop the locks that its SQLite holds.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"

struct reader_file {
	const char *path; /* for messages; the caller's */
	struct buf real;
	int fd; /* opened before SQLite's, closed after it */
	sqlite3 *db;
	int version;        /* of its schema: an older one is read as it is */
	bool as_it_lies;    /* nobody was writing, … */
	struct stat before; /* … and the file was this */
};

int reader_file_open(struct reader_file *f, const char *path, struct error *reterr);
void reader_file_close(struct reader_file *f);

/** Does a living process hold the ledger? */
bool reader_file_going(const struct reader_file *f);

/** False when what was read since it was opened may be half old, half new: open it anew. */
bool reader_file_still(const struct reader_file *f);
