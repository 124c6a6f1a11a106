/* store.h - the ledger's tables, as the writer's thread sees them.
 *
 * Opened by one thread and used by another, never by two at once. After the
 * first trouble `error` is set; the caller rolls back and asks no more.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/db.h"
#include "ledger/files.h"
#include "ledger/key.h"
#include "ledger/ledger.h"
#include "ledger/newest.h"
#include "ledger/queue.h"
#include "ledger/record.h"
#include "ledger/scopes.h"
#include "ledger/statements.h"
#include "ledger/tickets.h"

/* As SQLite has it: negative is KiB. A million ids are sorted in 1 MiB. */
#define STORE_CACHE "PRAGMA cache_size = -8192"
#define STORE_CACHE_TO_SORT "PRAGMA cache_size = -1024"

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STMT_COUNT];
	struct files files;
	struct error error; /* the first */
	uint8_t key[KEY_SIZE], hash_key[KEY_HASH_SIZE], text_key[KEY_HASH_SIZE];
	int64_t run;
	int64_t earlier; /* n of the last row that earlier runs have left */
	struct scopes scopes;
	struct reported_runs reported;
	struct newest newest;
	struct tickets tickets;
	struct row found; /* of a request whose ticket is not known, until the next */
	int64_t cursors
		[LEDGER_RECALL_ANY]; /* n of the row handed out last, by enum ledger_recall */
	int64_t replaced_listing;    /* whose items are being deleted; 0: none */
	uint32_t items;              /* that were put, for deleting others at their pace */
	bool scratch;                /* also descriptions of items, and which were named */
	uint32_t room;               /* bytes that an outcome adds to a row, lately; times 16 */
	int wal_frames;              /* since the last checkpoint */
	bool in_transaction;
};

/** Open, check, migrate, and begin a run. 0 or a negative errno with its sentence. */
int store_open(struct store *s, const struct ledger_sqlite_options *o, struct error *reterr);

/** Begin in an unnamed temporary file, gone with the process. `path` in it is NULL. */
int store_open_scratch(struct store *s, struct error *reterr);

/** Write what is left and close; after trouble, nothing is written any more. */
void store_close(struct store *s);

/* All return 0 or a negative errno, with the sentence in s->error. */
int store_begin(struct store *s); /* nothing when it has begun already */
int store_commit(struct store *s);
void store_roll_back(struct store *s);

/** After a commit whose replies are out: keep the log short. */
void store_tidy(struct store *s);

/** Do what a request asks for, and put the reply to it into `out`. */
int store_execute(struct store *s, const struct ledger_request *q, struct queue *out);
int store_end_run(struct store *s, bool reported, const char *totals);

/* ---- for the files that implement requests */

int store_claim(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out);
int store_intend(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out);
int store_intend_update(struct store *s, const struct ledger_request *q);
int store_intend_delete(struct store *s, const struct ledger_request *q);
int store_withdraw(struct store *s, const struct ledger_request *q);
int store_outcome(struct store *s, const struct ledger_request *q);
int store_unmark(struct store *s, const struct ledger_request *q);
int store_recall(struct store *s, const struct ledger_request *q, struct ledger_reply *reply,
	struct queue *out);
int store_inventory_begin(struct store *s, const struct ledger_request *q);
int store_inventory_item(struct store *s, const struct ledger_request *q);
int store_inventory_end(
	struct store *s, const struct ledger_request *q, struct ledger_reply *reply);

/** 1 when the inventory has the name; 0 when not. */
int store_is_listed(struct store *s, const struct ledger_request *q, const struct scope *scope);
/** The same, and the reply is out. */
int store_listed(struct store *s, const struct ledger_request *q, const struct scope *scope,
	struct ledger_reply *reply, struct queue *out);

/** The request's (sandbox, connectionSpec); made when it is new. */
int store_scope(struct store *s, const char *sandbox, const char *spec_id, struct scope **ret);

/** Set s->error for what SQLite said last. */
int store_trouble(struct store *s, int rc);
int store_damaged(struct store *s);

/** A statement without rows, bound by the caller. */
int store_run(struct store *s, enum statement which);

/** 1: `stmt` stands on a row; 0: it has none (left); or trouble. The caller resets it. */
int store_step(struct store *s, sqlite3_stmt *stmt);

/** How much of the file is kept in memory: STORE_CACHE. SQLite also sorts in as much. */
int store_set_cache(struct store *s, const char *pragma);

/** Find a row by its key: 1 (STMT_ROW stands on it, the caller resets it), 0, or trouble. */
int store_find(struct store *s, const char *sandbox, const char *name, int64_t hash);

/** Let a new row be found by its key. */
int store_key(struct store *s, int64_t hash, int64_t n);
/** Put all keys into the index, also those of the newest rows. */
int store_index(struct store *s);

/** What to remember of the row that `stmt`, with RECORD_COLUMNS, stands on. */
struct row row_of(sqlite3_stmt *stmt, int64_t hash);

/** The request's description as the file has it. */
void store_bind_description(
	const struct store *s, struct binder *b, const struct ledger_request *q);

struct record_view store_view(const struct store *s);
