/* alarm.h - wakes the loop at a moment, to the microsecond.
 *
 * libuv's timers count whole milliseconds: a rate of 862/s instead of 1,000/s where requests
 * leave one by one, and most of a latency on one machine. So this is a timerfd.
 */
#pragma once

#include <uv.h>

#include "base/error.h"
#include "base/time.h"

struct alarm {
	uv_poll_t poll;
	int fd;
	bool open;
	nsec_t at;
};

/** @return 0 or a negative errno with a sentence */
int alarm_open(struct alarm *a, uv_loop_t *loop, struct error *e);

/**
 * Wake the loop at `at`, and no more at what was said before. The prepare phase has to look
 * what is due: nothing is called.
 *
 * @param at  of the monotonic clock; in the past: at once; NSEC_NEVER: not at all
 */
void alarm_set(struct alarm *a, nsec_t now, nsec_t at);

/** Its handle, if it is open, is closed as the loop goes on; it has to stay where it is until
 * then. */
void alarm_close(struct alarm *a);
