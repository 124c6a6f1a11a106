/* life.c - what happens to a row after its claim: intents, withdrawal, outcome, last look. */
#include <assert.h>
#include <string.h>

#include "ledger/db.h"
#include "ledger/message.h"
#include "ledger/store.h"
#include "ledger/updates.h"

#define ROOM_MAX 400

/* The row of a claim or recall. Who does not remember its ticket searches. */
static int row_for(struct store *s, const struct ledger_request *q, struct row **ret)
{
	int64_t hash = key_hash(s->hash_key, q->sandbox, q->name);
	struct row *row = tickets_get(&s->tickets, q->ticket, hash);
	int r;

	if (row) {
		*ret = row;
		return 0;
	}
	r = store_find(s, q->sandbox, q->name, hash);
	assert(r != 0); /* claimed or recalled first */
	if (r > 0) {
		s->found = row_of(s->statements[STMT_ROW], hash);
		*ret = &s->found;
	}
	sqlite3_reset(s->statements[STMT_ROW]);
	return r < 0 ? r : 0;
}

static int write_intent(struct store *s, const struct ledger_request *q, const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_INTEND]);

	bind_number(&b, row->intent_ms);
	bind_number(&b, q->wall_ms);
	bind_number(&b, row->n);
	return store_run(s, STMT_INTEND);
}

static int write_intent_anew(struct store *s, const struct ledger_request *q,
	const struct scope *scope, const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_INTEND_ANEW]);

	bind_number(&b, row->intent_ms);
	bind_number(&b, scope->number);
	bind_number(&b, q->wall_ms);
	bind_blob(&b, q->fingerprint, sizeof(q->fingerprint));
	bind_text(&b, q->endpoint);
	bind_text(&b, q->username);
	store_bind_description(s, &b, q);
	bind_number(&b, row->n);
	return store_run(s, STMT_INTEND_ANEW);
}

static int write_state(
	struct store *s, const struct ledger_request *q, struct row *row, enum ledger_state state)
{
	struct binder b = bind_to(s->statements[STMT_MOVE]);

	row->state = state;
	bind_number(&b, state);
	bind_number(&b, q->wall_ms);
	bind_number(&b, row->n);
	return store_run(s, STMT_MOVE);
}

static bool may_be_out(const struct row *row)
{
	return row->state == LEDGER_STATE_INTENDED || row->state == LEDGER_STATE_DOUBT;
}

int store_intend(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	struct scope *scope;
	struct row *row;
	int r = row_for(s, q, &row);

	if (r == 0)
		r = store_scope(s, q->sandbox, q->spec_id, &scope);
	if (r < 0)
		return r;
	assert(row->state != LEDGER_STATE_DONE);
	if (row->state == LEDGER_STATE_CLAIMED) {
		r = store_listed(s, q, scope, reply, out);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	/* It may be out since the first intent: what is found of it then is ours. */
	if (!may_be_out(row))
		row->intent_ms = q->wall_ms;
	row->state = LEDGER_STATE_INTENDED;
	r = row->as_claimed ? write_intent(s, q, row) : write_intent_anew(s, q, scope, row);
	if (r < 0)
		return r;
	reply->claim = LEDGER_FRESH;
	reply->intent_ms = row->intent_ms;
	message_put_reply(out, reply);
	return 0;
}

int store_intend_update(struct store *s, const struct ledger_request *q)
{
	struct row *row;
	int r = row_for(s, q, &row);

	if (r < 0)
		return r;
	assert(row->state == LEDGER_STATE_DONE);
	return updates_open(s, row->n, q);
}

int store_intend_delete(struct store *s, const struct ledger_request *q)
{
	struct row *row;
	int r = row_for(s, q, &row);

	if (r < 0)
		return r;
	assert(row->state == LEDGER_STATE_DONE || row->state == LEDGER_STATE_DELETING);
	return write_state(s, q, row, LEDGER_STATE_DELETING);
}

int store_withdraw(struct store *s, const struct ledger_request *q)
{
	struct binder b = bind_to(s->statements[STMT_WITHDRAW]);
	struct row *row;
	int r = row_for(s, q, &row);

	if (r < 0)
		return r;
	if (row->state == LEDGER_STATE_CLAIMED)
		return 0; /* its intent was answered LISTED meanwhile: nothing to take back */
	if (row->state == LEDGER_STATE_DELETING)
		return write_state(s, q, row, LEDGER_STATE_DONE);
	if (row->state == LEDGER_STATE_DONE)
		return updates_take_back(s, row->n, q);
	assert(may_be_out(row));
	row->state = LEDGER_STATE_WITHDRAWN;
	row->as_claimed = false;
	bind_number(&b, s->run);
	bind_number(&b, q->wall_ms);
	bind_text(&b, q->status);
	bind_text(&b, q->error_code);
	bind_text(&b, q->error);
	bind_some(&b, q->attempts);
	bind_number(&b, row->n);
	return store_run(s, STMT_WITHDRAW);
}

static enum ledger_state state_of(enum ledger_standing standing)
{
	switch (standing) {
	case LEDGER_DONE:
	case LEDGER_ADOPTED: return LEDGER_STATE_DONE;
	case LEDGER_REFUSED: return LEDGER_STATE_REFUSED;
	case LEDGER_REMOVED: return LEDGER_STATE_WITHDRAWN;
	case LEDGER_DOUBT:
	default: return LEDGER_STATE_DOUBT;
	}
}

static void bind_duration(struct binder *b, int64_t ms)
{
	if (ms >= 0)
		bind_number(b, ms);
	else
		bind_some(b, 0);
}

/* What an outcome adds to a row in all its columns; claims keep that much room,
 * so that most rows get theirs without moving their neighbours. As a mean of the
 * latest, in sixteenths: where pages are full, each byte less may split all of them. */
static void learn_room(struct store *s, const struct ledger_request *q)
{
	size_t size = 14 + strlen(q->status) + strlen(q->id) + strlen(q->etag) +
		      strlen(q->request_id) + strlen(q->error_code) + strlen(q->error);

	s->room += (uint32_t)MIN(size, ROOM_MAX) - s->room / 16;
}

static bool forgets_description(const struct ledger_request *q)
{
	return q->standing == LEDGER_ADOPTED || (q->as_now && !q->description);
}

static int write_outcome(struct store *s, const struct ledger_request *q, const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_OUTCOME]);

	bind_number(&b, state_of(q->standing));
	bind_number(&b, s->run);
	bind_number(&b, q->wall_ms);
	bind_some(&b, q->http_status);
	bind_some(&b, q->attempts);
	bind_some(&b, q->started_ms);
	bind_duration(&b, q->duration_ms);
	bind_text(&b, q->status);
	bind_text(&b, q->id);
	bind_text(&b, q->etag);
	bind_text(&b, q->request_id);
	bind_text(&b, q->error_code);
	bind_text(&b, q->error);
	bind_number(&b, forgets_description(q));
	bind_number(&b, row->n);
	return store_run(s, STMT_OUTCOME);
}

