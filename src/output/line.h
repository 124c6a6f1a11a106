/* line.h - one line of the results, as CSV or JSON Lines.
 *
 * CSV as in RFC 4180 with one difference: lines end in LF, as everywhere else
 * on the systems that this runs on; every reader of CSV takes it. A field is
 * quoted when it holds a comma, a quote, CR or LF, or begins or ends with a
 * blank. Bytes that are not UTF-8 pass as they are, so that a name can still
 * be joined with the input's.
 *
 * JSON Lines: an object a line with all columns in order; numbers are numbers,
 * what is empty is null, bytes that are not UTF-8 become U+FFFD.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum line_format { LINE_CSV, LINE_JSONL };

/** All text borrowed; NULL or "" is empty. Numbers: 0 is empty where so said. */
struct line {
	uint64_t row;
	uint64_t line;
	const char *name;
	const char *sandbox;
	const char *endpoint;
	const char *status;
	const char *id;
	const char *etag; /* with its quotes */
	int http_status;  /* 0: empty */
	const char *error_code;
	const char *error;
	uint32_t attempts;
	const char *request_id;
	int64_t started_ms;  /* wall clock; 0: empty */
	int64_t duration_ms; /* negative: empty */
	const char *const *carried;
	size_t carried_count; /* at most the style's; the rest is empty */
	int64_t number;       /* of the style's number_name; negative: empty */
};

struct line_style {
	enum line_format format;
	bool excel_safe; /* defuse fields that a spreadsheet would take for a formula (CSV) */
	const char *const *carried_names;
	size_t carried_count;
	const char *number_name; /* of a column of numbers behind the carried ones; a literal.
	                          * NULL: there is none */
};

/** The results' own columns, in order ("row" … "duration_ms"). */
extern const char *const line_columns[];
extern const size_t line_column_count;

/**
 * Append the CSV header with its newline; nothing for JSON Lines.
 *
 * @return 0, -ENOBUFS or -ENOMEM; then nothing was appended
 */
int line_header(const struct line_style *s, struct buf *b);

/** Append the line with its newline: 0, -ENOBUFS or -ENOMEM; then nothing was appended. */
int line_append(const struct line_style *s, const struct line *l, struct buf *b);

/** What a later look changes of a line; NULL or "" is empty. */
struct line_change {
	const char *status, *error_code, *error;
};

/** What a line that line_append() wrote says of these; borrowed from it, as it stands there. */
struct line_piece {
	const char *at;
	size_t len;
};
struct line_pieces {
	struct line_piece number; /* of the line in the input */
	struct line_piece status; /* without its quotes */
};

/**
 * Find them.
 *
 * @param line  whole, with its newline
 * @return 0, or -EBADMSG: no line of this format
 */
int line_read(enum line_format format, const char *line, size_t len, struct line_pieces *ret);

/**
 * Append the same line, but for what is changed; every other byte stays.
 *
 * @param line  whole, with its newline; not in `b`
 * @return 0; -EBADMSG: no line of this format; -ENOBUFS or -ENOMEM; then nothing was appended
 */
int line_amend(const struct line_style *s, const char *line, size_t len,
	const struct line_change *c, struct buf *b);

/**
 * Find where a line ends that line_append() wrote, piece by piece.
 *
 * @param quoted  false at the line's begin; kept between its pieces
 * @return bytes of this piece that belong to the line, its newline included;
 *         ret_ended tells whether that was all of it
 */
size_t line_end(
	enum line_format format, const char *piece, size_t len, bool *quoted, bool *ret_ended);
