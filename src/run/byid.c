/* byid.c - requests about one connection, by its id: read, update, test, delete.
 *
 * An update is guarded by the etag that we know; a deletion cannot be, so it is read
 * first. Adobe moves the etag itself some seconds after a create, so another etag alone
 * says nothing: what counts is whether all that shows is still as we left it, already
 * as the row wants it, or as an update that is open in the ledger has sent it. A secret
 * never shows.
 */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "flow/tag.h"
#include "flow/visible.h"
#include "run/open_updates.h"
#include "run/shell.h"

/* ------------------------------------------------------------------- asking */

static enum flow_part part_of(const struct engine_action *a)
{
	if (a->send.request != REQUEST_TEST)
		return FLOW_PART_ITSELF;
	return a->send.first ? FLOW_PART_TEST : FLOW_PART_EXPLORE;
}

void byid_begin(struct snowmelt *s, struct exchange *x, const struct engine_action *a)
{
	struct slot *slot = &s->slots[x->job];
	struct flow_connection c;
	int r;

	x->sandbox = slot->row.sandbox_number;
	x->part = part_of(a);
	r = flow_connection_url(&x->url, s->settings.o.url, slot->record.id, x->part);
	if (r == 0 && a->send.request == REQUEST_UPDATE) {
		r = send_desired(s, x, &c);
		if (r == 0)
			r = flow_update_body(&x->body, &c);
	}
	assert(r == 0); /* ids are checked as they come in, and fields are bounded */
}

/* ------------------------------------------------------------------ reading */

/* What was read, and how it stands to what we know. */
struct reading {
	const struct snowmelt *run;
	struct slot *slot;
	unsigned changed; /* enum flow_field, by someone else */
	bool same;        /* it has the etag that we know */
	char etag[FLOW_ETAG_SIZE];
};

static bool updates(const struct snowmelt *s)
{
	return s->purpose->reads == INPUT_INSTANCES;
}

/* What shows, without a tag: that is ours, whether this run makes one or not. */
static const char *plain_description(
	const struct reading *r, const struct flow_item *item, struct buf *text)
{
	const struct slot *slot = r->slot;
	const char *shown = item->description ? item->description : "";
	char key[17];

	ledger_tag(r->run->ledger, slot->row.sandbox, slot->row.name, key);
	buf_init(text, BODY_MAX);
	if (buf_append(text, shown, flow_tag_less(shown, key)) < 0)
		return shown;
	return text->data ? text->data : "";
}

static bool description_is_ours(const struct reading *r, const char *shown)
{
	const struct slot *slot = r->slot;
	const struct ledger_record *left = &slot->past.record;

	return !left->description_known ||
	       ledger_text_hash(r->run->ledger, shown) == left->description ||
	       (updates(r->run) && strcmp(shown, slot->row.description) == 0);
}

static void take_item(void *arg, const struct flow_item *item)
{
	struct reading *r = arg;
	const struct slot *slot = r->slot;
	const struct ledger_record *past = &slot->past.record;
	const struct flow_wanted left = {
		.name = slot->row.name,
		.spec_id = past->spec_id,
		.endpoint = past->endpoint,
		.username = past->username,
	};
	const struct flow_wanted desired = {
		.name = slot->row.name,
		.spec_id = slot->row.spec_id,
		.endpoint = slot->row.endpoint,
		.username = slot->row.username,
	};
	AUTO(buf_done) struct buf text = {0};
	const char *description = plain_description(r, item, &text);

	r->changed = flow_differs(item, &left);
	if (updates(r->run))
		r->changed &= flow_differs(item, &desired);
	if (!description_is_ours(r, description))
		r->changed |= FLOW_FIELD_DESCRIPTION;
	r->changed = open_updates_less(r->run->ledger, past, item, description, r->changed);
	r->same = slot->record.etag[0] && strcmp(item->etag, slot->record.etag) == 0;
	str_copy(r->etag, sizeof(r->etag), item->etag);
}

static enum engine_answer conflict(const struct reading *r)
{
	struct record *rec = &r->slot->record;
	char fields[128];
	AUTO(buf_done) struct buf text = {0};

	flow_fields_words(r->changed, fields, sizeof(fields));
	buf_init(&text, sizeof(rec->answer.message) - 1);
	(void)buf_printf(&text, "someone else has changed its %s since: %s", fields,
		updates(r->run)
			? "nothing was sent; set the row to what is there, or set it back there"
			: "it was not deleted; see whether it is still needed, then --force");
	str_copy(rec->answer.code, sizeof(rec->answer.code), "conflict");
	str_copy(rec->answer.message, sizeof(rec->answer.message), text.data ? text.data : "");
	return ANSWER_CONFLICT;
}

enum engine_answer byid_page(struct snowmelt *s, struct exchange *x, const struct net_answer *a)
{
	struct slot *slot = &s->slots[x->job];
	struct reading r = {.run = s, .slot = slot};

	if (flow_read_connection(a->body, a->body_len, slot->record.id, take_item, &r) < 0)
		return ANSWER_DOUBTFUL;
	if (r.same)
		return ANSWER_SAME;
	if (r.changed != 0 && !(s->settings.o.force && !updates(s)))
		return conflict(&r);
	str_copy(slot->record.etag, sizeof(slot->record.etag), r.etag);
	return ANSWER_MOVED;
}
