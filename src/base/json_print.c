/* Printing, straight into the caller's buffer: so a secret that was added by
 * json_add_borrowed() has no copy outside of it. */
#include "base/json.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/str.h"

#define FIRST_ROOM 256

static int undo(struct buf *b, int r)
{
	if (b->data) {
		wipe(b->data + b->len, b->cap - b->len);
		b->data[b->len] = '\0';
	}
	return r;
}

/* Into what is allocated. The room beyond the maximum is for cJSON's estimates. */
static bool print_into(cJSON *root, struct buf *b)
{
	return cJSON_PrintPreallocated(
		root, b->data + b->len, (int)MIN(b->cap - b->len, (size_t)INT_MAX), false);
}

int json_print(const struct json *root, struct buf *b)
{
	cJSON *tree = (cJSON *)(uintptr_t)root; /* printing changes nothing */
	size_t room = MIN((size_t)FIRST_ROOM, b->max - b->len), len;
	int r;

	if (!root)
		return -ENOMEM;
	for (;;) {
		r = buf_reserve(b, room);
		if (r < 0)
			return undo(b, r);
		if (print_into(tree, b))
			break;
		if (b->cap > b->max)
			return undo(b, -ENOBUFS);
		room = MIN(2 * (b->cap - b->len), b->max - b->len);
	}
	len = strlen(b->data + b->len);
	if (len > b->max - b->len)
		return undo(b, -ENOBUFS);
	buf_commit(b, len);
	return 0;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static int print_control(struct buf *b, unsigned char c)
{
	static const char letters[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};

	if (c < sizeof(letters) && letters[c])
		return buf_printf(b, "\\%c", letters[c]);
	return buf_printf(b, "\\u%04x", c);
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

	for (; r == 0 && left > 0; text += n, left -= n)
		r = print_character(b, text, left, &n);
	if (r == 0)
		r = buf_append_char(b, '"');
	if (r < 0)
		b->len = start;
	return r < 0 ? undo(b, r) : 0;
}
