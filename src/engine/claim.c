/* claim.c - rows come in: from where, and what the ledger said of them.
 *
 * There are four sources, one after the other: marks of an earlier run, the input,
 * doubts that the input does not name, and what this run has marked itself. The
 * last waits until no other row is open, so that all that could be marked is.
 * When the run is ending only the input is still read, for its lines.
 *
 * What an earlier run left decides where a row's life begins: in doubt (its
 * intent stands open), with a look (it was ended without an id: perhaps it is
 * there by now), or with an intent. The intent of a row that was never seen waits
 * for its scope's inventory. Rows whose connection is there have other tasks: what is
 * to be updated is intended at once, what is to be tested may leave, and what is to be
 * deleted is read first.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

static void see_sandbox(struct engine *e, const struct job *j)
{
	assert(j->scope < ENGINE_SCOPES_MAX && j->sandbox < ENGINE_SCOPES_MAX);
	assert(j->look_scope < ENGINE_SCOPES_MAX);
	e->scope_sandbox[j->scope] = e->scope_sandbox[j->look_scope] = j->sandbox;
	e->sandboxes_seen += !e->sandbox_seen[j->sandbox];
	e->sandbox_seen[j->sandbox] = true;
}

void claim_intend(struct engine *e, nsec_t now, struct job *j)
{
	j->awaits_inventory = false;
	j->intent = true;
	order_add(e, j, ORDER_WRITE_INTENT);
	if (e->config.unsafe.no_intent) {
		j->intent_durable = true;
		job_move(e, now, j, EV_DURABLE);
	}
}

static void fresh(struct engine *e, nsec_t now, struct job *j, bool intended)
{
	j->intent = j->intent_durable = intended;
	ending_close_job(e, now, j);
	if (j->state != JOB_PENDING)
		return;
	if (intended) {
		job_move(e, now, j, EV_DURABLE);
		return;
	}
	j->awaits_inventory = !inventory_ready(e, now, j->scope);
	if (!j->awaits_inventory)
		claim_intend(e, now, j);
}

/* Whoever left the intent may have sent it until he died, which was before this
 * run began. */
static void open(struct engine *e, nsec_t now, struct job *j)
{
	j->intent = j->intent_durable = j->earlier_intent = true;
	j->doubt = true;
	j->doubt_at = e->started_at;
	j->settle = e->config.settle_timeout;
	job_wait(e, now, j, EV_OPEN, now);
	ending_close_job(e, now, j);
}

static void relook(struct engine *e, nsec_t now, struct job *j)
{
	if (e->source == SOURCE_RESENT)
		job_wait(e, now, j, EV_OPEN, MAX(now, e->resent_settled));
	else
		job_move(e, now, j, EV_LOOK);
	ending_close_job(e, now, j);
}

/* Its connection is there, so nothing is looked for and no inventory is awaited. */
static void update(struct engine *e, nsec_t now, struct job *j, bool open)
{
	j->lost = open;
	ending_close_job(e, now, j);
	if (j->state == JOB_PENDING)
		claim_intend(e, now, j);
}

/* The same, and nothing is changed. */
static void test(struct engine *e, nsec_t now, struct job *j)
{
	job_move(e, now, j, EV_PLAIN);
	ending_close_job(e, now, j);
}

static void delete (struct engine *e, nsec_t now, struct job *j, bool open)
{
	if (open) { /* as of a create: until this run began */
		j->intent = j->intent_durable = j->earlier_intent = true;
		j->doubt = j->lost = true;
		j->doubt_at = e->started_at;
		j->settle = e->config.settle_timeout;
	}
	job_move(e, now, j, EV_LOOK);
	ending_close_job(e, now, j);
}

static void begin(struct engine *e, nsec_t now, struct job *j, const struct engine_event *ev)
{
	switch (ev->row.claim) {
	case CLAIM_FRESH: fresh(e, now, j, ev->row.intended); break;
	case CLAIM_OPEN:
	case CLAIM_GONE: open(e, now, j); break;
	case CLAIM_ENDED:
		job_move(e, now, j, EV_LOOK);
		ending_close_job(e, now, j);
		break;
	case CLAIM_RELOOK: relook(e, now, j); break;
	case CLAIM_UPDATE: update(e, now, j, false); break;
	case CLAIM_UPDATE_OPEN: update(e, now, j, true); break;
	case CLAIM_TEST: test(e, now, j); break;
	case CLAIM_DELETE: delete (e, now, j, false); break;
	case CLAIM_DELETE_OPEN: delete (e, now, j, true); break;
	case CLAIM_KNOWN: job_decide(e, now, j, EV_KNOWN, ev->row.known, CAUSE_CLAIM); break;
	case CLAIM_DUPLICATE:
	case CLAIM_INVALID: job_decide(e, now, j, EV_KNOWN, OUTCOME_INVALID, CAUSE_CLAIM); break;
	default: assert(!"no such claim");
	}
}

static enum job_kind kind_of(enum engine_claim claim)
{
	if (claim == CLAIM_GONE)
		return JOB_KIND_GONE;
	return claim == CLAIM_RELOOK ? JOB_KIND_RELOOK : JOB_KIND_ROW;
}

