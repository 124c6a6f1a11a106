/* inorder.h - the lines of .part in the order of the input. */
#pragma once

#include <stdint.h>

#include "output/line.h"
#include "output/places.h"

/* The longest line: 256 carried fields of 64 KiB, each byte six in JSON, is 96 MiB. */
#define LINE_MAX_SIZE ((size_t)128 * 1024 * 1024)

/* Lines are handed to the kernel at the latest when so much has gathered. */
#define WRITE_SIZE ((size_t)64 * 1024)

/** On whose side the trouble is. */
enum inorder_side {
	INORDER_PART,    /* reading .part (-EIO: it is shorter than it was) */
	INORDER_INDEX,   /* reading the index */
	INORDER_NEW,     /* writing the new file */
	INORDER_MISSING, /* -ENODATA: a row has no line */
};

struct inorder {
	const struct line_style *style;
	int part_fd;
	uint64_t part_len;
	struct places *places;
	int new_fd; /* empty */
};

/**
 * Write the header, then each row's line from row 1 to the highest.
 *
 * @return 0, or a negative errno with its side, and with the row when that is missing
 */
int inorder_write(const struct inorder *o, enum inorder_side *reterr_side, uint64_t *reterr_row);
