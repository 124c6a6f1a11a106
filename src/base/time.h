/* time.h - time as a number. Pure: nothing here reads a clock.
 *
 * nsec_t is nanoseconds: a duration, or a moment of the monotonic clock that
 * the caller has read. Wall-clock moments are milliseconds since 1970 (UTC) in
 * variables that end in _ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t nsec_t;

#define USEC ((nsec_t)1000)
#define MS ((nsec_t)1000000)
#define SEC ((nsec_t)1000000000)
#define NSEC_NEVER INT64_MAX   /* a deadline that does not come */
#define NSEC_NONE ((nsec_t)-1) /* a duration that is absent */

/** Sum that stays at NSEC_NEVER instead of wrapping; both not negative. */
nsec_t nsec_add(nsec_t a, nsec_t b);

/**
 * Read a duration as users write it: `250ms`, `2s`, `15m`, `1h`; a decimal
 * fraction is allowed (`1.5s`), a bare number, a sign or a blank is not.
 *
 * @return 0, or -EINVAL (not a duration), -ERANGE (over 10 years)
 */
int duration_parse(const char *text, nsec_t *ret);

/** Exact, in the same notation, in the largest unit that fills it whole ("250ms",
 * "90s", "1.5s", "90m", "1h"); "never" and "none" for the two special ones. */
void duration_format(nsec_t d, char *dst, size_t dst_len);

/** "2026-11-24T19:54:38.123Z" (24 bytes and the NUL). RFC 3339, UTC, ms. */
#define RFC3339_SIZE 25
void rfc3339_format(int64_t wall_ms, char dst[RFC3339_SIZE]);

/**
 * Read an HTTP date (RFC 9110, 5.6.7: IMF-fixdate, and the two obsolete forms).
 *
 * @return 0, or -EINVAL
 */
int http_date_parse(const char *text, int64_t *ret_wall_ms);
