/* sim.h - the engine in a simulated world.
 *
 * One seed makes one run: rows, ledger, server, network, tokens and the hand on
 * ctrl-C are all simulated around the real engine, on a virtual clock. Nothing
 * here reads a real clock or a foreign random source, so a seed replays byte
 * for byte. After every call of the engine the checks look at what it ordered,
 * with the truth at hand that the engine never sees: what the server did.
 *
 * Moments are absolute (the run begins at SIM_START); traces tell them from
 * there on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/time.h"
#include "engine/engine.h"

/* Not 0: a monotonic clock rarely is, and a forgotten field always is. */
#define SIM_START (1000 * SEC)
#define SIM_SANDBOXES_MAX 8
#define NO_ROW UINT32_MAX
#define NO_CREATE UINT32_MAX

/* ------------------------------------------------------------------ random */

struct rng {
	uint64_t state; /* SplitMix64 */
};

uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);
bool rng_chance(struct rng *r, uint32_t per_mille);
nsec_t rng_between(struct rng *r, nsec_t lo, nsec_t hi);
/** Spread over the magnitudes: as likely between 1 and 10 ms as 10 and 100 ms. */
nsec_t rng_magnitude(struct rng *r, nsec_t lo, nsec_t hi);

/* ------------------------------------------------------------ events to come */

enum world_event_kind {
	WORLD_INPUT,   /* a slow input has the next row */
	WORLD_COMMIT,  /* the ledger has made a batch durable */
	WORLD_EXECUTE, /* the server executes a create */
	WORLD_READ,    /* the server reads a page */
	WORLD_ANSWER,  /* an answer reaches the shell */
	WORLD_TOKEN,   /* so does one of the token endpoint */
	WORLD_STOP,
	WORLD_ABORT,
	WORLD_LEDGER_FAILS,
};

struct world_event {
	nsec_t at;
	uint64_t order; /* first come, first served within one moment */
	enum world_event_kind kind;
	uint32_t job;    /* ANSWER, READ */
	uint32_t number; /* ANSWER, READ: the request's serial; EXECUTE: the create */
};

struct queue {
	struct world_event *heap;
	uint32_t count, cap;
	uint64_t order;
};

void queue_push(struct queue *q, struct world_event e);
bool queue_pop(struct queue *q, nsec_t until, struct world_event *ret);
nsec_t queue_next(const struct queue *q);

/* ------------------------------------------------------------------- faults */

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
	FAULT_COUNT
};

struct outage {
	nsec_t from, until;
	enum fault fault;
};

/** One line of a scenario: what becomes of the next such request of a row. */
struct scripted {
	uint32_t row; /* from 1; 0: of a listing */
	enum engine_request request;
	enum fault fault;
	nsec_t retry_after;
	bool used;
};

/* ----------------------------------------------------------------- settings */

#define OUTAGES_MAX 3

/** All that is decided before a run begins. Chances are per mille. */
struct settings {
	struct engine_config config;
	uint64_t seed;
	/* input */
	uint32_t rows, sandboxes, specs;
	uint32_t invalid, duplicate, known, open, unfilterable, poison, foreign;
	nsec_t row_gap;   /* longest wait for the next row; 0: a file */
	uint32_t bad_row; /* the input goes bad there, or NO_ROW */
	/* ledger */
	nsec_t commit_min, commit_max;
	/* network and server */
	nsec_t latency_min, latency_max;
	nsec_t timeout;
	uint32_t page_size, noise; /* connections that are none of ours, a scope */
	bool newest_first;
	bool strict; /* 409 for a name that is there */
	uint32_t create_faults, read_faults, fatal, fatal_sandbox, long_retry_after;
	uint32_t weight[FAULT_RANDOM_COUNT];
	struct outage outages[OUTAGES_MAX];
	uint32_t outage_count;
	struct scripted *script;
	uint32_t script_count;
	/* tokens */
	nsec_t token_life, token_delay_min, token_delay;
	uint32_t token_count; /* then the provider refuses */
	uint32_t token_bad;   /* those from this generation on are answered by 401 */
	/* the operator, and the loop */
	nsec_t stop_at, abort_at, ledger_fails_at;
	nsec_t turn; /* how late a turn of the loop may be */
};

void settings_random(struct settings *ret, uint64_t seed);
/** A calm world for scenarios: 20 ms a request, 1 ms a commit, no faults. */
void settings_calm(struct settings *ret);

/* --------------------------------------------------------------------- rows */

