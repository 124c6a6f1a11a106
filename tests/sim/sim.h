/* sim.h - the engine in a simulated world.
 *
 * One seed makes one story of several runs over one world: server, network,
 * tokens, ledger, CSV and the hand on ctrl-C or the power switch are simulated
 * around the real engine, on a virtual clock. Nothing here reads a real clock
 * or a foreign random source, so a seed replays byte for byte. After every call
 * of the engine the checks look at what it ordered, with the truth at hand that
 * the engine never sees: what the server did, and what the disk has.
 *
 * Moments are absolute (the story begins at SIM_START); traces tell them from
 * there on. world.h has what outlives a run, this file what dies with it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/time.h"
#include "engine/engine.h"

#include "basics.h"
#include "cover.h"
#include "settings.h"
#include "world.h"

/* Not 0: a monotonic clock rarely is, and a forgotten field always is. */
#define SIM_START (1000 * SEC)

/* Of a token endpoint that fails: full jitter comes to 8 or so, and 24 once in a thousand
 * million times. */
#define FETCHES_A_MINUTE 24

/* --------------------------------------------------------------------- rows */

/** What the examiner believes of a row, from events and orders alone. */
struct belief {
	bool doubt; /* a create may have been executed */
	nsec_t doubt_since, settle;
	bool unsure;    /* absent, and proven only if a row that was found proves lookups */
	bool was_doubt; /* and then was proven absent, or given up */
	bool unlooked;  /* ENDED, RELOOK: to be looked for, once */
	bool clash;     /* the doubt is a 409 */
	bool answered;  /* a create was answered: `last` */
	enum engine_answer last;
	bool found; /* a lookup or listing found: `finding` */
	enum engine_answer finding;
	bool absent;  /* a look found nothing: `look_began` */
	bool settled; /* … and began after the settle, whatever lag was learnt later */
	nsec_t look_began;
	uint32_t creates, attempts;
	uint32_t spent, spent_most;       /* of the attempts, between two readings */
	uint32_t trouble, trouble_closed; /* at least; only with a closed breaker */
	bool intent_ordered, intent_durable, listed;
	bool resent; /* left after a doubt and an absence */
	bool record_ordered, withdrawn, record_durable, told;
	bool judged; /* WRITE_OUTCOME was given these */
	enum engine_outcome outcome;
	enum engine_cause cause;
	enum engine_end end;
	uint32_t attempts_told;
	bool relook_told;
	/* of updates, tests and deletions */
	bool untried;               /* it may leave, and nothing of it has */
	bool unread;                /* STALE, or its answer was lost: it is to be read */
	bool cleared;               /* a read showed that it may leave */
	bool stale;                 /* the last answer to an update … */
	bool was_stale;             /* … or an earlier one: the first costs no attempt */
	bool lost;                  /* the answer to any was lost, also of an earlier run */
	bool more;                  /* a test has a further question */
	nsec_t read_at, cleared_at; /* as the server saw it; and as we learnt of it */
};

/** A row of this run's CSV, or one that the ledger handed out. */
struct row {
	uint32_t number;   /* from 1; 0: not of the CSV */
	uint32_t identity; /* NO_IDENTITY: invalid */
	struct fields fields;
	uint32_t scope, sandbox;
	bool filterable, poison;
	enum engine_claim claim;
	enum engine_outcome known; /* KNOWN, ENDED, listed */
	enum engine_source source;
	bool delivered;
	bool held;     /* its name is looked at once more: it is told after that */
	bool intended; /* the claim has written its intent */
	bool was_open; /* the claim's entry was in doubt: `created` is possible */
	bool edited;   /* since what the ledger has; or an update is open there */
	uint32_t job;
	/* what its lookups compare with */
	struct fields look;
	uint32_t look_scope;
	nsec_t intent_at;         /* 0: what is found is adopted */
	uint32_t removed;         /* an id that is deleted, and may be listed yet */
	uint32_t deleting;        /* one that may be, or may be deleted yet */
	struct fields left;       /* as the ledger has it … */
	struct updates updates;   /* … or as an update has sent it that is open there */
	uint32_t etag;            /* that we know */
	uint32_t id;              /* connection + 1: what it is */
	enum engine_outcome line; /* as the results have it, also after an amendment */
	struct belief b;
};

/* --------------------------------------------------------------------- jobs */

struct request {
	bool out, cut, answering;
	bool waiting; /* an inventory that the ledger is to call complete */
	enum engine_request kind;
	uint32_t row, identity, scope, generation;
	nsec_t sent_at, began_at;
	uint32_t serial, create, change;
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
	bool more, first, saw_id;
	bool counting; /* an inventory's pages are read: its count is next */
	uint32_t count;
	uint64_t *seen; /* a listing: bit n: connection n */
	uint32_t seen_words;
};

