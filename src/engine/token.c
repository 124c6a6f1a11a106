/* token.c - one fetch for all, in time, and an end to tokens that do not help.
 *
 * A token ends. At 85 to 95 % of its life (a uniform draw, so that the machines of
 * a site do not ask in step) the next one is fetched, while requests go on with the
 * old one; should that fail, it is tried again with backoff, and requests go on
 * until the end of the life and no longer. Nothing is fetched that no row waits for:
 * one whose request is out may well be the last.
 *
 * Each request carries the generation of its token. A refusal (401) of an older
 * one says nothing: sent again. Of the current one, if it has worked before or its
 * renewal is late, it has run out: fetched once, and everybody waits for it. A token
 * that has never worked is not worth a refresh: the row waits and tries again, so
 * that others may prove the token good; a second refusal, of another row, or of this
 * one when it was the only one to ask, ends the run.
 *
 * The token endpoint is asked gently, whatever goes wrong: one FETCH at a time, none
 * within a second of the last, after failures full jitter over 1, 2, 4 … 30 s or what
 * Retry-After says, which a revocation does not shorten. A row that was refused
 * before waits for more than a fresh token. None to be had for give_up_after ends
 * the run; so do tokens, one after the other, that are refused as they come, and
 * tokens so short that no request leaves with them.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

#define FETCH_GAP (1 * SEC) /* from one FETCH to the next, at least */
#define BARREN_MAX 5        /* fresh tokens in a row that were refused and never worked */

void token_init(struct token *t)
{
	*t = (struct token){.missing_since = NSEC_NONE};
}

/* ------------------------------------------------------------------- its life */

/* A row that was decided needs none, one that is out needs one only if it comes back. */
static bool is_wanted(const struct engine *e)
{
	return e->open_rows > e->count[JOB_DONE] + e->rows_out;
}

/* A renewal is under way, so the token may have ended a little early. */
static bool is_late(const struct token *t)
{
	return t->fetching || t->failures > 0;
}

/* For so long none was missing, whether anybody used it or not. */
static void stop_using(struct token *t, nsec_t at)
{
	if (t->usable && t->missing_since != NSEC_NONE)
		t->missing_since += at - t->came;
	t->usable = false;
}

static void lose(struct token *t, nsec_t at)
{
	stop_using(t, at);
	if (is_late(t) && t->missing_since == NSEC_NONE)
		t->missing_since = at;
}

void token_age(struct engine *e, nsec_t now)
{
	if (e->token.usable && now >= e->token.ends)
		lose(&e->token, e->token.ends);
}

/* Somewhere in 85 to 95 % of its life. */
static nsec_t renewal(struct engine *e, nsec_t now, nsec_t life)
{
	if (life == NSEC_NEVER)
		return NSEC_NEVER;
	return nsec_add(now, life - life / 20 - random_up_to(&e->random, life / 10));
}

/* What it was refused for may not be the token's fault: from the second time on it
 * waits a little longer than for the token. */
static nsec_t due_with_fresh(struct engine *e, nsec_t now, const struct job *j)
{
	if (j->refusals < 2)
		return now;
	return job_backoff(e, now, BACKOFF_THROTTLE, j->refusals - 2, NSEC_NONE);
}

static void wake(struct engine *e, nsec_t now)
{
	for (uint32_t i = 0; i < e->job_limit; i++) {
		struct job *j = &e->jobs[i];

		if (!j->awaits_token)
			continue;
		j->awaits_token = false;
		if (j->state == JOB_WAITING || j->state == JOB_DOUBTFUL)
			heap_set(&e->times, i, due_with_fresh(e, now, j));
	}
}

void token_fresh(struct engine *e, nsec_t now, nsec_t life)
{
	struct token *old = &e->token;

	assert(life >= 0);
	stop_using(old, now);
	e->token = (struct token){
		.generation = old->generation + 1,
		.usable = life > 0,
		.came = now,
		.ends = nsec_add(now, life),
		.renew_at = renewal(e, now, life),
		.fetch_at = old->fetch_at,
		.missing_since = old->missing_since,
		.barren = old->proven ? 0 : old->barren + old->refused,
	};
	wake(e, now);
}

