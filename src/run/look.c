/* look.c - is it there? Lookups of one row, and listings that many rows share. */
#include <assert.h>
#include <stdlib.h>

#include "base/str.h"
#include "run/recorded.h"
#include "run/shell.h"

/* ------------------------------------------------------------------- asking */

struct look *look_of(struct slot *slot)
{
	if (!slot->look)
		slot->look = calloc(1, sizeof(*slot->look));
	assert(slot->look);
	return slot->look;
}

/* In doubt it is looked for as the intent recorded it: the CSV may have been edited
 * since. What is not a row of the input has nothing else. */
struct flow_wanted look_wanted(const struct slot *slot)
{
	const struct ledger_record *r = slot->by_intent ? &slot->past.record : NULL;

	return (struct flow_wanted){
		.name = slot->row.name,
		.spec_id = r ? r->spec_id : slot->row.spec_id,
		.endpoint = r ? r->endpoint : slot->row.endpoint,
		.username = r ? r->username : slot->row.username,
		.tag = slot->look && slot->look->tag[0] ? slot->look->tag : NULL,
	};
}

static void begin_row(const struct snowmelt *s, struct slot *slot)
{
	struct look *look = look_of(slot);

	flow_cursor_init(&look->cursor);
	flow_hits_init(&look->hits);
	if (slot->past.there)
		flow_hits_ignore(&look->hits, recorded_deleted_id(&slot->past.record));
	look->met = false;
	look->tag[0] = '\0';
	if (slot->kind == SLOT_RELOOK) {
		/* Ours is there: whatever is found beside it is one too many, tag or not. */
		if (slot->record.id[0])
			flow_hits_expect(&look->hits, slot->record.id);
	} else if (s->settings.o.tag) {
		ledger_tag(s->ledger, slot->row.sandbox, slot->row.name, look->tag);
	}
}

static void begin_sharers(struct snowmelt *s, uint32_t listing)
{
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (engine_shares(s->engine, i, listing))
			begin_row(s, &s->slots[i]);
}

static void begin_lookup(struct snowmelt *s, struct exchange *x, bool first)
{
	struct slot *slot = &s->slots[x->job];
	struct flow_wanted wanted;
	int r;

	if (first)
		begin_row(s, slot);
	wanted = look_wanted(slot);
	x->sandbox = slot->row.sandbox_number;
	r = flow_search_url(&x->url, s->settings.o.url, wanted.name, wanted.spec_id,
		slot->look->cursor.continuation, slot->look->cursor.counting);
	assert(r == 0);
}

static void begin_listing(struct snowmelt *s, struct exchange *x, bool first)
{
	struct look *look = look_of(&s->slots[x->job]);
	const char *spec_id = input_scope_spec(s->input, x->scope, &x->sandbox);
	int r;

	if (first) {
		flow_cursor_init(&look->cursor);
		begin_sharers(s, x->job);
	}
	r = flow_search_url(&x->url, s->settings.o.url, NULL, spec_id, look->cursor.continuation,
		look->cursor.counting);
	assert(r == 0);
}

void look_begin(struct snowmelt *s, struct exchange *x, const struct engine_action *a)
{
	x->scope = a->send.scope;
	if (a->send.request == REQUEST_LIST)
		begin_listing(s, x, a->send.first);
	else
		begin_lookup(s, x, a->send.first);
}

/* ----------------------------------------------------------------- findings */

static void feed_row(void *arg, const struct flow_item *item)
{
	struct slot *slot = arg;
	struct flow_wanted wanted = look_wanted(slot);

	if (slot->kind == SLOT_PROBE)
		slot->look->met |= str_iequal(item->id, slot->record.id);
	else
		flow_hits_add(&slot->look->hits, &wanted, item);
}

struct listing_page {
	struct snowmelt *run;
	uint32_t listing;
};