enum job_use { USE_FREE, USE_READING, USE_ROW, USE_LISTING, USE_CALIBRATION };

struct job {
	enum job_use use;
	uint32_t active; /* its place in sim.active, + 1 */
	uint32_t row;
	enum engine_source source; /* USE_READING */
	uint32_t scope;            /* USE_LISTING, USE_CALIBRATION */
	/* USE_CALIBRATION */
	uint32_t identity, id, sandbox;
	bool filterable, recalling, copied;
	nsec_t since; /* the 201, or when it was recalled */

	uint32_t shared_by; /* listing job, or ENGINE_NO_JOB */
	nsec_t look_began;
	struct request request;
	struct search search;
	struct shown shown; /* to the last READ or TEST */
};

/* -------------------------------------------------------------------- checks */

/** What the examiner knows of a sandbox's lookups by name, or of its listings, in this run. */
struct proof {
	bool created, recall_missed;
	bool calibrated;
	bool perhaps; /* a row was found while a calibration ran: its end may be awaited */
	nsec_t floor;
	bool failed;        /* lookups prove nothing */
	uint32_t sacrifice; /* row that is out to calibrate, or NO_ROW */
};

/** What the examiner knows of a scope's inventory, in this run. */
struct inventory_check {
	bool listed;
	uint32_t troubles;               /* in a row, without a page */
	uint32_t misfits, quiet_misfits; /* the latter not by creates of our own */
	bool quiet;                      /* none was out as the first page left */
	uint32_t creates, creates_out, creates_then;
};

/** What the examiner knows of the tokens. */
struct token_check {
	nsec_t from, ends;    /* as it was told; NSEC_NEVER */
	bool worked;          /* the current one got an answer that it would not get else */
	bool refused;         /* … and a 401 */
	bool lost;            /* … after which nobody may use it */
	bool had;             /* … and was usable when last looked at */
	bool spoilt;          /* it was refused and had not worked, so perhaps it never will */
	bool hopeless;        /* fresh ones are refused: the run may end */
	uint32_t refused_row; /* who had a 401 with it, or NO_ROW */
	uint32_t barren;      /* tokens in a row that were refused and never worked */
	/* fetches */
	bool out;          /* also while its answer is told */
	uint32_t failures; /* in a row */
	nsec_t fetched_at; /* when the last one left, NSEC_NONE */
	nsec_t failed_at, retry_at;
	nsec_t failing[FETCHES_A_MINUTE]; /* when the last of a streak left */
	bool sent_meanwhile;              /* a request, while this one was out */
	nsec_t missing_since;             /* none to send with, though asked for; NSEC_NONE */
	bool outage_over; /* it was for longer than anybody waits, when the run began to end */
};

/** What the examiner keeps of the run as a whole. */
struct check {
	struct engine_stats before; /* as of the call before */
	uint32_t in_flight;         /* SEND and FETCH */
	uint64_t requests, answers; /* answers: complete ones */
	nsec_t rate_floor;
	nsec_t pause_until, pause_max;
	bool pause_fresh; /* nothing was sent since the pause */
	bool refused;     /* there was a 429 */
	uint32_t generation;
	struct token_check token;
	uint32_t causes; /* bit n: enum engine_end n has reason to be */
	bool ending;     /* as of the order that is looked at */
	bool closing;    /* by causes that come with an event: admit no more */
	uint32_t streak[5], streak_len, distinct; /* of creates that went wrong */
	nsec_t open_since;
	nsec_t last_probe; /* when it was answered, but for a look that found out */
	bool reads;        /* the last look behind the open breaker did */
	nsec_t last_open;  /* any answer since it is open */
	nsec_t busy_since; /* there have been jobs without a break since */
	bool probe_out;
	uint32_t probe_job;
	nsec_t last_answer;
	nsec_t slowest;
	nsec_t resent_at; /* latest 201 of a row that is marked */
	bool sandbox_refused[SIM_SANDBOXES_MAX];
	bool sandbox_used[SIM_SANDBOXES_MAX];
	struct proof proof[SIM_SANDBOXES_MAX][2]; /* of listings, of lookups by name */
	bool marked; /* some row of this run is to be looked at again */
	struct inventory_check inventory[SIM_SCOPES_MAX];
	bool inventory_failed;
	uint64_t finished, failed, told;
	uint32_t untried; /* rows with a durable intent that never left */
	bool halt_reached;
	bool patience_over; /* it was when the run began to end */
	bool source_ended[SOURCE_COUNT];
};

