/* world.c - the loop: virtual time, turns, and what happens in them. */
#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sim.h"

#define ORDERS_A_POLL_MAX 1000000

static void note_breach(struct sim *s, bool harm, const char *fmt, va_list args)
{
	int len;

	if (s->breached)
		return;
	s->breached = true;
	s->harm = harm;
	len = snprintf(s->failure, sizeof(s->failure), "run %u, at %lld us: ", s->w.run,
		(long long)((s->now - SIM_START) / USEC));
	vsnprintf(s->failure + len, sizeof(s->failure) - (size_t)len, fmt, args);
}

void sim_breach(struct sim *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note_breach(s, false, fmt, args);
	va_end(args);
}

void sim_harm(struct sim *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note_breach(s, true, fmt, args);
	va_end(args);
}

void sim_cover(struct sim *s, enum situation x)
{
	if (s->cover)
		s->cover->situation[x]++;
}

void sim_init(struct sim *s, const struct settings *set)
{
	*s = (struct sim){
		.set = *set,
		.rng = {set->seed},
		.now = SIM_START,
	};
	csv_first(s);
	disk_init(s);
	server_init(s);
}

void sim_done(struct sim *s)
{
	engine_destroy(s->engine);
	for (uint32_t j = 0; j < s->job_cap; j++) {
		free(s->jobs[j].search.page);
		free(s->jobs[j].search.seen);
	}
	free(s->jobs);
	free(s->active);
	free(s->rows);
	free(s->reads);
	free(s->queue.heap);
	free(s->w.queue.heap);
	disk_done(s);
	free(s->w.identities);
	free(s->w.connections);
	free(s->w.creates);
	free(s->w.changes);
	*s = (struct sim){0};
}

static void poll(struct sim *s)
{
	struct engine_action a;
	uint32_t orders = 0;

	while (!sim_over(s) && engine_next(s->engine, s->now, &a)) {
		trace_action(s, &a);
		check_action(s, &a);
		if (s->breached || run_crashes(s, &a, true))
			return;
		shell_perform(s, &a);
		if (run_crashes(s, &a, false))
			return;
		if (++orders > ORDERS_A_POLL_MAX)
			sim_breach(s, "engine_next() does not come to an end");
	}
	if (!sim_over(s))
		check_idle(s);
}

/* A shell may poll after every fact, or after all facts of a turn. */
void sim_tell(struct sim *s, const struct engine_event *event)
{
	if (sim_over(s))
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
	/* Before the first run there are no jobs, and things happen already. */
	const struct request *q = s->jobs ? &s->jobs[e->job].request : NULL;

	switch (e->kind) {
	case WORLD_EXECUTE: server_execute(s, e->number); break;
	case WORLD_MEDDLE: server_meddle(s, e->number); break;
	case WORLD_CHANGE: change_execute(s, e->number); break;
	case WORLD_TOUCH: others_touch(s, e->number); break;
	case WORLD_MOVE: others_move(s, e->number); break;
	case WORLD_INPUT: s->input_waits = false; break;
	case WORLD_COMMIT: ledger_commit(s); break;
	case WORLD_READ:
		if (q->out && !q->cut && q->serial == e->number)
			server_read(s, e->job);
		break;
	case WORLD_ANSWER:
		if (q->out && q->serial == e->number)
			shell_answer(s, e->job);
		break;
	case WORLD_TOKEN:
		if (s->fetch_out && s->fetch_serial == e->number)
			shell_token(s);
		break;
	case WORLD_STOP: sim_tell(s, &(struct engine_event){.kind = EVENT_STOP}); break;
	case WORLD_ABORT: sim_tell(s, &(struct engine_event){.kind = EVENT_ABORT}); break;
	case WORLD_LEDGER_FAILS: ledger_fail(s); break;
	case WORLD_CRASH: s->crashed = true; break;
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
	nsec_t next = MIN(queue_next(&s->w.queue), queue_next(&s->queue));

	if (deadline == NSEC_NEVER && !owed(s)) {
		sim_breach(s, "stuck: no deadline, nothing on its way, and no DONE");
		return false;
	}
	next = MIN(deadline, next);
	assert(next != NSEC_NEVER);
	s->now = MAX(s->now, next);
	if (s->set.turn)
		s->now += rng_between(&s->rng, 0, s->set.turn);
	return true;
}

/* The world's and the run's events, each in their turn. */
static bool next_event(struct sim *s, struct world_event *ret)
{
	bool world_first = queue_next(&s->w.queue) <= queue_next(&s->queue);

	return queue_pop(world_first ? &s->w.queue : &s->queue, s->now, ret);
}

static void go(struct sim *s)
{
	struct world_event e;

	if (s->set.token_given)
		shell_token_given(s);
	poll(s);
	while (!sim_over(s)) {
		input_turn(s);
		ledger_turn(s);
		if (!advance(s))
			break;
		if (++s->steps > s->steps_max)
			sim_breach(s, "no end after %llu turns", (unsigned long long)s->steps);
		while (!sim_over(s) && next_event(s, &e))
			happen(s, &e);
		if (!sim_over(s))
			poll(s);
	}
}

/* Time passes without us. */
static void rest(struct sim *s, nsec_t gap)
{
	struct world_event e;
	nsec_t until = s->now + gap;

	while (queue_pop(&s->w.queue, until, &e)) {
		s->now = MAX(s->now, e.at);
		happen(s, &e);
	}
	s->now = until;
}

void sim_run(struct sim *s)
{
	others_of_run(s);
	rest(s, s->set.gap);
	if (s->breached)
		return;
	run_begin(s);
	go(s);
	run_end(s);
}

/* What the server still does belongs to the truth. */
static void see_the_end(struct sim *s)
{
	struct world_event e;

	while (!s->breached && queue_pop(&s->w.queue, NSEC_NEVER - 1, &e)) {
		s->now = MAX(s->now, e.at);
		happen(s, &e);
	}
	if (!s->breached)
		check_truth_story(s);
}

/* Creates of our own make an inventory's count differ, two time-outs at the start look
 * like a server that is not there: it is run again, then. */
static void run_calmly(struct sim *s, enum command command)
{
	for (int i = 0; i < 5 && !s->breached; i++) {
		settings_of_run(&s->set, &s->rng, s->set.runs, s->now);
		s->set.command = command;
		sim_run(s);
		if (s->end == END_COMPLETE)
			break;
	}
}

/* All that is ours is deleted, and then created once more. */
static void epilogue(struct sim *s)
{
	run_calmly(s, COMMAND_ROLLBACK);
	if (!s->breached)
		check_delete_story(s);
	if (s->breached)
		return;
	run_calmly(s, COMMAND_RUN);
	if (!s->breached)
		see_the_end(s);
}

static bool rollback_is_unfinished(const struct sim *s)
{
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		if (s->w.disk.disk[i].state == ENTRY_DELETING)
			return true;
	return false;
}

void sim_story(struct sim *s)
{
	for (uint32_t i = 1; i < s->set.runs && !s->breached; i++) {
		settings_of_run(&s->set, &s->rng, i, s->now);
		if (i > 1 && s->set.command == COMMAND_RUN)
			csv_edit(s);
		sim_run(s);
	}
	if (s->set.runs > 1 && !s->breached)
		csv_edit(s);
	if (!s->breached && rollback_is_unfinished(s) && rng_chance(&s->rng, 700))
		run_calmly(s, COMMAND_ROLLBACK);
	run_calmly(s, COMMAND_RUN);
	if (!s->breached)
		see_the_end(s);
	if (!s->breached && s->set.later && rng_chance(&s->rng, 200))
		epilogue(s);
}
