/* csv_field.h - one field of CSV: quoted where it must be, defused where asked. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/**
 * Append a field, not empty.
 *
 * @param excel_safe  put an apostrophe before what a spreadsheet would take
 *                    for a formula
 * @return 0, -ENOBUFS or -ENOMEM; on an error half a field may be there
 */
int csv_field_append(struct buf *b, const char *text, bool excel_safe);
