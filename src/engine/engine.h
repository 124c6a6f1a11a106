/* engine.h - decides everything, touches nothing.
 *
 * The engine is told facts and asked for orders, as a protocol library is fed
 * bytes. No socket, clock, file, thread or random source is behind it: time is
 * an argument, randomness a seed. Names, passwords and etags stay with the
 * caller (the shell) under the job number; nothing here is a string.
 *
 *     engine_handle(e, now, &event);          a fact; copies what it needs
 *     while (engine_next(e, now, &action))    an order; do it, report back later
 *             perform(&action);
 *     arm_timer(engine_deadline(e));          a question, so it is never stale
 *
 * The same config (with its seed), events and times give the same actions.
 * All memory is taken by engine_create(); later calls cannot fail. An event
 * that cannot happen asserts, in release builds too. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct engine;

#define ENGINE_SCOPES_MAX 1024
#define ENGINE_NO_JOB UINT32_MAX

/* ------------------------------------------------------------------ facts */

enum engine_event_kind {
	EVENT_ROW,            /* answer to ACTION_READ: a row was read and claimed */
	EVENT_SOURCE_ENDED,   /* the source has no more rows; comes after the EVENT_ROW of every row
	                        * that was read from it, and voids the READ orders still out */
	EVENT_INTENT_DURABLE, /* answer to ACTION_WRITE_INTENT */
	EVENT_LISTED, /* the other answer: no intent was written, the inventory has its name:
	                        * row.known is what that makes of it, ADOPTED or CONFLICT */
	EVENT_OUTCOME_DURABLE, /* answer to ACTION_WRITE_OUTCOME and ACTION_WRITE_WITHDRAWAL */
	EVENT_ANSWER,          /* answer to ACTION_SEND: exactly one, also after a CUT */
	EVENT_SHARED_FINDING,  /* what a complete listing says of one row that shares it; comes for
	                        * each of them (ask engine_shares() again before each, an event
	                        * may close others), before the listing's own ANSWER_LISTED */
	EVENT_RECALLED,        /* answer to ACTION_RECALL */
	EVENT_LEDGER_FAILED,   /* nothing more is sent, written or told */
	EVENT_TOKEN_FRESH,     /* a token of the next generation is there: answer to ACTION_FETCH,
	                        * or before the first one, of a token that was given */
	EVENT_TOKEN_FAILED,    /* answer to ACTION_FETCH: none this time (no answer, 429, 5xx,
	                        * unreadable); it is asked for again */
	EVENT_TOKEN_REFUSED,   /* answer to ACTION_FETCH: none is to be had, ever */
	EVENT_STOP,            /* admit no more, let what is in flight finish */
	EVENT_ABORT,           /* cut what is in flight, too */
};

/** Where READ takes rows from: one after the other, in this order. */
enum engine_source {
	SOURCE_MARKS,  /* the ledger: rows that an earlier run re-sent after a doubt */
	SOURCE_INPUT,  /* the CSV */
	SOURCE_DOUBTS, /* the ledger: rows in doubt that this run's input did not name */
	SOURCE_RESENT, /* the ledger: rows that this run re-sent; when no other is open */
	SOURCE_COUNT
};

/** What the claim said of a row. */
enum engine_claim {
	CLAIM_FRESH,     /* intend it, once its scope is listed; then create it */
	CLAIM_OPEN,      /* an earlier run left it in doubt: since the start of this one */
	CLAIM_ENDED,     /* an earlier run ended it without an id: look, intend it anew, create it;
	                   * `known` is its outcome should this run end before that */
	CLAIM_KNOWN,     /* decided earlier or elsewhere: `known` is its outcome */
	CLAIM_DUPLICATE, /* an earlier row has its name: invalid */
	CLAIM_INVALID,   /* the row itself is bad */
	CLAIM_GONE,      /* SOURCE_DOUBTS: as OPEN, only to be settled: never sent, and no line */
	CLAIM_RELOOK,    /* SOURCE_MARKS, SOURCE_RESENT: look once more: several are a CONFLICT, and
	                   * all else keeps what it was told; no line but for a conflict */
	/* These have an id; `known` is the outcome (CAUSE_ENDED) of each should the run end
	 * before it is decided and none of its requests is in doubt. None of them waits for an
	 * inventory, and none is looked for by name. UPDATED, DELETED and GONE (of a deletion) are
	 * written to the ledger, no other outcome is; but the intent of an update or a deletion that
	 * came to nothing is withdrawn. */
	CLAIM_UPDATE,      /* the row differs from what was sent: update it */
	CLAIM_UPDATE_OPEN, /* the same, and an earlier one, with the same fields or others, may have
	                    * been executed: its intent stands, whatever becomes of this one */
	CLAIM_TEST,        /* ask whether it works; nothing is changed, so no intent is written */
	CLAIM_DELETE,      /* read it, and delete it if it is as we left it */
	CLAIM_DELETE_OPEN, /* the same, and an earlier run was about to: its intent stands */
};

