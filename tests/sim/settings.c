/* settings.c - what a seed decides before its run begins.
 *
 * Most seeds are ordinary days with a few faults; some are storms. Extremes
 * are picked by themselves rather than all at once, since a run that dies of
 * its first fatal answer shows nothing of the rest.
 */
#include "sim.h"

static uint32_t pick_u32(struct rng *r, const uint32_t *from, uint32_t count)
{
	return from[rng_below(r, count)];
}

#define PICK(r, ...)                                                                               \
	pick_u32(r, (const uint32_t[]){__VA_ARGS__}, ARRAY_SIZE(((const uint32_t[]){__VA_ARGS__})))

static void config_random(struct engine_config *c, struct rng *r)
{
	static const nsec_t intervals[] = {
		USEC * 100, MS, 5 * MS, 10 * MS, 33333333, 200 * MS, SEC, 3 * SEC};

	*c = (struct engine_config)ENGINE_CONFIG_DEFAULT;
	c->seed = rng_next(r);
	c->concurrency = rng_chance(r, 300) ? 1 + rng_below(r, 4) : 1 + rng_below(r, 64);
	if (rng_chance(r, 500))
		c->rate_interval = intervals[rng_below(r, ARRAY_SIZE(intervals))];
	c->burst = PICK(r, 0, 0, 1, 2, 10, 100);
	c->attempts = 1 + rng_below(r, 6);
	if (rng_chance(r, 700)) {
		c->settle = rng_magnitude(r, MS, 10 * SEC);
		c->settle_timeout = rng_magnitude(r, MS, 60 * SEC);
	}
	if (rng_chance(r, 500))
		c->max_retry_after = rng_magnitude(r, SEC, 900 * SEC);
	if (rng_chance(r, 500))
		c->give_up_after = rng_magnitude(r, SEC, 1800 * SEC);
	if (rng_chance(r, 250)) {
		c->halt_mode = rng_chance(r, 500) ? HALT_SOON : HALT_NOW;
		c->halt_percent = c->halt_mode == HALT_SOON && rng_chance(r, 400);
		c->halt_fails = c->halt_percent ? 1 + rng_below(r, 50) : 1 + rng_below(r, 20);
	}
}

static void input_random(struct settings *s, struct rng *r)
{
	s->rows = rng_below(r, 301);
	if (rng_chance(r, 200))
		s->rows = rng_below(r, 8);
	if (rng_chance(r, 10))
		s->rows = 1000 + rng_below(r, 3000);
	if (s->config.rate_interval >= 200 * MS)
		s->rows %= 60;
	s->sandboxes = rng_chance(r, 500) ? 1 : 1 + rng_below(r, 4);
	s->specs = rng_chance(r, 700) ? 1 : 1 + rng_below(r, 3);
	s->invalid = PICK(r, 0, 0, 20, 200);
	s->duplicate = PICK(r, 0, 0, 20, 200);
	s->known = PICK(r, 0, 0, 50, 500);
	s->open = PICK(r, 0, 0, 50, 500);
	s->unfilterable = PICK(r, 0, 0, 50, 300, 1000);
	s->poison = PICK(r, 0, 0, 0, 10, 50);
	s->foreign = PICK(r, 0, 0, 0, 20);
	s->row_gap = rng_chance(r, 200) ? rng_magnitude(r, 100 * USEC, 5 * SEC) : 0;
	s->bad_row = rng_chance(r, 40) ? rng_below(r, s->rows + 1) : NO_ROW;
}

static void server_random(struct settings *s, struct rng *r)
{
	s->latency_min = rng_magnitude(r, 100 * USEC, 200 * MS);
	s->latency_max = s->latency_min * (1 + rng_below(r, 20));
	s->timeout = s->latency_max + rng_magnitude(r, 100 * MS, 60 * SEC);
	s->page_size = PICK(r, 1, 2, 5, 100);
	if (s->rows > 300)
		s->page_size = 100;
	s->noise = PICK(r, 0, 0, 3, 40);
	s->newest_first = rng_chance(r, 500);
	s->strict = rng_chance(r, 200);
	s->create_faults = PICK(r, 0, 5, 20, 100, 300, 600, 1000);
	s->read_faults = PICK(r, 0, 5, 20, 100, 300, 600);
	for (int f = 1; f < FAULT_RANDOM_COUNT; f++)
		s->weight[f] = rng_chance(r, 500) ? 0 : 1 + rng_below(r, 100);
	s->weight[FAULT_REJECTED] /= 4;
	s->fatal = PICK(r, 0, 0, 0, 0, 0, 0, 0, 1, 5);
	s->fatal_sandbox = PICK(r, 0, 0, 0, 0, 0, 0, 3, 10);
	s->long_retry_after = PICK(r, 0, 0, 0, 0, 10);
}

