/* updates.h - the open updates of a row, and how the file has them. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"

struct store;

/** Each another one, the oldest first. In the file: their hashes one behind the other, the
 * lowest byte first; NULL for none. */
struct updates {
	uint32_t count;
	struct ledger_update of[LEDGER_UPDATES_MAX];
};

/** @return false when it is none that was written: damaged */
bool updates_read(sqlite3_stmt *stmt, int column, struct updates *ret);

/** Add what the request says to the row's; nothing when it is there. Where there is no room the
 * oldest goes. 0, or a negative errno with the sentence in s->error. */
int updates_open(struct store *s, int64_t n, const struct ledger_request *q);

/** The only one that is open is not: the same. */
int updates_take_back(struct store *s, int64_t n, const struct ledger_request *q);
