/* admit.c - which request may leave now.
 *
 * In this order: the run is not ending; no Retry-After holds; the window has
 * room; there is a token; the breaker lets it; the rate lets it. Lookups go
 * before creates, since they free rows; creates that were tried before go
 * before fresh ones. Behind an open breaker one request at a time probes: a
 * create of a row not yet tried, else of the row that was proven absent first,
 * else the lookup that is due longest.
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
	const struct list *usual[] = {&e->look, &e->again, &e->fresh};
	const struct list *probes[] = {&e->fresh, &e->again, &e->look};
	const struct list **order = e->breaker.open ? probes : usual;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!list_empty(order[i]))
			return queued(order[i]);
	return NULL;
}

static bool wants_to_send(const struct engine *e)
{
	return token_wanted(e) || (e->token_usable && candidate(e));
}

static bool has_room(const struct engine *e)
{
	uint32_t room = e->breaker.open ? 1 : window_size(&e->window);

	return in_flight(e) < room;
}

nsec_t admit_at(const struct engine *e)
{
	nsec_t at;

	if (e->ending || !has_room(e) || !wants_to_send(e))
		return NSEC_NEVER;
	at = MAX(e->paused_until, gcra_ready_at(&e->rate));
	return e->breaker.open ? MAX(at, e->breaker.probe_at) : at;
}

static enum engine_request request_of(const struct job *j)
{
	if (j->kind == JOB_KIND_LISTING)
		return REQUEST_LIST;
	if (j->kind == JOB_KIND_INVENTORY)
		return REQUEST_INVENTORY;
	return j->state == JOB_READY ? REQUEST_CREATE : REQUEST_LOOKUP;
}

static void send(struct engine *e, nsec_t now, struct job *j, struct engine_action *ret)
{
	assert(j); /* admit_at() saw that there is one */
	*ret = (struct engine_action){
		.kind = ACTION_SEND,
		.job = job_number(e, j),
		.send =
			{
				.request = request_of(j),
				.first = j->state != JOB_READY && !j->paging,
				.scope = j->state == JOB_READY ? j->scope : j->look_scope,
				.generation = e->generation,
			},
	};
	if (j->kind == JOB_KIND_LISTING && !j->paging)
		look_share(e, now, j);
	if (j->kind == JOB_KIND_INVENTORY && !j->paging)
		inventory_begin(e, j);
	if (j->state == JOB_READY) {
		j->tried = true;
		e->creates_out[j->scope]++;
		e->creates_ever[j->scope]++;
		j->resent |= j->resend;
	} else if (!j->paging) {
		j->search_at = now;
	}
	j->sent_at = now;
	j->generation = e->generation;
	job_move(e, now, j, EV_ADMITTED);
}

/* A pause is over: what the window had learned before it counts no more. */
static void end_pause(struct engine *e, nsec_t now)
{
	if (!e->pausing || now < e->paused_until)
		return;
	e->pausing = false;
	window_restart(&e->window);
}

bool admit(struct engine *e, nsec_t now, struct engine_action *ret)
{
	end_pause(e, now);
	if (admit_at(e) > now)
		return false;

	gcra_take(&e->rate, now);
	e->requests++;
	if (token_wanted(e)) {
		e->fetching = true;
		*ret = (struct engine_action){.kind = ACTION_FETCH, .job = ENGINE_NO_JOB};
	} else {
		send(e, now, candidate(e), ret);
	}
	return true;
}
