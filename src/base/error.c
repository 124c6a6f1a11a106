#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Drop the first bytes of a character that did not fit at the end. */
static size_t whole_characters(const char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && len - start < 4) {
		unsigned char c = (unsigned char)text[--start];

		if (c < 0x80)
			return len;
		if (c >= 0xc0)
			return utf8_sequence(text + start, len - start) > 0 ? len : start;
	}
	return len;
}

int error_set(struct error *e, int code, const char *fmt, ...)
{
	/* Not into e->text at once: it may be among the arguments. */
	char text[sizeof(e->text)];
	va_list ap;
	int n;

	assert(code < 0);
	if (!e)
		return code;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= sizeof(text))
		text[whole_characters(text, sizeof(text) - 1)] = '\0';

	e->code = code;
	memcpy(e->text, text, sizeof(e->text));
	return code;
}
