/* str.h - small questions about strings, and how foreign text is shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/** Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, ≤ U+10FFFF). */
bool utf8_valid(const void *data, size_t len);

/** Length of the well-formed UTF-8 sequence at the start, 0 when there is none. */
size_t utf8_sequence(const void *data, size_t len);

/** Equal, ASCII letters without case. */
bool str_iequal(const char *a, const char *b);

/** ASCII-lowercase substring search; needle in lower case. */
bool str_icontains(const char *haystack, const char *needle_lower);

/** NULL or "". */
bool str_empty(const char *s);

/** Only visible ASCII (0x21–0x7e), at least one byte: fit for a header value. */
bool str_visible_ascii(const char *s);

/** The 36 bytes of a UUID in hex, either case (RFC 9562, 4). */
bool str_uuid(const char *s);

/**
 * Append text that came from a CSV or a server for a human to read: control
 * characters (C0, DEL, C1 as U+0080–U+009F, and bytes that are not UTF-8) as
 * \xNN, everything else as it is. Cut at `max_bytes` of input with "…" behind.
 */
int str_show(struct buf *b, const char *s, size_t max_bytes);

/** Same into a fixed array, always NUL-terminated; cut when it is full. Returns dst. */
const char *str_shown(char *dst, size_t dst_len, const char *s);

/** Whole string a decimal number within [min, max]: 0, -EINVAL or -ERANGE. */
int str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret);

/** strlcpy by memcpy: copies at most dst_len - 1 bytes, always terminates. */
void str_copy(char *dst, size_t dst_len, const char *src);
