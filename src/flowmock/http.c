/* http.c - see http.h. */
#include "flowmock/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "flowmock/client.h"
#include "flowmock/life.h"
#include "flowmock/memory.h"
#include "flowmock/reply.h"
#include "flowmock/service.h"
#include "sys/clock.h"

#define BODY_MAX ((size_t)1 << 20)
#define CONNECTIONS_MAX 16384u

/* --------------------------------------------------------- spare requests */

static struct request *take_spare(struct http *h)
{
	struct request *r = h->spare;

	if (r) {
		h->spare = r->next;
		r->next = NULL;
		return r;
	}
	r = must_alloc(sizeof(*r));
	r->http = h;
	r->service = h->service;
	buf_init_secret(&r->body, BODY_MAX);
	buf_init(&r->answer.body, MUST_MAX);
	return r;
}

static void give_back(struct request *r)
{
	buf_reset(&r->body);
	buf_reset(&r->answer.body);
	r->body_too_long = false;
	r->step = STEP_ARRIVING;
	r->stalled = false;
	r->stream = NULL;
	r->stream_next = 0;
	r->counts = false;
	r->sent = 0;
	r->next = r->http->spare;
	r->http->spare = r;
}

static void free_spares(struct http *h)
{
	while (h->spare) {
		struct request *r = h->spare;

		h->spare = r->next;
		buf_done(&r->body);
		buf_done(&r->answer.body);
		free(r);
	}
}

/* ----------------------------------------------------------------- waiting */

static void suspend(struct request *r)
{
	struct http *h = r->http;

	r->previous = NULL;
	r->next = h->suspended;
	if (r->next)
		r->next->previous = r;
	h->suspended = r;
	MHD_suspend_connection(r->mhd);
}

static void resume(struct request *r)
{
	struct http *h = r->http;

	if (r->previous)
		r->previous->next = r->next;
	else
		h->suspended = r->next;
	if (r->next)
		r->next->previous = r->previous;
	r->previous = r->next = NULL;
	MHD_resume_connection(r->mhd);
}

void http_let_go(struct request *r)
{
	r->step = STEP_DROPPED;
	resume(r);
}

/* --------------------------------------------------------- libmicrohttpd */

static void on_timer(struct timer *t)
{
	struct request *r = (struct request *)((char *)t - offsetof(struct request, timer));

	life_wake(r);
	if (r->step == STEP_READY)
		resume(r);
}

static bool is_for_flow(const struct request *r)
{
	return r->route && r->route->realm == REALM_FLOW;
}

static bool is_counted(const struct request *r)
{
	return r->route && r->route->realm != REALM_CONTROL;
}

static struct request *arrive(
	struct http *h, struct MHD_Connection *mhd, const char *path, const char *method)
{
	struct request *r = take_spare(h);
	nsec_t now = clock_monotonic();

	r->mhd = mhd;
	r->path = path;
	r->timer.fire = on_timer;
	r->fault = (struct fault_choice){FAULT_NONE, NSEC_NONE};
	request_route(r, method);
	if (!is_counted(r))
		return r;
	if (r->route->realm == REALM_SERVICENOW)
		servicenow_enter(r);
	else
		counters_enter(&h->service->counters, r->route->verb, now);
	if (is_for_flow(r) && !h->service->gate.started) {
		h->service->gate.started = true;
		h->service->gate.first_request = now;
	}
	return r;
}

static struct client *client_of(struct request *r)
{
	return MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static enum MHD_Result proceed(struct request *r)
{
	if (r->http->closing)
		return MHD_NO;
	if (r->step == STEP_ARRIVING)
		life_start(r);
	if (r->stalled && r->step == STEP_WAITING && !client_stall(client_of(r), r))
		return MHD_NO;
	if (r->step == STEP_WAITING || r->step == STEP_EXECUTED) {
		suspend(r);
		return MHD_YES;
	}
	return reply_send(r, is_for_flow(r)) ? MHD_YES : MHD_NO;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *path,
	const char *method, const char *version, const char *data, size_t *data_len, void **context)
{
	struct request *r = *context;

	if (!r) {
		*context = arrive(cls, mhd, path, method);
		return MHD_YES;
	}
	if (*data_len == 0)
		return proceed(r);
	if (buf_append(&r->body, data, *data_len) < 0)
		r->body_too_long = true;
	*data_len = 0;
	return MHD_YES;
}

static void on_completed(
	void *cls, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct request *r = *context;

	if (!r)
		return;
	*context = NULL;
	timers_cancel(&r->service->timers, &r->timer);
	if (is_counted(r) && r->route->realm == REALM_SERVICENOW)
		servicenow_leave(r);
	else if (is_counted(r))
		counters_leave(&r->service->counters, r->route->verb);
	give_back(r);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		*context = client_create(cls, info->connect_fd);
	} else if (*context) {
		client_destroy(*context);
		*context = NULL;
	}
}

int http_open(struct http *h, struct service *s, int epoll, struct error *reterr)
{
	int r;

	*h = (struct http){.service = s, .epoll = epoll};
	r = tls_load(&h->tls, s->options, reterr);
	if (r < 0)
		return r;
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
					     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO |
					     tls_flags(&h->tls),
		0, NULL, NULL, on_request, h, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, h, MHD_OPTION_ARRAY, tls_options(&h->tls), MHD_OPTION_END);
	if (!h->daemon && h->tls.cert)
		return error_set(reterr, -EIO,
			"libmicrohttpd does not start: see that --tls-cert and --tls-key are PEM "
			"and belong together");
	if (!h->daemon)
		return error_set(reterr, -EIO,
			"libmicrohttpd does not start: raise the limit of open files");
	return 0;
}

void http_close(struct http *h)
{
	if (!h->daemon) {
		tls_done(&h->tls);
		return;
	}
	h->closing = true;
	while (h->suspended) {
		timers_cancel(&h->service->timers, &h->suspended->timer);
		resume(h->suspended);
	}
	http_run(h); /* resumes them: it must not be stopped with any suspended */
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
	tls_done(&h->tls);
	free_spares(h);
}

void http_add(struct http *h, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
		len = 0;
	MHD_add_connection(
		h->daemon, fd, (struct sockaddr *)&peer, len); /* closes it if it fails */
}

bool http_run(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	MHD_run(h->daemon);
	return MHD_get_timeout(h->daemon, &wait_ms) == MHD_YES && wait_ms == 0;
}

int http_epoll(const struct http *h)
{
	return MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

const char *request_header(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

struct argument_walk {
	bool (*each)(void *arg, const char *name, const char *value);
	void *arg;
};

static enum MHD_Result on_argument(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	const struct argument_walk *walk = cls;

	return walk->each(walk->arg, name, value) ? MHD_YES : MHD_NO;
}

void request_arguments(
	struct request *r, bool (*each)(void *arg, const char *name, const char *value), void *arg)
{
	struct argument_walk walk = {each, arg};

	MHD_get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, on_argument, &walk);
}
