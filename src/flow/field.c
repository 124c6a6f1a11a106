/* field.c - small values that a server sent. */
#include "flow/field.h"

#include <string.h>

#include "base/macros.h"

bool flow_field_take(char *dst, size_t dst_len, const char *value, bool blanks)
{
	size_t len = 0;

	dst[0] = '\0';
	if (!value || !*value)
		return false;
	while (value[len] > (blanks ? 0x1f : 0x20) && value[len] < 0x7f && len < dst_len)
		len++;
	if (len == dst_len || value[len] != '\0')
		return false;
	memcpy(dst, value, len + 1);
	return true;
}

void flow_field_cut(char *dst, size_t dst_len, const char *text, size_t max)
{
	size_t len = strlen(text), end = MIN(max, dst_len - 1);

	if (len > end) {
		len = end;
		/* A character has at most three bytes of continuation. */
		while (len > 0 && end - len < 3 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, text, len);
	dst[len] = '\0';
}

const char *flow_field_shown(const char *value)
{
	return value && value[strspn(value, "*")] != '\0' ? value : NULL;
}
