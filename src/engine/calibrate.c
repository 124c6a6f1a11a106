/* calibrate.c - do lookups prove anything on this server, and how late are they?
 *
 * A lookup that finds nothing is believed only once one was seen to find: a filter
 * may be ignored, or misspelt, and a listing may lag by more than the settle. So
 * the first row that is created in a sandbox is looked for, in the background,
 * until it is found; four times its lag is a floor for every settle there. Where
 * no row was created yet when a doubt comes to need it, any connection that the
 * ledger knows serves (it has no lag), and so does a row that a lookup finds. Where
 * there is none at all, the oldest row in doubt is sent again, alone, and is
 * looked for. What is not found after a minute proves nothing, ever: rows in doubt
 * stay unresolved there.
 *
 * Lookups by name and complete listings are different questions to the server, so
 * each is calibrated by itself. Rows that are not in doubt never wait for any of
 * this, and a run that has nothing else to do does not either.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

#define LAG_FACTOR 4
#define GIVE_UP_AFTER_201 (60 * SEC)

static struct calibration *calibration_of(struct engine *e, const struct job *j)
{
	return &e->calibration[j->sandbox * 2 + j->filterable];
}

nsec_t calibrate_floor(const struct engine *e, const struct job *j)
{
	return e->calibration[j->sandbox * 2 + j->filterable].floor;
}

static bool same_kind(const struct job *a, const struct job *b)
{
	return a->sandbox == b->sandbox && a->filterable == b->filterable;
}

/* ------------------------------------------------------------------ waiting */

void calibrate_forget(struct engine *e, struct job *j)
{
	e->awaiting -= j->awaits_calibration;
	j->awaits_calibration = false;
}

static void await(struct engine *e, nsec_t now, struct job *j)
{
	job_wait(e, now, j, EV_UNSETTLED, NSEC_NEVER);
	j->awaits_calibration = true;
	e->awaiting++;
}

/* They look again, and take what they find from there. */
static void wake(struct engine *e, nsec_t now, const struct job *of)
{
	for (uint32_t i = 0; i < e->row_slots && e->awaiting > 0; i++) {
		struct job *j = &e->jobs[i];

		if (!j->awaits_calibration || !same_kind(j, of))
			continue;
		calibrate_forget(e, j);
		heap_set(&e->times, i, now);
	}
}

/* A slot is free: sandboxes that found none before may have theirs now. */
static void wake_slotless(struct engine *e, nsec_t now)
{
	for (uint32_t i = 0; i < e->row_slots && e->awaiting > 0; i++) {
		struct job *j = &e->jobs[i];

		if (!j->awaits_calibration || calibration_of(e, j)->state != CALIBRATION_NONE)
			continue;
		calibrate_forget(e, j);
		heap_set(&e->times, i, now);
	}
}

/* --------------------------------------------------------------------- jobs */

static struct job *free_slot(struct engine *e)
{
	for (uint32_t i = e->row_slots + LISTINGS_MAX; i < e->job_limit; i++)
		if (e->jobs[i].state == JOB_TOLD && !e->jobs[i].recalling && !e->jobs[i].orders)
			return &e->jobs[i];
	return NULL;
}

static struct job *begin(struct engine *e, nsec_t now, const struct job *of)
{
	struct job *c = free_slot(e);

	if (!c)
		return NULL;
	job_begin(e, c, JOB_KIND_CALIBRATION, of->scope);
	c->sandbox = of->sandbox;
	c->filterable = of->filterable;
	c->since = now;
	calibration_of(e, of)->state = CALIBRATION_RUNNING;
	job_move(e, now, c, EV_CLAIMED);
	return c;
}

void calibrate_created(struct engine *e, nsec_t now, struct job *j)
{
	struct calibration *cal = calibration_of(e, j);
	struct job *c;

	if (e->ending || e->sandbox_refused[j->sandbox] || e->config.unsafe.no_calibration ||
		(cal->state != CALIBRATION_NONE && cal->state != CALIBRATION_BY_ROW))
		return;
	c = begin(e, now, j);
	if (!c)
		return;
	c->measures = true;
	c->copy_from = job_number(e, j);
	order_add(e, c, ORDER_COPY);
	job_move(e, now, c, EV_LOOK);
}

void calibrate_found(struct engine *e, nsec_t now, const struct job *j)
{
	struct calibration *cal = calibration_of(e, j);

	cal->found = true;
	if (cal->state != CALIBRATION_NONE && cal->state != CALIBRATION_BY_ROW)
		return; /* what runs may measure a lag, or ends soon */
	cal->state = CALIBRATION_PROVEN;
	wake(e, now, j);
}

static bool may_be_sent(const struct engine *e, const struct job *j)
{
	return j->kind == JOB_KIND_ROW && !j->clash && j->spent < e->config.attempts;
}

