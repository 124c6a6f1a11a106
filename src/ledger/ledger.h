/* ledger.h - what survives a crash. An interface that backends implement.
 *
 * Requests are submitted on the loop's thread and answered in order, later, by
 * ledger_next(): a backend may have a writer thread behind it. The order of a
 * row's life is the caller's: claim, intend, (send), outcome; a withdrawal
 * takes an intent back whose request never left. A later run claims the row
 * again and is told how far the earlier one came.
 *
 *                  CLAIM            INTEND            OUTCOME
 *     (no entry) ───────> claimed ─────────> intended ───────> done, ended, doubt
 *                            │                  │ ▲                    │
 *                            │ OUTCOME          │ └────── INTEND ──────┘
 *                            v                  v WITHDRAW    (not from done)
 *                           done, ended     withdrawn ── INTEND ──> intended
 *
 * What is done may be deleted again: INTEND_DELETE (deleting), then OUTCOME (withdrawn,
 * with the id that it had), or WITHDRAW (done, as it was). It may be found gone, without
 * an intent: OUTCOME. What was deleting and is looked for in vain may be created again:
 * INTEND.
 *
 * What is done may be updated: INTEND_UPDATE, which leaves it done, then OUTCOME, or WITHDRAW.
 * As long as neither has come the update is open: it may have been executed, so the record
 * tells what it sent, and is not `same`, whatever the row asks for.
 *
 * The key of a row is (sandbox, name); a ledger serves one service and org.
 * What a run was told stays so until a results file that says it is in place
 * (ledger_end_run() with `reported`): until then KNOWN rows come with
 * `told` false.
 *
 * A backend must guarantee:
 * - when ledger_next() hands out an INTEND, INTEND_UPDATE, INTEND_DELETE, WITHDRAW, OUTCOME,
 *   UNMARK or INVENTORY_END reply with error 0, what it wrote, and all that was submitted
 *   before it, survives kill -9 and power loss (memory.c, which survives
 *   nothing, says so in ledger_durable());
 * - replies come in the order of submission, one for each request;
 * - after the first error every later request is answered with that error and
 *   nothing more is written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"

#define LEDGER_FINGERPRINT_SIZE 16
#define LEDGER_LISTED_MAX 8 /* items of one name that are handed out */
#define LEDGER_UPDATES_MAX                                                                         \
	8 /* open updates of a row that differ; of more, the oldest is forgotten */

enum ledger_op {
	LEDGER_CLAIM,  /* mark the row as seen in this run: how far has it come? */
	LEDGER_INTEND, /* about to create it; answered LISTED when the inventory has its name */
	LEDGER_INTEND_UPDATE,   /* about to update what is done to what this request says */
	LEDGER_INTEND_DELETE,   /* about to delete what is done, or was deleting already */
	LEDGER_WITHDRAW,        /* it never left, or was proven absent, and will not be sent now. Of
	                         * an update: only if no other was open before it */
	LEDGER_OUTCOME,         /* decided: status, id, etag, error */
	LEDGER_UNMARK,          /* its last look is done */
	LEDGER_RECALL,          /* find a row by `recall`; found or not */
	LEDGER_INVENTORY_BEGIN, /* forget the inventory of (sandbox, spec_id) … */
	LEDGER_INVENTORY_ITEM,  /* … put one connection into it … */
	LEDGER_INVENTORY_END, /* … and call it complete, if it has `count` distinct ids: `found` */
	LEDGER_OP_COUNT
};

enum ledger_claim {
	LEDGER_FRESH,     /* never seen before, or never intended */
	LEDGER_KNOWN,     /* has an outcome that stands: nothing to send */
	LEDGER_OPEN,      /* an earlier run left it in doubt */
	LEDGER_ENDED,     /* an earlier run ended it without an id, withdrew it, deleted it, or was
	                   * about to delete it: see the record's state */
	LEDGER_DUPLICATE, /* this sandbox had the name on an earlier row of this run */
	LEDGER_LISTED,    /* INTEND: nothing was written, its name is in the inventory */
};

/** Which row LEDGER_RECALL looks for. Each of the first three hands a row out once a run. */
enum ledger_recall {
	LEDGER_RECALL_MARKED, /* marked for a last look by an earlier run */
	LEDGER_RECALL_DOUBTS, /* in doubt, and not claimed in this run */
	LEDGER_RECALL_RESENT, /* marked by this run */
	LEDGER_RECALL_ANY,    /* any with an id, of `sandbox`: of rows, else of the inventory */
};

