/* core.h - the engine from inside: shared by its files, seen by nobody else. */
#pragma once

#include "engine/backoff.h"
#include "engine/breaker.h"
#include "engine/engine.h"
#include "engine/gcra.h"
#include "engine/halt.h"
#include "engine/heap.h"
#include "engine/job.h"
#include "engine/list.h"
#include "engine/pace.h"
#include "engine/random.h"
#include "engine/window.h"

#define LISTINGS_MAX 8            /* complete listings under way at once */
#define CALIBRATIONS_MAX 8        /* and calibrations */
#define RECALLS_MAX 16            /* READs of a source in the ledger that are out at once */
#define TROUBLES_PER_ATTEMPT 4    /* throttled, unsent and failed looks a row may have */
#define GIVE_UP_AFTER (900 * SEC) /* where the server has answered before */
#define GIVE_UP_AT_START (60 * SEC)

/* The token that requests go with, and how the next one is come by: see token.c. */
struct token {
	uint32_t generation; /* of the newest; 0: none yet */
	bool usable;         /* it may be sent with: not ended, and not refused since it worked */
	bool used;           /* a request has left with it */
	bool proven;         /* a request with it got an answer that it would not get else */
	nsec_t came, ends, renew_at;
	bool fetching;
	bool cut;              /* that FETCH is not needed any more, and its CUT was ordered */
	nsec_t fetch_at;       /* no FETCH leaves before */
	uint32_t failures;     /* FETCHes in a row that brought none: exponent of the backoff */
	nsec_t missing_since;  /* none is usable, though asked for; NSEC_NONE. Stays until one is
	                        * used, later by as long as those that were not were usable */
	uint64_t refused_by;   /* serial of the job refused with a token not proven; 0: none */
	uint64_t refused_when; /* how many requests had left by then */
	bool refused;          /* this generation, at least once */
	uint32_t barren;       /* generations in a row that were refused and never proven */
};

/* Do lookups prove absence? Asked for each sandbox, and apart for lookups by name
 * and by listing: see calibrate.c. */
struct calibration {
	enum {
		CALIBRATION_NONE,
		CALIBRATION_RUNNING, /* `job` looks, or waits for a connection to look for */
		CALIBRATION_BY_ROW,  /* the row `serial` is sent again, and will be looked for */
		CALIBRATION_PROVEN,  /* yes, after `floor` */
		CALIBRATION_FAILED,  /* no */
	} state;
	uint64_t serial;
	bool found;   /* a row of it was found, whatever runs */
	nsec_t floor; /* least settle */
};

enum inventory { INVENTORY_NONE, INVENTORY_RUNNING, INVENTORY_COMPLETE };

struct engine {
	struct engine_config config;
	struct job *jobs; /* rows first, then LISTINGS_MAX listings, then CALIBRATIONS_MAX */
	uint32_t row_slots, job_limit;
	uint32_t *free_rows; /* a stack */
	uint32_t free_count;
	uint32_t count[JOB_STATE_COUNT];
	uint32_t open_rows; /* of the row slots, those that are not told */
	uint32_t rows_out;  /* of these, those whose request is with the shell */
	uint64_t next_serial;

	struct list orders;  /* jobs with orders waiting */
	struct list cleared; /* READY, deletions: read, and as we left it, just now */
	struct list look;    /* TO_LOOK, may be admitted */
	struct list again;   /* READY, tried before */
	struct list fresh;   /* READY, not yet tried */
	struct heap times;   /* WAITING and DOUBTFUL, by due time */

	struct random random;
	struct gcra rate;
	struct pace pace;
	struct window window;
	struct breaker breaker;
	struct halt halt;

	bool started;
	nsec_t started_at;
	enum engine_source source; /* that READ takes from; SOURCE_COUNT: all have ended */
	uint32_t reads_out;
	bool resent_any, resent_begun; /* SOURCE_RESENT has rows; and is being read */
	nsec_t resent_settled;         /* when their last looks are due */
	uint64_t requests;

	nsec_t paused_until;   /* Retry-After: nothing leaves before */
	bool pausing;          /* the window is still that from before the pause */
	nsec_t slowest_create; /* of those that were answered */
	bool answered;         /* the server has given a complete answer, ever */
	nsec_t silent_since; /* first failure without an answer since the last answer; NSEC_NONE */
	nsec_t busy_since;   /* there have been jobs without a break since */

	struct token token;

	uint32_t scope_sandbox[ENGINE_SCOPES_MAX];
	bool sandbox_seen[ENGINE_SCOPES_MAX], sandbox_refused[ENGINE_SCOPES_MAX];
	uint32_t sandboxes_seen, sandboxes_refused;

