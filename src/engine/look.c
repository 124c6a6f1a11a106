/* look.c - is it there? Lookups of one row, and listings that many share.
 *
 * A lookup that finds nothing proves absence only if it began after the settle:
 * counted from the moment of doubt, since the server may still be working, and
 * never less than twice the slowest create that it has answered in this run.
 * Trouble (no finding at all) never moves the moment of doubt.
 *
 * A row whose connection has an id is read by that: what the finding means is for its
 * task to say (update.c, delete.c); trouble is trouble here, too.
 *
 * A name that no filter may carry is looked for in a complete listing of its
 * scope, which is a job of its own kind, one a scope at a time. Rows share it
 * from its first page on; one that comes later waits for the next.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

nsec_t look_settled_at(const struct engine *e, const struct job *j)
{
	nsec_t settle = MAX(j->settle, 2 * e->slowest_create);

	return nsec_add(j->doubt_at, MAX(settle, calibrate_floor(e, j)));
}

bool look_is_own(const struct job *j)
{
	return j->kind == JOB_KIND_LISTING || j->kind == JOB_KIND_INVENTORY || j->filterable ||
	       j->task != TASK_CREATE;
}

/* It is not there, and will not come to be there; or it is the one that is sent
 * without that being proven, and stays in doubt until its create is answered. */
static void proven_absent(struct engine *e, nsec_t now, struct job *j, nsec_t due)
{
	j->doubt = calibrate_by(e, j);
	if (j->kind == JOB_KIND_GONE) {
		job_decide(e, now, j, EV_SPENT, OUTCOME_SKIPPED, CAUSE_LOOKUP);
	} else if (j->clash) {
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ANSWER);
	} else if (j->spent >= e->config.attempts) {
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	} else {
		j->resend = true;
		if (j->earlier_intent)
			claim_intend_anew(e, now, j);
		else
			job_wait(e, now, j, EV_ABSENT, due);
	}
}

static void absent(struct engine *e, nsec_t now, struct job *j)
{
	nsec_t settled_at = look_settled_at(e, j);
	bool settled = j->search_at >= settled_at || e->config.unsafe.no_settle;

	j->paging = false;
	if (j->kind == JOB_KIND_RELOOK)
		job_decide(e, now, j, EV_SPENT, OUTCOME_UNCHANGED, CAUSE_LOOKUP);
	else if (!j->doubt)
		claim_intend_anew(e, now, j);
	else if (!settled && !e->config.unsafe.no_second_look)
		job_wait(e, now, j, EV_UNSETTLED, settled_at);
	else if (calibrate_proves(e, now, j))
		proven_absent(e, now, j, settled ? now : settled_at);
}

static void found(struct engine *e, nsec_t now, struct job *j, enum engine_outcome outcome)
{
	bool several = outcome == OUTCOME_CONFLICT;

	if (j->kind == JOB_KIND_RELOOK && !several)
		outcome = OUTCOME_UNCHANGED;
	calibrate_found(e, now, j);
	job_decide(e, now, j, several ? EV_SEVERAL : EV_FOUND, outcome, CAUSE_LOOKUP);
}

void look_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding)
{
	j->listing = ENGINE_NO_JOB;
	if (j->kind == JOB_KIND_CALIBRATION)
		calibrate_finding(e, now, j, finding != ANSWER_ABSENT);
	else if (finding == ANSWER_FOUND_CREATED)
		found(e, now, j, OUTCOME_CREATED);
	else if (finding == ANSWER_FOUND_ADOPTED)
		found(e, now, j, OUTCOME_ADOPTED);
	else if (finding == ANSWER_CONFLICT)
		found(e, now, j, OUTCOME_CONFLICT);
	else if (finding == ANSWER_ABSENT)
		absent(e, now, j);
	else
		assert(!"no finding of a lookup");
	ending_close_job(e, now, j);
}

/* What becomes of a row that could not be looked up. */
static enum engine_outcome undecided(const struct job *j)
{
	if (j->doubt)
		return OUTCOME_UNRESOLVED;
	return j->task == TASK_CREATE ? j->known : OUTCOME_SKIPPED;
}

