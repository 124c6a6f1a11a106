/* token.c - one refresh for all, and an end to tokens that do not help.
 *
 * Each request carries the generation of its token. A refusal (401) of an older
 * one says nothing: sent again. Of the current one, if it has worked before, it
 * has run out: fetched once, and everybody waits for it. A token that has never
 * worked is not worth a refresh: the row waits and tries again, so that others
 * may prove the token good; a second refusal, of another row, or of this one
 * when it was the only one to ask, ends the run.
 */
#include "engine/core.h"

/* Has nobody else had, or will have soon, an answer with this token? */
static bool tried_alone(const struct engine *e)
{
	return e->requests == e->refused_requests + 1 && in_flight(e) == 1;
}

static bool refused_twice(const struct engine *e, const struct job *j)
{
	return e->refused_by != 0 && (e->refused_by != j->serial || tried_alone(e));
}

void token_refused(struct engine *e, nsec_t now, struct job *j, enum job_event event)
{
	bool of_older = j->generation < e->generation;
	bool end = false;
	nsec_t due = now;

	if (!of_older && e->token_usable && e->token_proven) {
		e->token_usable = false;
	} else if (!of_older && e->token_usable) {
		end = refused_twice(e, j);
		e->refused_by = j->serial;
		e->refused_requests = e->requests;
		due = job_backoff(e, now, BACKOFF_THROTTLE, j->refusals++, NSEC_NONE);
	}

	j->awaits_token = !of_older && !e->token_usable;
	job_wait(e, now, j, event, j->awaits_token ? NSEC_NEVER : due);
	if (end)
		ending_begin(e, now, END_TOKEN, false);
}

void token_fresh(struct engine *e, nsec_t now)
{
	e->generation++;
	e->token_usable = true;
	e->token_proven = false;
	e->refused_by = 0;
	e->fetching = false;

	for (uint32_t i = 0; i < e->job_limit; i++) {
		struct job *j = &e->jobs[i];

		if (!j->awaits_token)
			continue;
		j->awaits_token = false;
		if (j->state == JOB_WAITING || j->state == JOB_DOUBTFUL)
			heap_set(&e->times, i, now);
	}
}

bool token_wanted(const struct engine *e)
{
	return !e->token_usable && !e->fetching && open_jobs(e) > 0;
}
