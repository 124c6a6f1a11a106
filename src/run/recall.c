/* recall.c - rows that come from the ledger instead of the input: marked for a last
 * look by an earlier run or by this one, and in doubt without a row of the input.
 *
 * Replies come in order, so the first that finds nothing ends the source, and as
 * many as are still out then are void.
 */
#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

static enum ledger_recall recall_of(enum engine_source source)
{
	switch (source) {
	case SOURCE_DOUBTS: return LEDGER_RECALL_DOUBTS;
	case SOURCE_RESENT: return LEDGER_RECALL_RESENT;
	case SOURCE_MARKS:
	case SOURCE_INPUT:
	case SOURCE_COUNT:
	default: return LEDGER_RECALL_MARKED;
	}
}

bool recall_rows(struct snowmelt *s)
{
	bool any = false;

	while (s->read_count > 0 && s->row_bytes < READ_AHEAD_MAX) {
		struct ledger_request q = {
			.op = LEDGER_RECALL,
			.ticket = read_next(s),
			.recall = recall_of(s->source),
			.wall_ms = clock_wall_ms(),
		};

		read_taken(s);
		turn_ask(s, &q);
		s->recalls_out++;
		any = true;
	}
	return any;
}

/* Its scope has no number any more, so it cannot be asked for. It stays as it is in
 * the ledger, and the READ order is for the next. */
static void leave(struct snowmelt *s, const struct ledger_reply *reply)
{
	const struct engine_action again = {
		.kind = ACTION_READ,
		.job = reply->ticket,
		.read.source = s->source,
	};
	char shown[160];

	log_warn("'%s' of sandbox %s cannot be looked for beside so many others: run a smaller "
		 "input with this ledger",
		str_shown(shown, sizeof(shown), reply->record->name), reply->record->sandbox);
	s->summary.doubts_left += s->source == SOURCE_DOUBTS;
	read_order(s, &again);
}

static void found(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct slot *slot = &s->slots[reply->ticket];
	bool gone = s->source == SOURCE_DOUBTS;
	struct engine_event ev;

	if (slot_as_recorded(s, slot, reply->record) < 0) {
		leave(s, reply);
		return;
	}
	slot->kind = gone ? SLOT_GONE : SLOT_RELOOK;
	slot->by_intent = true;
	if (s->source == SOURCE_MARKS)
		relook_begin(s, reply->ticket);
	ev = claim_event(slot, reply->ticket, gone ? CLAIM_GONE : CLAIM_RELOOK);
	turn_tell(s, &ev);
}

void recall_replied(struct snowmelt *s, const struct ledger_reply *reply)
{
	if (s->recalls_void > 0) {
		s->recalls_void--;
		return;
	}
	s->recalls_out--;
	if (reply->found)
		found(s, reply);
	else
		read_ended(s, false);
}
