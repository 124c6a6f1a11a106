/* credentials.h - the secrets of a valid row go into the guarded region. */
#pragma once

#include <stdbool.h>

#include "input/csv_reader.h"
#include "input/header.h"
#include "input/reference.h"
#include "input/row.h"

/**
 * Resolve the row's reference, if it has one, and copy its secrets into
 * row->region: "password" and each param.X that is filled. A reference that does
 * not resolve makes the row invalid, without secrets.
 *
 * @return false when the region is full; row_reset() it then, and try again
 *         after another row gave its secrets back
 */
bool credentials_take(const struct header *h, const struct csv_record *rec, struct references *refs,
	struct row *row);