/** What the examiner believes of a row, from events and orders alone. */
struct belief {
	bool doubt; /* a create may have been executed */
	nsec_t doubt_since, settle;
	bool clash;    /* the doubt is a 409 */
	bool answered; /* a create was answered: `last` */
	enum engine_answer last;
	bool found; /* a lookup or listing found: `finding` */
	enum engine_answer finding;
	nsec_t look_began;
	uint32_t creates, attempts;
	uint32_t spent, spent_most;       /* of the attempts, between two readings */
	uint32_t trouble, trouble_closed; /* at least; only with a closed breaker */
	bool intent_ordered, intent_durable;
	bool record_ordered, withdrawn, record_durable, told;
	bool judged; /* WRITE_OUTCOME was given these */
	enum engine_outcome outcome;
	enum engine_cause cause;
	enum engine_end end;
	uint32_t attempts_told;
};

struct row {
	uint32_t number; /* from 1 */
	enum engine_claim claim;
	enum engine_outcome known;
	uint32_t scope, sandbox;
	bool filterable, poison;
	bool delivered;
	uint32_t job;
	/* the truth */
	uint32_t connections; /* first of its name on the server, as index + 1 */
	uint32_t earlier;     /* made by an earlier run, or by others */
	uint32_t made, coming;
	/* a listing's comparison */
	uint32_t shared_by; /* listing job, or ENGINE_NO_JOB */
	uint32_t hits, hit;
	struct belief b;
};

/* ------------------------------------------------------------------- server */

struct connection {
	uint32_t row; /* index, or NO_ROW */
	uint32_t scope;
	uint32_t next; /* of the same name, as index + 1 */
	nsec_t visible_at;
	bool adopted; /* older than our intent */
	bool differs;
};

struct create {
	uint32_t row;
	nsec_t execute_at, visible_at; /* NSEC_NEVER: not executed */
	bool executed;
};

struct request {
	bool out, cut, answering;
	enum engine_request kind;
	uint32_t row, scope, generation;
	nsec_t sent_at, began_at;
	uint32_t serial, create;
	enum fault fault;
	enum engine_answer answer;
	nsec_t retry_after;
};

/** Where a lookup or listing stands; the page is what its last read saw. */
struct search {
	uint32_t cursor, next_cursor;
	uint32_t hits, hit;
	uint32_t *page;
	uint32_t page_count;
	bool more, first;
};

enum job_use { USE_FREE, USE_READING, USE_ROW, USE_LISTING };

struct job {
	enum job_use use;
	uint32_t row;
	uint32_t scope; /* USE_LISTING */
	nsec_t look_began;
	struct request request;
	struct search search;
};

/* ------------------------------------------------------------------- ledger */

enum ledger_op_kind { OP_CLAIM, OP_INTENT, OP_RECORD, OP_ENDED };

struct ledger_op {
	enum ledger_op_kind kind;
	uint32_t job, row;
};

struct ledger {
	struct ledger_op *ops;
	uint32_t head, batch, count, cap;
	bool busy, failed;
};

/* -------------------------------------------------------------------- checks */

/** What the examiner keeps of the run as a whole. */
struct check {
	struct engine_stats before; /* as of the call before */
	uint32_t in_flight;         /* SEND and FETCH */
	uint64_t requests, answers; /* answers: complete ones */
	nsec_t rate_floor;
	nsec_t pause_until, pause_max;
	bool pause_fresh; /* nothing was sent since the pause */
	uint32_t generation;
	bool token_worked;    /* the current generation got another answer than 401 */
	uint32_t refused_row; /* who had a 401 with it, or NO_ROW */
	bool refused, must_fetch, token_hopeless;
	uint32_t causes; /* bit n: enum engine_end n has reason to be */
	bool ending;     /* as of the order that is looked at */
	bool closing;    /* by causes that come with an event: admit no more */
	uint32_t streak[5], streak_len, distinct; /* of creates that went wrong */
	nsec_t open_since, last_probe;            /* the latter: when it was answered */
	nsec_t last_open;                         /* any answer since it is open */
	nsec_t busy_since; /* there have been jobs without a break since */
	bool probe_out;
	uint32_t probe_job;
	nsec_t last_answer;
	nsec_t slowest;
	bool sandbox_refused[SIM_SANDBOXES_MAX];
	bool sandbox_used[SIM_SANDBOXES_MAX];
	uint64_t finished, failed, told;
	uint32_t untried; /* rows with a durable intent that never left */
	bool halt_reached;
	bool patience_over; /* it was when the run began to end */
	bool source_ended;
};

