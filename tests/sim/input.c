/* input.c - the simulated CSV: rows of every kind, at once or slowly.
 *
 * As in the real shell, a READ takes the next row and has it claimed by the
 * ledger; the engine hears of it when the ledger has answered. The end of the
 * input takes the same way, so that it never overtakes a row.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

static enum engine_claim claim_random(struct sim *s, uint32_t i)
{
	struct settings *set = &s->set;
	struct rng *r = &s->rng;

	if (rng_chance(r, set->invalid))
		return CLAIM_INVALID;
	if (i > 0 && rng_chance(r, set->duplicate))
		return CLAIM_DUPLICATE;
	if (rng_chance(r, set->known))
		return CLAIM_KNOWN;
	if (rng_chance(r, set->open))
		return CLAIM_OPEN;
	return CLAIM_FRESH;
}

static void row_init(struct sim *s, uint32_t i)
{
	static const enum engine_outcome known[] = {OUTCOME_UNCHANGED, OUTCOME_CHANGED,
		OUTCOME_CREATED, OUTCOME_ADOPTED, OUTCOME_CONFLICT};
	struct row *row = &s->rows[i];
	struct rng *r = &s->rng;

	*row = (struct row){
		.number = i + 1,
		.claim = claim_random(s, i),
		.known = known[rng_below(r, ARRAY_SIZE(known))],
		.sandbox = rng_below(r, s->set.sandboxes),
		.filterable = !rng_chance(r, s->set.unfilterable),
		.poison = rng_chance(r, s->set.poison),
		.job = ENGINE_NO_JOB,
		.shared_by = ENGINE_NO_JOB,
	};
	row->scope = row->sandbox * s->set.specs + rng_below(r, s->set.specs);
	if (row->claim == CLAIM_INVALID) { /* nobody knows its sandbox */
		row->sandbox = row->scope = 0;
		row->filterable = false;
	}
}

void input_init(struct sim *s)
{
	s->rows = calloc(s->set.rows + 1, sizeof(*s->rows));
	s->reads = calloc(s->job_limit, sizeof(*s->reads));
	assert(s->rows && s->reads);
	for (uint32_t i = 0; i < s->set.rows; i++)
		row_init(s, i);
	s->next_row_at = s->now;
}

void input_read(struct sim *s, uint32_t job)
{
	assert(s->read_count < s->job_limit);
	s->reads[(s->read_head + s->read_count++) % s->job_limit] = job;
}

static void submit_row(struct sim *s)
{
	uint32_t job = s->reads[s->read_head];

	s->read_head = (s->read_head + 1) % s->job_limit;
	s->read_count--;
	ledger_submit(s, OP_CLAIM, job, s->next_row++);
	if (s->set.row_gap)
		s->next_row_at = s->now + rng_between(&s->rng, 0, s->set.row_gap);
}

/* Once a turn of the loop: read what was ordered and is there. */
void input_turn(struct sim *s)
{
	while (s->read_count > 0 && !s->ended_submitted && !s->ledger.failed) {
		if (s->next_row == s->set.rows || s->next_row == s->set.bad_row) {
			ledger_submit(s, OP_ENDED, ENGINE_NO_JOB, NO_ROW);
			s->ended_submitted = true;
			return;
		}
		if (s->next_row_at > s->now) {
			if (!s->input_waits)
				queue_push(&s->queue, (struct world_event){.at = s->next_row_at,
							      .kind = WORLD_INPUT});
			s->input_waits = true;
			return;
		}
		submit_row(s);
	}
}

/** Will the input answer a READ by itself? */
bool input_owes(const struct sim *s)
{
	return s->read_count > 0 && !s->ended_submitted && !s->ledger.failed;
}
