/* disk.c - the ledger's model: what each request writes, and what survives.
 *
 * Two copies: what the writer has answered, and what is on disk. A request that
 * must be durable takes all before it to the disk. At a crash any first part of
 * the rest is kept or lost, answered or not.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

void ops_push(struct ops *o, struct op op)
{
	if (o->head == o->count)
		o->head = o->count = 0;
	if (o->count == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 64;
		o->ops = realloc(o->ops, o->cap * sizeof(*o->ops));
		assert(o->ops);
	}
	o->ops[o->count++] = op;
}

void disk_init(struct sim *s)
{
	struct disk *d = &s->w.disk;

	d->live = calloc(s->w.identity_count + 1, sizeof(*d->live));
	d->disk = calloc(s->w.identity_count + 1, sizeof(*d->disk));
	assert(d->live && d->disk);
}

void disk_done(struct sim *s)
{
	struct disk *d = &s->w.disk;

	free(d->live);
	free(d->disk);
	free(d->queue.ops);
	free(d->unsynced.ops);
}

/* What was told stays so once a results file with it is in place. */
static void claim(const struct disk *d, struct entry *e, const struct op *op)
{
	if (e->seen_run == op->run && e->seen_row) /* an earlier row has its name */
		return;
	if (e->seen_run && d->reported[e->seen_run] && e->outcome_run <= e->seen_run)
		e->told = true;
	if (op->existing && e->state == ENTRY_NONE)
		return;
	e->seen_run = op->run;
	e->seen_row = op->number;
	if (op->existing)
		return;
	if (e->state != ENTRY_NONE && e->state != ENTRY_CLAIMED)
		return;
	e->state = op->intend ? ENTRY_INTENDED : ENTRY_CLAIMED;
	e->intent_at = op->intend ? op->at : 0;
	e->fields = op->fields;
}

static void intend(struct entry *e, const struct op *op)
{
	if (op->listed)
		return;
	if (e->state != ENTRY_INTENDED && e->state != ENTRY_DOUBT)
		e->intent_at = op->at;
	e->state = ENTRY_INTENDED;
	e->fields = op->fields;
}

/* It may be executed from here on, and nobody may come to know. */
static void intend_update(struct entry *e, const struct op *op)
{
	struct updates *u = &e->updates;

	if (op->listed || updates_have(u, op->fields))
		return;
	if (u->count == UPDATES_MAX)
		memmove(u->of, u->of + 1, --u->count * sizeof(*u->of));
	u->of[u->count++] = op->fields;
}

/* Deleted, or found gone: it may be created again. */
static void removed(struct entry *e, const struct op *op)
{
	*e = (struct entry){.state = ENTRY_WITHDRAWN,
		.fields = e->fields,
		.status = op->status,
		.removed = e->id,
		.seen_run = e->seen_run,
		.seen_row = e->seen_row,
		.outcome_run = op->run};
}

/* Of an update or a deletion it takes back what was there before; else there is nothing any
 * more. */
static void withdraw(struct entry *e, const struct op *op)
{
	if (e->state == ENTRY_DONE)
		e->updates.count = 0;
	if (e->state == ENTRY_DONE || e->state == ENTRY_DELETING) {
		e->state = ENTRY_DONE;
		return;
	}
	*e = (struct entry){.state = ENTRY_WITHDRAWN,
		.fields = e->fields,
		.status = OUTCOME_SKIPPED,
		.removed = e->removed,
		.seen_run = e->seen_run,
		.seen_row = e->seen_row,
		.outcome_run = op->run};
}

static void outcome(struct entry *e, const struct op *op)
{
	if (op->standing == ENTRY_WITHDRAWN) {
		removed(e, op);
		return;
	}
	e->state = op->standing;
	e->updates.count = 0;
	if (op->standing == ENTRY_DONE)
		e->removed = 0;
	if (op->as_now)
		e->fields = op->fields;
	if (op->standing != ENTRY_DOUBT)
		e->intent_at = 0;
	e->status = op->status;
	e->id = op->id;
	e->etag = op->etag;
	if (op->status != OUTCOME_UPDATED) { /* else the last look of an earlier run is still due */
		e->relook = op->relook;
		e->relook_run = op->run;
	}
	e->outcome_run = op->run;
	e->told = false;
}

static void write_op(const struct disk *d, struct entry *e, const struct op *op)
{
	switch (op->kind) {
	case OP_CLAIM: claim(d, e, op); break;
	case OP_INTEND: intend(e, op); break;
	case OP_INTEND_UPDATE: intend_update(e, op); break;
	case OP_INTEND_DELETE: e->state = op->listed ? e->state : ENTRY_DELETING; break;
	case OP_WITHDRAW: withdraw(e, op); break;
	case OP_OUTCOME: outcome(e, op); break;
	case OP_UNMARK: e->relook = false; break;
	case OP_INPUT_ENDED:
	case OP_HAND_OUT:
	case OP_RECALL_ANY:
	case OP_INVENTORY_BEGIN:
	case OP_INVENTORY_ITEM:
	case OP_INVENTORY_END: break;
	}
}