/** What came of a request. Those marked C count as complete answers. */
enum engine_answer {
	ANSWER_CREATED,            /* C 201 with an id */
	ANSWER_DOUBTFUL,           /* C complete, yet unreadable */
	ANSWER_NOT_SENT,           /*   never began to leave: not executed */
	ANSWER_BROKEN,             /*   began to leave, no complete answer */
	ANSWER_TIMEOUT,            /*   same, by time-out: the server may still be working */
	ANSWER_THROTTLED,          /* C not executed */
	ANSWER_THROTTLED_DOUBTFUL, /* C perhaps executed */
	ANSWER_OVERLOAD,           /* C 500, 502, 503 */
	ANSWER_OVERLOAD_TIMEOUT,   /* C 408, 504: the server may still be working */
	ANSWER_CLASH,              /* C 409 */
	ANSWER_TOKEN,              /* C 401 */
	ANSWER_FATAL,              /* C every row would fail alike */
	ANSWER_FATAL_SANDBOX,      /* C every row of its sandbox would fail alike */
	ANSWER_REJECTED,           /* C this row is refused */
	ANSWER_UPDATED,            /* C the update was executed */
	ANSWER_STALE,              /* C not executed: it is not as it was when its etag was taken */
	ANSWER_PASSED,             /* C the test says that it works */
	ANSWER_FAILED,             /* C the test says that it does not */
	ANSWER_DELETED,            /* C */
	ANSWER_GONE,               /* C it is not there (also to a read) */
	ANSWER_IN_USE,             /* C not deleted: something of the server's needs it */
	/* lookups (a lookup or listing that answers with one of the above, other
	 * than TOKEN, FATAL and FATAL_SANDBOX, is in trouble: it proved nothing) */
	ANSWER_FOUND_CREATED, /* C one hit, ours */
	ANSWER_FOUND_ADOPTED, /* C one hit, not surely ours */
	ANSWER_CONFLICT,      /* C one hit that differs, or several; a read: someone changed it */
	ANSWER_ABSENT,        /* C read to its end, no hit */
	ANSWER_MORE,          /* C the search has a further page (or count) to ask for; a test: a
	                       * further question */
	ANSWER_LISTED,        /* C a listing is complete; its findings were told */
	/* reads of one connection by its id */
	ANSWER_SAME,  /* C its etag is the one that we know: nothing was executed since */
	ANSWER_MOVED, /* C another etag, which the shell has taken, and all that shows is as we left
	               * it or as we want it */
	ANSWER_COUNT
};

enum engine_outcome {
	OUTCOME_CREATED,
	OUTCOME_ADOPTED,
	OUTCOME_UPDATED,
	OUTCOME_UNCHANGED,
	OUTCOME_CHANGED,
	OUTCOME_FAILED,
	OUTCOME_CONFLICT,
	OUTCOME_UNRESOLVED,
	OUTCOME_INVALID,
	OUTCOME_SKIPPED,
	OUTCOME_OK, /* from here on: of a test or a deletion */
	OUTCOME_GONE,
	OUTCOME_DELETED,
	OUTCOME_IN_USE,
	OUTCOME_KEPT,
	OUTCOME_COUNT
};

