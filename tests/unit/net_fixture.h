/* net_fixture.h - a server of raw sockets, and a net that talks to it.
 *
 * Each connection of the server has a thread that runs the test's script:
 * blocking reads and writes of bytes, so that a test can do what no HTTP
 * server would. The net runs on the test's own loop.
 */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/macros.h"
#include "net/net.h"

#define SERVER_CONNECTIONS 4096

#define REPLY_201 "HTTP/1.1 201 Created\r\nContent-Length: 11\r\n\r\n{\"id\":\"1\"}\n"
#define REPLY_201_CLOSE \
	"HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 11\r\n\r\n{\"id\":\"1\"}\n"

struct server;

/** Talk on one connection until it is to be closed; `nth` counts from 1. */
typedef void (*script_fn)(struct server *s, int fd, int nth);

struct server {
	int listener;
	int port;
	script_fn script;
	pthread_t acceptor;
	pthread_t threads[SERVER_CONNECTIONS];
	int fds[SERVER_CONNECTIONS];
	int accepted; /* by the acceptor only, until it is joined */
	pthread_mutex_t lock; /* for fds: -1 once closed by its thread */
	atomic_int connections;
	atomic_int requests; /* read whole, body included */
	char head[8192];     /* of the latest request */
	char body[8192];     /* its first bytes */
};

struct connection {
	struct server *server;
	int fd, nth;
};

static void *serve_connection(void *arg)
{
	struct connection c = *(struct connection *)arg;

	free(arg);
	c.server->script(c.server, c.fd, c.nth);
	pthread_mutex_lock(&c.server->lock);
	close(c.fd);
	c.server->fds[c.nth - 1] = -1;
	pthread_mutex_unlock(&c.server->lock);
	return NULL;
}

static void *accept_connections(void *arg)
{
	struct server *s = arg;

	while (s->accepted < SERVER_CONNECTIONS) {
		int fd = accept(s->listener, NULL, NULL);
		struct connection *c;

		if (fd < 0)
			break;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
		c = malloc(sizeof(*c));
		*c = (struct connection){s, fd, ++s->accepted};
		s->fds[c->nth - 1] = fd;
		atomic_fetch_add(&s->connections, 1);
		pthread_create(&s->threads[s->accepted - 1], NULL, serve_connection, c);
	}
	return NULL;
}

static int listen_on_loopback(int *ret_port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 1024), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

static void server_start(struct server *s, script_fn script)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->script = script;
	s->listener = listen_on_loopback(&s->port);
	assert_int_equal(pthread_create(&s->acceptor, NULL, accept_connections, s), 0);
}

static void server_stop(struct server *s)
{
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->acceptor, NULL);
	close(s->listener);
	pthread_mutex_lock(&s->lock);
	for (int i = 0; i < s->accepted; i++)
		if (s->fds[i] >= 0)
			shutdown(s->fds[i], SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->accepted; i++)
		pthread_join(s->threads[i], NULL);
	pthread_mutex_destroy(&s->lock);
}

/** Read one request, body included; false at the end of the connection. */
static inline bool server_read(struct server *s, int fd)
{
	char head[sizeof(s->head)] = "", c;
	size_t len = 0, body_len = 0;
	const char *length;

	while (!strstr(head, "\r\n\r\n")) {
		if (len + 1 >= sizeof(head) || read(fd, &c, 1) != 1)
			return false;
		head[len++] = c;
		head[len] = '\0';
	}
	length = strcasestr(head, "\r\nContent-Length:");
	if (length)
		body_len = strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
	memcpy(s->head, head, len + 1);
	for (size_t i = 0; i < body_len; i++) {
		if (read(fd, &c, 1) != 1)
			return false;
		if (i + 1 < sizeof(s->body)) {
			s->body[i] = c;
			s->body[i + 1] = '\0';
		}
	}
	atomic_fetch_add(&s->requests, 1);
	return true;
}

static inline void server_write(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t r = send(fd, text, len, MSG_NOSIGNAL);

		if (r <= 0)
			return;
		text += r;
		len -= (size_t)r;
	}
}

