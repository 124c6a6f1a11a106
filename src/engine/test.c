/* test.c - a row of which is only asked whether it works.
 *
 * A question changes nothing and may be asked again: no doubt, no look, no intent, and
 * nothing for the ledger. What gave no answer is asked again after a backoff, --attempts
 * times.
 */
#include <assert.h>

#include "engine/core.h"

void test_unanswered(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	uint32_t n = j->spent;

	if (r->answer == ANSWER_THROTTLED_DOUBTFUL) {
		answer_throttled(e, now, j, r);
		return;
	}
	answer_spend(j, r);
	if (j->spent >= e->config.attempts || answer_is_too_long(e, r))
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	else
		job_wait(e, now, j, EV_RETRY,
			job_backoff(e, now, BACKOFF_THROTTLE, n, r->retry_after));
}

static void further(struct engine *e, nsec_t now, struct job *j)
{
	j->paging = true;
	job_move(e, now, j, EV_MORE);
}

void test_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	if (answer == ANSWER_PASSED)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_OK, CAUSE_ANSWER);
	else if (answer == ANSWER_FAILED)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_FAILED, CAUSE_ANSWER);
	else if (answer == ANSWER_GONE)
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_GONE, CAUSE_ANSWER);
	else if (answer == ANSWER_MORE)
		further(e, now, j);
	else
		assert(!"an answer of another request came to a test");
}
