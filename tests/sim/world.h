/* world.h - what outlives a run: the server, the names, the ledger's durable part.
 *
 * An identity is a name in a sandbox, which is what server and ledger know. A
 * row of a run's CSV points to one, with the fields that it has there now.
 */
#pragma once

#include "settings.h"

#define NO_ROW UINT32_MAX
#define NO_CREATE UINT32_MAX
#define NO_CHANGE UINT32_MAX
#define NO_IDENTITY UINT32_MAX
#define RUNS_MAX 40
#define GRACE (5 * SEC)

/** The desired fields of a row, each as the number of its version. */
struct fields {
	uint8_t endpoint, username, password, spec;
};

#define UPDATES_MAX 8

/** What open updates have sent, the oldest first, each with something else to show. */
struct updates {
	uint32_t count;
	struct fields of[UPDATES_MAX];
};

/** As a listing shows them: without the password. */
bool fields_differ(struct fields a, struct fields b);
/** As the fingerprint tells them. */
bool fields_same(struct fields a, struct fields b);
/** Does one of them show the same? */
bool updates_have(const struct updates *u, struct fields f);

/* ------------------------------------------------------------------- server */

struct connection {
	uint32_t identity; /* or NO_IDENTITY */
	uint32_t scope;
	uint32_t next; /* of the same name, as index + 1 */
	struct fields fields;
	nsec_t created_at, visible_at;
	bool ours;
	bool in_inventory; /* of the ledger */

	uint32_t etag; /* from 1, one more with each change */
	bool renamed, in_use, works;
	bool deleted;
	nsec_t listed_until; /* once deleted: a listing lags */
	/* what the examiner knows of its past */
	bool theirs;         /* others have changed what shows last; nobody since */
	nsec_t theirs_since; /* NSEC_NONE: never. Kept when we have changed it since */
	bool secret_theirs;
	bool deleted_by_us;
	bool called_ours; /* within the grace nobody can tell */
};

/** As a read by id showed a connection. */
struct shown {
	nsec_t at;
	bool gone, renamed, works;
	struct fields fields;
	uint32_t etag;
};

/** An update or a deletion that will reach the server. */
struct change {
	enum engine_request kind;
	uint32_t connection;
	uint32_t etag;              /* it carries; 0: none */
	struct fields fields, left; /* as it will be, and as we had left it … */
	struct updates updates;     /* … or as one of these */
	nsec_t execute_at;          /* NSEC_NEVER: it does not reach the server */
	bool done, executed;
	bool late;                 /* its answer was lost, and came before */
	bool limbo;                /* its sender died while it was out */
	enum engine_answer answer; /* once done */
	uint32_t new_etag;
};

struct create {
	uint32_t identity, scope;
	struct fields fields;
	nsec_t execute_at, visible_at; /* NSEC_NEVER: not executed */
	bool executed;
	bool limbo;          /* its sender died while it was out */
	uint32_t connection; /* once executed */
};

/* ------------------------------------------------------------------ identity */

/** A line of a results file that is in place. */
struct result {
	bool there;
	enum engine_outcome outcome;
	uint32_t id; /* connection + 1, or 0 */
};

struct identity {
	uint32_t sandbox;
	bool filterable, poison;
	/* the CSV of the next run */
	bool in_csv;
	struct fields want;
	/* the truth */
	uint32_t connections; /* first of its name on the server, as index + 1 */
	uint32_t ours, others;
	uint32_t coming; /* creates that will be executed */
	/* what the examiner knows of its past */
	bool open;       /* a create left, and what became of it was never learnt */
	bool meddled;    /* others took the name when they must not */
	bool resent;     /* it left again after a doubt, and was not looked for since */
	bool blind;      /* the last look was at a time when no second one showed */
	bool conflicted; /* a run has named several, or one that differs */
	bool sacrificed; /* sent again to calibrate by it */
	bool owed;       /* `word` is in the ledger, and in no results file yet */
	enum engine_outcome word;
	bool told, told_marked;   /* a results file had it; and the ledger knows */
	bool removed;             /* one that was called ours is deleted, or gone */
	bool touched;             /* others did something to one that the ledger knew */
	struct result last, made; /* what the results say last; and when it was created */
};