static struct job *oldest_awaiting(const struct engine *e, const struct job *of)
{
	struct job *oldest = NULL;

	for (uint32_t i = 0; i < e->row_slots; i++) {
		struct job *j = &e->jobs[i];

		if (j->awaits_calibration && same_kind(j, of) && may_be_sent(e, j) &&
			(!oldest || j->doubt_at < oldest->doubt_at))
			oldest = j;
	}
	return oldest;
}

/* Nothing is known: the oldest goes, and the others wait for what becomes of it. */
static void by_oldest(struct engine *e, nsec_t now, const struct job *c)
{
	struct calibration *cal = calibration_of(e, c);
	struct job *j = oldest_awaiting(e, c);

	cal->state = CALIBRATION_BY_ROW;
	cal->serial = 0; /* nobody: whoever comes to be absent next that may be sent */
	if (!j)
		return;
	cal->serial = j->serial;
	calibrate_forget(e, j);
	heap_set(&e->times, job_number(e, j), now);
}

void calibrate_decided(struct engine *e, nsec_t now, const struct job *j)
{
	struct calibration *cal = calibration_of(e, j);

	if (cal->state != CALIBRATION_BY_ROW || cal->serial != j->serial)
		return;
	by_oldest(e, now, j);
}

/* ------------------------------------------------------------------- proofs */

static void ask_for_known(struct engine *e, nsec_t now, const struct job *j)
{
	struct job *c = begin(e, now, j);

	if (!c)
		return; /* wake_slotless() */
	c->recalling = true;
	order_add(e, c, ORDER_RECALL);
}

/* The one row that is sent without proof waits as if its answer had timed out. */
static bool oldest_may_go(struct engine *e, nsec_t now, struct job *j)
{
	nsec_t at = nsec_add(j->doubt_at, e->config.settle_timeout);

	if (j->search_at >= at)
		return true;
	job_wait(e, now, j, EV_UNSETTLED, at);
	return false;
}

static void unproven(struct engine *e, nsec_t now, struct job *j, enum job_event event)
{
	job_decide(e, now, j, event, OUTCOME_UNRESOLVED, CAUSE_UNPROVEN);
}

bool calibrate_by(struct engine *e, const struct job *j)
{
	const struct calibration *cal = calibration_of(e, j);

	return cal->state == CALIBRATION_BY_ROW && cal->serial == j->serial;
}

