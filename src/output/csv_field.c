/* csv_field.c - quoting, and the defusing of formulas.
 *
 * A spreadsheet takes a cell for a formula when it begins with = + - or @, or
 * with one of their full-width twins, also behind blanks that it drops. An
 * apostrophe in front makes it text. Where a cell begins is the reader's
 * choice, though: one that is set to semicolons (much of Europe) or tabs does
 * not see our commas, so it takes our quotes in mid-cell for text and splits a
 * field at its own separator and at each line break. So the apostrophe is put
 * wherever such a reader would begin a cell, not only at the field's begin.
 */
#include "output/csv_field.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Ends a cell for a reader that does not keep to our commas and quotes. */
static bool is_cell_end(char c)
{
	return c == ';' || c == '\t' || c == '\r' || c == '\n';
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

static size_t starts_with_one_of(const char *s, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(s, prefixes[i], strlen(prefixes[i])) == 0)
			return strlen(prefixes[i]);
	return 0;
}

/* What a reader may drop before it looks: blanks, control characters, quotes. */
static size_t ignored_prefix(const char *s)
{
	static const char *const blanks[] = {
		"\xc2\xa0",     /* U+00A0 no-break space */
		"\xe2\x80\x8b", /* U+200B zero width space */
		"\xe3\x80\x80", /* U+3000 ideographic space */
		"\xef\xbb\xbf", /* U+FEFF byte order mark */
	};

	if ((*s > '\0' && *s <= ' ') || *s == '"' || *s == '\x7f')
		return 1;
	return starts_with_one_of(s, blanks, ARRAY_SIZE(blanks));
}

static bool is_formula_sign(const char *s)
{
	static const char *const full_width[] = {
		"\xef\xbc\x9d", /* U+FF1D = */
		"\xef\xbc\x8b", /* U+FF0B + */
		"\xef\xbc\x8d", /* U+FF0D - */
		"\xef\xbc\xa0", /* U+FF20 @ */
	};

	return *s == '=' || *s == '+' || *s == '-' || *s == '@' ||
	       starts_with_one_of(s, full_width, ARRAY_SIZE(full_width)) > 0;
}

/* Would a cell that begins here be a formula? Behind a field's begin the next
 * cell end is not crossed: what follows it is asked about when we are there. */
static bool is_dangerous(const char *s, bool field_begin)
{
	size_t skip;

	if (field_begin && (*s == '\t' || *s == '\r' || *s == '\n'))
		return true;
	while ((skip = ignored_prefix(s)) > 0 && (field_begin || !is_cell_end(*s)))
		s += skip;
	return is_formula_sign(s);
}

static int append_escaped(struct buf *b, const char *s, size_t len, bool excel_safe)
{
	size_t copied = 0;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		bool cell_begin = excel_safe && (i == 0 || is_cell_end(s[i - 1]));

		if (cell_begin && is_dangerous(s + i, i == 0)) {
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
