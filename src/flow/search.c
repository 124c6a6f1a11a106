/* search.c - the pages of one search.
 *
 * A search proves absence only when nothing about it was odd: every page had
 * the documented shape, every item an id, and the pages came to an end. So
 * whatever a page lacks makes the whole search unsound, before any of its items
 * is handed on; the caller starts it anew.
 *
 * The next page is named by `_links.next.href`, a relative path that lacks the
 * base path. Only its continuationToken is taken, never a host or path: a token
 * of ours is not led elsewhere by an answer.
 *
 * How many items a page may hold is documented elsewhere than for this
 * endpoint. A page that is exactly full and names no next one may therefore be
 * cut short; then the count decides.
 */
#include "flow/search.h"

#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "flow/item.h"

enum next_page { NEXT_NONE, NEXT_NAMED, NEXT_UNSOUND };

void flow_cursor_init(struct flow_cursor *c)
{
	*c = (struct flow_cursor){.pages = 0};
}

/* ------------------------------------------------------------------ items */

/* Has every item an id? */
static bool count_items(const struct json *items, uint64_t *ret)
{
	uint64_t count = 0;

	JSON_EACH (v, items) {
		const char *id = json_string(json_get(v, "id"));

		if (!id || !str_uuid(id))
			return false;
		count++;
	}
	*ret = count;
	return json_is_array(items);
}

/* -------------------------------------------------------------- next page */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decoded into `dst`; false when it is malformed, empty or too long. A '+'
 * is itself: in base64 it is common, a blank in a token is not. */
static bool decode(const char *text, size_t len, char *dst, size_t dst_len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
			int low = high >= 0 ? hex_value(text[i + 2]) : -1;

			if (low < 0 || high + low == 0)
				return false; /* no hex, or a NUL */
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (n + 1 == dst_len)
			return false;
		dst[n++] = c;
	}
	dst[n] = '\0';
	return n > 0;
}

static bool read_token(const char *href, char *dst, size_t dst_len)
{
	static const char name[] = "continuationToken=";
	const char *p = strchr(href, '?');

	while (p && *p && *p != '#') {
		size_t len;

		p++; /* ? or & */
		len = strcspn(p, "&#");
		if (len >= strlen(name) && memcmp(p, name, strlen(name)) == 0)
			return decode(p + strlen(name), len - strlen(name), dst, dst_len);
		p += len;
	}
	return false;
}

static enum next_page read_next(const struct json *root, char *dst, size_t dst_len)
{
	const struct json *links = json_get(root, "_links"), *next = json_get(links, "next");
	const char *href = json_string(json_get(next, "href"));

	if (!links || json_is_null(links))
		return NEXT_NONE;
	if (!json_is_object(links))
		return NEXT_UNSOUND;
	if (!next || json_is_null(next))
		return NEXT_NONE;
	return href && read_token(href, dst, dst_len) ? NEXT_NAMED : NEXT_UNSOUND;
}

/* Do the pages go round in a circle? Brent's way: one earlier token is remembered,
 * renewed at each power of two, so a circle of any length is met in the end. */
static bool is_circle(struct flow_cursor *c, const char *token)
{
	uint64_t hash = hash_str(HASH_START, token);

	if (strcmp(token, c->continuation) == 0 || (c->pages > 1 && hash == c->anchor))
		return true;
	if ((c->pages & (c->pages - 1)) == 0)
		c->anchor = hash;
	return false;
}

/* --------------------------------------------------------------- the walk */

static enum flow_step walk(
	struct flow_cursor *c, enum next_page next, const char *token, uint64_t page_items)
{
	c->items += page_items;
	c->pages++;
	if (next == NEXT_NAMED) {
		if (c->pages == FLOW_PAGES_MAX || is_circle(c, token))
			return FLOW_STEP_UNSOUND;
		str_copy(c->continuation, sizeof(c->continuation), token);
		return FLOW_STEP_PAGE;
	}
	c->continuation[0] = '\0';
	c->counting = c->tally || page_items >= FLOW_PAGE_LIMIT;
	return c->counting ? FLOW_STEP_COUNT : FLOW_STEP_COMPLETE;
}

static enum flow_step feed_page(struct flow_cursor *c, const struct json *root,
	void (*each)(void *arg, const struct flow_item *item), void *arg)
{
	const struct json *items = json_get(root, "items");
	char token[FLOW_TOKEN_SIZE];
	enum next_page next = read_next(root, token, sizeof(token));
	enum flow_step step;
	uint64_t count;

	if (next == NEXT_UNSOUND || !count_items(items, &count))
		return FLOW_STEP_UNSOUND;
	step = walk(c, next, token, count);
	if (step == FLOW_STEP_UNSOUND)
		return step;
	JSON_EACH (v, items) {
		struct flow_item item = flow_item_read(v);

		each(arg, &item);
	}
	return step;
}

static enum flow_step feed_count(struct flow_cursor *c, const struct json *root)
{
	double count;

	if (!json_number(json_get(root, "count"), &count) || count < 0 || count > FLOW_EXACT_MAX)
		return FLOW_STEP_UNSOUND;
	c->count = (uint64_t)count;
	if ((double)c->count != count || (!c->tally && c->count != c->items))
		return FLOW_STEP_UNSOUND;
	return FLOW_STEP_COMPLETE;
}

enum flow_step flow_cursor_feed(struct flow_cursor *c, const char *body, size_t body_len,
	void (*each)(void *arg, const struct flow_item *item), void *arg)
{
	AUTO(json_freep) struct json *root = NULL;

	if (!body || json_parse(body, body_len, &root) < 0)
		return FLOW_STEP_UNSOUND;
	return c->counting ? feed_count(c, root) : feed_page(c, root, each, arg);
}