static enum job_task task_of(enum engine_claim claim)
{
	if (claim == CLAIM_UPDATE || claim == CLAIM_UPDATE_OPEN)
		return TASK_UPDATE;
	if (claim == CLAIM_TEST)
		return TASK_TEST;
	return claim == CLAIM_DELETE || claim == CLAIM_DELETE_OPEN ? TASK_DELETE : TASK_CREATE;
}

/* Has the claim said what the row is told should the run end before it is decided? */
static bool has_known(enum engine_claim claim)
{
	return claim == CLAIM_ENDED || task_of(claim) != TASK_CREATE;
}

static bool looks_by_earlier_intent(enum engine_claim claim)
{
	return claim == CLAIM_OPEN || claim == CLAIM_GONE || claim == CLAIM_RELOOK;
}

void claim_row(struct engine *e, nsec_t now, const struct engine_event *ev)
{
	struct job *j = &e->jobs[ev->job];

	assert(ev->job < e->row_slots && j->reading && j->state == JOB_TOLD);
	*j = (struct job){
		.serial = e->next_serial++,
		.kind = kind_of(ev->row.claim),
		.task = task_of(ev->row.claim),
		.scope = ev->row.scope,
		.look_scope =
			looks_by_earlier_intent(ev->row.claim) ? ev->row.look_scope : ev->row.scope,
		.sandbox = ev->row.sandbox,
		.filterable = ev->row.filterable,
		.known = has_known(ev->row.claim) ? ev->row.known : OUTCOME_SKIPPED,
		.listing = ENGINE_NO_JOB,
	};
	list_init(&j->orders_link);
	list_init(&j->queue_link);
	e->reads_out -= e->reads_out > 0;
	if (open_jobs(e) == 0)
		e->busy_since = now;
	if (ev->row.claim != CLAIM_INVALID)
		see_sandbox(e, j);
	job_move(e, now, j, EV_CLAIMED);
	begin(e, now, j, ev);
}

void claim_intend_anew(struct engine *e, nsec_t now, struct job *j)
{
	bool at_once = e->config.unsafe.no_intent;

	job_wait(e, now, j, EV_ABSENT, at_once ? now : NSEC_NEVER);
	j->intent = true;
	j->intent_durable = at_once;
	order_add(e, j, ORDER_WRITE_INTENT);
}

void claim_intent_durable(struct engine *e, nsec_t now, struct job *j)
{
	if (e->config.unsafe.no_intent)
		return;
	assert(j->state == JOB_PENDING || j->state == JOB_WAITING);
	j->intent_durable = true;
	j->earlier_intent = false;
	if (j->task == TASK_CREATE)
		j->known =
			OUTCOME_SKIPPED; /* what it was told before is taken back with the intent */
	j->look_scope = j->scope;
	ending_close_job(e, now, j);
	if (j->state == JOB_PENDING)
		job_move(e, now, j, EV_DURABLE);
	else if (j->state == JOB_WAITING && !calibrate_keeps_back(e, now, j))
		heap_set(&e->times, job_number(e, j), now);
}

void claim_listed(struct engine *e, nsec_t now, struct job *j, enum engine_outcome known)
{
	assert(j->state == JOB_PENDING && (known == OUTCOME_ADOPTED || known == OUTCOME_CONFLICT));
	j->intent = false;
	job_decide(e, now, j, EV_KNOWN, known, CAUSE_LOOKUP);
}

/* ----------------------------------------------------------------- reading */

/* READs that are out are void: no more rows come for them. */
static void void_reads(struct engine *e)
{
	for (uint32_t i = e->row_slots; i-- > 0;) { /* the lowest comes to lie on top again */
		if (!e->jobs[i].reading || e->jobs[i].state != JOB_TOLD)
			continue;
		e->jobs[i].reading = false;
		e->free_rows[e->free_count++] = i;
	}
	e->reads_out = 0;
}

void claim_source_ended(struct engine *e, nsec_t now, bool fatal)
{
	void_reads(e);
	if (e->config.input_only)
		e->source = SOURCE_COUNT;
	else if (e->source < SOURCE_COUNT)
		e->source++;
	if (fatal)
		ending_begin(e, now, END_INPUT, false);
}

static bool in_ledger(enum engine_source source)
{
	return source != SOURCE_INPUT;
}

/* Is there nothing to be had from this source, or nobody to be asked? */
static bool is_idle(const struct engine *e)
{
	if (!in_ledger(e->source) || e->reads_out > 0)
		return false;
	return e->ending || (e->source == SOURCE_RESENT && e->open_rows == 0 && !e->resent_any) ||
	       (e->source == SOURCE_DOUBTS && e->config.unsafe.no_gone);
}

static bool may_read(struct engine *e)
{
	if (e->source == SOURCE_COUNT || e->ledger_failed || e->free_count == 0)
		return false;
	if (!in_ledger(e->source))
		return true;
	if (e->source == SOURCE_RESENT && e->open_rows == 0)
		e->resent_begun = true;
	return !e->ending && e->reads_out < RECALLS_MAX &&
	       (e->source != SOURCE_RESENT || e->resent_begun);
}

bool claim_read(struct engine *e, struct engine_action *ret)
{
	uint32_t job;

	while (e->source < SOURCE_COUNT && is_idle(e))
		e->source++;
	if (!may_read(e))
		return false;
	job = e->free_rows[--e->free_count];
	e->jobs[job].reading = true;
	e->reads_out++;
	*ret = (struct engine_action){.kind = ACTION_READ, .job = job, .read.source = e->source};
	return true;
}
