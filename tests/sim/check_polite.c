/* check_polite.c - never rude: rate, window, pauses, breaker.
 *
 * The rate is checked by its promise (in any window of t seconds at most
 * burst + rate x t), not by an algorithm that could share the engine's
 * mistakes. The breaker is checked between two readings of "five creates in a
 * row of different rows": where both agree, the engine has to as well.
 */
#include "sim.h"

/* ---------------------------------------------------------------- rate, window */

/* For all i <= j: (j - i + 1) * interval <= burst * interval + t[j] - t[i]. With
 * v[n] = n * interval - t[n] that is v[j] + (1 - burst) * interval <= v[i], so
 * the least v so far stands for all of them. */
static void check_rate(struct sim *s)
{
	struct check *c = &s->check;
	nsec_t interval = s->set.config.rate_interval;
	nsec_t burst = s->set.config.burst, v;

	if (interval == 0)
		return;
	if (burst == 0)
		burst = MAX(2, 10 * MS / interval);
	v = (nsec_t)c->requests * interval - (s->now - s->started_at);
	c->rate_floor = MIN(c->rate_floor, v);
	if (v + (1 - burst) * interval > c->rate_floor)
		sim_breach(s, "request %llu leaves %lld us too early for the rate",
			(unsigned long long)c->requests + 1,
			(long long)((v + (1 - burst) * interval - c->rate_floor) / USEC));
}

static void check_window(struct sim *s)
{
	const struct check *c = &s->check;
	uint32_t window = engine_stats(s->engine).window;

	if (c->in_flight > window)
		sim_breach(s, "%u in flight, the window is %u", c->in_flight, window);
	if (window > 1 + c->answers)
		sim_breach(s, "the window is %u after %llu answers, it starts at 1", window,
			(unsigned long long)c->answers);
}

static void check_pause(struct sim *s, const struct engine_action *a)
{
	struct check *c = &s->check;

	if (a->kind == ACTION_FETCH)
		return; /* another host */
	if (s->now < c->pause_until)
		sim_breach(s, "%s leaves %lld us before the Retry-After ends", trace_job(s, a->job),
			(long long)((c->pause_until - s->now) / USEC));
	if (c->pause_fresh && engine_stats(s->engine).window != 1)
		sim_breach(s, "the window is %u after a pause, it starts again at 1",
			engine_stats(s->engine).window);
	c->pause_fresh = false;
}

/* --------------------------------------------------------------------- breaker */

/* Not one that only looks. */
static bool is_main(enum engine_request r)
{
	return r == REQUEST_CREATE || is_task_request(r);
}

/* A probe waits for half to all of this, from an answer behind the open breaker. */
static nsec_t probe_wait(const struct check *c, nsec_t answered_at)
{
	return MIN(30 * SEC, MAX(250 * MS, (answered_at - c->open_since) / 4));
}

static bool untried_is_ready(const struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		uint32_t j = s->active[i];

		if (s->jobs[j].use == USE_ROW && s->rows[s->jobs[j].row].b.creates == 0 &&
			(s->rows[s->jobs[j].row].claim == CLAIM_FRESH ||
				is_task(&s->rows[s->jobs[j].row])) &&
			engine_job_state(s->engine, j) == JOB_READY)
			return true;
	}
	return false;
}

static void check_probe(struct sim *s, const struct engine_action *a)
{
	struct check *c = &s->check;

	if (c->open_since == NSEC_NONE || a->kind != ACTION_SEND)
		return;
	if (c->probe_out)
		sim_breach(
			s, "%s leaves while a probe of the breaker is out", trace_job(s, a->job));
	if (c->reads && !is_main(a->send.request)) /* one after the other, without a wait */
		sim_cover(s, COVER_LOOKS_BEHIND_BREAKER);
	else if (s->now - c->last_probe < probe_wait(c, c->last_probe) / 2)
		sim_breach(s, "a probe leaves %lld us after the last, at least %lld are due",
			(long long)((s->now - c->last_probe) / USEC),
			(long long)(probe_wait(c, c->last_probe) / 2 / USEC));
	if (a->send.request != REQUEST_DELETE && /* that was just read: it goes first in any case */
		(!is_main(a->send.request) || s->rows[s->jobs[a->job].row].b.creates > 1) &&
		untried_is_ready(s))
		sim_breach(
			s, "%s is the probe, while a row was not yet tried", trace_job(s, a->job));
	c->probe_out = true;
	c->probe_job = a->job;
}

