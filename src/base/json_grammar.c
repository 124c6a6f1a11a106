/* cJSON builds the tree, but is no judge of what JSON is: it takes any byte up
 * to 0x20 for white space, 01 and 1. for numbers, raw control characters and
 * bad UTF-8 in strings, skips a byte order mark, and reads \uZZZZ as a NUL that
 * ends the string early. So the text is judged here, first and whole; what
 * passes can then fail only for lack of memory.
 *
 * No recursion: what is open is a stack of bits, 1 for an object.
 */
#include "base/json_grammar.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct reader {
	const char *p, *end;
	bool awaits_value; /* after a comma, a name or an opening */
	size_t depth;
	uint64_t is_object[JSON_DEPTH_MAX / 64];
};

static bool take_char(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool take_digits(struct reader *r)
{
	const char *start = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > start;
}

static bool take_number(struct reader *r)
{
	const char *start = r->p;

	take_char(r, '-');
	if (!take_char(r, '0') && !take_digits(r))
		return false;
	if (take_char(r, '.') && !take_digits(r))
		return false;
	if (take_char(r, 'e') || take_char(r, 'E')) {
		if (!take_char(r, '+'))
			take_char(r, '-');
		if (!take_digits(r))
			return false;
	}
	return r->p - start <= JSON_NUMBER_MAX;
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

static bool take_hex4(struct reader *r, unsigned *ret)
{
	unsigned v = 0;

	if (r->end - r->p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(*r->p++);

		if (digit < 0)
			return false;
		v = v << 4 | (unsigned)digit;
	}
	*ret = v;
	return true;
}

/* Behind "\u": a character other than NUL, or both halves of a pair. */
static bool take_unicode(struct reader *r)
{
	unsigned high, low;

	if (!take_hex4(r, &high) || high == 0)
		return false;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	return high < 0xdc00 && take_word(r, "\\u") && take_hex4(r, &low) && low >= 0xdc00 &&
	       low <= 0xdfff;
}

static bool take_escape(struct reader *r)
{
	char c;

	if (r->p == r->end)
		return false;
	c = *r->p++;
	if (c == 'u')
		return take_unicode(r);
	return c != '\0' && strchr("\"\\/bfnrt", c);
}

static bool take_string(struct reader *r)
{
	if (!take_char(r, '"'))
		return false;
	while (r->p < r->end) {
		unsigned char c = (unsigned char)*r->p;
		size_t n;

		if (c == '"' || c == '\\') {
			r->p++;
			if (c == '"')
				return true;
			if (!take_escape(r))
				return false;
			continue;
		}
		n = c < 0x20 ? 0 : utf8_sequence(r->p, (size_t)(r->end - r->p));
		if (n == 0)
			return false;
		r->p += n;
	}
	return false;
}

static bool take_scalar(struct reader *r)
{
	if (r->p == r->end)
		return false;
	switch (*r->p) {
	case '"': return take_string(r);
	case 't': return take_word(r, "true");
	case 'f': return take_word(r, "false");
	case 'n': return take_word(r, "null");
	default: return take_number(r);
	}
}

static bool inside_object(const struct reader *r)
{
	size_t i = r->depth - 1;

	return r->is_object[i / 64] >> (i % 64) & 1;
}

static bool open_container(struct reader *r, bool object)
{
	uint64_t bit = UINT64_C(1) << (r->depth % 64);

	if (r->depth == JSON_DEPTH_MAX)
		return false;
	if (object)
		r->is_object[r->depth / 64] |= bit;
	else
		r->is_object[r->depth / 64] &= ~bit;
	r->depth++;
	return true;
}

/* The name before a member's value; nothing before an element's. */
static bool take_name(struct reader *r)
{
	skip_blanks(r);
	if (!inside_object(r))
		return true;
	if (!take_string(r))
		return false;
	skip_blanks(r);
	return take_char(r, ':');
}

/* Behind a value: close what ends here, up to the next value or the text's end. */
static bool take_closings(struct reader *r)
{
	while (r->depth > 0) {
		skip_blanks(r);
		if (take_char(r, ',')) {
			r->awaits_value = true;
			return take_name(r);
		}
		if (!take_char(r, inside_object(r) ? '}' : ']'))
			return false;
		r->depth--;
	}
	return true;
}

/* One step: a scalar with what closes behind it, or the opening of a container. */
static bool take_value(struct reader *r)
{
	bool object;

	skip_blanks(r);
	object = take_char(r, '{');
	if (!object && !take_char(r, '['))
		return take_scalar(r) && take_closings(r);
	if (!open_container(r, object))
		return false;
	skip_blanks(r);
	if (r->p < r->end && *r->p == (object ? '}' : ']'))
		return take_closings(r);
	r->awaits_value = true;
	return take_name(r);
}

bool json_is_acceptable(const char *text, size_t len)
{
	struct reader r = {.p = text, .end = text + len, .awaits_value = true};

	while (r.awaits_value) {
		r.awaits_value = false;
		if (!take_value(&r))
			return false;
	}
	skip_blanks(&r);
	return r.p == r.end;
}
