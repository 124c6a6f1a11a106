/* table.h - rows of named columns for machines: CSV with a header, or JSON Lines.
 *
 * Text is as it came; quoting, bytes that are no UTF-8 and what is empty are as
 * in a line of the results (line.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "output/line.h"

struct table_column {
	const char *name;
	bool number; /* its values are digits, or "" */
};

struct table {
	enum line_format format;
	const struct table_column *columns;
	size_t count;
};

/** Append the CSV header with its newline; nothing for JSON Lines. 0, -ENOBUFS or -ENOMEM */
int table_header(const struct table *t, struct buf *b);

/**
 * Append a row with its newline.
 *
 * @param values  one a column; NULL or "" is empty
 * @return 0, -ENOBUFS or -ENOMEM; then half a row may be there
 */
int table_row(const struct table *t, const char *const *values, struct buf *b);
