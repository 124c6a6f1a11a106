/* inventory.c - what is there already, before the first unseen row of a scope.
 *
 * Names are not unique in the API, and others may have made some of them. So a
 * scope with rows that the ledger has never seen is listed once, completely or
 * not at all, into the ledger, and their intents wait for it. A listing that does
 * not add up is made anew; one that is refused ends the run, nothing sent.
 */
#include <assert.h>

#include "engine/core.h"

#define UNSOUND_MAX 3 /* times that a listing may not add up */

static void begin(struct engine *e, nsec_t now, uint32_t scope)
{
	struct job *slot = look_free_listing(e);

	if (!slot || e->sandbox_refused[e->scope_sandbox[scope]])
		return; /* the end of a listing asks again */
	e->inventory[scope] = INVENTORY_RUNNING;
	job_begin(e, slot, JOB_KIND_INVENTORY, scope);
	job_move(e, now, slot, EV_LISTING);
}

void inventory_begin(struct engine *e, struct job *l)
{
	l->quiet = e->creates_out[l->scope] == 0;
	l->creates = e->creates_ever[l->scope];
}

/* Rows of this scope that were seen before are sent meanwhile, and come to be counted. */
static bool is_disturbed(const struct engine *e, const struct job *l)
{
	return !l->quiet || l->creates != e->creates_ever[l->scope];
}

bool inventory_ready(struct engine *e, nsec_t now, uint32_t scope)
{
	if (e->config.no_inventory || e->inventory[scope] == INVENTORY_COMPLETE)
		return true;
	if (e->inventory[scope] == INVENTORY_NONE)
		begin(e, now, scope);
	return false;
}

bool engine_intends(const struct engine *e, uint32_t scope)
{
	bool listed = e->config.no_inventory || e->inventory[scope] == INVENTORY_COMPLETE;

	return listed && !e->ending && !e->sandbox_refused[e->scope_sandbox[scope]];
}

void inventory_complete(struct engine *e, nsec_t now, struct job *l)
{
	uint32_t scope = l->scope;

	e->inventory[scope] = INVENTORY_COMPLETE;
	job_decide(e, now, l, EV_FOUND, OUTCOME_ADOPTED, CAUSE_LOOKUP);
	for (uint32_t i = 0; i < e->row_slots; i++) {
		struct job *j = &e->jobs[i];

		if (j->state == JOB_PENDING && j->awaits_inventory && j->scope == scope)
			claim_intend(e, now, j);
	}
	look_listing_gone(e, now);
}

/* A server that does not answer is waited for as in any outage, and given up as there.
 * One that answers, yet with no page, is asked as often as a row is sent. */
void inventory_trouble(struct engine *e, nsec_t now, struct job *l, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	uint32_t tries = l->failed_looks + l->unsent;

	if (answer == ANSWER_DOUBTFUL)
		l->unsound += !is_disturbed(e, l);
	else if (!answer_is_complete(answer))
		l->unsent++;
	else if (!breaker_was_open)
		l->failed_looks++; /* in a row: a page that was read sets it back */
	job_wait(e, now, l, EV_TROUBLE, job_backoff(e, now, BACKOFF_THROTTLE, tries, retry_after));
	if (l->unsound >= UNSOUND_MAX || l->failed_looks >= e->config.attempts)
		ending_begin(e, now, END_INVENTORY, false);
}
