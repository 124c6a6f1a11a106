/* reader.c - what `status` and `results` ask of a ledger. */
#include "ledger/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "ledger/db.h"
#include "ledger/identity.h"
#include "ledger/key.h"
#include "ledger/key_file.h"
#include "ledger/message.h"
#include "ledger/reader_ask.h"

/* ------------------------------------------------------------------ statements */

static int prepare(
	struct ledger_reader *r, const char *sql, sqlite3_stmt **ret, struct error *reterr)
{
	int rc = sqlite3_prepare_v2(r->file.db, sql, -1, ret, NULL);

	return rc == SQLITE_OK ? 0 : db_trouble(r->file.db, rc, r->path, reterr);
}

/* 1: on a row, 0: at the end, or trouble. */
static int step(struct ledger_reader *r, sqlite3_stmt *stmt, struct error *reterr)
{
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return rc == SQLITE_ROW;
	return db_trouble(r->file.db, rc, r->path, reterr);
}

/* As a reply to a recall, for that is how records are copied. */
static int keep_record(struct question *q, sqlite3_stmt *stmt, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	struct record_view view = {&r->scopes, &r->reported, r->run};
	struct ledger_record record;

	if (!record_read(stmt, &view, &record))
		return db_trouble(NULL, SQLITE_CORRUPT, r->path, reterr);
	message_put_reply(&q->r->found, &(struct ledger_reply){.record = &record});
	q->count++;
	return 0;
}

/* ------------------------------------------------------------------------- run */

static int read_run_row(struct question *q, sqlite3_stmt *stmt, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	int e = step(r, stmt, reterr);

	if (e < 0)
		return e;
	/* Without a row it died between making the ledger and beginning a run: all is 0. */
	free(r->totals);
	r->totals = strdup(e == 1 ? column_text(stmt, 2) : "");
	if (!r->totals)
		return db_trouble(NULL, SQLITE_NOMEM, r->path, reterr);
	*q->ret_run = (struct ledger_run){
		.number = (uint64_t)r->run,
		.service = r->service,
		.org = r->org,
		.started_ms = e == 1 ? sqlite3_column_int64(stmt, 0) : 0,
		.finished_ms = e == 1 ? sqlite3_column_int64(stmt, 1) : 0,
		.totals = r->totals,
	};
	return 0;
}

static int read_run(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	sqlite3_stmt *stmt = NULL;
	int e = prepare(r,
		"SELECT started_ms, finished_ms, totals FROM run ORDER BY number DESC LIMIT 1",
		&stmt, reterr);

	if (e == 0)
		e = read_run_row(q, stmt, reterr);
	sqlite3_finalize(stmt);
	return e;
}

int ledger_reader_run(struct ledger_reader *r, struct ledger_run *ret, struct error *reterr)
{
	struct question q = {.r = r, .read = read_run, .ret_run = ret};
	int e = reader_ask(&q, reterr);

	/* The holder of a run that has ended by now is about to go. */
	if (e == 0)
		ret->going = ret->finished_ms == 0 && reader_file_going(&r->file);
	return e;
}

/* ---------------------------------------------------------------------- groups */

/* A group lies in the queue as the record of its example. */
static int read_groups(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	sqlite3_stmt *stmt = NULL;
	int e = prepare(r,
		"SELECT g.many, c.state, c.status, c.error_code, c.error, c.seen_row FROM "
		"(SELECT count(*) AS many, min(n) AS first FROM connection "
		"GROUP BY state, status, error_code) AS g "
		"JOIN connection AS c ON c.n = g.first ORDER BY g.many DESC, c.n",
		&stmt, reterr);

	while (e == 0 && (e = step(r, stmt, reterr)) == 1) {
		struct ledger_record example = {
			.state = (enum ledger_state)sqlite3_column_int(stmt, 1),
			.status = column_text(stmt, 2),
			.error_code = column_text(stmt, 3),
			.error = column_text(stmt, 4),
			.row = (uint64_t)sqlite3_column_int64(stmt, 5),
			.changed_ms = sqlite3_column_int64(stmt, 0), /* the count */
		};

		message_put_reply(&q->r->found, &(struct ledger_reply){.record = &example});
		q->count++;
		e = 0;
	}
	sqlite3_finalize(stmt);
	return e;
}

int ledger_reader_groups(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_group *g), void *arg, struct error *reterr)
{
	struct question q = {.r = r, .read = read_groups};
	int e = reader_ask(&q, reterr);

	for (uint64_t i = 0; e == 0 && i < q.count; i++) {
		const struct ledger_reply *reply = queue_read(&r->found);

		each(arg, &(struct ledger_group){
				  .state = reply->record->state,
				  .status = reply->record->status,
				  .error_code = reply->record->error_code,
				  .example = reply->record->error,
				  .example_row = reply->record->row,
				  .count = (uint64_t)reply->record->changed_ms,
			  });
	}
	return e;
}

/* ------------------------------------------------------------------ unresolved */

static int read_unresolved(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	sqlite3_stmt *stmt = NULL;
	int e = reader_prepare_rows(r, "WHERE state IN (1, 4) ORDER BY n", &stmt, reterr);

	while (e == 0 && (e = step(r, stmt, reterr)) == 1)
		e = keep_record(q, stmt, reterr);
	sqlite3_finalize(stmt);
	return e;
}

