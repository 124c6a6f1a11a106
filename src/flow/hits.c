/* hits.c - what was found for one row, compared here.
 *
 * A hit has the row's exact name and its connectionSpec. Where an item does not
 * show a field, the field cannot differ: so an item without a connectionSpec is
 * a hit (it passed the server's filter), as the other reading would call a row
 * absent and send it twice; and an endpoint that is not shown is no conflict.
 *
 * A hit that has our tag is ours, and others of its name are somebody else's.
 * Hits are asked for by name all the same: what an earlier run sent may have had
 * no tag, or another description before it.
 */
#include "flow/search.h"

#include <string.h>

#include "base/str.h"
#include "flow/field.h"
#include "flow/tag.h"
#include "flow/visible.h"

#define GRACE_MS 5000 /* the server's clock is known to a second or so, by its Date header */
#define SENTENCE_MAX 1024

static const char no_memory[] = "a connection of this name exists and is not this row's: look at "
				"it in Adobe";

void flow_hits_init(struct flow_hits *h)
{
	*h = (struct flow_hits){.count = 0};
}

void flow_hits_expect(struct flow_hits *h, const char *id)
{
	str_copy(h->ids[0], sizeof(h->ids[0]), id);
	h->count = 1;
}

void flow_hits_ignore(struct flow_hits *h, const char *id)
{
	str_copy(h->ignored, sizeof(h->ignored), id);
}

static bool is_hit(const struct flow_wanted *w, const struct flow_item *item)
{
	return item->name && strcmp(w->name, item->name) == 0 &&
	       (str_empty(item->spec_id) || str_iequal(w->spec_id, item->spec_id));
}

/* Counted already, or never to be. */
static bool is_known(const struct flow_hits *h, const char *id)
{
	if (str_iequal(h->ignored, id))
		return true;
	for (uint32_t i = 0; i < MIN(h->count, FLOW_HITS_MAX); i++)
		if (str_iequal(h->ids[i], id))
			return true;
	return false;
}

static void take_first(
	struct flow_hits *h, const struct flow_wanted *w, const struct flow_item *item)
{
	unsigned differs = flow_differs(item, w);

	flow_field_take(h->etag, sizeof(h->etag), item->etag, true);
	h->created_ms = item->created_ms;
	h->untagged =
		w->tag && !str_empty(item->description) && !flow_tagged(item->description, w->tag);
	h->endpoint_differs = differs & FLOW_FIELD_ENDPOINT;
	h->username_differs = differs & FLOW_FIELD_USERNAME;
}

static void put_id(struct flow_hits *h, const char *id, bool first)
{
	uint32_t last = MIN(h->count, FLOW_HITS_MAX - 1);

	if (first) {
		memmove(h->ids[last], h->ids[0], sizeof(h->ids[0]));
		str_copy(h->ids[0], sizeof(h->ids[0]), id);
	} else if (h->count < FLOW_HITS_MAX) {
		str_copy(h->ids[h->count], sizeof(h->ids[0]), id);
	}
}

void flow_hits_add(struct flow_hits *h, const struct flow_wanted *w, const struct flow_item *item)
{
	bool tagged = w->tag && flow_tagged(item->description, w->tag);

	if (!is_hit(w, item) || is_known(h, item->id))
		return;
	if (h->count == 0 || (tagged && h->tagged == 0))
		take_first(h, w, item);
	put_id(h, item->id, tagged && h->tagged == 0);
	h->count++;
	h->tagged += tagged;
}

static int tell_several(struct buf *b, const struct flow_hits *h)
{
	uint32_t shown = MIN(h->count, FLOW_HITS_MAX);
	int r = buf_printf(b, "%u connections have this name: ", h->count);

	for (uint32_t i = 0; r == 0 && i < shown; i++)
		r = buf_printf(b, "%s%s", i ? ", " : "", h->ids[i]);
	if (r == 0 && h->count > shown)
		r = buf_printf(b, " and %u more", h->count - shown);
	return r < 0 ? r : buf_append_str(b, ": delete or rename all but one");
}

static int tell_difference(struct buf *b, const struct flow_hits *h)
{
	const char *what = "endpoint and username";

	if (!h->username_differs)
		what = "endpoint";
	else if (!h->endpoint_differs)
		what = "username";
	return buf_printf(b,
		"connection %s has this name, but another %s: rename the row, or change or delete "
		"that connection",
		h->ids[0], what);
}

static bool is_several(const struct flow_hits *h)
{
	return (h->tagged ? h->tagged : h->count) > 1;
}

static void tell_conflict(const struct flow_hits *h, char *dst, size_t dst_len)
{
	AUTO(buf_done) struct buf b = {0};
	int r;

	buf_init(&b, SENTENCE_MAX);
	r = is_several(h) ? tell_several(&b, h) : tell_difference(&b, h);
	str_copy(dst, dst_len, r < 0 ? no_memory : b.data);
}

enum flow_finding flow_hits_conclude(const struct flow_hits *h, int64_t intent_server_ms,
	char *ret_conflict, size_t ret_conflict_len)
{
	if (h->count == 0)
		return FLOW_ABSENT;
	if (is_several(h) || h->endpoint_differs || h->username_differs) {
		tell_conflict(h, ret_conflict, ret_conflict_len);
		return FLOW_FOUND_CONFLICT;
	}
	if (h->tagged)
		return FLOW_FOUND_CREATED;
	if (intent_server_ms > 0 && h->created_ms > 0 &&
		h->created_ms >= intent_server_ms - GRACE_MS)
		return FLOW_FOUND_CREATED;
	return FLOW_FOUND_ADOPTED;
}
