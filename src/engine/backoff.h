/* backoff.h - how long a row waits before its next try.
 *
 * Full jitter (AWS Architecture Blog, "Exponential Backoff and Jitter"): a
 * uniform draw from zero to base × 2^n, capped. A herd that was turned away
 * together comes back spread out.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"
#include "engine/random.h"

#define BACKOFF_CAP (30 * SEC)
#define BACKOFF_THROTTLE (1 * SEC) /* 429, and overload */
#define BACKOFF_LOOKUP (250 * MS)
#define BACKOFF_NOT_SENT (50 * MS)

/** base × 2^n, at most BACKOFF_CAP. */
nsec_t backoff_ceiling(nsec_t base, uint32_t n);

/** Full jitter: uniform in [0, ceiling]. */
nsec_t backoff_full(struct random *r, nsec_t base, uint32_t n);

/** Equal jitter: half of `wait` and a uniform draw from the other half. */
nsec_t backoff_equal(struct random *r, nsec_t wait);
