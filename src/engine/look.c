/* look.c - is it there? Lookups of one row, and listings that many share.
 *
 * A lookup that finds nothing proves absence only if it began after the settle:
 * counted from the moment of doubt, since the server may still be working, and
 * never less than twice the slowest create that it has answered in this run.
 * Trouble (no finding at all) never moves the moment of doubt.
 *
 * A name that no filter may carry is looked for in a complete listing of its
 * scope, which is a job of its own kind, one a scope at a time. Rows share it
 * from its first page on; one that comes later waits for the next.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

static nsec_t settled_at(const struct engine *e, const struct job *j)
{
	return nsec_add(j->doubt_at, MAX(j->settle, 2 * e->slowest_create));
}

static void absent(struct engine *e, nsec_t now, struct job *j)
{
	j->paging = false;
	if (j->search_at < settled_at(e, j) && !e->config.unsafe.no_settle)
		job_wait(e, now, j, EV_UNSETTLED, settled_at(e, j));
	else if (j->clash)
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ANSWER);
	else if (j->spent >= e->config.attempts)
		job_decide(e, now, j, EV_SPENT, OUTCOME_FAILED, CAUSE_ATTEMPTS);
	else
		job_wait(e, now, j, EV_ABSENT, now);
}

void look_finding(struct engine *e, nsec_t now, struct job *j, enum engine_answer finding)
{
	j->listing = ENGINE_NO_JOB;
	if (finding == ANSWER_FOUND_CREATED)
		job_decide(e, now, j, EV_FOUND, OUTCOME_CREATED, CAUSE_LOOKUP);
	else if (finding == ANSWER_FOUND_ADOPTED)
		job_decide(e, now, j, EV_FOUND, OUTCOME_ADOPTED, CAUSE_LOOKUP);
	else if (finding == ANSWER_CONFLICT)
		job_decide(e, now, j, EV_SEVERAL, OUTCOME_CONFLICT, CAUSE_LOOKUP);
	else if (finding == ANSWER_ABSENT)
		absent(e, now, j);
	else
		assert(!"no finding of a lookup");
	ending_close_job(e, now, j);
}

/* A look that proved nothing: later again, unless this goes on for ever. */
static void failed_look(
	struct engine *e, nsec_t now, struct job *j, nsec_t retry_after, bool breaker_was_open)
{
	nsec_t due = job_backoff(e, now, BACKOFF_LOOKUP, j->failed_looks++, retry_after);

	j->listing = ENGINE_NO_JOB;
	if (job_trouble(e, j, breaker_was_open))
		job_decide(e, now, j, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
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
	return j->state == JOB_TO_LOOK && j->kind == JOB_KIND_ROW && !j->filterable &&
	       j->listing == ENGINE_NO_JOB && j->scope == scope;
}

void look_want_listing(struct engine *e, nsec_t now, uint32_t scope)
{
	struct job *slot = NULL;

	for (uint32_t i = e->row_slots; i < e->job_limit; i++) {
		if (e->jobs[i].state == JOB_TOLD)
			slot = &e->jobs[i];
		else if (e->jobs[i].scope == scope)
			return;
	}
	if (!slot)
		return;

	*slot = (struct job){
		.serial = e->next_serial++,
		.kind = JOB_KIND_LISTING,
		.scope = scope,
		.sandbox = e->scope_sandbox[scope],
		.listing = ENGINE_NO_JOB,
	};
	list_init(&slot->orders_link);
	list_init(&slot->queue_link);
	job_move(e, now, slot, EV_LISTING);
}

void look_share(struct engine *e, nsec_t now, struct job *l)
{
	uint32_t number = job_number(e, l);

	for (uint32_t i = 0; i < e->row_slots; i++) {
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
	for (uint32_t i = 0; i < e->row_slots && !e->ending; i++)
		if (waits_for_listing(&e->jobs[i], e->jobs[i].scope))
			look_want_listing(e, now, e->jobs[i].scope);
}

/* It could not be read: every row that shared it has had a failed look. */
static void listing_failed(
	struct engine *e, nsec_t now, struct job *l, nsec_t retry_after, bool breaker_was_open)
{
	uint32_t number = job_number(e, l);

	for (uint32_t i = 0; i < e->row_slots; i++)
		if (engine_shares(e, i, number))
			failed_look(e, now, &e->jobs[i], retry_after, breaker_was_open);
	job_decide(e, now, l, EV_SPENT, OUTCOME_UNRESOLVED, CAUSE_TROUBLE);
	look_listing_gone(e, now);
}

static void listing_complete(struct engine *e, nsec_t now, struct job *l)
{
	for (uint32_t i = 0; i < e->row_slots; i++)
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

void look_answer(struct engine *e, nsec_t now, struct job *j, enum engine_answer answer,
	nsec_t retry_after, bool breaker_was_open)
{
	bool listing = j->kind == JOB_KIND_LISTING;

	switch (answer) {
	case ANSWER_FOUND_CREATED:
	case ANSWER_FOUND_ADOPTED:
	case ANSWER_CONFLICT:
	case ANSWER_ABSENT:
		assert(!listing);
		look_finding(e, now, j, answer);
		break;
	case ANSWER_LISTED:
		assert(listing);
		listing_complete(e, now, j);
		break;
	case ANSWER_MORE:
		j->paging = true;
		if (listing)
			j->failed_looks = 0;
		job_move(e, now, j, EV_MORE);
		break;
	case ANSWER_TOKEN: token_refused(e, now, j, EV_TROUBLE); break;
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX: refused(e, now, j, answer); break;
	case ANSWER_DOUBTFUL:
		j->paging = false; /* the search itself is unsound: from its start again */
				   /* fall through */
	case ANSWER_NOT_SENT:
	case ANSWER_BROKEN:
	case ANSWER_TIMEOUT:
	case ANSWER_THROTTLED:
	case ANSWER_THROTTLED_DOUBTFUL:
	case ANSWER_OVERLOAD:
	case ANSWER_OVERLOAD_TIMEOUT:
	case ANSWER_CLASH:
	case ANSWER_REJECTED:
		if (listing)
			listing_trouble(e, now, j, retry_after, breaker_was_open);
		else
			failed_look(e, now, j, retry_after, breaker_was_open);
		break;
	case ANSWER_CREATED:
	case ANSWER_COUNT:
	default: assert(!"an answer of a create came to a lookup");
	}
}
