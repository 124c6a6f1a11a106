/* store_open.c - from a path to a run that has begun in it.
 *
 * In this order: lock, look whose file it is, key, and only then is anything
 * written. A ledger begins to be one with the commit that writes its schema and
 * identity; the key is durable before that, so there is none without a key.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/identity.h"
#include "ledger/key_file.h"
#include "ledger/schema.h"
#include "ledger/store.h"
#include "sys/clock.h"

#define ROOM_AT_FIRST 120 /* bytes: an id, an etag, a request id */

/* Another program may be looking into the ledger; it is given a while. */
#define BUSY_AT_CLOSE_MS 500

/* Pages of 4 KiB in the log before they are copied into the ledger. Rows come in
 * order and meet in few pages, their hashes do not: of a million rows each took
 * 15 us with 1,000 pages, 12 with 4,000, and no less with 16,000. Smaller pages
 * won nothing and made the file larger. */
#define CHECKPOINT_FRAMES 4000
#define LOG_BYTES_KEPT "33554432"

static int on_commit(void *arg, sqlite3 *db, const char *schema, int frames)
{
	((struct store *)arg)->wal_frames = frames;
	return SQLITE_OK;
}

static int connect(struct store *s, struct error *reterr)
{
	int rc = db_open(s->files.real.data, SQLITE_OPEN_READWRITE, &s->db);

	return rc == SQLITE_OK ? 0 : db_trouble(s->db, rc, s->files.path, reterr);
}

/* Not before it is known to be a ledger, or empty. */
static int set_up(struct store *s, struct error *reterr)
{
	int r = db_exec(s->db,
		"PRAGMA page_size = 4096;"
		"PRAGMA journal_mode = WAL;"
		"PRAGMA synchronous = FULL;" STORE_CACHE ";"
		"PRAGMA journal_size_limit = " LOG_BYTES_KEPT ";"
		"PRAGMA secure_delete = OFF;" /* there is no secret in it */
		"PRAGMA trusted_schema = OFF",
		s->files.path, reterr);

	sqlite3_wal_hook(s->db, on_commit, s); /* in the place of its own checkpoints */
	return r;
}

static void derive_keys(struct store *s)
{
	key_of_hashes(s->key, s->hash_key);
	key_of_texts(s->key, s->text_key);
}

static int get_key(struct store *s, int version, struct error *reterr)
{
	int r = version > 0 ? key_file_read(s->files.path, s->key, reterr)
			    : key_file_make(s->files.path, s->key, reterr);

	if (r == 0)
		derive_keys(s);
	return r;
}

static int migrate(
	struct store *s, const struct ledger_sqlite_options *o, int version, struct error *reterr)
{
	const char *path = s->files.path;
	int r = db_exec(s->db, "BEGIN IMMEDIATE", path, reterr);

