/* Header lines: what is refused, and what the server sees of the rest. */
#include "net_fixture.h"

static int try_line(const char *line)
{
	struct net_headers *h = NULL;
	int r = net_headers_create(&line, 1, &h);

	net_headers_unref(h);
	return r;
}

static void a_line_that_would_smuggle_another_header_is_refused(void **state)
{
	assert_int_equal(try_line("x-sandbox-name: prod\r\nX-Evil: 1"), -EINVAL);
	assert_int_equal(try_line("x-sandbox-name: prod\nX-Evil: 1"), -EINVAL);
	assert_int_equal(try_line("x-sandbox-name: prod\r"), -EINVAL);
	assert_int_equal(try_line("x-sandbox\r\n-name: prod"), -EINVAL);
}

static void a_line_that_is_not_visible_ascii_is_refused(void **state)
{
	assert_int_equal(try_line("x-name: caf\xc3\xa9"), -EINVAL);
	assert_int_equal(try_line("x-name: a\tb"), -EINVAL);
	assert_int_equal(try_line("x-name: a\x7f"), -EINVAL);
}

/* libcurl would leave the header out, or take the line for something else. */
static void a_line_without_a_name_or_a_value_is_refused(void **state)
{
	assert_int_equal(try_line(""), -EINVAL);
	assert_int_equal(try_line("no colon"), -EINVAL);
	assert_int_equal(try_line(": value"), -EINVAL);
	assert_int_equal(try_line("x-name:"), -EINVAL);
	assert_int_equal(try_line("x-name:  "), -EINVAL);
	assert_int_equal(try_line("x-name;"), -EINVAL);
	assert_int_equal(try_line("x name: value"), -EINVAL);
}

static void usual_lines_are_taken(void **state)
{
	assert_int_equal(try_line("Authorization: Bearer a.b-c_d~e+f/g=="), 0);
	assert_int_equal(try_line("If-Match: \"8e0052a2-0000-0200-0000-5e25fb330000\""), 0);
	assert_int_equal(try_line("Accept: application/json; version=1"), 0);
}

static void all_lines_are_checked_before_any_is_kept(void **state)
{
	const char *const lines[] = {"a: 1", "b: 2\r\n", "c: 3"};
	struct net_headers *h = NULL;

	assert_int_equal(net_headers_create(lines, ARRAY_SIZE(lines), &h), -EINVAL);
	assert_null(h);
}

static void send_with(struct world *w, const char *method, const char *const *lines, size_t count,
	const char *body, size_t body_len)
{
	struct got g = {0};
	struct net_headers *h;

	assert_int_equal(net_headers_create(lines, count, &h), 0);
	net_send(w->net,
		&(struct net_request){.method = method,
			.url = world_url(w),
			.headers = h,
			.body = body,
			.body_len = body_len,
			.done = note,
			.arg = &g});
	net_headers_unref(h); /* the transfer has a reference of its own */
	settle(w);
	assert_int_equal(g.end, NET_ANSWERED);
}

static void lines_arrive_as_they_are_on_every_method(void **state)
{
	const char *const lines[] = {"x-sandbox-name: prod", "Content-Type: application/json"};
	const char *const methods[] = {"POST", "PATCH", "GET", "DELETE", "POST"};
	struct world w;

	world_open(&w, serve_201, OPTIONS());
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		bool has_body = methods[i][0] == 'P';
		char start[64];

		send_with(&w, methods[i], lines, ARRAY_SIZE(lines), has_body ? "[1]" : NULL,
			has_body ? 3 : 0);
		snprintf(start, sizeof(start), "%s /connections HTTP/1.1\r\n", methods[i]);
		assert_memory_equal(w.server.head, start, strlen(start));
		assert_non_null(strstr(w.server.head, "\r\nx-sandbox-name: prod\r\n"));
		assert_non_null(strstr(w.server.head, "\r\nContent-Type: application/json\r\n"));
		assert_true(!!strstr(w.server.head, "\r\nContent-Length: 3\r\n") == has_body);
	}
	assert_int_equal(w.server.connections, 1);
	world_close(&w);
}

static void a_request_without_headers_does_not_inherit_the_last_ones(void **state)
{
	const char *line = "Authorization: Bearer token-1";
	struct world w;
	struct got g = {0};

	world_open(&w, serve_201, OPTIONS(.window = 1));
	for (int i = 0; i < 3; i++) { /* every easy handle has had them */
		send_with(&w, "GET", &line, 1, NULL, 0);
		assert_non_null(strstr(w.server.head, "token-1"));
	}
	get(&w, world_url(&w), &g);
	settle(&w);
	assert_null(strstr(w.server.head, "token-1"));
	world_close(&w);
}

