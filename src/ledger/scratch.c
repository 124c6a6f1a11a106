/* scratch.c - the ledger on disk once more, on a file without a name.
 *
 * While the server lists, everything is as there: a writer's thread puts item after
 * item into the store. With the first question that thread ends, and the store is the
 * caller's. What is found by id gets an index only then, sorted and in one go: kept up
 * to date while items come in the order of their names, it would cost each of them a
 * page in a random place.
 */
#include "ledger/scratch.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "ledger/db.h"
#include "ledger/sqlite.h"

enum question {
	QUESTION_FIND,
	QUESTION_FIND_ID,
	QUESTION_UNNAMED,
	QUESTION_NAME,
	QUESTION_NAME_ID,
	QUESTION_COUNT
};

#define ITEM "SELECT name, id, etag, endpoint, username, description FROM inventory "

static const char *const sql[QUESTION_COUNT] = {
	[QUESTION_FIND] = ITEM "WHERE listing = ? AND name = ? ORDER BY id",
	[QUESTION_FIND_ID] = ITEM "INDEXED BY inventory_id WHERE listing = ? AND id = ? LIMIT 1",
	[QUESTION_UNNAMED] = ITEM "WHERE listing = ? AND named = 0 ORDER BY name, id",
	[QUESTION_NAME] = "UPDATE inventory SET named = 1 WHERE listing = ? AND name = ?",
	[QUESTION_NAME_ID] = "UPDATE inventory INDEXED BY inventory_id SET named = 1 "
			     "WHERE listing = ? AND id = ?",
};

struct scratch {
	struct sqlite sqlite;
	bool asked;   /* its writer has ended */
	bool indexed; /* by id */
	sqlite3_stmt *statements[QUESTION_COUNT];
};

static struct scratch *scratch_of(struct ledger *l)
{
	return (struct scratch *)l;
}

/* --------------------------------------------------------- while the server lists */

static void scratch_submit(struct ledger *l, const struct ledger_request *q)
{
	assert(!scratch_of(l)->asked);
	sqlite_submit(l, q);
}

static void scratch_flush(struct ledger *l)
{
	if (!scratch_of(l)->asked)
		sqlite_flush(l);
}

static bool scratch_next(struct ledger *l, struct ledger_reply *ret)
{
	return !scratch_of(l)->asked && sqlite_next(l, ret);
}

static int scratch_end_run(
	struct ledger *l, bool reported, const char *totals, struct error *reterr)
{
	if (l->error.code < 0 && reterr)
		*reterr = l->error;
	return l->error.code;
}

static void scratch_destroy(struct ledger *l)
{
	struct scratch *s = scratch_of(l);

	if (!s->asked)
		writer_stop(&s->sqlite.writer);
	for (int i = 0; i < QUESTION_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite_free(&s->sqlite);
}

static const struct ledger_backend scratch_backend = {
	.submit = scratch_submit,
	.flush = scratch_flush,
	.next = scratch_next,
	.end_run = scratch_end_run,
	.destroy = scratch_destroy,
	.durable = false,
};

int ledger_scratch_create(
	void (*wake)(void *arg), void *arg, struct ledger **ret, struct error *reterr)
{
	struct scratch *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return error_set(reterr, -ENOMEM, "no memory for what the server lists");
	s->sqlite.base.backend = &scratch_backend;
	s->sqlite.writer.wake = wake;
	s->sqlite.writer.wake_arg = arg;
	r = store_open_scratch(&s->sqlite.writer.store, reterr);
	if (r == 0)
		r = sqlite_start(&s->sqlite, reterr);
	if (r < 0) {
		sqlite_free(&s->sqlite);
		return r;
	}
	*ret = &s->sqlite.base;
	return 0;
}

/* ------------------------------------------------------------------ when it has */

static struct store *store_of(struct scratch *s)
{
	return &s->sqlite.writer.store;
}

/* The sentence of whatever went wrong first, now or before. */
static int failed(struct scratch *s, struct error *reterr)
{
	struct store *store = store_of(s);

	s->sqlite.base.error = store->error;
	if (reterr)
		*reterr = store->error;
	return store->error.code;
}

static int begin(struct scratch *s)
{
	struct store *store = store_of(s);

	if (!s->asked)
		writer_stop(&s->sqlite.writer);
	s->asked = true;
	return store->error.code < 0 ? store->error.code : store_begin(store);
}

static int prepare(struct scratch *s, enum question which)
{
	struct store *store = store_of(s);
	int rc;

	if (s->statements[which])
		return 0;
	rc = sqlite3_prepare_v3(
		store->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which], NULL);
	return rc == SQLITE_OK ? 0 : store_trouble(store, rc);
}

static int index_ids(struct scratch *s)
{
	struct store *store = store_of(s);
	int rc, r;

	if (s->indexed)
		return 0;
	r = store_set_cache(store, STORE_CACHE_TO_SORT);
	if (r < 0)
		return r;
	rc = sqlite3_exec(store->db, "CREATE INDEX inventory_id ON inventory (listing, id)", NULL,
		NULL, NULL);
	if (rc != SQLITE_OK)
		return store_trouble(store, rc);
	s->indexed = true;
	return store_set_cache(store, STORE_CACHE);
}