static void outages_random(struct settings *s, struct rng *r)
{
	static const enum fault faults[] = {FAULT_NOT_SENT, FAULT_BROKEN_BEFORE, FAULT_BROKEN_AFTER,
		FAULT_500_BEFORE, FAULT_500_AFTER, FAULT_TIMEOUT_BEFORE, FAULT_TIMEOUT_LATE,
		FAULT_THROTTLED, FAULT_RETRY_AFTER, FAULT_504_LATE};
	nsec_t at = SIM_START;

	s->outage_count = PICK(r, 0, 0, 0, 1, 2, 3);
	for (uint32_t i = 0; i < s->outage_count; i++) {
		at += rng_magnitude(r, MS, 30 * SEC);
		s->outages[i].from = at;
		at += rng_magnitude(r, 100 * MS, 600 * SEC);
		s->outages[i].until = at;
		s->outages[i].fault = faults[rng_below(r, ARRAY_SIZE(faults))];
	}
}

static void ends_random(struct settings *s, struct rng *r)
{
	s->stop_at = s->abort_at = s->ledger_fails_at = NSEC_NEVER;
	if (rng_chance(r, 150))
		s->stop_at = SIM_START + rng_magnitude(r, 100 * USEC, 100 * SEC);
	if (rng_chance(r, 70))
		s->abort_at = SIM_START + rng_magnitude(r, 100 * USEC, 100 * SEC);
	if (s->stop_at != NSEC_NEVER && rng_chance(r, 300))
		s->abort_at = s->stop_at + rng_magnitude(r, USEC, 10 * SEC);
	if (rng_chance(r, 50))
		s->ledger_fails_at = SIM_START + rng_magnitude(r, 100 * USEC, 100 * SEC);
}

void settings_random(struct settings *ret, uint64_t seed)
{
	struct rng r = {seed * UINT64_C(0x2545f4914f6cdd1d) + 1};
	struct settings *s = ret;

	*s = (struct settings){.seed = seed};
	config_random(&s->config, &r);
	input_random(s, &r);
	server_random(s, &r);
	outages_random(s, &r);
	ends_random(s, &r);
	s->commit_min = rng_chance(&r, 300) ? 0 : rng_magnitude(&r, 10 * USEC, 20 * MS);
	s->commit_max = s->commit_min * (1 + rng_below(&r, 50));
	s->token_life = rng_chance(&r, 600) ? NSEC_NEVER : rng_magnitude(&r, 100 * MS, 600 * SEC);
	s->token_delay_min = 0;
	s->token_delay = rng_magnitude(&r, MS, 2 * SEC);
	s->token_count = rng_chance(&r, 300) ? rng_below(&r, 4) : UINT32_MAX;
	s->token_bad = rng_chance(&r, 100) ? 1 + rng_below(&r, 3) : UINT32_MAX;
	s->turn = rng_chance(&r, 500) ? 0 : rng_magnitude(&r, USEC, 5 * MS);
}

void settings_calm(struct settings *ret)
{
	*ret = (struct settings){
		.config = ENGINE_CONFIG_DEFAULT,
		.rows = 1,
		.sandboxes = 1,
		.specs = 1,
		.bad_row = NO_ROW,
		.commit_min = MS,
		.commit_max = MS,
		.latency_min = 20 * MS,
		.latency_max = 20 * MS,
		.timeout = 2 * SEC,
		.page_size = 100,
		.token_life = NSEC_NEVER,
		.token_delay_min = 10 * MS,
		.token_delay = 10 * MS,
		.token_count = UINT32_MAX,
		.token_bad = UINT32_MAX,
		.stop_at = NSEC_NEVER,
		.abort_at = NSEC_NEVER,
		.ledger_fails_at = NSEC_NEVER,
	};
}
