/* breaker.h - an outage is met with one request at a time, and waited out.
 *
 * Five creates (or updates, tests, deletions) in a row, of five different rows, that
 * ended in overload or without a complete answer open it. Then one probe at a time leaves, after a
 * wait that follows the length of the outage, so that full speed is back soon
 * after the server is. Any complete answer to one of these that is not overload
 * closes it. Lookups, reads and token fetches neither open nor close it, but for the
 * read that a deletion begins with: it counts, too, unless it clears that.
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
	uint64_t streak[BREAKER_STREAK]; /* serials of the rows of the streak */
	uint32_t streak_len;
};

void breaker_init(struct breaker *b);

/** A create (update, test, deletion) of the row `serial` ended in overload or without a complete answer. */
void breaker_failure(struct breaker *b, nsec_t now, uint64_t serial, struct random *r);

/** A complete answer to one that is not overload. */
void breaker_success(struct breaker *b);

/** A probe that only looked has ended: wait again before the next. */
void breaker_probed(struct breaker *b, nsec_t now, struct random *r);
