/* check_token.c - tokens: one fetch for all, in time, gently, and none used after its end.
 *
 * Full jitter may draw a wait of nothing, so a storm is told by counting: no two
 * fetches within a second, and of an endpoint that fails no more than so many in
 * any minute. Laziness is told by the latest moment that the rules allow.
 */
#include "sim.h"

bool check_token_usable(const struct sim *s)
{
	const struct check *c = &s->check;

	return c->generation > 0 && !c->token.lost && s->now < c->token.ends;
}

/* A renewal is under way: what is refused now has ended a little early. */
static bool is_late(const struct sim *s)
{
	return s->check.token.out || s->check.token.failures > 0;
}

static bool is_decided(const struct belief *b)
{
	return b->judged || b->withdrawn || b->record_ordered;
}

/* A row is neither decided nor out, so it may yet want to be sent. */
static bool is_wanted(const struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		const struct job *j = &s->jobs[s->active[i]];

		if (j->use == USE_ROW && !j->request.out && !is_decided(&s->rows[j->row].b))
			return true;
	}
	return false;
}

/* What was usable, and nobody had to use, does not count as missing. */
static void note_had(struct token_check *t, nsec_t until)
{
	if (t->had && t->missing_since != NSEC_NONE)
		t->missing_since += until - t->from;
	t->had = false;
}

/* It may have become unusable by the clock since. */
static void note_missing(struct sim *s)
{
	struct token_check *t = &s->check.token;
	nsec_t since = t->lost || s->check.generation == 0 ? s->now : MIN(s->now, t->ends);

	if (check_token_usable(s))
		return;
	note_had(t, since);
	if (is_late(s) && t->missing_since == NSEC_NONE)
		t->missing_since = since;
}

/* -------------------------------------------------------------------- refusals */

/* A gateway may throttle, or break down, before it has looked at the token. */
static bool shows_token_good(enum engine_answer a)
{
	return answer_complete(a) && a != ANSWER_TOKEN && a != ANSWER_THROTTLED &&
	       a != ANSWER_THROTTLED_DOUBTFUL && a != ANSWER_OVERLOAD &&
	       a != ANSWER_OVERLOAD_TIMEOUT;
}

/* Two rows refused with one fresh token, or the only one: the run must, or may,
 * end by that. A listing counts as a row that nobody has to count. */
static void on_fresh_refused(struct sim *s, uint32_t row)
{
	struct check *c = &s->check;
	struct token_check *t = &c->token;

	if (t->spoilt) {
		t->hopeless = true;
		if (row != t->refused_row && row != NO_ROW && t->refused_row != NO_ROW)
			c->causes |= 1u << END_TOKEN;
		c->closing |= c->causes & 1u << END_TOKEN;
	}
	t->spoilt = true;
	t->refused_row = row;
}

static void on_refused(struct sim *s, uint32_t row)
{
	struct token_check *t = &s->check.token;
	bool usable = check_token_usable(s);

	t->refused = true;
	t->hopeless |= !t->worked && t->barren >= 5;
	if (usable && (t->worked || is_late(s)))
		t->lost = true;
	else if (usable)
		on_fresh_refused(s, row);
}

static void on_answer(struct sim *s, const struct engine_event *e)
{
	const struct request *q = &s->jobs[e->job].request;
	bool refused = e->answer.answer == ANSWER_TOKEN;

	if (q->generation != s->check.generation) {
		if (refused)
			sim_cover(s, COVER_TOKEN_OLDER);
		return;
	}
	if (refused)
		on_refused(s, q->row);
	else if (shows_token_good(e->answer.answer))
		s->check.token.worked = true;
}

/* ---------------------------------------------------------------------- fetches */

