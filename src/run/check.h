/* check.h - what the files of `check` share: how a row is told, and what it came to.
 *
 * check.c reads the rows and finds what is wrong with each; check_lines.c tells it,
 * check_sum.c counts it. With --probe, check_probe.c has asked the instances before that.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "input/row.h"
#include "run/probed.h"
#include "run/status.h"
#include "run/turns.h"
#include "servicenow/verdict.h"

/** Of --probe, from its begin to the end of the report. */
struct check {
	struct probed probed;
	struct turns turns;
	uint64_t tried; /* requests of which something may have left */
};

/** Is this a row whose login can be asked for? */
bool check_is_askable(const struct row *r);
/** Its password; of one that is askable. */
const char *check_password(const struct row *r);
/** Does this hold for every login of the instance? */
bool check_is_of_instance(enum servicenow_result result);

/* ------------------------------------------------------------- one row's line */

/** What an instance said to its login. */
struct check_probe {
	bool asked; /* else nothing of the rest is there */
	bool fine;
	bool stopped;     /* the check ended before it was asked */
	const char *code; /* servicenow_code(), or "other_password" */
	char message[SERVICENOW_WORDS_SIZE];
	int status;       /* HTTP, 0: none */
	int64_t until_ms; /* 0: not told */
};

struct check_finding {
	const struct row *row;
	const char *duplicate; /* the fault of a repeated name; "": it is none */
	struct check_probe probe;
};

#define CHECK_FAULT_SIZE 2048

/**
 * The faults one by one.
 *
 * @param at  0 for the first; moved on
 * @return false after the last
 */
bool check_fault_next(const struct check_finding *f, size_t *at, char dst[CHECK_FAULT_SIZE]);

struct check_lines {
	struct status_teller t;
	enum snowmelt_report_format format;
	bool probes;
	const char *file; /* as messages call it */
};

/** What comes before the first row. */
void check_lines_begin(struct check_lines *l);
void check_lines_row(struct check_lines *l, const struct check_finding *f);

/* ------------------------------------------------------------------ the whole */

#define CHECK_CLASSES_MAX 40
#define CHECK_CAUSES_MAX 64

struct check_sum {
	uint64_t rows, not_fine;
	struct check_class {
		const char *name;
		uint64_t count;
	} classes[CHECK_CLASSES_MAX]; /* every row is in one */
	size_t class_count;
	struct check_cause {
		const char *code;
		char text[SERVICENOW_WORDS_SIZE]; /* of the first */
		bool one;                         /* whatever its text, it is one with this code */
		uint64_t count, first_line;
	} causes[CHECK_CAUSES_MAX];
	size_t cause_count;
	uint64_t other_causes; /* beyond CHECK_CAUSES_MAX kinds */
};

void check_sum_add(struct check_sum *sum, const struct check_finding *f, bool probes);

/** Append it for people. @param check  NULL: nothing was asked
 * @return 0, -ENOBUFS or -ENOMEM */
int check_sum_print(struct check_sum *sum, const struct check *check, struct buf *b);

/** What every check with probes has to add. */
extern const char check_note[];
