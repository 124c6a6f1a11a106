/* statements.h - all SQL of the writer, prepared once. */
#pragma once

#include <sqlite3.h>

#include "base/error.h"

enum statement {
	STMT_BEGIN,
	STMT_COMMIT,
	STMT_ROLLBACK,
	STMT_RUN_BEGIN,
	STMT_RUN_END,
	STMT_SCOPE_ADD,
	STMT_FIND,
	STMT_CLAIM,
	STMT_SEE,
	STMT_SEE_CLAIMED,
	STMT_INTEND,
	STMT_INTEND_ANEW,
	STMT_WITHDRAW,
	STMT_OUTCOME,
	STMT_AS_NOW,
	STMT_MARK,
	STMT_RECALL_MARKED,
	STMT_RECALL_DOUBTS,
	STMT_RECALL_RESENT,
	STMT_RECALL_ANY,
	STMT_LISTINGS,
	STMT_LISTING_ITEM,
	STMT_LISTING_REPLACE,
	STMT_LISTING_BEGIN,
	STMT_LISTING_COMPLETE,
	STMT_LISTING_FORGET,
	STMT_REPLACED,
	STMT_ITEM_PUT,
	STMT_ITEM_FIND,
	STMT_ITEM_IDS,
	STMT_ITEMS_DELETE,
	STMT_COUNT
};

int statements_prepare(
	sqlite3 *db, sqlite3_stmt *ret[STMT_COUNT], const char *path, struct error *reterr);
void statements_finalize(sqlite3_stmt *statements[STMT_COUNT]);