/* ------------------------------------------------------------------ the world */

enum trace_level { TRACE_NOTHING, TRACE_STORY, TRACE_ALL };

struct sim {
	struct settings set;
	struct rng rng;
	struct engine *engine;
	nsec_t now;
	struct queue queue;

	struct row *rows;
	uint32_t next_row;
	nsec_t next_row_at;
	bool ended_submitted, input_waits;
	uint32_t *reads; /* jobs that READ was ordered for, first come first served */
	uint32_t read_head, read_count;

	struct job *jobs;
	uint32_t job_limit;
	uint32_t serial;

	struct ledger ledger;
	struct connection *connections;
	uint32_t connection_count, connection_cap;
	struct create *creates;
	uint32_t create_count, create_cap;

	nsec_t token_until;
	uint32_t fetch_count;
	uint32_t requests_out;
	bool fetch_out;

	struct check check;
	uint64_t steps, steps_max;
	bool done;
	enum engine_end end;

	FILE *trace;
	enum trace_level trace_level;
	uint64_t hash;

	bool breached; /* an invariant does not hold: `failure` */
	bool twice;    /* it is the one: a row was created twice */
	char failure[512];
};

void sim_init(struct sim *s, const struct settings *set);
void sim_done(struct sim *s);
/** To the end, or to the first breach. */
void sim_run(struct sim *s);

/** Tell the engine a fact, with the checks around it. */
void sim_tell(struct sim *s, const struct engine_event *event);
/** Note a breach; only the first one stays. */
void sim_breach(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* input.c */
void input_init(struct sim *s);
void input_read(struct sim *s, uint32_t job);
void input_turn(struct sim *s);
bool input_owes(const struct sim *s);

/* ledger.c */
void ledger_submit(struct sim *s, enum ledger_op_kind kind, uint32_t job, uint32_t row);
void ledger_turn(struct sim *s);
void ledger_commit(struct sim *s);
void ledger_fail(struct sim *s);
bool ledger_owes(const struct sim *s);

/* faults.c */
/** Decide what becomes of a request that leaves now. */
void fault_plan(struct sim *s, uint32_t job);
nsec_t fault_settle(const struct sim *s, enum engine_answer a);

/* server.c */
void server_init(struct sim *s);
uint32_t server_plan_create(struct sim *s, uint32_t row, nsec_t execute_at, nsec_t visible_at);
void server_cancel(struct sim *s, uint32_t create);
void server_execute(struct sim *s, uint32_t create);
void server_read(struct sim *s, uint32_t job);

/* shell.c */
void shell_perform(struct sim *s, const struct engine_action *a);
void shell_answer(struct sim *s, uint32_t job);
void shell_token(struct sim *s);

/* check*.c */
void check_init(struct sim *s);
void check_event(struct sim *s, const struct engine_event *e);
void check_handled(struct sim *s, const struct engine_event *e);
void check_action(struct sim *s, const struct engine_action *a);
void check_idle(struct sim *s);

void check_row_event(struct sim *s, const struct engine_event *e);
bool check_unsafe(const struct sim *s);
bool check_row_decided(const struct belief *b);
void check_row_sent(struct sim *s, const struct engine_action *a);
void check_row_outcome(struct sim *s, const struct engine_action *a);
void check_row_told(struct sim *s, const struct engine_action *a);
void check_row_truth(struct sim *s, const struct row *r);

void check_polite_event(struct sim *s, const struct engine_event *e);
void check_polite_handled(struct sim *s, const struct engine_event *e);
void check_polite_sent(struct sim *s, const struct engine_action *a);
void check_polite_idle(struct sim *s);

void check_end(struct sim *s, const struct engine_action *a);
bool check_end_has_reason(const struct sim *s, enum engine_end end);
bool check_end_patience_is_over(const struct sim *s);

void check_move(void *arg, nsec_t now, uint32_t job, enum job_state from, enum job_event event,
	enum job_state to);

bool answer_complete(enum engine_answer a);
bool answer_doubtful(enum engine_answer a);

/* trace.c */
void trace_event(struct sim *s, const struct engine_event *e);
void trace_action(struct sim *s, const struct engine_action *a);
void trace_note(struct sim *s, enum trace_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** "row 7", "listing 2" or "job 5" */
const char *trace_job(const struct sim *s, uint32_t job);
const char *fault_name(enum fault f);
