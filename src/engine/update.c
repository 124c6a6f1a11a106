/* update.c - a row whose connection is there, and not as the row wants it.
 *
 * An update carries the etag that we know, so the server refuses it if anybody has
 * changed the connection since. That is what makes it safe to send again: should one
 * whose answer was lost be executed later after all, its content is the same, and whoever
 * came in between has made it stale. So no settle is waited out.
 *
 * Its intent is durable before it leaves, for the row may be edited before a lost one is
 * known of: edited back, it would seem to be as we left it, and edited again, what we have
 * sent would seem to be somebody else's. An intent is taken back when no answer was lost; one
 * of an earlier run stays until an update is answered, for it may be executed yet.
 *
 * After a refusal or a doubt the connection is read. As we left it, as we want it, or as an
 * intent says: the update goes once more, with the etag that was read. Else somebody has
 * changed it, and the row is a conflict. Servers move an etag by themselves, too, once, a
 * while after a create, so the first refusal costs no attempt; only one that keeps moving,
 * however often we read it, is a conflict by that alone.
 */
#include <assert.h>

#include "engine/core.h"

/* Its condition failed, so nothing was executed; what is there? */
static void stale(struct engine *e, nsec_t now, struct job *j)
{
	j->spent += j->forgiven;
	j->forgiven = true;
	j->stales++;
	j->paging = false;
	job_move(e, now, j, EV_LOOK);
}

void update_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	if (answer == ANSWER_UPDATED)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_UPDATED, CAUSE_ANSWER);
	else if (answer == ANSWER_GONE)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_FAILED, CAUSE_ANSWER);
	else if (answer == ANSWER_STALE)
		stale(e, now, j);
	else
		assert(!"an answer of another request came to an update");
}

/* The budget is spent. What changed it may be an update of ours whose answer was lost. */
static enum engine_outcome given_up(const struct job *j, enum engine_answer finding)
{
	if (j->stales > 0)
		return j->lost ? OUTCOME_UNRESOLVED : OUTCOME_CONFLICT;
	return finding == ANSWER_SAME ? OUTCOME_FAILED : OUTCOME_UNRESOLVED;
}

/* Whoever else writes to it, or a server that is still at it, is given a moment. */
static nsec_t due(struct engine *e, nsec_t now, const struct job *j)
{
	return j->stales < 2 ? now : job_backoff(e, now, BACKOFF_LOOKUP, j->stales - 2, NSEC_NONE);
}

void update_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding)
{
	if (finding == ANSWER_SAME)
		j->doubt = false;
	if (finding == ANSWER_CONFLICT)
		job_decide(e, now, j, EV_FOUND, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	else if (finding == ANSWER_GONE)
		job_decide(e, now, j, EV_FOUND, OUTCOME_FAILED, CAUSE_LOOKUP);
	else if (j->spent >= e->config.attempts)
		job_decide(e, now, j, EV_SPENT, given_up(j, finding), CAUSE_ATTEMPTS);
	else
		job_wait(e, now, j, EV_CLEARED, due(e, now, j));
}
