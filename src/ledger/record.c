#include "ledger/record.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/db.h"
#include "ledger/updates.h"

#define RUNS_MAX ((int64_t)1 << 28)

const char *record_columns(int version)
{
	return version == 1 ? RECORD_COLUMNS_1 : RECORD_COLUMNS;
}

/* When a run has put its results in place, all that it saw was told by them,
 * if it had come to pass by then. So the end of a run has one row to write. */
static bool is_told(sqlite3_stmt *stmt, const struct record_view *view)
{
	int64_t seen_run = sqlite3_column_int64(stmt, COLUMN_SEEN_RUN);

	if (sqlite3_column_int(stmt, COLUMN_TOLD))
		return true;
	return seen_run >= 0 && (uint64_t)seen_run < view->reported->count &&
	       view->reported->is[seen_run] &&
	       sqlite3_column_int64(stmt, COLUMN_OUTCOME_RUN) <= seen_run;
}

static bool may_have_intent(enum ledger_state state)
{
	return state == LEDGER_STATE_INTENDED || state == LEDGER_STATE_DOUBT;
}

bool record_read(sqlite3_stmt *stmt, const struct record_view *view, struct ledger_record *ret)
{
	const struct scope *scope =
		scopes_get(view->scopes, sqlite3_column_int64(stmt, COLUMN_SCOPE));
	int state = sqlite3_column_int(stmt, COLUMN_STATE);
	struct updates updates;

	if (!scope || state < LEDGER_STATE_CLAIMED || state > LEDGER_STATE_DELETING)
		return false;
	*ret = (struct ledger_record){
		.state = (enum ledger_state)state,
		.row = (uint64_t)sqlite3_column_int64(stmt, COLUMN_SEEN_ROW),
		.sandbox = scope->sandbox,
		.name = column_text(stmt, COLUMN_NAME),
		.endpoint = column_text(stmt, COLUMN_ENDPOINT),
		.username = column_text(stmt, COLUMN_USERNAME),
		.spec_id = scope->spec_id,
		.status = column_text(stmt, COLUMN_STATUS),
		.id = column_text(stmt, COLUMN_ID),
		.etag = column_text(stmt, COLUMN_ETAG),
		.error_code = column_text(stmt, COLUMN_ERROR_CODE),
		.error = column_text(stmt, COLUMN_ERROR),
		.request_id = column_text(stmt, COLUMN_REQUEST_ID),
		.http_status = sqlite3_column_int(stmt, COLUMN_HTTP_STATUS),
		.attempts = (uint32_t)sqlite3_column_int64(stmt, COLUMN_ATTEMPTS),
		.intent_ms = may_have_intent((enum ledger_state)state)
				     ? sqlite3_column_int64(stmt, COLUMN_INTENT_MS)
				     : 0,
		.started_ms = sqlite3_column_int64(stmt, COLUMN_STARTED_MS),
		.duration_ms = sqlite3_column_type(stmt, COLUMN_DURATION_MS) == SQLITE_NULL
				       ? -1
				       : sqlite3_column_int64(stmt, COLUMN_DURATION_MS),
		.changed_ms = sqlite3_column_int64(stmt, COLUMN_CHANGED_MS),
		.seen = sqlite3_column_int64(stmt, COLUMN_SEEN_RUN) == view->run,
		.told = is_told(stmt, view),
		.description_known = sqlite3_column_type(stmt, COLUMN_DESCRIPTION) != SQLITE_NULL,
		.description = (uint64_t)sqlite3_column_int64(stmt, COLUMN_DESCRIPTION),
	};
	if (!updates_read(stmt, COLUMN_UPDATES, &updates))
		return false;
	ret->update_count = updates.count;
	memcpy(ret->updates, updates.of, sizeof(ret->updates));
	/* Whatever a row asks for: nobody knows whether that is what is there. */
	if (updates.count == 0 &&
		sqlite3_column_bytes(stmt, COLUMN_FINGERPRINT) == LEDGER_FINGERPRINT_SIZE)
		memcpy(ret->fingerprint, sqlite3_column_blob(stmt, COLUMN_FINGERPRINT),
			LEDGER_FINGERPRINT_SIZE);
	return true;
}

static int reported_fill(struct reported_runs *r, sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		db, "SELECT number FROM run WHERE reported = 1", -1, &stmt, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t run = sqlite3_column_int64(stmt, 0);

		rc = run < 0 || (uint64_t)run >= r->count ? SQLITE_CORRUPT : SQLITE_OK;
		if (rc == SQLITE_OK)
			r->is[run] = 1;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int reported_load(struct reported_runs *r, sqlite3 *db, const char *path, struct error *reterr)
{
	int64_t last;
	int rc = db_number(db, "SELECT coalesce(max(number), 0) FROM run", path, &last, reterr);

	if (rc < 0)
		return rc;
	if (last < 0 || last >= RUNS_MAX)
		return db_trouble(NULL, SQLITE_CORRUPT, path, reterr);
	reported_done(r);
	r->is = calloc((size_t)last + 1, 1);
	if (!r->is)
		return db_trouble(NULL, SQLITE_NOMEM, path, reterr);
	r->count = (uint64_t)last + 1;
	rc = reported_fill(r, db);
	return rc == SQLITE_OK ? 0 : db_trouble(db, rc, path, reterr);
}

void reported_done(struct reported_runs *r)
{
	free(r->is);
	*r = (struct reported_runs){0};
}
