/* run.c - a run begins, ends, or dies. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Jobs keep their pages from run to run, nothing else. */
static void forget_jobs(struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		struct job *job = &s->jobs[s->active[i]];
		struct search search = {.page = job->search.page,
			.seen = job->search.seen,
			.seen_words = job->search.seen_words};

		*job = (struct job){.search = search};
	}
	s->active_count = 0;
}

static void make_jobs(struct sim *s)
{
	uint32_t limit = engine_job_limit(s->engine);

	forget_jobs(s);
	s->job_limit = limit;
	if (limit <= s->job_cap)
		return;
	s->jobs = realloc(s->jobs, limit * sizeof(*s->jobs));
	s->active = realloc(s->active, limit * sizeof(*s->active));
	assert(s->jobs && s->active);
	memset(s->jobs + s->job_cap, 0, (limit - s->job_cap) * sizeof(*s->jobs));
	s->job_cap = limit;
}

void run_begin(struct sim *s)
{
	struct engine_config config = s->set.config;

	assert(s->w.run < RUNS_MAX);
	s->w.run++;
	s->runs++;
	config.trace = check_move;
	config.trace_arg = s;
	config.no_inventory |= s->set.without.inventory;
	config.input_only = s->set.command != COMMAND_RUN;
	s->engine = engine_create(&config);
	assert(s->engine);
	make_jobs(s);
	s->started_at = s->now;
	s->steps = 0;
	s->done = s->crashed = s->placed = false;
	s->queue.count = 0;
	s->next_row = 0;
	s->next_row_at = s->now;
	s->ended_submitted = s->input_waits = s->end_held = false;
	s->rows_held = 0;
	s->read_head = s->read_count = 0;
	memset(s->reads_out, 0, sizeof(s->reads_out));
	s->token_until = 0;
	s->fetch_count = s->requests_out = 0;
	s->fetch_out = s->fetch_cut = false;
	if (s->set.command == COMMAND_RUN)
		csv_rows(s);
	else
		csv_results(s);
	s->steps_max = 2000000 + UINT64_C(20000) * s->csv_rows;
	server_settle(s);
	check_init(s);
	if (s->w.run > 1)
		trace_note(s, TRACE_STORY, "run %u", s->w.run);
	queue_push(&s->queue, (struct world_event){.kind = WORLD_STOP, .at = s->set.stop_at});
	queue_push(&s->queue, (struct world_event){.kind = WORLD_ABORT, .at = s->set.abort_at});
	queue_push(&s->queue,
		(struct world_event){.kind = WORLD_LEDGER_FAILS, .at = s->set.ledger_fails_at});
	if (s->set.crash.how == CRASH_AT_TIME)
		queue_push(&s->queue,
			(struct world_event){.kind = WORLD_CRASH, .at = s->set.crash.at});
}

bool run_crashes(struct sim *s, const struct engine_action *a, bool before)
{
	struct crash *c = &s->set.crash;

	if (s->breached || c->how == CRASH_NONE || c->how == CRASH_AT_TIME ||
		(c->how == CRASH_AT_KIND && a->kind != c->kind) ||
		(c->how == CRASH_AT_ORDER && a->kind == ACTION_READ))
		return false;
	if (c->orders > 0) { /* not yet; one that is told of twice counts once */
		c->orders -= before;
		return false;
	}
	if (c->before != before) {
		return false;
	}
	s->crashed = true;
	if (s->cover)
		s->cover->crash[before][a->kind]++;
	return true;
}

/* What a later run reads of it. */
static void keep_result(struct sim *s, const struct row *row)
{
	struct identity *id = &s->w.identities[row->identity];

	id->last = (struct result){.there = true, .outcome = row->line, .id = row->id};
	/* Who rolls back may take an older file than he should. */
	if (row->line == OUTCOME_CREATED && (!id->made.there || !rng_chance(&s->rng, 200)))
		id->made = id->last;
}

static void keep_results(struct sim *s)
{
	for (uint32_t i = 0; i < s->csv_rows; i++)
		if (s->rows[i].b.told && s->rows[i].identity != NO_IDENTITY &&
			s->rows[i].claim != CLAIM_DUPLICATE)
			keep_result(s, &s->rows[i]);
}

/* Results go into their place, are marked as there, in this order. */
static void place_results(struct sim *s)
{
	uint32_t stage = s->crashed ? rng_below(&s->rng, 3) : 2;
	bool marked = stage == 2;

	if (stage == 0 || s->end == END_ABORTED || s->end == END_LEDGER)
		return;
	disk_sync(s);
	s->placed = true;
	if (s->set.command != COMMAND_RUN) /* another file, of which the ledger knows nothing */
		return;
	check_truth_placed(s);
	keep_results(s);
	if (!marked)
		sim_cover(s, COVER_CRASH_RESULTS_UNMARKED);
	s->w.disk.reported[s->w.run] = marked;
	for (uint32_t i = 0; i < s->csv_rows && marked; i++)
		if (s->rows[i].identity != NO_IDENTITY && s->rows[i].claim != CLAIM_DUPLICATE &&
			s->rows[i].b.told)
			s->w.identities[s->rows[i].identity].told_marked =
				s->w.identities[s->rows[i].identity].told;
}

static void orphan_requests(struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		const struct request *q = &s->jobs[s->active[i]].request;

		if (q->out && q->create != NO_CREATE)
			server_orphan(
				s, q->create, s->now >= q->began_at || rng_chance(&s->rng, 700));
		if (q->out && q->change != NO_CHANGE)
			change_orphan(
				s, q->change, s->now >= q->began_at || rng_chance(&s->rng, 700));
	}
}

static void note_end(struct sim *s)
{
	if (s->crashed)
		trace_note(s, TRACE_STORY, "crash");
	if (s->crashed && s->w.crashed_before)
		sim_cover(s, COVER_CRASH_AGAIN);
	if (!s->crashed && s->w.crashed_before)
		sim_cover(s, COVER_RESTART);
	s->w.crashed_before = s->crashed;
	if (s->done && s->cover)
		s->cover->end[s->end]++;
	if (s->done && s->end == END_LEDGER && !s->set.calm)
		sim_cover(s, COVER_LEDGER_LOST);
}

void run_end(struct sim *s)
{
	s->rows_read += s->next_row;
	if (s->breached)
		return;
	note_end(s);
	if (s->done)
		place_results(s);
	if (s->done && !s->crashed)
		check_truth_run(s);
	orphan_requests(s);
	if (!s->crashed && s->end != END_LEDGER)
		disk_sync(s);
	disk_crash(s); /* nothing is left of it but what was not synced */
	engine_destroy(s->engine);
	s->engine = NULL;
}