/* So do the reads of deletions, but for what clears the way: the deletion's own answer will. */
static bool counts(const struct sim *s, const struct engine_event *e)
{
	const struct request *q = &s->jobs[e->job].request;
	enum engine_answer a = e->answer.answer;

	if (q->kind == REQUEST_READ)
		return is_deletion(&s->rows[q->row]) && a != ANSWER_SAME && a != ANSWER_MOVED;
	return is_main(q->kind);
}

static void count_streak(struct sim *s, uint32_t row, enum engine_answer a)
{
	struct check *c = &s->check;
	bool overload = a == ANSWER_OVERLOAD || a == ANSWER_OVERLOAD_TIMEOUT;
	bool seen = false;

	if (answer_complete(a) && !overload) {
		c->streak_len = c->distinct = 0;
		return;
	}
	for (uint32_t i = 0; i < MIN(c->streak_len, 5); i++)
		seen |= c->streak[i] == row;
	c->distinct += !seen; /* at most too high, once a row has left the five */
	c->streak[c->streak_len++ % 5] = row;
}

static bool streak_is_certain(const struct check *c)
{
	if (c->streak_len < 5)
		return false;
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < i; k++)
			if (c->streak[i] == c->streak[k])
				return false;
	return true;
}

static void check_breaker(
	struct sim *s, const struct engine_event *e, const struct engine_stats *now)
{
	struct check *c = &s->check;
	bool of_create = e->kind == EVENT_ANSWER && counts(s, e);

	if (of_create && !now->ending && c->streak_len == 0 && now->breaker_open)
		sim_breach(s, "the breaker is open after %s answered a create",
			engine_answer_name(e->answer.answer));
	if (of_create && !now->ending && !now->breaker_open && streak_is_certain(c))
		sim_breach(s, "five creates of different rows failed, the breaker is closed");
	if (now->breaker_open && !c->before.breaker_open) {
		if (!of_create || c->distinct < 5)
			sim_breach(s, "the breaker opens after %u failed rows", c->distinct);
		c->open_since = c->last_probe = c->last_open = s->now;
		c->probe_out = c->reads = false;
	}
	if (!now->breaker_open && c->before.breaker_open) {
		if (!now->ending && (!of_create || c->streak_len != 0))
			sim_breach(s, "the breaker closes without an answer to a create");
		c->open_since = NSEC_NONE;
	}
}

/* --------------------------------------------------------------- the whole of it */

/* What only looks has one of these answers, or is in trouble. */
static bool finds_out(enum engine_answer a)
{
	return a == ANSWER_FOUND_CREATED || a == ANSWER_FOUND_ADOPTED || a == ANSWER_CONFLICT ||
	       a == ANSWER_ABSENT || a == ANSWER_MORE || a == ANSWER_LISTED ||
	       check_task_finding(a);
}

static void on_answer(struct sim *s, const struct engine_event *e)
{
	struct check *c = &s->check;
	const struct request *q = &s->jobs[e->job].request;
	bool complete = answer_complete(e->answer.answer);

	c->in_flight--;
	c->answers += complete;
	if (complete)
		c->last_answer = s->now;
	if (e->answer.retry_after > 0) {
		c->pause_until = MAX(c->pause_until, s->now + e->answer.retry_after);
		c->pause_fresh = true;
	} else if (s->now >= c->pause_until) {
		c->pause_fresh = false;
	}
	c->refused |= e->answer.answer == ANSWER_THROTTLED ||
		      e->answer.answer == ANSWER_THROTTLED_DOUBTFUL;
	if (counts(s, e))
		count_streak(s, q->row, e->answer.answer);
	if (c->open_since != NSEC_NONE)
		c->last_open = s->now;
	if (!counts(s, e))
		c->reads = finds_out(e->answer.answer);
	if (e->job == c->probe_job && c->probe_out) {
		c->probe_out = false;
		c->probe_job = ENGINE_NO_JOB;
		if (counts(s, e) || !c->reads)
			c->last_probe = s->now;
	}
}

void check_polite_event(struct sim *s, const struct engine_event *e)
{
	struct check *c = &s->check;

	if (e->kind == EVENT_ANSWER)
		on_answer(s, e);
	if (e->kind == EVENT_TOKEN_FRESH || e->kind == EVENT_TOKEN_FAILED ||
		e->kind == EVENT_TOKEN_REFUSED)
		c->in_flight -= s->fetch_told;
}

