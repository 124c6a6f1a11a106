/* faults.c - what becomes of a request, decided as it leaves.
 *
 * A create is planned whole: when it reaches the server, whether and when it is
 * executed, when a listing shows it, and what answer the shell gets when. What
 * the server still does after a doubtful answer, and when that shows, lies
 * within the settle that belongs to the answer, or within what the calibration
 * of this sandbox has learnt: that much is promised (and hardly a moment less
 * used), but for worlds that are made to break it.
 */
#include <assert.h>

#include "sim.h"

enum execution { NEVER, BEFORE_ANSWER, LATE };

static const struct {
	const char *name;
	enum engine_answer answer;
	enum execution execution;
} faults[FAULT_COUNT] = {
	[FAULT_NONE] = {"fine", ANSWER_CREATED, BEFORE_ANSWER},
	[FAULT_NOT_SENT] = {"not sent", ANSWER_NOT_SENT, NEVER},
	[FAULT_BROKEN_BEFORE] = {"broken, not executed", ANSWER_BROKEN, NEVER},
	[FAULT_BROKEN_AFTER] = {"broken, executed", ANSWER_BROKEN, BEFORE_ANSWER},
	[FAULT_BROKEN_LATE] = {"broken, executed later", ANSWER_BROKEN, LATE},
	[FAULT_TIMEOUT_BEFORE] = {"time-out, not executed", ANSWER_TIMEOUT, NEVER},
	[FAULT_TIMEOUT_AFTER] = {"time-out, executed", ANSWER_TIMEOUT, BEFORE_ANSWER},
	[FAULT_TIMEOUT_LATE] = {"time-out, executed later", ANSWER_TIMEOUT, LATE},
	[FAULT_THROTTLED] = {"429 of the gateway", ANSWER_THROTTLED, NEVER},
	[FAULT_RETRY_AFTER] = {"429 with Retry-After", ANSWER_THROTTLED, NEVER},
	[FAULT_429_BEFORE] = {"429, not executed", ANSWER_THROTTLED_DOUBTFUL, NEVER},
	[FAULT_429_AFTER] = {"429, executed", ANSWER_THROTTLED_DOUBTFUL, BEFORE_ANSWER},
	[FAULT_500_BEFORE] = {"500, not executed", ANSWER_OVERLOAD, NEVER},
	[FAULT_500_AFTER] = {"500, executed", ANSWER_OVERLOAD, BEFORE_ANSWER},
	[FAULT_500_LATE] = {"500, executed later", ANSWER_OVERLOAD, LATE},
	[FAULT_503_RETRY_AFTER] = {"503 with Retry-After", ANSWER_OVERLOAD, NEVER},
	[FAULT_504_BEFORE] = {"504, not executed", ANSWER_OVERLOAD_TIMEOUT, NEVER},
	[FAULT_504_AFTER] = {"504, executed", ANSWER_OVERLOAD_TIMEOUT, BEFORE_ANSWER},
	[FAULT_504_LATE] = {"504, executed later", ANSWER_OVERLOAD_TIMEOUT, LATE},
	[FAULT_409_NOTHING] = {"409, nothing there", ANSWER_CLASH, NEVER},
	[FAULT_409_AFTER] = {"409, executed", ANSWER_CLASH, BEFORE_ANSWER},
	[FAULT_UNREADABLE_BEFORE] = {"unreadable, not executed", ANSWER_DOUBTFUL, NEVER},
	[FAULT_UNREADABLE_AFTER] = {"unreadable, executed", ANSWER_DOUBTFUL, BEFORE_ANSWER},
	[FAULT_REJECTED] = {"rejected", ANSWER_REJECTED, NEVER},
	[FAULT_401] = {"401", ANSWER_TOKEN, NEVER},
	[FAULT_FATAL] = {"fatal", ANSWER_FATAL, NEVER},
	[FAULT_FATAL_SANDBOX] = {"fatal to the sandbox", ANSWER_FATAL_SANDBOX, NEVER},
	[FAULT_RESENT_BY_TRANSPORT] = {"resent by the transport", ANSWER_CREATED, BEFORE_ANSWER},
};

