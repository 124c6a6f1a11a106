#include "run/recorded.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "run/paths.h"

#define SHOWN_SIZE 400

int recorded_open(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	char shown[SHOWN_SIZE];
	int r;

	if (strcmp(path, RUN_LEDGER_MEMORY) == 0)
		return error_set(reterr, -EINVAL,
			"a ledger in memory ends with its run: name a file with --ledger");
	r = ledger_reader_open(path, ret, reterr);
	if (r != -ENOENT)
		return r;
	return error_set(reterr, r,
		"there is no ledger '%s': name it with --ledger, or run 'snowmelt run' first",
		str_shown(shown, sizeof(shown), path));
}

/* What was created never, or no more. */
static enum status withdrawn_status(const char *status)
{
	enum status s;

	if (status_find(status, &s) && (s == STATUS_DELETED || s == STATUS_GONE))
		return s;
	return STATUS_SKIPPED;
}

const char *recorded_deleted_id(const struct ledger_record *r)
{
	bool deleted = r->state == LEDGER_STATE_WITHDRAWN || r->state == LEDGER_STATE_INTENDED;

	return deleted ? r->id : "";
}

enum status recorded_status(enum ledger_state state, const char *status)
{
	enum status s;

	switch (state) {
	case LEDGER_STATE_CLAIMED: return STATUS_SKIPPED;
	case LEDGER_STATE_WITHDRAWN: return withdrawn_status(status);
	case LEDGER_STATE_INTENDED:
	case LEDGER_STATE_DELETING:
	case LEDGER_STATE_DOUBT: return STATUS_UNRESOLVED;
	case LEDGER_STATE_DONE: return status_find(status, &s) ? s : STATUS_CREATED;
	case LEDGER_STATE_REFUSED: return status_find(status, &s) ? s : STATUS_FAILED;
	}
	assert(!"no such state");
	return STATUS_UNRESOLVED;
}
