/* The text is looked at as it stands and as it reads once decoded (JSON escapes
 * once and twice, since a JSON text may stand inside a JSON string; URL
 * encoding; one inside the other). In each of these views every secret is
 * looked for in plain and in base64, and every telling name with its value.
 * What is found is marked byte by byte in one map of the text, so that finds
 * may overlap; in the end each run of marks becomes one REDACTED.
 *
 * All searches are memmem() or one walk: the work is views × secrets × text.
 */
#include "base/redact.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact_keys.h"
#include "base/redact_view.h"

#define SHORT_SECRET 6    /* under it a find drops the whole text */
#define BASE64_PART_MIN 4 /* fewer characters are found in any text */
#define JSON_LEVELS 2     /* a JSON text inside a JSON string */
#define URL_LEVELS 1

struct search {
	const char *const *secrets;
	size_t secret_count;
	unsigned char *hidden; /* a mark for each byte of the text */
	size_t len;
	bool drop;
};

static void hide(struct search *s, const struct view *v, size_t start, size_t end)
{
	size_t from = v->at ? v->at[start] : start;
	size_t to = v->at ? v->at[end] : end;

	/* An end inside a character that was written as one escape: hide it all. */
	while (v->at && end < v->len && to == v->at[end - 1])
		to = v->at[++end];
	memset(s->hidden + from, 1, to - from);
}

static bool is_base64(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '-' || c == '_';
}

/* `margin` more base64 characters on each side hold bits of the secret too. */
static void look_for(struct search *s, const struct view *v, const char *needle, size_t len,
	bool is_short, size_t margin)
{
	size_t i = 0;

	while (!s->drop && i < v->len) {
		const char *found = memmem(v->data + i, v->len - i, needle, len);
		size_t start, end;

		if (!found)
			return;
		if (is_short) {
			s->drop = true;
			return;
		}
		start = (size_t)(found - v->data);
		end = start + len;
		if (margin > 0 && start > 0 && is_base64(v->data[start - 1]))
			start--;
		if (margin > 0 && end < v->len && is_base64(v->data[end]))
			end++;
		hide(s, v, start, end);
		i = (size_t)(found - v->data) + len;
	}
}

static unsigned bit_at(const char *secret, size_t bit)
{
	return (unsigned char)secret[bit / 8] >> (7 - bit % 8) & 1;
}

/* The base64 characters that the secret alone decides when `before` bytes of
 * something else (a user name, say) stand before it in the same group. */
static size_t base64_part(const char *secret, size_t len, size_t before, bool url, char *dst)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	size_t first = (8 * before + 5) / 6, last = 8 * (before + len) / 6, n = 0;

	for (size_t c = first; c < last; c++) {
		unsigned v = 0;

		for (size_t bit = 6 * c; bit < 6 * c + 6; bit++)
			v = v << 1 | bit_at(secret, bit - 8 * before);
		if (v < 62)
			dst[n++] = alphabet[v];
		else
			dst[n++] = v == 62 ? (url ? '-' : '+') : (url ? '_' : '/');
	}
	return n;
}

static int look_for_base64(struct search *s, const struct view *v, const char *secret, size_t len)
{
	size_t size = 4 * (len / 3 + 2);
	char *part = malloc(size);

	if (!part)
		return -ENOMEM;
	for (size_t i = 0; i < 6; i++) {
		size_t n = base64_part(secret, len, i % 3, i >= 3, part);

		if (n >= BASE64_PART_MIN)
			look_for(s, v, part, n, len < SHORT_SECRET, 1);
	}
	wipe(part, size);
	free(part);
	return 0;
}

static int search_view(struct search *s, const struct view *v)
{
	size_t from = 0, start, end;
	int r = 0;

	for (size_t i = 0; i < s->secret_count && r == 0 && !s->drop; i++) {
		const char *secret = s->secrets[i];
		size_t len = secret ? strlen(secret) : 0;

		if (len == 0)
			continue;
		look_for(s, v, secret, len, len < SHORT_SECRET, 0);
		r = look_for_base64(s, v, secret, len);
	}
	while ((from = redact_find_keyed(v->data, v->len, from, &start, &end)) > 0)
		hide(s, v, start, end);
	return r;
}

static int search_views(struct search *s, const struct view *v, unsigned json, unsigned url);

static int search_decoded(
	struct search *s, const struct view *v, enum view_decoding how, unsigned json, unsigned url)
{
	AUTO(view_done) struct view d = {0};
	int r = view_decode(v, how, &d);

	if (r != 0)
		return r < 0 ? r : 0;
	return search_views(s, &d, json, url);
}

/* This view, and those that decode it further: JSON `json` times, URL `url`. */
static int search_views(struct search *s, const struct view *v, unsigned json, unsigned url)
{
	int r = search_view(s, v);

	if (r == 0 && url > 0)
		r = search_decoded(s, v, VIEW_FORM, json, url - 1);
	if (r == 0 && url > 0 && memchr(v->data, '+', v->len))
		r = search_decoded(s, v, VIEW_PERCENT, json, url - 1);
	if (r == 0 && json > 0)
		r = search_decoded(s, v, VIEW_JSON, json - 1, url);
	return r;
}

static int append_visible(struct buf *dst, const char *text, const struct search *s)
{
	int r = 0;

	for (size_t i = 0, end; i < s->len && r == 0; i = end) {
		for (end = i + 1; end < s->len && s->hidden[end] == s->hidden[i];)
			end++;
		r = s->hidden[i] ? buf_append_str(dst, REDACTED)
				 : buf_append(dst, text + i, end - i);
	}
	return r;
}

static void cut_back(struct buf *b, size_t len)
{
	if (!b->data)
		return;
	wipe(b->data + len, b->len - len);
	b->len = len;
}

int redact(struct buf *dst, const char *text, const char *const *secrets, size_t secret_count)
{
	struct search s = {.secrets = secrets, .secret_count = secret_count, .len = strlen(text)};
	size_t start = dst->len;
	struct view v = view_of_text(text, s.len);
	int r;

	if (s.len == 0)
		return 0;
	if (s.len >= UINT32_MAX)
		return -ENOBUFS;
	s.hidden = calloc(s.len, 1);
	if (!s.hidden)
		return -ENOMEM;
	r = search_views(&s, &v, JSON_LEVELS, URL_LEVELS);
	if (r == 0 && s.drop)
		r = 1;
	if (r == 0)
		r = append_visible(dst, text, &s);
	if (r < 0)
		cut_back(dst, start);
	free(s.hidden);
	return r;
}
