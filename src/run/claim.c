/* claim.c - a row of the input is claimed: what does the ledger know of it? */
#include <assert.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "run/phrases.h"
#include "run/shell.h"
#include "sys/clock.h"

struct engine_event claim_event(const struct slot *slot, uint32_t job, enum engine_claim claim)
{
	const struct row *row = &slot->row;

	return (struct engine_event){
		.kind = EVENT_ROW,
		.job = job,
		.row =
			{
				.claim = claim,
				.scope = row->invalid ? 0 : row->scope,
				.look_scope = row->invalid ? 0 : row->scope,
				.sandbox = row->invalid ? 0 : row->sandbox_number,
				.filterable = flow_name_filterable(row->name),
			},
	};
}

/* ----------------------------------------------------------- what is desired */

/* By name, since columns may change places. */
static void add_params(struct ledger_field *fields, const struct row *row)
{
	for (size_t i = 0; i < row->param_count; i++) {
		size_t at = i;

		for (; at > 0 && strcmp(fields[at - 1].name, row->params[i].name) > 0; at--)
			fields[at] = fields[at - 1];
		fields[at] = (struct ledger_field){row->params[i].name, row->params[i].value};
	}
}

/* A tag is ours, not desired by the row: it has no part in this. */
size_t claim_fields(const struct row *row, struct ledger_field ret[CLAIM_FIELDS_MAX])
{
	/* All of every row, so that a param can never stand for one of them. */
	const struct ledger_field fixed[CLAIM_FIELDS_FIXED] = {
		{"description", row->description},
		{"endpoint", row->endpoint},
		{"username", row->username},
		{"auth_spec", row->auth_spec},
		{"spec_id", row->spec_id},
		{"spec_version", row->spec_version},
	};

	memcpy(ret, fixed, sizeof(fixed));
	add_params(ret + CLAIM_FIELDS_FIXED, row);
	return CLAIM_FIELDS_FIXED + row->param_count;
}

static void take_fingerprint(const struct snowmelt *s, struct slot *slot)
{
	struct ledger_field fields[CLAIM_FIELDS_MAX];
	size_t count = claim_fields(&slot->row, fields);

	ledger_fingerprint(s->ledger, fields, count, slot->record.fingerprint);
}

void claim_row_came(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	struct engine_event ev;
	struct ledger_request q;

	if (slot->row.invalid) {
		ev = claim_event(slot, job, CLAIM_INVALID);
		turn_tell(s, &ev);
		return;
	}
	take_fingerprint(s, slot);
	q = slot_request(slot, LEDGER_CLAIM, job);
	q.intend = engine_intends(s->engine, slot->row.scope);
	turn_ask(s, &q);
	s->claims_out++;
}

/* ------------------------------------------------------------- what is known */

static enum engine_outcome outcome_named(const char *status, enum engine_outcome otherwise)
{
	enum status found;

	if (!status_find(status, &found))
		return otherwise;
	for (int o = 0; o < OUTCOME_COUNT; o++)
		if (words_status((enum engine_outcome)o) == found)
			return (enum engine_outcome)o;
	return otherwise;
}

/* A status stays until a results file has told it. */
static enum engine_outcome known_outcome(const struct ledger_record *r)
{
	if (r->told)
		return r->same ? OUTCOME_UNCHANGED : OUTCOME_CHANGED;
	return outcome_named(r->status, OUTCOME_ADOPTED);
}

static void open_intent(struct snowmelt *s, struct slot *slot, struct engine_event *ev)
{
	const struct ledger_record *r = &slot->past.record;
	uint32_t sandbox;

	if (s->settings.o.resend_unresolved && r->state == LEDGER_STATE_DOUBT) {
		ev->row.claim = CLAIM_ENDED;
		ev->row.known = OUTCOME_UNRESOLVED;
		return;
	}
	slot->by_intent = true;
	ev->row.claim = CLAIM_OPEN;
	if (input_scope(s->input, r->sandbox, r->spec_id, &ev->row.look_scope, &sandbox) == 0)
		return;
	/* It cannot be looked for, so it cannot be settled: the doubt stays as it is. */
	ev->row.claim = CLAIM_KNOWN;
	ev->row.known = OUTCOME_UNRESOLVED;
	slot->past.record.error_code = "";
	slot->past.record.error = "it may have been created with another connection_spec_id, and "
				  "the input has too many of them to look for it: split the input";
}

