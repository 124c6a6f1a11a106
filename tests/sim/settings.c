/* settings.c - what a seed decides before its story begins, and before each run.
 *
 * Most seeds are ordinary days with a few faults; some are storms. Extremes
 * are picked by themselves rather than all at once, since a run that dies of
 * its first fatal answer shows nothing of the rest. The last run of a story is
 * calm, so that it comes to its end and the truth can be looked at.
 */
#include "sim.h"

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
	c->settle_timeout = MAX(c->settle, c->settle_timeout);
}

static void halt_random(struct engine_config *c, struct rng *r)
{
	c->halt_mode = HALT_NEVER;
	if (!rng_chance(r, 200))
		return;
	c->halt_mode = rng_chance(r, 500) ? HALT_SOON : HALT_NOW;
	c->halt_percent = c->halt_mode == HALT_SOON && rng_chance(r, 400);
	c->halt_fails = c->halt_percent ? 1 + rng_below(r, 50) : 1 + rng_below(r, 6);
}

static void input_random(struct settings *s, struct rng *r)
{
	s->rows = rng_below(r, 31);
	if (rng_chance(r, 200))
		s->rows = rng_below(r, 6);
	if (rng_chance(r, 20))
		s->rows = 100 + rng_below(r, 300);
	if (rng_chance(r, 1))
		s->rows = 1000 + rng_below(r, 3000);
	if (s->config.rate_interval >= 200 * MS)
		s->rows %= 60;
	s->sandboxes = rng_chance(r, 500) ? 1 : 1 + rng_below(r, SIM_SANDBOXES_MAX);
	s->specs = rng_chance(r, 700) ? 1 : 1 + rng_below(r, SIM_SPECS_MAX);
	s->invalid = PICK(r, 0, 0, 20, 200);
	s->duplicate = PICK(r, 0, 0, 20, 200);
	s->absent = PICK(r, 0, 0, 100, 500);
	s->unfilterable = PICK(r, 0, 0, 50, 300, 1000);
	s->poison = PICK(r, 0, 0, 0, 10, 50);
	s->edited = PICK(r, 0, 300, 600, 1000);
	s->row_gap = rng_chance(r, 200) ? rng_magnitude(r, 100 * USEC, 5 * SEC) : 0;
	s->config.no_inventory = rng_chance(r, 150);
}

/* Where the server breaks the promise, or a filter misses. */
static void broken_random(struct settings *s, struct rng *r)
{
	s->lag = rng_chance(r, 400) ? rng_magnitude(r, MS, 3 * s->config.settle) : 0;
	s->lag_breaks = rng_chance(r, 60);
	if (s->lag_breaks)
		s->lag = rng_magnitude(r, s->config.settle, 20 * s->config.settle_timeout);
	if (!rng_chance(r, 80))
		return;
	s->unfilterable = 0;
	for (int i = 0; i < SIM_SANDBOXES_MAX; i++)
		s->misses[i] = rng_chance(r, 600);
}

static void server_random(struct settings *s, struct rng *r)
{
	s->latency_min = rng_magnitude(r, 100 * USEC, 200 * MS);
	s->latency_max = s->latency_min * (1 + rng_below(r, 20));
	s->timeout = s->latency_max + rng_magnitude(r, 100 * MS, 60 * SEC);
	s->page_size = PICK(r, 1, 2, 5, 100);
	if (s->rows > 60)
		s->page_size = 100;
	s->noise = PICK(r, 0, 0, 0, 3, 12);
	s->foreign = PICK(r, 0, 0, 50, 300);
	s->meddled = PICK(r, 0, 0, 0, 0, 100);
	s->newest_first = rng_chance(r, 500);
	s->strict = rng_chance(r, 100);
	s->no_created_at = rng_chance(r, 50);
	s->server_clock = rng_between(r, -100, 100) * SEC;
}

static void faults_random(struct settings *s, struct rng *r)
{
	s->inventory_shift = PICK(r, 0, 0, 0, 50, 400);
	s->create_faults = PICK(r, 0, 5, 20, 100, 300, 600, 1000);
	s->read_faults = PICK(r, 0, 5, 20, 50, 100, 300, 600);
	for (int f = 1; f < FAULT_RANDOM_COUNT; f++)
		s->weight[f] = rng_chance(r, 500) ? 0 : 1 + rng_below(r, 100);
	s->weight[FAULT_REJECTED] /= 4;
	s->fatal = PICK(r, 0, 0, 0, 0, 0, 0, 0, 1, 5);
	s->fatal_sandbox = PICK(r, 0, 0, 0, 0, 0, 0, 3, 10);
	s->long_retry_after = PICK(r, 0, 0, 0, 0, 10);
}

