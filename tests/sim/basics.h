/* basics.h - dice, and a queue of what will happen. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

/* ------------------------------------------------------------------ random */

struct rng {
	uint64_t state; /* SplitMix64 */
};

uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);
bool rng_chance(struct rng *r, uint32_t per_mille);
nsec_t rng_between(struct rng *r, nsec_t lo, nsec_t hi);
/** Spread over the magnitudes: as likely between 1 and 10 ms as 10 and 100 ms. */
nsec_t rng_magnitude(struct rng *r, nsec_t lo, nsec_t hi);
uint32_t rng_pick(struct rng *r, const uint32_t *from, uint32_t count);

#define PICK(r, ...)                                                                               \
	rng_pick(r, (const uint32_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})))

/* ------------------------------------------------------- events that will come */

enum world_event_kind {
	/* in the world's queue: they outlive a run */
	WORLD_EXECUTE, /* the server executes a create */
	WORLD_MEDDLE,  /* somebody else creates a name of ours */
	WORLD_CHANGE,  /* the server executes an update or a deletion */
	WORLD_TOUCH,   /* somebody else does something to a connection */
	WORLD_MOVE,    /* an etag moves by itself */
	/* in the run's: they die with the process */
	WORLD_INPUT,  /* a slow input has the next row */
	WORLD_COMMIT, /* the ledger has made a batch durable */
	WORLD_READ,   /* the server reads a page */
	WORLD_ANSWER, /* an answer reaches the shell */
	WORLD_TOKEN,  /* so does one of the token endpoint */
	WORLD_STOP,
	WORLD_ABORT,
	WORLD_LEDGER_FAILS,
	WORLD_CRASH,
};

struct world_event {
	nsec_t at;
	uint64_t order; /* first come, first served within one moment */
	enum world_event_kind kind;
	uint32_t job; /* ANSWER, READ */
	uint32_t
		number; /* ANSWER, READ, TOKEN: the request's serial; EXECUTE: the create; CHANGE: the change;
			 * MEDDLE, TOUCH: identity; MOVE: the connection */
};

struct queue {
	struct world_event *heap;
	uint32_t count, cap;
	uint64_t order;
};

/** Not pushed when it never happens. */
void queue_push(struct queue *q, struct world_event e);
bool queue_pop(struct queue *q, nsec_t until, struct world_event *ret);
nsec_t queue_next(const struct queue *q);