/* -------------------------------------------------------------------- ledger */

enum entry_state {
	ENTRY_NONE,
	ENTRY_CLAIMED,
	ENTRY_INTENDED,
	ENTRY_DONE,
	ENTRY_REFUSED,
	ENTRY_DOUBT,
	ENTRY_WITHDRAWN, /* also what was deleted, or found gone: it has `removed` then */
	ENTRY_DELETING,
};

enum hand_out { HAND_MARKED, HAND_DOUBTS, HAND_RESENT, HAND_KINDS };

/** What the ledger has of an identity. */
struct entry {
	enum entry_state state;
	struct fields fields; /* as intended, or as it stands */
	nsec_t intent_at;     /* 0: none that counts */
	enum engine_outcome status;
	uint32_t id; /* connection + 1 */
	uint32_t etag;
	uint32_t removed;       /* the id that it had, until it has another */
	struct updates updates; /* open ones */
	uint32_t outcome_run, seen_run, seen_row;
	bool told, relook;
	uint32_t relook_run;
	uint32_t handed[HAND_KINDS]; /* in that run; not durable */
};

enum op_kind {
	OP_CLAIM,
	OP_INPUT_ENDED, /* not for the ledger: keeps the order behind the claims */
	OP_INTEND,
	OP_INTEND_UPDATE,
	OP_INTEND_DELETE,
	OP_WITHDRAW,
	OP_OUTCOME,
	OP_UNMARK,
	OP_HAND_OUT,
	OP_RECALL_ANY,
	OP_INVENTORY_BEGIN,
	OP_INVENTORY_ITEM,
	OP_INVENTORY_END,
};

struct op {
	enum op_kind kind;
	uint32_t job;
	uint32_t row; /* index, or NO_ROW */
	uint32_t identity;
	uint32_t run, number; /* CLAIM: row number */
	struct fields fields;
	nsec_t at;
	/* OUTCOME */
	enum entry_state standing;
	enum engine_outcome status;
	bool as_now, relook;
	uint32_t id, etag;
	bool existing; /* CLAIM: only of what is there */
	bool intend;   /* CLAIM: of what was never seen, the intent, too; and whether it was */
	/* others */
	enum engine_source source;          /* HAND_OUT */
	uint32_t sandbox, scope;            /* RECALL_ANY; INVENTORY */
	uint32_t connection, count, serial; /* INVENTORY */
	bool listed; /* INTEND, once it was looked at: it is in the inventory, nothing is written;
		      * so it is for an update or a deletion where the ledger keeps no intents of
		      * those */
};

struct ops {
	struct op *ops;
	uint32_t head, count, cap;
};

void ops_push(struct ops *o, struct op op);

/** The ledger over all runs. */
struct disk {
	struct entry *live;  /* what the writer has answered; by identity */
	struct entry *disk;  /* what survives */
	struct ops queue;    /* submitted, not answered */
	struct ops unsynced; /* answered, not yet on disk */
	uint32_t batch;
	bool busy, failed;
	bool complete[SIM_SCOPES_MAX]; /* inventories */
	bool reported[RUNS_MAX + 1];
};

/* --------------------------------------------------------------------- world */

struct world {
	struct identity *identities;
	uint32_t identity_count;
	struct connection *connections;
	uint32_t connection_count, connection_cap;
	struct create *creates;
	uint32_t create_count, create_cap;
	struct change *changes;
	uint32_t change_count, change_cap;
	struct disk disk;
	struct queue queue;
	uint32_t run; /* from 1 */
	bool crashed_before;
};
