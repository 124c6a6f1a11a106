/* ending.c - how a run ends early, and a sandbox.
 *
 * However it ends: an open row in doubt is unresolved, every other open row is
 * what its claim said, else skipped. What is in flight finishes, or is cut, and is closed by its answer. A
 * row whose intent is on its way to the ledger is closed when that is durable,
 * and the withdrawal queues behind it. Rows that are still to be read get their
 * lines too, except after an abort.
 */
#include "base/macros.h"
#include "engine/core.h"

static bool is_refused(const struct engine *e, const struct job *j)
{
	return e->sandbox_refused[j->sandbox];
}

static bool in_doubt(const struct job *j)
{
	return j->doubt; /* also of one that was about to be sent without proof */
}

/* An intent that was ordered and not yet handed out can be taken back here. */
static bool intent_on_its_way(struct job *j)
{
	if (!j->intent || j->intent_durable)
		return false;
	if (!(j->orders & ORDER_WRITE_INTENT))
		return true;
	j->orders &= (uint8_t)~ORDER_WRITE_INTENT;
	j->intent = j->intent_durable = j->earlier_intent;
	if (!j->orders)
		list_remove(&j->orders_link);
	return false;
}

/* What a row is told that is not in doubt: nothing of it was executed in this run. */
static enum engine_outcome safe(const struct engine *e, const struct job *j)
{
	return is_refused(e, j) && j->kind != JOB_KIND_RELOOK ? OUTCOME_FAILED : j->known;
}

static enum engine_cause cause_of(const struct engine *e, const struct job *j)
{
	if (is_refused(e, j))
		return CAUSE_SANDBOX;
	if (j->task != TASK_CREATE)
		return CAUSE_ENDED;
	return in_doubt(j) || j->known == OUTCOME_SKIPPED ? CAUSE_ENDED : CAUSE_CLAIM;
}

void ending_close_job(struct engine *e, nsec_t now, struct job *j)
{
	if (e->ledger_failed || (!e->ending && !is_refused(e, j)))
		return;
	if (job_next_state(j->state, EV_CLOSED) == JOB_STATE_COUNT || intent_on_its_way(j))
		return;
	j->awaits_token = false;
	job_decide(e, now, j, EV_CLOSED, in_doubt(j) ? OUTCOME_UNRESOLVED : safe(e, j),
		cause_of(e, j));
	if (!is_row(j))
		look_listing_gone(e, now);
}

static void close_all(struct engine *e, nsec_t now)
{
	for (uint32_t i = 0; i < e->job_limit; i++)
		ending_close_job(e, now, &e->jobs[i]);
}

static void cut_all(struct engine *e)
{
	for (uint32_t i = 0; i < e->job_limit; i++) {
		struct job *j = &e->jobs[i];

		if ((j->state != JOB_IN_FLIGHT && j->state != JOB_LOOKING) || j->cut)
			continue;
		j->cut = true;
		order_add(e, j, ORDER_CUT);
	}
}

/* The ledger is gone: what waits to be written or told never will be. */
static void drop_orders(struct engine *e)
{
	for (uint32_t i = 0; i < e->job_limit; i++) {
		struct job *j = &e->jobs[i];

		if (!j->orders)
			continue;
		j->orders &= ORDER_CUT;
		if (!j->orders)
			list_remove(&j->orders_link);
	}
}

void ending_begin(struct engine *e, nsec_t now, enum engine_end end, bool cut)
{
	bool first = !e->ending;

	if (first || end == END_LEDGER || (end == END_ABORTED && !e->ledger_failed))
		e->end = end;
	e->ending = true;
	if (end == END_LEDGER) {
		e->ledger_failed = true;
		drop_orders(e);
	}
	if (end == END_ABORTED || end == END_INPUT)
		e->source = SOURCE_COUNT;
	if (first)
		close_all(e, now);
	if (cut)
		cut_all(e);
}

void ending_refuse_sandbox(struct engine *e, nsec_t now, uint32_t sandbox)
{
	if (e->sandbox_refused[sandbox])
		return;
	e->sandbox_refused[sandbox] = true;
	e->sandboxes_refused++;
	close_all(e, now);
}

nsec_t ending_patience(const struct engine *e, bool answered)
{
	if (e->config.give_up_after != NSEC_NONE)
		return e->config.give_up_after;
	return answered ? GIVE_UP_AFTER : GIVE_UP_AT_START;
}

nsec_t ending_give_up_at(const struct engine *e)
{
	nsec_t since = NSEC_NEVER;

	if (e->breaker.open)
		since = e->breaker.opened_at;
	/* A pause is our own silence, and so is a time without a token. */
	if (e->silent_since != NSEC_NONE && e->token.missing_since == NSEC_NONE)
		since = MIN(since, MAX(e->silent_since, e->paused_until));
	if (e->ending || open_jobs(e) == 0)
		return NSEC_NEVER;
	/* So is a time without rows, when nobody is asked. */
	return nsec_add(MAX(since, e->busy_since), ending_patience(e, e->answered));
}
