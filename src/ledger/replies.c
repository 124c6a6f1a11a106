#include "ledger/replies.h"

#include <errno.h>
#include <stdlib.h>

/* A run with the default window never needs more: its jobs are 1,024. */
#define CAPACITY_AT_FIRST 2048

int replies_init(struct replies *r)
{
	*r = (struct replies){
		.ring = calloc(CAPACITY_AT_FIRST, sizeof(*r->ring)),
		.capacity = CAPACITY_AT_FIRST,
	};
	return r->ring ? 0 : -ENOMEM;
}

void replies_done(struct replies *r)
{
	free(r->ring);
	*r = (struct replies){0};
}

static void grow(struct replies *r)
{
	size_t capacity = r->capacity * 2;
	struct ledger_reply *ring = calloc(capacity, sizeof(*ring));

	if (!ring)
		abort();
	for (size_t i = r->head; i != r->tail; i++)
		ring[i & (capacity - 1)] = r->ring[i & (r->capacity - 1)];
	free(r->ring);
	r->ring = ring;
	r->capacity = capacity;
}

void replies_push(struct replies *r, const struct ledger_reply *reply)
{
	if (r->tail - r->head == r->capacity)
		grow(r);
	r->ring[r->tail++ & (r->capacity - 1)] = *reply;
}

bool replies_release(struct replies *r)
{
	r->released = r->tail;
	return r->head != r->released;
}

bool replies_pop(struct replies *r, struct ledger_reply *ret)
{
	if (r->head == r->released)
		return false;
	*ret = r->ring[r->head++ & (r->capacity - 1)];
	return true;
}
