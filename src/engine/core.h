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
#include "engine/random.h"
#include "engine/window.h"

#define LISTINGS_MAX 8            /* complete listings under way at once */
#define TROUBLES_PER_ATTEMPT 4    /* throttled, unsent and failed looks a row may have */
#define GIVE_UP_AFTER (900 * SEC) /* where the server has answered before */
#define GIVE_UP_AT_START (60 * SEC)

struct engine {
	struct engine_config config;
	struct job *jobs; /* rows first, then LISTINGS_MAX listings */
	uint32_t row_slots, job_limit;
	uint32_t *free_rows; /* a stack */
	uint32_t free_count;
	uint32_t count[JOB_STATE_COUNT];
	uint64_t next_serial;

	struct list orders; /* jobs with orders waiting */
	struct list look;   /* TO_LOOK, may be admitted */
	struct list again;  /* READY, tried before */
	struct list fresh;  /* READY, not yet tried */
	struct heap times;  /* WAITING and DOUBTFUL, by due time */

	struct random random;
	struct gcra rate;
	struct window window;
	struct breaker breaker;
	struct halt halt;

	bool started;
	nsec_t started_at;
	bool input_open;
	uint64_t requests;

	nsec_t paused_until;   /* Retry-After: nothing leaves before */
	bool pausing;          /* the window is still that from before the pause */
	nsec_t slowest_create; /* of those that were answered */
	bool answered;         /* the server has given a complete answer, ever */
	nsec_t silent_since; /* first failure without an answer since the last answer; NSEC_NONE */
	nsec_t busy_since;   /* there have been jobs without a break since */

	uint32_t generation; /* of the newest token; 0: none yet */
	bool token_usable, token_proven, fetching;
	uint64_t refused_by;       /* serial of the job refused with a fresh token; 0: none */
	uint64_t refused_requests; /* how many requests had left by then */

	uint32_t scope_sandbox[ENGINE_SCOPES_MAX];
	bool sandbox_seen[ENGINE_SCOPES_MAX], sandbox_refused[ENGINE_SCOPES_MAX];
	uint32_t sandboxes_seen, sandboxes_refused;

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
	return e->count[JOB_IN_FLIGHT] + e->count[JOB_LOOKING] + e->fetching;
}

static inline uint32_t open_jobs(const struct engine *e)
{
	return e->job_limit - e->count[JOB_TOLD];
}

/* answer.c */

void answer_handle(
	struct engine *e, nsec_t now, struct job *j, enum engine_answer answer, nsec_t retry_after);

/* look.c: lookups and listings */

void look_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open);
void look_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding);
/** A row whose name no filter may carry came to TO_LOOK: begin a listing, unless one is under way
 * in its scope or there is no place; the end of a listing asks again. */
void look_want_listing(struct engine *e, nsec_t now, uint32_t scope);
/** The first page of listing `l` leaves, perhaps anew: the rows that wait for it share it from here. */
void look_share(struct engine *e, nsec_t now, struct job *l);
/** A listing is told: rows that had no part in it, or no place for theirs, ask again. */
void look_listing_gone(struct engine *e, nsec_t now);

/** One more trouble of this row. @return true when there were too many */
bool job_trouble(struct engine *e, struct job *j, bool breaker_was_open);
/** The later of a backoff and what the server asked for. */
nsec_t job_backoff(struct engine *e, nsec_t now, nsec_t base, uint32_t n, nsec_t retry_after);

/* token.c */

/** A request of `j` was refused with its token; `event` moves it to WAITING or DOUBTFUL. */
void token_refused(struct engine *e, nsec_t now, struct job *j, enum job_event event);
void token_fresh(struct engine *e, nsec_t now);
bool token_wanted(const struct engine *e);

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