const char *fault_name(enum fault f)
{
	return faults[f].name;
}

bool answer_complete(enum engine_answer a)
{
	return a != ANSWER_NOT_SENT && a != ANSWER_BROKEN && a != ANSWER_TIMEOUT;
}

/** Of a create: may it have been executed? */
bool answer_doubtful(enum engine_answer a)
{
	return a == ANSWER_DOUBTFUL || a == ANSWER_BROKEN || a == ANSWER_TIMEOUT ||
	       a == ANSWER_THROTTLED_DOUBTFUL || a == ANSWER_OVERLOAD ||
	       a == ANSWER_OVERLOAD_TIMEOUT || a == ANSWER_CLASH;
}

nsec_t fault_settle(const struct sim *s, enum engine_answer a)
{
	bool by_timeout = a == ANSWER_TIMEOUT || a == ANSWER_OVERLOAD_TIMEOUT;

	return by_timeout ? s->set.config.settle_timeout : s->set.config.settle;
}

static struct scripted *scripted(struct sim *s, const struct request *q)
{
	uint32_t number = q->row == NO_ROW ? 0 : s->rows[q->row].identity + 1;

	for (uint32_t i = 0; i < s->set.script_count; i++) {
		struct scripted *line = &s->set.script[i];

		if (!line->used && line->row == number && line->request == q->kind) {
			line->used = true;
			return line;
		}
	}
	return NULL;
}

static enum fault weighted(struct sim *s)
{
	uint32_t sum = 0, left;

	for (int f = 1; f < FAULT_RANDOM_COUNT; f++)
		sum += s->set.weight[f];
	left = rng_below(&s->rng, sum);
	for (int f = 1; f < FAULT_RANDOM_COUNT; f++) {
		if (left < s->set.weight[f])
			return (enum fault)f;
		left -= s->set.weight[f];
	}
	return FAULT_NONE;
}

static enum fault choose(struct sim *s, const struct request *q)
{
	bool create = q->kind == REQUEST_CREATE;
	bool changes = create || is_task_request(q->kind);
	struct rng *r = &s->rng;

	for (uint32_t i = 0; i < s->set.outage_count; i++) {
		const struct outage *o = &s->set.outages[i];

		if (s->now >= o->from && s->now < o->until && !rng_chance(r, 20))
			return o->fault;
	}
	if (s->now >= s->token_until || q->generation >= s->set.token_bad)
		return FAULT_401;
	if (rng_chance(r, s->set.fatal) && rng_chance(r, 300))
		return FAULT_FATAL;
	if (rng_chance(r, s->set.fatal_sandbox))
		return FAULT_FATAL_SANDBOX;
	if (create && s->rows[q->row].poison)
		return FAULT_500_BEFORE;
	if (create && s->set.strict && server_has(s, q->identity, q->scope))
		return FAULT_409_NOTHING;
	return rng_chance(r, changes ? s->set.create_faults : s->set.read_faults) ? weighted(s)
										  : FAULT_NONE;
}

static nsec_t retry_after(struct sim *s, enum fault f)
{
	nsec_t max = s->set.config.max_retry_after;

	if (f != FAULT_RETRY_AFTER && f != FAULT_503_RETRY_AFTER)
		return NSEC_NONE;
	if (rng_chance(&s->rng, s->set.long_retry_after))
		return max + rng_between(&s->rng, 1, 600 * SEC);
	if (rng_chance(&s->rng, 50))
		return 0;
	return MIN(max, rng_magnitude(&s->rng, MS, 20 * SEC));
}

/* Late: most of the time just within the settle, where it hurts. */
static nsec_t late(struct sim *s, nsec_t settle)
{
	if (rng_chance(&s->rng, 500))
		return settle - settle / 1000;
	return rng_between(&s->rng, 0, settle);
}

