/* plan_decide.h - what a run would do with one row. Pure.
 *
 * It is told what the ledger has of a row, what the server lists of its name and of
 * its id, and how these differ; the run that is foretold finds the same out piece by
 * piece (claim.c, intent.c, look.c, byid.c), and a test lets both decide.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "flow/search.h"
#include "flow/visible.h"
#include "ledger/ledger.h"

enum plan_action {
	PLAN_CREATE,
	PLAN_ADOPT,
	PLAN_CHANGE, /* by --update */
	PLAN_NOTHING,
	PLAN_CONFLICT,
	PLAN_INVALID,
	PLAN_GONE,  /* the server has it no more */
	PLAN_EXTRA, /* no row names it */
	PLAN_ACTION_COUNT
};
const char *plan_action_name(enum plan_action a);

/** Beside enum flow_field, in the same sets: what no server shows. */
enum plan_field {
	PLAN_FIELD_SECRET = 1 << 8,  /* the password … */
	PLAN_FIELD_HIDDEN = 1 << 9,  /* … or, where a row has more that is not shown, any of it */
	PLAN_FIELD_UNTOLD = 1 << 10, /* the description or what is not shown: nobody knows which */
};

/** "description, password": names of a set parted by ", "; "" for none. Returns dst. */
const char *plan_fields_words(unsigned fields, char *dst, size_t dst_len);

struct plan_facts {
	const struct ledger_record *record; /* NULL: the ledger does not know the row */
	const char *spec_id;                /* that the row wants */
	const struct flow_hits *hits;       /* of its name, see plan_by_record() */
	bool occupied; /* looked for with another spec than the row's: of that, its name is taken */
	bool listed;   /* done: its id is in the listing, under whatever name */
	bool newer;    /* the record was written after the listing had begun … */
	bool recent;   /* … or so shortly before that a listing may not have it yet */
	bool going;    /* a run holds the ledger */
	bool same;     /* done: the row wants what was sent */
	unsigned theirs; /* done: what somebody else has changed */
	unsigned edited; /* done: in what the row differs from what was sent */
};

struct plan_verdict {
	enum plan_action action;
	unsigned fields;
	char id[FLOW_UUID_SIZE]; /* "" for none */
	char reason[1024];       /* for a human; no text of a server or a CSV is in it */
};

void plan_decide(const struct plan_facts *f, struct plan_verdict *ret);

/** Is it looked for as its intent was recorded, not as the row is by now? */
bool plan_by_record(const struct ledger_record *r);

/** Does its fate hang on its id? Else on what has its name. */
bool plan_is_done(const struct ledger_record *r);
