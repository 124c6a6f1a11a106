/* blocks.h - a file read and written through a few blocks in memory.
 *
 * Both sides of the results come nearly in order: rows finish nearly in the
 * order of the input, so their places in the index do, and so do their lines in
 * .part. A handful of blocks then turns a system call a row into one a block,
 * and rows that come in no order at all cost one block each, no more. Each
 * block of the file has one slot where it may be (its number modulo the count):
 * no list to keep, and nearly-in-order never needs two blocks of one slot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_slot {
	uint64_t number; /* of the block, when used */
	bool used;
	bool dirty;
};

struct blocks {
	int fd;            /* the caller's */
	uint64_t file_len; /* bytes of the file; behind it a block reads as zeros */
	size_t block_size;
	size_t slot_count;
	char *memory; /* slot_count blocks */
	struct block_slot *slots;
};

/**
 * Begin on a file of `file_len` bytes.
 *
 * @return 0 or -ENOMEM
 */
int blocks_init(struct blocks *b, int fd, uint64_t file_len, size_t block_size, size_t slot_count);

/** Free; what was changed and not evicted yet is not written. Fine on a zeroed one. */
void blocks_done(struct blocks *b);

/**
 * Have a block in memory.
 *
 * @param change  the caller is about to change it: it is written back before
 *                its slot is given to another
 * @param ret     block_size bytes, good until the next call
 * @return 0 or a negative errno of reading it or of writing its predecessor;
 *         -EIO when the file is shorter than it was
 */
int blocks_get(struct blocks *b, uint64_t number, bool change, char **ret);
