/* check_end.c - does a run end for a reason, and with nothing left over? */
#include "sim.h"

/* Some reasons come with an event; others are judged when the run is over. */
bool check_end_has_reason(const struct sim *s, enum engine_end end)
{
	const struct check *c = &s->check;

	switch (end) {
	case END_STOPPED:
	case END_ABORTED:
	case END_RETRY_AFTER:
	case END_FATAL:
	case END_LEDGER:
	case END_INPUT: return c->causes & 1u << end;
	case END_INVENTORY: return c->inventory_failed;
	case END_TOKEN: return c->token.hopeless || c->causes & 1u << end;
	case END_HALT_RULE: return s->set.config.halt_mode != HALT_NEVER;
	case END_BREAKER:
	case END_TOKEN_OUTAGE:
	case END_SANDBOXES: return true;
	case END_COMPLETE: return false;
	}
	return false;
}

nsec_t check_end_patience(const struct sim *s, bool answered)
{
	if (s->set.config.give_up_after != NSEC_NONE)
		return s->set.config.give_up_after;
	return answered ? 900 * SEC : 60 * SEC;
}

/** Was a token asked for in vain for long enough? */
bool check_end_outage_is_over(const struct sim *s)
{
	const struct check *c = &s->check;

	return !check_token_usable(s) && c->token.missing_since != NSEC_NONE &&
	       s->now - c->token.missing_since >= check_end_patience(s, c->generation > 0);
}

/** Has the server been silent, or the breaker open, for long enough? */
bool check_end_patience_is_over(const struct sim *s)
{
	const struct check *c = &s->check;
	nsec_t patience = check_end_patience(s, c->answers > 0);

	return s->now - c->last_answer >= patience ||
	       (c->open_since != NSEC_NONE && s->now - c->open_since >= patience);
}

static bool all_sandboxes_refused(const struct sim *s)
{
	const struct check *c = &s->check;
	bool any = false;

	for (int i = 0; i < SIM_SANDBOXES_MAX; i++) {
		if (c->sandbox_used[i] && !c->sandbox_refused[i])
			return false;
		any |= c->sandbox_refused[i];
	}
	return any;
}

static bool ended_early(const struct sim *s)
{
	for (uint32_t i = 0; i < s->row_count; i++) {
		if (s->rows[i].b.judged && s->rows[i].b.cause == CAUSE_ENDED)
			return true;
	}
	return !s->check.source_ended[SOURCE_INPUT];
}

static bool end_is_right(const struct sim *s, enum engine_end end)
{
	const struct check *c = &s->check;
	uint32_t causes = s->check.causes;
	bool aborted = causes & 1u << END_ABORTED;
	bool ledger = causes & 1u << END_LEDGER;

	/* After these the shell leaves the results as they were. */
	if (aborted || ledger)
		return (aborted && end == END_ABORTED) || (ledger && end == END_LEDGER);
	if (end == END_COMPLETE)
		return !ended_early(s) && !(causes & ~(1u << END_STOPPED));
	if (end == END_HALT_RULE)
		return s->check.halt_reached;
	if (end == END_BREAKER)
		return c->patience_over;
	if (end == END_TOKEN_OUTAGE)
		return c->token.outage_over;
	if (end == END_SANDBOXES)
		return all_sandboxes_refused(s);
	return check_end_has_reason(s, end);
}

/* Marks of this run are asked for only where there are some. */
static bool source_is_due(const struct sim *s, int source)
{
	if (source == SOURCE_INPUT || s->set.command != COMMAND_RUN)
		return source == SOURCE_INPUT;
	return !s->check.ending && !check_unsafe(s) && (source != SOURCE_RESENT || s->check.marked);
}

static void check_left_over(struct sim *s)
{
	uint32_t aborted_or_failed = 1u << END_ABORTED | 1u << END_LEDGER;
	struct engine_stats now = engine_stats(s->engine);

	if (s->check.in_flight > 0)
		sim_breach(s, "DONE with %u requests in flight", s->check.in_flight);
	if (s->check.causes & aborted_or_failed)
		return;
	for (int i = 0; i < SOURCE_COUNT; i++) {
		if (!s->check.source_ended[i] && source_is_due(s, i))
			sim_breach(s, "DONE, and source %d was not read to its end", i);
	}
	for (uint32_t i = 0; i < s->row_count; i++) {
		bool read = i < s->next_row || i >= s->csv_rows;

		if (read && !s->rows[i].b.told)
			sim_breach(s, "DONE, and %s is not told", trace_row(&s->rows[i]));
	}
	if (now.open_jobs != 0)
		sim_breach(s, "DONE with %u open jobs", now.open_jobs);
	if (now.finished != s->check.told)
		sim_breach(s, "stats say %llu finished, %llu lines were told",
			(unsigned long long)now.finished, (unsigned long long)s->check.told);
}

void check_end(struct sim *s, const struct engine_action *a)
{
	const struct check *c = &s->check;
	nsec_t left = MAX(0, c->pause_until - s->now);

	if (!end_is_right(s, a->done.end))
		sim_breach(s, "the run ends as %s, the causes were %#x",
			engine_end_name(a->done.end), c->causes);
	if (a->done.end == END_RETRY_AFTER && a->done.resume_after != left)
		sim_breach(s, "come back in %lld us, says the engine; the server said %lld",
			(long long)(a->done.resume_after / USEC), (long long)(left / USEC));
	if (a->done.end == END_HALT_RULE && !s->set.config.halt_percent &&
		a->done.failed < s->set.config.halt_fails)
		sim_breach(s, "halted by %llu failed rows", (unsigned long long)a->done.failed);
	check_left_over(s);
}
