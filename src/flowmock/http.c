/* http.c - see http.h.
 *
 * The way of a request: ARRIVING (headers, then body), WAITING (a part of its
 * latency, or a hold), carried out, EXECUTED (the rest of the latency, or a
 * hold), READY. Where in the latency the execution falls is drawn: a client
 * that is killed meanwhile leaves requests of both kinds behind.
 */
#include "flowmock/http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/macros.h"
#include "flowmock/fault_answer.h"
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
	r->fault = (struct fault_choice){FAULT_NONE, NSEC_NONE};
	r->stream = NULL;
	r->stream_next = 0;
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

	r->suspended = true;
	r->previous = NULL;
	r->next = h->suspended;
	if (r->next)
		r->next->previous = r;
	h->suspended = r;
	MHD_suspend_connection(r->mhd);
}

static int socket_of(struct request *r)
{
	return MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static void resume(struct request *r)
{
	struct http *h = r->http;

	if (r->watched)
		epoll_ctl(h->epoll, EPOLL_CTL_DEL, socket_of(r), NULL);
	if (r->previous)
		r->previous->next = r->next;
	else
		h->suspended = r->next;
	if (r->next)
		r->next->previous = r->previous;
	r->previous = r->next = NULL;
	r->suspended = false;
	r->watched = false;
	MHD_resume_connection(r->mhd);
}

/* Suspended and unseen by libmicrohttpd, so looked at here. */
static void watch_client(struct request *r)
{
	struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = r};

	r->watched = epoll_ctl(r->http->epoll, EPOLL_CTL_ADD, socket_of(r), &event) == 0;
	if (!r->watched)
		r->step = STEP_DROPPED;
}

void http_client_went(struct request *r)
{
	r->step = STEP_DROPPED;
	resume(r);
}

static void set_timer(struct request *r, nsec_t wait)
{
	timers_set(&r->service->timers, &r->timer, nsec_add(clock_monotonic(), wait));
}

/* --------------------------------------------------------------- execution */

static void execute(struct request *r)
{
	if (fault_kind(r->fault.fault)->executes)
		r->route->handle(r);
	fault_answer(r);
	r->step = STEP_EXECUTED;
	if (r->wait_after > 0)
		set_timer(r, r->wait_after);
	else
		r->step = STEP_READY;
}

static void on_timer(struct timer *t)
{
	struct request *r = (struct request *)((char *)t - offsetof(struct request, timer));

	if (r->step == STEP_WAITING)
		execute(r);
	else
		r->step = STEP_READY;
	if (r->step == STEP_READY)
		resume(r);
}

static bool is_poisoned(struct request *r)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *name;

	if (!r->route->is_create || r->service->faults.poison_count == 0)
		return false;
	if (r->body.len == 0 || json_parse(r->body.data, r->body.len, &root) < 0)
		return false;
	name = json_string(json_get(root, "name"));
	return name && faults_poisoned(&r->service->faults, name);
}

static void draw_fault(struct request *r)
{
	struct service *s = r->service;

	/* Only creates and their kin have chances; others of the verb do not
	 * disturb the count of the schedule. */
	r->fault = faults_draw(&s->faults, r->route->verb);
	if (is_poisoned(r))
		r->fault = (struct fault_choice){FAULT_POISON, NSEC_NONE};
	if (r->fault.fault != FAULT_NONE)
		s->counters.faults[r->fault.fault]++;
}

static void begin(struct request *r)
{
	struct service *s = r->service;
	enum fault_hold hold = fault_kind(r->fault.fault)->hold;
	nsec_t held = r->fault.argument == NSEC_NONE ? s->options->hold : r->fault.argument;
	nsec_t latency = dist_draw(&s->options->latency, &s->latency);
	nsec_t before = (nsec_t)((double)latency * random_unit(&s->latency));

	r->wait_after = latency - before + (hold == HOLD_AFTER ? held : 0);
	before += hold == HOLD_BEFORE ? held : 0;
	r->step = STEP_WAITING;
	if (hold == HOLD_FOREVER)
		watch_client(r);
	else if (before > 0)
		set_timer(r, before);
	else
		execute(r);
}

/* The whole request is here. */
static void start(struct request *r)
{
	struct service *s = r->service;
	nsec_t now = clock_monotonic();

	service_new_request_id(s, r->answer.request_id);
	r->step = STEP_READY; /* unless it has to wait */
	if (!r->route && r->path_known) {
		answer_message(&r->answer, 405, "Method Not Allowed");
	} else if (!r->route) {
		answer_message(&r->answer, 404, "Not Found");
	} else if (r->body_too_long) {
		answer_message(&r->answer, 413, "The request body is too long");
	} else if (r->route->realm == REALM_CONTROL) {
		r->route->handle(r);
	} else if (s->options->outage_way == OUTAGE_REFUSE && gate_is_out(s, now)) {
		r->step = STEP_DROPPED;
	} else if (gate_admits(r, now)) {
		draw_fault(r);
		begin(r);
	}
}

/* --------------------------------------------------------- libmicrohttpd */

static bool is_counted(const struct request *r)
{
	return r->route && r->route->realm == REALM_FLOW;
}

static struct request *arrive(
	struct http *h, struct MHD_Connection *mhd, const char *path, const char *method)
{
	struct request *r = take_spare(h);
	nsec_t now = clock_monotonic();

	r->mhd = mhd;
	r->path = path;
	r->timer.fire = on_timer;
	r->fault.argument = NSEC_NONE;
	request_route(r, method);
	if (!is_counted(r))
		return r;
	counters_enter(&h->service->counters, r->route->verb, now);
	if (!h->service->gate.started) {
		h->service->gate.started = true;
		h->service->gate.first_request = now;
	}
	return r;
}

static enum MHD_Result proceed(struct request *r)
{
	if (r->step == STEP_ARRIVING)
		start(r);
	if (r->step == STEP_WAITING || r->step == STEP_EXECUTED) {
		suspend(r);
		return MHD_YES;
	}
	return reply_send(r, is_counted(r)) ? MHD_YES : MHD_NO;
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

static void on_completed(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_RequestTerminationCode code)
{
	struct request *r = *context;

	if (!r)
		return;
	*context = NULL;
	timers_cancel(&r->service->timers, &r->timer);
	if (is_counted(r))
		counters_leave(&r->service->counters);
	give_back(r);
}

int http_open(struct http *h, struct service *s, int epoll, struct error *reterr)
{
	*h = (struct http){.service = s, .epoll = epoll};
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
					     MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
		0, NULL, NULL, on_request, h, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (!h->daemon)
		return error_set(reterr, -EIO,
			"libmicrohttpd does not start: raise the limit of open files");
	return 0;
}

void http_close(struct http *h)
{
	if (!h->daemon)
		return;
	while (h->suspended) {
		struct request *r = h->suspended;

		timers_cancel(&h->service->timers, &r->timer);
		r->step = STEP_DROPPED;
		resume(r);
	}
	http_run(h); /* resumes them: it must not be stopped with any suspended */
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
	free_spares(h);
}

void http_add(struct http *h, int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
		len = 0;
	MHD_add_connection(h->daemon, fd, (struct sockaddr *)&peer, len); /* closes it if it fails */
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

void request_arguments(struct request *r,
	bool (*each)(void *arg, const char *name, const char *value), void *arg)
{
	struct argument_walk walk = {each, arg};

	MHD_get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, on_argument, &walk);
}
