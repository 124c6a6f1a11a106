/* settings.h - what is decided before a story begins, and before each of its runs. */
#pragma once

#include "engine/engine.h"

#include "basics.h"

#define SIM_SANDBOXES_MAX 4
#define SIM_SPECS_MAX 3
#define SIM_SCOPES_MAX (SIM_SANDBOXES_MAX * SIM_SPECS_MAX)
#define OUTAGES_MAX 3
#define ACTION_KINDS (ACTION_DONE + 1)

/** What becomes of one request. BEFORE, AFTER, LATE: was a create executed? */
enum fault {
	FAULT_NONE,
	FAULT_NOT_SENT,
	FAULT_BROKEN_BEFORE,
	FAULT_BROKEN_AFTER,
	FAULT_BROKEN_LATE,
	FAULT_TIMEOUT_BEFORE,
	FAULT_TIMEOUT_AFTER,
	FAULT_TIMEOUT_LATE,
	FAULT_THROTTLED,   /* 429 of the gateway */
	FAULT_RETRY_AFTER, /* the same, with a Retry-After */
	FAULT_429_BEFORE,  /* any other 429 */
	FAULT_429_AFTER,
	FAULT_500_BEFORE,
	FAULT_500_AFTER,
	FAULT_500_LATE,
	FAULT_503_RETRY_AFTER,
	FAULT_504_BEFORE,
	FAULT_504_AFTER,
	FAULT_504_LATE,
	FAULT_409_NOTHING,
	FAULT_409_AFTER,
	FAULT_UNREADABLE_BEFORE,
	FAULT_UNREADABLE_AFTER, /* 201 without id */
	FAULT_REJECTED,
	FAULT_RANDOM_COUNT, /* those below come by other rules, or in scenarios */
	FAULT_401 = FAULT_RANDOM_COUNT,
	FAULT_FATAL,
	FAULT_FATAL_SANDBOX,
	FAULT_RESENT_BY_TRANSPORT, /* no veto: it broke, libcurl sent it again, one 201 comes */
	FAULT_COUNT
};

struct outage {
	nsec_t from, until;
	enum fault fault;
};

/** One line of a scenario: what becomes of the next such request of a name. */
struct scripted {
	uint32_t row; /* its identity, from 1; 0: of a listing, an inventory or a calibration */
	enum engine_request request;
	enum fault fault;
	nsec_t retry_after;
	bool used;
};

/** Where the process dies. */
struct crash {
	enum { CRASH_NONE, CRASH_AT_ORDER, CRASH_AT_KIND, CRASH_AT_TIME } how;
	bool before; /* the order is performed, or after it */
	enum engine_action_kind kind;
	uint32_t orders; /* so many (of that kind) are performed before */
	nsec_t at;
};

/** Safeguards switched off, which the engine does not know of. */
struct without {
	bool inventory; /* config.no_inventory, though the names of others are there */
	bool veto;
	bool guard;      /* updates carry no etag */
	bool compare;    /* what the read of an update shows is not compared with how we left it */
	bool update;     /* the ledger keeps no intent of an update */
	bool deletion;   /* … nor of a deletion */
	bool unfinished; /* what a rollback was about to delete is looked for by a run, by name */
};

/** What a run is. */
enum command {
	COMMAND_RUN,
	COMMAND_VERIFY,   /* each row of the results is tested */
	COMMAND_ROLLBACK, /* each that we created is deleted */
};

/** Chances are per mille. */
struct settings {
	struct engine_config config;
	struct without without;
	uint64_t seed;

	/* the story */
	uint32_t runs; /* the last of them is calm */
	/* input */
	uint32_t rows, sandboxes, specs; /* rows: names that it may have */
	uint32_t invalid, duplicate, absent, unfilterable, poison;
	uint32_t edited;  /* chance of each kind of edit between two runs */
	nsec_t row_gap;   /* longest wait for the next row; 0: a file */
	uint32_t bad_row; /* the input goes bad there, or NO_ROW; of one run */
	bool resend_unresolved;
	/* ledger */
	nsec_t commit_min, commit_max;
	/* network and server */
	nsec_t latency_min, latency_max;
	nsec_t timeout;
	uint32_t page_size, noise; /* connections that are none of ours, a scope */
	uint32_t foreign;          /* names that others had taken before the first run */
	uint32_t meddled;          /* names that others take later */
	bool newest_first;
	bool strict;        /* 409 for a name that is there */
	bool no_created_at; /* listings do not say when */
	nsec_t lag;         /* about so long after its execution a listing shows a create */
	bool lag_breaks;    /* … and longer than is promised */
	bool misses[SIM_SANDBOXES_MAX]; /* lookups by name find nothing there */
	uint32_t inventory_shift;       /* a page of an inventory lacks one, or has one twice */
	nsec_t server_clock;            /* ahead of ours; may be negative */
	/* connections that have an id: what others do to them, and the server by itself */
	bool later;       /* there are runs that update, verify or roll back */
	uint32_t touched; /* a run, each: changed, renamed or deleted by others, at any time */
	uint32_t chased;  /* … or just while a request to it is on its way */
	uint32_t moving;  /* its etag moves once, a while after it was created */
	uint32_t in_use, useless; /* … by a dataflow; its login does not work */
	uint32_t busy;            /* of what others do: it is taken into use, or is not any more */
	/* of one run: what it is */
	enum command command;
	bool update, adopted; /* --update, --adopted */
	bool explore;         /* a test has a second question */
	bool old_results;     /* those of the run that created it, however long ago */
	/* of one run: faults */
	uint32_t create_faults, read_faults, fatal, fatal_sandbox, long_retry_after;
	uint32_t weight[FAULT_RANDOM_COUNT];
	struct outage outages[OUTAGES_MAX];
	uint32_t outage_count;
	struct scripted *script;
	uint32_t script_count;
	/* tokens; of one run */
	bool token_given;    /* one is there from the start, and no other is to be had */
	nsec_t token_life;   /* as it is told */
	nsec_t token_untold; /* … and the server ends it so much earlier */
	nsec_t token_delay_min, token_delay;
	nsec_t token_revoked_at; /* all that were issued before are answered by 401 from here on */
	uint32_t token_faults, token_retry_after;
	struct outage token_outages[OUTAGES_MAX]; /* of the token endpoint; .fault means nothing */
	uint32_t token_outage_count;
	uint32_t token_count; /* then the provider refuses */
	uint32_t token_bad;   /* those from this generation on are answered by 401 */
	/* of one run: the operator, the machine, and the loop */
	nsec_t stop_at, abort_at, ledger_fails_at; /* absolute */
	struct crash crash;
	nsec_t gap;  /* before it begins */
	bool calm;   /* nobody interferes: it has to come to a good end */
	nsec_t turn; /* how late a turn of the loop may be */
};

void settings_random(struct settings *ret, uint64_t seed);
/** What a seed decides of connections that have an id; and before each run. */
void settings_later(struct settings *s, struct rng *r);
void settings_later_of_run(struct settings *s, struct rng *r, uint32_t run);
/** What is decided anew for each run, which begins at `start`. */
void settings_of_run(struct settings *s, struct rng *r, uint32_t run, nsec_t start);
/** A calm world for scenarios: 20 ms a request, 1 ms a commit, no faults. */
void settings_calm(struct settings *ret);
