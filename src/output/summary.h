/* summary.h - what the run came to, for a human, and the exit status of rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

/** Every word that a status column can hold, in the order of the summary. */
enum status {
	STATUS_CREATED,
	STATUS_ADOPTED,
	STATUS_UPDATED,
	STATUS_UNCHANGED,
	STATUS_CHANGED,
	STATUS_FAILED,
	STATUS_CONFLICT,
	STATUS_UNRESOLVED,
	STATUS_INVALID,
	STATUS_SKIPPED,
	STATUS_OK,      /* verify */
	STATUS_DELETED, /* rollback, from here on; GONE is of both */
	STATUS_GONE,
	STATUS_IN_USE,
	STATUS_KEPT,
	STATUS_COUNT
};
const char *status_name(enum status s);
bool status_find(const char *name, enum status *ret);
bool status_is_fine(enum status s); /* exit 0 if every row is; GONE is where it is wanted so */

#define SUMMARY_CAUSES_MAX 64

/** Totals, and failures grouped by (status, error code): most of them first. */
struct summary {
	uint64_t by_status[STATUS_COUNT];
	uint64_t rows;
	bool gone_is_fine;   /* set by the owner: what is gone was to be deleted */
	const char *goes_on; /* set by the owner: the command that goes on; NULL: the same one */
	bool remembered;     /* set by the owner: a later run knows what this one did, so that
			  * it is safe to advise one with the same rows */
	struct summary_cause {
		enum status status;
		char code[64];
		char example[160]; /* message of the first */
		uint64_t first_line, count;
	} causes[SUMMARY_CAUSES_MAX];
	size_t cause_count;
	uint64_t other_causes; /* rows beyond SUMMARY_CAUSES_MAX kinds */

	/* Set by the owner; said when they are not 0. */
	uint64_t doubts_settled, doubts_left; /* rows in doubt that the input no longer names */
	uint64_t unproven;                    /* sandboxes in which a lookup proves nothing */
};

/**
 * Count a row. Rows that are fine have no cause; of the others, code and
 * message (either may be NULL or "") are shown as foreign text.
 */
void summary_add(struct summary *s, enum status status, const char *code, const char *message,
	uint64_t line);

/**
 * A row that was counted as `from` is `to` by now. What it is now has its cause as
 * in summary_add(); a cause that `from` had stays counted.
 */
void summary_change(struct summary *s, enum status from, enum status to, const char *code,
	const char *message, uint64_t line);
/** Is a row of this status fine here? */
bool summary_is_fine(const struct summary *s, enum status status);
bool summary_all_fine(const struct summary *s);

/**
 * Append the text for standard output.
 *
 * @param results_path  NULL or "" when no results were put in place
 * @return 0, -ENOBUFS or -ENOMEM
 */
int summary_print(const struct summary *s, const char *results_path, nsec_t elapsed,
	uint64_t requests, struct buf *b);
