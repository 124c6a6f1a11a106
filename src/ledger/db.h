/* db.h - what every user of SQLite here needs: errors in our words, bound values. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"

/**
 * Open a database, for one thread at a time. Sets SQLite up for the process, once.
 *
 * @param ret  as sqlite3_open_v2() leaves it, also on trouble
 * @return a result code of SQLite
 */
int db_open(const char *name, int flags, sqlite3 **ret);

/**
 * The sentence for SQLite's trouble with the ledger at `path`.
 *
 * @param db    may be NULL
 * @param path  NULL: it is a temporary file
 * @param rc    an extended result code, not OK, ROW or DONE
 * @return a negative errno; -EBUSY is never among them (that is the lock's)
 */
int db_trouble(sqlite3 *db, int rc, const char *path, struct error *reterr);

/** Run statements without values or rows. 0 or a negative errno with its sentence. */
int db_exec(sqlite3 *db, const char *sql, const char *path, struct error *reterr);

/** The one number that `sql` asks for. */
int db_number(sqlite3 *db, const char *sql, const char *path, int64_t *ret, struct error *reterr);

/** Parameters one after the other. Text stays the caller's until the reset. */
struct binder {
	sqlite3_stmt *stmt;
	int at;
};

static inline struct binder bind_to(sqlite3_stmt *stmt)
{
	return (struct binder){.stmt = stmt};
}

static inline void bind_number(struct binder *b, int64_t value)
{
	sqlite3_bind_int64(b->stmt, ++b->at, value);
}

/** 0 takes a byte less as NULL, and both read as 0. */
static inline void bind_some(struct binder *b, int64_t value)
{
	b->at++;
	if (value)
		sqlite3_bind_int64(b->stmt, b->at, value);
	else
		sqlite3_bind_null(b->stmt, b->at);
}

static inline void bind_blob(struct binder *b, const void *data, int size)
{
	sqlite3_bind_blob(b->stmt, ++b->at, data, size, SQLITE_STATIC);
}

/** "" is NULL in the file, and NULL is "" when it is read. */
static inline void bind_text(struct binder *b, const char *text)
{
	b->at++;
	if (text && text[0])
		sqlite3_bind_text(b->stmt, b->at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(b->stmt, b->at);
}

static inline const char *column_text(sqlite3_stmt *stmt, int i)
{
	const unsigned char *text = sqlite3_column_text(stmt, i);

	return text ? (const char *)text : "";
}
