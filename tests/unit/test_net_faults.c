/* Requests that go wrong, each by its right name. */
#include "net_fixture.h"

static struct got get_url(struct world *w, const char *url)
{
	struct got g = {0};

	get(w, url, &g);
	settle(w);
	assert_int_equal(g.count, 1);
	return g;
}

/* One request to a server that runs the script; the net must be fit for more
 * afterwards, which closing it without a leak stands for. */
static struct got posted_to(script_fn script, const struct net_options *o)
{
	struct world w;
	struct got g;

	world_open(&w, script, o);
	g = posted(&w);
	assert_int_equal(w.server.connections, 1);
	world_close(&w);
	return g;
}

static void half_an_answer_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_write(fd, "HTTP/1.1 201 Created\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\n{\"id\":");
}

static void half_an_answer_is_cut_off_and_keeps_its_status(void **state)
{
	struct got g = posted_to(half_an_answer_script, OPTIONS());

	assert_int_equal(g.end, NET_CUT_OFF);
	assert_int_equal(g.status, 201);
	assert_true(g.began);
	assert_string_equal(g.body, "{\"id\":");
	assert_string_equal(g.retry_after, "7");
	assert_true(g.has_trouble);
}

static void half_a_status_line_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_write(fd, "HTTP/1.1 20");
}

static void half_a_status_line_is_broken(void **state)
{
	struct got g = posted_to(half_a_status_line_script, OPTIONS());

	assert_int_equal(g.end, NET_BROKEN);
	assert_int_equal(g.status, 0);
	assert_true(g.began);
}

static void reset_script(struct server *s, int fd, int nth)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	server_read(s, fd);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void a_reset_is_broken(void **state)
{
	struct got g = posted_to(reset_script, OPTIONS());

	assert_int_equal(g.end, NET_BROKEN);
	assert_true(g.began);
	assert_int_equal(g.status, 0);
}

static void empty_reply_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
}

static void an_empty_reply_is_broken(void **state)
{
	struct got g = posted_to(empty_reply_script, OPTIONS());

	assert_int_equal(g.end, NET_BROKEN);
	assert_true(g.began);
}

static void no_http_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_write(fd, "SSH-2.0-OpenSSH_9.2\r\n");
}

static void another_protocol_is_broken(void **state)
{
	assert_int_equal(posted_to(no_http_script, OPTIONS()).end, NET_BROKEN);
}

static void oversized_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_write(fd, "HTTP/1.1 201 Created\r\nContent-Length: 3000\r\n\r\n");
	for (int i = 0; i < 300; i++)
		server_write(fd, "0123456789");
}

static void an_oversized_body_is_cut_off(void **state)
{
	struct got g = posted_to(oversized_script, OPTIONS(.body_max = 2999));

	assert_int_equal(g.end, NET_CUT_OFF);
	assert_int_equal(g.status, 201);
	assert_true(g.body_len <= 2999);
	assert_non_null(strstr(g.trouble, "too large"));
}

static void a_body_of_just_the_limit_is_taken(void **state)
{
	struct got g = posted_to(oversized_script, OPTIONS(.body_max = 3000));

	assert_int_equal(g.end, NET_ANSWERED);
	assert_int_equal(g.body_len, 3000);
}

