/* counters.c - see counters.h. */
#include "flowmock/counters.h"

#include <stdlib.h>

#include "base/macros.h"
#include "flowmock/memory.h"

void counters_done(struct counters *c)
{
	free(c->arrivals);
	*c = (struct counters){0};
}

static void grow(struct counters *c)
{
	size_t cap = c->arrival_cap ? 2 * c->arrival_cap : 1024;
	nsec_t *ring = must_realloc(NULL, cap * sizeof(*ring));

	for (size_t i = 0; i < c->arrival_count; i++)
		ring[i] = c->arrivals[(c->arrival_first + i) % c->arrival_cap];
	free(c->arrivals);
	c->arrivals = ring;
	c->arrival_cap = cap;
	c->arrival_first = 0;
}

static void note_arrival(struct counters *c, nsec_t now)
{
	while (c->arrival_count > 0 && c->arrivals[c->arrival_first] <= now - SEC) {
		c->arrival_first = (c->arrival_first + 1) % c->arrival_cap;
		c->arrival_count--;
	}
	if (c->arrival_count == c->arrival_cap)
		grow(c);
	c->arrivals[(c->arrival_first + c->arrival_count) % c->arrival_cap] = now;
	c->arrival_count++;
	c->worst_second = MAX(c->worst_second, c->arrival_count);
}

void counters_enter(struct counters *c, enum verb verb, nsec_t now)
{
	c->requests[verb]++;
	c->in_flight++;
	c->most_in_flight = MAX(c->most_in_flight, c->in_flight);
	c->tokens_in_flight += verb == VERB_TOKEN;
	c->most_tokens_in_flight = MAX(c->most_tokens_in_flight, c->tokens_in_flight);
	note_arrival(c, now);
}

void counters_leave(struct counters *c, enum verb verb)
{
	c->in_flight--;
	c->tokens_in_flight -= verb == VERB_TOKEN;
}

void counters_reset(struct counters *c)
{
	uint64_t in_flight = c->in_flight, tokens = c->tokens_in_flight;

	counters_done(c);
	c->in_flight = in_flight;
	c->most_in_flight = in_flight;
	c->tokens_in_flight = tokens;
	c->most_tokens_in_flight = tokens;
}