bool calibrate_proves(struct engine *e, nsec_t now, struct job *j)
{
	struct calibration *cal = calibration_of(e, j);

	if (cal->state == CALIBRATION_PROVEN || e->config.unsafe.no_calibration)
		return true;
	if (cal->state == CALIBRATION_BY_ROW && cal->serial == 0 && may_be_sent(e, j))
		cal->serial = j->serial;
	if (calibrate_by(e, j) && !may_be_sent(e, j))
		by_oldest(e, now, j); /* its tries are spent: the next one */
	if (calibrate_by(e, j))
		return oldest_may_go(e, now, j);
	if (cal->state == CALIBRATION_FAILED) {
		unproven(e, now, j, EV_SPENT);
		return false;
	}
	if (job_troubled(e, j)) {
		job_decide(e, now, j, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
		return false;
	}
	await(e, now, j);
	if (cal->state == CALIBRATION_NONE)
		ask_for_known(e, now, j);
	return false;
}

/* ------------------------------------------------------------------ answers */

void calibrate_recalled(struct engine *e, nsec_t now, const struct engine_event *ev)
{
	struct job *c = &e->jobs[ev->job];

	assert(ev->job < e->job_limit && c->recalling);
	c->recalling = false;
	if (c->state != JOB_PENDING) /* closed while it was asked */
		return;
	if (ev->recalled.found && (!c->filterable || ev->recalled.filterable)) {
		assert(ev->recalled.scope < ENGINE_SCOPES_MAX);
		c->scope = c->look_scope = ev->recalled.scope;
		e->scope_sandbox[c->scope] = c->sandbox;
		c->since = now;
		job_move(e, now, c, EV_LOOK);
		return;
	}
	if (calibration_of(e, c)->found) {
		calibration_of(e, c)->state = CALIBRATION_PROVEN;
		wake(e, now, c);
	} else {
		by_oldest(e, now, c);
	}
	job_decide(e, now, c, EV_KNOWN, OUTCOME_SKIPPED, CAUSE_CLAIM);
	wake_slotless(e, now);
}

/* Whoever was to be sent without proof, and did not leave yet, stays. */
static void keep_back(struct engine *e, nsec_t now, const struct job *of)
{
	for (uint32_t i = 0; i < e->row_slots; i++) {
		struct job *j = &e->jobs[i];
		bool ready =
			j->state == JOB_READY || (j->state == JOB_WAITING && j->intent_durable);

		if (ready && j->doubt && j->task == TASK_CREATE && same_kind(j, of))
			unproven(e, now, j, EV_CLOSED);
	}
}

bool calibrate_keeps_back(struct engine *e, nsec_t now, struct job *j)
{
	if (!j->doubt || calibration_of(e, j)->state != CALIBRATION_FAILED)
		return false;
	unproven(e, now, j, EV_CLOSED);
	return true;
}

static bool sandbox_failed(const struct engine *e, uint32_t sandbox)
{
	return e->calibration[2 * sandbox].state == CALIBRATION_FAILED ||
	       e->calibration[2 * sandbox + 1].state == CALIBRATION_FAILED;
}

static void conclude(struct engine *e, nsec_t now, struct job *c, enum job_event event, int state)
{
	struct calibration *cal = calibration_of(e, c);

	if (state == CALIBRATION_FAILED && !sandbox_failed(e, c->sandbox))
		e->unproven++;
	cal->state = (unsigned int)state;
	if (state == CALIBRATION_FAILED)
		keep_back(e, now, c);
	wake(e, now, c);
	job_decide(e, now, c, event, OUTCOME_ADOPTED, CAUSE_LOOKUP);
	wake_slotless(e, now);
}

void calibrate_finding(struct engine *e, nsec_t now, struct job *c, bool found)
{
	nsec_t last = nsec_add(c->since, GIVE_UP_AFTER_201);
	nsec_t due;

	c->paging = false;
	if (found) {
		if (c->measures)
			calibration_of(e, c)->floor = LAG_FACTOR * (now - c->since);
		conclude(e, now, c, EV_FOUND, CALIBRATION_PROVEN);
	} else if (c->search_at >= last) {
		conclude(e, now, c, EV_SPENT, CALIBRATION_FAILED);
	} else {
		due = job_backoff(e, now, BACKOFF_LOOKUP, c->failed_looks++, NSEC_NONE);
		job_wait(e, now, c, EV_UNSETTLED, MIN(due, MAX(last, now)));
	}
}

/* A look that proved nothing either way. Where this goes on, those who wait look for
 * themselves, and have had a trouble more each time, so that this comes to an end. */
void calibrate_trouble(
	struct engine *e, nsec_t now, struct job *c, nsec_t retry_after, bool breaker_was_open)
{
	nsec_t due = job_backoff(e, now, BACKOFF_LOOKUP, c->failed_looks++, retry_after);

	if (!job_trouble(e, c, breaker_was_open)) {
		job_wait(e, now, c, EV_TROUBLE, due);
		return;
	}
	for (uint32_t i = 0; i < e->row_slots; i++)
		if (e->jobs[i].awaits_calibration && same_kind(&e->jobs[i], c))
			e->jobs[i].troubles++;
	conclude(e, now, c, EV_SPENT, CALIBRATION_NONE);
}

/* ---------------------------------------------------------------------- ends */

static bool is_running(const struct engine *e)
{
	for (uint32_t i = e->row_slots + LISTINGS_MAX; i < e->job_limit; i++)
		if (e->jobs[i].state != JOB_TOLD || e->jobs[i].recalling)
			return true;
	return false;
}

/* Does every open row wait for a calibration, and nothing can come any more that
 * would be one? */
static bool is_stuck(const struct engine *e)
{
	bool no_more = e->source >= SOURCE_RESENT || e->free_count == 0;

	return e->awaiting > 0 && e->awaiting == e->open_rows && no_more && e->reads_out == 0 &&
	       !is_running(e);
}

static void give_up(struct engine *e, nsec_t now)
{
	for (uint32_t i = 0; i < e->row_slots; i++) {
		struct job *j = &e->jobs[i];

		if (!j->awaits_calibration)
			continue;
		unproven(e, now, j, EV_CLOSED);
	}
}

/* A listing that is out is let finish, one that waits (for a token, say) is not needed. */
static void close_all(struct engine *e, nsec_t now)
{
	for (uint32_t i = e->row_slots; i < e->job_limit; i++) {
		struct job *c = &e->jobs[i];

		if (c->state == JOB_LOOKING && !c->cut && c->kind == JOB_KIND_CALIBRATION) {
			c->cut = true;
			order_add(e, c, ORDER_CUT);
		} else if (job_next_state(c->state, EV_CLOSED) != JOB_STATE_COUNT) {
			job_decide(e, now, c, EV_CLOSED, OUTCOME_SKIPPED, CAUSE_ENDED);
		}
	}
}

void calibrate_end(struct engine *e, nsec_t now)
{
	if (is_stuck(e))
		give_up(e, now);
	if (e->open_rows == 0 && e->source == SOURCE_COUNT && open_jobs(e) > 0)
		close_all(e, now);
}