bool claim_is_adopted(const struct ledger_record *r)
{
	return strcmp(r->status, status_name(STATUS_ADOPTED)) == 0;
}

/* Told, so that no word of an earlier run is lost. What was adopted is left to whoever made
 * it, until it is asked for: nobody knows the secret that is there. */
static bool is_to_be_updated(const struct snowmelt *s, const struct ledger_record *r)
{
	if (!s->settings.o.update || !r->told)
		return false;
	return claim_is_adopted(r) ? s->settings.o.adopted : !r->same;
}

static void known(struct snowmelt *s, struct slot *slot, struct engine_event *ev)
{
	struct ledger_record *r = &slot->past.record;

	str_copy(slot->record.id, sizeof(slot->record.id), r->id);
	str_copy(slot->record.etag, sizeof(slot->record.etag), r->etag);
	ev->row.claim = CLAIM_KNOWN;
	ev->row.known = known_outcome(r);
	if (!is_to_be_updated(s, r))
		return;
	if (strcmp(r->spec_id, slot->row.spec_id) == 0) {
		ev->row.claim = r->update_count > 0 ? CLAIM_UPDATE_OPEN : CLAIM_UPDATE;
		slot->updating = true;
		return;
	}
	ev->row.known = OUTCOME_FAILED;
	r->attempts = 0;
	r->http_status = 0;
	r->started_ms = 0;
	r->request_id = "";
	r->error_code = "spec_change";
	r->error = PHRASE_SPEC_CHANGE;
}

/* A rollback ended while it was deleting it. Whether it has: a lookup finds it, or does
 * not; but one too soon after the create or the deletion proves neither. */
static void deleting(const struct snowmelt *s, struct slot *slot, struct engine_event *ev)
{
	struct ledger_record *r = &slot->past.record;
	bool settled = clock_wall_ms() - r->changed_ms >= s->settings.o.settle_timeout / MS;

	str_copy(slot->record.id, sizeof(slot->record.id), r->id);
	str_copy(slot->record.etag, sizeof(slot->record.etag), r->etag);
	r->error_code = "";
	r->error = "a rollback ended while it was deleting it: run the same rollback again, or "
		   "this a little later, which looks whether it is there";
	slot->by_intent = true;
	ev->row.known = OUTCOME_UNRESOLVED;
	ev->row.claim =
		settled && strcmp(r->spec_id, slot->row.spec_id) == 0 ? CLAIM_ENDED : CLAIM_KNOWN;
}

static void recorded(struct snowmelt *s, struct slot *slot, const struct ledger_reply *reply,
	struct engine_event *ev)
{
	const struct ledger_record *r = reply->record;

	assert(r);
	slot_remember(slot, r);
	slot_weigh(s, slot);
	slot->record.intent_ms = r->intent_ms;
	if (reply->claim == LEDGER_KNOWN) {
		known(s, slot, ev);
	} else if (reply->claim == LEDGER_OPEN) {
		open_intent(s, slot, ev);
	} else if (r->state == LEDGER_STATE_DELETING) {
		deleting(s, slot, ev);
	} else {
		ev->row.claim = CLAIM_ENDED;
		ev->row.known = r->state == LEDGER_STATE_WITHDRAWN
					? OUTCOME_SKIPPED
					: outcome_named(r->status, OUTCOME_FAILED);
	}
}

void claim_replied(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct slot *slot = &s->slots[reply->ticket];
	struct engine_event ev = claim_event(slot, reply->ticket, CLAIM_FRESH);

	s->claims_out--;
	if (reply->claim == LEDGER_DUPLICATE) {
		slot->record.duplicate = true;
		slot->record.earlier_row = reply->earlier_row;
		ev.row.claim = CLAIM_DUPLICATE;
	} else if (reply->claim != LEDGER_FRESH) {
		recorded(s, slot, reply, &ev);
	} else if (reply->intended) {
		slot->record.intent_ms = reply->intent_ms;
		ev.row.intended = true;
	}
	if (ev.row.claim == CLAIM_DUPLICATE)
		turn_tell(s, &ev);
	else
		relook_tell_claim(s, slot, &ev);
}
