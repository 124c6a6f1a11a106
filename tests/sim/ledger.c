/* ledger.c - the simulated ledger at work: group commit, first come first served.
 *
 * What was submitted during one commit is the next batch. It may fail for
 * good, after which nothing is answered any more.
 */
#include <assert.h>

#include "sim.h"

void ledger_submit(struct sim *s, struct op op)
{
	if (s->w.disk.failed)
		return;
	op.run = s->w.run;
	op.at = s->now;
	ops_push(&s->w.disk.queue, op);
}

static bool is_idle(const struct disk *d)
{
	return !d->busy && d->queue.head == d->queue.count;
}

/* End of a turn: an idle writer takes all that is there. */
void ledger_turn(struct sim *s)
{
	struct disk *d = &s->w.disk;
	nsec_t delay;

	if (d->failed || d->busy || is_idle(d))
		return;
	delay = rng_between(&s->rng, s->set.commit_min, s->set.commit_max);
	d->busy = true;
	d->batch = d->queue.count - d->queue.head;
	queue_push(&s->queue, (struct world_event){.at = s->now + delay, .kind = WORLD_COMMIT});
}

/* The next row of its kind that was not yet handed out in this run. */
static uint32_t hand_out(struct sim *s, const struct op *op)
{
	static const enum hand_out kinds[SOURCE_COUNT] = {
		[SOURCE_MARKS] = HAND_MARKED,
		[SOURCE_DOUBTS] = HAND_DOUBTS,
		[SOURCE_RESENT] = HAND_RESENT,
	};
	enum hand_out kind = kinds[op->source];

	for (uint32_t i = 0; i < s->w.identity_count; i++) {
		struct entry *e = &s->w.disk.live[i];
		bool doubt = e->state == ENTRY_INTENDED || e->state == ENTRY_DOUBT;

		bool marked = e->relook && e->state == ENTRY_DONE;

		if (e->handed[kind] == op->run)
			continue;
		if ((kind == HAND_MARKED && marked && e->relook_run < op->run) ||
			(kind == HAND_RESENT && marked && e->relook_run == op->run) ||
			(kind == HAND_DOUBTS && doubt && e->seen_run != op->run)) {
			e->handed[kind] = op->run;
			return i;
		}
	}
	return NO_IDENTITY;
}

/* Any with an id: of rows, else of the inventory. */
static uint32_t recall(const struct sim *s, const struct op *op)
{
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		if (s->w.identities[i].sandbox == op->sandbox &&
			s->w.disk.live[i].state == ENTRY_DONE && s->w.disk.live[i].id)
			return s->w.disk.live[i].id;
	for (uint32_t i = 0; i < s->w.connection_count; i++) {
		const struct connection *c = &s->w.connections[i];

		if (c->in_inventory && c->scope / s->set.specs == op->sandbox &&
			s->w.disk.complete[c->scope] && c->identity != NO_IDENTITY)
			return i + 1;
	}
	return 0;
}

static void tell_recalled(struct sim *s, const struct op *op)
{
	uint32_t id = recall(s, op);
	struct job *job = &s->jobs[op->job];
	struct engine_event e = {.kind = EVENT_RECALLED, .job = op->job};

	job->recalling = false;
	if (id) {
		const struct connection *c = &s->w.connections[id - 1];

		job->id = id;
		job->identity = c->identity;
		job->scope = c->scope;
		job->filterable = s->w.identities[c->identity].filterable;
		e.recalled.found = true;
		e.recalled.scope = c->scope;
		e.recalled.filterable = job->filterable;
	}
	sim_tell(s, &e);
}

static void tell_intended(struct sim *s, const struct op *op)
{
	struct row *row = &s->rows[op->row];

	if (op->kind != OP_INTEND) {
		sim_tell(s, &(struct engine_event){.kind = EVENT_INTENT_DURABLE, .job = op->job});
		return;
	}
	if (!op->listed) {
		row->intent_at = s->w.disk.live[op->identity].intent_at;
		row->look = row->fields;
		row->look_scope = row->scope;
		sim_tell(s, &(struct engine_event){.kind = EVENT_INTENT_DURABLE, .job = op->job});
		return;
	}
	row->known = claimed_listed(s, row);
	sim_tell(s, &(struct engine_event){.kind = EVENT_LISTED,
			    .job = op->job,
			    .row = {.known = row->known,
				    .scope = row->scope,
				    .look_scope = row->scope,
				    .sandbox = row->sandbox,
				    .filterable = row->filterable}});
}

void ledger_input_ended(struct sim *s)
{
	s->end_held = s->rows_held > 0;
	if (s->end_held)
		return;
	s->reads_out[SOURCE_INPUT] = 0;
	s->ending_source = SOURCE_INPUT;
	sim_tell(s, &(struct engine_event){.kind = EVENT_SOURCE_ENDED,
			    .source_ended = {.fatal = s->next_row == s->set.bad_row}});
}

static void tell_op(struct sim *s, const struct op *op)
{
	switch (op->kind) {
	case OP_CLAIM: claimed_row(s, op); break;
	case OP_INPUT_ENDED: ledger_input_ended(s); break;
	case OP_INTEND:
	case OP_INTEND_UPDATE:
	case OP_INTEND_DELETE: tell_intended(s, op); break;
	case OP_WITHDRAW:
	case OP_OUTCOME:
	case OP_UNMARK:
		sim_tell(s, &(struct engine_event){.kind = EVENT_OUTCOME_DURABLE, .job = op->job});
		break;
	case OP_HAND_OUT: claimed_handed_out(s, op, hand_out(s, op)); break;
	case OP_RECALL_ANY: tell_recalled(s, op); break;
	case OP_INVENTORY_END: shell_inventory_durable(s, op, s->w.disk.complete[op->scope]); break;
	case OP_INVENTORY_BEGIN:
	case OP_INVENTORY_ITEM: break;
	}
}

static bool is_durable(enum op_kind k)
{
	return k == OP_INTEND || k == OP_INTEND_UPDATE || k == OP_INTEND_DELETE ||
	       k == OP_WITHDRAW || k == OP_OUTCOME || k == OP_UNMARK || k == OP_INVENTORY_END;
}

void ledger_commit(struct sim *s)
{
	struct disk *d = &s->w.disk;

	d->busy = false;
	while (d->batch > 0 && !d->failed && !sim_over(s)) {
		struct op op = d->queue.ops[d->queue.head++]; /* a copy: telling may submit */

		d->batch--;
		if (op.kind != OP_CLAIM) /* its answer needs what was there before */
			disk_apply(s, &op);
		if (is_durable(op.kind) || rng_chance(&s->rng, 100))
			disk_sync(s);
		tell_op(s, &op);
	}
}

void ledger_fail(struct sim *s)
{
	s->w.disk.failed = true;
	for (uint32_t i = 0; i < s->active_count; i++) {
		struct request *q = &s->jobs[s->active[i]].request;

		if (!q->waiting)
			continue;
		q->waiting = false;
		q->answer = ANSWER_BROKEN;
		q->serial = ++s->serial;
		queue_push(&s->queue, (struct world_event){.kind = WORLD_ANSWER,
					      .job = s->active[i],
					      .number = q->serial,
					      .at = s->now});
	}
	sim_tell(s, &(struct engine_event){.kind = EVENT_LEDGER_FAILED});
}

bool ledger_owes(const struct sim *s)
{
	return !s->w.disk.failed && !is_idle(&s->w.disk);
}
