/* turn.c - one turn of the loop: facts in, orders out.
 *
 * Callbacks tell facts as they come. Orders are taken at one place, in the
 * loop's prepare phase just before it polls: so everything that a turn brought
 * is decided together, with one reading of the clock, and the ledger gets it as
 * one batch. A turn that has very much to do gives way now and then, so that a
 * signal is heard.
 */
#include "run/shell.h"

#include <assert.h>

#include "sys/clock.h"
#include "sys/log.h"

#define ORDERS_PER_TURN 4096

nsec_t turn_now(struct snowmelt *s)
{
	if (!s->turn_known) {
		s->turn_now = clock_monotonic();
		s->turn_known = true;
	}
	return s->turn_now;
}

void turn_tell(struct snowmelt *s, const struct engine_event *ev)
{
	if (!s->over)
		engine_handle(s->engine, turn_now(s), ev);
}

/* --------------------------------------------------------------- the ledger */

void turn_ask(struct snowmelt *s, const struct ledger_request *q)
{
	ledger_submit(s->ledger, q);
	s->ledger_out++;
}

/* What was in flight is told at the end, when its answers are there (outcome.c). */
static void ledger_failed(struct snowmelt *s)
{
	if (s->ledger_lost)
		return;
	s->ledger_lost = true;
	s->error = *ledger_error(s->ledger);
	turn_tell(s, &(struct engine_event){.kind = EVENT_LEDGER_FAILED});
}

static void ledger_reply(struct snowmelt *s, const struct ledger_reply *reply)
{
	if (reply->error < 0)
		ledger_failed(s);
	if (reply->error < 0 && reply->op != LEDGER_INVENTORY_ITEM &&
		reply->op != LEDGER_INVENTORY_END)
		return;
	switch (reply->op) {
	case LEDGER_CLAIM: s->purpose->claimed(s, reply); break;
	case LEDGER_INTEND:
	case LEDGER_INTEND_UPDATE:
	case LEDGER_INTEND_DELETE: intent_replied(s, reply); break;
	case LEDGER_WITHDRAW:
	case LEDGER_OUTCOME:
	case LEDGER_UNMARK: outcome_replied(s, reply); break;
	case LEDGER_RECALL:
		if (s->slots[reply->ticket].kind == SLOT_PROBE)
			probe_recalled(s, reply);
		else
			recall_replied(s, reply);
		break;
	case LEDGER_INVENTORY_BEGIN: break;
	case LEDGER_INVENTORY_ITEM: inventory_taken(s, reply); break;
	case LEDGER_INVENTORY_END: inventory_replied(s, reply); break;
	case LEDGER_OP_COUNT:
	default: assert(!"no such request");
	}
}

static bool take_replies(struct snowmelt *s)
{
	struct ledger_reply reply;
	bool any = false;

	ledger_flush(s->ledger);
	while (ledger_next(s->ledger, &reply)) {
		s->ledger_out--;
		if (!s->over)
			ledger_reply(s, &reply);
		any = true;
	}
	return any;
}

/* ------------------------------------------------------------------- orders */

static void perform(struct snowmelt *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_READ: read_order(s, a); break;
	case ACTION_WRITE_INTENT: s->purpose->intend(s, a->job); break;
	case ACTION_WRITE_WITHDRAWAL:
	case ACTION_WRITE_OUTCOME: outcome_order(s, a); break;
	case ACTION_SEND: send_order(s, a); break;
	case ACTION_CUT: send_cut(s, a->job); break;
	case ACTION_FETCH: tokens_fetch(s); break;
	case ACTION_EMIT: tell_line(s, a); break;
	case ACTION_COPY: probe_copy(s, a->job, a->copy.from); break;
	case ACTION_RECALL: probe_recall(s, a->job, a->recall.sandbox); break;
	case ACTION_DONE:
		s->end = *a;
		s->over = true;
		break;
	default: break;
	}
}

static uint32_t take_orders(struct snowmelt *s, uint32_t most)
{
	struct engine_action a;
	uint32_t taken = 0;

	while (taken < most && !s->over && engine_next(s->engine, turn_now(s), &a)) {
		perform(s, &a);
		taken++;
	}
	return taken;
}

static void on_idle(uv_idle_t *idle)
{
	/* Its being on keeps the loop from waiting in poll. */
}

static void ask_to_stop(struct snowmelt *s)
{
	int asked = atomic_load(&s->stops_asked);

	for (; s->stops_told < asked && s->stops_told < 2; s->stops_told++) {
		bool first = s->stops_told == 0;

		log_warn(first ? "stopping: waiting for what is in flight; once more cuts it"
			       : "cutting what is in flight");
		turn_tell(s, &(struct engine_event){.kind = first ? EVENT_STOP : EVENT_ABORT});
	}
}

/* The ledger's writer answers everything, also what nobody waits for any more: it may
 * not call back when the loop is gone. */
static void wait_out(struct snowmelt *s)
{
	(void)take_replies(s);
	uv_idle_stop(&s->idle);
	alarm_set(&s->alarm, 0, NSEC_NEVER);
	if (s->ledger_out == 0)
		uv_stop(&s->loop);
}

void turn_run(struct snowmelt *s)
{
	uint32_t left = ORDERS_PER_TURN;
	bool more = true;
	struct error error = {0};

	s->turn_known = false;
	ask_to_stop(s);
	while (more && left > 0 && !s->over) {
		uint32_t taken = take_orders(s, left);

		left -= taken;
		more = read_rows(s);
		more |= take_replies(s);
		more |= taken > 0;
	}
	if (s->results && !s->output_failed && results_flush(s->results, &error) < 0) {
		s->error = error;
		tell_output_failed(s);
		more = true;
	}
	if (s->over) {
		wait_out(s);
		return;
	}
	if (more)
		uv_idle_start(&s->idle, on_idle);
	else
		uv_idle_stop(&s->idle);
	alarm_set(&s->alarm, turn_now(s), engine_deadline(s->engine));
	s->turn_known = false;
}
