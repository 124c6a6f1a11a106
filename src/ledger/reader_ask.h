/* reader_ask.h - one question to a ledger, answered as of one moment.
 *
 * An answer is read to its end before the caller hears of it: nobody knows how
 * long he takes over it, and as long as SQLite reads, a writer's log can only
 * grow. It waits in memory, in a queue as replies do.
 */
#pragma once

#include <stdbool.h>

#include "ledger/key.h"
#include "ledger/newest.h"
#include "ledger/queue.h"
#include "ledger/reader.h"
#include "ledger/reader_open.h"
#include "ledger/record.h"
#include "ledger/scopes.h"

/* What is asked for every single row is prepared once. */
enum reader_statement {
	READER_BEGIN,
	READER_ROLLBACK,
	READER_VERSION,
	READER_KEY_ROWS,
	READER_ROW,  /* this, … */
	READER_NEXT, /* … and those behind it */
	READER_STATEMENT_COUNT
};

struct ledger_reader {
	char *path;
	struct reader_file file;
	sqlite3_stmt *statements[READER_STATEMENT_COUNT]; /* as long as the file is open */
	int64_t version; /* changes with what others write; of these: */
	struct scopes scopes;
	struct reported_runs reported;
	struct newest newest;
	int64_t run;   /* the newest */
	bool outdated; /* somebody has migrated the file: it must be opened anew */
	bool has_key;
	uint8_t key[KEY_SIZE], hash_key[KEY_HASH_SIZE];
	char *service, *org, *totals; /* of the last ledger_reader_run() */
	struct queue found;           /* what the last question read; never published */
};

struct question {
	struct ledger_reader *r;
	/* Reads the answer into r->found, or for ret_run. 0, or trouble with its sentence. */
	int (*read)(struct question *q, struct error *reterr);
	uint64_t count; /* of messages in r->found */
	const char *sandbox, *name;
	int64_t cursor;
	struct ledger_run *ret_run;
};

/** Have it answered, from the beginning again when the file changed under it. */
int reader_ask(struct question *q, struct error *reterr);

/** A statement for records, by what stands behind "SELECT … FROM connection ". */
int reader_prepare_rows(
	struct ledger_reader *r, const char *which, sqlite3_stmt **ret, struct error *reterr);

int reader_create(const char *path, struct ledger_reader **ret, struct error *reterr);
void reader_destroy(struct ledger_reader *r); /* fine on NULL */