/* ------------------------------------------------------------------- the sim */

enum trace_level { TRACE_NOTHING, TRACE_STORY, TRACE_ALL };

struct sim {
	struct settings set;
	struct world w;
	struct rng rng;
	nsec_t now;
	struct cover *cover; /* may be NULL */

	/* this run */
	struct engine *engine;
	nsec_t started_at;
	struct queue queue;
	struct row *rows; /* of the CSV, then those handed out */
	uint32_t csv_rows, row_count, row_cap;
	uint32_t next_row;
	nsec_t next_row_at;
	bool ended_submitted, input_waits;
	uint32_t rows_held;
	bool end_held;   /* the input has ended, and rows are held */
	uint32_t *reads; /* jobs that READ INPUT was ordered for, first come first served */
	uint32_t read_head, read_count, read_cap;
	uint32_t reads_out[SOURCE_COUNT];

	struct job *jobs;
	uint32_t job_limit, job_cap;
	uint32_t *active, active_count; /* jobs that are in use */
	uint32_t serial;

	nsec_t token_until;   /* of the newest: then the server refuses it */
	uint32_t fetch_count; /* tokens that came */
	uint32_t fetch_serial;
	bool fetch_out, fetch_cut;
	bool fetch_told; /* the token that is told of was fetched, not given */
	uint32_t requests_out;

	struct check check;
	uint64_t steps, steps_max;
	bool done, crashed;
	enum engine_end end;
	bool placed;                      /* the results are */
	enum engine_source ending_source; /* that EVENT_SOURCE_ENDED is about */

	/* the story */
	uint64_t runs, rows_read, creates_sent;
	FILE *trace;
	enum trace_level trace_level;
	uint64_t hash;
	bool breached; /* an invariant does not hold: `failure` */
	bool harm;     /* and the world is the worse for it: not only a rule was broken */
	char failure[512];
};

void sim_init(struct sim *s, const struct settings *set);
void sim_done(struct sim *s);
/** All runs of a random story, to its end or to the first breach. */
void sim_story(struct sim *s);
/** One run, which sim.set describes; the next one goes on from there. */
void sim_run(struct sim *s);

static inline bool sim_over(const struct sim *s)
{
	return s->done || s->crashed || s->breached;
}

