#include "ledger/reader_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "ledger/db.h"
#include "ledger/schema.h"

/* How often a run may begin while we look, before we give up. */
#define TRIES_MAX 5
#define NO_VERSION (-1)
#define SQL_MAX 1024

static const char *const sql[READER_STATEMENT_COUNT] = {
	[READER_BEGIN] = "BEGIN",
	[READER_ROLLBACK] = "ROLLBACK",
	[READER_VERSION] = "PRAGMA data_version",
	[READER_KEY_ROWS] = "SELECT n FROM row_key WHERE hash = ?",
};

static const char *const rows[READER_STATEMENT_COUNT] = {
	[READER_ROW] = "WHERE n = ?",
	[READER_NEXT] = "WHERE n > ? ORDER BY n LIMIT 1",
};

static int prepare(
	struct ledger_reader *r, const char *text, sqlite3_stmt **ret, struct error *reterr)
{
	int rc = sqlite3_prepare_v2(r->file.db, text, -1, ret, NULL);

	return rc == SQLITE_OK ? 0 : db_trouble(r->file.db, rc, r->path, reterr);
}

int reader_prepare_rows(
	struct ledger_reader *r, const char *which, sqlite3_stmt **ret, struct error *reterr)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, SQL_MAX);
	if (buf_printf(&text, "SELECT %s FROM connection %s", record_columns(r->file.version),
		    which) < 0)
		return db_trouble(NULL, SQLITE_NOMEM, r->path, reterr);
	return prepare(r, text.data, ret, reterr);
}

static int open_file(struct ledger_reader *r, struct error *reterr)
{
	int e = reader_file_open(&r->file, r->path, reterr);

	r->outdated = false;
	for (int i = 0; e == 0 && i < READER_STATEMENT_COUNT; i++)
		e = rows[i] ? reader_prepare_rows(r, rows[i], &r->statements[i], reterr)
			    : prepare(r, sql[i], &r->statements[i], reterr);
	return e;
}

static void close_file(struct ledger_reader *r)
{
	for (int i = 0; i < READER_STATEMENT_COUNT; i++) {
		sqlite3_finalize(r->statements[i]);
		r->statements[i] = NULL;
	}
	reader_file_close(&r->file);
	scopes_close(&r->scopes);
	r->version = NO_VERSION;
}

/* A statement with at most one row, of which only the number is wanted. */
static int run(
	struct ledger_reader *r, enum reader_statement which, int64_t *ret, struct error *reterr)
{
	sqlite3_stmt *stmt = r->statements[which];
	int rc = sqlite3_step(stmt);

	if (rc == SQLITE_ROW && ret)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		return 0;
	return db_trouble(r->file.db, rc, r->path, reterr);
}

static int load_newest(struct ledger_reader *r, struct error *reterr)
{
	if (!r->newest.slots && newest_init(&r->newest) < 0)
		return db_trouble(NULL, SQLITE_NOMEM, r->path, reterr);
	return newest_load(&r->newest, r->file.db, r->path, reterr);
}

/* What is kept between two questions, unless somebody wrote meanwhile. */
static int refresh(struct ledger_reader *r, struct error *reterr)
{
	int64_t version = 0;
	int schema, e = run(r, READER_VERSION, &version, reterr);

	if (e < 0 || version == r->version)
		return e;
	e = schema_look(r->file.db, r->path, &schema, reterr);
	r->outdated = e == 0 && schema != r->file.version;
	if (e < 0 || r->outdated)
		return e;
	e = scopes_load(&r->scopes, r->file.db, r->path, reterr);
	if (e == 0)
		e = reported_load(&r->reported, r->file.db, r->path, reterr);
	if (e == 0)
		e = load_newest(r, reterr);
	if (e == 0) {
		r->run = (int64_t)r->reported.count - 1;
		r->version = version;
	}
	return e;
}

static int read_at_one_moment(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;
	int e = run(r, READER_BEGIN, NULL, reterr);

	if (e == 0)
		e = refresh(r, reterr);
	if (e == 0 && !r->outdated)
		e = q->read(q, reterr);
	run(r, READER_ROLLBACK, NULL, NULL);
	return e;
}

static int reopen(struct ledger_reader *r, struct error *reterr)
{
	close_file(r);
	return open_file(r, reterr);
}

static bool is_sound(const struct ledger_reader *r)
{
	return r->file.db && !r->outdated && reader_file_still(&r->file);
}

/* A file that is read as it lies may change under us: then all is asked anew,
 * and whatever went wrong with it was no wonder. */
int reader_ask(struct question *q, struct error *reterr)
{
	struct ledger_reader *r = q->r;

	for (int i = 0; i < TRIES_MAX; i++) {
		struct error e = {0};
		int result = is_sound(r) ? 0 : reopen(r, &e);

		queue_take_back(&r->found);
		queue_rewind(&r->found);
		q->count = 0;
		if (result == 0)
			result = read_at_one_moment(q, &e);
		if (r->file.db && (r->outdated || !reader_file_still(&r->file)))
			continue;
		if (result < 0 && reterr)
			*reterr = e;
		return result;
	}
	return error_set(reterr, -EAGAIN, "runs begin and end all the time here: try again");
}

int reader_create(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	struct ledger_reader *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return error_set(reterr, -ENOMEM, "no memory to read the ledger");
	r->file.fd = -1;
	r->version = NO_VERSION;
	r->path = strdup(path);
	if (!r->path || queue_init(&r->found) < 0)
		e = error_set(reterr, -ENOMEM, "no memory to read the ledger");
	else
		e = open_file(r, reterr);
	if (e < 0) {
		reader_destroy(r);
		return e;
	}
	*ret = r;
	return 0;
}

void reader_destroy(struct ledger_reader *r)
{
	if (!r)
		return;
	close_file(r);
	reported_done(&r->reported);
	newest_done(&r->newest);
	queue_done(&r->found);
	free(r->service);
	free(r->org);
	free(r->totals);
	free(r->path);
	wipe(r->key, sizeof(r->key));
	free(r);
}
