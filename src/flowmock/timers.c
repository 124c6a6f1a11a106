/* timers.c - see timers.h. */
#include "flowmock/timers.h"

#include <assert.h>
#include <stdlib.h>

#include "flowmock/memory.h"

void timers_done(struct timers *ts)
{
	free(ts->heap);
	*ts = (struct timers){0};
}

static void put(struct timers *ts, size_t place, struct timer *t)
{
	ts->heap[place] = t;
	t->place = place;
}

static void rise(struct timers *ts, struct timer *t, size_t place)
{
	while (place > 1 && ts->heap[place / 2]->due > t->due) {
		put(ts, place, ts->heap[place / 2]);
		place /= 2;
	}
	put(ts, place, t);
}

static void sink(struct timers *ts, struct timer *t, size_t place)
{
	for (;;) {
		size_t child = 2 * place;

		if (child > ts->count)
			break;
		if (child < ts->count && ts->heap[child + 1]->due < ts->heap[child]->due)
			child++;
		if (ts->heap[child]->due >= t->due)
			break;
		put(ts, place, ts->heap[child]);
		place = child;
	}
	put(ts, place, t);
}

void timers_set(struct timers *ts, struct timer *t, nsec_t due)
{
	timers_cancel(ts, t);
	if (ts->count + 1 >= ts->cap) {
		ts->cap = ts->cap ? 2 * ts->cap : 64;
		ts->heap = must_realloc(ts->heap, ts->cap * sizeof(*ts->heap));
	}
	t->due = due;
	ts->count++;
	rise(ts, t, ts->count);
}

void timers_cancel(struct timers *ts, struct timer *t)
{
	struct timer *last;
	size_t place = t->place;

	if (place == 0)
		return;
	assert(ts->heap[place] == t);
	last = ts->heap[ts->count];
	ts->count--;
	t->place = 0;
	if (last == t)
		return;
	if (place > 1 && ts->heap[place / 2]->due > last->due)
		rise(ts, last, place);
	else
		sink(ts, last, place);
}

nsec_t timers_next(const struct timers *ts)
{
	return ts->count > 0 ? ts->heap[1]->due : NSEC_NEVER;
}

void timers_fire(struct timers *ts, nsec_t now)
{
	while (ts->count > 0 && ts->heap[1]->due <= now) {
		struct timer *t = ts->heap[1];

		timers_cancel(ts, t);
		t->fire(t);
	}
}
