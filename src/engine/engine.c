/* engine.c - creation, dispatch, and the only writer of a job's state. */
#include "engine/core.h"

#include <assert.h>
#include <stdlib.h>

#include "base/macros.h"

#define ROW_SLOTS_MIN 1024
#define CONCURRENCY_MAX 65536

/* ---------------------------------------------------------------- creation */

static void init_parts(struct engine *e)
{
	const struct engine_config *c = &e->config;
	uint32_t burst = c->burst ? c->burst : gcra_default_burst(c->rate_interval);

	list_init(&e->orders);
	list_init(&e->cleared);
	list_init(&e->look);
	list_init(&e->again);
	list_init(&e->fresh);
	random_init(&e->random, c->seed);
	gcra_init(&e->rate, c->rate_interval, burst);
	pace_init(&e->pace);
	window_init(&e->window, c->concurrency);
	breaker_init(&e->breaker);
	token_init(&e->token);
	halt_init(&e->halt, c->halt_mode == HALT_NEVER ? 0 : c->halt_fails, c->halt_percent);
	if (c->independent)
		window_open(&e->window);
	e->source = c->input_only ? SOURCE_INPUT : SOURCE_MARKS;
	e->silent_since = NSEC_NONE;
	e->next_serial = 1;
}

static void init_jobs(struct engine *e)
{
	e->count[JOB_TOLD] = e->job_limit;
	for (uint32_t i = 0; i < e->job_limit; i++) {
		list_init(&e->jobs[i].orders_link);
		list_init(&e->jobs[i].queue_link);
	}
	/* The lowest number on top: slots that were used before are warm. */
	for (uint32_t i = e->row_slots; i > 0; i--)
		e->free_rows[e->free_count++] = i - 1;
}

struct engine *engine_create(const struct engine_config *c)
{
	struct engine *e;

	assert(c->concurrency >= 1 && c->concurrency <= CONCURRENCY_MAX && c->attempts >= 1);
	assert(c->settle >= 0 && c->settle_timeout >= 0 && c->rate_interval >= 0);

	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->config = *c;
	e->row_slots = MAX(ROW_SLOTS_MIN, 4 * c->concurrency);
	e->job_limit = e->row_slots + LISTINGS_MAX + CALIBRATIONS_MAX;
	e->jobs = calloc(e->job_limit, sizeof(*e->jobs));
	e->free_rows = calloc(e->row_slots, sizeof(*e->free_rows));
	if (!e->jobs || !e->free_rows || !heap_init(&e->times, e->job_limit)) {
		engine_destroy(e);
		return NULL;
	}
	init_parts(e);
	init_jobs(e);
	return e;
}

void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	heap_done(&e->times);
	free(e->free_rows);
	free(e->jobs);
	free(e);
}

/* ----------------------------------------------------------- a job's state */

static void check(const struct engine *e)
{
	assert(e->times.len == e->count[JOB_WAITING] + e->count[JOB_DOUBTFUL]);
	assert(in_flight(e) <= e->config.concurrency + e->token.fetching);
}

static void enter(struct engine *e, nsec_t now, struct job *j)
{
	if (j->state == JOB_READY && j->task == TASK_DELETE)
		list_push(&e->cleared, &j->queue_link);
	else if (j->state == JOB_READY)
		list_push(j->tried ? &e->again : &e->fresh, &j->queue_link);
	else if (j->state == JOB_TO_LOOK && look_is_own(j))
		list_push(&e->look, &j->queue_link);
	else if (j->state == JOB_TO_LOOK)
		look_want_listing(e, now, j->look_scope);
}

static bool needs_intent(const struct job *j)
{
	return j->task != TASK_TEST;
}

static bool is_out(enum job_state s)
{
	return s == JOB_IN_FLIGHT || s == JOB_LOOKING;
}

static void count_rows(struct engine *e, enum job_state from, enum job_state to)
{
	e->open_rows += (from == JOB_TOLD) - (to == JOB_TOLD);
	e->rows_out += is_out(to) - is_out(from);
}

