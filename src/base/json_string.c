/* One string as JSON, for lines that are written without a tree. */
#include "base/json.h"

#include <string.h>

#include "base/str.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static int print_control(struct buf *b, unsigned char c)
{
	static const char letters[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	if (c < sizeof(letters) && letters[c])
		return buf_printf(b, "\\%c", letters[c]);
	return buf_printf(b, "\\u%04x", c);
}

/* How much of `s` stands for itself: most of most texts. */
static size_t plain(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)s[n] >= 0x20 && (unsigned char)s[n] < 0x80 &&
		s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

/* The next character of `s`; returns its length through ret_len. */
static int print_character(struct buf *b, const char *s, size_t len, size_t *ret_len)
{
	size_t n = utf8_sequence(s, len);

	*ret_len = MAX(n, (size_t)1);
	if (n == 0)
		return buf_append_str(b, REPLACEMENT);
	if ((unsigned char)*s < 0x20)
		return print_control(b, (unsigned char)*s);
	if (*s == '"' || *s == '\\')
		return buf_printf(b, "\\%c", *s);
	return buf_append(b, s, n);
}

int json_print_string(struct buf *b, const char *text)
{
	size_t start = b->len, left = strlen(text), n;
	int r = buf_append_char(b, '"');

	for (; r == 0 && left > 0; text += n, left -= n) {
		n = plain(text, left);
		r = n > 0 ? buf_append(b, text, n) : print_character(b, text, left, &n);
	}
	if (r == 0)
		r = buf_append_char(b, '"');
	if (r < 0)
		buf_truncate(b, start);
	return r;
}
