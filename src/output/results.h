/* results.h - the results file: one line a row, in input order, whole or absent.
 *
 * While the run goes, finished lines are appended to RESULTS.part (tail -f
 * works), and the place of each in it is kept in RESULTS.part.index (8 bytes a
 * row). At the end results_finish() writes the lines in input order into
 * RESULTS.new and renames it over RESULTS. Memory stays flat; a reader never
 * sees half a file. Blocking file writes on the caller's thread.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "output/line.h"
#include "output/summary.h"

struct results;

/**
 * Check that RESULTS may be replaced (absent or a regular file, not one of the
 * inputs by any link, no symbolic link), take the lock (-EBUSY: another run),
 * create .part and its index afresh, write the header. `style` is copied.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int results_open(const char *path, const struct line_style *style, const struct stat *inputs,
	size_t input_count, struct results **ret, struct error *reterr);

/**
 * Append a line; a second line for the same row supersedes the first.
 *
 * @return 0 or a negative errno with the sentence in reterr (disk full …): from
 *         then on every call answers so, and the results are not put in place
 */
int results_add(struct results *r, const struct line *l, struct error *reterr);

/** What the line of a row says. */
struct results_had {
	enum status status;
	uint64_t line; /* of the input */
};

/**
 * Look at the (last) line of a row.
 *
 * @return 0, or a negative errno with the sentence in reterr; -ENODATA: it has none
 */
int results_look(struct results *r, uint64_t row, struct results_had *ret, struct error *reterr);

/**
 * Append a second line for a row that has one, which is the same but for these
 * three columns (NULL or "" is empty); it supersedes the first.
 *
 * @return 0, or a negative errno with the sentence in reterr. -ENODATA: the row has
 *         no line, and nothing has changed; any other: as results_add()
 */
int results_amend(struct results *r, uint64_t row, const char *status, const char *error_code,
	const char *error, struct error *reterr);

/** End of a loop turn: hand buffered lines to the kernel. */
int results_flush(struct results *r, struct error *reterr);

uint64_t results_lines(const struct results *r); /* rows that have a line */

/**
 * Put RESULTS in place: lines in input order, fsync, rename, fsync the folder;
 * .part and its index are removed. -ENODATA when a row below the highest has no
 * line. On any error but one of the very last fsync, which its sentence tells,
 * RESULTS is as it was and .part has all lines: it may be tried again.
 */
int results_finish(struct results *r, struct error *reterr);

/** Close. Without results_finish() RESULTS is untouched and .part stays (its
 * index goes); what was not flushed yet is appended to it. Fine on NULL. */
void results_close(struct results *r);
