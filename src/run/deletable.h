/* deletable.h - may the connection of a row of results be deleted? Pure.
 *
 * What a program deletes on its own it must have made itself, and two must say so: the
 * results that somebody points at, and the ledger, which nobody edits. Whatever they do
 * not agree upon stays, with the reason why.
 */
#pragma once

#include "input/row.h"
#include "ledger/ledger.h"

enum deletable {
	DELETABLE,       /* both call it created, by the same id */
	DELETABLE_BEGUN, /* and a rollback was about to delete it, and perhaps has */
	DELETED_BEFORE,  /* a rollback has: it is told again */
	/* All below are kept. */
	KEPT_NO_ID,
	KEPT_UNKNOWN,     /* the ledger has no such row */
	KEPT_OTHER_ID,    /* or another id for it, or none */
	KEPT_ADOPTED,     /* somebody else's */
	KEPT_UPDATED,     /* changed since by us: more than what was created would be lost */
	KEPT_IN_DOUBT,    /* the ledger does not know what became of its create */
	KEPT_NOT_CREATED, /* these results do not call it created */
	KEPT_LEDGER,      /* the ledger does not */
	KEPT_REPEATED,    /* an earlier row of these results has its name */
	DELETABLE_COUNT
};

/**
 * @param rec  of the row's sandbox and name; NULL: the ledger has none
 * @return anything but KEPT_REPEATED
 */
enum deletable deletable(const struct row *row, const struct ledger_record *rec);

static inline bool deletable_kept(enum deletable d)
{
	return d >= KEPT_NO_ID;
}

/** To be counted behind a number: "adopted", "not known to the ledger". */
const char *deletable_words(enum deletable d);

/** error_code of a row that is kept. */
const char *deletable_code(enum deletable d);
