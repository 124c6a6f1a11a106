/* percent.c - percent-encoding, for a URL's query and for a form. */
#include "flow/percent.h"

#include <string.h>

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

int flow_percent_append(struct buf *b, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";
	int r = 0;

	while (*value && r == 0) {
		size_t plain = strspn(value, UNRESERVED);
		unsigned char c = (unsigned char)value[plain];

		r = buf_append(b, value, plain);
		value += plain;
		if (r < 0 || c == '\0')
			break;
		r = buf_append(b, (const char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
		value++;
	}
	return r;
}
