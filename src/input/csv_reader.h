/* csv_reader.h - the input as records: libcsv, pulled record by record.
 *
 * libcsv calls back for each field; fed by segments that hold the end of one
 * record at most, it never has two to tell. Strict: text after a closing quote,
 * a quote inside an unquoted field and a quote that never closes are errors, and
 * so is a field over CSV_FIELD_LIMIT, beyond which libcsv could not go on.
 * Blanks are kept. Lines (LF, CRLF or CR, inside quotes too) are counted here.
 *
 * Records hold passwords: the record, and libcsv's own buffer, are wiped before
 * they are used again and when they are freed.
 */
#pragma once

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "input/bytes.h"

#define CSV_COLUMNS_MAX 1024               /* fields of a record that are kept */
#define CSV_FIELD_MAX 65536                /* bytes of a field that are kept */
#define CSV_FIELD_LIMIT ((size_t)16 << 20) /* a field over it ends the reading */

struct csv_field {
	size_t offset; /* in the record's text; NUL-terminated */
	size_t len;
	bool too_long; /* over CSV_FIELD_MAX: nothing of it is kept */
	bool bare;     /* of JSON: a number, true or false, and no text */
};

struct csv_record {
	uint64_t line; /* where it begins, from 1 */
	size_t count;  /* fields it had; the first CSV_COLUMNS_MAX are kept */
	struct csv_field fields[CSV_COLUMNS_MAX];
	struct buf text;
};

struct csv_reader {
	struct bytes *bytes;
	struct csv_parser parser;
	struct csv_record record;
	uint64_t line;       /* of the next byte */
	uint64_t field_line; /* on which the field now being read begins */
	size_t longest;      /* field of this record, how much of libcsv's buffer was used */
	bool after_cr;       /* a LF now belongs to the line before */
	bool open;           /* in the middle of a record */
	bool complete;       /* `record` is whole */
	int trouble;         /* negative errno of a callback */
};

enum csv_got { CSV_RECORD, CSV_END, CSV_WAIT };

/**
 * @param bytes  borrowed
 * @param line   of the first byte, from 1
 * @return 0 or -ENOMEM
 */
int csv_reader_init(struct csv_reader *r, struct bytes *bytes, char delimiter, uint64_t line);
void csv_reader_done(struct csv_reader *r);

/**
 * The next record, in r->record; valid until the next call. Blank lines are
 * none.
 *
 * @param block  wait for a pipe instead of returning CSV_WAIT
 * @return enum csv_got, or a negative errno with the sentence in reterr
 */
int csv_reader_next(struct csv_reader *r, bool block, struct error *reterr);

/** The text of a field; "" of one that was too long. */
static inline const char *csv_text(const struct csv_record *rec, size_t field)
{
	return rec->text.data + rec->fields[field].offset;
}