/** What an outcome makes of a row. */
enum ledger_standing {
	LEDGER_DONE,    /* its id is known */
	LEDGER_ADOPTED, /* done, too, but by somebody else: its description is not known */
	LEDGER_REFUSED, /* definitely not created, or a conflict: looked up before the next try */
	LEDGER_DOUBT,   /* may have been created */
	LEDGER_REMOVED, /* was done, and is deleted or found gone: it may be created again. `id` and
	                 * `etag` stay what they are in the ledger until the next outcome, also
	                 * while it is intended: a listing that lags is not taken for a new one */
};

/** All text is borrowed and copied by ledger_submit(). No secrets. */
struct ledger_request {
	enum ledger_op op;
	uint32_t ticket; /* the caller's job number, handed back in the reply */
	uint64_t row;    /* row number in the input; 0: a row that this run's input does not name */
	const char *sandbox;
	const char *name;
	const char *spec_id;
	/* NULL, of these three: nobody knows, or the server does not show it. */
	const char *endpoint;
	const char *username;
	const char *description; /* of which only a keyed hash is kept, but by scratch.h. CLAIM,
	                          * INTEND, INTEND_UPDATE, OUTCOME with as_now; INVENTORY_ITEM of
	                          * scratch.h */
	bool existing; /* CLAIM: of a row that is there. FRESH is answered, and nothing written, for
	                * one that is not; and nothing but `row` is taken from the request, so
	                * that the record is never `same` */
	bool intend;   /* CLAIM: of a row that it has never seen, and whose name is in no inventory,
	              * write the intent, too: the reply is as durable as that of an INTEND */
	uint8_t fingerprint[LEDGER_FINGERPRINT_SIZE]; /* CLAIM, INTEND, OUTCOME */
	int64_t wall_ms;
	/* LEDGER_OUTCOME, and id, etag for INVENTORY_ITEM */
	enum ledger_standing standing;
	bool as_now; /* what stands is the row as it is in this request (endpoint, username,
	              * spec_id, description, fingerprint), not as its intent recorded it */
	bool relook; /* mark it for a last look; without, a mark goes, but for one that is updated */
	const char *status;
	const char *id;
	const char *etag;
	const char *error_code;
	const char *error;
	const char *request_id;
	int http_status;
	uint32_t attempts;
	int64_t started_ms;  /* wall clock; 0: none */
	int64_t duration_ms; /* negative: none */

	enum ledger_recall recall;
	uint64_t count; /* INVENTORY_END */
};

/** Where a row stands, as `status` and `results` show it. */
enum ledger_state {
	LEDGER_STATE_CLAIMED,
	LEDGER_STATE_INTENDED,
	LEDGER_STATE_DONE,
	LEDGER_STATE_REFUSED,
	LEDGER_STATE_DOUBT,
	LEDGER_STATE_WITHDRAWN, /* also what was deleted: it has an id then */
	LEDGER_STATE_DELETING,
};

/** What an open update has sent: ledger_text_hash() of each field that shows, but for the
 * name, which no update changes. */
struct ledger_update {
	uint64_t endpoint, username, description;
};

/** What is known of a row. Text is never NULL, "" when there is none. */
struct ledger_record {
	enum ledger_state state;
	uint64_t row; /* of the input of the run that saw it last */
	const char *sandbox, *name, *endpoint, *username, *spec_id; /* as intended */
	const char *status, *id, *etag, *error_code, *error, *request_id;
	int http_status;
	uint32_t attempts;
	int64_t intent_ms;   /* wall clock of the first intent that is not ended; 0: none */
	int64_t started_ms;  /* 0: none */
	int64_t duration_ms; /* negative: none */
	int64_t changed_ms;  /* wall clock of what was written last */
	bool seen;           /* by this run: `row` is of its input */
	bool told;           /* a results file that says so is in place */
	bool description_known;
	uint64_t description; /* ledger_text_hash() of what was sent, or intended, last */
	uint8_t fingerprint[LEDGER_FINGERPRINT_SIZE]; /* all 0 while an update is open */
	bool same;             /* CLAIM: the fingerprint is that of the request */
	uint32_t update_count; /* open updates that differ: the connection may be as any of them */
	struct ledger_update updates[LEDGER_UPDATES_MAX]; /* the oldest first */
};

/** What the inventory has of one name, of any connectionSpec of the asked scope. */
struct ledger_listed {
	uint64_t count; /* distinct ids */
	struct ledger_listed_item {
		const char *id, *etag, *endpoint, *username;
	} items[LEDGER_LISTED_MAX]; /* the first of them */
};

