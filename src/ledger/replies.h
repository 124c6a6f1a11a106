/* replies.h - answers on their way back, first in, first out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ledger/ledger.h"

/* A ring that doubles when it is full; a caller has at most one request open
 * for a ticket or two, so tickets bound it. */
struct replies {
	struct ledger_reply *ring;
	size_t capacity; /* a power of two */
	size_t head;     /* count of replies ever taken … */
	size_t released; /* … ever released, and … */
	size_t tail;     /* … ever pushed */
};

/** Returns 0 or -ENOMEM. */
int replies_init(struct replies *r);
void replies_done(struct replies *r); /* fine on a zeroed one */

/**
 * Append a reply; not to be taken before the next release. A reply that is
 * lost would leave its row open for ever, so without memory this aborts.
 */
void replies_push(struct replies *r, const struct ledger_reply *reply);

/** Let all be taken that were pushed. True when there are any to take. */
bool replies_release(struct replies *r);

bool replies_pop(struct replies *r, struct ledger_reply *ret);
