#include "run/deletable.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "output/summary.h"

static const struct {
	const char *code, *words;
} kinds[DELETABLE_COUNT] = {
	[DELETABLE] = {"", "to delete"},
	[DELETABLE_BEGUN] = {"", "to delete"},
	[DELETED_BEFORE] = {"", "deleted before"},
	[KEPT_NO_ID] = {"no_id", "without an id"},
	[KEPT_UNKNOWN] = {"unknown", "not known to the ledger"},
	[KEPT_OTHER_ID] = {"other_id", "with another id in the ledger"},
	[KEPT_ADOPTED] = {"adopted", "adopted"},
	[KEPT_UPDATED] = {"updated", "updated since"},
	[KEPT_IN_DOUBT] = {"in_doubt", "in doubt"},
	[KEPT_NOT_CREATED] = {"not_created", "not called created by these results"},
	[KEPT_LEDGER] = {"not_created", "not called created by the ledger"},
	[KEPT_REPEATED] = {"duplicate_name", "named twice"},
};

static bool is(const char *status, enum status s)
{
	return strcmp(status, status_name(s)) == 0;
}

/* It has the id, and nothing of it was undone. */
static enum deletable there(const struct row *row, const struct ledger_record *rec)
{
	if (is(rec->status, STATUS_ADOPTED))
		return KEPT_ADOPTED;
	if (is(rec->status, STATUS_UPDATED))
		return KEPT_UPDATED;
	if (!is(rec->status, STATUS_CREATED))
		return KEPT_LEDGER;
	return is(row->status, STATUS_CREATED) ? DELETABLE : KEPT_NOT_CREATED;
}

/* Results that were written since may call it unresolved: that it was called created
 * when its deletion began, the ledger knows. */
static enum deletable begun(const struct row *row)
{
	return is(row->status, STATUS_CREATED) || is(row->status, STATUS_UNRESOLVED)
		       ? DELETABLE_BEGUN
		       : KEPT_NOT_CREATED;
}

enum deletable deletable(const struct row *row, const struct ledger_record *rec)
{
	bool same_id;

	if (!*row->id)
		return KEPT_NO_ID;
	if (!rec)
		return KEPT_UNKNOWN;
	same_id = *rec->id && str_iequal(rec->id, row->id);
	switch (rec->state) {
	case LEDGER_STATE_CLAIMED: return KEPT_UNKNOWN;
	case LEDGER_STATE_DOUBT: return KEPT_IN_DOUBT;
	/* Until a new create has its outcome the ledger keeps the id of what was deleted. */
	case LEDGER_STATE_INTENDED: return same_id ? DELETED_BEFORE : KEPT_IN_DOUBT;
	case LEDGER_STATE_WITHDRAWN: return same_id ? DELETED_BEFORE : KEPT_OTHER_ID;
	case LEDGER_STATE_DONE: return same_id ? there(row, rec) : KEPT_OTHER_ID;
	case LEDGER_STATE_REFUSED: return same_id ? KEPT_LEDGER : KEPT_OTHER_ID;
	case LEDGER_STATE_DELETING: return same_id ? begun(row) : KEPT_OTHER_ID;
	}
	assert(!"no such state");
	return KEPT_LEDGER;
}

const char *deletable_words(enum deletable d)
{
	return kinds[d].words;
}

const char *deletable_code(enum deletable d)
{
	return kinds[d].code;
}
