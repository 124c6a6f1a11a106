#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static bool is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Length by the first byte, and the range that its second byte must keep: so
 * overlong forms, surrogates and what is beyond U+10FFFF fall out (RFC 3629). */
static size_t sequence_shape(unsigned char c, unsigned char *ret_low, unsigned char *ret_high)
{
	*ret_low = 0x80;
	*ret_high = 0xbf;
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c < 0xe0)
		return 2;
	if (c == 0xe0)
		*ret_low = 0xa0;
	if (c == 0xed)
		*ret_high = 0x9f;
	if (c == 0xf0)
		*ret_low = 0x90;
	if (c == 0xf4)
		*ret_high = 0x8f;
	return c < 0xf0 ? 3 : 4;
}

size_t utf8_sequence(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned char low, high;
	size_t n;

	if (len == 0)
		return 0;
	n = sequence_shape(p[0], &low, &high);
	if (n == 0 || n > len)
		return 0;
	if (n > 1 && (p[1] < low || p[1] > high))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!is_continuation(p[i]))
			return 0;
	}
	return n;
}

bool utf8_valid(const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len;) {
		size_t n = p[i] < 0x80 ? 1 : utf8_sequence(p + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_iequal(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

bool str_icontains(const char *haystack, const char *needle_lower)
{
	for (;; haystack++) {
		size_t i = 0;

		while (needle_lower[i] && lower(haystack[i]) == needle_lower[i])
			i++;
		if (!needle_lower[i])
			return true;
		if (!*haystack)
			return false;
	}
}

bool str_empty(const char *s)
{
	return !s || !*s;
}

bool str_visible_ascii(const char *s)
{
	if (str_empty(s))
		return false;
	for (; *s; s++) {
		if (*s < 0x21 || *s > 0x7e)
			return false;
	}
	return true;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool str_uuid(const char *s)
{
	if (!s)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !is_hex(s[i]))
			return false;
	}
	return s[36] == '\0';
}

/* Characters that change how a terminal shows what stands around them: C1
 * (0x9b begins an escape sequence on some), and the bidirectional overrides and
 * isolates, which forge a line by reordering it. */
static bool forges_lines(const unsigned char *p, size_t n)
{
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x80)
		return p[2] >= 0xa8 && p[2] <= 0xae; /* U+2028, U+2029, U+202A–202E */
	if (n == 3 && p[0] == 0xe2 && p[1] == 0x81)
		return p[2] >= 0xa6 && p[2] <= 0xa9; /* U+2066–2069 */
	return false;
}

#define SHOWN_MAX 16 /* four bytes as \xNN each */

/* The next character of `s` as it is shown; returns how much of `s` it took. */
static size_t show_one(const char *s, size_t len, char dst[SHOWN_MAX], size_t *ret_len)
{
	static const char hex[] = "0123456789ABCDEF";
	const unsigned char *p = (const unsigned char *)s;
	size_t n = utf8_sequence(s, len), out = 0;

	if (n > 0 && p[0] >= 0x20 && p[0] != 0x7f && !forges_lines(p, n)) {
		memcpy(dst, s, n);
		*ret_len = n;
		return n;
	}
	n = MAX(n, (size_t)1);
	for (size_t i = 0; i < n; i++) {
		dst[out++] = '\\';
		dst[out++] = 'x';
		dst[out++] = hex[p[i] >> 4];
		dst[out++] = hex[p[i] & 15];
	}
	*ret_len = out;
	return n;
}

#define ELLIPSIS "\xe2\x80\xa6"

int str_show(struct buf *b, const char *s, size_t max_bytes)
{
	size_t len = strlen(s), start = b->len, i = 0;
	int r = 0;

	while (r == 0 && i < len) {
		char shown[SHOWN_MAX];
		size_t shown_len, n = show_one(s + i, len - i, shown, &shown_len);

		if (n > max_bytes - i) {
			r = buf_append_str(b, ELLIPSIS);
			break;
		}
		r = buf_append(b, shown, shown_len);
		i += n;
	}
	if (r < 0 && b->data) {
		b->len = start;
		b->data[start] = '\0';
	}
	return r;
}

const char *str_shown(char *dst, size_t dst_len, const char *s)
{
	size_t len = strlen(s), out = 0;

	assert(dst_len > 0);
	for (size_t i = 0; i < len;) {
		char shown[SHOWN_MAX];
		size_t shown_len, n = show_one(s + i, len - i, shown, &shown_len);

		if (shown_len >= dst_len - out)
			break;
		memcpy(dst + out, shown, shown_len);
		out += shown_len;
		i += n;
	}
	dst[out] = '\0';
	return dst;
}

int str_u64(const char *s, uint64_t min, uint64_t max, uint64_t *ret)
{
	bool over = false;
	uint64_t v = 0;

	if (str_empty(s))
		return -EINVAL;
	for (; *s; s++) {
		uint64_t digit;

		if (*s < '0' || *s > '9')
			return -EINVAL;
		digit = (uint64_t)(*s - '0');
		if (v > (UINT64_MAX - digit) / 10)
			over = true;
		else
			v = v * 10 + digit;
	}
	if (over || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

void str_copy(char *dst, size_t dst_len, const char *src)
{
	size_t n;

	assert(dst_len > 0);
	n = strnlen(src, dst_len - 1);
	memcpy(dst, src, n);
	dst[n] = '\0';
}
