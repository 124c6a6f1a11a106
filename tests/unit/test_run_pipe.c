/* A run whose input is a pipe, in a kernel that has no watch to spare for it. */
#include "check.h"
#include "scratch.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "snowmelt/snowmelt.h"

static int watches_refused; /* of pipes; so many are still to be */

static bool is_pipe(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* In front of the C library's. */
INTERPOSED int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && watches_refused > 0 && is_pipe(fd)) {
		watches_refused--;
		errno = ENOSPC;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

static char said[1024];

static void on_message(void *arg, const char *text)
{
	snprintf(said, sizeof(said), "%s", text);
}

static void a_pipe_that_cannot_be_watched_is_an_error(void **state)
{
	static const char header[] = "name,endpoint,username,password\n";
	const struct snowmelt_callbacks callbacks = {.message = on_message};
	struct snowmelt_options o;
	struct snowmelt *s;
	char why[1024];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(write(ends[1], header, strlen(header)), strlen(header));
	snowmelt_options_init(&o);
	o.input = "-";
	o.results = "out.csv";
	o.ledger = "memory:";
	o.url = "http://127.0.0.1:9/x";
	o.org = "test@AdobeOrg";
	o.api_key = "test-key";
	o.access_token = "test-token";
	assert_int_equal(snowmelt_create(&o, &callbacks, &s, why, sizeof(why)), SNOWMELT_OK);
	watches_refused = 1;
	assert_int_equal(snowmelt_run(s), SNOWMELT_FATAL);
	assert_int_equal(watches_refused, 0);
	assert_non_null(strstr(said, "input"));
	snowmelt_destroy(s);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_that_cannot_be_watched_is_an_error),
	};
	return cmocka_run_group_tests_name("run_pipe", tests, scratch_enter, scratch_leave);
}
