/* breaker.h - an outage is met with one request at a time, and waited out.
 *
 * Five creates (or updates, tests, deletions) in a row, of five different rows, that
 * ended in overload or without a complete answer open it. Then one probe at a time leaves, after a
 * wait that follows the length of the outage, so that full speed is back soon
 * after the server is. Any complete answer to one of these that is not overload
 * closes it. Lookups, reads and token fetches neither open nor close it, but for the
 * read that a deletion begins with: it counts, too, unless it clears that.
 *
 * A lookup or read that is answered as it was asked shows that the server reads well: then
 * more of them follow without a wait, still one at a time. Else the doubts that an outage
 * leaves at the end of a run, when no create is left to close the breaker, would wait it
 * out again one by one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"
#include "engine/random.h"

#define BREAKER_STREAK 5

struct breaker {
	bool open;
	nsec_t opened_at;                /* while open */
	nsec_t probe_at;                 /* while open: the next probe may leave */
	bool reads;                      /* but for one that only looks, which need not wait */
	uint64_t streak[BREAKER_STREAK]; /* serials of the rows of the streak */
	uint32_t streak_len;
};

void breaker_init(struct breaker *b);

/** A create (update, test, deletion) of the row `serial` ended in overload or without a complete answer. */
void breaker_failure(struct breaker *b, nsec_t now, uint64_t serial, struct random *r);

/** A complete answer to one that is not overload. */
void breaker_success(struct breaker *b);

/** A probe that only looked has ended. @param answered  as it was asked */
void breaker_looked(struct breaker *b, nsec_t now, bool answered, struct random *r);
