/* open_updates.h - what an update has sent whose answer nobody knows, and what shows. */
#pragma once

#include "flow/search.h"
#include "ledger/ledger.h"

/**
 * Of fields that show otherwise than they should: which of them none of the record's open
 * updates has sent (enum flow_field)? One of them sent either all that shows, or none of it.
 *
 * @param l            has the key of the ledger of the record
 * @param description  that shows, without our tag
 */
unsigned open_updates_less(const struct ledger *l, const struct ledger_record *r,
	const struct flow_item *item, const char *description, unsigned fields);
