/* results_row.h - a record of a results file becomes a row.
 *
 * Such a file was written by a program, and what is done by it cannot be undone:
 * so whatever that program would not have written is a fault of the file, and no row
 * is merely invalid.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "input/csv_reader.h"
#include "input/header.h"
#include "input/row.h"

/** What is known of the file, for messages. */
struct results_file {
	const char *shown;
	bool json;
};

/**
 * Fill `row` (empty) but for number and scope.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int results_row(const struct header *h, const struct csv_record *rec, const struct results_file *f,
	struct row *row, struct error *reterr);
