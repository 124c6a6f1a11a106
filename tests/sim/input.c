/* input.c - where rows come from: the CSV, at once or slowly, and the ledger.
 *
 * As in the real shell, a READ takes the next row and has it claimed by the
 * ledger; the engine hears of it when the ledger has answered. The end of the
 * input takes the same way, so that it never overtakes a row.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

void input_read(struct sim *s, uint32_t job, enum engine_source source)
{
	shell_use(s, job, USE_READING);
	s->jobs[job].source = source;
	s->reads_out[source]++;
	if (source != SOURCE_INPUT) {
		ledger_submit(s, (struct op){.kind = OP_HAND_OUT,
					 .job = job,
					 .row = NO_ROW,
					 .identity = NO_IDENTITY,
					 .source = source});
		return;
	}
	if (s->read_cap < s->job_limit) {
		assert(s->read_count == 0);
		s->read_cap = s->job_limit;
		s->reads = realloc(s->reads, s->read_cap * sizeof(*s->reads));
		assert(s->reads);
	}
	assert(s->read_count < s->read_cap);
	s->reads[(s->read_head + s->read_count++) % s->read_cap] = job;
}

static void submit_row(struct sim *s)
{
	uint32_t job = s->reads[s->read_head], i = s->next_row++;
	struct row *row = &s->rows[i];

	s->read_head = (s->read_head + 1) % s->read_cap;
	s->read_count--;
	ledger_submit(s,
		(struct op){.kind = OP_CLAIM,
			.job = job,
			.row = i,
			.identity = row->identity,
			.number = row->number,
			.existing = s->set.command != COMMAND_RUN,
			.intend = s->set.command == COMMAND_RUN && row->identity != NO_IDENTITY &&
				  engine_intends(s->engine, row->scope),
			.fields = row->fields});
	if (s->set.row_gap)
		s->next_row_at = s->now + rng_between(&s->rng, 0, s->set.row_gap);
}

/* Once a turn of the loop: read what was ordered and is there. */
void input_turn(struct sim *s)
{
	while (s->read_count > 0 && !s->ended_submitted && !s->w.disk.failed) {
		if (s->next_row == s->csv_rows || s->next_row == s->set.bad_row) {
			ledger_submit(s, (struct op){.kind = OP_INPUT_ENDED,
						 .job = ENGINE_NO_JOB,
						 .row = NO_ROW,
						 .identity = NO_IDENTITY});
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
	return s->read_count > 0 && !s->ended_submitted && !s->w.disk.failed;
}
