/* field.h - small values that a server sent, bounded before they go anywhere.
 *
 * An id goes into a path, an etag into a header, a code into a file: so each is
 * taken whole or not at all, and only when its bytes are harmless there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/**
 * Copy a value of visible ASCII that fits; anything else becomes "".
 *
 * @param value   may be NULL
 * @param blanks  blanks are fine within it, too
 * @return whether it was taken
 */
bool flow_field_take(char *dst, size_t dst_len, const char *value, bool blanks);

/** Copy at most `max` bytes, without splitting a character (UTF-8). */
void flow_field_cut(char *dst, size_t dst_len, const char *text, size_t max);

/** The value, or NULL when it is no more than a mask ("", "****"). */
const char *flow_field_shown(const char *value);
