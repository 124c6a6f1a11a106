/* header_mapping.h - the header while it is being made; private to header*.c. */
#pragma once

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "input/csv_reader.h"
#include "input/header.h"

#define PARAM_PREFIX "param."
#define PARAM_PREFIX_LEN (sizeof(PARAM_PREFIX) - 1)

/* What the header is made from, while it is made. */
struct mapping {
	struct header *h;
	const char **meaning; /* of each cell: its own text, or the column that --map gives it */
	bool *wanted;         /* named by --carry */
	const char *file;
	uint64_t line;
	struct error *reterr;
};

/* Note a sentence about the file. */
#define file_fault(m, fmt, ...)                                                                    \
	error_set((m)->reterr, -EBADMSG, "%s:%" PRIu64 ": " fmt, (m)->file, (m)->line, __VA_ARGS__)

int mapping_no_memory(const struct mapping *m);

/**
 * Make a header by `fill`; on an error nothing of it is left.
 *
 * @param arg  for fill
 */
int mapping_make(struct header *h, const struct csv_record *rec,
	int (*fill)(struct mapping *m, const struct csv_record *rec, const void *arg),
	const void *arg, const char *file, struct error *reterr);

/** Refuse two cells that mean the same. */
int mapping_check_twice(const struct mapping *m);

/** Copy the header's cells, trimmed; each then means its own text. */
int mapping_copy_cells(struct mapping *m, const struct csv_record *rec);

/** The cell with this text, or -1. */
int mapping_find(const struct header *h, const char *text);

/** From now on cell `i` means `name`, which the header owns. NULL: no memory. */
int mapping_rename(struct mapping *m, size_t i, char *name);

/** Do what one --map or --carry says, or say why not. */
int mapping_apply_map(struct mapping *m, const char *option);
int mapping_apply_carry(struct mapping *m, const char *option);

/** A copy without outer blanks; NULL without memory. */
char *cell_trimmed(const char *s, size_t len);

/** The known column of this name, or -1. */
int cell_known_column(const char *cell);

/** Do the results have a column of this name anyway? */
bool cell_is_results_column(const char *cell);

/** Does it begin with "param."? */
bool cell_is_param(const char *cell);
