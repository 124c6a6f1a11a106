/* status.h - snowmelt_status(): the ledger's totals or doubts, told piece by piece. */
#pragma once

#include "base/buf.h"
#include "base/time.h"
#include "ledger/reader.h"
#include "output/line.h"
#include "snowmelt/snowmelt.h"

/* Beside the statuses of the results: rows without an outcome yet. */
#define STATUS_WORD_PENDING "pending"
#define STATUS_WORD_OPEN "open"
#define STATUS_WORD_DELETING "deleting"

/** What is told, and to whom. The first error sticks. */
struct status_teller {
	const struct snowmelt_callbacks *cb;
	struct buf text; /* not told yet */
	int error;
};

/** Hand over what has gathered, if it is much or `all` is asked for. */
void status_tell(struct status_teller *t, bool all);
/** Note the error of an append. */
void status_note(struct status_teller *t, int r);

const char *status_word(enum ledger_state state, const char *status);

/** "2026-11-24T19:54:38.123Z", or "" for 0. Returns dst. */
const char *status_time(int64_t wall_ms, char dst[RFC3339_SIZE]);

/* Each reads from the ledger and tells. @return 0 or a negative errno of the ledger
 * with the sentence in reterr */

/* status_text.c */
int status_text_totals(struct status_teller *t, struct ledger_reader *reader, const char *path,
	int64_t now_ms, struct error *reterr);
int status_text_doubts(struct status_teller *t, struct ledger_reader *reader, struct error *reterr);

/* status_table.c */
int status_table_totals(struct status_teller *t, struct ledger_reader *reader,
	enum line_format format, struct error *reterr);
int status_table_doubts(struct status_teller *t, struct ledger_reader *reader,
	enum line_format format, struct error *reterr);
