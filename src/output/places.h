/* places.h - where each row's line begins in .part: the index on disk.
 *
 * Eight bytes a row, little-endian, at 8 × (row - 1): the line's offset plus
 * one, 0 for a row without a line. Where a line ends is seen in the line
 * itself (line_end()), so neither lines nor the file have a limit here.
 */
#pragma once

#include <stdint.h>

#include "output/blocks.h"

struct places {
	struct blocks blocks;
	uint64_t rows;    /* that have a line */
	uint64_t highest; /* row with a line, 0 when there is none */
};

/** Begin an index in an empty file. Returns 0 or -ENOMEM. */
int places_init(struct places *p, int fd);
void places_done(struct places *p); /* fine on a zeroed one */

/** Note where a row's (latest) line begins. Returns 0 or a negative errno. */
int places_set(struct places *p, uint64_t row, uint64_t offset);

/**
 * Where a row's line begins.
 *
 * @return 0; -ENODATA when it has none; or another negative errno
 */
int places_get(struct places *p, uint64_t row, uint64_t *ret_offset);
