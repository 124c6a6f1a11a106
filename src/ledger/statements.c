#include "ledger/statements.h"

#include <assert.h>

#include "base/macros.h"
#include "ledger/db.h"
#include "ledger/record.h"

/* States by their numbers (enum ledger_state), for they are in the file. */
static_assert(LEDGER_STATE_CLAIMED == 0 && LEDGER_STATE_INTENDED == 1 && LEDGER_STATE_DONE == 2 &&
		      LEDGER_STATE_REFUSED == 3 && LEDGER_STATE_DOUBT == 4 &&
		      LEDGER_STATE_WITHDRAWN == 5 && LEDGER_STATE_DELETING == 6,
	"as the statements and files have them");

static const char *const sql[STMT_COUNT] = {
	[STMT_BEGIN] = "BEGIN IMMEDIATE",
	[STMT_COMMIT] = "COMMIT",
	[STMT_ROLLBACK] = "ROLLBACK",
	[STMT_RUN_BEGIN] = "INSERT INTO run (number, started_ms, pid, host, settings) "
			   "VALUES (?, ?, ?, ?, ?)",
	[STMT_RUN_END] =
		"UPDATE run SET finished_ms = ?, reported = ?, totals = ? WHERE number = ?",
	[STMT_SCOPE_ADD] = "INSERT INTO scope (number, sandbox, spec_id) VALUES (?, ?, ?)",

	[STMT_KEY_ROWS] = "SELECT n FROM row_key WHERE hash = ?",
	[STMT_KEY_ADD] = "INSERT INTO row_key (hash, n) VALUES (?, ?)",
	[STMT_KEYS_REACH] = "UPDATE indexed SET n = (SELECT max(n) FROM connection)",
	[STMT_ROW] = "SELECT " RECORD_COLUMNS " FROM connection WHERE n = ?",
	[STMT_CLAIM] = "INSERT INTO connection (state, hash, seen_run, seen_row, scope, intent_ms, "
		       "changed_ms, fingerprint, name, endpoint, username, room, description) "
		       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, zeroblob(?), ?)",
	[STMT_SEE] = "UPDATE connection SET seen_run = ?, seen_row = ?, told = ? WHERE n = ?",
	[STMT_SEE_CLAIMED] = "UPDATE connection SET seen_run = ?, seen_row = ?, scope = ?, "
			     "changed_ms = ?, fingerprint = ?, endpoint = ?, username = ?, "
			     "description = ? WHERE n = ?",
	/* Of the length that the claim has left, so that it is overwritten in its place. */
	[STMT_INTEND] =
		"UPDATE connection SET state = 1, intent_ms = ?, changed_ms = ? WHERE n = ?",
	[STMT_INTEND_ANEW] =
		"UPDATE connection SET state = 1, intent_ms = ?, scope = ?, "
		"changed_ms = ?, fingerprint = ?, endpoint = ?, username = ?, "
		"description = ?, told = NULL, status = NULL, error_code = NULL, error = NULL, "
		"http_status = NULL, request_id = NULL WHERE n = ?",
	/* About to be deleted, or not any more: all that is known of it stays. */
	[STMT_MOVE] = "UPDATE connection SET state = ?, changed_ms = ? WHERE n = ?",
	[STMT_UPDATES] = "UPDATE connection SET updates = ?, changed_ms = ? WHERE n = ?",
	[STMT_WITHDRAW] = "UPDATE connection SET state = 5, outcome_run = ?, told = NULL, "
			  "changed_ms = ?, status = ?, error_code = ?, error = ?, attempts = ? "
			  "WHERE n = ?",
	[STMT_OUTCOME] = "UPDATE connection SET state = ?, outcome_run = ?, told = NULL, "
			 "changed_ms = ?, http_status = ?, attempts = ?, started_ms = ?, "
			 "duration_ms = ?, status = ?, id = ?, etag = ?, request_id = ?, "
			 "error_code = ?, error = ?, room = NULL, updates = NULL, "
			 "description = iif(?, NULL, description) WHERE n = ?",
	[STMT_REMOVED] = "UPDATE connection SET state = 5, outcome_run = ?, told = NULL, "
			 "changed_ms = ?, http_status = ?, attempts = ?, started_ms = ?, "
			 "duration_ms = ?, status = ?, request_id = ?, error_code = ?, error = ?, "
			 "updates = NULL WHERE n = ?",
	[STMT_AS_NOW] = "UPDATE connection SET scope = ?, fingerprint = ?, endpoint = ?, "
			"username = ?, description = ? WHERE n = ?",
	[STMT_MARK] = "UPDATE connection SET relook = ? WHERE n = ?",

	/* What is about to be deleted has no last look, unless that is withdrawn. */
	[STMT_RECALL_MARKED] = "SELECT " RECORD_COLUMNS " FROM connection WHERE relook IS NOT NULL "
			       "AND n > ? AND relook < ? AND state <> 6 ORDER BY n LIMIT 1",
	[STMT_RECALL_DOUBTS] = "SELECT " RECORD_COLUMNS " FROM connection WHERE n > ? "
			       "AND n <= ? AND state IN (1, 4) AND seen_run <> ? ORDER BY n LIMIT 1",
	[STMT_RECALL_RESENT] = "SELECT " RECORD_COLUMNS " FROM connection WHERE relook IS NOT NULL "
			       "AND n > ? AND relook = ? AND state <> 6 ORDER BY n LIMIT 1",
	[STMT_RECALL_ANY] = "SELECT " RECORD_COLUMNS " FROM connection "
			    "WHERE state = 2 AND id IS NOT NULL ORDER BY n DESC",

	[STMT_LISTINGS] = "SELECT number, scope FROM listing "
			  "WHERE complete = 1 AND replaced IS NULL ORDER BY number DESC",
	[STMT_LISTING_ITEM] = "SELECT name, id, etag, endpoint, username FROM inventory "
			      "WHERE listing = ? LIMIT 1",
	[STMT_LISTING_REPLACE] = "UPDATE listing SET replaced = 1 WHERE scope = ?",
	[STMT_LISTING_BEGIN] = "INSERT INTO listing (scope, run) VALUES (?, ?)",
	[STMT_LISTING_COMPLETE] = "UPDATE listing SET complete = 1 WHERE number = ?",
	[STMT_LISTING_FORGET] = "DELETE FROM listing WHERE number = ?",
	[STMT_REPLACED] = "SELECT number FROM listing WHERE replaced = 1 LIMIT 1",
	[STMT_ITEM_PUT] = "INSERT OR REPLACE INTO inventory "
			  "(listing, name, id, etag, endpoint, username) VALUES (?, ?, ?, ?, ?, ?)",
	[STMT_ITEM_FIND] = "SELECT id, etag, endpoint, username FROM inventory "
			   "WHERE listing = ? AND name = ?",
	[STMT_ITEM_IDS] = "SELECT id FROM inventory WHERE listing = ? ORDER BY id",
	[STMT_ITEMS_DELETE] = "DELETE FROM inventory WHERE listing = ?1 AND (name, id) <= "
			      "(SELECT name, id FROM (SELECT name, id FROM inventory "
			      "WHERE listing = ?1 ORDER BY name, id LIMIT ?2) "
			      "ORDER BY name DESC, id DESC LIMIT 1)",
};

int statements_prepare(
	sqlite3 *db, sqlite3_stmt *ret[STMT_COUNT], const char *path, struct error *reterr)
{
	for (int i = 0; i < STMT_COUNT; i++) {
		int rc = sqlite3_prepare_v3(
			db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &ret[i], NULL);

		if (rc != SQLITE_OK)
			return db_trouble(db, rc, path, reterr);
	}
	return 0;
}

void statements_finalize(sqlite3_stmt *statements[STMT_COUNT])
{
	for (int i = 0; i < STMT_COUNT; i++) {
		sqlite3_finalize(statements[i]);
		statements[i] = NULL;
	}
}