/* -------------------------------------------------------------------- fetching */

nsec_t token_fetch_at(const struct engine *e)
{
	const struct token *t = &e->token;

	if (t->fetching || !is_wanted(e))
		return NSEC_NEVER;
	return t->usable ? MAX(t->fetch_at, t->renew_at) : t->fetch_at;
}

void token_fetch(struct engine *e, nsec_t now, struct engine_action *ret)
{
	struct token *t = &e->token;

	t->fetching = true;
	t->fetch_at = nsec_add(now, FETCH_GAP);
	if (!t->usable && t->missing_since == NSEC_NONE)
		t->missing_since = now;
	*ret = (struct engine_action){.kind = ACTION_FETCH, .job = ENGINE_NO_JOB};
}

void token_failed(struct engine *e, nsec_t now, nsec_t retry_after)
{
	struct token *t = &e->token;
	nsec_t again;

	assert(t->fetching);
	again = job_backoff(e, now, BACKOFF_THROTTLE, t->failures++, retry_after);
	t->fetching = false;
	t->fetch_at = MAX(t->fetch_at, again);
}

void token_denied(struct engine *e, nsec_t now)
{
	assert(e->token.fetching);
	e->token.fetching = false;
	if (!e->token.cut) /* else nobody needs it any more */
		ending_begin(e, now, END_TOKEN, false);
}

void token_used(struct engine *e, nsec_t now)
{
	nsec_t since = e->token.missing_since;

	e->token.used = true;
	if (since == NSEC_NONE)
		return;
	e->token.missing_since = NSEC_NONE;
	if (e->silent_since != NSEC_NONE) /* nobody was asked meanwhile */
		e->silent_since += now - MAX(since, e->silent_since);
}

static nsec_t give_up_at(const struct engine *e)
{
	const struct token *t = &e->token;

	if (t->usable || t->missing_since == NSEC_NONE || e->ending || !is_wanted(e))
		return NSEC_NEVER;
	return nsec_add(
		MAX(t->missing_since, e->busy_since), ending_patience(e, t->generation > 0));
}

nsec_t token_deadline(const struct engine *e)
{
	return e->token.usable && is_wanted(e) ? e->token.ends : give_up_at(e);
}

void token_give_up(struct engine *e, nsec_t now)
{
	if (give_up_at(e) <= now)
		ending_begin(e, now, END_TOKEN_OUTAGE, false);
}

/* -------------------------------------------------------------------- refusals */

/* Has nobody else had, or will have soon, an answer with this token? */
static bool tried_alone(const struct engine *e)
{
	return e->requests == e->token.refused_when + 1 && in_flight(e) == 1;
}

static bool refused_twice(const struct engine *e, const struct job *j)
{
	return e->token.refused_by != 0 && (e->token.refused_by != j->serial || tried_alone(e));
}

/* @return whether it shows that no token helps */
static bool refuse_current(struct engine *e, nsec_t now, struct job *j)
{
	struct token *t = &e->token;
	bool hopeless = t->barren >= BARREN_MAX && !t->proven;

	t->refused = true;
	j->refusals++;
	if (t->usable && (t->proven || is_late(t))) {
		lose(t, now);
	} else if (t->usable) {
		hopeless |= refused_twice(e, j);
		t->refused_by = j->serial;
		t->refused_when = e->requests;
	}
	return hopeless;
}

void token_refused(struct engine *e, nsec_t now, struct job *j, enum job_event event)
{
	bool of_older = j->generation < e->token.generation;
	bool hopeless = !of_older && refuse_current(e, now, j);
	nsec_t due = now;

	j->awaits_token = !of_older && !e->token.usable;
	if (j->awaits_token)
		due = NSEC_NEVER;
	else if (!of_older)
		due = job_backoff(e, now, BACKOFF_THROTTLE, j->refusals - 1, NSEC_NONE);
	job_wait(e, now, j, event, due);
	if (hopeless)
		ending_begin(e, now, END_TOKEN, false);
}