static void feed_listing(void *arg, const struct flow_item *item)
{
	const struct listing_page *p = arg;

	for (uint32_t i = 0; i < p->run->slot_count; i++)
		if (engine_shares(p->run->engine, i, p->listing))
			feed_row(&p->run->slots[i], item);
}

/* Our first intent, in the server's time. 0: none, or what was found shows that it
 * is not what we sent. */
static int64_t intent_server_ms(
	const struct snowmelt *s, const struct slot *slot, const struct flow_hits *hits)
{
	bool earlier = slot->past.there && slot->past.record.intent_ms != 0;

	/* All that this run sends is tagged; of an earlier one nobody knows. */
	if (slot->record.intent_ms == 0 || (hits->untagged && !earlier))
		return 0;
	return slot->record.intent_ms + s->server_offset_ms;
}

/* Only what was created by us is deleted; this one was left. */
static bool was_being_deleted(const struct slot *slot, const char *id)
{
	const struct ledger_record *r = &slot->past.record;

	return slot->past.there && r->state == LEDGER_STATE_DELETING && str_iequal(r->id, id);
}

enum engine_answer look_conclude(
	const struct snowmelt *s, struct slot *slot, const struct flow_hits *hits)
{
	struct record *rec = &slot->record;
	char conflict[sizeof(rec->answer.message)];
	enum flow_finding finding;

	finding = flow_hits_conclude(
		hits, intent_server_ms(s, slot, hits), conflict, sizeof(conflict));
	if (finding == FLOW_ABSENT)
		return ANSWER_ABSENT;
	if (finding == FLOW_FOUND_CONFLICT) {
		str_copy(rec->answer.code, sizeof(rec->answer.code), "conflict");
		str_copy(rec->answer.message, sizeof(rec->answer.message), conflict);
		return ANSWER_CONFLICT;
	}
	if (slot->kind != SLOT_RELOOK) { /* which has an id, and keeps it */
		str_copy(rec->id, sizeof(rec->id), hits->ids[0]);
		str_copy(rec->etag, sizeof(rec->etag), hits->etag);
	}
	if (was_being_deleted(slot, rec->id))
		return ANSWER_FOUND_CREATED;
	return finding == FLOW_FOUND_CREATED ? ANSWER_FOUND_CREATED : ANSWER_FOUND_ADOPTED;
}

static enum engine_answer conclude(const struct snowmelt *s, struct slot *slot)
{
	if (slot->kind == SLOT_PROBE)
		return slot->look->met ? ANSWER_FOUND_CREATED : ANSWER_ABSENT;
	return look_conclude(s, slot, &slot->look->hits);
}

static void tell_sharers(struct snowmelt *s, uint32_t listing)
{
	for (uint32_t i = 0; i < s->slot_count; i++) {
		if (!engine_shares(s->engine, i, listing))
			continue;
		turn_tell(s, &(struct engine_event){
				     .kind = EVENT_SHARED_FINDING,
				     .job = i,
				     .answer =
					     {
						     .answer = conclude(s, &s->slots[i]),
						     .retry_after = NSEC_NONE,
					     },
			     });
	}
}

enum engine_answer look_page(struct snowmelt *s, struct exchange *x, const struct net_answer *a)
{
	struct slot *slot = &s->slots[x->job];
	bool listing = x->request == REQUEST_LIST;
	struct listing_page page = {.run = s, .listing = x->job};
	enum flow_step step;

	step = flow_cursor_feed(&slot->look->cursor, a->body, a->body_len,
		listing ? feed_listing : feed_row, listing ? (void *)&page : (void *)slot);
	if (step == FLOW_STEP_PAGE || step == FLOW_STEP_COUNT)
		return ANSWER_MORE;
	if (step == FLOW_STEP_UNSOUND)
		return ANSWER_DOUBTFUL;
	if (!listing)
		return conclude(s, slot);
	tell_sharers(s, x->job);
	return ANSWER_LISTED;
}
