/* jsonl_reader.h - JSON Lines as records: an object a line, its members the columns.
 *
 * The members of the first object, in their order, are the columns: first their
 * names are told as a record, as the header of a CSV would be, then the values of
 * each object. Every object must have these members and no other, in any order:
 * so one that was cut off or put together from parts is found. Text is as it is,
 * null is empty, numbers and true or false are as JSON writes them; a list or an
 * object is refused, as is all that base/json.h refuses. Lines are counted as in
 * csv_reader.h (LF, CRLF or CR), and blank ones are no records.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "input/bytes.h"
#include "input/csv_reader.h"

/* The longest line that is written has 256 carried fields of 64 KiB, each byte six. */
#define JSONL_LINE_MAX ((size_t)128 << 20)

struct jsonl_reader {
	struct bytes *bytes;
	struct csv_record record;
	struct buf text;    /* of the line being read */
	uint64_t line;      /* of the next byte */
	bool after_cr;      /* a LF now belongs to the line before */
	struct json *first; /* whose names were told, and whose values were not yet */
	size_t columns;
	char **names; /* of the columns; NULL until they are known */
};

/**
 * @param bytes  borrowed
 * @param line   of the first byte, from 1
 */
void jsonl_reader_init(struct jsonl_reader *r, struct bytes *bytes, uint64_t line);
void jsonl_reader_done(struct jsonl_reader *r); /* fine on a zeroed one */

/**
 * The next record, in r->record; valid until the next call. The first one holds the
 * names of the columns.
 *
 * @param block  wait for a pipe instead of returning CSV_WAIT
 * @return enum csv_got, or a negative errno with the sentence in reterr
 */
int jsonl_reader_next(struct jsonl_reader *r, bool block, struct error *reterr);
