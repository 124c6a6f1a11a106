/* Requests that go well. */
#include "net_fixture.h"

static void two_requests_share_a_kept_connection(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, serve_201, OPTIONS());
	g = posted(&w);
	assert_int_equal(g.end, NET_ANSWERED);
	assert_int_equal(g.status, 201);
	assert_string_equal(g.body, "{\"id\":\"1\"}\n");
	assert_int_equal(g.body_len, 11);
	assert_true(g.began);
	assert_false(g.reused);
	assert_false(g.has_trouble);
	assert_string_equal(w.server.body, "{\"name\":\"a\"}");

	g = posted(&w);
	assert_int_equal(g.end, NET_ANSWERED);
	assert_true(g.reused);
	assert_int_equal(w.server.connections, 1);
	assert_int_equal(w.server.requests, 2);
	world_close(&w);
}

static void a_callback_never_comes_from_inside_send(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS());
	post(&w, &g);
	assert_int_equal(g.count, 0);
	assert_int_equal(net_in_flight(w.net), 1);
	settle(&w);
	assert_int_equal(g.count, 1);
	world_close(&w);
}

static void an_idle_net_does_not_keep_the_loop_alive(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS());
	assert_int_equal(uv_run(&w.loop, UV_RUN_DEFAULT), 0);
	post(&w, &g);
	assert_int_equal(uv_run(&w.loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(g.end, NET_ANSWERED);
	world_close(&w);
}

struct chain {
	struct world *w;
	int left, done, most;
};

static void send_one_more(struct chain *c);

static void on_chain(void *arg, const struct net_answer *a)
{
	struct chain *c = arg;

	assert_int_equal(a->end, NET_ANSWERED);
	c->done++;
	send_one_more(c);
	/* The answer is still whole, though its place was given away. */
	assert_string_equal(a->body, "{\"id\":\"1\"}\n");
}

static void send_one_more(struct chain *c)
{
	int now;

	if (c->left == 0)
		return;
	c->left--;
	net_send(c->w->net,
		&(struct net_request){.method = "POST",
			.url = world_url(c->w),
			.body = "{}",
			.body_len = 2,
			.done = on_chain,
			.arg = c});
	now = (int)net_in_flight(c->w->net);
	c->most = MAX(c->most, now);
}

static void run_chain(struct world *w, int count, int window, struct chain *ret)
{
	*ret = (struct chain){.w = w, .left = count};
	for (int i = 0; i < window; i++)
		send_one_more(ret);
	settle(w);
}

static void a_callback_may_send_the_next_request(void **state)
{
	struct world w;
	struct chain c;

	world_open(&w, serve_201, OPTIONS(.window = 1));
	run_chain(&w, 50, 1, &c);
	assert_int_equal(c.done, 50);
	assert_int_equal(w.server.connections, 1);
	world_close(&w);
}

static void a_thousand_requests_go_by_a_window_of_64(void **state)
{
	struct world w;
	struct chain c;

	world_open(&w, serve_201, OPTIONS(.window = 64));
	run_chain(&w, 1000, 64, &c);
	assert_int_equal(c.done, 1000);
	assert_int_equal(c.most, 64);
	assert_int_equal(w.server.requests, 1000);
	assert_in_range(w.server.connections, 1, 64);
	world_close(&w);
}

/* Kept connections to other hosts make room: none waits for ever. */
static void more_hosts_than_connections_all_get_their_turn(void **state)
{
	enum { HOSTS = 5 };
	struct server *others = calloc(HOSTS, sizeof(*others));
	struct world w;
	int answered = 0;

	world_open(&w, serve_201, OPTIONS(.window = 2, .timeout = 20 * SEC));
	for (int i = 0; i < HOSTS; i++)
		server_start(&others[i], serve_201);
	for (int i = 0; i < 40; i++) {
		struct got g[2] = {0};
		char url[2][64];

		for (int j = 0; j < 2; j++) {
			snprintf(url[j], sizeof(url[j]), "http://127.0.0.1:%d/",
				others[(i * 2 + j) % HOSTS].port);
			get(&w, url[j], &g[j]);
		}
		settle(&w);
		answered += (g[0].end == NET_ANSWERED) + (g[1].end == NET_ANSWERED);
	}
	assert_int_equal(answered, 80);
	world_close(&w);
	for (int i = 0; i < HOSTS; i++)
		server_stop(&others[i]);
	free(others);
}

static void serve_headers(struct server *s, int fd, int nth)
{
	while (server_read(s, fd))
		server_write(fd,
			"HTTP/1.1 429 Too Many Requests\r\n"
			"RETRY-AFTER:  38 \r\n"
			"Date: Tue, 24 Nov 2026 19:54:38 GMT\r\n"
			"X-Request-Id: iEUtsLiFgj3R4xsbirAyZlMyaxRTo8Xo\r\n"
			"X-Request-Id: another\r\n"
			"Content-Length: 0\r\n\r\n");
}

static void headers_of_interest_are_caught_without_case(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, serve_headers, OPTIONS());
	g = posted(&w);
	assert_int_equal(g.status, 429);
	assert_string_equal(g.retry_after, "38");
	assert_string_equal(g.date, "Tue, 24 Nov 2026 19:54:38 GMT");
	assert_string_equal(g.request_id, "iEUtsLiFgj3R4xsbirAyZlMyaxRTo8Xo");
	assert_string_equal(g.body, "");
	world_close(&w);
}

