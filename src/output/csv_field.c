/* csv_field.c - quoting, and the defusing of formulas: an apostrophe is put wherever
 * a spreadsheet would begin a cell with one (base/formula.h), not only at the
 * field's begin.
 */
#include "output/csv_field.h"

#include <stddef.h>
#include <string.h>

#include "base/formula.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool must_quote(const char *s, size_t len)
{
	if (is_blank(s[0]) || is_blank(s[len - 1]))
		return true;
	for (size_t i = 0; i < len; i++)
		if (s[i] == ',' || s[i] == '"' || s[i] == '\r' || s[i] == '\n')
			return true;
	return false;
}

static int append_escaped(struct buf *b, const char *s, size_t len, bool excel_safe)
{
	size_t copied = 0;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		bool cell_begin = excel_safe && (i == 0 || formula_ends_cell(s[i - 1]));

		if (cell_begin && formula_begins(s + i, i == 0)) {
			r = buf_append(b, s + copied, i - copied);
			if (r == 0)
				r = buf_append_char(b, '\'');
			copied = i;
		}
		if (s[i] == '"' && r == 0) {
			r = buf_append(b, s + copied, i + 1 - copied);
			copied = i; /* the quote comes again with the next piece */
		}
	}
	return r < 0 ? r : buf_append(b, s + copied, len - copied);
}

int csv_field_append(struct buf *b, const char *text, bool excel_safe)
{
	size_t len = strlen(text);
	bool quote = must_quote(text, len);
	int r = 0;

	if (!quote && !excel_safe)
		return buf_append(b, text, len);
	if (quote)
		r = buf_append_char(b, '"');
	if (r == 0)
		r = append_escaped(b, text, len, excel_safe);
	if (r == 0 && quote)
		r = buf_append_char(b, '"');
	return r;
}
