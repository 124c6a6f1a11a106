/* header.h - which field of a row is what.
 *
 * A header cell is one of the known columns (by its own name or by --map),
 * "param.X" (X keeps its case), a column that is carried into the results, or
 * nothing: a blank cell, or one that speaks of a secret and was not asked for
 * by --carry. Cells are compared without case and outer blanks. A message never
 * quotes a cell that is not a known column's: without a header, the first row
 * would stand in its place, password and all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "input/csv_reader.h"
#include "input/row.h"

enum column {
	COLUMN_NAME,
	COLUMN_DESCRIPTION,
	COLUMN_SANDBOX,
	COLUMN_ENDPOINT,
	COLUMN_USERNAME,
	COLUMN_PASSWORD,
	COLUMN_PASSWORD_REF,
	COLUMN_AUTH_SPEC,
	COLUMN_SPEC_ID,
	COLUMN_SPEC_VERSION,
	COLUMN_COUNT
};

extern const char *const column_names[COLUMN_COUNT];

/** Of a results file: what is read of its own columns; the first four it must have. */
enum results_column {
	RESULTS_NAME,
	RESULTS_SANDBOX,
	RESULTS_STATUS,
	RESULTS_ID,
	RESULTS_ETAG,
	RESULTS_ENDPOINT,
	RESULTS_COLUMN_COUNT
};

extern const char *const results_names[RESULTS_COLUMN_COUNT];

/** What the user said about columns; all borrowed for the call. */
struct header_options {
	const char *const *map; /* "name=Instance Name" */
	size_t map_count;
	const char *const *carry;
	size_t carry_count;
};

struct header {
	size_t columns;          /* as many fields a row must have */
	int known[COLUMN_COUNT]; /* field of each, or -1 */
	int results[RESULTS_COLUMN_COUNT];
	size_t param_count;
	struct {
		const char *name;
		size_t field;
	} params[ROW_PARAMS_MAX];
	size_t carried_count;
	const char *carried[ROW_CARRIED_MAX]; /* names, as the results show them */
	size_t carried_fields[ROW_CARRIED_MAX];
	char **cells; /* trimmed, then for each the name it got instead (or NULL); the names
	               * above point into them */
};

#define HEADER_INIT ((struct header){0})

/**
 * Read the header record.
 *
 * @param file  for messages
 * @return 0 or a negative errno with the sentence in reterr
 */
int header_map(struct header *h, const struct csv_record *rec, const struct header_options *o,
	const char *file, struct error *reterr);
void header_done(struct header *h);

/**
 * Read the header of a results file: its own columns, and all others as carried.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int results_header_map(
	struct header *h, const struct csv_record *rec, const char *file, struct error *reterr);