static bool writes(enum op_kind k)
{
	return k == OP_CLAIM || k == OP_INTEND || k == OP_INTEND_UPDATE || k == OP_INTEND_DELETE ||
	       k == OP_WITHDRAW || k == OP_OUTCOME || k == OP_UNMARK;
}

static bool in_inventory(const struct sim *s, uint32_t identity, uint32_t scope)
{
	if (!s->w.disk.complete[scope])
		return false;
	for (uint32_t i = s->w.identities[identity].connections; i;
		i = s->w.connections[i - 1].next) {
		const struct connection *c = &s->w.connections[i - 1];

		if (c->scope == scope && c->in_inventory)
			return true;
	}
	return false;
}

static void forget_inventory(struct sim *s, uint32_t scope)
{
	s->w.disk.complete[scope] = false;
	for (uint32_t i = 0; i < s->w.connection_count; i++)
		if (s->w.connections[i].scope == scope)
			s->w.connections[i].in_inventory = false;
}

static void complete_inventory(struct sim *s, const struct op *op)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->w.connection_count; i++)
		count += s->w.connections[i].scope == op->scope && s->w.connections[i].in_inventory;
	s->w.disk.complete[op->scope] = count == op->count;
}

void disk_apply(struct sim *s, struct op *op)
{
	struct disk *d = &s->w.disk;

	if (op->kind == OP_INVENTORY_BEGIN)
		forget_inventory(s, op->scope);
	else if (op->kind == OP_INVENTORY_ITEM)
		s->w.connections[op->connection].in_inventory = true;
	else if (op->kind == OP_INVENTORY_END)
		complete_inventory(s, op);
	if (!writes(op->kind) || op->identity == NO_IDENTITY)
		return;
	if (op->kind == OP_CLAIM && op->intend)
		op->intend = d->live[op->identity].state == ENTRY_NONE &&
			     !in_inventory(s, op->identity,
				     s->w.identities[op->identity].sandbox * s->set.specs +
					     op->fields.spec);
	if (op->kind == OP_INTEND)
		op->listed = d->live[op->identity].state == ENTRY_CLAIMED &&
			     in_inventory(s, op->identity,
				     s->w.identities[op->identity].sandbox * s->set.specs +
					     op->fields.spec);
	if (op->kind == OP_INTEND_UPDATE)
		op->listed = s->set.without.update;
	if (op->kind == OP_INTEND_DELETE)
		op->listed = s->set.without.deletion && d->live[op->identity].state == ENTRY_DONE;
	write_op(d, &d->live[op->identity], op);
	ops_push(&d->unsynced, *op);
}

/* A word that is on disk is owed to a results file. */
static void note_word(struct sim *s, const struct op *op)
{
	struct identity *id = &s->w.identities[op->identity];

	if (op->kind != OP_OUTCOME)
		return;
	id->owed = op->standing == ENTRY_DONE;
	id->conflicted |= op->status == OUTCOME_CONFLICT;
	id->word = op->status;
	id->told = id->told_marked = false;
}

static void sync_one(struct sim *s)
{
	struct disk *d = &s->w.disk;
	const struct op *op = &d->unsynced.ops[d->unsynced.head++];

	write_op(d, &d->disk[op->identity], op);
	note_word(s, op);
}

void disk_sync(struct sim *s)
{
	while (s->w.disk.unsynced.head < s->w.disk.unsynced.count)
		sync_one(s);
}

void disk_crash(struct sim *s)
{
	struct disk *d = &s->w.disk;
	uint32_t answered = d->unsynced.count - d->unsynced.head;
	uint32_t all = answered + d->queue.count - d->queue.head;
	uint32_t keep = rng_chance(&s->rng, 300)   ? 0
			: rng_chance(&s->rng, 500) ? all
						   : rng_below(&s->rng, all + 1);

	if (keep < all)
		sim_cover(s, COVER_WRITES_LOST);
	if (keep > answered)
		sim_cover(s, COVER_WRITES_KEPT);
	if (keep > answered) {
		for (; keep > answered; keep--)
			disk_apply(s, &d->queue.ops[d->queue.head++]);
		disk_sync(s);
	} else {
		for (; keep > 0; keep--)
			sync_one(s);
	}
	d->queue.head = d->queue.count = d->unsynced.head = d->unsynced.count = 0;
	d->busy = d->failed = false;
	d->batch = 0;
	memcpy(d->live, d->disk, s->w.identity_count * sizeof(*d->live));
}
