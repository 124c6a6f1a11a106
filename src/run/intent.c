/* intent.c - nothing is created or updated before the ledger says that it will be. */
#include <assert.h>

#include "run/shell.h"

void intent_order(struct snowmelt *s, uint32_t job)
{
	const struct slot *slot = &s->slots[job];
	enum ledger_op op = slot->updating ? LEDGER_INTEND_UPDATE : LEDGER_INTEND;
	struct ledger_request q = slot_request(slot, op, job);

	turn_ask(s, &q);
}

/* The inventory has its name: is that what the row asks for? */
static void listed(struct snowmelt *s, uint32_t job, const struct ledger_listed *l)
{
	struct slot *slot = &s->slots[job];
	struct flow_wanted wanted = look_wanted(slot);
	struct flow_hits hits;
	enum engine_answer answer;

	assert(l && l->count > 0);
	flow_hits_init(&hits);
	for (uint64_t i = 0; i < MIN(l->count, LEDGER_LISTED_MAX); i++) {
		const struct flow_item item = {
			.name = wanted.name,
			.id = l->items[i].id,
			.etag = l->items[i].etag,
			.spec_id = wanted.spec_id,
			.endpoint = l->items[i].endpoint,
			.username = l->items[i].username,
		};

		flow_hits_add(&hits, &wanted, &item);
	}
	hits.count = (uint32_t)MIN(MAX(l->count, hits.count), UINT32_MAX);
	slot->record.intent_ms = 0; /* it was there before anything of ours */
	answer = look_conclude(s, slot, &hits);
	turn_tell(s,
		&(struct engine_event){
			.kind = EVENT_LISTED,
			.job = job,
			.row.known = answer == ANSWER_CONFLICT ? OUTCOME_CONFLICT : OUTCOME_ADOPTED,
		});
}

void intent_replied(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct slot *slot = &s->slots[reply->ticket];

	if (reply->claim == LEDGER_LISTED) {
		listed(s, reply->ticket, reply->listed);
		return;
	}
	if (reply->op == LEDGER_INTEND) {
		slot->record.intent_ms = reply->intent_ms;
		slot->by_intent = false; /* from here on the row is what counts */
		slot->record.id[0] = slot->record.etag[0] = '\0';
	}
	turn_tell(s, &(struct engine_event){.kind = EVENT_INTENT_DURABLE, .job = reply->ticket});
}