static void answer_headers_once(struct server *s, int fd, int nth)
{
	if (!server_read(s, fd))
		return;
	server_write(fd, "HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nno");
	serve_201(s, fd, nth);
}

static void an_answer_has_nothing_of_the_one_before(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, answer_headers_once, OPTIONS());
	assert_string_equal(posted(&w).retry_after, "5");
	for (int i = 0; i < 20; i++) {
		g = posted(&w);
		assert_int_equal(g.status, 201);
		assert_false(g.has_retry_after);
		assert_int_equal(g.body_len, 11);
	}
	world_close(&w);
}

static void serve_informational(struct server *s, int fd, int nth)
{
	while (server_read(s, fd))
		server_write(fd,
			"HTTP/1.1 100 Continue\r\nRetry-After: 1\r\n\r\n"
			"HTTP/1.1 103 Early Hints\r\nRetry-After: 2\r\nLink: </x>\r\n\r\n" REPLY_201);
}

static void informational_answers_do_not_count(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, serve_informational, OPTIONS());
	for (int i = 0; i < 3; i++) {
		g = posted(&w);
		assert_int_equal(g.end, NET_ANSWERED);
		assert_int_equal(g.status, 201);
		assert_false(g.has_retry_after);
		assert_string_equal(g.body, "{\"id\":\"1\"}\n");
	}
	assert_int_equal(w.server.connections, 1);
	world_close(&w);
}

static void serve_redirect(struct server *s, int fd, int nth)
{
	while (server_read(s, fd))
		server_write(fd,
			"HTTP/1.1 307 Elsewhere\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, serve_redirect, OPTIONS());
	g = posted(&w);
	assert_int_equal(g.end, NET_ANSWERED);
	assert_int_equal(g.status, 307);
	assert_int_equal(w.server.requests, 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_requests_share_a_kept_connection),
		cmocka_unit_test(a_callback_never_comes_from_inside_send),
		cmocka_unit_test(an_idle_net_does_not_keep_the_loop_alive),
		cmocka_unit_test(a_callback_may_send_the_next_request),
		cmocka_unit_test(a_thousand_requests_go_by_a_window_of_64),
		cmocka_unit_test(more_hosts_than_connections_all_get_their_turn),
		cmocka_unit_test(headers_of_interest_are_caught_without_case),
		cmocka_unit_test(an_answer_has_nothing_of_the_one_before),
		cmocka_unit_test(informational_answers_do_not_count),
		cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