static const char *shown(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

/* Whom the items are for. */
struct taker {
	void (*each)(void *arg, const struct ledger_scratch_item *item);
	void *arg;
};

static void hand_out(const struct taker *t, const struct scope *scope, sqlite3_stmt *stmt)
{
	t->each(t->arg, &(struct ledger_scratch_item){
				.sandbox = scope->sandbox,
				.spec_id = scope->spec_id,
				.name = column_text(stmt, 0),
				.id = column_text(stmt, 1),
				.etag = column_text(stmt, 2),
				.endpoint = shown(stmt, 3),
				.username = shown(stmt, 4),
				.description = shown(stmt, 5),
			});
}

/* Hand out all that `which` finds of a scope: how many, or trouble. */
static int64_t answer(struct scratch *s, enum question which, const struct scope *scope,
	const char *text, const struct taker *t)
{
	sqlite3_stmt *stmt;
	struct binder b;
	int64_t count = 0;
	int r = prepare(s, which);

	if (r < 0)
		return r;
	stmt = s->statements[which];
	b = bind_to(stmt);
	bind_number(&b, scope->listing);
	if (text)
		sqlite3_bind_text(stmt, ++b.at, text, -1, SQLITE_STATIC);
	for (; (r = store_step(store_of(s), stmt)) == 1; count++)
		hand_out(t, scope, stmt);
	sqlite3_reset(stmt);
	return r < 0 ? r : count;
}

static const struct scope *scope_of(struct scratch *s, const char *sandbox, const char *spec_id)
{
	const struct scope *scope = scopes_find(&store_of(s)->scopes, sandbox, spec_id);

	return scope && scope->listing ? scope : NULL;
}

int64_t ledger_scratch_find(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *name, void (*each)(void *arg, const struct ledger_scratch_item *item),
	void *arg, struct error *reterr)
{
	struct scratch *s = scratch_of(l);
	int64_t count = 0, r = begin(s);
	const struct scope *scope = scope_of(s, sandbox, spec_id);

	if (r == 0 && scope)
		count = r = answer(s, QUESTION_FIND, scope, name, &(struct taker){each, arg});
	if (r > 0)
		r = answer(s, QUESTION_NAME, scope, name, NULL);
	return r < 0 ? failed(s, reterr) : count;
}

int ledger_scratch_find_id(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *id, void (*each)(void *arg, const struct ledger_scratch_item *item), void *arg,
	struct error *reterr)
{
	struct scratch *s = scratch_of(l);
	const struct scope *scope;
	int64_t r = begin(s);

	if (r == 0)
		r = index_ids(s);
	scope = scope_of(s, sandbox, spec_id);
	if (r == 0 && scope)
		r = answer(s, QUESTION_FIND_ID, scope, id, &(struct taker){each, arg});
	return r < 0 ? failed(s, reterr) : (int)r;
}

int ledger_scratch_name_id(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *id, struct error *reterr)
{
	struct scratch *s = scratch_of(l);
	const struct scope *scope;
	int64_t r = begin(s);

	if (r == 0)
		r = index_ids(s);
	scope = scope_of(s, sandbox, spec_id);
	if (r == 0 && scope)
		r = answer(s, QUESTION_NAME_ID, scope, id, NULL);
	return r < 0 ? failed(s, reterr) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct scope *x = *(struct scope *const *)a, *y = *(struct scope *const *)b;
	int order = strcmp(x->sandbox, y->sandbox);

	return order != 0 ? order : strcmp(x->spec_id, y->spec_id);
}

static void freep(struct scope ***p)
{
	free(*p);
}

static int unnamed(struct scratch *s, const struct taker *t)
{
	const struct scopes *scopes = &store_of(s)->scopes;
	AUTO(freep) struct scope **sorted = calloc(scopes->count + 1, sizeof(struct scope *));
	int64_t r = 0;

	if (!sorted)
		return store_trouble(store_of(s), SQLITE_NOMEM);
	for (size_t i = 0; i < scopes->count; i++)
		sorted[i] = &scopes->all[i];
	qsort(sorted, scopes->count, sizeof(struct scope *), compare);
	for (size_t i = 0; i < scopes->count && r >= 0; i++)
		if (sorted[i]->listing)
			r = answer(s, QUESTION_UNNAMED, sorted[i], NULL, t);
	return r < 0 ? (int)r : 0;
}

int ledger_scratch_unnamed(struct ledger *l,
	void (*each)(void *arg, const struct ledger_scratch_item *item), void *arg,
	struct error *reterr)
{
	struct scratch *s = scratch_of(l);
	int r = begin(s);

	if (r == 0)
		r = unnamed(s, &(struct taker){each, arg});
	return r < 0 ? failed(s, reterr) : 0;
}