int ledger_reader_unresolved(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_record *rec), void *arg, struct error *reterr)
{
	struct question q = {.r = r, .read = read_unresolved};
	int e = reader_ask(&q, reterr);

	for (uint64_t i = 0; e == 0 && i < q.count; i++) {
		const struct ledger_reply *reply = queue_read(&r->found);

		each(arg, reply->record);
	}
	return e;
}

/* ------------------------------------------------------------------------ next */

static int read_next(struct question *q, struct error *reterr)
{
	sqlite3_stmt *stmt = q->r->statements[READER_NEXT];
	int e;

	sqlite3_bind_int64(stmt, 1, q->cursor);
	e = step(q->r, stmt, reterr);
	if (e == 1) {
		q->cursor = sqlite3_column_int64(stmt, COLUMN_N);
		e = keep_record(q, stmt, reterr);
	}
	sqlite3_reset(stmt);
	return e;
}

int ledger_reader_next(struct ledger_reader *r, int64_t *cursor, const struct ledger_record **ret,
	struct error *reterr)
{
	struct question q = {.r = r, .read = read_next, .cursor = *cursor};
	int e = reader_ask(&q, reterr);

	if (e < 0 || q.count == 0)
		return e;
	*cursor = q.cursor;
	*ret = ((const struct ledger_reply *)queue_read(&r->found))->record;
	return 1;
}

/* ------------------------------------------------------------------- key, find */

static int get_key(struct ledger_reader *r, struct error *reterr)
{
	int e = r->has_key ? 0 : key_file_read(r->path, r->key, reterr);

	if (e < 0 || r->has_key)
		return e;
	e = identity_check_key(r->file.db, r->path, r->key, reterr);
	key_of_hashes(r->key, r->hash_key);
	r->has_key = e == 0;
	return e;
}

static int read_key(struct question *q, struct error *reterr)
{
	return get_key(q->r, reterr);
}

int ledger_reader_key(struct ledger_reader *r, uint8_t ret[KEY_SIZE], struct error *reterr)
{
	struct question q = {.r = r, .read = read_key};
	int e = reader_ask(&q, reterr);

	if (e == 0)
		memcpy(ret, r->key, KEY_SIZE);
	return e;
}

static bool has_key_of(struct question *q, sqlite3_stmt *stmt)
{
	const struct scope *scope =
		scopes_get(&q->r->scopes, sqlite3_column_int64(stmt, COLUMN_SCOPE));

	return scope && strcmp(scope->sandbox, q->sandbox) == 0 &&
	       strcmp(column_text(stmt, COLUMN_NAME), q->name) == 0;
}

/* Its record is kept if it is the one. */
static int look_at(struct question *q, int64_t n, struct error *reterr)
{
	sqlite3_stmt *stmt = q->r->statements[READER_ROW];
	int e;

	sqlite3_bind_int64(stmt, 1, n);
	e = step(q->r, stmt, reterr);
	if (e == 0)
		e = db_trouble(NULL, SQLITE_CORRUPT, q->r->path, reterr);
	else if (e == 1)
		e = has_key_of(q, stmt) ? keep_record(q, stmt, reterr) : 0;
	sqlite3_reset(stmt);
	return e;
}

static int find_indexed(struct question *q, int64_t hash, struct error *reterr)
{
	sqlite3_stmt *stmt = q->r->statements[READER_KEY_ROWS];
	int e = 0;

	sqlite3_bind_int64(stmt, 1, hash);
	while (e == 0 && q->count == 0 && (e = step(q->r, stmt, reterr)) == 1)
		e = look_at(q, sqlite3_column_int64(stmt, 0), reterr);
	sqlite3_reset(stmt);
	return e;
}

static int read_found(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	size_t at = SIZE_MAX;
	int64_t hash, n;
	int e = get_key(r, reterr);

	if (e < 0)
		return e;
	hash = key_hash(r->hash_key, q->sandbox, q->name);
	while (e == 0 && q->count == 0 && (n = newest_find(&r->newest, hash, &at)))
		e = look_at(q, n, reterr);
	return e < 0 || q->count > 0 ? e : find_indexed(q, hash, reterr);
}

int ledger_reader_find(struct ledger_reader *r, const char *sandbox, const char *name,
	const struct ledger_record **ret, struct error *reterr)
{
	struct question q = {.r = r, .read = read_found, .sandbox = sandbox, .name = name};
	int e = reader_ask(&q, reterr);

	if (e < 0 || q.count == 0)
		return e;
	*ret = ((const struct ledger_reply *)queue_read(&r->found))->record;
	return 1;
}

/* ------------------------------------------------------------------------ life */

int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	struct ledger_reader *r = NULL;
	int e = reader_create(path, &r, reterr);

	if (e == 0)
		e = identity_get(r->file.db, path, "service", &r->service, reterr);
	if (e == 0)
		e = identity_get(r->file.db, path, "org", &r->org, reterr);
	if (e < 0) {
		ledger_reader_close(r);
		return e;
	}
	*ret = r;
	return 0;
}

void ledger_reader_close(struct ledger_reader *r)
{
	reader_destroy(r);
}