/** Tell the engine a fact, with the checks around it. */
void sim_tell(struct sim *s, const struct engine_event *event);
/** Note a breach; only the first one stays. */
void sim_breach(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/** A breach of what is promised to users, whoever is at fault. */
void sim_harm(struct sim *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void sim_cover(struct sim *s, enum situation x);

/* run.c: the life of one run */
void run_begin(struct sim *s);
void run_end(struct sim *s);
/** Is this where the process dies? */
bool run_crashes(struct sim *s, const struct engine_action *a, bool before);

/* csv.c */
void csv_first(struct sim *s);
void csv_edit(struct sim *s);
/** The rows of the next run. */
void csv_rows(struct sim *s);
/** One more row, which the ledger has handed out. @return its index */
uint32_t csv_add_handed_out(struct sim *s, uint32_t identity);

/* input.c */
void input_read(struct sim *s, uint32_t job, enum engine_source source);
void input_turn(struct sim *s);
bool input_owes(const struct sim *s);

/** The rows of a results file. */
void csv_results(struct sim *s);

/* disk.c: what is written */
void disk_init(struct sim *s);
void disk_done(struct sim *s);
/** Apply to what the writer has; says in *op what came of an INTEND. */
void disk_apply(struct sim *s, struct op *op);
/** All that was answered is durable. */
void disk_sync(struct sim *s);
/** Some first part of what was not synced is kept. */
void disk_crash(struct sim *s);

/* ledger.c: what is asked and answered */
void ledger_submit(struct sim *s, struct op op);
void ledger_turn(struct sim *s);
void ledger_commit(struct sim *s);
void ledger_fail(struct sim *s);
bool ledger_owes(const struct sim *s);
/** All claims before the end of the input are answered; it is told when none is held. */
void ledger_input_ended(struct sim *s);

/* claimed.c: what the shell makes of the ledger's answers */
void claimed_row(struct sim *s, const struct op *op);
void claimed_handed_out(struct sim *s, const struct op *op, uint32_t identity);
/** The last look of an earlier run's row is over: tell the row of the CSV that has its name. */
void claimed_looked_at(struct sim *s, const struct row *relook);
/** The inventory has its name. */
enum engine_outcome claimed_listed(struct sim *s, struct row *row);

/** … and of a row that has an id, or whose id was deleted. */
void claimed_known(struct sim *s, struct row *row, const struct entry *e);
void claimed_deleting(struct sim *s, struct row *row, const struct entry *e);
void claimed_result(struct sim *s, struct row *row, const struct entry *e);

/* faults.c */
/** Decide what becomes of a request that leaves now. */
void fault_plan(struct sim *s, uint32_t job);
nsec_t fault_settle(const struct sim *s, enum engine_answer a);

/* server.c */
void server_init(struct sim *s);
uint32_t server_add(struct sim *s, struct connection c);
uint32_t server_plan_create(
	struct sim *s, const struct row *row, nsec_t execute_at, nsec_t visible_at);
void server_cancel(struct sim *s, uint32_t create);
void server_execute(struct sim *s, uint32_t create);
void server_meddle(struct sim *s, uint32_t identity);
/** Its client died; @param began  it had begun to leave */
void server_orphan(struct sim *s, uint32_t create, bool began);
/** A run begins: what is still to come, and to show, does so within the promise. */
void server_settle(struct sim *s);
/** Does it have this name of ours or of others? */
bool server_has(const struct sim *s, uint32_t identity, uint32_t scope);
void server_read(struct sim *s, uint32_t job);
/** Is it still there, under the name that it had? */
static inline bool server_knows(const struct connection *c)
{
	return !c->deleted && !c->renamed;
}

/* change.c: what the server does to connections that have an id */
void change_plan(struct sim *s, uint32_t job, nsec_t execute_at, nsec_t answer_at);
void change_cancel(struct sim *s, uint32_t change);
void change_execute(struct sim *s, uint32_t change);
void change_orphan(struct sim *s, uint32_t change, bool began);
void change_settle(struct sim *s, nsec_t latest);
/** The server reads one, to show or to test it. */
void change_show(struct sim *s, uint32_t job);
/** It is not there any more. */
void change_delete(struct sim *s, uint32_t connection);

/* others.c: other people, and what an etag does by itself */
void others_of_run(struct sim *s);
void others_chase(struct sim *s, uint32_t job, nsec_t until);
void others_touch(struct sim *s, uint32_t identity);
void others_created(struct sim *s, uint32_t connection);
void others_move(struct sim *s, uint32_t connection);

/* task.c: the shell's duties for a row that has an id */
/** Has it one, so that it is to be updated, tested or deleted? */
static inline bool is_task(const struct row *row)
{
	return row->claim >= CLAIM_UPDATE;
}
static inline bool is_update(const struct row *row)
{
	return row->claim == CLAIM_UPDATE || row->claim == CLAIM_UPDATE_OPEN;
}
static inline bool is_deletion(const struct row *row)
{
	return row->claim == CLAIM_DELETE || row->claim == CLAIM_DELETE_OPEN;
}
static inline bool is_task_request(enum engine_request r)
{
	return r == REQUEST_UPDATE || r == REQUEST_TEST || r == REQUEST_DELETE;
}
/** What came back, compared with what we know. */
enum engine_answer task_answer(struct sim *s, uint32_t job);
struct op task_op(const struct sim *s, const struct row *row, struct op op, enum engine_outcome o);

/* shell.c */
void shell_perform(struct sim *s, const struct engine_action *a);
void shell_answer(struct sim *s, uint32_t job);
void shell_inventory_durable(struct sim *s, const struct op *op, bool complete);
/** The token endpoint has answered. */
void shell_token(struct sim *s);
/** The only one, at the start. */
void shell_token_given(struct sim *s);
struct row *shell_row(struct sim *s, uint32_t job);
void shell_use(struct sim *s, uint32_t job, enum job_use use);

/* findings.c */
/** A page of a lookup or listing has come. */
enum engine_answer findings_of_lookup(struct sim *s, uint32_t job);
enum engine_answer findings_of_list(struct sim *s, uint32_t job);
enum engine_answer findings_of_inventory(struct sim *s, uint32_t job);

/* check*.c */
void check_init(struct sim *s);
void check_event(struct sim *s, const struct engine_event *e);
void check_handled(struct sim *s, const struct engine_event *e);
void check_action(struct sim *s, const struct engine_action *a);
void check_idle(struct sim *s);
void check_move(void *arg, nsec_t now, uint32_t job, enum job_state from, enum job_event event,
	enum job_state to);
void check_end(struct sim *s, const struct engine_action *a);
bool check_end_has_reason(const struct sim *s, enum engine_end end);
bool check_end_patience_is_over(const struct sim *s);
bool check_end_outage_is_over(const struct sim *s);
void check_token_event(struct sim *s, const struct engine_event *e);
void check_token_order(struct sim *s, const struct engine_action *a);
void check_token_idle(struct sim *s);
/** May a request leave with it? */
bool check_token_usable(const struct sim *s);
/** How long nobody gives up; @param answered  by whoever is silent now */
nsec_t check_end_patience(const struct sim *s, bool answered);
void check_polite_event(struct sim *s, const struct engine_event *e);
void check_polite_handled(struct sim *s, const struct engine_event *e);
void check_polite_sent(struct sim *s, const struct engine_action *a);
void check_polite_idle(struct sim *s);
bool check_unsafe(const struct sim *s);
void check_row_event(struct sim *s, const struct engine_event *e);
void check_row_sent(struct sim *s, const struct engine_action *a);
void check_row_intent(struct sim *s, uint32_t job);
bool check_row_decided(const struct belief *b);
void check_row_outcome(struct sim *s, const struct engine_action *a);
void check_row_told(struct sim *s, const struct engine_action *a);
struct proof *check_proof_of(struct sim *s, const struct row *row);
bool check_proof_holds(const struct sim *s, const struct row *row);
/** … or only if a row that was found by the way counts. */
bool check_proof_may_hold(const struct sim *s, const struct row *row);
/** Do lookups prove nothing there, or was there nothing to calibrate by? */
bool check_proof_is_hopeless(const struct sim *s, const struct row *row);
/** How long absence takes to be proven, at least. */
nsec_t check_proof_settle(const struct sim *s, const struct row *row);
void check_proof_event(struct sim *s, const struct engine_event *e);
void check_proof_action(struct sim *s, const struct engine_action *a);
/** May it be sent again though it is in doubt, so that lookups can be proven? */
bool check_proof_may_sacrifice(const struct sim *s, const struct row *row);
/** Of rows that have an id: check_task.c, check_update.c, check_delete.c. */
void check_task_event(struct sim *s, struct row *row, const struct engine_event *e);
void check_task_sent(struct sim *s, const struct engine_action *a);
void check_task_intent(struct sim *s, struct row *row);
void check_task_written(struct sim *s, const struct engine_action *a);
void check_task_told(struct sim *s, const struct engine_action *a);
bool check_task_fits(const struct sim *s, const struct row *row, const struct engine_action *a);
/** It was tried, or never will be. */
void check_task_tried(struct sim *s, struct row *row);
bool check_task_finding(enum engine_answer a);
bool check_task_refused(const struct belief *b);
bool check_update_fits(const struct sim *s, const struct row *row, const struct engine_action *a);
void check_update_executed(struct sim *s, const struct change *c);
void check_update_sent(struct sim *s, const struct row *row);
void check_update_withdrawn(struct sim *s, const struct row *row);
void check_update_told(struct sim *s, const struct row *row);
/** The last run of a story has updated. */
/** After each run of which the results are in place. */
void check_update_run(struct sim *s);
void check_update_story(struct sim *s);
bool check_update_good_end(const struct sim *s, const struct row *row);
bool check_delete_settled(const struct sim *s, const struct row *row, nsec_t began);
bool check_delete_fits(const struct sim *s, const struct row *row, const struct engine_action *a);
void check_delete_sent(struct sim *s, const struct row *row);
void check_delete_told(struct sim *s, const struct row *row);
/** What the ledger calls there, we have not deleted. */
void check_delete_disk(struct sim *s);
/** A calm rollback is over. */
void check_delete_story(struct sim *s);
void check_row_judged(struct sim *s, struct row *row, const struct engine_action *a);
void check_inventory_event(struct sim *s, const struct engine_event *e);
void check_inventory_sent(struct sim *s, const struct engine_action *a);
void check_truth_executed(struct sim *s, uint32_t identity);
void check_truth_create(struct sim *s, const struct row *row);
void check_truth_called(struct sim *s, const struct row *row, enum engine_outcome o);
/** As the results are put in place. */
void check_truth_placed(struct sim *s);
/** A run is over and has told its rows. */
void check_truth_run(struct sim *s);
/** The last run of a story is over. */
void check_truth_story(struct sim *s);
bool answer_complete(enum engine_answer a);
bool answer_doubtful(enum engine_answer a);

/* trace.c */
void trace_event(struct sim *s, const struct engine_event *e);
void trace_action(struct sim *s, const struct engine_action *a);
void trace_note(struct sim *s, enum trace_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
/** "row 7", "listing of 2" or "job 5" */
const char *trace_job(const struct sim *s, uint32_t job);
const char *trace_row(const struct row *row);
const char *fault_name(enum fault f);
