#include "input/dialect.h"

#include <string.h>

#include "base/macros.h"
#include "base/str.h"

/* In this order where two are as frequent. */
static const char delimiters[] = {',', ';', '\t', '|'};

/* No CSV in UTF-8 has a NUL among its first two bytes, and every one in UTF-16
 * has, unless it has a mark or begins with letters far from Latin. */
static bool looks_like_utf16(const char *data, size_t len)
{
	if (len < 2)
		return false;
	return memcmp(data, "\xff\xfe", 2) == 0 || memcmp(data, "\xfe\xff", 2) == 0 ||
	       data[0] == '\0' || data[1] == '\0';
}

/* Length of the line end at `data`, 0 when there is none. */
static size_t line_end(const char *data, size_t len)
{
	if (len >= 2 && data[0] == '\r' && data[1] == '\n')
		return 2;
	return len >= 1 && (data[0] == '\r' || data[0] == '\n') ? 1 : 0;
}

static bool may_separate(unsigned char c)
{
	return (c == '\t' || (c > ' ' && c < 0x7f)) && c != '"' && !(c >= '0' && c <= '9') &&
	       !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Excel's hint, perhaps quoted. Returns the length of its line, 0 when it is none. */
static size_t sep_line(const char *data, size_t len, char *ret)
{
	bool quoted = len > 0 && data[0] == '"';
	size_t at = quoted, end;
	char word[5] = "";

	if (len < at + 5)
		return 0;
	memcpy(word, data + at, 4);
	at += 4;
	if (!str_iequal(word, "sep=") || !may_separate((unsigned char)data[at]))
		return 0;
	*ret = data[at++];
	if (quoted && (at == len || data[at++] != '"'))
		return 0;
	end = line_end(data + at, len - at);
	return end > 0 ? at + end : 0;
}

/* Count delimiters up to the end of the first line that is not blank. */
static bool count_in_header(const char *data, size_t len, size_t counts[ARRAY_SIZE(delimiters)])
{
	bool quoted = false, blank = true;

	for (size_t i = 0; i < len; i++) {
		char c = data[i];

		if (!quoted && !blank && (c == '\n' || c == '\r'))
			return true;
		if (c == '"')
			quoted = !quoted;
		if (!quoted)
			for (size_t d = 0; d < ARRAY_SIZE(delimiters); d++)
				counts[d] += c == delimiters[d];
		if (c != '\n' && c != '\r' && c != ' ' && c != '\t')
			blank = false;
		else if (blank && (c == '\n' || c == '\r'))
			memset(counts, 0, ARRAY_SIZE(delimiters) * sizeof(*counts));
	}
	return false;
}

static size_t mark_len(const char *data, size_t len)
{
	return len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool dialect_is_json(const char *data, size_t len, struct dialect *ret)
{
	size_t skip = mark_len(data, len), at = skip;

	while (at < len && (data[at] == ' ' || data[at] == '\t' || line_end(data + at, len - at)))
		at++;
	if (looks_like_utf16(data, len) || at == len || data[at] != '{')
		return false;
	*ret = (struct dialect){.skip = skip};
	return true;
}

enum dialect_got dialect_detect(
	const char *data, size_t len, bool ended, char delimiter, struct dialect *ret)
{
	struct dialect d = {.delimiter = delimiter};
	size_t counts[ARRAY_SIZE(delimiters)] = {0}, most = 0;
	char sep = 0;
	size_t n;

	if (looks_like_utf16(data, len))
		return DIALECT_UTF16;
	d.skip = mark_len(data, len);
	n = sep_line(data + d.skip, len - d.skip, &sep);
	d.skip += n;
	d.lines = n > 0;
	if (len == d.skip) /* also because a CR, so far the last byte, may have a LF behind it */
		return ended ? DIALECT_EMPTY : DIALECT_MORE;
	if (!count_in_header(data + d.skip, len - d.skip, counts) && !ended)
		return DIALECT_MORE;

	for (size_t i = 1; i < ARRAY_SIZE(delimiters); i++)
		if (counts[i] > counts[most])
			most = i;
	if (!d.delimiter)
		d.delimiter = sep ? sep : delimiters[most];
	*ret = d;
	return DIALECT_KNOWN;
}
