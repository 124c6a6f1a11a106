/* queue.c - what will happen in the world, soonest first (a binary heap). */
#include <assert.h>
#include <stdlib.h>

#include "basics.h"

static bool before(const struct world_event *a, const struct world_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void queue_push(struct queue *q, struct world_event e)
{
	uint32_t i;

	if (e.at == NSEC_NEVER)
		return;
	i = q->count++;

	if (q->count > q->cap) {
		q->cap = q->cap ? 2 * q->cap : 256;
		q->heap = realloc(q->heap, q->cap * sizeof(*q->heap));
		assert(q->heap);
	}
	e.order = q->order++;
	for (; i > 0 && before(&e, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = e;
}

bool queue_pop(struct queue *q, nsec_t until, struct world_event *ret)
{
	struct world_event last;
	uint32_t i = 0;

	if (q->count == 0 || q->heap[0].at > until)
		return false;
	*ret = q->heap[0];
	last = q->heap[--q->count];
	for (uint32_t child = 1; child < q->count; child = 2 * i + 1) {
		if (child + 1 < q->count && before(&q->heap[child + 1], &q->heap[child]))
			child++;
		if (!before(&q->heap[child], &last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return true;
}

nsec_t queue_next(const struct queue *q)
{
	return q->count ? q->heap[0].at : NSEC_NEVER;
}
