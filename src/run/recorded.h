/* recorded.h - what a ledger has recorded, in the words of the results. */
#pragma once

#include "base/error.h"
#include "ledger/reader.h"
#include "output/summary.h"

/** @return 0 or a negative errno with the sentence, and what to do, in reterr */
int recorded_open(const char *path, struct ledger_reader **ret, struct error *reterr);

/** @param status  as recorded; counts where there is an outcome */
enum status recorded_status(enum ledger_state state, const char *status);

/** The id of a connection that was deleted, which a listing that lags may still show; ""
 * for none. It stands in the record until the row is created again. */
const char *recorded_deleted_id(const struct ledger_record *r);
