/* A libcurl that forgets a transfer, and the watchdog that does not. */
#include <dlfcn.h>

#include <curl/curl.h>

#include "net_fixture.h"

static bool forgetful;

/* Stands before libcurl's own: time-outs are lost on the way. */
CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int events, int *running)
{
	CURLMcode (*real)(CURLM *, curl_socket_t, int, int *);
	void *symbol = dlsym(RTLD_NEXT, "curl_multi_socket_action");

	memcpy(&real, &symbol, sizeof(real));
	if (forgetful && fd == CURL_SOCKET_TIMEOUT)
		return CURLM_OK;
	return real(multi, fd, events, running);
}

static int forget_now(void **state)
{
	forgetful = false;
	return 0;
}

static void stall(struct server *s, int fd, int nth)
{
	server_read(s, fd);
	server_stall(fd);
}

static void a_transfer_that_libcurl_forgot_ends_as_a_timeout(void **state)
{
	struct world w;
	struct got g = {0};

	world_open(&w, stall, OPTIONS(.timeout = 500 * MS));
	post(&w, &g);
	while (atomic_load(&w.server.requests) == 0)
		uv_run(&w.loop, UV_RUN_NOWAIT);
	forgetful = true;
	settle(&w);
	assert_int_equal(g.end, NET_TIMEOUT);
	assert_true(g.began);
	assert_non_null(strstr(g.trouble, "not even libcurl's own"));

	/* Its place is free, and the next one is watched again. */
	forgetful = false;
	post(&w, &g);
	while (atomic_load(&w.server.requests) == 1)
		uv_run(&w.loop, UV_RUN_NOWAIT);
	forgetful = true;
	settle(&w);
	assert_int_equal(g.count, 2);
	assert_int_equal(g.end, NET_TIMEOUT);
	world_close(&w);
}

static void a_transfer_that_libcurl_never_started_has_not_begun(void **state)
{
	struct world w;
	struct got g[4] = {0};

	world_open(&w, stall, OPTIONS(.timeout = 500 * MS));
	forgetful = true;
	for (int i = 0; i < 4; i++)
		post(&w, &g[i]);
	settle(&w);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(g[i].end, NET_TIMEOUT);
		assert_false(g[i].began);
	}
	assert_int_equal(w.server.connections, 0);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			a_transfer_that_libcurl_forgot_ends_as_a_timeout, forget_now),
		cmocka_unit_test_setup(
			a_transfer_that_libcurl_never_started_has_not_begun, forget_now),
	};

	return cmocka_run_group_tests(tests, setup_net, teardown_net);
}