void job_move(struct engine *e, nsec_t now, struct job *j, enum job_event event)
{
	enum job_state from = j->state;
	enum job_state to = job_next_state(from, event);

	assert(to != JOB_STATE_COUNT);
	assert(!(event == EV_ADMITTED && from == JOB_READY) || j->intent_durable ||
		!needs_intent(j));

	list_remove(&j->queue_link);
	heap_remove(&e->times, job_number(e, j));
	calibrate_forget(e, j);
	j->state = to;
	e->count[from]--;
	e->count[to]++;
	if (is_row(j))
		count_rows(e, from, to);
	if (e->config.trace)
		e->config.trace(e->config.trace_arg, now, job_number(e, j), from, event, to);
	enter(e, now, j);
}

void job_wait(struct engine *e, nsec_t now, struct job *j, enum job_event event, nsec_t due)
{
	job_move(e, now, j, event);
	assert(j->state == JOB_WAITING || j->state == JOB_DOUBTFUL);
	heap_set(&e->times, job_number(e, j), due);
	check(e);
}

void order_add(struct engine *e, struct job *j, enum job_order order)
{
	if (e->ledger_failed && order != ORDER_CUT)
		return;
	if (!j->orders)
		list_push(&e->orders, &j->orders_link);
	j->orders |= (uint8_t)order;
}

static void told(struct engine *e, nsec_t now, struct job *j)
{
	job_move(e, now, j, EV_RECORDED);
	if (is_row(j))
		order_add(e, j, ORDER_EMIT);
}

static bool is_failure(enum engine_outcome o)
{
	return o == OUTCOME_FAILED || o == OUTCOME_CONFLICT || o == OUTCOME_UNRESOLVED;
}

/* Of a last look only what it found is written; what the ledger said is there already. Of
 * a row that has an id, what the ledger is to believe from now on: an update that did not
 * succeed is tried again by the next run. */
static bool is_recorded(const struct job *j)
{
	if (j->kind == JOB_KIND_RELOOK)
		return j->cause == CAUSE_LOOKUP;
	switch (j->task) {
	case TASK_UPDATE: return j->outcome == OUTCOME_UPDATED;
	case TASK_TEST: return false;
	case TASK_DELETE: return j->outcome == OUTCOME_DELETED || j->outcome == OUTCOME_GONE;
	case TASK_CREATE:
	default: return j->cause != CAUSE_CLAIM && j->outcome != OUTCOME_SKIPPED;
	}
}

/* It came to nothing, so its intent is taken back; in doubt it stays, and so does that of an
 * update if an answer was ever lost: nobody waits until that one cannot be executed any more. */
static bool is_withdrawn(const struct job *j)
{
	if (!j->intent)
		return false;
	if (j->task == TASK_CREATE)
		return j->outcome == OUTCOME_SKIPPED;
	if (j->task == TASK_UPDATE && j->lost)
		return false;
	return !is_recorded(j) && j->outcome != OUTCOME_UNRESOLVED;
}

/* It may be there twice, if an earlier create comes to light after all. */
static void mark(struct engine *e, nsec_t now, struct job *j, enum engine_outcome outcome)
{
	nsec_t settle = MAX(MAX(j->settle, e->config.settle), 2 * e->slowest_create);

	j->relook = j->kind == JOB_KIND_ROW && j->resent &&
		    (outcome == OUTCOME_CREATED || outcome == OUTCOME_ADOPTED);
	if (!j->relook)
		return;
	e->resent_any = true;
	e->resent_settled =
		MAX(e->resent_settled, nsec_add(now, MAX(settle, calibrate_floor(e, j))));
}

void job_decide(struct engine *e, nsec_t now, struct job *j, enum job_event event,
	enum engine_outcome outcome, enum engine_cause cause)
{
	j->outcome = outcome;
	j->cause = cause;
	j->end = e->end;
	j->listing = ENGINE_NO_JOB;
	mark(e, now, j, outcome);
	job_move(e, now, j, event);
	check(e);
	if (!is_row(j)) {
		told(e, now, j);
		return;
	}
	calibrate_decided(e, now, j);
	if (j->kind == JOB_KIND_ROW && halt_count(&e->halt, is_failure(outcome)))
		e->halt_reached = true;
	if (is_withdrawn(j))
		order_add(e, j, ORDER_WRITE_WITHDRAWAL);
	else if (is_recorded(j))
		order_add(e, j, ORDER_WRITE_OUTCOME);
	else
		told(e, now, j);
}

