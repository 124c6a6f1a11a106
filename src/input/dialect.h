/* dialect.h - what the first bytes say about how the file is written.
 *
 * A byte order mark, Excel's "sep=;" line, and the delimiter: the one of
 * `, ; TAB |` that the header line has most often outside of quotes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct dialect {
	size_t skip;    /* bytes in front of the header: mark and "sep=" line */
	unsigned lines; /* lines among them */
	char delimiter; /* 0: it is JSON Lines */
};

enum dialect_got {
	DIALECT_KNOWN,
	DIALECT_MORE,  /* the header line does not end within these bytes */
	DIALECT_EMPTY, /* not a byte beside a mark */
	DIALECT_UTF16,
};

/**
 * Is it JSON Lines, not CSV? Told by the first byte behind a mark and blanks, which is
 * a '{'; false while there is none.
 */
bool dialect_is_json(const char *data, size_t len, struct dialect *ret);

/**
 * @param ended      nothing follows these bytes: what is there must do
 * @param delimiter  what the user said, or 0: detect
 * @return enum dialect_got; `ret` is written for DIALECT_KNOWN only
 */
enum dialect_got dialect_detect(
	const char *data, size_t len, bool ended, char delimiter, struct dialect *ret);
