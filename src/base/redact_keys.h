/* redact_keys.h - values that stand behind a telling name. Private to base. */
#pragma once

#include <stddef.h>

/**
 * Find the next value behind a name that speaks of a secret: "password":"…",
 * password=…, Authorization: ….
 *
 * @param from  where to go on, 0 at first
 * @return where to go on after this one (its end), 0 when there is none
 */
size_t redact_find_keyed(
	const char *text, size_t len, size_t from, size_t *ret_start, size_t *ret_end);