void job_begin(struct engine *e, struct job *j, enum job_kind kind, uint32_t scope)
{
	assert(j->state == JOB_TOLD && !j->orders);
	*j = (struct job){
		.serial = e->next_serial++,
		.kind = kind,
		.scope = scope,
		.look_scope = scope,
		.sandbox = e->scope_sandbox[scope],
		.listing = ENGINE_NO_JOB,
	};
	list_init(&j->orders_link);
	list_init(&j->queue_link);
}

/* ------------------------------------------------------------------- facts */

static struct job *job_in(struct engine *e, const struct engine_event *ev, enum job_state state)
{
	assert(ev->job < e->job_limit && e->jobs[ev->job].state == state);
	return &e->jobs[ev->job];
}

static void handle_answer(struct engine *e, nsec_t now, const struct engine_event *ev)
{
	struct job *j;

	assert(ev->job < e->job_limit);
	j = &e->jobs[ev->job];
	if (j->orders & ORDER_CUT) { /* too late to cut */
		j->orders &= (uint8_t)~ORDER_CUT;
		if (!j->orders)
			list_remove(&j->orders_link);
	}
	answer_handle(e, now, j, ev->answer.answer, ev->answer.retry_after);
	j->cut = false;
}

static void dispatch(struct engine *e, nsec_t now, const struct engine_event *ev)
{
	struct job *j;

	switch (ev->kind) {
	case EVENT_ROW: claim_row(e, now, ev); break;
	case EVENT_SOURCE_ENDED: claim_source_ended(e, now, ev->source_ended.fatal); break;
	case EVENT_INTENT_DURABLE:
		assert(ev->job < e->row_slots);
		claim_intent_durable(e, now, &e->jobs[ev->job]);
		break;
	case EVENT_LISTED: claim_listed(e, now, job_in(e, ev, JOB_PENDING), ev->row.known); break;
	case EVENT_OUTCOME_DURABLE: told(e, now, job_in(e, ev, JOB_DONE)); break;
	case EVENT_ANSWER: handle_answer(e, now, ev); break;
	case EVENT_SHARED_FINDING:
		j = job_in(e, ev, JOB_TO_LOOK);
		assert(j->listing != ENGINE_NO_JOB);
		look_finding(e, now, j, ev->answer.answer);
		break;
	case EVENT_RECALLED: calibrate_recalled(e, now, ev); break;
	case EVENT_LEDGER_FAILED: ending_begin(e, now, END_LEDGER, false); break;
	case EVENT_TOKEN_FRESH: token_fresh(e, now, ev->token.life); break;
	case EVENT_TOKEN_FAILED: token_failed(e, now, ev->token.retry_after); break;
	case EVENT_TOKEN_REFUSED: token_denied(e, now); break;
	case EVENT_STOP: ending_begin(e, now, END_STOPPED, false); break;
	case EVENT_ABORT: ending_begin(e, now, END_ABORTED, true); break;
	default: assert(!"no such event");
	}
}

static void start(struct engine *e, nsec_t now)
{
	if (e->started)
		return;
	e->started = true;
	e->started_at = now;
}

static void halt(struct engine *e, nsec_t now)
{
	if (e->halt_reached && !e->ending)
		ending_begin(e, now, END_HALT_RULE, e->config.halt_mode == HALT_NOW);
}

void engine_handle(struct engine *e, nsec_t now, const struct engine_event *event)
{
	start(e, now);
	token_age(e, now);
	dispatch(e, now, event);
	halt(e, now);
	check(e);
}

/* ------------------------------------------------------------------ orders */

static void run_times(struct engine *e, nsec_t now)
{
	token_age(e, now);
	if (e->ending)
		return;
	while (heap_due(&e->times) <= now)
		job_move(e, now, &e->jobs[heap_first(&e->times)], EV_DUE);
	token_give_up(e, now);
	if (ending_give_up_at(e) <= now)
		ending_begin(e, now, END_BREAKER, false);
}

static void fill_row(const struct job *j, struct engine_action *ret)
{
	ret->row.outcome = j->outcome;
	ret->row.cause = j->cause;
	ret->row.end = j->end;
	ret->row.attempts = j->attempts;
	ret->row.sandbox = j->sandbox;
	ret->row.relook = j->relook;
}

