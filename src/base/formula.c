#include "base/formula.h"

#include <stddef.h>
#include <string.h>

#include "base/macros.h"

bool formula_ends_cell(char c)
{
	return c == ';' || c == '\t' || c == '\r' || c == '\n';
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

/* Behind a field's begin the next cell end is not crossed: what follows it is
 * asked about when we are there. */
bool formula_begins(const char *s, bool field_begin)
{
	size_t skip;

	if (field_begin && (*s == '\t' || *s == '\r' || *s == '\n'))
		return true;
	while ((skip = ignored_prefix(s)) > 0 && (field_begin || !formula_ends_cell(*s)))
		s += skip;
	return is_formula_sign(s);
}

/* From the end, since the question in front of a cell may look across a cell end
 * to where another apostrophe stood. */
unsigned formula_restore(const char *text, char *dst)
{
	size_t len = strlen(text);
	char *at = dst + len;
	unsigned left_out = 0;

	*at = '\0';
	for (size_t i = len; i-- > 0;) {
		bool cell_begin = i == 0 || formula_ends_cell(text[i - 1]);

		if (text[i] == '\'' && cell_begin && formula_begins(at, i == 0))
			left_out++;
		else
			*--at = text[i];
	}
	memmove(dst, at, len - left_out + 1);
	return left_out;
}
