/* plan_fields.h - in what a row that is done differs: from what was sent, and from what
 * the server shows. Secrets are compared by keyed hashes only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "flow/search.h"
#include "input/row.h"
#include "ledger/ledger.h"

/** Does the row want what was sent? @param l  has the key of the ledger of the record */
bool plan_same(const struct ledger *l, const struct row *row, const struct ledger_record *r);

/**
 * In which fields does it not (enum flow_field, enum plan_field)?
 *
 * A field that does not show is named by proof: with what was sent in the place of all
 * that shows, the hash still differs. Where the old description is not known there is no
 * such proof, and nothing is named beside it; nor while an update is open, and then there
 * may be nothing to name.
 *
 * @param description  that the server shows, NULL: it is not known
 */
unsigned plan_edited(const struct ledger *l, const struct row *row, const struct ledger_record *r,
	const char *description);

/** Which fields has somebody else changed: are shown, and are neither what was sent nor
 * what the row wants? As a run finds when it updates the row (byid.c). */
unsigned plan_theirs(const struct ledger *l, const struct row *row, const struct ledger_record *r,
	const struct flow_item *item);
