/* seen.h - which row of a file has a name in its sandbox, in flat memory.
 *
 * A table on disk beside the results: 32 bytes a name, at least twice as many
 * places as names, most of it in the kernel's cache. A run asks its ledger
 * instead, which this must not write to. Names are known by a keyed hash of 128
 * bits: nobody can make two that meet, and no two of a billion do by chance.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "output/blocks.h"

#define SEEN_KEY_SIZE 32

struct seen {
	const char *path; /* the caller's; nothing is left under it */
	int fd;
	struct blocks blocks;
	uint64_t places, used;
	unsigned char key[SEEN_KEY_SIZE];
};

/**
 * @param path  a working file of ours, made afresh and gone at once
 * @return 0 or a negative errno with the sentence in reterr
 */
int seen_init(struct seen *s, const char *path, struct error *reterr);
void seen_done(struct seen *s); /* fine on a zeroed one */

/**
 * Give a name to a row, unless an earlier one has it.
 *
 * @param row          from 1
 * @param ret_earlier  the row that has it, 0: this one has it now
 * @return 0 or a negative errno with the sentence in reterr
 */
int seen_take(struct seen *s, const char *sandbox, const char *name, uint64_t row,
	uint64_t *ret_earlier, struct error *reterr);

/** Which row has it, without giving it to anybody; *ret_row is 0: none. As seen_take(). */
int seen_find(struct seen *s, const char *sandbox, const char *name, uint64_t *ret_row,
	struct error *reterr);
