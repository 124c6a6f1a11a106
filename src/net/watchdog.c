/* watchdog.c - ends what libcurl forgot to end.
 *
 * libcurl has its own time-outs, and they normally come first. But a row that
 * is lost in a bug of a library would hold a place in the window for ever, and
 * a run that never ends is worse than one doubtful row. All transfers have the
 * same limit, so the running list, in order of start, is in order of deadline
 * too: one timer for its first is enough, and it is not moved when that one
 * ends in time, for waking once too often costs less.
 */
#include <assert.h>

#include "net/private.h"

static void on_watchdog(uv_timer_t *timer);

static void arm(struct net *n, const struct net_transfer *first)
{
	uint64_t now = uv_now(n->loop);
	uint64_t wait = first->deadline_ms > now ? first->deadline_ms - now : 0;

	uv_timer_start(&n->watchdog, on_watchdog, wait, 0);
}

static struct net_transfer *first_running(struct net *n)
{
	if (list_empty(&n->running))
		return NULL;
	return LIST_ENTRY(n->running.next, struct net_transfer, link);
}

static void on_watchdog(uv_timer_t *timer)
{
	struct net *n = timer->data;
	struct net_transfer *t;

	while ((t = first_running(n)) && t->deadline_ms <= uv_now(n->loop)) {
		t->catch.refusal = "no end came in time, not even libcurl's own time-out";
		net_transfer_stop(t, CURLE_OPERATION_TIMEDOUT, false);
	}
	if (t)
		arm(n, t);
	net_deliver(n);
}

void net_watch(struct net *n, struct net_transfer *t)
{
	t->deadline_ms = uv_now(n->loop) + n->watchdog_ms;
	list_push(&n->running, &t->link);
	if (!uv_is_active((uv_handle_t *)&n->watchdog))
		arm(n, t);
}

void net_unwatch(struct net *n)
{
	/* An idle net does not keep the loop alive. */
	if (list_empty(&n->running))
		uv_timer_stop(&n->watchdog);
}
