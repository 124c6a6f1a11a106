/* pace.h - how fast the server has let us.
 *
 * A 429 says that we were too fast, not how fast we may be. So the rate is learnt, in the
 * shape of CUBIC (RFC 9438): below the rate that was refused, fast back to near it, long
 * there, and then ever faster beyond, for a limit may have been raised. Where the next 429
 * comes at once, it is halved, but never below what was accepted on the mean since the last.
 * Without a 429 there is no pace, and long after the last it is beyond anything.
 *
 * Requests leave one by one, evenly, for a limit may count as few as two at once; what was
 * late is not made up for, but for a millisecond where more than 250 leave in a second.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"

struct pace {
	double from, plateau; /* requests a second at `since`, and `growth` later; 0: no pace */
	nsec_t growth;
	nsec_t since;      /* growth and measuring begin: the last 429, or the end of its pause */
	nsec_t refused_at; /* a request sent before it knows nothing of the new pace */
	nsec_t next;       /* moment of the next request */
	uint64_t accepted; /* complete answers since `epoch` that were no 429 */
	nsec_t epoch;      /* the last 429, or the first request; NSEC_NONE */
	/* Requests of the present half second and the one before. */
	nsec_t half_at;
	uint32_t half, half_before;
};

void pace_init(struct pace *p);

/** The moment from which a request may leave. */
nsec_t pace_ready_at(const struct pace *p);

/** A request leaves. @param now  never earlier than in the call before, as everywhere here */
void pace_sent(struct pace *p, nsec_t now);

/** A complete answer that was no 429. */
void pace_accepted(struct pace *p);

/** A 429 of a request that left at `sent_at`. */
void pace_refused(struct pace *p, nsec_t now, nsec_t sent_at);

/** Nothing leaves before `until`: what is learnt of time begins there. */
void pace_pause(struct pace *p, nsec_t until);

/** Requests a second that may leave at `now`; 0: any. */
double pace_rate(const struct pace *p, nsec_t now);