static bool next_order(struct engine *e, struct engine_action *ret)
{
	static const enum engine_action_kind kinds[] = {
		ACTION_CUT,
		ACTION_WRITE_INTENT,
		ACTION_WRITE_WITHDRAWAL,
		ACTION_WRITE_OUTCOME,
		ACTION_EMIT,
		ACTION_COPY,
		ACTION_RECALL,
	};
	struct list *first = list_first(&e->orders);
	struct job *j;
	int bit;

	if (!first)
		return false;
	j = LIST_OWNER(first, struct job, orders_link);
	bit = __builtin_ctz(j->orders);
	j->orders &= (uint8_t)(j->orders - 1);
	if (!j->orders)
		list_remove(&j->orders_link);

	*ret = (struct engine_action){.kind = kinds[bit], .job = job_number(e, j)};
	if (ret->kind == ACTION_COPY)
		ret->copy.from = j->copy_from;
	else if (ret->kind == ACTION_RECALL)
		ret->recall.sandbox = j->sandbox;
	else if (ret->kind != ACTION_CUT && ret->kind != ACTION_WRITE_INTENT)
		fill_row(j, ret);
	if (ret->kind == ACTION_EMIT)
		e->free_rows[e->free_count++] = ret->job;
	return true;
}

static bool is_over(const struct engine *e)
{
	if (in_flight(e) > e->token.fetching || e->told_done)
		return false;
	return e->ledger_failed || (open_jobs(e) == 0 && e->source == SOURCE_COUNT);
}

/* The server wants nobody back before the last of its waits is over. */
static nsec_t resume_after(const struct engine *e, nsec_t now)
{
	return MAX(MAX(e->resume_at, e->paused_until) - now, 0);
}

/* Nobody is left to send with the token that is on its way. */
static bool cut_fetch(struct engine *e, struct engine_action *ret)
{
	if (e->token.cut)
		return false;
	e->token.cut = true;
	*ret = (struct engine_action){.kind = ACTION_CUT, .job = ENGINE_NO_JOB};
	return true;
}

static bool next_done(struct engine *e, nsec_t now, struct engine_action *ret)
{
	enum engine_end end = END_COMPLETE;

	if (!is_over(e))
		return false;
	if (e->token.fetching)
		return cut_fetch(e, ret);
	if (e->ending)
		end = e->end;
	else if (e->sandboxes_refused > 0 && e->sandboxes_refused == e->sandboxes_seen)
		end = END_SANDBOXES;
	e->told_done = true;
	*ret = (struct engine_action){
		.kind = ACTION_DONE,
		.job = ENGINE_NO_JOB,
		.done =
			{
				.end = end,
				.resume_after = end == END_RETRY_AFTER ? resume_after(e, now) : 0,
				.failed = e->halt.failed,
			},
	};
	return true;
}

bool engine_next(struct engine *e, nsec_t now, struct engine_action *ret)
{
	start(e, now);
	run_times(e, now);
	if (next_order(e, ret) || admit(e, now, ret) || claim_read(e, ret))
		return true;
	calibrate_end(e, now); /* which may order something after all */
	halt(e, now);
	return next_order(e, ret) || next_done(e, now, ret);
}

nsec_t engine_deadline(const struct engine *e)
{
	nsec_t at;

	if (e->ending)
		return NSEC_NEVER;
	at = MIN(MIN(heap_due(&e->times), ending_give_up_at(e)), token_deadline(e));
	return MIN(at, admit_at(e));
}

/* --------------------------------------------------------------- questions */

uint32_t engine_job_limit(const struct engine *e)
{
	return e->job_limit;
}

enum job_state engine_job_state(const struct engine *e, uint32_t job)
{
	assert(job < e->job_limit);
	return e->jobs[job].state;
}

struct engine_stats engine_stats(const struct engine *e)
{
	return (struct engine_stats){
		.in_flight = in_flight(e),
		.window = window_size(&e->window),
		.open_jobs = open_jobs(e),
		.requests = e->requests,
		.finished = e->halt.finished,
		.failed = e->halt.failed,
		.paused_until = e->paused_until,
		.paced_until = pace_ready_at(&e->pace),
		.unproven = e->unproven,
		.breaker_open = e->breaker.open,
		.ending = e->ending,
	};
}
