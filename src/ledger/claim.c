/* claim.c - seen in this run: how far did it come in earlier ones? */
#include <assert.h>
#include <string.h>

#include "ledger/db.h"
#include "ledger/message.h"
#include "ledger/store.h"

static enum ledger_claim claim_of(enum ledger_state state)
{
	switch (state) {
	case LEDGER_STATE_CLAIMED: return LEDGER_FRESH;
	case LEDGER_STATE_INTENDED:
	case LEDGER_STATE_DOUBT: return LEDGER_OPEN;
	case LEDGER_STATE_DONE: return LEDGER_KNOWN;
	case LEDGER_STATE_REFUSED:
	case LEDGER_STATE_WITHDRAWN:
	case LEDGER_STATE_DELETING:
	default: return LEDGER_ENDED;
	}
}

static int insert(struct store *s, const struct ledger_request *q, const struct scope *scope,
	int64_t hash, enum ledger_state state)
{
	struct binder b = bind_to(s->statements[STMT_CLAIM]);

	bind_number(&b, state);
	bind_number(&b, hash);
	bind_number(&b, s->run);
	bind_number(&b, (int64_t)q->row);
	bind_number(&b, scope->number);
	bind_number(&b, q->wall_ms); /* room for the intent's */
	bind_number(&b, q->wall_ms);
	bind_blob(&b, q->fingerprint, sizeof(q->fingerprint));
	bind_text(&b, q->name);
	bind_text(&b, q->endpoint);
	bind_text(&b, q->username);
	bind_number(&b, s->room / 16);
	store_bind_description(s, &b, q);
	return store_run(s, STMT_CLAIM);
}

static int see(struct store *s, const struct ledger_request *q, const struct row *row, bool told)
{
	struct binder b = bind_to(s->statements[STMT_SEE]);

	bind_number(&b, s->run);
	bind_number(&b, (int64_t)q->row);
	bind_some(&b, told);
	bind_number(&b, row->n);
	return store_run(s, STMT_SEE);
}

static int see_claimed(struct store *s, const struct ledger_request *q, const struct scope *scope,
	const struct row *row)
{
	struct binder b = bind_to(s->statements[STMT_SEE_CLAIMED]);

	bind_number(&b, s->run);
	bind_number(&b, (int64_t)q->row);
	bind_number(&b, scope->number);
	bind_number(&b, q->wall_ms);
	bind_blob(&b, q->fingerprint, sizeof(q->fingerprint));
	bind_text(&b, q->endpoint);
	bind_text(&b, q->username);
	store_bind_description(s, &b, q);
	bind_number(&b, row->n);
	return store_run(s, STMT_SEE_CLAIMED);
}

static bool is_same(const struct ledger_record *record, const struct ledger_request *q)
{
	return !q->existing && record->update_count == 0 &&
	       memcmp(record->fingerprint, q->fingerprint, LEDGER_FINGERPRINT_SIZE) == 0;
}

/* STMT_ROW stands on the row; reset by the caller, before anything is written
 * to what it reads. */
static int look_at(struct store *s, const struct ledger_request *q, struct row *ret_row,
	bool *ret_told, struct ledger_reply *reply, struct queue *out)
{
	sqlite3_stmt *stmt = s->statements[STMT_ROW];
	struct record_view view = store_view(s);
	struct ledger_record record;

	if (!record_read(stmt, &view, &record))
		return store_damaged(s);
	*ret_row = row_of(stmt, ret_row->hash);
	*ret_told = record.told;
	if (record.seen) {
		assert(record.row != q->row); /* a row is claimed once */
		reply->claim = LEDGER_DUPLICATE;
		reply->earlier_row = record.row;
		message_put_reply(out, reply);
		return 0;
	}
	reply->claim = claim_of(record.state);
	record.row = q->row;
	record.seen = true;
	record.same = is_same(&record, q);
	if (reply->claim != LEDGER_FRESH)
		reply->record = &record;
	message_put_reply(out, reply);
	reply->record = NULL;
	return 0;
}

static int claim_known(struct store *s, const struct ledger_request *q, const struct scope *scope,
	int64_t hash, struct ledger_reply *reply, struct queue *out)
{
	struct row row = {.hash = hash};
	bool told = false;
	int r = look_at(s, q, &row, &told, reply, out);

	sqlite3_reset(s->statements[STMT_ROW]);
	if (r < 0)
		return r;
	if (reply->claim == LEDGER_DUPLICATE) {
		tickets_set(&s->tickets, q->ticket, &(struct row){0});
		return 0;
	}
	row.as_claimed = reply->claim == LEDGER_FRESH && !q->existing;
	row.number = q->row;
	tickets_set(&s->tickets, q->ticket, &row);
	return row.as_claimed ? see_claimed(s, q, scope, &row) : see(s, q, &row, told);
}

/* Of one that is not there nothing is written, not even its scope. */
static int claim_existing(struct store *s, const struct ledger_request *q,
	struct ledger_reply *reply, struct queue *out)
{
	int64_t hash = key_hash(s->hash_key, q->sandbox, q->name);
	int r = store_find(s, q->sandbox, q->name, hash);

	if (r < 0)
		return r;
	if (r == 1)
		return claim_known(s, q, NULL, hash, reply, out);
	tickets_set(&s->tickets, q->ticket, &(struct row){0});
	reply->claim = LEDGER_FRESH;
	message_put_reply(out, reply);
	return 0;
}

static int claim_any(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	int64_t hash = key_hash(s->hash_key, q->sandbox, q->name);
	enum ledger_state state = LEDGER_STATE_CLAIMED;
	struct scope *scope;
	int64_t n;
	int r = store_scope(s, q->sandbox, q->spec_id, &scope);

	if (r == 0)
		r = store_find(s, q->sandbox, q->name, hash);
	if (r < 0)
		return r;
	if (r == 1)
		return claim_known(s, q, scope, hash, reply, out);

	if (q->intend) {
		r = store_is_listed(s, q, scope);
		if (r < 0)
			return r;
		state = r == 0 ? LEDGER_STATE_INTENDED : LEDGER_STATE_CLAIMED;
	}
	r = insert(s, q, scope, hash, state);
	n = sqlite3_last_insert_rowid(s->db);
	if (r == 0)
		r = store_key(s, hash, n);
	if (r < 0)
		return r;
	tickets_set(&s->tickets, q->ticket,
		&(struct row){
			.n = n,
			.hash = hash,
			.number = q->row,
			.state = state,
			.intent_ms = q->wall_ms,
			.as_claimed = true,
		});
	reply->claim = LEDGER_FRESH;
	reply->intended = state == LEDGER_STATE_INTENDED;
	reply->intent_ms = q->wall_ms;
	message_put_reply(out, reply);
	return 0;
}

int store_claim(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	return q->existing ? claim_existing(s, q, reply, out) : claim_any(s, q, reply, out);
}
