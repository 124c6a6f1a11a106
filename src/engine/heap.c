#include "engine/heap.h"

#include <assert.h>
#include <stdlib.h>

bool heap_init(struct heap *h, uint32_t jobs)
{
	*h = (struct heap){
		.entries = calloc(jobs, sizeof(*h->entries)),
		.place = calloc(jobs, sizeof(*h->place)),
		.cap = jobs,
	};
	if (!h->entries || !h->place) {
		heap_done(h);
		return false;
	}
	for (uint32_t i = 0; i < jobs; i++)
		h->place[i] = HEAP_NOWHERE;
	return true;
}

void heap_done(struct heap *h)
{
	free(h->entries);
	free(h->place);
	*h = (struct heap){0};
}

static bool before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void put(struct heap *h, uint32_t at, struct heap_entry e)
{
	h->entries[at] = e;
	h->place[e.job] = at;
}

static void sift_up(struct heap *h, uint32_t at, struct heap_entry e)
{
	while (at > 0 && before(&e, &h->entries[(at - 1) / 2])) {
		put(h, at, h->entries[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(h, at, e);
}

static void sift_down(struct heap *h, uint32_t at, struct heap_entry e)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->len)
			break;
		if (child + 1 < h->len && before(&h->entries[child + 1], &h->entries[child]))
			child++;
		if (!before(&h->entries[child], &e))
			break;
		put(h, at, h->entries[child]);
		at = child;
	}
	put(h, at, e);
}

void heap_remove(struct heap *h, uint32_t job)
{
	uint32_t at = h->place[job];
	struct heap_entry last;

	if (at == HEAP_NOWHERE)
		return;
	h->place[job] = HEAP_NOWHERE;
	last = h->entries[--h->len];
	if (at == h->len)
		return;
	if (at > 0 && before(&last, &h->entries[(at - 1) / 2]))
		sift_up(h, at, last);
	else
		sift_down(h, at, last);
}

void heap_set(struct heap *h, uint32_t job, nsec_t due)
{
	assert(job < h->cap);
	heap_remove(h, job);
	sift_up(h, h->len++, (struct heap_entry){.due = due, .order = h->next_order++, .job = job});
}

nsec_t heap_due(const struct heap *h)
{
	return h->len ? h->entries[0].due : NSEC_NEVER;
}

uint32_t heap_first(const struct heap *h)
{
	assert(h->len > 0);
	return h->entries[0].job;
}
