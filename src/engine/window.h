/* window.h - how many requests may be in flight.
 *
 * TCP's way (RFC 5681), with gentler cuts: slow start from 1 doubles it each
 * round trip, so that one DNS look-up and one TLS handshake serve as warm-up;
 * at the first sign of trouble it shrinks to 0.7, at most once a round trip,
 * and from then on grows by one per window of successes. A lone 5xx is no sign
 * of trouble: one poison row must not slow everybody down. So 5xx count only
 * when more than a fifth of the last window's answers, and at least two, were.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct window {
	uint64_t size; /* in 1/65536 of a request, so that growth by 1/size adds up exactly */
	uint32_t max;
	bool slow_start;
	nsec_t shrunk_at;   /* a request sent before it knows nothing of the new size */
	uint32_t answers;   /* in the current sample of one window */
	uint32_t overloads; /* of them, 5xx */
};

void window_init(struct window *w, uint32_t max);

/** Nothing is to be learnt: as large as it may be, from the start. */
void window_open(struct window *w);

/** Requests that may be in flight now, ≥ 1. */
uint32_t window_size(const struct window *w);

/** A complete answer that was neither throttled nor overload. */
void window_success(struct window *w, nsec_t now);

/** 429 or a time-out of a request that left at `sent_at`. */
void window_trouble(struct window *w, nsec_t now, nsec_t sent_at);

/** A 5xx of a request that left at `sent_at`. */
void window_overload(struct window *w, nsec_t now, nsec_t sent_at);

/** After a pause: begin again at 1. */
void window_restart(struct window *w);
