/* input.h - the CSV, pulled row by row; or the results of a run, CSV or JSON Lines.
 *
 * libcsv parses; this room detects the delimiter, maps the header, validates
 * rows and resolves references to secrets. A regular file is read through once
 * first (input_survey): whatever makes the whole file bad is found before
 * anything is sent. A pipe is read once, as it comes.
 *
 * Row faults are values (row.invalid); file faults are fatal: a negative errno
 * with a sentence that begins "FILE:LINE: ".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "input/row.h"
#include "sys/secret.h"

#define INPUT_SCOPES_MAX 1024

struct input;

enum input_kind {
	INPUT_INSTANCES, /* what is to be created */
	/* Results that a run has written, CSV, or JSON Lines if it begins with '{'. Required: name,
	 * sandbox, status and id; `row.id`, `row.etag` and `row.status` are filled, and endpoint
	 * where it is there (both as they stand there: not checked). All but the results' own
	 * columns are carried, as they are named there. No row is invalid, and none has params.
	 *
	 * A fault of the file is: what only instances have (password, password_ref, param.X); an
	 * id that is no UUID, or that has no name or sandbox beside it; a sandbox that is none;
	 * a row of another number of fields; JSON that is not an object a line, all with the same
	 * members. A sentence of input_survey() then ends in "; nothing was done"; on a pipe the
	 * rows before it were handed out.
	 *
	 * A CSV by --excel-safe: see row.plain_name. */
	INPUT_RESULTS,
	/* No rows at all: who reads something else needs the numbers of its scopes only. The
	 * file is not opened; input_stat() is its, and it passes for a regular one. */
	INPUT_NONE,
};

struct input_options {
	enum input_kind kind;
	const char *path; /* "-" is standard input */

	/* Of INPUT_INSTANCES; left alone for INPUT_RESULTS. */
	const char *const *map; /* "name=Instance Name" … */
	size_t map_count;
	const char *const *carry; /* headers carried although they speak of a secret */
	size_t carry_count;
	const char *secrets_dir; /* NULL: the CSV's folder (working directory for a pipe) */
	const char *default_sandbox;
	char delimiter; /* 0: detect */
	bool allow_http_endpoints;
	bool without_secrets; /* rows come without params, references are not looked up and need
	                       * not resolve; a row then needs no region */
};

/** What the first reading of a regular file found. */
struct input_survey {
	uint64_t rows;
	uint64_t invalid; /* by shape; a repeated name is found by the ledger */
	uint32_t scopes;
	uint32_t sandboxes;
	uint64_t with_id, created; /* INPUT_RESULTS: rows with an id; of these, called created */
};

/**
 * Open and read up to the header (a pipe: blocks until the header is there).
 * Options are copied.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int input_open(const struct input_options *o, struct input **ret, struct error *reterr);
void input_close(struct input *in); /* fine on NULL */

/** Can it be surveyed? Standard input never can: it may begin in mid-file. */
bool input_is_regular(const struct input *in);
/** For the checks of output paths: the input must not be one of them. */
const struct stat *input_stat(const struct input *in);
/** For a poll when input_next() wants to wait; -1 for a regular file. */
int input_fd(const struct input *in);

/**
 * Read a regular file through once, then go back to its first row.
 *
 * Secret references are not resolved here (that costs an open a row).
 */
int input_survey(struct input *in, struct input_survey *ret, struct error *reterr);

/**
 * Go back to the first row of a regular file that was surveyed, to read it once more.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int input_rewind(struct input *in, struct error *reterr);

enum input_got {
	INPUT_ROW, /* a row, perhaps an invalid one */
	INPUT_END,
	INPUT_WAIT,    /* a pipe: nothing there now, poll input_fd() for reading */
	INPUT_NO_ROOM, /* the secret region is full: give a row back first; the row is
	                * kept and handed out by the next call */
};

/**
 * The next row.
 *
 * @param row  row_init()ed and empty
 * @return enum input_got, or a negative errno with the sentence in reterr: the
 *         file is bad from here on (or changed since the survey: -ESTALE)
 */
int input_next(struct input *in, struct row *row, struct error *reterr);

/** Names of the carried columns, in the header's order, as results show them
 * ("input.NAME" where NAME is a results column). Owned by the input. */
size_t input_carried(const struct input *in, const char *const **ret_names);

/** The names of the sandboxes seen so far, by number. */
uint32_t input_sandbox_count(const struct input *in);
const char *input_sandbox(const struct input *in, uint32_t number);

/**
 * The number of a pair that perhaps no row has named yet; a new one is added.
 *
 * @return 0, -EINVAL (not a sandbox, not a UUID), -ENOSPC (INPUT_SCOPES_MAX are
 *         there already) or -ENOMEM
 */
int input_scope(struct input *in, const char *sandbox, const char *spec_id, uint32_t *ret_scope,
	uint32_t *ret_sandbox);

/** The connectionSpec of a scope, and the number of its sandbox. */
const char *input_scope_spec(const struct input *in, uint32_t scope, uint32_t *ret_sandbox);
