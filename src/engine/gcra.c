#include "engine/gcra.h"

#include <assert.h>

#include "base/macros.h"

/* No schedule runs further ahead than this, so that sums of times stay times. */
#define TOLERANCE_MAX (NSEC_NEVER / 2)

void gcra_init(struct gcra *g, nsec_t interval, uint32_t burst)
{
	nsec_t ahead = burst - 1;

	assert(interval >= 0 && burst >= 1);
	*g = (struct gcra){.interval = interval, .tolerance = TOLERANCE_MAX};
	if (interval == 0 || ahead <= TOLERANCE_MAX / interval)
		g->tolerance = interval * ahead;
}

uint32_t gcra_default_burst(nsec_t interval)
{
	if (interval <= 0)
		return 2;
	return (uint32_t)MAX(10 * MS / interval, 2);
}

nsec_t gcra_ready_at(const struct gcra *g)
{
	return MAX(g->next - g->tolerance, 0);
}

nsec_t gcra_take(struct gcra *g, nsec_t now)
{
	nsec_t ready = gcra_ready_at(g);

	if (g->interval == 0)
		return 0;
	if (now < ready)
		return ready - now;

	g->next = MAX(g->next, now) + g->interval;
	return 0;
}
