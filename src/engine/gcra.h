/* gcra.h - a rate that is never exceeded.
 *
 * The generic cell rate algorithm (ITU-T I.371) keeps one number, the
 * theoretical arrival time of the next request, instead of a bucket to refill.
 * In any stretch of t it lets at most burst + t / interval requests leave. It
 * never reads a clock: the caller says what time it is.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"

struct gcra {
	nsec_t interval;  /* what one request costs: 1 s / rate; 0: no limit */
	nsec_t tolerance; /* how far ahead of the schedule we may run: (burst - 1) × interval */
	nsec_t next;      /* theoretical arrival time of the next request */
};

/** @param burst  requests that may leave at once, ≥ 1 */
void gcra_init(struct gcra *g, nsec_t interval, uint32_t burst);

/** What 10 ms of the rate holds, at least 2: a rate that allows for one late turn of the loop. */
uint32_t gcra_default_burst(nsec_t interval);

/**
 * Take one request out of the rate, if it may leave now.
 *
 * @param now  monotonic, never earlier than in the call before
 * @return 0 if it may leave, else how long to wait before asking again
 */
nsec_t gcra_take(struct gcra *g, nsec_t now);

/** The moment from which gcra_take() says yes. */
nsec_t gcra_ready_at(const struct gcra *g);