static int write_removed(struct store *s, const struct ledger_request *q, const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_REMOVED]);

	bind_number(&b, s->run);
	bind_number(&b, q->wall_ms);
	bind_some(&b, q->http_status);
	bind_some(&b, q->attempts);
	bind_some(&b, q->started_ms);
	bind_duration(&b, q->duration_ms);
	bind_text(&b, q->status);
	bind_text(&b, q->request_id);
	bind_text(&b, q->error_code);
	bind_text(&b, q->error);
	bind_number(&b, row->n);
	return store_run(s, STMT_REMOVED);
}

static int write_as_now(struct store *s, const struct ledger_request *q, const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_AS_NOW]);
	struct scope *scope;
	int r = store_scope(s, q->sandbox, q->spec_id, &scope);

	if (r < 0)
		return r;
	bind_number(&b, scope->number);
	bind_blob(&b, q->fingerprint, sizeof(q->fingerprint));
	bind_text(&b, q->endpoint);
	bind_text(&b, q->username);
	if (q->standing == LEDGER_ADOPTED)
		bind_some(&b, 0);
	else
		store_bind_description(s, &b, q);
	bind_number(&b, row->n);
	return store_run(s, STMT_AS_NOW);
}

static int write_mark(struct store *s, struct row *row, bool mark)
{
	struct binder b = bind_to(s->statements[STMT_MARK]);

	row->marked = mark;
	bind_some(&b, mark ? s->run : 0);
	bind_number(&b, row->n);
	return store_run(s, STMT_MARK);
}

static int decide(struct store *s, const struct ledger_request *q, const struct row *row)
{
	int r;

	learn_room(s, q);
	r = write_outcome(s, q, row);
	return r == 0 && q->as_now && !row->as_claimed ? write_as_now(s, q, row) : r;
}

static int remove_row(struct store *s, const struct ledger_request *q, const struct row *row)
{
	assert(row->state == LEDGER_STATE_DONE || row->state == LEDGER_STATE_DELETING);
	return write_removed(s, q, row);
}

int store_outcome(struct store *s, const struct ledger_request *q)
{
	enum ledger_state state = state_of(q->standing);
	struct row *row;
	bool updated;
	int r = row_for(s, q, &row);

	if (r < 0)
		return r;
	r = q->standing == LEDGER_REMOVED ? remove_row(s, q, row) : decide(s, q, row);
	/* The last look that an updated row is marked for has not been yet. */
	updated = row->state == LEDGER_STATE_DONE && state == LEDGER_STATE_DONE;
	if (r == 0 && (q->relook || (row->marked && !updated)))
		r = write_mark(s, row, q->relook);
	row->state = state;
	row->as_claimed = false;
	return r;
}

int store_unmark(struct store *s, const struct ledger_request *q)
{
	struct row *row;
	int r = row_for(s, q, &row);

	return r < 0 ? r : write_mark(s, row, false);
}