/** Why a row has its outcome: which words the shell takes. */
enum engine_cause {
	CAUSE_ANSWER,   /* what the answer to its last create, update, test or deletion said */
	CAUSE_LOOKUP,   /* what the lookup found, or the read */
	CAUSE_CLAIM,    /* what the claim said */
	CAUSE_ATTEMPTS, /* --attempts creates, each without a definite answer, then proven absent;
	                 * or so many updates (but for the first that came too late for its etag),
	                 * tests or deletions. CONFLICT: the last update came too late, and none
	                 * was in doubt */
	CAUSE_TROUBLE,  /* too many throttled, unsent or failed tries */
	CAUSE_SANDBOX,  /* its sandbox is refused as a whole */
	CAUSE_ENDED,    /* the run ended before it was decided: see engine_end */
	CAUSE_UNPROVEN, /* lookups prove nothing on this server, so it is not sent again */
};

struct engine_event {
	enum engine_event_kind kind;
	uint32_t job; /* ROW, INTENT_DURABLE, OUTCOME_DURABLE, ANSWER, SHARED_FINDING */
	union {
		struct {
			enum engine_claim claim;
			enum engine_outcome known; /* CLAIM_KNOWN, CLAIM_ENDED, EVENT_LISTED */
			uint32_t scope;      /* (sandbox, connectionSpec), < ENGINE_SCOPES_MAX */
			uint32_t look_scope; /* OPEN, GONE, RELOOK: that of the recorded intent */
			uint32_t sandbox;    /* < ENGINE_SCOPES_MAX */
			bool filterable;     /* its name may stand in a lookup's filter */
			bool intended; /* FRESH: its intent is durable already, see engine_intends() */
		} row;
		struct {
			enum engine_answer answer; /* SHARED_FINDING: FOUND_*, CONFLICT or ABSENT */
			nsec_t retry_after;        /* NSEC_NONE when there was none */
		} answer;
		struct {
			nsec_t life;        /* FRESH: from now; NSEC_NEVER: no end is known */
			nsec_t retry_after; /* FAILED: NSEC_NONE when there was none */
		} token;
		struct {
			bool fatal; /* the input went bad here: stop sending, tell the rows so far */
		} source_ended;
		struct {
			bool found;
			uint32_t scope;  /* of the connection that was found */
			bool filterable; /* so is its name */
		} recalled;
	};
};

/* ----------------------------------------------------------------- orders */

enum engine_action_kind {
	ACTION_READ, /* take the next row of `source` as job J → EVENT_ROW or SOURCE_ENDED */
	ACTION_WRITE_INTENT, /* make the intent of J, to create it or (CLAIM_UPDATE, CLAIM_DELETE) to
	                          * update or delete it, durable → EVENT_INTENT_DURABLE */
	ACTION_WRITE_WITHDRAWAL, /* take it back: never executed → EVENT_OUTCOME_DURABLE */
	ACTION_WRITE_OUTCOME, /* make the outcome of J durable → EVENT_OUTCOME_DURABLE. Of a RELOOK:
	                          * CONFLICT is its new outcome, UNCHANGED takes the mark off */
	ACTION_SEND,          /* send `request` of J → EVENT_ANSWER */
	ACTION_CUT, /* cut the request of J → its EVENT_ANSWER as usual. ENGINE_NO_JOB: cut the
	             * FETCH → its EVENT_TOKEN_*, any of them */
	ACTION_FETCH, /* get a token → EVENT_TOKEN_*; one at a time, a second apart at least, and only
	               * while rows wait to be sent: at 85 to 95 % of the life of the last, or
	               * when that is refused */
	ACTION_EMIT,   /* write the line of J, if it has one; its slot is free once this returns */
	ACTION_COPY,   /* keep name, scope and id of row `from`, which was created, as job J's: its
	                * lookups ask whether this id is listed yet */
	ACTION_RECALL, /* find a connection of `sandbox` whose name and id the ledger knows, as
	                * job J, whose lookups ask the same → EVENT_RECALLED */
	ACTION_DONE,   /* the run has ended; nothing follows */
};