	unsigned char inventory[ENGINE_SCOPES_MAX]; /* enum inventory */
	uint32_t creates_out[ENGINE_SCOPES_MAX], creates_ever[ENGINE_SCOPES_MAX];
	struct calibration calibration[ENGINE_SCOPES_MAX * 2]; /* see calibration_of() */
	uint32_t awaiting;                                     /* jobs that await a calibration */
	uint32_t unproven; /* sandboxes with a calibration that failed */

	bool ending, ledger_failed, halt_reached, told_done;
	enum engine_end end;
	nsec_t resume_at; /* END_RETRY_AFTER */
};

/* engine.c: the only writer of a job's state, and the way to done. */

void job_move(struct engine *e, nsec_t now, struct job *j, enum job_event event);

/** Move to WAITING or DOUBTFUL until `due`. */
void job_wait(struct engine *e, nsec_t now, struct job *j, enum job_event event, nsec_t due);

/** Decide a row: move it to done, count it, and order what is to be written. */
void job_decide(struct engine *e, nsec_t now, struct job *j, enum job_event event,
	enum engine_outcome outcome, enum engine_cause cause);

void order_add(struct engine *e, struct job *j, enum job_order order);

static inline uint32_t job_number(const struct engine *e, const struct job *j)
{
	return (uint32_t)(j - e->jobs);
}

static inline uint32_t in_flight(const struct engine *e)
{
	return e->count[JOB_IN_FLIGHT] + e->count[JOB_LOOKING] + e->token.fetching;
}

static inline uint32_t open_jobs(const struct engine *e)
{
	return e->job_limit - e->count[JOB_TOLD];
}

/** Does it stand for a row, in whatever way? Else it has no outcome. */
static inline bool is_row(const struct job *j)
{
	return j->kind <= JOB_KIND_RELOOK;
}

/** Make a job of a free slot above the rows'. */
void job_begin(struct engine *e, struct job *j, enum job_kind kind, uint32_t scope);

/* claim.c: rows come in */

void claim_row(struct engine *e, nsec_t now, const struct engine_event *ev);
void claim_source_ended(struct engine *e, nsec_t now, bool fatal);
/** Order the first intent of a row: its scope is listed, or it is to be updated. */
void claim_intend(struct engine *e, nsec_t now, struct job *j);
/** It is absent: order an intent for it as it is now, and send it once that is durable. */
void claim_intend_anew(struct engine *e, nsec_t now, struct job *j);
void claim_intent_durable(struct engine *e, nsec_t now, struct job *j);
/** The inventory has its name: no intent was written, and none is needed. */
void claim_listed(struct engine *e, nsec_t now, struct job *j, enum engine_outcome known);
/** The next READ, if a row may come in now. */
bool claim_read(struct engine *e, struct engine_action *ret);

/* inventory.c */

/** Its first page leaves: from here on creates of its scope change what it counts. */
void inventory_begin(struct engine *e, struct job *l);
/** Is `scope` listed, so that its unseen rows may be intended? If not, see to it. */
bool inventory_ready(struct engine *e, nsec_t now, uint32_t scope);
void inventory_complete(struct engine *e, nsec_t now, struct job *l);
void inventory_trouble(struct engine *e, nsec_t now, struct job *l, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open);

/* calibrate.c */

/** Row `j` was created: look for it, if nothing is known of its sandbox's lookups. */
void calibrate_created(struct engine *e, nsec_t now, struct job *j);
/** A lookup of row `j` has found something: so they do find. */
void calibrate_found(struct engine *e, nsec_t now, const struct job *j);
/** Row `j` is decided, by whatever: others may have waited for it. */
void calibrate_decided(struct engine *e, nsec_t now, const struct job *j);
/** May the absence of `j`, which was looked for after its settle, be believed? If
 * not, it is put off, or decided. */
bool calibrate_proves(struct engine *e, nsec_t now, struct job *j);
/** Least settle of this row, as far as is known. */
nsec_t calibrate_floor(const struct engine *e, const struct job *j);
/** Is `j` the row that is sent without proof? */
bool calibrate_by(struct engine *e, const struct job *j);
/** Is `j`, whose intent for being sent without proof is durable now, not to be sent after all? */
bool calibrate_keeps_back(struct engine *e, nsec_t now, struct job *j);
void calibrate_recalled(struct engine *e, nsec_t now, const struct engine_event *ev);
void calibrate_finding(struct engine *e, nsec_t now, struct job *c, bool found);
void calibrate_trouble(
	struct engine *e, nsec_t now, struct job *c, nsec_t retry_after, bool breaker_was_open);
/** Nobody awaits it any more: forget the wait of this job. */
void calibrate_forget(struct engine *e, struct job *j);
/** Nothing but calibrations is open, or all that is open waits for one that cannot be. */
void calibrate_end(struct engine *e, nsec_t now);

/* answer.c */

