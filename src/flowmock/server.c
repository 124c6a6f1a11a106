/* server.c - see server.h. */
#include "flowmock/server.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "flowmock/client.h"
#include "sys/clock.h"

#define BACKLOG 4096
#define EVENTS_MAX 64

/* --------------------------------------------------------------- listening */

static socklen_t address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

/* IPv4 and IPv6 keep the port at the same place. */
static uint16_t *address_port(struct sockaddr_storage *a)
{
	static_assert(
		offsetof(struct sockaddr_in, sin_port) == offsetof(struct sockaddr_in6, sin6_port),
		"one place for the port");
	return &((struct sockaddr_in *)a)->sin_port;
}

static int watch(struct server *s, int fd, void *what)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};

	return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int start_listening(struct server *s)
{
	struct sockaddr_storage a = s->service->options->listen;
	socklen_t len = address_len(&a);
	const int on = 1;
	int fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*address_port(&a) = htons(s->port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	s->port = ntohs(*address_port(&a));
	s->listen_fd = fd;
	return watch(s, fd, &s->listen_fd);
}

static void stop_listening(struct server *s)
{
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	s->listen_fd = -1;
}

static void accept_all(struct server *s)
{
	int fd;

	while (s->listen_fd >= 0 &&
		(fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		http_add(&s->http, fd);
}

/* ------------------------------------------------------------ refusing all */

static void on_outage_start(struct timer *t)
{
	stop_listening((struct server *)((char *)t - offsetof(struct server, outage_start)));
}

static void on_outage_end(struct timer *t)
{
	struct server *s = (struct server *)((char *)t - offsetof(struct server, outage_end));

	s->listening = start_listening(s); /* somebody may have taken the port meanwhile */
}

/* The outage counts from the first request, so it is set when that has come. */
static void set_outage(struct server *s)
{
	const struct options *o = s->service->options;
	const struct gate *g = &s->service->gate;

	if (s->outage_set || !g->started || o->outage_way != OUTAGE_REFUSE || o->outage.length == 0)
		return;
	s->outage_set = true;
	s->outage_start.fire = on_outage_start;
	s->outage_end.fire = on_outage_end;
	timers_set(&s->service->timers, &s->outage_start, g->first_request + o->outage.start);
	timers_set(&s->service->timers, &s->outage_end,
		g->first_request + o->outage.start + o->outage.length);
}

/* ---------------------------------------------------------------- the loop */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* As many open sockets as the system lets us have. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_loop(struct server *s, struct error *reterr)
{
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	s->signal_fd = open_signals();
	if (s->epoll < 0 || s->timer_fd < 0 || s->signal_fd < 0 ||
		watch(s, s->timer_fd, &s->timer_fd) < 0 ||
		watch(s, s->signal_fd, &s->signal_fd) < 0)
		return error_set(reterr, -errno,
			"cannot make an event loop: %s: close other programs", strerror(errno));
	return 0;
}

int server_open(struct server *s, struct service *service, struct error *reterr)
{
	int r;

	*s = (struct server){.service = service,
		.epoll = -1,
		.timer_fd = -1,
		.signal_fd = -1,
		.listen_fd = -1,
		.port = service->options->port,
		.armed_for = NSEC_NEVER};
	raise_file_limit();
	r = open_loop(s, reterr);
	if (r == 0)
		r = http_open(&s->http, service, s->epoll, reterr);
	if (r < 0)
		return r;
	watch(s, http_epoll(&s->http), &s->http);
	r = start_listening(s);
	if (r < 0)
		return error_set(reterr, r, "cannot listen on port %u: %s: name another --port",
			s->port, strerror(-r));
	return 0;
}

static void arm_timer(struct server *s)
{
	nsec_t due = timers_next(&s->service->timers);
	struct itimerspec at = {0};

	if (due == s->armed_for)
		return;
	s->armed_for = due;
	if (due != NSEC_NEVER)
		at.it_value = (struct timespec){due / SEC, due % SEC};
	timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void take_event(struct server *s, void *what)
{
	uint64_t expirations;

	if (what == &s->http)
		return; /* it is run in every turn */
	if (what == &s->listen_fd) {
		accept_all(s);
	} else if (what == &s->signal_fd) {
		s->stop = true;
	} else if (what == &s->timer_fd) {
		if (read(s->timer_fd, &expirations, sizeof(expirations)) > 0)
			s->armed_for = NSEC_NEVER;
	} else {
		client_went(what);
	}
}

int server_run(struct server *s, struct error *reterr)
{
	struct epoll_event events[EVENTS_MAX];

	while (!s->stop && !s->service->failed && s->listening == 0) {
		bool more;
		int n;

		timers_fire(&s->service->timers, clock_monotonic());
		more = http_run(&s->http);
		set_outage(s);
		arm_timer(s);
		n = epoll_wait(s->epoll, events, EVENTS_MAX, more ? 0 : -1);
		for (int i = 0; i < n; i++)
			take_event(s, events[i].data.ptr);
	}
	if (s->service->failed)
		return error_set(reterr, -EIO,
			"cannot write '%s': what was executed is not kept: make room for it",
			s->service->options->store);
	if (s->listening < 0)
		return error_set(reterr, s->listening,
			"cannot listen on port %u again: %s: name another --port", s->port,
			strerror(-s->listening));
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void server_close(struct server *s)
{
	stop_listening(s);
	http_close(&s->http);
	timers_cancel(&s->service->timers, &s->outage_start);
	timers_cancel(&s->service->timers, &s->outage_end);
	close_fd(s->signal_fd);
	close_fd(s->timer_fd);
	close_fd(s->epoll);
}
