/* ledger_version_1.h - a ledger as the first release has left it. */
#pragma once

#include "check.h"

#include <sqlite3.h>

/* Takes from a ledger what later versions have added. Nobody has it open. */
static inline void back_to_version_1(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db,
		    "ALTER TABLE connection DROP COLUMN description; ALTER TABLE connection "
		    "DROP COLUMN updates; PRAGMA user_version = 1",
		    NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}