/* When does a listing show it? Of a create that was answered, whenever it likes. */
static nsec_t visible_at(
	struct sim *s, const struct request *q, nsec_t execute_at, nsec_t answer_at)
{
	const struct row *row = &s->rows[q->row];
	nsec_t floor = s->check.proof[row->sandbox][row->filterable].floor;
	nsec_t promised = MAX(fault_settle(s, q->answer), floor);
	nsec_t at = execute_at + rng_between(&s->rng, s->set.lag / 2, s->set.lag + s->set.lag / 2);

	if (s->set.lag_breaks)
		return at + (rng_chance(&s->rng, 500) ? promised : 0);
	if (rng_chance(&s->rng, 300) && s->set.seed)
		at = MAX(at, answer_at + late(s, promised));
	if (answer_doubtful(q->answer))
		at = MIN(at, answer_at + promised - promised / 1000);
	return MAX(at, execute_at);
}

static void plan_create(struct sim *s, struct request *q, nsec_t answer_at)
{
	nsec_t settle = fault_settle(s, q->answer);
	nsec_t execute_at = rng_between(&s->rng, q->began_at, answer_at);
	struct row *row = &s->rows[q->row];

	s->creates_sent++;
	if (faults[q->fault].execution == NEVER) {
		q->create = NO_CREATE;
		return;
	}
	if (faults[q->fault].execution == LATE)
		execute_at = answer_at + late(s, settle) * (s->set.lag_breaks ? 2 : 1);
	q->create = server_plan_create(s, row, execute_at, visible_at(s, q, execute_at, answer_at));
	if (q->fault == FAULT_RESENT_BY_TRANSPORT)
		q->create = server_plan_create(
			s, row, answer_at, visible_at(s, q, answer_at, answer_at));
}

static void plan_change(struct sim *s, uint32_t job, nsec_t answer_at)
{
	const struct request *q = &s->jobs[job].request;
	nsec_t execute_at = rng_between(&s->rng, q->began_at, answer_at);

	if (faults[q->fault].execution == NEVER)
		return;
	if (faults[q->fault].execution == LATE)
		execute_at = answer_at + late(s, fault_settle(s, q->answer));
	change_plan(s, job, execute_at, answer_at);
}

static nsec_t duration(struct sim *s, enum engine_answer a)
{
	if (a == ANSWER_TIMEOUT)
		return s->set.timeout;
	return rng_between(&s->rng, s->set.latency_min, s->set.latency_max);
}

void fault_plan(struct sim *s, uint32_t job)
{
	struct request *q = &s->jobs[job].request;
	struct scripted *line = scripted(s, q);
	nsec_t answer_at;

	q->fault = line ? line->fault : choose(s, q);
	if (s->set.without.veto && q->kind == REQUEST_CREATE &&
		(q->fault == FAULT_BROKEN_AFTER || q->fault == FAULT_BROKEN_LATE))
		q->fault = FAULT_RESENT_BY_TRANSPORT;
	q->answer = faults[q->fault].answer;
	q->retry_after = line ? line->retry_after : retry_after(s, q->fault);
	answer_at = s->now + duration(s, q->answer);
	q->began_at = q->answer == ANSWER_NOT_SENT
			      ? NSEC_NEVER
			      : rng_between(&s->rng, s->now, s->now + (answer_at - s->now) / 2);
	if (q->kind == REQUEST_CREATE)
		plan_create(s, q, answer_at);
	else if (q->kind == REQUEST_UPDATE || q->kind == REQUEST_DELETE)
		plan_change(s, job, answer_at);
	else if (q->fault == FAULT_NONE)
		queue_push(&s->queue, (struct world_event){.kind = WORLD_READ,
					      .job = job,
					      .number = q->serial,
					      .at = rng_between(&s->rng, q->began_at, answer_at)});
	queue_push(&s->queue,
		(struct world_event){
			.kind = WORLD_ANSWER, .job = job, .number = q->serial, .at = answer_at});
	others_chase(s, job, answer_at);
}