static void endless_headers_script(struct server *s, int fd, int nth)
{
	char line[1024];

	memset(line, 'x', sizeof(line));
	memcpy(line, "X-More: ", 8);
	memcpy(line + sizeof(line) - 3, "\r\n", 3);
	server_read(s, fd);
	server_write(fd, "HTTP/1.1 201 Created\r\n");
	while (send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
		;
}

static void endless_headers_are_cut_off(void **state)
{
	struct got g = posted_to(endless_headers_script, OPTIONS());

	assert_int_equal(g.end, NET_CUT_OFF);
	assert_int_equal(g.status, 201);
	assert_non_null(strstr(g.trouble, "do not end"));
}

static void endless_hints_script(struct server *s, int fd, int nth)
{
	const char *hint = "HTTP/1.1 103 Early Hints\r\n\r\n";

	server_read(s, fd);
	while (send(fd, hint, strlen(hint), MSG_NOSIGNAL) > 0)
		;
}

static void endless_informational_answers_are_broken(void **state)
{
	struct got g = posted_to(endless_hints_script, OPTIONS());

	assert_int_equal(g.end, NET_BROKEN);
	assert_int_equal(g.status, 0);
	assert_true(g.began);
}

static void stall_script(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_stall(fd);
}

static void a_server_that_does_not_answer_is_a_timeout(void **state)
{
	struct got g = posted_to(stall_script, OPTIONS(.timeout = 100 * MS));

	assert_int_equal(g.end, NET_TIMEOUT);
	assert_true(g.began);
	assert_int_equal(g.status, 0);
}

static void stall_in_handshake_script(struct server *s, int fd, int nth)
{
	server_stall(fd);
}

static void a_timeout_before_the_request_has_not_begun(void **state)
{
	struct world w;
	struct got g = {0};
	char url[64];

	world_open(&w, stall_in_handshake_script, OPTIONS(.connect_timeout = 100 * MS));
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", w.server.port);
	net_send(w.net,
		&(struct net_request){.method = "POST",
			.url = url,
			.body = "{}",
			.body_len = 2,
			.done = note,
			.arg = &g});
	settle(&w);
	assert_int_equal(g.end, NET_TIMEOUT);
	assert_false(g.began);
	g = get_url(&w, url);
	assert_int_equal(g.end, NET_TIMEOUT);
	assert_false(g.began);
	world_close(&w);
}

static void a_refused_connection_is_named_and_nothing_began(void **state)
{
	struct world w;
	struct got g;
	char url[64];
	int port, fd = listen_on_loopback(&port);

	close(fd);
	world_open(&w, serve_201, OPTIONS());
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	for (int i = 0; i < 5; i++) {
		g = get_url(&w, url);
		assert_int_equal(g.end, NET_CONNECT);
		assert_false(g.began);
		assert_true(g.has_trouble);
	}
	world_close(&w);
}

static void no_tls_script(struct server *s, int fd, int nth)
{
	server_write(fd, "HTTP/1.1 400 No\r\n\r\n");
	server_stall(fd);
}

static void a_server_that_speaks_no_tls_is_named_and_nothing_began(void **state)
{
	struct world w;
	struct got g;
	char url[64];

	world_open(&w, no_tls_script, OPTIONS());
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", w.server.port);
	g = get_url(&w, url);
	assert_int_equal(g.end, NET_TLS);
	assert_false(g.began);
	world_close(&w);
}

static void an_unusable_ca_file_is_ours(void **state)
{
	struct world w;
	struct got g;
	char url[64];

	world_open(&w, stall_in_handshake_script, OPTIONS(.ca_file = "/nonexistent/ca.pem"));
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", w.server.port);
	g = get_url(&w, url);
	assert_int_equal(g.end, NET_LOCAL);
	assert_false(g.began);
	world_close(&w);
}

static void plain_http_is_impossible_unless_allowed(void **state)
{
	struct world w;
	struct got g;

	world_open(&w, serve_201, &(struct net_options){.allow_http = false});
	g = posted(&w);
	assert_int_equal(g.end, NET_LOCAL);
	assert_false(g.began);
	assert_int_equal(w.server.connections, 0);
	world_close(&w);
}

static void refuse_407(struct server *s, int fd, int nth)
{
	if (server_read(s, fd))
		server_write(fd,
			"HTTP/1.1 407 Login\r\nRetry-After: 9\r\nConnection: close\r\n"
			"Content-Length: 0\r\n\r\n");
}

static void refuse_502(struct server *s, int fd, int nth)
{
	if (server_read(s, fd))
		server_write(fd,
			"HTTP/1.1 502 Bad\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

static struct got posted_by_proxy(script_fn script)
{
	struct world w;
	struct server proxy;
	struct got g = {0};
	char url[64];

	server_start(&proxy, script);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", proxy.port);
	world_open(&w, serve_201, OPTIONS(.proxy = url));
	net_send(w.net,
		&(struct net_request){.method = "POST",
			.url = "https://service.invalid/",
			.body = "{}",
			.body_len = 2,
			.done = note,
			.arg = &g});
	settle(&w);
	assert_memory_equal(proxy.head, "CONNECT service.invalid:443 ", 28);
	world_close(&w);
	server_stop(&proxy);
	return g;
}

static void a_proxy_that_refuses_is_told_from_the_service(void **state)
{
	struct got g = posted_by_proxy(refuse_407);

	assert_int_equal(g.end, NET_PROXY);
	assert_false(g.began);
	assert_int_equal(g.status, 0);
	assert_false(g.has_retry_after); /* the proxy's, not the service's */
	g = posted_by_proxy(refuse_502);
	assert_int_equal(g.end, NET_CONNECT);
	assert_false(g.began);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_an_answer_is_cut_off_and_keeps_its_status),
		cmocka_unit_test(half_a_status_line_is_broken),
		cmocka_unit_test(a_reset_is_broken),
		cmocka_unit_test(an_empty_reply_is_broken),
		cmocka_unit_test(another_protocol_is_broken),
		cmocka_unit_test(an_oversized_body_is_cut_off),
		cmocka_unit_test(a_body_of_just_the_limit_is_taken),
		cmocka_unit_test(endless_headers_are_cut_off),
		cmocka_unit_test(endless_informational_answers_are_broken),
		cmocka_unit_test(a_server_that_does_not_answer_is_a_timeout),
		cmocka_unit_test(a_timeout_before_the_request_has_not_begun),
		cmocka_unit_test(a_refused_connection_is_named_and_nothing_began),
		cmocka_unit_test(a_server_that_speaks_no_tls_is_named_and_nothing_began),
		cmocka_unit_test(an_unusable_ca_file_is_ours),
		cmocka_unit_test(plain_http_is_impossible_unless_allowed),
		cmocka_unit_test(a_proxy_that_refuses_is_told_from_the_service),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
