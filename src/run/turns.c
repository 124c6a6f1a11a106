/* turns.c - see turns.h. */
#include "run/turns.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int turns_init(struct turns *t, uint32_t jobs)
{
	*t = (struct turns){.of = calloc(jobs, sizeof(*t->of)), .count = jobs};
	return t->of ? 0 : -ENOMEM;
}

void turns_done(struct turns *t)
{
	free(t->of);
	*t = (struct turns){.of = NULL};
}

static bool is_asked(const struct turns *t, uint64_t instance)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->of[i].came != 0 && t->of[i].instance == instance && !t->of[i].waits)
			return true;
	return false;
}

bool turns_take(struct turns *t, uint32_t job, uint64_t instance)
{
	bool waits = is_asked(t, instance);

	assert(job < t->count && t->of[job].came == 0);
	t->of[job] = (struct turn){.instance = instance, .came = ++t->last, .waits = waits};
	return !waits;
}

static uint32_t first_waiting(const struct turns *t, uint64_t instance)
{
	uint32_t first = TURNS_NOBODY;

	for (uint32_t i = 0; i < t->count; i++)
		if (t->of[i].came != 0 && t->of[i].waits && t->of[i].instance == instance &&
			(first == TURNS_NOBODY || t->of[i].came < t->of[first].came))
			first = i;
	return first;
}

uint32_t turns_leave(struct turns *t, uint32_t job)
{
	struct turn *left = &t->of[job];
	uint32_t next;

	assert(job < t->count);
	if (left->came == 0)
		return TURNS_NOBODY;
	left->came = 0;
	if (left->waits)
		return TURNS_NOBODY;
	next = first_waiting(t, left->instance);
	if (next != TURNS_NOBODY)
		t->of[next].waits = false;
	return next;
}
