/* timers.h - a heap of moments, embedded in what waits for them. */
#pragma once

#include <stddef.h>

#include "base/time.h"

struct timer {
	nsec_t due;                   /* monotonic */
	size_t place;                 /* in the heap, from 1; 0 when it is not set */
	void (*fire)(struct timer *); /* it is not set any more, and may be set again */
};

struct timers {
	struct timer **heap; /* from 1 */
	size_t count;
	size_t cap;
};

void timers_done(struct timers *ts);
/** Set or move. */
void timers_set(struct timers *ts, struct timer *t, nsec_t due);
/** Fine on one that is not set. */
void timers_cancel(struct timers *ts, struct timer *t);
/** The earliest moment, or NSEC_NEVER. */
nsec_t timers_next(const struct timers *ts);
/** Fire all that are due at `now`; those set meanwhile for later wait. */
void timers_fire(struct timers *ts, nsec_t now);
