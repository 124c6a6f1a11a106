/* params.h - auth.params in few bytes: "name\0Tvalue\0" for each member.
 *
 * T says what the value is: 's' a string, 'j' other JSON, 'm' a secret string
 * of which only the length is kept (decimal). So a rehearsal with the real CSV
 * leaves no password in this program's memory or file, unless it was asked to
 * show them.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

#define PARAMS_MASK "********" /* what is shown in place of a secret */

struct param {
	const char *name;
	char type;
	const char *value;
};

/**
 * Append all members of a JSON object.
 *
 * @param mask  keep only the length of secrets (names that speak of one)
 */
void params_pack(struct buf *packed, const struct json *object, bool mask);

/** Append one; `type` as above. */
void params_append(struct buf *packed, const char *name, char type, const char *value);

/** Add or replace one by a JSON value, in place. */
void params_set(struct buf *packed, const char *name, const struct json *value, bool mask);

/** Take one out; false if it is not there. */
bool params_remove(struct buf *packed, const char *name);

/** Read the one at `at` and step over it; false behind the last (`end`). */
bool params_read(const char **at, const char *end, struct param *ret);

/** Find by name in [packed, end). */
bool params_find(const char *packed, const char *end, const char *name, struct param *ret);

/** Append them as a JSON object, secrets masked. */
void params_print(struct buf *b, const char *packed, const char *end);
