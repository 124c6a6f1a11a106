/* record.h - a row of `connection` as a record. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "ledger/ledger.h"
#include "ledger/scopes.h"

/** What a statement must select, in this order, for record_read(). */
#define RECORD_COLUMNS RECORD_COLUMNS_BUT("description, updates")
/** … from a file of version 1, which is read as it is. */
#define RECORD_COLUMNS_1 RECORD_COLUMNS_BUT("NULL, NULL")

#define RECORD_COLUMNS_BUT(version_2)                                                              \
	"n, state, scope, name, seen_run, seen_row, outcome_run, told, relook, intent_ms, "        \
	"changed_ms, fingerprint, endpoint, username, status, id, etag, error_code, error, "       \
	"request_id, http_status, attempts, started_ms, duration_ms, " version_2

enum record_column {
	COLUMN_N,
	COLUMN_STATE,
	COLUMN_SCOPE,
	COLUMN_NAME,
	COLUMN_SEEN_RUN,
	COLUMN_SEEN_ROW,
	COLUMN_OUTCOME_RUN,
	COLUMN_TOLD,
	COLUMN_RELOOK,
	COLUMN_INTENT_MS,
	COLUMN_CHANGED_MS,
	COLUMN_FINGERPRINT,
	COLUMN_ENDPOINT,
	COLUMN_USERNAME,
	COLUMN_STATUS,
	COLUMN_ID,
	COLUMN_ETAG,
	COLUMN_ERROR_CODE,
	COLUMN_ERROR,
	COLUMN_REQUEST_ID,
	COLUMN_HTTP_STATUS,
	COLUMN_ATTEMPTS,
	COLUMN_STARTED_MS,
	COLUMN_DURATION_MS,
	COLUMN_DESCRIPTION,
	COLUMN_UPDATES,
};

/** Either, for a file of this version. */
const char *record_columns(int version);

/** Which runs have put their results in place. */
struct reported_runs {
	uint8_t *is; /* by number */
	uint64_t count;
};

int reported_load(struct reported_runs *r, sqlite3 *db, const char *path, struct error *reterr);
void reported_done(struct reported_runs *r);

/** Whose eyes see the row: the run's, for `seen` and `told`. */
struct record_view {
	const struct scopes *scopes;
	const struct reported_runs *reported;
	int64_t run;
};

/**
 * Read the row that `stmt` stands on. The text is SQLite's, until the next step.
 *
 * @return false when its scope, state or updates are none that there can be: damaged
 */
bool record_read(sqlite3_stmt *stmt, const struct record_view *view, struct ledger_record *ret);
