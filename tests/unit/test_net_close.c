/* Cutting one transfer, and closing with many. */
#include "net_fixture.h"

static void take_and_stall(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_stall(fd);
}

static void a_transfer_cut_before_the_loop_ran_never_leaves(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS());
	net_cut(post(&w, &g));
	assert_int_equal(g.count, 0); /* from the loop only */
	assert_int_equal(net_in_flight(w.net), 1);
	settle(&w);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.end, NET_CANCELLED);
	assert_false(g.began);
	assert_int_equal(w.server.connections, 0);
	world_close(&w);
}

static void run_until_requests(struct world *w, int count)
{
	while (atomic_load(&w->server.requests) < count)
		uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void a_transfer_cut_under_way_began(void **state)
{
	struct world w;
	struct got g = {0};
	struct net_transfer *t;

	world_open(&w, take_and_stall, OPTIONS());
	t = post(&w, &g);
	run_until_requests(&w, 1);
	net_cut(t);
	net_cut(t); /* once is enough */
	settle(&w);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.end, NET_CANCELLED);
	assert_true(g.began);
	world_close(&w);
}

static void a_transfer_cut_while_its_name_is_looked_up_holds_nobody_up(void **state)
{
	struct world w;
	struct got cut = {0}, g = {0};
	struct net_transfer *t;

	world_open(&w, serve_201, OPTIONS());
	t = get(&w, "http://nonexistent.invalid/", &cut);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	net_cut(t);
	post(&w, &g);
	settle(&w);
	assert_int_equal(cut.end, NET_CANCELLED);
	assert_false(cut.began);
	assert_int_equal(g.end, NET_ANSWERED);
	world_close(&w);
}

struct pair {
	struct world *w;
	struct net_transfer *other;
	struct got mine, others;
};

static void cut_the_other(void *arg, const struct net_answer *a)
{
	struct pair *p = arg;

	note(&p->mine, a);
	net_cut(p->other);
	assert_int_equal(p->others.count, 0);
}

static void answer_first_stall_others(struct server *s, int fd, int nth)
{
	while (server_read(s, fd)) {
		if (strstr(s->head, "/slow"))
			break;
		server_write(fd, REPLY_201);
	}
	server_stall(fd);
}

static void a_callback_may_cut_another_transfer(void **state)
{
	struct world w;
	struct pair p = {.w = &w};
	char url[64];

	world_open(&w, answer_first_stall_others, OPTIONS());
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/slow", w.server.port);
	p.other = get(&w, url, &p.others);
	run_until_requests(&w, 1);
	net_send(w.net,
		&(struct net_request){.method = "POST",
			.url = world_url(&w),
			.body = "{}",
			.body_len = 2,
			.done = cut_the_other,
			.arg = &p});
	settle(&w);
	assert_int_equal(p.mine.end, NET_ANSWERED);
	assert_int_equal(p.others.count, 1);
	assert_int_equal(p.others.end, NET_CANCELLED);
	world_close(&w);
}

struct closing {
	struct world *w;
	int cancelled, after;
};

static void count_cancelled(void *arg, const struct net_answer *a)
{
	struct closing *c = arg;

	c->cancelled += a->end == NET_CANCELLED;
	c->after += c->w->closed;
}

static void send_for(struct closing *c, net_done_cb done)
{
	net_send(c->w->net,
		&(struct net_request){.method = "POST",
			.url = world_url(c->w),
			.body = "{}",
			.body_len = 2,
			.done = done,
			.arg = c});
}

static void closing_cancels_what_is_in_flight_first(void **state)
{
	struct world w;
	struct closing c = {.w = &w};

	world_open(&w, take_and_stall, OPTIONS(.window = 8));
	for (int i = 0; i < 8; i++)
		send_for(&c, count_cancelled);
	run_until_requests(&w, 8);
	world_close(&w);
	assert_int_equal(c.cancelled, 8);
	assert_int_equal(c.after, 0);
}

static void closing_at_once_cancels_what_never_left(void **state)
{
	struct world w;
	struct closing c = {.w = &w};

	world_open(&w, take_and_stall, OPTIONS(.window = 8));
	for (int i = 0; i < 8; i++)
		send_for(&c, count_cancelled);
	world_close(&w);
	assert_int_equal(c.cancelled, 8);
}

static void closing_with_nothing_in_flight_just_closes(void **state)
{
	struct world w;

	world_open(&w, serve_201, OPTIONS());
	world_close(&w);
	world_open(&w, serve_201, OPTIONS());
	assert_int_equal(posted(&w).end, NET_ANSWERED); /* its connection is kept */
	world_close(&w);
}

static void closing_does_not_wait_for_a_name(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS());
	get(&w, "http://nonexistent.invalid/", &g);
	uv_run(&w.loop, UV_RUN_NOWAIT);
	world_close(&w);
	assert_int_equal(g.count, 1);
}

static void close_in_callback(void *arg, const struct net_answer *a)
{
	struct closing *c = arg;

	assert_int_equal(a->end, NET_ANSWERED);
	net_close(c->w->net, note_closed, &c->w->closed);
	assert_false(c->w->closed);
}

static void a_callback_may_close_the_net(void **state)
{
	struct world w;
	struct closing c = {.w = &w};
	char url[64];
	struct got slow = {0};

	world_open(&w, answer_first_stall_others, OPTIONS());
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/slow", w.server.port);
	get(&w, url, &slow);
	run_until_requests(&w, 1);
	send_for(&c, close_in_callback);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_true(w.closed);
	assert_int_equal(slow.end, NET_CANCELLED);
	assert_int_equal(uv_loop_close(&w.loop), 0);
	server_stop(&w.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transfer_cut_before_the_loop_ran_never_leaves),
		cmocka_unit_test(a_transfer_cut_under_way_began),
		cmocka_unit_test(a_transfer_cut_while_its_name_is_looked_up_holds_nobody_up),
		cmocka_unit_test(a_callback_may_cut_another_transfer),
		cmocka_unit_test(closing_cancels_what_is_in_flight_first),
		cmocka_unit_test(closing_at_once_cancels_what_never_left),
		cmocka_unit_test(closing_with_nothing_in_flight_just_closes),
		cmocka_unit_test(closing_does_not_wait_for_a_name),
		cmocka_unit_test(a_callback_may_close_the_net),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
