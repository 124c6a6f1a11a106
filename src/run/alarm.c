#include "run/alarm.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/macros.h"

static void on_due(uv_poll_t *poll, int status, int events)
{
	/* Waking is all. */
}

int alarm_open(struct alarm *a, uv_loop_t *loop, struct error *e)
{
	int r;

	a->at = NSEC_NEVER;
	a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	r = a->fd < 0 ? -errno : uv_poll_init(loop, &a->poll, a->fd);
	if (r < 0) {
		if (a->fd >= 0)
			close(a->fd);
		return error_set(e, r, "cannot open a timer: %s", strerror(-r));
	}
	uv_poll_start(&a->poll, UV_READABLE, on_due);
	a->open = true;
	return 0;
}

void alarm_set(struct alarm *a, nsec_t now, nsec_t at)
{
	struct itimerspec when = {.it_value = {.tv_sec = 0}};

	/* One that has rung goes on ringing until it is set anew. */
	if (at == a->at && (at > now || at == NSEC_NEVER))
		return;
	a->at = at;
	if (at != NSEC_NEVER) {
		at = MAX(at, 1); /* 0 would turn it off */
		when.it_value.tv_sec = (time_t)(at / SEC);
		when.it_value.tv_nsec = (long)(at % SEC);
	}
	timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_closed(uv_handle_t *handle)
{
	struct alarm *a = handle->data;

	close(a->fd);
}

void alarm_close(struct alarm *a)
{
	if (!a->open)
		return;
	a->open = false;
	a->poll.data = a;
	uv_close((uv_handle_t *)&a->poll, on_closed);
}
