/* heap.h - the one place where times wait: a binary heap of jobs by due time.
 *
 * Equal times come out in the order they went in, so that a run replays. All
 * memory is taken at creation: one entry a job.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

struct heap_entry {
	nsec_t due;
	uint64_t order;
	uint32_t job;
};

struct heap {
	struct heap_entry *entries;
	uint32_t *place; /* by job: its index in entries, or HEAP_NOWHERE */
	uint32_t len, cap;
	uint64_t next_order;
};

#define HEAP_NOWHERE UINT32_MAX

/** @return false without memory */
bool heap_init(struct heap *h, uint32_t jobs);
void heap_done(struct heap *h);

/** Put a job in, or move it when it is there already. */
void heap_set(struct heap *h, uint32_t job, nsec_t due);
/** Take it out, if it is there. */
void heap_remove(struct heap *h, uint32_t job);

/** Due time of the first, NSEC_NEVER when empty. */
nsec_t heap_due(const struct heap *h);
/** The job that is due first; not when empty. */
uint32_t heap_first(const struct heap *h);