bool answer_is_complete(enum engine_answer a);
void answer_handle(
	struct engine *e, nsec_t now, struct job *j, enum engine_answer answer, nsec_t retry_after);

/** What came back for one job, and how things stood before it did. */
struct reply {
	enum engine_answer answer;
	nsec_t retry_after; /* NSEC_NONE when there was none, or none that counts */
	bool breaker_was_open;
};

/** Refused for now, so not executed, or nothing is lost: again after a backoff, unless this
 * goes on for ever. */
void answer_throttled(struct engine *e, nsec_t now, struct job *j, const struct reply *r);
/** Does it ask to wait longer than its row can, where no run ends for that? */
bool answer_is_too_long(const struct engine *e, const struct reply *r);
/** One attempt less, unless an open breaker is to blame. */
void answer_spend(struct job *j, const struct reply *r);

/* update.c, test.c, delete.c: rows whose connection has an id. Each decides what the answers
 * mean that only its own request can have, and a finding: what a read by id says, which is
 * SAME, MOVED, CONFLICT or GONE. */

void update_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer);
void update_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding);
void test_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer);
/** It may have been asked, and no answer was had: ask again. */
void test_unanswered(struct engine *e, nsec_t now, struct job *j, const struct reply *r);
void delete_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer);
void delete_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding);
/** Was it read so long ago that it is to be read once more before it leaves? */
bool delete_is_late(nsec_t now, const struct job *j);
/** Its read is too long ago: read it again. */
void delete_read_again(struct engine *e, nsec_t now, struct job *j);

/* look.c: lookups and listings */

void look_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open);
void look_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding);
/** A row whose name no filter may carry came to TO_LOOK: begin a listing, unless one is under way
 * in its scope or there is no place; the end of a listing asks again. */
void look_want_listing(struct engine *e, nsec_t now, uint32_t scope);
/** The first page of listing `l` leaves, perhaps anew: the rows that wait for it share it from here. */
void look_share(struct engine *e, nsec_t now, struct job *l);
/** Does it ask the server itself, or share a listing that others share too? */
bool look_is_own(const struct job *j);
/** A free slot for a listing, or NULL. */
struct job *look_free_listing(struct engine *e);
/** When the absence of this row is settled. */
nsec_t look_settled_at(const struct engine *e, const struct job *j);
/** A listing is told: rows that had no part in it, or no place for theirs, ask again. */
void look_listing_gone(struct engine *e, nsec_t now);

/** Has it had too many troubles? */
bool job_troubled(const struct engine *e, const struct job *j);
/** One more trouble of this row. @return true when there were too many */
bool job_trouble(struct engine *e, struct job *j, bool breaker_was_open);
/** The later of a backoff and what the server asked for. */
nsec_t job_backoff(struct engine *e, nsec_t now, nsec_t base, uint32_t n, nsec_t retry_after);

/* token.c */

/** A request of `j` was refused with its token; `event` moves it to WAITING or DOUBTFUL. */
void token_refused(struct engine *e, nsec_t now, struct job *j, enum job_event event);
void token_init(struct token *t);
void token_fresh(struct engine *e, nsec_t now, nsec_t life);
void token_failed(struct engine *e, nsec_t now, nsec_t retry_after);
/** None is to be had, ever. */
void token_denied(struct engine *e, nsec_t now);
/** Time has passed: is it still usable? */
void token_age(struct engine *e, nsec_t now);
/** When a FETCH is due, if it has room; NSEC_NEVER: when something happens first. */
nsec_t token_fetch_at(const struct engine *e);
/** It leaves now. */
void token_fetch(struct engine *e, nsec_t now, struct engine_action *ret);
/** A request leaves with it. */
void token_used(struct engine *e, nsec_t now);
/** When token_age() or token_give_up() has something to do; NSEC_NEVER: no need. */
nsec_t token_deadline(const struct engine *e);
/** Has none been to be had for too long? Then the run ends. */
void token_give_up(struct engine *e, nsec_t now);

/* admit.c */

/** The next request that may leave now, as an order. */
bool admit(struct engine *e, nsec_t now, struct engine_action *ret);
/** When admit() may say yes if nothing happens; NSEC_NEVER when only an event helps. */
nsec_t admit_at(const struct engine *e);

/* ending.c */

void ending_begin(struct engine *e, nsec_t now, enum engine_end end, bool cut);
/** Close one job if the run is ending or its sandbox was refused. */
void ending_close_job(struct engine *e, nsec_t now, struct job *j);
void ending_refuse_sandbox(struct engine *e, nsec_t now, uint32_t sandbox);
/** When the engine gives up on a silent server; NSEC_NEVER when it is not silent. */
nsec_t ending_give_up_at(const struct engine *e);
/** How long that takes; @param answered  by whoever is silent now, ever */
nsec_t ending_patience(const struct engine *e, bool answered);