	if (r < 0)
		return r;
	if (version > 0)
		r = identity_check(s->db, path, o->service, o->org, s->key, reterr);
	if (r == 0)
		r = schema_migrate(s->db, path, version, schema_migrations, schema_version, reterr);
	if (r == 0 && version == 0)
		r = identity_write(s->db, path, o->service, o->org, s->key, reterr);
	if (r == 0)
		r = db_exec(s->db, "COMMIT", path, reterr);
	if (r < 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static int begin_run(struct store *s, const struct ledger_sqlite_options *o)
{
	struct binder b = bind_to(s->statements[STMT_RUN_BEGIN]);
	char host[HOST_NAME_MAX + 1] = {0};
	int r = store_begin(s);

	if (gethostname(host, sizeof(host) - 1) < 0 || !str_visible_ascii(host))
		str_copy(host, sizeof(host), "unknown");
	s->run = (int64_t)s->reported.count; /* one more than the last */
	bind_number(&b, s->run);
	bind_number(&b, clock_wall_ms());
	bind_number(&b, getpid());
	bind_text(&b, host);
	bind_text(&b, o->settings);
	if (r == 0)
		r = store_run(s, STMT_RUN_BEGIN);
	if (r == 0)
		r = store_commit(s);
	if (r == 0)
		files_note_wal(&s->files);
	return r;
}

static int load(struct store *s, struct error *reterr)
{
	const char *path = s->files.path;
	int r = statements_prepare(s->db, s->statements, path, reterr);

	if (r == 0)
		r = scopes_load(&s->scopes, s->db, path, reterr);
	if (r == 0)
		r = reported_load(&s->reported, s->db, path, reterr);
	if (r == 0)
		r = db_number(s->db, "SELECT ifnull(max(n), 0) FROM connection", path, &s->earlier,
			reterr);
	if (r == 0 && newest_init(&s->newest) < 0)
		r = db_trouble(s->db, SQLITE_NOMEM, path, reterr);
	if (r == 0)
		r = newest_load(&s->newest, s->db, path, reterr);
	return r;
}

static int open_all(struct store *s, const struct ledger_sqlite_options *o, struct error *reterr)
{
	int version, r;

	r = files_open(&s->files, o->path, o->must_exist, o->inputs, o->input_count, reterr);
	if (r == 0)
		r = connect(s, reterr);
	if (r == 0)
		r = schema_look(s->db, o->path, &version, reterr);
	if (r == 0 && version == 0 && o->must_exist)
		r = error_set(reterr, -ENOENT, "the ledger is empty: name that of an earlier run");
	if (r == 0)
		r = get_key(s, version, reterr);
	if (r == 0)
		r = set_up(s, reterr);
	if (r == 0)
		r = migrate(s, o, version, reterr);
	if (r == 0)
		r = load(s, reterr);
	if (r == 0 && (r = begin_run(s, o)) < 0 && reterr)
		*reterr = s->error;
	return r;
}

int store_open(struct store *s, const struct ledger_sqlite_options *o, struct error *reterr)
{
	int r;

	*s = (struct store){.room = 16 * ROOM_AT_FIRST, .files.fd = -1};
	r = open_all(s, o, reterr);
	if (r < 0)
		store_close(s);
	return r;
}

/* ------------------------------------------------------------------ a scratch */

/* Nothing of it is ever wanted again, so nothing is undone and nothing waits for a
 * disk. What does not fit into the cache goes to a file without a name. */
static const char scratch_settings[] = "PRAGMA page_size = 4096;"
				       "PRAGMA journal_mode = OFF;"
				       "PRAGMA synchronous = OFF;" STORE_CACHE ";"
				       "PRAGMA trusted_schema = OFF";

static const char scratch_columns[] =
	"ALTER TABLE inventory ADD COLUMN description TEXT;"
	/* 0 and 1 take no room: so it is changed in its place. */
	"ALTER TABLE inventory ADD COLUMN named INTEGER NOT NULL DEFAULT 0;";

static const char put_with_description[] =
	"INSERT OR REPLACE INTO inventory "
	"(listing, name, id, etag, endpoint, username, description) VALUES (?, ?, ?, ?, ?, ?, ?)";

static int open_temporary(struct store *s, struct error *reterr)
{
	int rc = db_open("", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &s->db);

	if (rc != SQLITE_OK)
		return db_trouble(s->db, rc, NULL, reterr);
	return db_exec(s->db, scratch_settings, NULL, reterr);
}

static int put_descriptions_too(struct store *s, struct error *reterr)
{
	int rc;

	sqlite3_finalize(s->statements[STMT_ITEM_PUT]);
	rc = sqlite3_prepare_v3(s->db, put_with_description, -1, SQLITE_PREPARE_PERSISTENT,
		&s->statements[STMT_ITEM_PUT], NULL);
	return rc == SQLITE_OK ? 0 : db_trouble(s->db, rc, NULL, reterr);
}

int store_open_scratch(struct store *s, struct error *reterr)
{
	int r;

	*s = (struct store){.room = 16 * ROOM_AT_FIRST, .files.fd = -1, .scratch = true, .run = 1};
	if (key_random(s->key) < 0)
		return error_set(reterr, -EIO, "libsodium does not start: repair its installation");
	derive_keys(s);
	r = open_temporary(s, reterr);
	if (r == 0)
		r = schema_migrate(s->db, NULL, 0, schema_migrations, schema_version, reterr);
	if (r == 0)
		r = db_exec(s->db, scratch_columns, NULL, reterr);
	if (r == 0)
		r = load(s, reterr);
	if (r == 0)
		r = put_descriptions_too(s, reterr);
	if (r < 0)
		store_close(s);
	return r;
}

/* --------------------------------------------------------------------- the end */

void store_tidy(struct store *s)
{
	int rc;

	if (s->wal_frames < CHECKPOINT_FRAMES || s->in_transaction || s->error.code < 0)
		return;
	s->wal_frames = 0;
	rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	/* Its trouble must not pass unseen: a disk may say once only that it has lost
	 * something, and with a second checkpoint the log would be overwritten. */
	if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
		store_trouble(s, rc);
}

static void close_db(struct store *s)
{
	if (!s->scratch && s->error.code == 0 && files_check(&s->files, NULL) == 0) {
		sqlite3_busy_timeout(s->db, BUSY_AT_CLOSE_MS);
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	} else {
		/* Leave everything as it lies: the names may lead to files of others. */
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	}
	statements_finalize(s->statements);
	sqlite3_close(s->db);
}

void store_close(struct store *s)
{
	if (s->db) {
		if (s->error.code == 0 && s->in_transaction)
			store_commit(s);
		if (s->error.code < 0)
			store_roll_back(s);
		close_db(s);
	}
	files_close(&s->files);
	scopes_close(&s->scopes);
	reported_done(&s->reported);
	newest_done(&s->newest);
	tickets_done(&s->tickets);
	wipe(s->key, sizeof(s->key));
	*s = (struct store){.files.fd = -1};
}

int store_end_run(struct store *s, bool reported, const char *totals)
{
	struct binder b = bind_to(s->statements[STMT_RUN_END]);
	int r;

	bind_number(&b, clock_wall_ms());
	bind_number(&b, reported);
	bind_text(&b, totals);
	bind_number(&b, s->run);
	r = store_run(s, STMT_RUN_END);
	return r < 0 ? r : store_index(s);
}