/* libcurl would ask first from 1 MiB on. */
static void a_large_body_is_sent_whole_without_asking_first(void **state)
{
	const char *line = "Content-Type: application/json";
	size_t len = (size_t)3 << 19;
	char *body = malloc(len);
	struct world w;

	memset(body, 'x', len);
	world_open(&w, serve_201, OPTIONS());
	send_with(&w, "POST", &line, 1, body, len);
	assert_null(strcasestr(w.server.head, "\r\nExpect:"));
	assert_null(strcasestr(w.server.head, "\r\nTransfer-Encoding:"));
	assert_null(strcasestr(w.server.head, "\r\nAccept-Encoding:"));
	assert_non_null(strstr(w.server.head, "\r\nContent-Length: 1572864\r\n"));
	world_close(&w);
	free(body);
}

/* --------------------------------------------------------------- of an answer */

static void serve_many_headers(struct server *s, int fd, int nth)
{
	if (!server_read(s, fd))
		return;
	server_write(fd,
		"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
		"HTTP/1.1 401 Unauthorized\r\n"
		"WWW-Authenticate: Basic realm=\"Service-now\"\r\n"
		"X-MFA_TOKEN:   invalid  \r\n"
		"www-authenticate: Bearer\r\n"
		"X-Empty:\r\n"
		"Transfer-Encoding: chunked\r\n"
		"Trailer: X-Late\r\n\r\n"
		"2\r\n{}\r\n0\r\nX-Late: 1\r\n\r\n");
	serve_201(s, fd, nth);
}

struct asked {
	const char *name;
	size_t nth;
	const char *value; /* NULL: none */
};

/** A net_done_cb that holds an answer against a list of struct asked. */
static void ask_for_headers(void *arg, const struct net_answer *a)
{
	for (const struct asked *q = arg; q->name; q++) {
		const char *value = net_answer_header(a, q->name, q->nth);

		if (!q->value != !value || (value && strcmp(value, q->value) != 0))
			fail_msg("%s %zu is %s", q->name, q->nth, value ? value : "absent");
	}
}

static void get_and_ask(struct world *w, const char *url, const struct asked *questions)
{
	struct asked list[16] = {{0}};

	for (size_t i = 0; questions[i].name; i++)
		list[i] = questions[i];
	net_send(w->net,
		&(struct net_request){
			.method = "GET", .url = url, .done = ask_for_headers, .arg = list});
	settle(w);
}

static void any_header_of_an_answer_is_found_by_its_name(void **state)
{
	static const struct asked first[] = {
		{"WWW-Authenticate", 0, "Basic realm=\"Service-now\""},
		{"WWW-Authenticate", 1, "Bearer"},
		{"WWW-Authenticate", 2, NULL},
		{"x-mfa_token", 0, "invalid"},
		{"X-Empty", 0, ""},
		{"X-RateLimit-Reset", 0, NULL},
		{"X-Early", 0, NULL}, /* of an informational answer */
		{"X-Late", 0, NULL},  /* of the trailer */
		{0},
	};
	static const struct asked next[] = {
		{"Content-Length", 0, "11"},
		{"WWW-Authenticate", 0, NULL},
		{"X-MFA_TOKEN", 0, NULL},
		{0},
	};
	struct world w;

	world_open(&w, serve_many_headers, OPTIONS());
	get_and_ask(&w, world_url(&w), first);
	for (int i = 0; i < 20; i++)
		get_and_ask(&w, world_url(&w), next); /* on handles that had others before */
	world_close(&w);
}

static void refuse_half_way(struct server *s, int fd, int nth)
{
	if (server_read(s, fd))
		server_write(fd, "HTTP/1.1 401 Unauthorized\r\nX-MFA_TOKEN: invalid\r\n");
}

static void what_is_no_answer_has_no_header(void **state)
{
	static const struct asked none[] = {{"X-MFA_TOKEN", 0, NULL}, {"Date", 0, NULL}, {0}};
	struct world w;

	world_open(&w, serve_many_headers, OPTIONS(.window = 1));
	get_and_ask(&w, world_url(&w), (const struct asked[]){{"X-MFA_TOKEN", 0, "invalid"}, {0}});
	for (int i = 0; i < 4; i++)
		get_and_ask(&w, "http://127.0.0.1:1/", none); /* nobody listens */
	world_close(&w);

	world_open(&w, refuse_half_way, OPTIONS());
	get_and_ask(&w, world_url(&w),
		(const struct asked[]){{"X-MFA_TOKEN", 0, "invalid"}, {"Date", 0, NULL}, {0}});
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_would_smuggle_another_header_is_refused),
		cmocka_unit_test(a_line_that_is_not_visible_ascii_is_refused),
		cmocka_unit_test(a_line_without_a_name_or_a_value_is_refused),
		cmocka_unit_test(usual_lines_are_taken),
		cmocka_unit_test(all_lines_are_checked_before_any_is_kept),
		cmocka_unit_test(lines_arrive_as_they_are_on_every_method),
		cmocka_unit_test(a_request_without_headers_does_not_inherit_the_last_ones),
		cmocka_unit_test(a_large_body_is_sent_whole_without_asking_first),
		cmocka_unit_test(any_header_of_an_answer_is_found_by_its_name),
		cmocka_unit_test(what_is_no_answer_has_no_header),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
