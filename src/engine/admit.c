/* admit.c - which request may leave now.
 *
 * In this order: the run is not ending; the window has room; a FETCH of a token, if
 * one is due; else there is a token; no Retry-After holds; the pace that was learnt from
 * 429s lets it, and the breaker; and in any case the rate lets it. Deletions go first, so that little time
 * passes since they were read. Lookups and reads go before creates, updates and tests,
 * since they free rows; of these, what was tried before goes before what is fresh.
 * Behind an open breaker one request at a time probes: a deletion, else a row not yet
 * tried, else the one that was proven absent or cleared first, else the look that is
 * due longest, and that without a wait if the last look was answered.
 */
#include <assert.h>

#include "base/macros.h"
#include "engine/core.h"

static struct job *queued(const struct list *queue)
{
	struct list *first = list_first(queue);

	return first ? LIST_OWNER(first, struct job, queue_link) : NULL;
}

/* The job whose request would leave next. */
static struct job *candidate(const struct engine *e)
{
	const struct list *usual[] = {&e->cleared, &e->look, &e->again, &e->fresh};
	const struct list *probes[] = {&e->cleared, &e->fresh, &e->again, &e->look};
	const struct list **order = e->breaker.open ? probes : usual;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!list_empty(order[i]))
			return queued(order[i]);
	return NULL;
}

static bool has_room(const struct engine *e)
{
	uint32_t room = e->breaker.open ? 1 : window_size(&e->window);

	return in_flight(e) < room;
}

/* A pause, a pace and an open breaker are about the Flow Service; tokens come from elsewhere. */
static nsec_t send_at(const struct engine *e)
{
	const struct job *j = candidate(e);
	bool waits = e->breaker.open && j && (j->state == JOB_READY || !e->breaker.reads);
	nsec_t at = MAX(e->paused_until, pace_ready_at(&e->pace));

	if (!e->token.usable || !j)
		return NSEC_NEVER;
	return waits ? MAX(at, e->breaker.probe_at) : at;
}

nsec_t admit_at(const struct engine *e)
{
	if (e->ending || !has_room(e))
		return NSEC_NEVER;
	return MAX(MIN(token_fetch_at(e), send_at(e)), gcra_ready_at(&e->rate));
}

static enum engine_request request_of(const struct job *j)
{
	if (j->kind == JOB_KIND_LISTING)
		return REQUEST_LIST;
	if (j->kind == JOB_KIND_INVENTORY)
		return REQUEST_INVENTORY;
	if (j->state != JOB_READY)
		return j->task == TASK_CREATE ? REQUEST_LOOKUP : REQUEST_READ;
	switch (j->task) {
	case TASK_UPDATE: return REQUEST_UPDATE;
	case TASK_TEST: return REQUEST_TEST;
	case TASK_DELETE: return REQUEST_DELETE;
	case TASK_CREATE:
	default: return REQUEST_CREATE;
	}
}

static bool is_first(const struct job *j)
{
	return (j->state != JOB_READY || j->task == TASK_TEST) && !j->paging;
}

static void send(struct engine *e, nsec_t now, struct job *j, struct engine_action *ret)
{
	*ret = (struct engine_action){
		.kind = ACTION_SEND,
		.job = job_number(e, j),
		.send =
			{
				.request = request_of(j),
				.first = is_first(j),
				.scope = j->state == JOB_READY ? j->scope : j->look_scope,
				.generation = e->token.generation,
			},
	};
	if (j->kind == JOB_KIND_LISTING && !j->paging)
		look_share(e, now, j);
	if (j->kind == JOB_KIND_INVENTORY && !j->paging)
		inventory_begin(e, j);
	if (j->state == JOB_READY) {
		j->tried = true;
		j->resent |= j->resend;
		e->creates_out[j->scope] += j->task == TASK_CREATE;
		e->creates_ever[j->scope] += j->task == TASK_CREATE;
	} else if (!j->paging) {
		j->search_at = now;
	}
	j->sent_at = now;
	j->generation = e->token.generation;
	token_used(e, now);
	job_move(e, now, j, EV_ADMITTED);
}

/* Whoever leaves next: a deletion only if the read that cleared it holds still. */
static struct job *next(struct engine *e, nsec_t now)
{
	struct job *j = candidate(e);

	while (j && delete_is_late(now, j)) {
		delete_read_again(e, now, j);
		j = candidate(e);
	}
	assert(j); /* admit_at() saw that there is one */
	return j;
}

/* A pause is over: what the window had learned before it counts no more. */
static void end_pause(struct engine *e, nsec_t now)
{
	if (!e->pausing || now < e->paused_until)
		return;
	e->pausing = false;
	window_restart(&e->window);
}

/* A token that nobody has used yet is used before it is renewed: where both come as
 * seldom as the rate lets one request leave, there would be renewals only. */
static bool fetch_goes_first(const struct engine *e, nsec_t now)
{
	bool send_goes = send_at(e) <= now && !e->token.used;

	return token_fetch_at(e) <= now && !send_goes;
}

bool admit(struct engine *e, nsec_t now, struct engine_action *ret)
{
	end_pause(e, now);
	if (admit_at(e) > now)
		return false;

	gcra_take(&e->rate, now);
	e->requests++;
	if (fetch_goes_first(e, now)) {
		token_fetch(e, now, ret);
	} else {
		pace_sent(&e->pace, now);
		send(e, now, next(e, now), ret);
	}
	return true;
}
