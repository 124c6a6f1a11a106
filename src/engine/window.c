#include "engine/window.h"

#include <assert.h>

#include "base/macros.h"

#define ONE UINT64_C(65536)

void window_init(struct window *w, uint32_t max)
{
	assert(max >= 1);
	*w = (struct window){
		.size = ONE,
		.max = max,
		.slow_start = true,
		.shrunk_at = -1,
	};
}

void window_open(struct window *w)
{
	w->size = w->max * ONE;
	w->slow_start = false;
}

uint32_t window_size(const struct window *w)
{
	return (uint32_t)(w->size / ONE);
}

static void shrink(struct window *w, nsec_t now, nsec_t sent_at)
{
	w->slow_start = false;
	if (sent_at <= w->shrunk_at)
		return;
	w->size = MAX(w->size * 7 / 10, ONE);
	w->shrunk_at = now;
}

/* One more answer in the sample; a full sample is judged and begun anew. */
static void sample(struct window *w, nsec_t now, nsec_t sent_at, bool overload)
{
	bool crowded;

	w->answers++;
	w->overloads += overload;
	if (w->answers < MAX(window_size(w), 2))
		return;

	crowded = w->overloads >= 2 && w->overloads * 5 > w->answers;
	w->answers = w->overloads = 0;
	if (crowded)
		shrink(w, now, sent_at);
}

void window_success(struct window *w, nsec_t now)
{
	w->size += w->slow_start ? ONE : ONE * ONE / w->size;
	w->size = MIN(w->size, w->max * ONE);
	/* A sample that ends with a success is judged as if it had just been sent:
	 * what it tells is about the window as it is now. */
	sample(w, now, now, false);
}

void window_trouble(struct window *w, nsec_t now, nsec_t sent_at)
{
	shrink(w, now, sent_at);
	sample(w, now, sent_at, false);
}

void window_overload(struct window *w, nsec_t now, nsec_t sent_at)
{
	sample(w, now, sent_at, true);
}

void window_restart(struct window *w)
{
	w->size = ONE;
	w->slow_start = true;
	w->answers = w->overloads = 0;
}
