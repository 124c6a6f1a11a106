/* world.c - the loop: virtual time, turns, and what happens in them. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sim.h"

#define ORDERS_A_POLL_MAX 1000000

void sim_breach(struct sim *s, const char *fmt, ...)
{
	va_list args;
	int len;

	if (s->breached)
		return;
	s->breached = true;
	len = snprintf(s->failure, sizeof(s->failure),
		"at %lld us: ", (long long)((s->now - SIM_START) / USEC));
	va_start(args, fmt);
	vsnprintf(s->failure + len, sizeof(s->failure) - (size_t)len, fmt, args);
	va_end(args);
}

void sim_init(struct sim *s, const struct settings *set)
{
	struct engine_config config = set->config;

	config.trace = check_move;
	config.trace_arg = s;
	*s = (struct sim){
		.set = *set,
		.rng = {set->seed},
		.now = SIM_START,
		.engine = engine_create(&config),
		.steps_max = 2000000 + UINT64_C(20000) * set->rows,
	};
	assert(s->engine);
	s->job_limit = engine_job_limit(s->engine);
	s->jobs = calloc(s->job_limit, sizeof(*s->jobs));
	assert(s->jobs);
	input_init(s);
	server_init(s);
	check_init(s);
	queue_push(&s->queue, (struct world_event){.kind = WORLD_STOP, .at = set->stop_at});
	queue_push(&s->queue, (struct world_event){.kind = WORLD_ABORT, .at = set->abort_at});
	queue_push(&s->queue,
		(struct world_event){.kind = WORLD_LEDGER_FAILS, .at = set->ledger_fails_at});
}

void sim_done(struct sim *s)
{
	engine_destroy(s->engine);
	for (uint32_t j = 0; j < s->job_limit; j++)
		free(s->jobs[j].search.page);
	free(s->jobs);
	free(s->rows);
	free(s->reads);
	free(s->queue.heap);
	free(s->ledger.ops);
	free(s->connections);
	free(s->creates);
	*s = (struct sim){0};
}

static void poll(struct sim *s)
{
	struct engine_action a;
	uint32_t orders = 0;

	while (!s->breached && !s->done && engine_next(s->engine, s->now, &a)) {
		trace_action(s, &a);
		check_action(s, &a);
		if (s->breached)
			return;
		shell_perform(s, &a);
		if (++orders > ORDERS_A_POLL_MAX)
			sim_breach(s, "engine_next() does not come to an end");
	}
	if (!s->breached && !s->done)
		check_idle(s);
}

/* A shell may poll after every fact, or after all facts of a turn. */
void sim_tell(struct sim *s, const struct engine_event *event)
{
	if (s->breached || s->done)
		return;
	trace_event(s, event);
	check_event(s, event);
	if (s->breached)
		return;
	engine_handle(s->engine, s->now, event);
	check_handled(s, event);
	if (s->set.turn == 0 || rng_chance(&s->rng, 300))
		poll(s);
}

static void happen(struct sim *s, const struct world_event *e)
{
	const struct request *q = &s->jobs[e->job].request;

	switch (e->kind) {
	case WORLD_INPUT: s->input_waits = false; break;
	case WORLD_COMMIT: ledger_commit(s); break;
	case WORLD_EXECUTE: server_execute(s, e->number); break;
	case WORLD_READ:
		if (q->out && !q->cut && q->serial == e->number)
			server_read(s, e->job);
		break;
	case WORLD_ANSWER:
		if (q->out && q->serial == e->number)
			shell_answer(s, e->job);
		break;
	case WORLD_TOKEN: shell_token(s); break;
	case WORLD_STOP: sim_tell(s, &(struct engine_event){.kind = EVENT_STOP}); break;
	case WORLD_ABORT: sim_tell(s, &(struct engine_event){.kind = EVENT_ABORT}); break;
	case WORLD_LEDGER_FAILS: ledger_fail(s); break;
	}
}

static bool owed(const struct sim *s)
{
	return s->requests_out > 0 || s->fetch_out || input_owes(s) || ledger_owes(s);
}

/* When the next turn begins; false when nothing would ever happen again. */
static bool advance(struct sim *s)
{
	nsec_t deadline = engine_deadline(s->engine);
	nsec_t next = MIN(deadline, queue_next(&s->queue));

	if (deadline == NSEC_NEVER && !owed(s)) {
		sim_breach(s, "stuck: no deadline, nothing on its way, and no DONE");
		return false;
	}
	assert(next != NSEC_NEVER);
	s->now = MAX(s->now, next);
	if (s->set.turn)
		s->now += rng_between(&s->rng, 0, s->set.turn);
	return true;
}

void sim_run(struct sim *s)
{
	struct world_event e;

	poll(s);
	while (!s->breached && !s->done) {
		input_turn(s);
		ledger_turn(s);
		if (!advance(s))
			break;
		if (++s->steps > s->steps_max)
			sim_breach(s, "no end after %llu turns", (unsigned long long)s->steps);
		while (!s->breached && !s->done && queue_pop(&s->queue, s->now, &e))
			happen(s, &e);
		if (!s->breached && !s->done)
			poll(s);
	}
	/* What the server still executes belongs to the truth. */
	while (!s->breached && queue_pop(&s->queue, NSEC_NEVER - 1, &e)) {
		if (e.kind != WORLD_EXECUTE)
			continue;
		s->now = MAX(s->now, e.at);
		server_execute(s, e.number);
	}
	for (uint32_t i = 0; i < s->set.rows && !s->breached; i++)
		check_row_truth(s, &s->rows[i]);
}