static void count_trouble(
	struct sim *s, const struct engine_event *e, const struct engine_stats *now)
{
	const struct request *q = &s->jobs[e->job].request;
	enum engine_answer a = e->answer.answer;
	bool trouble =
		a == ANSWER_THROTTLED || a == ANSWER_THROTTLED_DOUBTFUL || a == ANSWER_NOT_SENT;

	if (e->kind != EVENT_ANSWER || q->row == NO_ROW)
		return;
	if (q->kind == REQUEST_LOOKUP)
		trouble = a < ANSWER_FOUND_CREATED && a != ANSWER_TOKEN && a != ANSWER_FATAL &&
			  a != ANSWER_FATAL_SANDBOX;
	if (q->kind == REQUEST_READ)
		trouble = !check_task_finding(a) && a != ANSWER_TOKEN && a != ANSWER_FATAL &&
			  a != ANSWER_FATAL_SANDBOX;
	if (trouble && !s->check.before.breaker_open && !now->breaker_open)
		s->rows[q->row].b.trouble_closed++;
}

void check_polite_handled(struct sim *s, const struct engine_event *e)
{
	struct engine_stats now = engine_stats(s->engine);
	bool sign =
		e->kind == EVENT_ANSWER && (e->answer.answer == ANSWER_THROTTLED ||
						   e->answer.answer == ANSWER_THROTTLED_DOUBTFUL ||
						   e->answer.answer == ANSWER_TIMEOUT);

	if (sign && now.window > s->check.before.window)
		sim_breach(s, "the window grows from %u to %u by %s", s->check.before.window,
			now.window, engine_answer_name(e->answer.answer));
	count_trouble(s, e, &now);
	check_breaker(s, e, &now);
}

void check_polite_sent(struct sim *s, const struct engine_action *a)
{
	struct check *c = &s->check;

	if (c->closing || engine_stats(s->engine).ending)
		sim_breach(s, "%s leaves while the run ends",
			a->kind == ACTION_FETCH ? "FETCH" : trace_job(s, a->job));
	if (a->kind == ACTION_SEND &&
		(a->send.request == REQUEST_LIST || a->send.request == REQUEST_INVENTORY) &&
		s->check.sandbox_refused[a->send.scope / s->set.specs])
		sim_breach(s, "a listing in a sandbox that is refused");
	c->in_flight++;
	check_rate(s);
	c->requests++;
	check_window(s);
	check_pause(s, a);
	check_probe(s, a);
}

/* A row that was never tried is ready, and nothing but the engine holds it back. */
static bool could_send(const struct sim *s)
{
	const struct check *c = &s->check;

	return c->untried > 0 && !c->ending && s->now >= c->pause_until && check_token_usable(s) &&
	       s->set.config.rate_interval == 0;
}

/* What a pace holds back is due within ten seconds, and without a 429 there is none. */
static nsec_t paced_until(struct sim *s)
{
	nsec_t at = engine_stats(s->engine).paced_until;

	if (at > s->now && !s->check.refused)
		sim_breach(s, "a pace, and no 429 was ever seen");
	if (at > MAX(s->now, s->check.pause_until) + 10 * SEC)
		sim_breach(s, "the pace lets the next request leave in %lld us only",
			(long long)((at - s->now) / USEC));
	return at;
}

static void check_lazy(struct sim *s)
{
	struct check *c = &s->check;
	nsec_t latest = c->last_open + probe_wait(c, c->last_open);

	if (s->now < paced_until(s))
		return;
	if (c->open_since == NSEC_NONE && c->in_flight < engine_stats(s->engine).window)
		sim_breach(s, "%u rows wait to be tried, %u in flight, and nothing leaves",
			c->untried, c->in_flight);
	if (c->open_since != NSEC_NONE && c->in_flight == 0 && engine_deadline(s->engine) > latest)
		sim_breach(s, "the next probe would leave %lld us too late",
			(long long)((engine_deadline(s->engine) - latest) / USEC));
}

void check_polite_idle(struct sim *s)
{
	const struct engine_config *config = &s->set.config;
	struct check *c = &s->check;

	if (could_send(s))
		check_lazy(s);
	if (c->open_since != NSEC_NONE && c->before.open_jobs > 0 && !c->ending &&
		engine_deadline(s->engine) >
			MAX(c->open_since, c->busy_since) + check_end_patience(s, c->answers > 0))
		sim_breach(s, "the breaker is open for %lld us, and nobody would give up",
			(long long)((s->now - c->open_since) / USEC));
	if (c->halt_reached && !config->halt_percent && !c->ending)
		sim_breach(s, "%llu rows have failed, and the run does not halt",
			(unsigned long long)c->failed);
}
