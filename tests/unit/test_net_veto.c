/* A body leaves at most once, and whether it began to leave is known. */
#include "net_fixture.h"

/* The kept connection takes a second request, executes it, and dies. */
static void answer_one_then_execute_and_close(struct server *s, int fd, int nth)
{
	if (!server_read(s, fd))
		return;
	server_write(fd, REPLY_201);
	if (nth == 1)
		server_read(s, fd);
	else
		serve_201(s, fd, nth);
}

static void lose_an_answer(const char *method)
{
	struct world w;
	struct got g = {0};

	world_open(&w, answer_one_then_execute_and_close, OPTIONS());
	assert_int_equal(posted(&w).end, NET_ANSWERED);

	net_send(w.net,
		&(struct net_request){.method = method,
			.url = world_url(&w),
			.body = "{}",
			.body_len = 2,
			.done = note,
			.arg = &g});
	settle(&w);
	assert_int_equal(g.end, NET_VETO);
	assert_true(g.began);
	assert_true(g.has_trouble);
	assert_int_equal(g.status, 0);
	assert_int_equal(w.server.requests, 2);
	assert_int_equal(w.server.connections, 1);

	/* All handles can be used afterwards. */
	for (int i = 0; i < 20; i++)
		assert_int_equal(posted(&w).end, NET_ANSWERED);
	assert_int_equal(w.server.requests, 22);
	world_close(&w);
}

static void a_post_whose_kept_connection_dies_is_executed_once(void **state)
{
	lose_an_answer("POST");
}

static void a_patch_whose_kept_connection_dies_is_executed_once(void **state)
{
	lose_an_answer("PATCH");
}

static void a_get_whose_kept_connection_dies_is_sent_again(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, answer_one_then_execute_and_close, OPTIONS());
	assert_int_equal(posted(&w).end, NET_ANSWERED);
	get(&w, world_url(&w), &g);
	settle(&w);
	assert_int_equal(g.end, NET_ANSWERED);
	assert_int_equal(w.server.requests, 3);
	world_close(&w);
}

static void a_get_that_may_be_sent_once_only_is_not_sent_again(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, answer_one_then_execute_and_close, OPTIONS());
	assert_int_equal(posted(&w).end, NET_ANSWERED);
	net_send(w.net,
		&(struct net_request){.method = "GET",
			.url = world_url(&w),
			.once = true,
			.done = note,
			.arg = &g});
	settle(&w);
	assert_int_equal(g.end, NET_VETO);
	assert_true(g.began);
	assert_int_equal(w.server.requests, 2);
	assert_int_equal(w.server.connections, 1);

	/* The next one on the same handle is an ordinary one again. */
	get(&w, world_url(&w), &g);
	settle(&w);
	assert_int_equal(g.end, NET_ANSWERED);
	world_close(&w);
}

/* Of the second request it reads the head and some of the body. */
static void answer_one_then_reset_in_the_second(struct server *s, int fd, int nth)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	char some[4096];

	if (!server_read(s, fd))
		return;
	server_write(fd, REPLY_201);
	if (nth > 1)
		serve_201(s, fd, nth);
	else if (recv(fd, some, sizeof(some), MSG_WAITALL) > 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void a_large_post_that_is_reset_half_way_is_not_sent_again(void **state)
{
	size_t len = (size_t)16 << 20;
	char *body = malloc(len);
	struct world w;
	struct got g = {0};

	memset(body, 'x', len);
	world_open(&w, answer_one_then_reset_in_the_second, OPTIONS());
	assert_int_equal(posted(&w).end, NET_ANSWERED);
	net_send(w.net,
		&(struct net_request){.method = "POST",
			.url = world_url(&w),
			.body = body,
			.body_len = len,
			.done = note,
			.arg = &g});
	settle(&w);
	assert_true(g.end == NET_VETO || g.end == NET_BROKEN);
	assert_true(g.began);
	assert_int_equal(w.server.connections, 1);
	assert_int_equal(w.server.requests, 1);
	world_close(&w);
	free(body);
}

static void close_without_reading(struct server *s, int fd, int nth)
{
	server_read(s, fd);
}

static void a_post_on_a_new_connection_that_dies_is_broken_and_began(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, close_without_reading, OPTIONS());
	g = posted(&w);
	assert_int_equal(g.end, NET_BROKEN);
	assert_true(g.began);
	assert_false(g.reused);
	assert_int_equal(w.server.connections, 1);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_whose_kept_connection_dies_is_executed_once),
		cmocka_unit_test(a_patch_whose_kept_connection_dies_is_executed_once),
		cmocka_unit_test(a_get_whose_kept_connection_dies_is_sent_again),
		cmocka_unit_test(a_get_that_may_be_sent_once_only_is_not_sent_again),
		cmocka_unit_test(a_large_post_that_is_reset_half_way_is_not_sent_again),
		cmocka_unit_test(a_post_on_a_new_connection_that_dies_is_broken_and_began),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
