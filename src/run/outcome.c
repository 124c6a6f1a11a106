/* outcome.c - what a row came to goes to the ledger, before its line is written. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "run/shell.h"
#include "sys/log.h"

/* Of this run, once one of its creates has left. Before that the creates are those of
 * the run that left the doubt, or whose outcome is told. */
struct outcome outcome_of(const struct slot *slot, const struct engine_action *a, nsec_t now)
{
	const struct record *rec = &slot->record;
	const struct ledger_record *past = &slot->past.record;
	nsec_t end = rec->decided_at ? rec->decided_at : now;
	bool told_now = a->row.cause == CAUSE_CLAIM && a->row.outcome != OUTCOME_UNCHANGED &&
			a->row.outcome != OUTCOME_CHANGED;

	if (rec->started_ms == 0 && slot->past.there && (told_now || slot->by_intent))
		return (struct outcome){
			.attempts = past->attempts,
			.http_status = past->http_status,
			.request_id = past->request_id,
			.started_ms = past->started_ms,
			.duration_ms = past->started_ms ? past->duration_ms : -1,
		};
	return (struct outcome){
		.attempts = a->row.attempts,
		.http_status = rec->http_status,
		.request_id = rec->answer.request_id,
		.started_ms = rec->started_ms,
		.duration_ms = rec->started_ms ? (int64_t)((end - rec->started_at) / MS) : -1,
	};
}

static enum ledger_standing standing_of(enum engine_outcome o)
{
	switch (o) {
	case OUTCOME_CREATED:
	case OUTCOME_UPDATED: return LEDGER_DONE;
	case OUTCOME_ADOPTED: return LEDGER_ADOPTED; /* with a description that nobody asked for */
	case OUTCOME_DELETED:
	case OUTCOME_GONE: return LEDGER_REMOVED;
	case OUTCOME_UNRESOLVED: return LEDGER_DOUBT;
	case OUTCOME_FAILED:
	case OUTCOME_CONFLICT:
	case OUTCOME_SKIPPED: return LEDGER_REFUSED;
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED:
	case OUTCOME_INVALID:
	case OUTCOME_OK:
	case OUTCOME_IN_USE:
	case OUTCOME_KEPT:
	case OUTCOME_COUNT:
	default: break;
	}
	assert(!"no outcome that is written");
	return LEDGER_REFUSED;
}

static enum ledger_op op_of(const struct slot *slot, const struct engine_action *a)
{
	if (a->kind == ACTION_WRITE_WITHDRAWAL)
		return LEDGER_WITHDRAW;
	if (slot->kind == SLOT_RELOOK && a->row.outcome != OUTCOME_CONFLICT)
		return LEDGER_UNMARK;
	return LEDGER_OUTCOME;
}

void outcome_order(struct snowmelt *s, const struct engine_action *a)
{
	struct slot *slot = &s->slots[a->job];
	enum ledger_op op = op_of(slot, a);
	struct ledger_request q = slot_request(slot, op, a->job);
	struct outcome o;
	struct words words;

	if (s->purpose->lists) { /* and has nowhere to write it */
		turn_tell(s, &(struct engine_event){
				     .kind = EVENT_OUTCOME_DURABLE,
				     .job = a->job,
			     });
		return;
	}
	slot->record.decided_at = turn_now(s);
	if (op != LEDGER_UNMARK) {
		o = outcome_of(slot, a, turn_now(s));
		s->purpose->words(s, slot, a, &words);
		if (op == LEDGER_OUTCOME)
			q.standing = standing_of(a->row.outcome);
		q.as_now = !slot->by_intent;
		q.relook = a->row.relook;
		q.status = status_name(words_status(a->row.outcome));
		q.id = slot->record.id;
		q.etag = slot->record.etag;
		q.error_code = words.code;
		q.error = words.text;
		q.request_id = o.request_id;
		q.http_status = o.http_status;
		q.attempts = o.attempts;
		q.started_ms = o.started_ms;
		q.duration_ms = o.duration_ms;
	}
	turn_ask(s, &q);
}

void outcome_replied(struct snowmelt *s, const struct ledger_reply *reply)
{
	s->slots[reply->ticket].record.recorded = true;
	turn_tell(s, &(struct engine_event){.kind = EVENT_OUTCOME_DURABLE, .job = reply->ticket});
}

/* ------------------------------------------------------------- a lost ledger */

/* Where to find it, for a human. */
static void place_of(const struct slot *slot, char *dst, size_t dst_len)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, dst_len - 1);
	str_copy(dst, dst_len, "a row");
	if (slot->kind == SLOT_ROW)
		buf_printf(&b, "row %llu (line %llu) ", (unsigned long long)slot->row.number,
			(unsigned long long)slot->row.line);
	buf_append_str(&b, "'");
	str_show(&b, slot->row.name, 80);
	if (buf_printf(&b, "' of sandbox %s", slot->row.sandbox) == 0)
		str_copy(dst, dst_len, b.data);
}

static void log_lost(const struct slot *slot)
{
	const struct record *rec = &slot->record;
	char place[512];

	place_of(slot, place, sizeof(place));
	if (rec->recorded)
		log_error("%s: its outcome was recorded in the ledger that is gone: %s%s", place,
			rec->id[0] ? "its id is " : "it has none", rec->id);
	else if (rec->deleting)
		log_error(
			"%s: its outcome could not be recorded: %s may be deleted", place, rec->id);
	else if (rec->id[0])
		log_error("%s: its outcome could not be recorded: its id is %s", place, rec->id);
	else if (rec->http_status != 0 && rec->answer.class == FLOW_REJECTED)
		log_error("%s: its outcome could not be recorded: it was refused, HTTP %d %s",
			place, rec->http_status, rec->answer.code);
	else
		log_error("%s: its outcome could not be recorded: it may have been created", place);
}

/* Of what the ledger knew already nothing is lost, as long as there is a ledger; and
 * what has its line is not in a slot any more. */
static bool is_lost(const struct snowmelt *s, const struct slot *slot)
{
	bool known = slot->past.there && slot->past.record.state == LEDGER_STATE_DONE;
	bool gone = s->error.code == -ESTALE;

	/* Of a deletion the intent is there. */
	if (slot->record.deleting)
		return gone && slot->record.started_ms != 0;
	if ((slot->record.recorded && !gone) || known)
		return false;
	if (slot->kind == SLOT_GONE)
		return slot->record.id[0];
	return slot->kind == SLOT_ROW && (slot->record.started_ms != 0 || slot->record.id[0]);
}

void outcome_log_lost(const struct snowmelt *s)
{
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (is_lost(s, &s->slots[i]))
			log_lost(&s->slots[i]);
}
