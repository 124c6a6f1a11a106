/* counters.h - what was seen and done, for a test to ask. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "flowmock/fault.h"

#define STATUS_MAX 600

struct counters {
	uint64_t requests[VERB_COUNT];
	uint64_t statuses[STATUS_MAX]; /* [0]: ended without an answer */
	uint64_t faults[FAULT_COUNT];  /* given */
	uint64_t creates; /* executed since the store began, those read back included */
	uint64_t updates;
	uint64_t deletes;
	uint64_t others; /* changes and deletions that others made, counted in neither */
	uint64_t reads;  /* executed: GET of one connection */
	uint64_t tests;
	uint64_t explores;
	uint64_t in_flight;
	uint64_t most_in_flight;
	uint64_t tokens_in_flight; /* token requests, which the two above count too */
	uint64_t most_tokens_in_flight;
	uint64_t tokens_given;
	uint64_t tokens_refused; /* requests answered 401 for their token */

	/* arrivals of the last second, a ring */
	nsec_t *arrivals;
	size_t arrival_cap;
	size_t arrival_first;
	size_t arrival_count;
	size_t worst_second;
};

void counters_done(struct counters *c);
/** A request came; counters_leave() when it is over. */
void counters_enter(struct counters *c, enum verb verb, nsec_t now);
void counters_leave(struct counters *c, enum verb verb);
/** Forget all but what is in flight. */
void counters_reset(struct counters *c);