struct ledger_reply {
	enum ledger_op op;
	uint32_t ticket;
	int error;               /* 0 or a negative errno; the sentence by ledger_error() */
	enum ledger_claim claim; /* CLAIM, INTEND (FRESH or LISTED) */
	uint64_t earlier_row;    /* LEDGER_DUPLICATE: the row that had the name */
	bool found;              /* RECALL, INVENTORY_END */
	uint64_t ids;            /* INVENTORY_END: the distinct ones that were put */
	bool intended;           /* CLAIM: FRESH, and its intent is written */
	int64_t intent_ms;       /* INTEND, intended: the moment that counts for `created` */
	/* Both NULL where there is none; valid until the next ledger_next(). */
	const struct ledger_record *record; /* CLAIM of a row that is not fresh; RECALL */
	const struct ledger_listed *listed; /* LEDGER_LISTED */
};

struct ledger;

/**
 * Hand in a request. Never fails: trouble comes in the reply.
 * With a writer thread, nothing starts before ledger_flush().
 */
void ledger_submit(struct ledger *l, const struct ledger_request *q);

/** End of a loop turn: let the writer take all that was submitted. */
void ledger_flush(struct ledger *l);

/** The next reply that is ready, in order; false when there is none yet. */
bool ledger_next(struct ledger *l, struct ledger_reply *ret);

/** The sentence of the first error. */
const struct error *ledger_error(const struct ledger *l);

/** Does what it answers survive a crash? If not, it also keeps no inventory and no marks. */
bool ledger_durable(const struct ledger *l);

/** One desired field of a row; values may be secret, and only their keyed hash is kept. */
struct ledger_field {
	const char *name;
	const char *value;
};

/** A keyed hash of all fields, in this order. Any thread. */
void ledger_fingerprint(const struct ledger *l, const struct ledger_field *fields, size_t count,
	uint8_t ret[LEDGER_FINGERPRINT_SIZE]);

/** A keyed hash of a text that is not secret, 0 for NULL and "". Any thread. */
uint64_t ledger_text_hash(const struct ledger *l, const char *text);

/** Hash as the ledger does that has this key (ledger_reader_key()). For one that is not
 * durable, before anything of it was hashed. */
void ledger_use_key(struct ledger *l, const uint8_t key[32]);

/** 16 hex digits of the keyed hash of (sandbox, name), for --tag: the same in every run. */
void ledger_tag(const struct ledger *l, const char *sandbox, const char *name, char ret[17]);

/**
 * Write down how the run ended, and wait until that is durable. All replies
 * were taken before.
 *
 * @param reported  a results file with a line for every claimed row is in place
 * @param totals    for a human, "created 12, failed 1"
 * @return 0 or a negative errno with the sentence in reterr
 */
int ledger_end_run(struct ledger *l, bool reported, const char *totals, struct error *reterr);

/** Ends the writer; what was submitted and flushed is written. Fine on NULL. */
void ledger_destroy(struct ledger *l);

/**
 * @param wake  called, from any thread, when replies are ready; may be NULL
 */
int ledger_memory_create(
	void (*wake)(void *arg), void *arg, struct ledger **ret, struct error *reterr);

struct ledger_sqlite_options {
	const char *path; /* the key lies beside it, PATH.key */
	const char
		*service; /* scheme, host, port and base path, in lower case where that is meant */
	const char *org;
	const char *settings;      /* of the run, for the `run` table; no secrets */
	const struct stat *inputs; /* files that the ledger must not be */
	size_t input_count;
	bool must_exist;         /* do not make one */
	void (*wake)(void *arg); /* called, from any thread, when replies are ready; may be NULL */
	void *wake_arg;
};

/**
 * Open or make a ledger, lock it, and begin a run in it.
 *
 * @return 0; -EBUSY when another run holds it, naming the holder; or another
 *         negative errno, each with its sentence and remedy in reterr
 */
int ledger_sqlite_open(
	const struct ledger_sqlite_options *o, struct ledger **ret, struct error *reterr);

/* For backends only. */
struct ledger_backend {
	void (*submit)(struct ledger *l, const struct ledger_request *q);
	void (*flush)(struct ledger *l);
	bool (*next)(struct ledger *l, struct ledger_reply *ret);
	int (*end_run)(struct ledger *l, bool reported, const char *totals, struct error *reterr);
	void (*destroy)(struct ledger *l);
	bool durable;
};

struct ledger {
	const struct ledger_backend *backend;
	struct error error;
	uint8_t key[32]; /* of fingerprints and tags; memory.c: random */
};
