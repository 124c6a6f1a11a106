/* answer.c - what an answer to a create does to its row, and to everybody.
 *
 * `flow` has said what the answer means; here is decided what happens: once for
 * all rows (window, breaker, pause, silence), then for the row that asked. The
 * deciders choose the event; the table in job.c moves the row.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

bool answer_is_complete(enum engine_answer a)
{
	return a != ANSWER_NOT_SENT && a != ANSWER_BROKEN && a != ANSWER_TIMEOUT;
}

static bool is_overload(enum engine_answer a)
{
	return a == ANSWER_OVERLOAD || a == ANSWER_OVERLOAD_TIMEOUT;
}

static bool is_throttled(enum engine_answer a)
{
	return a == ANSWER_THROTTLED || a == ANSWER_THROTTLED_DOUBTFUL;
}

static void note_window(struct engine *e, nsec_t now, nsec_t sent_at, enum engine_answer a)
{
	if (is_throttled(a) || a == ANSWER_TIMEOUT)
		window_trouble(&e->window, now, sent_at);
	else if (is_overload(a))
		window_overload(&e->window, now, sent_at);
	else if (answer_is_complete(a))
		window_success(&e->window, now);
}

static void note_breaker(struct engine *e, nsec_t now, const struct job *j, enum engine_answer a)
{
	if (j->state == JOB_IN_FLIGHT && answer_is_complete(a) && !is_overload(a))
		breaker_success(&e->breaker);
	else if (j->state == JOB_IN_FLIGHT)
		breaker_failure(&e->breaker, now, j->serial, &e->random);
	else if (e->breaker.open)
		breaker_probed(&e->breaker, now, &e->random);
}

/* What everybody learns from this answer. A request that we cut tells nothing. */
static void note(struct engine *e, nsec_t now, const struct job *j, enum engine_answer a)
{
	if (!answer_is_complete(a)) {
		if (j->cut)
			return;
		if (e->silent_since == NSEC_NONE)
			e->silent_since = now;
	} else {
		e->answered = true;
		e->silent_since = NSEC_NONE;
		if (j->state == JOB_IN_FLIGHT)
			e->slowest_create = MAX(e->slowest_create, now - j->sent_at);
		if (j->generation == e->token.generation && a != ANSWER_TOKEN && !is_overload(a) &&
			!is_throttled(a))
			e->token.proven = true;
	}
	note_window(e, now, j->sent_at, a);
	note_breaker(e, now, j, a);
}

/* A Retry-After holds for every request to the host. One that is too long to
 * wait out is not cut short: the run ends and says when to come back. */
static void pause_all(struct engine *e, nsec_t now, nsec_t retry_after)
{
	if (retry_after > e->config.max_retry_after) {
		e->resume_at = MAX(e->resume_at, nsec_add(now, retry_after));
		if (!e->ending)
			ending_begin(e, now, END_RETRY_AFTER, false);
		return;
	}
	e->paused_until = MAX(e->paused_until, nsec_add(now, retry_after));
	e->pausing = true;
}

bool job_troubled(const struct engine *e, const struct job *j)
{
	return j->troubles >= TROUBLES_PER_ATTEMPT * e->config.attempts;
}

bool job_trouble(struct engine *e, struct job *j, bool breaker_was_open)
{
	if (!breaker_was_open)
		j->troubles++;
	return job_troubled(e, j);
}

nsec_t job_backoff(struct engine *e, nsec_t now, nsec_t base, uint32_t n, nsec_t retry_after)
{
	if (retry_after > 0)
		return nsec_add(now, retry_after);
	return now + backoff_full(&e->random, base, n);
}

/* It was never executed: send it again after a wait, unless this goes on for ever. */
static void retry(struct engine *e, nsec_t now, struct job *j, nsec_t due, bool breaker_was_open)
{
	if (job_trouble(e, j, breaker_was_open))
		job_decide(e, now, j, EV_SPENT, j->doubt ? OUTCOME_UNRESOLVED : OUTCOME_SKIPPED,
			CAUSE_TROUBLE);
	else
		job_wait(e, now, j, EV_RETRY, due);
}

