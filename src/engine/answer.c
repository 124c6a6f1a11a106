/* answer.c - what an answer to a request does to its row, and to everybody.
 *
 * `flow` has said what the answer means; here is decided what happens: once for
 * all rows (window, breaker, pause, silence), then for the row that asked. What means
 * the same of every request is decided here, as are creates; the other tasks have a file
 * each. The deciders choose the event; the table in job.c moves the row.
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

/* Does it tell what a lookup, listing or read asked for? */
static bool is_finding(enum engine_answer a)
{
	return a >= ANSWER_FOUND_CREATED || a == ANSWER_GONE;
}

/* Is the create of this job out? */
static bool is_create(const struct job *j)
{
	return j->state == JOB_IN_FLIGHT && j->task == TASK_CREATE;
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

static void note_pace(struct engine *e, nsec_t now, nsec_t sent_at, enum engine_answer a)
{
	if (is_throttled(a))
		pace_refused(&e->pace, now, sent_at);
	else if (answer_is_complete(a))
		pace_accepted(&e->pace);
}

/* Looks do not, but for the reads of deletions: half of what such a run asks, and often all.
 * One that clears the way does not, for the deletion's own answer will. */
static bool counts_for_breaker(const struct job *j, enum engine_answer a)
{
	if (j->state == JOB_IN_FLIGHT)
		return true;
	return j->task == TASK_DELETE && a != ANSWER_SAME && a != ANSWER_MOVED;
}

static void note_breaker(struct engine *e, nsec_t now, const struct job *j, enum engine_answer a)
{
	bool counts = counts_for_breaker(j, a);

	if (counts && answer_is_complete(a) && !is_overload(a))
		breaker_success(&e->breaker);
	else if (counts)
		breaker_failure(&e->breaker, now, j->serial, &e->random);
	else if (e->breaker.open)
		breaker_looked(&e->breaker, now, is_finding(a), &e->random);
}

/* What everybody learns from this answer. A request that we cut tells nothing. */
static void note(struct engine *e, nsec_t now, const struct job *j, enum engine_answer a)
{
	if (e->config.independent) /* each asks a server of its own */
		return;
	if (!answer_is_complete(a)) {
		if (j->cut)
			return;
		if (e->silent_since == NSEC_NONE)
			e->silent_since = now;
	} else {
		e->answered = true;
		e->silent_since = NSEC_NONE;
		if (is_create(j))
			e->slowest_create = MAX(e->slowest_create, now - j->sent_at);
		if (j->generation == e->token.generation && a != ANSWER_TOKEN && !is_overload(a) &&
			!is_throttled(a))
			e->token.proven = true;
	}
	note_window(e, now, j->sent_at, a);
	note_pace(e, now, j->sent_at, a);
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
	pace_pause(&e->pace, e->paused_until);
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

bool answer_is_too_long(const struct engine *e, const struct reply *r)
{
	return e->config.independent && r->retry_after > e->config.max_retry_after;
}

/* It was never executed, or may be repeated: again at `due`, unless this goes on for ever. */
static void retry(struct engine *e, nsec_t now, struct job *j, const struct reply *r, nsec_t due)
{
	if (job_trouble(e, j, r->breaker_was_open) || answer_is_too_long(e, r))
		job_decide(e, now, j, EV_SPENT, j->doubt ? OUTCOME_UNRESOLVED : OUTCOME_SKIPPED,
			CAUSE_TROUBLE);
	else
		job_wait(e, now, j, EV_RETRY, due);
}

void answer_throttled(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	retry(e, now, j, r, job_backoff(e, now, BACKOFF_THROTTLE, j->throttled++, r->retry_after));
}

/* From now on only a look leads to another request. An earlier one that is in doubt is not
 * settled by that of a later one. */
static void doubt(struct engine *e, nsec_t now, struct job *j, nsec_t settle, nsec_t look_at)
{
	nsec_t earlier = j->doubt ? nsec_add(j->doubt_at, j->settle) : now;

	j->doubt = j->lost = true;
	j->doubt_at = now;
	j->settle = MAX(settle, earlier - now);
	j->paging = false;
	j->failed_looks = 0;
	job_wait(e, now, j, e->config.unsafe.no_lookup ? EV_RETRY : EV_DOUBT, look_at);
}

static void throttled_in_doubt(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	nsec_t look_at = job_backoff(e, now, BACKOFF_THROTTLE, j->throttled++, r->retry_after);

	if (job_trouble(e, j, r->breaker_was_open))
		job_decide(e, now, j, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
	else
		doubt(e, now, j, e->config.settle, look_at);
}

/* An open breaker delays rows: only a probe that was answered is an attempt. */
void answer_spend(struct job *j, const struct reply *r)
{
	j->spent += answer_is_complete(r->answer) || !r->breaker_was_open;
}

static void in_doubt(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	bool still_working = r->answer == ANSWER_TIMEOUT || r->answer == ANSWER_OVERLOAD_TIMEOUT;
	nsec_t settle = still_working ? e->config.settle_timeout : e->config.settle;
	nsec_t look_at = now;

	answer_spend(j, r);
	if (is_overload(r->answer) || r->answer == ANSWER_TIMEOUT)
		look_at =
			job_backoff(e, now, BACKOFF_THROTTLE, MAX(j->spent, 1) - 1, r->retry_after);
	doubt(e, now, j, settle, look_at);
}

/* Perhaps executed, and nobody has said so. */
static void lost(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	j->stales = 0;
	if (j->task == TASK_TEST)
		test_unanswered(e, now, j, r);
	else if (r->answer == ANSWER_THROTTLED_DOUBTFUL)
		throttled_in_doubt(e, now, j, r);
	else
		in_doubt(e, now, j, r);
}

static void create_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	assert(answer == ANSWER_CREATED);
	calibrate_created(e, now, j);
	job_decide(e, now, j, EV_ANSWERED, OUTCOME_CREATED, CAUSE_ANSWER);
}

/* ------------------------------------------- what means the same of every request */

/* This request was refused, and with it perhaps many more. What is left of a doubt is
 * left: an earlier one of the same may have been executed. */
static void refused(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	bool doubt = j->doubt && j->task != TASK_CREATE;

	job_decide(
		e, now, j, EV_ANSWERED, doubt ? OUTCOME_UNRESOLVED : OUTCOME_FAILED, CAUSE_ANSWER);
	if (e->config.independent)
		return;
	if (answer == ANSWER_FATAL)
		ending_begin(e, now, END_FATAL, false);
	else if (answer == ANSWER_FATAL_SANDBOX)
		ending_refuse_sandbox(e, now, j->sandbox);
}

/* What only its own task can be told. */
static void task_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	switch (j->task) {
	case TASK_CREATE: create_answer(e, now, j, answer); break;
	case TASK_UPDATE: update_answer(e, now, j, answer); break;
	case TASK_TEST: test_answer(e, now, j, answer); break;
	case TASK_DELETE: delete_answer(e, now, j, answer); break;
	default: assert(!"no such task");
	}
}

static void row_answer(struct engine *e, nsec_t now, struct job *j, const struct reply *r)
{
	if (r->answer != ANSWER_NOT_SENT && r->answer != ANSWER_MORE)
		j->attempts++;
	j->clash = r->answer == ANSWER_CLASH;

	switch (r->answer) {
	case ANSWER_CREATED:
	case ANSWER_UPDATED:
	case ANSWER_STALE:
	case ANSWER_PASSED:
	case ANSWER_FAILED:
	case ANSWER_DELETED:
	case ANSWER_GONE:
	case ANSWER_IN_USE:
	case ANSWER_MORE: task_answer(e, now, j, r->answer); break;
	case ANSWER_REJECTED:
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX: refused(e, now, j, r->answer); break;
	case ANSWER_TOKEN:
		if (e->config.independent)
			refused(e, now, j, r->answer);
		else
			token_refused(e, now, j, EV_REFUSED_TOKEN);
		break;
	case ANSWER_NOT_SENT:
		retry(e, now, j, r, job_backoff(e, now, BACKOFF_NOT_SENT, j->unsent++, NSEC_NONE));
		break;
	case ANSWER_THROTTLED: answer_throttled(e, now, j, r); break;
	case ANSWER_DOUBTFUL:
	case ANSWER_BROKEN:
	case ANSWER_TIMEOUT:
	case ANSWER_THROTTLED_DOUBTFUL:
	case ANSWER_OVERLOAD:
	case ANSWER_OVERLOAD_TIMEOUT:
	case ANSWER_CLASH: lost(e, now, j, r); break;
	case ANSWER_FOUND_CREATED:
	case ANSWER_FOUND_ADOPTED:
	case ANSWER_CONFLICT:
	case ANSWER_ABSENT:
	case ANSWER_LISTED:
	case ANSWER_SAME:
	case ANSWER_MOVED:
	case ANSWER_COUNT:
	default: assert(!"an answer of a look came to another request");
	}
}

void answer_handle(
	struct engine *e, nsec_t now, struct job *j, enum engine_answer answer, nsec_t retry_after)
{
	struct reply r = {
		.answer = answer,
		.retry_after =
			is_throttled(answer) || is_overload(answer) ? retry_after : NSEC_NONE,
		.breaker_was_open = e->breaker.open,
	};

	assert(j->state == JOB_IN_FLIGHT || j->state == JOB_LOOKING);
	note(e, now, j, answer);
	if (is_create(j))
		e->creates_out[j->scope]--;

	if (j->state == JOB_IN_FLIGHT)
		row_answer(e, now, j, &r);
	else
		look_answer(e, now, j, answer, r.retry_after, r.breaker_was_open);

	if (r.retry_after > 0 && !e->config.independent)
		pause_all(e, now, r.retry_after);
	ending_close_job(e, now, j);
}