static void outages_random(struct settings *s, struct rng *r, nsec_t start)
{
	static const enum fault faults[] = {FAULT_NOT_SENT, FAULT_BROKEN_BEFORE, FAULT_BROKEN_AFTER,
		FAULT_500_BEFORE, FAULT_500_AFTER, FAULT_TIMEOUT_BEFORE, FAULT_TIMEOUT_LATE,
		FAULT_THROTTLED, FAULT_RETRY_AFTER, FAULT_504_LATE};
	nsec_t at = start;

	s->outage_count = PICK(r, 0, 0, 0, 1, 2, 3);
	for (uint32_t i = 0; i < s->outage_count; i++) {
		at += rng_magnitude(r, MS, 30 * SEC);
		s->outages[i].from = at;
		at += rng_magnitude(r, 100 * MS, 600 * SEC);
		s->outages[i].until = at;
		s->outages[i].fault = faults[rng_below(r, ARRAY_SIZE(faults))];
	}
}

static void ends_random(struct settings *s, struct rng *r, nsec_t start)
{
	s->stop_at = s->abort_at = s->ledger_fails_at = NSEC_NEVER;
	if (rng_chance(r, 150))
		s->stop_at = start + rng_magnitude(r, 100 * USEC, 100 * SEC);
	if (rng_chance(r, 70))
		s->abort_at = start + rng_magnitude(r, 100 * USEC, 100 * SEC);
	if (s->stop_at != NSEC_NEVER && rng_chance(r, 300))
		s->abort_at = s->stop_at + rng_magnitude(r, USEC, 10 * SEC);
	if (rng_chance(r, 50))
		s->ledger_fails_at = start + rng_magnitude(r, 100 * USEC, 100 * SEC);
}

static void token_outages_random(struct settings *s, struct rng *r, nsec_t start)
{
	nsec_t at = start;

	s->token_outage_count = PICK(r, 0, 0, 0, 0, 0, 0, 1, 2, 3);
	for (uint32_t i = 0; i < s->token_outage_count; i++) {
		if (i > 0 || rng_chance(r, 700))
			at += rng_magnitude(r, 10 * MS, 300 * SEC);
		s->token_outages[i].from = at;
		at += rng_magnitude(r, 100 * MS, 1200 * SEC);
		s->token_outages[i].until = at;
	}
}

static void tokens_random(struct settings *s, struct rng *r, nsec_t start)
{
	s->token_life = rng_magnitude(r, rng_chance(r, 100) ? MS : 2 * SEC, 900 * SEC);
	if (rng_chance(r, 400))
		s->token_life = NSEC_NEVER;
	s->token_untold = rng_chance(r, 100) ? rng_magnitude(r, MS, 100 * SEC) : 0;
	s->token_delay = rng_magnitude(r, MS, rng_chance(r, 200) ? 60 * SEC : 2 * SEC);
	s->token_revoked_at =
		rng_chance(r, 150) ? start + rng_magnitude(r, 10 * MS, 300 * SEC) : NSEC_NEVER;
	s->token_faults = PICK(r, 0, 0, 0, 0, 50, 300, 300, 900);
	s->token_retry_after = PICK(r, 0, 0, 100, 500);
	s->token_given = rng_chance(r, 100);
	s->token_count = rng_chance(r, 150) ? rng_below(r, 4) : UINT32_MAX;
	if (s->token_given)
		s->token_count = 1;
	s->token_bad = rng_chance(r, 60) ? 1 + rng_below(r, 3) : UINT32_MAX;
}

static bool is_rare(enum engine_action_kind k)
{
	return k == ACTION_CUT || k == ACTION_COPY || k == ACTION_RECALL || k == ACTION_DONE;
}

