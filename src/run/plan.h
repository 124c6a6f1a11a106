/* plan.h - snowmelt plan from inside: it gathers (plan.c), reads the input once more and
 * decides (plan_report.c, plan_decide.c), and tells (plan_lines.c, plan_text.c).
 */
#pragma once

#include "input/input.h"
#include "ledger/reader.h"
#include "run/plan_decide.h"
#include "run/status.h"

#define PLAN_UNCOUNTED UINT64_MAX

struct plan {
	struct ledger_reader *reader; /* NULL: there is no ledger */
	bool going;                   /* a run holds it */
	int64_t began_ms;             /* wall clock, before anything was listed */
	uint32_t scopes, next_scope;  /* to be listed, from 0 on */
	/* What the server counted behind the listing before this one; PLAN_UNCOUNTED: none was. */
	uint64_t counted[INPUT_SCOPES_MAX];
	struct error unlisted; /* why the first that was not listed was not; code 0: all were */
};

/* ------------------------------------------------------------------ what is told */

/** A line; text is borrowed and may be foreign. */
struct plan_line {
	uint64_t row, line; /* 0: it is of no row */
	const char *name, *sandbox;
	enum plan_action action;
	const char *fields, *id, *reason; /* "" for none */
};

struct plan_counts {
	uint64_t rows;                         /* of the input */
	uint64_t by_action[PLAN_ACTION_COUNT]; /* of rows */
	uint64_t gone, extra;                  /* beside the rows */
};

struct plan_teller {
	struct status_teller t;
	enum snowmelt_report_format format;
	bool with_sandbox; /* there are several: people are told which */
	struct plan_counts counts;
};

/** What comes before the first line. */
void plan_lines_begin(struct plan_teller *t);
void plan_lines_add(struct plan_teller *t, const struct plan_line *l);
/** What comes behind the last: for people, the counts. */
void plan_lines_end(struct plan_teller *t);

/* plan_text.c: the same for people */
void plan_text_add(struct plan_teller *t, const struct plan_line *l);
void plan_text_end(struct plan_teller *t);
