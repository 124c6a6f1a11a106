/* recall.c - rows that the ledger brings up by itself. */
#include <string.h>

#include "ledger/db.h"
#include "ledger/message.h"
#include "ledger/store.h"

static int answer(struct store *s, const struct ledger_request *q, sqlite3_stmt *stmt,
	struct ledger_reply *reply, struct queue *out)
{
	struct record_view view = store_view(s);
	struct ledger_record record;
	struct row row;

	if (!record_read(stmt, &view, &record))
		return store_damaged(s);
	row = row_of(stmt, key_hash(s->hash_key, record.sandbox, record.name));
	tickets_set(&s->tickets, q->ticket, &row);
	reply->found = true;
	reply->record = &record;
	message_put_reply(out, reply);
	reply->record = NULL;
	return 0;
}

/* Rows in order of arrival, each once a run: behind the cursor. When there is
 * none, the cursor stays: a mark may be made behind it yet. But the doubts of earlier runs
 * have no index: they are searched for once, and only among the rows of those. */
static int recall_next(struct store *s, const struct ledger_request *q, enum statement which,
	struct ledger_reply *reply, struct queue *out)
{
	sqlite3_stmt *stmt = s->statements[which];
	struct binder b = bind_to(stmt);
	int r;

	bind_number(&b, s->cursors[q->recall]);
	if (which == STMT_RECALL_DOUBTS)
		bind_number(&b, s->earlier);
	bind_number(&b, s->run);
	r = store_step(s, stmt);
	if (r == 1) {
		s->cursors[q->recall] = sqlite3_column_int64(stmt, COLUMN_N);
		r = answer(s, q, stmt, reply, out);
	} else if (r == 0 && which == STMT_RECALL_DOUBTS) {
		s->cursors[q->recall] = s->earlier;
	}
	sqlite3_reset(stmt);
	return r;
}

static bool is_in(const struct store *s, int64_t scope_number, const char *sandbox)
{
	const struct scope *scope = scopes_get(&s->scopes, scope_number);

	return scope && strcmp(scope->sandbox, sandbox) == 0;
}

static int any_row(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	sqlite3_stmt *stmt = s->statements[STMT_RECALL_ANY];
	int r;

	while ((r = store_step(s, stmt)) == 1) {
		if (is_in(s, sqlite3_column_int64(stmt, COLUMN_SCOPE), q->sandbox)) {
			r = answer(s, q, stmt, reply, out);
			break;
		}
	}
	sqlite3_reset(stmt);
	return r;
}

/* 1 when there was one. */
static int item_of(struct store *s, int64_t listing, const struct scope *scope,
	struct ledger_reply *reply, struct queue *out)
{
	sqlite3_stmt *stmt = s->statements[STMT_LISTING_ITEM];
	struct binder b = bind_to(stmt);
	int r;

	bind_number(&b, listing);
	r = store_step(s, stmt);
	if (r == 1) {
		struct ledger_record record = {
			.state = LEDGER_STATE_DONE,
			.sandbox = scope->sandbox,
			.name = column_text(stmt, 0),
			.endpoint = column_text(stmt, 3),
			.username = column_text(stmt, 4),
			.spec_id = scope->spec_id,
			.status = "",
			.id = column_text(stmt, 1),
			.etag = column_text(stmt, 2),
			.duration_ms = -1,
		};

		reply->found = true;
		reply->record = &record;
		message_put_reply(out, reply);
		reply->record = NULL;
	}
	sqlite3_reset(stmt);
	return r;
}

/* The newest first, for what they have may have gone meanwhile. */
static int any_item(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	sqlite3_stmt *stmt = s->statements[STMT_LISTINGS];
	int r;

	while ((r = store_step(s, stmt)) == 1) {
		int64_t scope = sqlite3_column_int64(stmt, 1);

		if (!is_in(s, scope, q->sandbox))
			continue;
		r = item_of(s, sqlite3_column_int64(stmt, 0), scopes_get(&s->scopes, scope), reply,
			out);
		if (r != 0)
			break;
	}
	sqlite3_reset(stmt);
	return r < 0 ? r : 0;
}

static int recall_any(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	int r = any_row(s, q, reply, out);

	return r < 0 || reply->found ? r : any_item(s, q, reply, out);
}

int store_recall(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out)
{
	int r = 0;

	tickets_set(&s->tickets, q->ticket, &(struct row){0});
	switch (q->recall) {
	case LEDGER_RECALL_MARKED: r = recall_next(s, q, STMT_RECALL_MARKED, reply, out); break;
	case LEDGER_RECALL_DOUBTS: r = recall_next(s, q, STMT_RECALL_DOUBTS, reply, out); break;
	case LEDGER_RECALL_RESENT: r = recall_next(s, q, STMT_RECALL_RESENT, reply, out); break;
	case LEDGER_RECALL_ANY: r = recall_any(s, q, reply, out); break;
	}
	if (r == 0 && !reply->found)
		message_put_reply(out, reply);
	return r;
}
