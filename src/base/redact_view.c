#include "base/redact_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct view view_of_text(const char *text, size_t len)
{
	return (struct view){.data = (char *)(uintptr_t)text, .len = len};
}

void view_done(struct view *v)
{
	if (v->at) {
		wipe(v->data, v->len);
		free(v->data);
		free(v->at);
	}
	*v = (struct view){0};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* `n` hex digits, or -1; the NUL at the end of a text is none. */
static long hex_value(const char *p, unsigned n)
{
	long v = 0;

	for (unsigned i = 0; i < n; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

static size_t put_utf8(char *dst, unsigned long c)
{
	if (c < 0x80) {
		dst[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		dst[0] = (char)(0xc0 | c >> 6);
		dst[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		dst[0] = (char)(0xe0 | c >> 12);
		dst[1] = (char)(0x80 | (c >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | c >> 18);
	dst[1] = (char)(0x80 | (c >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (c >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* \uXXXX or a pair of them. Returns what it took, 0 when it is none. */
static size_t decode_unicode(const char *p, char *dst, size_t *ret_len)
{
	long c = hex_value(p + 2, 4), low;

	if (c <= 0)
		return 0;
	if (c < 0xd800 || c > 0xdfff) {
		*ret_len = put_utf8(dst, (unsigned long)c);
		return 6;
	}
	if (c > 0xdbff || p[6] != '\\' || p[7] != 'u')
		return 0;
	low = hex_value(p + 8, 4);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*ret_len = put_utf8(
		dst, 0x10000 + ((unsigned long)(c - 0xd800) << 10) + (unsigned long)(low - 0xdc00));
	return 12;
}

/* \xNN, as str_show() writes it. */
static size_t decode_shown(const char *p, char *dst, size_t *ret_len)
{
	long c = hex_value(p + 2, 2);

	if (c <= 0)
		return 0;
	dst[0] = (char)c;
	*ret_len = 1;
	return 4;
}

static size_t decode_json(const char *p, char *dst, size_t *ret_len)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (p[0] != '\\' || p[1] == '\0')
		return 0;
	if (p[1] == 'u')
		return decode_unicode(p, dst, ret_len);
	if (p[1] == 'x')
		return decode_shown(p, dst, ret_len);
	letter = strchr(letters, p[1]);
	if (!letter)
		return 0;
	dst[0] = meant[letter - letters];
	*ret_len = 1;
	return 2;
}

static size_t decode_percent(const char *p, bool form, char *dst, size_t *ret_len)
{
	long c;

	*ret_len = 1;
	if (form && p[0] == '+') {
		dst[0] = ' ';
		return 1;
	}
	if (p[0] != '%')
		return 0;
	c = hex_value(p + 1, 2);
	if (c <= 0)
		return 0;
	dst[0] = (char)c;
	return 3;
}

static bool has_something(const struct view *v, enum view_decoding how)
{
	if (how == VIEW_JSON)
		return memchr(v->data, '\\', v->len);
	if (memchr(v->data, '%', v->len))
		return true;
	return how == VIEW_FORM && memchr(v->data, '+', v->len);
}

static uint32_t place(const struct view *v, size_t i)
{
	return v->at ? v->at[i] : (uint32_t)i;
}

/* Nothing decodes to more bytes than it had. */
static void decode_into(const struct view *v, enum view_decoding how, struct view *dst)
{
	for (size_t i = 0; i < v->len;) {
		char *out = dst->data + dst->len;
		size_t out_len = 0, n;

		n = how == VIEW_JSON ? decode_json(v->data + i, out, &out_len)
				     : decode_percent(v->data + i, how == VIEW_FORM, out, &out_len);
		if (n == 0) {
			out[0] = v->data[i];
			out_len = n = 1;
		}
		/* The bytes of one character share its place, and its end is the
		 * place of what follows: so it is hidden whole or not at all. */
		for (size_t k = 0; k < out_len; k++)
			dst->at[dst->len++] = place(v, i);
		i += n;
	}
	dst->at[dst->len] = place(v, v->len);
	dst->data[dst->len] = '\0';
}

int view_decode(const struct view *v, enum view_decoding how, struct view *ret)
{
	struct view d = {0};

	if (!has_something(v, how))
		return 1;
	d.data = malloc(v->len + 1);
	d.at = malloc((v->len + 1) * sizeof(*d.at));
	if (!d.data || !d.at) {
		free(d.data);
		free(d.at);
		return -ENOMEM;
	}
	decode_into(v, how, &d);
	*ret = d;
	return 0;
}
