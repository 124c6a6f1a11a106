/* Sockets come and go, and libuv always knows those that are there. */
#include "check.h"

#include "net_fixture.h"

#include <sys/epoll.h>
#include <sys/syscall.h>

static int watches_refused; /* so many of sockets are still to be */

/* In front of the C library's: the kernel has no watch to spare. */
INTERPOSED int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (op == EPOLL_CTL_ADD && watches_refused > 0 &&
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_INET) {
		watches_refused--;
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

struct series {
	struct world *w;
	char url[128];
	int left, answered, ends[NET_CANCELLED + 1];
};

static void next(struct series *s);

static void on_answer(void *arg, const struct net_answer *a)
{
	struct series *s = arg;

	s->ends[a->end]++;
	next(s);
}

static void next(struct series *s)
{
	if (s->left-- > 0)
		net_send(s->w->net,
			&(struct net_request){.method = "POST",
				.url = s->url,
				.body = "{}",
				.body_len = 2,
				.done = on_answer,
				.arg = s});
}

static void run_series(struct world *w, struct series *s, const char *host, int count, int window)
{
	*s = (struct series){.w = w, .left = count};
	snprintf(s->url, sizeof(s->url), "http://%s:%d/", host, w->server.port);
	for (int i = 0; i < window; i++)
		next(s);
	settle(w);
}

static void a_hundred_connections_without_reuse(const char *host, int window)
{
	struct world w;
	struct series s;

	world_open(&w, serve_201_once, OPTIONS());
	run_series(&w, &s, host, 100, window);
	assert_int_equal(s.ends[NET_ANSWERED], 100);
	assert_int_equal(w.server.connections, 100);
	world_close(&w);
}

static void a_hundred_connections_by_address(void **state)
{
	a_hundred_connections_without_reuse("127.0.0.1", 1);
	a_hundred_connections_without_reuse("127.0.0.1", 16);
}

/* A resolver thread, its pair, and mostly a refused ::1 before 127.0.0.1. */
static void a_hundred_connections_by_name(void **state)
{
	a_hundred_connections_without_reuse("localhost", 1);
	a_hundred_connections_without_reuse("localhost", 16);
}

static void a_name_that_does_not_resolve_ends_as_dns(void **state)
{
	struct world w;
	struct series s;

	world_open(&w, serve_201, OPTIONS());
	run_series(&w, &s, "nonexistent.invalid", 20, 4);
	assert_int_equal(s.ends[NET_DNS], 20);

	/* Descriptors of the resolver's pairs are used again by now. */
	run_series(&w, &s, "localhost", 20, 4);
	assert_int_equal(s.ends[NET_ANSWERED], 20);
	world_close(&w);
}

/* The server closes kept connections between requests. */
static void answer_one_of_two(struct server *s, int fd, int nth)
{
	if (server_read(s, fd))
		server_write(fd, REPLY_201);
	if (nth % 2)
		return;
	serve_201(s, fd, nth);
}

static void connections_that_close_while_idle_are_replaced(void **state)
{
	struct world w;

	world_open(&w, answer_one_of_two, OPTIONS());
	for (int i = 0; i < 20; i++) {
		struct series s;

		run_series(&w, &s, "127.0.0.1", 32, 8);
		/* A request that crosses with the close is doubtful, and no more. */
		assert_int_equal(s.ends[NET_ANSWERED] + s.ends[NET_VETO] + s.ends[NET_BROKEN], 32);
	}
	world_close(&w);
}

static void stop_when_told(uv_prepare_t *prepare)
{
	const struct got *g = prepare->data;

	if (g->count)
		uv_stop(prepare->loop);
}

static void on_too_late(uv_timer_t *timer)
{
	fail_msg("the loop slept over an answer");
}

/* A socket that the kernel will not watch ends its transfer just before the loop
 * polls, when the caller has had his turn: he gets another. */
static void what_ends_before_the_loop_polls_is_not_slept_over(void **state)
{
	uv_prepare_t prepare;
	uv_timer_t too_late;
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS());
	uv_prepare_init(&w.loop, &prepare);
	prepare.data = &g;
	uv_prepare_start(&prepare, stop_when_told); /* started last, called first */
	uv_timer_init(&w.loop, &too_late);
	uv_timer_start(&too_late, on_too_late, 3000, 0);

	watches_refused = 1;
	post(&w, &g);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(watches_refused, 0);
	assert_int_equal(g.count, 1);

	uv_close((uv_handle_t *)&prepare, NULL);
	uv_close((uv_handle_t *)&too_late, NULL);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_connections_by_address),
		cmocka_unit_test(a_hundred_connections_by_name),
		cmocka_unit_test(a_name_that_does_not_resolve_ends_as_dns),
		cmocka_unit_test(connections_that_close_while_idle_are_replaced),
		cmocka_unit_test(what_ends_before_the_loop_polls_is_not_slept_over),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