/* A look that proved nothing: later again, unless this goes on for ever. */
static void failed_look(
	struct engine *e, nsec_t now, struct job *j, nsec_t retry_after, bool breaker_was_open)
{
	enum engine_outcome outcome = undecided(j);
	nsec_t due;

	j->listing = ENGINE_NO_JOB;
	if (j->kind == JOB_KIND_CALIBRATION) {
		calibrate_trouble(e, now, j, retry_after, breaker_was_open);
		ending_close_job(e, now, j);
		return;
	}
	due = job_backoff(e, now, BACKOFF_LOOKUP, j->failed_looks++, retry_after);
	if (job_trouble(e, j, breaker_was_open))
		job_decide(e, now, j, EV_SPENT, outcome,
			j->doubt || outcome == OUTCOME_SKIPPED ? CAUSE_TROUBLE : CAUSE_CLAIM);
	else
		job_wait(e, now, j, EV_TROUBLE, due);
	ending_close_job(e, now, j);
}

/* ---------------------------------------------------------------- listings */

bool engine_shares(const struct engine *e, uint32_t job, uint32_t listing)
{
	return e->jobs[job].state == JOB_TO_LOOK && e->jobs[job].listing == listing;
}

static bool waits_for_listing(const struct job *j, uint32_t scope)
{
	return j->state == JOB_TO_LOOK && !look_is_own(j) && j->listing == ENGINE_NO_JOB &&
	       j->look_scope == scope;
}

struct job *look_free_listing(struct engine *e)
{
	for (uint32_t i = e->row_slots; i < e->row_slots + LISTINGS_MAX; i++)
		if (e->jobs[i].state == JOB_TOLD)
			return &e->jobs[i];
	return NULL;
}

static bool is_listing(const struct engine *e, uint32_t scope)
{
	for (uint32_t i = e->row_slots; i < e->row_slots + LISTINGS_MAX; i++)
		if (e->jobs[i].state != JOB_TOLD && e->jobs[i].kind == JOB_KIND_LISTING &&
			e->jobs[i].scope == scope)
			return true;
	return false;
}

void look_want_listing(struct engine *e, nsec_t now, uint32_t scope)
{
	struct job *slot = look_free_listing(e);

	if (e->ending || e->sandbox_refused[e->scope_sandbox[scope]] || !slot ||
		is_listing(e, scope))
		return;
	job_begin(e, slot, JOB_KIND_LISTING, scope);
	job_move(e, now, slot, EV_LISTING);
}

void look_share(struct engine *e, nsec_t now, struct job *l)
{
	uint32_t number = job_number(e, l);

	for (uint32_t i = 0; i < e->job_limit; i++) {
		struct job *j = &e->jobs[i];

		if (!waits_for_listing(j, l->scope) && !engine_shares(e, i, number))
			continue;
		j->listing = number;
		j->search_at = now;
	}
}

/* Its scope and its place are free: rows of this scope may have come too late to
 * share it, those of another may have found no place. */
void look_listing_gone(struct engine *e, nsec_t now)
{
	for (uint32_t i = 0; i < e->job_limit && !e->ending; i++) {
		struct job *j = &e->jobs[i];

		if (waits_for_listing(j, j->look_scope))
			look_want_listing(e, now, j->look_scope);
		else if (j->state == JOB_PENDING && j->awaits_inventory)
			(void)inventory_ready(e, now, j->scope);
	}
}

/* It could not be read: every row that shared it has had a failed look. */
static void listing_failed(
	struct engine *e, nsec_t now, struct job *l, nsec_t retry_after, bool breaker_was_open)
{
	uint32_t number = job_number(e, l);

	for (uint32_t i = 0; i < e->job_limit; i++)
		if (engine_shares(e, i, number))
			failed_look(e, now, &e->jobs[i], retry_after, breaker_was_open);
	job_decide(e, now, l, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
	look_listing_gone(e, now);
}

static void listing_complete(struct engine *e, nsec_t now, struct job *l)
{
	for (uint32_t i = 0; i < e->job_limit; i++)
		assert(!engine_shares(e, i, job_number(e, l))); /* each was told its finding */
	job_decide(e, now, l, EV_FOUND, OUTCOME_ADOPTED, CAUSE_LOOKUP);
	look_listing_gone(e, now);
}

static void listing_trouble(
	struct engine *e, nsec_t now, struct job *l, nsec_t retry_after, bool breaker_was_open)
{
	nsec_t due = job_backoff(e, now, BACKOFF_LOOKUP, l->failed_looks, retry_after);

