/* delete.c - a row whose connection is to be deleted, if it is as we left it.
 *
 * The API has no guard for a deletion: what somebody changes between our read and our
 * request is lost. So each is read first, its intent is written, and then it leaves
 * before anything else; what had to wait for more than a minute (for the end of a pause, a
 * token, an outage) is read again.
 *
 * What was deleted stays so, and ids are never used again: to delete twice does no harm.
 * So after a doubt it is read, and if it is there, the deletion goes again at once. But
 * that nothing was executed is believed only of a read that began after the settle, as
 * with creates: only then is the intent taken back, or a conflict told. While it stands,
 * the next run does not take the connection for one that is there.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

#define READ_HOLDS (60 * SEC) /* more than a probe of an open breaker waits */
#define LATE_MAX 8            /* times that a row is read again for that */

static enum engine_outcome gone(const struct job *j)
{
	return j->lost ? OUTCOME_DELETED : OUTCOME_GONE;
}

static nsec_t settled_at(const struct job *j)
{
	return nsec_add(j->doubt_at, j->settle);
}

/* Of this one nothing was executed; but an earlier one, whose answer was lost, may be yet,
 * once it is not in use any more: that is waited out, and asked again. */
static void in_use(struct engine *e, nsec_t now, struct job *j)
{
	if (j->doubt)
		job_wait(e, now, j, EV_DOUBT, MAX(now, settled_at(j)));
	else
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_IN_USE, CAUSE_ANSWER);
}

void delete_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	if (answer == ANSWER_DELETED)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_DELETED, CAUSE_ANSWER);
	else if (answer == ANSWER_GONE)
		job_decide(e, now, j, EV_ANSWERED, gone(j), CAUSE_ANSWER);
	else if (answer == ANSWER_IN_USE)
		in_use(e, now, j);
	else
		assert(!"an answer of another request came to a deletion");
}

/* It may be deleted now, once that is written down. */
static void clear(struct engine *e, nsec_t now, struct job *j)
{
	bool at_once = j->intent_durable || e->config.unsafe.no_intent;

	j->read_at = now;
	job_wait(e, now, j, EV_CLEARED, at_once ? now : NSEC_NEVER);
	if (!j->intent)
		order_add(e, j, ORDER_WRITE_INTENT);
	j->intent = true;
	j->intent_durable = at_once;
}

static bool is_settled(const struct engine *e, const struct job *j)
{
	return !j->doubt || j->search_at >= settled_at(j) || e->config.unsafe.no_settle;
}

/* It is there, and is not to be deleted (any more). */
static void leave(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding)
{
	if (j->doubt)
		job_wait(e, now, j, EV_UNSETTLED, settled_at(j));
	else if (finding == ANSWER_CONFLICT)
		job_decide(e, now, j, EV_FOUND, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	else
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ATTEMPTS);
}

void delete_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding)
{
	if (finding == ANSWER_GONE) {
		job_decide(e, now, j, EV_FOUND, gone(j), CAUSE_LOOKUP);
		return;
	}
	if (e->config.unsafe.no_guard)
		finding = ANSWER_SAME;
	j->doubt = !is_settled(e, j);
	if (finding == ANSWER_CONFLICT || j->spent >= e->config.attempts)
		leave(e, now, j, finding);
	else
		clear(e, now, j);
}

/* Where everything is slow it goes in the end: each time it may be twice as late. */
bool delete_is_late(nsec_t now, const struct job *j)
{
	if (j->state != JOB_READY || j->task != TASK_DELETE)
		return false;
	return j->late < LATE_MAX && now - j->read_at > READ_HOLDS << j->late;
}

void delete_read_again(struct engine *e, nsec_t now, struct job *j)
{
	j->late++;
	job_move(e, now, j, EV_LOOK);
}
