/* loop.c - the peer: libcurl's multi on libuv as its documentation has it.
 *
 * The least that a user would write to send many POSTs at once: a context for
 * each socket that libcurl names, made and closed as libcurl says; easy handles
 * that are reused; no ledger, no results, no retries. It answers one question:
 * how many rows a second would a plain loop send?
 *
 * bench_loop URL COUNT WINDOW [CA_FILE]
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <uv.h>

struct loop {
	uv_loop_t *uv;
	CURLM *multi;
	uv_timer_t timer;
	struct curl_slist *headers;
	const char *url, *ca_file;
	uint64_t count, sent, done, bad;
};

struct context {
	uv_poll_t poll;
	curl_socket_t fd;
	struct loop *loop;
};

static void die(const char *what)
{
	fprintf(stderr, "bench_loop: %s\n", what);
	exit(1);
}

/* What suite/rows.py has in body(): a row of its own each time. */
static int write_body(char *body, size_t size, uint64_t row)
{
	return snprintf(body, size,
		"{\"name\":\"ServiceNow %09" PRIu64 "\",\"auth\":{\"specName\":\"Basic "
		"Authentication\",\"params\":{\"endpoint\":\"https://dev%09" PRIu64
		".service-now.com\",\"username\":\"integration.user\",\"password\":"
		"\"pass-%09" PRIu64 "\"}},\"connectionSpec\":{\"id\":"
		"\"eb13cb25-47ab-407f-ba89-c0125281c563\",\"version\":\"1.0\"}}",
		row, row, row);
}

static void send_next(struct loop *l, CURL *easy)
{
	char body[512];

	if (l->sent == l->count) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_setopt(
		easy, CURLOPT_POSTFIELDSIZE, (long)write_body(body, sizeof(body), l->sent++));
	curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body);
	if (curl_multi_add_handle(l->multi, easy) != CURLM_OK)
		die("curl_multi_add_handle() failed");
}

static void read_messages(struct loop *l)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left))) {
		CURL *easy = m->easy_handle;
		bool good = m->msg == CURLMSG_DONE && m->data.result == CURLE_OK;
		long status = 0;

		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		l->done++;
		l->bad += !good || status != 201;
		curl_multi_remove_handle(l->multi, easy);
		send_next(l, easy);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct context *c = poll->data;
	struct loop *l = c->loop;
	int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;

	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(l->multi, c->fd, flags, &running);
	read_messages(l);
}

static void on_timer(uv_timer_t *timer)
{
	struct loop *l = timer->data;
	int running;

	curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	read_messages(l);
}

static int on_timeout_wish(CURLM *multi, long timeout_ms, void *arg)
{
	struct loop *l = arg;

	if (timeout_ms < 0)
		uv_timer_stop(&l->timer);
	else
		uv_timer_start(&l->timer, on_timer, (uint64_t)timeout_ms, 0);
	return 0;
}

static void free_context(uv_handle_t *handle)
{
	free(handle->data);
}

static struct context *make_context(struct loop *l, curl_socket_t fd)
{
	struct context *c = calloc(1, sizeof(*c));

	if (!c || uv_poll_init_socket(l->uv, &c->poll, fd) < 0)
		die("cannot watch a socket");
	c->poll.data = c;
	c->fd = fd;
	c->loop = l;
	curl_multi_assign(l->multi, fd, c);
	return c;
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct loop *l = arg;
	struct context *c = socket_arg;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		if (c) {
			uv_poll_stop(&c->poll);
			uv_close((uv_handle_t *)&c->poll, free_context);
			curl_multi_assign(l->multi, fd, NULL);
		}
		return 0;
	}
	if (what != CURL_POLL_OUT)
		events |= UV_READABLE;
	if (what != CURL_POLL_IN)
		events |= UV_WRITABLE;
	if (!c)
		c = make_context(l, fd);
	uv_poll_start(&c->poll, events, on_poll);
	return 0;
}

static size_t drop_body(char *data, size_t size, size_t count, void *arg)
{
	return size * count;
}

static CURL *make_easy(const struct loop *l)
{
	CURL *easy = curl_easy_init();

	if (!easy)
		die("no memory");
	curl_easy_setopt(easy, CURLOPT_URL, l->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, l->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop_body);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, 60L);
	if (l->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, l->ca_file);
	return easy;
}

/* As many and as long as a create of Adobe's API has. */
static void make_headers(struct loop *l)
{
	static const char *const lines[] = {
		"Authorization: Bearer bench-token",
		"x-api-key: bench-key",
		"x-gw-ims-org-id: bench@AdobeOrg",
		"x-sandbox-name: prod",
		"Accept: application/json",
		"Content-Type: application/json",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		l->headers = curl_slist_append(l->headers, lines[i]);
}

static void run(struct loop *l, uint64_t window)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
	l->uv = uv_default_loop();
	l->multi = curl_multi_init();
	uv_timer_init(l->uv, &l->timer);
	l->timer.data = l;
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)window);
	make_headers(l);

	for (uint64_t i = 0; i < window && i < l->count; i++)
		send_next(l, make_easy(l));
	uv_run(l->uv, UV_RUN_DEFAULT);

	curl_multi_cleanup(l->multi);
	uv_close((uv_handle_t *)&l->timer, NULL);
	uv_run(l->uv, UV_RUN_DEFAULT);
	curl_slist_free_all(l->headers);
	curl_global_cleanup();
}

int main(int argc, char **argv)
{
	struct loop l = {0};
	uint64_t start;
	double seconds;

	if (argc != 4 && argc != 5)
		die("usage: bench_loop URL COUNT WINDOW [CA_FILE]");
	l.url = argv[1];
	l.ca_file = argv[4];
	l.count = strtoull(argv[2], NULL, 10);

	start = uv_hrtime();
	run(&l, strtoull(argv[3], NULL, 10));
	seconds = (double)(uv_hrtime() - start) / 1e9;
	printf("rows %" PRIu64 " seconds %.3f\n", l.done, seconds);
	if (l.bad > 0) {
		fprintf(stderr, "bench_loop: %" PRIu64 " rows were not answered by 201\n", l.bad);
		return 1;
	}
	return 0;
}
