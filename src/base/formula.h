/* formula.h - where a spreadsheet would take text for a formula.
 *
 * A cell is one when it begins with = + - or @, or with one of their full-width
 * twins, also behind blanks that the spreadsheet drops. An apostrophe in front
 * makes it text (output/csv_field.c puts it there). Where a cell begins is the
 * reader's choice, though: one that is set to semicolons (much of Europe) or tabs
 * does not see our commas, so it takes our quotes in mid-cell for text and splits
 * a field at its own separator and at each line break.
 */
#pragma once

#include <stdbool.h>

/** Does it end a cell for a reader that does not keep to our commas and quotes? */
bool formula_ends_cell(char c);

/**
 * Would a cell that begins here be a formula?
 *
 * @param field_begin  it is also where the field begins
 */
bool formula_begins(const char *s, bool field_begin);

/**
 * Copy a field without the apostrophes that stand where they would have been put.
 * Only a guess: the text may have had one of its own there.
 *
 * @param dst  as long as the text, with its NUL
 * @return how many were left out
 */
unsigned formula_restore(const char *text, char *dst);
