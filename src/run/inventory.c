/* inventory.c - what a scope has already, page by page into the ledger.
 *
 * The engine is answered only when the ledger has it all: the last page is a count,
 * and the ledger compares it with the ids that it was given, which may have come
 * twice when pages shifted. So the answer to that request is the ledger's reply, of
 * which there is exactly one, also when the ledger fails or the request is cut. A page
 * before it is answered once the ledger has taken its items, so that a slow disk slows
 * the listing down instead of filling memory.
 */
#include <assert.h>

#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"

static struct ledger_request request_of(
	const struct snowmelt *s, const struct exchange *x, enum ledger_op op)
{
	uint32_t sandbox;
	const char *spec_id = input_scope_spec(s->input, x->scope, &sandbox);

	return (struct ledger_request){
		.op = op,
		.ticket = x->job,
		.sandbox = input_sandbox(s->input, sandbox),
		.spec_id = spec_id,
		.wall_ms = clock_wall_ms(),
	};
}

void inventory_send(struct snowmelt *s, struct exchange *x, const struct engine_action *a)
{
	struct look *look = look_of(&s->slots[x->job]);
	const char *spec_id = input_scope_spec(s->input, a->send.scope, &x->sandbox);
	int r;

	x->scope = a->send.scope;
	look->sandbox = x->sandbox;
	look->scope = x->scope;
	if (a->send.first) {
		struct ledger_request q = request_of(s, x, LEDGER_INVENTORY_BEGIN);

		flow_cursor_init(&look->cursor);
		look->cursor.tally = true;
		look->foreign = 0;
		turn_ask(s, &q);
	}
	r = flow_search_url(&x->url, s->settings.o.url, NULL, spec_id, look->cursor.continuation,
		look->cursor.counting);
	assert(r == 0);
}

struct inventory_page {
	struct snowmelt *run;
	const struct exchange *x;
	struct ledger_request request;
};

static void feed(void *arg, const struct flow_item *item)
{
	struct inventory_page *p = arg;
	struct ledger_request *q = &p->request;

	/* What does not show its connectionSpec has passed the filter. */
	if (!str_empty(item->spec_id) && !str_iequal(item->spec_id, q->spec_id)) {
		p->run->slots[p->x->job].look->foreign++;
		return;
	}
	q->name = item->name;
	q->id = item->id;
	q->etag = item->etag;
	q->endpoint = item->endpoint;
	q->username = item->username;
	if (p->run->purpose->lists)
		q->description = item->description;
	turn_ask(p->run, q);
	p->run->slots[p->x->job].look->items_out++;
}

bool inventory_page(
	struct snowmelt *s, struct exchange *x, const struct net_answer *a, enum engine_answer *ret)
{
	struct look *look = s->slots[x->job].look;
	struct inventory_page page = {
		.run = s,
		.x = x,
		.request = request_of(s, x, LEDGER_INVENTORY_ITEM),
	};
	struct ledger_request end = request_of(s, x, LEDGER_INVENTORY_END);
	enum flow_step step;

	step = flow_cursor_feed(&look->cursor, a->body, a->body_len, feed, &page);
	if (step == FLOW_STEP_PAGE || step == FLOW_STEP_COUNT) {
		*ret = ANSWER_MORE;
		look->page_held = look->items_out > 0;
		return !look->page_held;
	}
	if (step == FLOW_STEP_UNSOUND || look->cursor.count < look->foreign) {
		inventory_unread(
			s, x->sandbox, "a page that cannot be read, or a count that is wrong");
		*ret = ANSWER_DOUBTFUL;
		return true;
	}
	end.count = look->cursor.count - look->foreign;
	turn_ask(s, &end);
	return false;
}

void inventory_unread(struct snowmelt *s, uint32_t sandbox, const char *why)
{
	str_copy(s->listing_trouble, sizeof(s->listing_trouble), why);
	str_copy(s->listing_sandbox, sizeof(s->listing_sandbox), input_sandbox(s->input, sandbox));
}

static void tell(struct snowmelt *s, uint32_t job, enum engine_answer answer)
{
	turn_tell(s, &(struct engine_event){
			     .kind = EVENT_ANSWER,
			     .job = job,
			     .answer = {.answer = answer, .retry_after = NSEC_NONE},
		     });
}

void inventory_taken(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct look *look = s->slots[reply->ticket].look;

	look->items_out--;
	if (!look->page_held || look->items_out > 0)
		return;
	look->page_held = false;
	tell(s, reply->ticket, ANSWER_MORE);
}

void inventory_replied(struct snowmelt *s, const struct ledger_reply *reply)
{
	const struct look *look = s->slots[reply->ticket].look;
	bool complete = reply->error == 0 && reply->found;

	if (reply->error == 0 && !complete && s->purpose->lists)
		complete = plan_explains(
			s, look->scope, reply->ids, look->cursor.count - look->foreign);

	if (!complete)
		inventory_unread(
			s, look->sandbox, "there were more or fewer connections than it counted");
	tell(s, reply->ticket, complete ? ANSWER_LISTED : ANSWER_DOUBTFUL);
}
