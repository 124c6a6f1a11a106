/* reader.h - look into a ledger file without disturbing whoever writes it.
 *
 * For `status`, `results` and `plan`: a read-only connection of its own, no lock,
 * no change to the file: one of an earlier version is read as it is. Each call
 * sees one moment of the ledger. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/ledger.h"

struct ledger_reader;

/** @return 0 or a negative errno (-ENOENT: no ledger there) with the sentence in reterr */
int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *reterr);
void ledger_reader_close(struct ledger_reader *r); /* fine on NULL */

/** The newest run. */
struct ledger_run {
	uint64_t number;
	const char *service, *org;
	int64_t started_ms, finished_ms; /* finished 0: still going, or it died */
	bool going;                      /* a living process holds the ledger */
	const char *totals;              /* "" until it has ended */
};
int ledger_reader_run(struct ledger_reader *r, struct ledger_run *ret, struct error *reterr);

/** A kind of row, and how many there are of it; ordered by count, most first. */
struct ledger_group {
	enum ledger_state state;
	const char *status;     /* "" where there is no outcome */
	const char *error_code; /* "" where there is none */
	const char *example;    /* the error of one of them */
	uint64_t example_row;
	uint64_t count;
};
int ledger_reader_groups(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_group *g), void *arg, struct error *reterr);

/** Every row in doubt, open intents among them, in order of arrival: what may have been
 * created. What may have been deleted is not among them. */
int ledger_reader_unresolved(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_record *rec), void *arg, struct error *reterr);

/**
 * All rows in order of arrival, one after the other.
 *
 * @param cursor  0 for the first; moved on
 * @return 1 (found: *ret is valid until the next call of any kind), 0 after the last, or a
 *         negative errno
 */
int ledger_reader_next(struct ledger_reader *r, int64_t *cursor, const struct ledger_record **ret,
	struct error *reterr);

/** Of the hashes in its records, for ledger_use_key(). Reads the key file beside the ledger
 * once. 0, or a negative errno (-ENOENT: no key) with the sentence in reterr. Wipe it. */
int ledger_reader_key(struct ledger_reader *r, uint8_t ret[32], struct error *reterr);

/**
 * One row by its key.
 *
 * @return 1 (found: *ret is valid until the next call), 0, or a negative errno
 */
int ledger_reader_find(struct ledger_reader *r, const char *sandbox, const char *name,
	const struct ledger_record **ret, struct error *reterr);
