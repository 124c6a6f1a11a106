/* credentials.h - the secrets of a valid row go into the guarded region; of an
 * invalid one only its reference is looked up, for one more fault. */
#pragma once

#include <stdbool.h>

#include "input/csv_reader.h"
#include "input/header.h"
#include "input/reference.h"
#include "input/row.h"

/**
 * Resolve the row's reference, if it has one, and copy its secrets into
 * row->region: "password" and each param.X that is filled. A reference that does
 * not resolve makes the row invalid, without secrets; one of a row that was invalid
 * already is resolved all the same, so that all faults of a row are told at once.
 *
 * @return false when the region is full; row_reset() it then, and try again
 *         after another row gave its secrets back
 */
bool credentials_take(const struct header *h, const struct csv_record *rec, struct references *refs,
	struct row *row);
