/* ledger.c - the simulated ledger: group commit, first come first served.
 *
 * What was submitted during one commit is the next batch. It may fail for
 * good, after which nothing is answered any more.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

void ledger_submit(struct sim *s, enum ledger_op_kind kind, uint32_t job, uint32_t row)
{
	struct ledger *l = &s->ledger;

	if (l->failed)
		return;
	if (l->head == l->count)
		l->head = l->count = 0;
	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 256;
		l->ops = realloc(l->ops, l->cap * sizeof(*l->ops));
		assert(l->ops);
	}
	l->ops[l->count++] = (struct ledger_op){.kind = kind, .job = job, .row = row};
}

/* End of a turn: an idle writer takes all that is there. */
void ledger_turn(struct sim *s)
{
	struct ledger *l = &s->ledger;
	nsec_t delay;

	if (l->failed || l->busy || l->head == l->count)
		return;
	delay = rng_between(&s->rng, s->set.commit_min, s->set.commit_max);
	l->busy = true;
	l->batch = l->count - l->head;
	queue_push(&s->queue, (struct world_event){.at = s->now + delay, .kind = WORLD_COMMIT});
}

static void tell_row(struct sim *s, const struct ledger_op *op)
{
	struct row *row = &s->rows[op->row];

	row->job = op->job;
	row->delivered = true;
	s->jobs[op->job].use = USE_ROW;
	s->jobs[op->job].row = op->row;
	sim_tell(s, &(struct engine_event){
			    .kind = EVENT_ROW,
			    .job = op->job,
			    .row =
				    {
					    .claim = row->claim,
					    .known = row->known,
					    .scope = row->scope,
					    .sandbox = row->sandbox,
					    .filterable = row->filterable,
				    },
		    });
}

static void tell_op(struct sim *s, const struct ledger_op *op)
{
	switch (op->kind) {
	case OP_CLAIM: tell_row(s, op); break;
	case OP_ENDED:
		sim_tell(s, &(struct engine_event){.kind = EVENT_SOURCE_ENDED,
				    .source_ended = {.fatal = s->next_row == s->set.bad_row}});
		break;
	case OP_INTENT:
		sim_tell(s, &(struct engine_event){.kind = EVENT_INTENT_DURABLE, .job = op->job});
		break;
	case OP_RECORD:
		sim_tell(s, &(struct engine_event){.kind = EVENT_OUTCOME_DURABLE, .job = op->job});
		break;
	}
}

void ledger_commit(struct sim *s)
{
	struct ledger *l = &s->ledger;

	l->busy = false;
	while (l->batch > 0 && !l->failed && !s->done && !s->breached) {
		struct ledger_op op = l->ops[l->head++]; /* a copy: telling may submit */

		l->batch--;
		tell_op(s, &op);
	}
}

void ledger_fail(struct sim *s)
{
	s->ledger.failed = true;
	sim_tell(s, &(struct engine_event){.kind = EVENT_LEDGER_FAILED});
}

bool ledger_owes(const struct sim *s)
{
	return !s->ledger.failed && (s->ledger.busy || s->ledger.head < s->ledger.count);
}
