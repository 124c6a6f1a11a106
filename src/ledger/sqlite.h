/* sqlite.h - the ledger behind a writer, for the two that are opened in different ways. */
#pragma once

#include "ledger/writer.h"

struct sqlite {
	struct ledger base;
	struct writer writer;
	uint64_t known; /* replies that are known to be published */
	char *path;     /* NULL: a temporary file */
};

/* As struct ledger_backend has them. */
void sqlite_submit(struct ledger *l, const struct ledger_request *q);
void sqlite_flush(struct ledger *l);
bool sqlite_next(struct ledger *l, struct ledger_reply *ret);
int sqlite_end_run(struct ledger *l, bool reported, const char *totals, struct error *reterr);

/** Closes the store, too; the writer was stopped, or never started. */
void sqlite_free(struct sqlite *s);

/** The store is open. 0 or a negative errno. */
int sqlite_start(struct sqlite *s, struct error *reterr);
