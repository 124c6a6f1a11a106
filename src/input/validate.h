/* validate.h - a record becomes a row, or a row with its faults.
 *
 * All rules of shape, none that needs the machine: a reference is checked, not
 * resolved, and no secret is copied. What is refused is not repeated: it is left
 * out of the row, and no fault quotes it.
 */
#pragma once

#include <stdbool.h>

#include "input/csv_reader.h"
#include "input/header.h"
#include "input/row.h"

struct validate_options {
	const char *default_sandbox;
	bool allow_http_endpoints;
};

/**
 * Fill `row` (empty) but for number, scope and secrets.
 *
 * @return 0 (the row may be invalid) or -ENOMEM
 */
int validate_row(const struct header *h, const struct csv_record *rec,
	const struct validate_options *o, struct row *row);

/** The text of a known column, "" when the file has none. */
const char *known_text(const struct header *h, const struct csv_record *rec, enum column c);

/**
 * The reference of a row that was validated, "" when it has none, or one that was
 * refused. It may be resolved whatever else the row was refused for.
 */
const char *reference_text(const struct header *h, const struct csv_record *rec);

/** What is wrong with the bytes of a field: NULL, or a problem with its remedy. */
const char *bytes_fault(const struct csv_field *f, const char *text);