enum engine_request {
	REQUEST_CREATE,
	REQUEST_LOOKUP,    /* first = start the search anew, else its next page or count */
	REQUEST_LIST,      /* J is a listing job of `scope`: same */
	REQUEST_INVENTORY, /* same, with a count at its end in any case; what it finds goes into the
	                    * ledger. LISTED: it is there, complete. DOUBTFUL: the count differs */
	REQUEST_UPDATE,    /* guarded by the etag that we know */
	REQUEST_TEST,      /* `first`; else the further question that MORE has promised */
	REQUEST_DELETE,    /* the API has no guard for it */
	REQUEST_READ,      /* by id: SAME, MOVED, CONFLICT or GONE */
};

/** How the run ended. */
enum engine_end {
	END_COMPLETE,
	END_STOPPED, /* EVENT_STOP */
	END_ABORTED, /* EVENT_ABORT */
	END_HALT_RULE,
	END_BREAKER,      /* open, or no answer at all, for give_up_after */
	END_RETRY_AFTER,  /* asked to wait longer than max_retry_after: `resume_after` */
	END_FATAL,        /* an answer that every row would get */
	END_TOKEN,        /* no token is to be had, or fresh ones are refused */
	END_TOKEN_OUTAGE, /* none was to be had for give_up_after, though asked for */
	END_SANDBOXES,    /* every sandbox of the run was refused */
	END_LEDGER,       /* EVENT_LEDGER_FAILED */
	END_INPUT,        /* the input went bad in mid-run */
	END_INVENTORY,    /* a scope with unseen rows could not be listed */
};

struct engine_action {
	enum engine_action_kind kind;
	uint32_t job;
	union {
		struct {
			enum engine_source source;
		} read;
		struct {
			uint32_t from;
		} copy;
		struct {
			uint32_t sandbox;
		} recall;
		struct {
			enum engine_request request;
			bool first;
			uint32_t scope;
			uint32_t generation; /* of the token to send with, from 1 */
		} send;
		struct {
			enum engine_outcome outcome;
			enum engine_cause cause;
			enum engine_end end; /* CAUSE_ENDED: how the run is ending */
			uint32_t attempts;   /* creates (updates, tests, deletions) that began
			                      * to leave; a test is one with all its questions */
			uint32_t sandbox;    /* CAUSE_SANDBOX: which was refused */
			bool relook; /* it was sent again after a doubt: mark it for a last look */
		} row;               /* WRITE_OUTCOME and EMIT: the same values in both */
		struct {
			enum engine_end end;
			nsec_t resume_after; /* END_RETRY_AFTER: asked wait, from now */
			uint64_t failed;     /* rows that the halt rule counted */
		} done;
	};
};

/* ----------------------------------------------------------------- config */

enum halt_mode { HALT_NEVER, HALT_SOON, HALT_NOW };

/** The life of a job, as the trace sees it; the table stands in job.c. */
enum job_state {
	JOB_TOLD, /* told, or never used: the slot is free */
	JOB_PENDING,
	JOB_READY,
	JOB_IN_FLIGHT,
	JOB_WAITING,
	JOB_DOUBTFUL,
	JOB_TO_LOOK,
	JOB_LOOKING,
	JOB_DONE,
	JOB_STATE_COUNT
};

enum job_event {
	EV_CLAIMED, /* told → pending: a row took the slot */
	EV_LISTING, /* told → to_look: a listing took the slot */
	EV_DURABLE,
	EV_PLAIN,
	EV_KNOWN,
	EV_OPEN,
	EV_LOOK,
	EV_ADMITTED,
	EV_ANSWERED,
	EV_SPENT,
	EV_RETRY,
	EV_REFUSED_TOKEN,
	EV_DOUBT,
	EV_DUE,
	EV_FOUND,
	EV_SEVERAL,
	EV_ABSENT,
	EV_UNSETTLED,
	EV_TROUBLE,
	EV_MORE,
	EV_CLEARED,
	EV_CLOSED,
	EV_RECORDED,
	EV_COUNT
};

typedef void (*engine_trace_cb)(void *arg, nsec_t now, uint32_t job, enum job_state from,
	enum job_event event, enum job_state to);