	if (!breaker_was_open)
		l->failed_looks++; /* in a row: a page that was read sets it back */
	if (l->failed_looks >= e->config.attempts)
		listing_failed(e, now, l, retry_after, breaker_was_open);
	else
		job_wait(e, now, l, EV_TROUBLE, due);
}

/* ----------------------------------------------------------------- answers */

/* The answer refuses more than this one look. The looker itself stays in doubt
 * and is closed with the others. */
static void refused(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	job_wait(e, now, j, EV_TROUBLE, NSEC_NEVER);
	if (answer == ANSWER_FATAL)
		ending_begin(e, now, END_FATAL, false);
	else
		ending_refuse_sandbox(e, now, j->sandbox);
}

static void trouble(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	if (answer == ANSWER_DOUBTFUL)
		j->paging = false; /* the search itself: from its start again */
	if (j->kind == JOB_KIND_INVENTORY)
		inventory_trouble(e, now, j, answer, retry_after, breaker_was_open);
	else if (j->kind == JOB_KIND_LISTING)
		listing_trouble(e, now, j, retry_after, breaker_was_open);
	else
		failed_look(e, now, j, retry_after, breaker_was_open);
}

static void listed(struct engine *e, nsec_t now, struct job *l)
{
	if (l->kind == JOB_KIND_INVENTORY)
		inventory_complete(e, now, l);
	else
		listing_complete(e, now, l);
}

/* A read of the row's own connection has said how it is. */
static bool read_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer)
{
	bool finding = answer == ANSWER_SAME || answer == ANSWER_MOVED ||
		       answer == ANSWER_CONFLICT || answer == ANSWER_GONE;

	if (!finding || j->task == TASK_CREATE)
		return false;
	if (j->task == TASK_DELETE)
		delete_finding(e, now, j, answer);
	else
		update_finding(e, now, j, answer);
	return true;
}

void look_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	bool lists = j->kind == JOB_KIND_LISTING || j->kind == JOB_KIND_INVENTORY;

	if (read_answer(e, now, j, answer))
		return;
	switch (answer) {
	case ANSWER_FOUND_CREATED:
	case ANSWER_FOUND_ADOPTED:
	case ANSWER_CONFLICT:
	case ANSWER_ABSENT:
		assert(!lists && j->task == TASK_CREATE);
		look_finding(e, now, j, answer);
		break;
	case ANSWER_LISTED:
		assert(lists);
		listed(e, now, j);
		break;
	case ANSWER_MORE:
		assert(j->task == TASK_CREATE);
		j->paging = true;
		if (lists)
			j->failed_looks = j->unsent = 0;
		job_move(e, now, j, EV_MORE);
		break;
	case ANSWER_TOKEN: token_refused(e, now, j, EV_TROUBLE); break;
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX: refused(e, now, j, answer); break;
	case ANSWER_DOUBTFUL:
	case ANSWER_NOT_SENT:
	case ANSWER_BROKEN:
	case ANSWER_TIMEOUT:
	case ANSWER_THROTTLED:
	case ANSWER_THROTTLED_DOUBTFUL:
	case ANSWER_OVERLOAD:
	case ANSWER_OVERLOAD_TIMEOUT:
	case ANSWER_CLASH:
	case ANSWER_REJECTED: trouble(e, now, j, answer, retry_after, breaker_was_open); break;
	case ANSWER_CREATED:
	case ANSWER_UPDATED:
	case ANSWER_STALE:
	case ANSWER_PASSED:
	case ANSWER_FAILED:
	case ANSWER_DELETED:
	case ANSWER_GONE:
	case ANSWER_IN_USE:
	case ANSWER_SAME:
	case ANSWER_MOVED:
	case ANSWER_COUNT:
	default: assert(!"an answer of another request came to a lookup");
	}
}
