/* gate.h - what stands in front of the service: outage, rate, headers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct request;
struct service;

#define GATE_TOKENS 64 /* remembered for --token-life, the oldest use forgotten */

struct gate {
	bool started;
	nsec_t first_request; /* the outage counts from here */
	nsec_t rate_next;     /* theoretical arrival time of the next request (GCRA) */
	struct gate_token {
		uint64_t hash;
		nsec_t first_use;
	} tokens[GATE_TOKENS];
	unsigned token_count;
};

/** False: refused, and the answer says why. */
bool gate_admits(struct request *r, nsec_t now);

/** Is --out-for going on? */
bool gate_is_out(const struct service *s, nsec_t now);
