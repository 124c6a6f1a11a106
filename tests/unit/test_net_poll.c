/* Sockets come and go, and libuv always knows those that are there. */
#include "net_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_connections_by_address),
		cmocka_unit_test(a_hundred_connections_by_name),
		cmocka_unit_test(a_name_that_does_not_resolve_ends_as_dns),
		cmocka_unit_test(connections_that_close_while_idle_are_replaced),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
