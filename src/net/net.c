/* net.c - the multi on the loop: opened, driven, closed.
 *
 * libcurl is driven by events only: a socket is ready (poll.c), its time-out
 * has come (here). Each time, what has ended is taken out and delivered. libcurl
 * is never called from inside one of its callbacks.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "net/private.h"

int net_setup(struct error *reterr)
{
	/* libcurl's own guard (NOSIGNAL is its opposite) costs system calls. */
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	CURLcode code;

	if (sigaction(SIGPIPE, &ignore, NULL) < 0)
		return error_set(reterr, -errno, "cannot ignore SIGPIPE: %s", strerror(errno));
	code = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (code != CURLE_OK)
		return error_set(reterr, -ENOMEM,
			"libcurl did not start (%s): check its installation",
			curl_easy_strerror(code));
	return 0;
}

void net_teardown(void)
{
	curl_global_cleanup();
}

void net_act(struct net *n, curl_socket_t fd, int events)
{
	int running;

	/* An error here (out of memory) belongs to no transfer; those that suffer
	 * from it are ended by their time-outs. */
	curl_multi_socket_action(n->multi, fd, events, &running);
	net_collect(n);
	net_deliver(n);
}

static void on_timer(uv_timer_t *timer)
{
	net_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_wish(CURLM *multi, long timeout_ms, void *arg)
{
	struct net *n = arg;

	if (timeout_ms < 0)
		uv_timer_stop(&n->timer);
	else
		uv_timer_start(&n->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void on_left(uv_handle_t *handle)
{
	net_handle_left(handle->data);
}

/* Sockets close inside curl_multi_cleanup(), some with a last word to libuv. */
static void shut(struct net *n)
{
	uv_handle_t *const ours[] = {
		(uv_handle_t *)&n->timer,
		(uv_handle_t *)&n->watchdog,
		(uv_handle_t *)&n->wake,
		(uv_handle_t *)&n->turn,
	};

	for (uint32_t i = 0; i <= n->window; i++)
		net_transfer_done(&n->transfers[i]);
	curl_multi_cleanup(n->multi);
	n->multi = NULL;
	net_poll_detach(n);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		uv_close(ours[i], on_left);
}

static void on_wake(uv_idle_t *wake)
{
	struct net *n = wake->data;

	net_deliver(n);
	if (!list_empty(&n->ended))
		return;
	uv_idle_stop(wake);
	if (n->closing)
		shut(n);
}

void net_wake(struct net *n)
{
	uv_idle_start(&n->wake, on_wake);
}

static void open_handles(struct net *n)
{
	/* None of these can fail. */
	uv_timer_init(n->loop, &n->timer);
	uv_timer_init(n->loop, &n->watchdog);
	uv_idle_init(n->loop, &n->wake);
	n->timer.data = n->watchdog.data = n->wake.data = n;
	net_poll_init(n);
	n->handles = 4;
}

/* Before any handle is on the loop. */
static void discard(struct net *n)
{
	if (n->transfers)
		for (uint32_t i = 0; i <= n->window; i++)
			net_transfer_done(&n->transfers[i]);
	curl_multi_cleanup(n->multi);
	free(n->transfers);
	free(n);
}

static int open_curl(struct net *n, const struct net_options *o, struct error *reterr)
{
	int r;

	n->multi = curl_multi_init();
	n->transfers = calloc((size_t)n->window + 1, sizeof(struct net_transfer));
	if (!n->multi || !n->transfers)
		return error_set(
			reterr, -ENOMEM, "no memory for connections: lower the concurrency");
	curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
	curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n);
	curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, (long)n->window);
	curl_multi_setopt(n->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)n->window);
	for (uint32_t i = 0; i <= n->window; i++) {
		r = net_transfer_init(&n->transfers[i], n, o, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int net_open(uv_loop_t *loop, const struct net_options *o, struct net **ret, struct error *reterr)
{
	uint64_t timeout_ms = (uint64_t)(o->timeout / MS);
	struct net *n;
	int r;

	assert(o->window > 0 && o->timeout > 0 && o->connect_timeout > 0);
	n = calloc(1, sizeof(*n));
	if (!n)
		return error_set(
			reterr, -ENOMEM, "no memory for connections: lower the concurrency");
	n->loop = loop;
	n->window = o->window;
	n->watchdog_ms = timeout_ms + timeout_ms / 10 + 1000;
	list_init(&n->idle);
	list_init(&n->running);
	list_init(&n->ended);
	r = open_curl(n, o, reterr);
	if (r < 0) {
		discard(n);
		return r;
	}
	open_handles(n);
	*ret = n;
	return 0;
}

void net_close(struct net *n, void (*closed)(void *arg), void *arg)
{
	assert(!n->closing);
	n->closing = true;
	n->closed = closed;
	n->closed_arg = arg;
	while (!list_empty(&n->running))
		net_transfer_stop(
			LIST_ENTRY(n->running.next, struct net_transfer, link), CURLE_OK, true);
	net_wake(n); /* the rest comes from the loop */
}

void net_handle_left(struct net *n)
{
	void (*closed)(void *arg) = n->closed;
	void *arg = n->closed_arg;

	if (--n->handles > 0)
		return;
	net_poll_done(n);
	free(n->transfers);
	free(n);
	closed(arg);
}

uint32_t net_in_flight(const struct net *n)
{
	return n->in_flight;
}