static void crash_random(struct settings *s, struct rng *r, nsec_t start)
{
	static const nsec_t moments[] = {100 * MS, SEC, 10 * SEC, 100 * SEC};
	struct crash *c = &s->crash;

	*c = (struct crash){.how = CRASH_NONE};
	if (!rng_chance(r, 600))
		return;
	c->how = 1 + rng_below(r, 3);
	c->before = rng_chance(r, 500);
	c->kind = rng_chance(r, 300) ? ACTION_SEND
				     : (enum engine_action_kind)rng_below(r, ACTION_KINDS);
	if (c->how == CRASH_AT_KIND && c->kind == ACTION_CUT) /* there has to be one */
		s->abort_at = start + rng_magnitude(r, MS, SEC);
	if (c->how == CRASH_AT_KIND && c->kind == ACTION_WRITE_WITHDRAWAL)
		s->stop_at = start + rng_magnitude(r, MS, SEC);
	c->orders = (uint32_t)rng_magnitude(r, 1, c->how == CRASH_AT_KIND ? 8 : 300) - 1;
	if (c->how == CRASH_AT_KIND && is_rare(c->kind))
		c->orders = 0;
	c->at = start + rng_magnitude(r, USEC, moments[rng_below(r, ARRAY_SIZE(moments))]);
}

void settings_random(struct settings *ret, uint64_t seed)
{
	struct rng r = {seed * UINT64_C(0x2545f4914f6cdd1d) + 1};
	struct settings *s = ret;

	*s = (struct settings){.seed = seed};
	s->runs = PICK(&r, 1, 2, 2, 3, 3, 4, 5, 6);
	config_random(&s->config, &r);
	input_random(s, &r);
	server_random(s, &r);
	broken_random(s, &r);
	s->commit_min = rng_chance(&r, 300) ? 0 : rng_magnitude(&r, 10 * USEC, 20 * MS);
	s->commit_max = s->commit_min * (1 + rng_below(&r, 50));
	s->token_delay_min = 0;
	s->turn = rng_chance(&r, 500) ? 0 : rng_magnitude(&r, USEC, 5 * MS);
	settings_later(s, &r);
}

/* They end and are renewed, and the endpoint may be down for most of a minute. */
static void calm_tokens(struct settings *s)
{
	s->token_given = false;
	s->token_life = MAX(s->token_life, 30 * SEC);
	s->token_untold = 0;
	s->token_delay = MIN(s->token_delay, 5 * SEC);
	s->token_revoked_at = NSEC_NEVER;
	s->token_faults = MIN(s->token_faults, 50);
	s->token_count = s->token_bad = UINT32_MAX;
	s->token_outage_count = MIN(s->token_outage_count, 1);
	s->token_outages[0].until =
		MIN(s->token_outages[0].until, s->token_outages[0].from + 50 * SEC);
}

/* Small faults only, and nobody interferes. */
static void calm_down(struct settings *s)
{
	s->calm = true;
	s->create_faults = MIN(s->create_faults, 100);
	s->read_faults = MIN(s->read_faults, 100);
	s->weight[FAULT_REJECTED] = s->weight[FAULT_409_NOTHING] = 0;
	s->weight[FAULT_BROKEN_LATE]++; /* not all may be 0 */
	s->fatal = s->fatal_sandbox = s->long_retry_after = 0;
	s->inventory_shift = 0;
	s->outage_count = 0;
	calm_tokens(s);
	s->stop_at = s->abort_at = s->ledger_fails_at = NSEC_NEVER;
	s->crash.how = CRASH_NONE;
	s->bad_row = NO_ROW;
	s->config.halt_mode = HALT_NEVER;
	s->config.attempts = MAX(s->config.attempts, 6);
	s->config.give_up_after = NSEC_NONE;
	s->config.max_retry_after = MAX(s->config.max_retry_after, 20 * SEC);
}

void settings_of_run(struct settings *s, struct rng *r, uint32_t run, nsec_t start)
{
	s->gap = run == 1 ? 0 : rng_magnitude(r, USEC, 3600 * SEC);
	start += s->gap;
	s->config.seed = rng_next(r);
	halt_random(&s->config, r);
	faults_random(s, r);
	outages_random(s, r, start);
	ends_random(s, r, start);
	tokens_random(s, r, start);
	token_outages_random(s, r, start);
	crash_random(s, r, start);
	s->bad_row = rng_chance(r, 40) ? rng_below(r, s->rows + 1) : NO_ROW;
	s->resend_unresolved = rng_chance(r, 100);
	settings_later_of_run(s, r, run);
	if (run == s->runs)
		calm_down(s);
}

void settings_calm(struct settings *ret)
{
	*ret = (struct settings){
		.config = ENGINE_CONFIG_DEFAULT,
		.runs = 1,
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
		.token_revoked_at = NSEC_NEVER,
		.token_count = UINT32_MAX,
		.token_bad = UINT32_MAX,
		.stop_at = NSEC_NEVER,
		.abort_at = NSEC_NEVER,
		.ledger_fails_at = NSEC_NEVER,
	};
}