/** Nothing more, until the client is gone. */
static inline void server_stall(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1)
		;
}

/** The usual server: keeps connections, answers all. */
static inline void serve_201(struct server *s, int fd, int nth)
{
	while (server_read(s, fd))
		server_write(fd, REPLY_201);
}

static inline void serve_201_once(struct server *s, int fd, int nth)
{
	if (server_read(s, fd))
		server_write(fd, REPLY_201_CLOSE);
}

/* The client's side. */

struct got {
	int count;
	enum net_end end;
	bool began, reused;
	int status;
	char body[256], retry_after[64], date[64], request_id[64], trouble[256];
	bool has_retry_after, has_trouble;
	size_t body_len;
};

struct world {
	uv_loop_t loop;
	struct net *net;
	struct server server;
	bool closed;
};

static inline void note_text(char *dst, size_t size, const char *text)
{
	snprintf(dst, size, "%s", text ? text : "");
}

/** A net_done_cb that writes all down in its struct got. */
static inline void note(void *arg, const struct net_answer *a)
{
	struct got *g = arg;

	g->count++;
	g->end = a->end;
	g->began = a->began;
	g->reused = a->reused;
	g->status = a->status;
	g->body_len = a->body_len;
	g->has_retry_after = a->retry_after != NULL;
	g->has_trouble = a->trouble != NULL;
	note_text(g->body, sizeof(g->body), a->body);
	note_text(g->retry_after, sizeof(g->retry_after), a->retry_after);
	note_text(g->date, sizeof(g->date), a->date);
	note_text(g->request_id, sizeof(g->request_id), a->request_id);
	note_text(g->trouble, sizeof(g->trouble), a->trouble);
}

/** What differs from a window of 16 and long time-outs. */
#define OPTIONS(...) (&(struct net_options){.allow_http = true, __VA_ARGS__})

static inline void world_open(struct world *w, script_fn script, const struct net_options *given)
{
	struct net_options o = *given;
	struct error e = {0};

	o.window = o.window ? o.window : 16;
	o.connect_timeout = o.connect_timeout ? o.connect_timeout : 30 * SEC;
	o.timeout = o.timeout ? o.timeout : 60 * SEC;
	o.proxy = o.proxy ? o.proxy : ""; /* not the environment's */
	w->closed = false;
	w->net = NULL;
	assert_int_equal(uv_loop_init(&w->loop), 0);
	server_start(&w->server, script);
	if (net_open(&w->loop, &o, &w->net, &e) < 0)
		fail_msg("%s", e.text);
}

static inline void note_closed(void *arg)
{
	*(bool *)arg = true;
}

static inline void world_close(struct world *w)
{
	net_close(w->net, note_closed, &w->closed);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_true(w->closed);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	server_stop(&w->server);
}

static inline const char *world_url(struct world *w)
{
	static char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d/connections", w->server.port);
	return url;
}

static inline struct net_transfer *post(struct world *w, struct got *g)
{
	return net_send(w->net,
		&(struct net_request){
			.method = "POST",
			.url = world_url(w),
			.body = "{\"name\":\"a\"}",
			.body_len = 12,
			.done = note,
			.arg = g,
		});
}

static inline struct net_transfer *get(struct world *w, const char *url, struct got *g)
{
	return net_send(w->net,
		&(struct net_request){.method = "GET", .url = url, .done = note, .arg = g});
}

/** Run the loop until nothing is under way. */
static inline void settle(struct world *w)
{
	while (net_in_flight(w->net) > 0)
		uv_run(&w->loop, UV_RUN_ONCE);
}

/** Post, and wait for the end of it. */
static inline struct got posted(struct world *w)
{
	struct got g = {0};

	post(w, &g);
	settle(w);
	assert_int_equal(g.count, 1);
	return g;
}

static inline int setup_net(void **state)
{
	struct error e;

	return net_setup(&e);
}

static inline int teardown_net(void **state)
{
	net_teardown();
	return 0;
}
