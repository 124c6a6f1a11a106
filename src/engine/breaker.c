#include "engine/breaker.h"

#include "base/macros.h"
#include "engine/backoff.h"

#define PROBE_WAIT_MIN (250 * MS)
#define PROBE_WAIT_MAX (30 * SEC)

void breaker_init(struct breaker *b)
{
	*b = (struct breaker){0};
}

static void wait_again(struct breaker *b, nsec_t now, struct random *r)
{
	nsec_t wait = MAX((now - b->opened_at) / 4, PROBE_WAIT_MIN);

	b->probe_at = now + backoff_equal(r, MIN(wait, PROBE_WAIT_MAX));
}

static bool in_streak(const struct breaker *b, uint64_t serial)
{
	for (uint32_t i = 0; i < b->streak_len; i++)
		if (b->streak[i] == serial)
			return true;
	return false;
}

void breaker_failure(struct breaker *b, nsec_t now, uint64_t serial, struct random *r)
{
	if (b->open) {
		wait_again(b, now, r);
		return;
	}
	if (in_streak(b, serial))
		return;
	b->streak[b->streak_len++] = serial;
	if (b->streak_len < BREAKER_STREAK)
		return;

	*b = (struct breaker){.open = true, .opened_at = now};
	wait_again(b, now, r);
}

void breaker_looked(struct breaker *b, nsec_t now, bool answered, struct random *r)
{
	b->reads = answered;
	if (!answered)
		wait_again(b, now, r);
}

void breaker_success(struct breaker *b)
{
	*b = (struct breaker){0};
}