struct engine_config {
	uint32_t concurrency; /* most requests in flight, ≥ 1 */
	nsec_t rate_interval; /* what one request costs: 1 s / rate; 0: no rate */
	uint32_t burst;       /* requests; 0: what 10 ms of the rate holds, at least 2 */
	uint32_t attempts;    /* creates a row, ≥ 1; of updates one more, see CAUSE_ATTEMPTS */
	nsec_t settle;
	nsec_t settle_timeout;
	nsec_t max_retry_after;
	nsec_t give_up_after; /* NSEC_NONE: 15 min, or 1 min where the server never answered, or
	                       * gave no token yet */
	enum halt_mode halt_mode;
	uint64_t halt_fails; /* count, or per cent of finished rows from the 100th on */
	bool halt_percent;
	bool no_inventory; /* rows that the ledger has never seen need no listing of their scope */
	bool input_only;   /* the input is the only source of rows */
	bool independent;  /* each row asks a server of its own: no answer says anything of others
	                    * (window, breaker, pause, silence, TOKEN, FATAL), and nothing is
	                    * given up; a Retry-After over max_retry_after ends the row */
	uint64_t seed;
	engine_trace_cb trace; /* may be NULL */
	void *trace_arg;
	/* Test only: what the simulator switches off to see that it notices. */
	struct {
		bool no_intent;      /* nothing waits until its intent is durable */
		bool no_lookup;      /* a doubt is sent again at once */
		bool no_second_look; /* after the settle no further look is asked for */
		bool no_settle;      /* absence needs no settle */
		bool no_calibration; /* lookups are believed before one was seen to work */
		bool no_gone;        /* doubts that the input does not name are left alone */
		bool no_guard;       /* what somebody else has changed is deleted all the same */
	} unsafe;
};

#define ENGINE_CONFIG_DEFAULT                                                                      \
	{                                                                                          \
		.concurrency = 16, .attempts = 5, .settle = 5 * SEC, .settle_timeout = 30 * SEC,   \
		.max_retry_after = 900 * SEC, .give_up_after = NSEC_NONE                           \
	}

/** @return NULL without memory (or with a config out of its limits: asserts) */
struct engine *engine_create(const struct engine_config *c);
void engine_destroy(struct engine *e); /* fine on NULL */

/** Job numbers are below this: max(1024, 4 × concurrency) rows, and some listings and
 * calibrations. */
uint32_t engine_job_limit(const struct engine *e);

/** Tell a fact. `now` is monotonic, never earlier than in any call before. */
void engine_handle(struct engine *e, nsec_t now, const struct engine_event *event);

/** The next order, false when there is none now. Poll until it says so. */
bool engine_next(struct engine *e, nsec_t now, struct engine_action *ret);

/** When to poll engine_next() again if nothing happens; NSEC_NEVER: no need. */
nsec_t engine_deadline(const struct engine *e);

/**
 * Would a fresh row of this scope be intended at once? Then its claim may write the intent,
 * too, and EVENT_ROW says so once it is durable: one order less, and one write.
 */
bool engine_intends(const struct engine *e, uint32_t scope);

/** Does this row wait for that listing, so that its pages are compared with it? */
bool engine_shares(const struct engine *e, uint32_t job, uint32_t listing);

/** For progress, traces and the simulator's invariants. */
struct engine_stats {
	uint32_t in_flight; /* requests of all kinds */
	uint32_t window;    /* most that may be, now */
	uint32_t open_jobs; /* jobs that are not told */
	uint64_t requests;  /* ever ordered: SEND and FETCH */
	uint64_t finished, failed;
	nsec_t paused_until; /* Retry-After; in the past when not paused */
	nsec_t paced_until;  /* the next one leaves then, by what was learnt from 429s; the same */
	uint32_t unproven;   /* sandboxes whose lookups were found to prove nothing */
	bool breaker_open;
	bool ending;
};
struct engine_stats engine_stats(const struct engine *e);

enum job_state engine_job_state(const struct engine *e, uint32_t job);

const char *job_state_name(enum job_state s);
const char *job_event_name(enum job_event e);
const char *engine_answer_name(enum engine_answer a);
const char *engine_outcome_name(enum engine_outcome o);
const char *engine_action_name(enum engine_action_kind k);
const char *engine_end_name(enum engine_end e);
