/* human.h - numbers and sentences as a person reads them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

/** "3.2 s", "42 s", "3 min 12 s", "1 h 04 min", "2 d 3 h". */
int human_duration(struct buf *b, nsec_t d);

/** "1 row", "2 rows". */
int human_count(struct buf *b, uint64_t n, const char *one, const char *many);

struct human_total {
	const char *name;
	uint64_t count;
};

/** Append a line for each that is not 0: names below names, numbers flush right. */
int human_totals(struct buf *b, const struct human_total *totals, size_t count);

/**
 * Append text broken at blanks into lines of at most `width` columns, each
 * behind `indent` blanks and with its newline. A longer word is left whole.
 */
int human_wrap(struct buf *b, const char *text, size_t indent, size_t width);
