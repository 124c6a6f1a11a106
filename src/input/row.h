/* row.h - one validated row of the CSV.
 *
 * Text lives in one buffer that is reused for the next row in the same slot;
 * secrets live in the run's guarded region and are given back by row_reset().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "flow/request.h"
#include "sys/secret.h"

#define ROW_PARAMS_MAX 32
#define ROW_CARRIED_MAX 256

struct row {
	uint64_t number; /* 1 for the first data row */
	uint64_t line;   /* where it begins in the file, 1 for the header's first line */

	/* NUL-terminated, in `text`; "" when absent. Of an invalid row only what was
	 * not refused is filled; of one with a wrong number of fields nothing is. */
	const char *name;
	const char *description;
	const char *sandbox;
	const char *endpoint;
	const char *username;
	const char *auth_spec;
	const char *spec_id;
	const char *spec_version;
	const char *id, *etag, *status; /* of INPUT_RESULTS; "" else */
	const char *plain_name; /* of INPUT_RESULTS in CSV: the name without what --excel-safe
	                                 * may have put into it; NULL where there is no such thing.
	                                 * Which of the two it was nobody can tell from the file */
	struct flow_param
		params[ROW_PARAMS_MAX]; /* values in the region, names in the header's memory */
	size_t param_count;
	const char **carried; /* by the header's carried columns; few rows have any */
	size_t carried_count, carried_cap;

	/* Valid where there is a sandbox, and the row is not invalid. Results do not tell the
	 * connectionSpec: their scopes are of (sandbox, ""). */
	uint32_t scope;          /* number of its (sandbox, connectionSpec) in this input, from 0 */
	uint32_t sandbox_number; /* from 0 */

	bool invalid;
	char fault[512];   /* why, for a human; never quotes a refused field. The first faults, as
	                    * many as there is room for */
	bool more_faults;  /* than that */
	struct buf faults; /* all of them, for row_fault_next() */
	int trouble;       /* -ENOMEM: a fault could not be noted */

	struct buf text;
	struct secret_region *region;
};

/**
 * The faults of a row one by one: "name is empty: give it one".
 *
 * Of a row with a wrong number of fields only that is told, since nobody knows what
 * its fields are.
 *
 * @param at       0 for the first; moved on
 * @param dst_len  at least 8; a fault that does not fit is cut with "…" behind it
 * @return false after the last
 */
bool row_fault_next(const struct row *r, size_t *at, char *dst, size_t dst_len);

/**
 * Note a fault: "WHAT PROBLEM", behind those that the row has already.
 *
 * @param problem  with its remedy, as in "is empty: give it one"
 */
void row_fault(struct row *r, const char *what, const char *problem);

void row_init(struct row *r, struct secret_region *region);
/** Empty it for the next row: secrets wiped and given back, memory kept. */
void row_reset(struct row *r);
void row_done(struct row *r);

/**
 * Make room for so many bytes of text, NULs included, and so many carried fields.
 *
 * @return 0 or -ENOMEM
 */
int row_reserve(struct row *r, size_t text_len, size_t carried_count);

/**
 * Copy text into the row, which has room for it (row_reserve()): so what was kept before
 * stays where it is.
 */
const char *row_keep(struct row *r, const char *text);

/** Bytes that this row holds beyond its struct (text, faults and secrets). */
size_t row_bytes(const struct row *r);

/** As flow wants it; borrows from the row. */
struct flow_connection row_connection(const struct row *r);
