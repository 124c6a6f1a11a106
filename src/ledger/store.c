#include "ledger/store.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "ledger/db.h"

int store_trouble(struct store *s, int rc)
{
	if (s->error.code == 0)
		db_trouble(s->db, rc, s->files.path, &s->error);
	return s->error.code;
}

int store_damaged(struct store *s)
{
	if (s->error.code == 0)
		db_trouble(NULL, SQLITE_CORRUPT, s->files.path, &s->error);
	return s->error.code;
}

int store_step(struct store *s, sqlite3_stmt *stmt)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return store_trouble(s, rc);
}

int store_run(struct store *s, enum statement which)
{
	int r = store_step(s, s->statements[which]);

	sqlite3_reset(s->statements[which]);
	return r;
}

int store_set_cache(struct store *s, const char *pragma)
{
	int rc = sqlite3_exec(s->db, pragma, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_trouble(s, rc);
}

struct record_view store_view(const struct store *s)
{
	return (struct record_view){.scopes = &s->scopes, .reported = &s->reported, .run = s->run};
}

void store_bind_description(const struct store *s, struct binder *b, const struct ledger_request *q)
{
	if (q->description)
		bind_number(b, (int64_t)key_text_hash(s->text_key, q->description));
	else
		bind_some(b, 0);
}

/* --------------------------------------------------------------- transactions */

int store_begin(struct store *s)
{
	int r = 0;

	if (!s->in_transaction)
		r = store_run(s, STMT_BEGIN);
	s->in_transaction = r == 0;
	return r;
}

int store_commit(struct store *s)
{
	int r;

	if (!s->in_transaction)
		return 0;
	r = !s->scratch ? files_check(&s->files, &s->error) : 0;
	if (r == 0)
		r = store_run(s, STMT_COMMIT);
	if (r == 0)
		s->in_transaction = false;
	return r;
}

void store_roll_back(struct store *s)
{
	/* After some errors SQLite has done it already, and says so. */
	if (s->in_transaction && !sqlite3_get_autocommit(s->db)) {
		sqlite3_step(s->statements[STMT_ROLLBACK]);
		sqlite3_reset(s->statements[STMT_ROLLBACK]);
	}
	s->in_transaction = false;
}

/* ---------------------------------------------------------------- rows, scopes */

/* 1 when row `n` has this key, and STMT_ROW stands on it. */
static int look_at(struct store *s, int64_t n, const char *sandbox, const char *name)
{
	sqlite3_stmt *stmt = s->statements[STMT_ROW];
	const struct scope *scope;
	int r;

	sqlite3_bind_int64(stmt, 1, n);
	r = store_step(s, stmt);
	scope = r == 1 ? scopes_get(&s->scopes, sqlite3_column_int64(stmt, COLUMN_SCOPE)) : NULL;
	if (r >= 0 && !scope)
		r = store_damaged(s);
	else if (r == 1 && (strcmp(column_text(stmt, COLUMN_NAME), name) != 0 ||
				   strcmp(scope->sandbox, sandbox) != 0))
		r = 0;
	if (r != 1)
		sqlite3_reset(stmt);
	return r;
}

static int find_indexed(struct store *s, const char *sandbox, const char *name, int64_t hash)
{
	sqlite3_stmt *stmt = s->statements[STMT_KEY_ROWS];
	int r;

	sqlite3_bind_int64(stmt, 1, hash);
	while ((r = store_step(s, stmt)) == 1) {
		r = look_at(s, sqlite3_column_int64(stmt, 0), sandbox, name);
		if (r != 0)
			break;
	}
	sqlite3_reset(stmt);
	return r;
}

int store_find(struct store *s, const char *sandbox, const char *name, int64_t hash)
{
	size_t at = SIZE_MAX;
	int64_t n;

	while ((n = newest_find(&s->newest, hash, &at))) {
		int r = look_at(s, n, sandbox, name);

		if (r != 0)
			return r;
	}
	return find_indexed(s, sandbox, name, hash);
}

int store_key(struct store *s, int64_t hash, int64_t n)
{
	newest_add(&s->newest, hash, n);
	return newest_full(&s->newest) ? store_index(s) : 0;
}

int store_index(struct store *s)
{
	int r = 0;

	if (s->newest.count == 0)
		return 0;
	newest_sort(&s->newest);
	for (size_t i = 0; i < s->newest.count && r == 0; i++) {
		struct binder b = bind_to(s->statements[STMT_KEY_ADD]);

		bind_number(&b, s->newest.slots[i].hash);
		bind_number(&b, s->newest.slots[i].n);
		r = store_run(s, STMT_KEY_ADD);
	}
	newest_clear(&s->newest);
	return r < 0 ? r : store_run(s, STMT_KEYS_REACH);
}

struct row row_of(sqlite3_stmt *stmt, int64_t hash)
{
	return (struct row){
		.n = sqlite3_column_int64(stmt, COLUMN_N),
		.hash = hash,
		.intent_ms = sqlite3_column_int64(stmt, COLUMN_INTENT_MS),
		.number = (uint64_t)sqlite3_column_int64(stmt, COLUMN_SEEN_ROW),
		.state = (enum ledger_state)sqlite3_column_int(stmt, COLUMN_STATE),
		.marked = sqlite3_column_type(stmt, COLUMN_RELOOK) != SQLITE_NULL,
	};
}

int store_scope(struct store *s, const char *sandbox, const char *spec_id, struct scope **ret)
{
	struct binder b = bind_to(s->statements[STMT_SCOPE_ADD]);
	struct scope *scope = scopes_find(&s->scopes, sandbox, spec_id);

	if (!scope) {
		scope = scopes_add(&s->scopes, sandbox, spec_id);
		if (!scope)
			return store_trouble(s, SQLITE_NOMEM);
		bind_number(&b, scope->number);
		sqlite3_bind_text(b.stmt, ++b.at, sandbox, -1, SQLITE_STATIC);
		bind_text(&b, spec_id);
		if (store_run(s, STMT_SCOPE_ADD) < 0)
			return s->error.code;
	}
	*ret = scope;
	return 0;
}