/* It may have been executed: from now on only a lookup leads to another create. */
static void doubt(struct engine *e, nsec_t now, struct job *j, nsec_t settle, nsec_t look_at)
{
	j->doubt = true;
	j->doubt_at = now;
	j->settle = settle;
	j->paging = false;
	j->failed_looks = 0;
	job_wait(e, now, j, e->config.unsafe.no_lookup ? EV_RETRY : EV_DOUBT, look_at);
}

static void throttled_in_doubt(
	struct engine *e, nsec_t now, struct job *j, nsec_t retry_after, bool breaker_was_open)
{
	nsec_t look_at = job_backoff(e, now, BACKOFF_THROTTLE, j->throttled++, retry_after);

	if (job_trouble(e, j, breaker_was_open))
		job_decide(e, now, j, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
	else
		doubt(e, now, j, e->config.settle, look_at);
}

static void create_in_doubt(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	bool still_working = answer == ANSWER_TIMEOUT || answer == ANSWER_OVERLOAD_TIMEOUT;
	nsec_t settle = still_working ? e->config.settle_timeout : e->config.settle;
	nsec_t look_at = now;

	/* An open breaker delays rows: only a probe that was answered is an attempt. */
	if (answer_is_complete(answer) || !breaker_was_open)
		j->spent++;
	if (is_overload(answer) || answer == ANSWER_TIMEOUT)
		look_at = job_backoff(e, now, BACKOFF_THROTTLE, MAX(j->spent, 1) - 1, retry_after);
	doubt(e, now, j, settle, look_at);
}

static void create_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	if (answer != ANSWER_NOT_SENT)
		j->attempts++;
	j->clash = answer == ANSWER_CLASH;

	switch (answer) {
	case ANSWER_CREATED:
		calibrate_created(e, now, j);
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_CREATED, CAUSE_ANSWER);
		break;
	case ANSWER_REJECTED:
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_FAILED, CAUSE_ANSWER);
		break;
	case ANSWER_FATAL:
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_FAILED, CAUSE_ANSWER);
		ending_begin(e, now, END_FATAL, false);
		break;
	case ANSWER_FATAL_SANDBOX:
		job_decide(e, now, j, EV_ANSWERED, OUTCOME_FAILED, CAUSE_ANSWER);
		ending_refuse_sandbox(e, now, j->sandbox);
		break;
	case ANSWER_TOKEN: token_refused(e, now, j, EV_REFUSED_TOKEN); break;
	case ANSWER_NOT_SENT:
		retry(e, now, j, job_backoff(e, now, BACKOFF_NOT_SENT, j->unsent++, NSEC_NONE),
			breaker_was_open);
		break;
	case ANSWER_THROTTLED:
		retry(e, now, j, job_backoff(e, now, BACKOFF_THROTTLE, j->throttled++, retry_after),
			breaker_was_open);
		break;
	case ANSWER_THROTTLED_DOUBTFUL:
		throttled_in_doubt(e, now, j, retry_after, breaker_was_open);
		break;
	case ANSWER_DOUBTFUL:
	case ANSWER_BROKEN:
	case ANSWER_TIMEOUT:
	case ANSWER_OVERLOAD:
	case ANSWER_OVERLOAD_TIMEOUT:
	case ANSWER_CLASH: create_in_doubt(e, now, j, answer, retry_after, breaker_was_open); break;
	case ANSWER_FOUND_CREATED:
	case ANSWER_FOUND_ADOPTED:
	case ANSWER_CONFLICT:
	case ANSWER_ABSENT:
	case ANSWER_MORE:
	case ANSWER_LISTED:
	case ANSWER_COUNT:
	default: assert(!"an answer of a lookup came to a create");
	}
}

void answer_handle(
	struct engine *e, nsec_t now, struct job *j, enum engine_answer answer, nsec_t retry_after)
{
	bool breaker_was_open = e->breaker.open;

	assert(j->state == JOB_IN_FLIGHT || j->state == JOB_LOOKING);
	note(e, now, j, answer);
	if (j->state == JOB_IN_FLIGHT)
		e->creates_out[j->scope]--;
	if (!is_throttled(answer) && !is_overload(answer))
		retry_after = NSEC_NONE;

	if (j->state == JOB_IN_FLIGHT)
		create_answer(e, now, j, answer, retry_after, breaker_was_open);
	else
		look_answer(e, now, j, answer, retry_after, breaker_was_open);

	if (retry_after > 0)
		pause_all(e, now, retry_after);
	ending_close_job(e, now, j);
}
