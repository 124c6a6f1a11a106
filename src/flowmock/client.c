/* client.c - see client.h. */
#include "flowmock/client.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "flowmock/http.h"
#include "flowmock/memory.h"
#include "flowmock/service.h"
#include "sys/clock.h"

#define FIRST_NUDGE (10 * MS)
#define LAST_NUDGE (1 * SEC)

static void set_nudge(struct client *c)
{
	timers_set(&c->http->service->timers, &c->nudge, clock_monotonic() + c->nudge_wait);
	c->nudge_wait = MIN(2 * c->nudge_wait, LAST_NUDGE);
}

/* It will not send any more, so nothing is lost by this; but it is an edge. */
static void on_nudge(struct timer *t)
{
	struct client *c = (struct client *)((char *)t - offsetof(struct client, nudge));

	shutdown(c->fd, SHUT_RD);
	set_nudge(c);
}

struct client *client_create(struct http *h, int fd)
{
	struct client *c = must_alloc(sizeof(*c));
	struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = c};

	*c = (struct client){
		.http = h, .fd = fd, .nudge.fire = on_nudge, .nudge_wait = FIRST_NUDGE};
	c->gone = epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &event) < 0;
	return c;
}

void client_destroy(struct client *c)
{
	epoll_ctl(c->http->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	timers_cancel(&c->http->service->timers, &c->nudge);
	free(c);
}

bool client_stall(struct client *c, struct request *r)
{
	if (!c->gone)
		c->stalled = r;
	return !c->gone;
}

void client_went(struct client *c)
{
	c->gone = true;
	if (c->stalled)
		http_let_go(c->stalled);
	c->stalled = NULL;
	set_nudge(c);
}