static void cover_fresh(struct sim *s)
{
	const struct check *c = &s->check;
	const struct token_check *t = &c->token;
	bool usable = check_token_usable(s);

	if (!s->fetch_told)
		return;
	if (s->now - t->fetched_at > 5 * SEC)
		sim_cover(s, COVER_FETCH_SLOW);
	if (usable && t->sent_meanwhile)
		sim_cover(s, COVER_FETCH_MEANWHILE);
	if (t->failures > 0)
		sim_cover(s, usable ? COVER_FETCH_LATE : COVER_FETCH_FAILED);
	if (t->retry_at > t->failed_at)
		sim_cover(s, COVER_FETCH_WAITED);
	if (c->generation > 0 && !t->lost && s->now >= t->ends)
		sim_cover(s, COVER_TOKEN_ENDED);
	if (t->lost && t->worked && s->now < t->ends)
		sim_cover(s, COVER_TOKEN_REVOKED);
}

static void on_fresh(struct sim *s, nsec_t life)
{
	struct check *c = &s->check;
	struct token_check *t = &c->token;

	cover_fresh(s);
	note_had(t, s->now);
	c->generation++;
	*t = (struct token_check){
		.from = s->now,
		.had = life > 0,
		.ends = nsec_add(s->now, life),
		.hopeless = t->hopeless,
		.refused_row = NO_ROW,
		.barren = t->worked ? 0 : t->barren + t->refused,
		.fetched_at = t->fetched_at,
		.missing_since = t->missing_since,
		.outage_over = t->outage_over,
	};
}

static void on_failed(struct sim *s, nsec_t retry_after)
{
	struct token_check *t = &s->check.token;

	t->out = false;
	t->failures++;
	t->failed_at = s->now;
	t->retry_at = retry_after > 0 ? s->now + retry_after : s->now;
}

void check_token_event(struct sim *s, const struct engine_event *e)
{
	note_missing(s);
	if (e->kind == EVENT_ANSWER)
		on_answer(s, e);
	if (e->kind == EVENT_TOKEN_FRESH)
		on_fresh(s, e->token.life);
	if (e->kind == EVENT_TOKEN_FAILED)
		on_failed(s, e->token.retry_after);
	if (e->kind == EVENT_TOKEN_REFUSED && s->set.token_given)
		sim_cover(s, COVER_TOKEN_GIVEN);
	else if (e->kind == EVENT_TOKEN_REFUSED && s->check.generation > 0 && !s->fetch_cut)
		sim_cover(s, COVER_FETCH_REFUSED);
	note_missing(s);
}

static void check_storm(struct sim *s)
{
	struct token_check *t = &s->check.token;
	nsec_t *oldest = &t->failing[t->failures % FETCHES_A_MINUTE];

	if (t->fetched_at != NSEC_NONE && s->now - t->fetched_at < SEC)
		sim_breach(s, "FETCH %lld us after the last",
			(long long)((s->now - t->fetched_at) / USEC));
	if (t->failures >= FETCHES_A_MINUTE && s->now - *oldest < 60 * SEC)
		sim_breach(s, "%u FETCHes within a minute, and all fail", FETCHES_A_MINUTE + 1);
	if (t->failures > 0 && s->now < t->retry_at)
		sim_breach(s, "FETCH %lld us before the Retry-After of the token endpoint ends",
			(long long)((t->retry_at - s->now) / USEC));
	*oldest = s->now;
}

/* 85 % of a life, or the earliest that any rounding makes of it. */
static nsec_t renewal_from(const struct token_check *t)
{
	nsec_t life = t->ends - t->from;

	return t->ends == NSEC_NEVER ? NSEC_NEVER : t->from + life / 20 * 17;
}

static void check_fetch(struct sim *s)
{
	const struct check *c = &s->check;
	struct token_check *t = &s->check.token;

	if (s->fetch_out)
		sim_breach(s, "FETCH while another is out");
	if (check_token_usable(s) && s->now < renewal_from(t))
		sim_breach(s, "FETCH, and the token has %lld of %lld us to live",
			(long long)((t->ends - s->now) / USEC),
			(long long)((t->ends - t->from) / USEC));
	if (!is_wanted(s))
		sim_breach(s, "FETCH, and no row waits to be sent");
	check_storm(s);
	if (s->now < c->pause_until)
		sim_cover(s, COVER_FETCH_PAUSED);
	if (c->open_since != NSEC_NONE)
		sim_cover(s, COVER_FETCH_BREAKER);
	t->out = true;
	t->fetched_at = s->now;
	t->sent_meanwhile = false;
	if (!check_token_usable(s) && t->missing_since == NSEC_NONE)
		t->missing_since = s->now;
}

