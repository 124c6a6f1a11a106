/* listing.h - GET /connections: found, ordered, cut into pages.
 *
 * Without an order and without a filter that an index answers, a page is read
 * straight from the store, newest first, and the listing remembers only how far
 * it came. Otherwise all matches are gathered and sorted once, and the listing
 * keeps their numbers, so that a hundred thousand pages cost one sort. What the
 * oldest listings keep is let go when it becomes too much; their tokens are
 * then not valid any more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "flowmock/query.h"

#define LISTINGS_MAX 256
#define LISTING_NUMBERS_MAX (16u << 20) /* kept by all of them together */

struct listing {
	uint64_t id; /* 0: free */
	uint64_t last_use;
	struct query query;
	uint32_t *numbers; /* NULL: read from the store */
	uint32_t count;
};

struct listings {
	struct listing kept[LISTINGS_MAX];
	size_t numbers; /* kept by all */
	uint64_t uses;
};

void listings_done(struct listings *l);