static void check_sent(struct sim *s, const struct engine_action *a)
{
	const struct check *c = &s->check;
	struct token_check *t = &s->check.token;

	if (a->send.generation != c->generation)
		sim_breach(s, "%s leaves with token %u, the current one is %u",
			trace_job(s, a->job), a->send.generation, c->generation);
	if (s->now >= t->ends)
		sim_breach(s, "%s leaves with a token that ended %lld us ago", trace_job(s, a->job),
			(long long)((s->now - t->ends) / USEC));
	if (t->lost)
		sim_breach(s, "%s leaves with a token that was refused", trace_job(s, a->job));
	if (t->missing_since != NSEC_NONE && s->now - t->missing_since >= 60 * SEC)
		sim_cover(s, COVER_TOKEN_OUTAGE_MET);
	t->sent_meanwhile = true;
	t->missing_since = NSEC_NONE;
}

/* Only when nothing else is left: whoever waits for an answer waits for it, too. */
static void check_fetch_cut(struct sim *s)
{
	if (!s->fetch_out || s->fetch_cut)
		sim_breach(s, "CUT of a FETCH that is not out");
	if (s->check.in_flight > 1)
		sim_breach(s, "CUT of the FETCH, and %u requests are in flight",
			s->check.in_flight - 1);
	if (is_wanted(s) && !(s->check.causes & 1u << END_LEDGER))
		sim_breach(s, "CUT of the FETCH, and rows wait for it");
}

void check_token_order(struct sim *s, const struct engine_action *a)
{
	note_missing(s);
	if (a->kind == ACTION_FETCH)
		check_fetch(s);
	else if (a->kind == ACTION_SEND)
		check_sent(s, a);
	else
		check_fetch_cut(s);
}

/* --------------------------------------------------------------------- laziness */

static nsec_t backoff_most(uint32_t failures)
{
	return MIN(30 * SEC, SEC << MIN(failures - 1, 5));
}

/* The latest moment at which it is to be asked for one. */
static nsec_t fetch_by(const struct sim *s)
{
	const struct token_check *t = &s->check.token;
	nsec_t by = s->now;

	if (t->fetched_at != NSEC_NONE)
		by = MAX(by, t->fetched_at + SEC);
	if (t->failures > 0)
		by = MAX(by, t->retry_at > t->failed_at ? t->retry_at
							: t->failed_at + backoff_most(t->failures));
	if (check_token_usable(s) && t->failures == 0)
		by = MAX(by, t->ends == NSEC_NEVER ? NSEC_NEVER
						   : t->from + (t->ends - t->from) / 20 * 19 + 20);
	return by;
}

/* No pause and no breaker holds it: it goes elsewhere. */
static void check_lazy(struct sim *s)
{
	struct check *c = &s->check;
	uint32_t room = c->open_since != NSEC_NONE ? 1 : engine_stats(s->engine).window;

	if (s->fetch_out || c->in_flight >= room || s->set.config.rate_interval > 0)
		return;
	if (engine_deadline(s->engine) > fetch_by(s))
		sim_breach(s, "the next FETCH would leave %lld us too late",
			(long long)((engine_deadline(s->engine) - fetch_by(s)) / USEC));
}

void check_token_idle(struct sim *s)
{
	struct check *c = &s->check;
	struct token_check *t = &c->token;

	note_missing(s);
	if (c->ending || !is_wanted(s))
		return;
	check_lazy(s);
	if (!check_token_usable(s) && t->missing_since != NSEC_NONE &&
		engine_deadline(s->engine) > MAX(t->missing_since, c->busy_since) +
						     check_end_patience(s, c->generation > 0))
		sim_breach(s, "there is no token for %lld us, and nobody would give up",
			(long long)((s->now - t->missing_since) / USEC));
}
