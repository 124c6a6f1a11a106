/* claimed.c - what the shell makes of the ledger's answers: the life of a row begins. */
#include <assert.h>

#include "sim.h"

static void take_slot(struct sim *s, uint32_t job, uint32_t row)
{
	s->jobs[job].row = row;
	s->rows[row].job = job;
	s->rows[row].delivered = true;
}

static void tell(struct sim *s, const struct row *row)
{
	shell_use(s, row->job, USE_ROW);
	sim_tell(s, &(struct engine_event){
			    .kind = EVENT_ROW,
			    .job = row->job,
			    .row =
				    {
					    .claim = row->claim,
					    .known = row->known,
					    .scope = row->scope,
					    .look_scope = row->look_scope,
					    .sandbox = row->sandbox,
					    .filterable = row->filterable,
					    .intended = row->intended,
				    },
		    });
}

static void look_by_intent(struct sim *s, struct row *row, const struct entry *e)
{
	row->look = e->fields;
	row->look_scope = row->sandbox * s->set.specs + e->fields.spec;
	row->intent_at = e->intent_at;
	row->was_open = true;
}

/* The operator has looked, and nothing of it was there nor will be. */
static bool operator_has_looked(const struct sim *s, const struct row *row, const struct entry *e)
{
	const struct identity *id = &s->w.identities[row->identity];

	return s->set.resend_unresolved && e->state == ENTRY_DOUBT && id->coming == 0 &&
	       id->connections == 0;
}

static void open(struct sim *s, struct row *row, const struct entry *e)
{
	struct identity *id = &s->w.identities[row->identity];

	if (operator_has_looked(s, row, e)) {
		row->claim = CLAIM_ENDED;
		row->known = OUTCOME_UNRESOLVED;
		row->intent_at = e->intent_at;
		id->open = false;
		sim_cover(s, COVER_RESEND_UNRESOLVED);
		return;
	}
	row->claim = CLAIM_OPEN;
	look_by_intent(s, row, e);
	if (row->look_scope != row->scope)
		sim_cover(s, COVER_OPEN_OTHER_SPEC);
}

static void judge(struct sim *s, struct row *row)
{
	const struct entry *e = &s->w.disk.live[row->identity];

	row->edited = !fields_same(e->fields, row->fields) || e->updates.count > 0;
	row->left = e->fields;
	row->updates = e->updates;
	row->etag = e->etag;
	row->removed = e->removed;
	if (row->intended) {
		row->claim = CLAIM_FRESH;
		row->intent_at = e->intent_at;
		return;
	}
	switch (e->state) {
	case ENTRY_NONE:
	case ENTRY_CLAIMED: row->claim = CLAIM_FRESH; break;
	case ENTRY_INTENDED:
	case ENTRY_DOUBT: open(s, row, e); break;
	case ENTRY_DONE: claimed_known(s, row, e); break;
	case ENTRY_DELETING: claimed_deleting(s, row, e); break;
	case ENTRY_REFUSED:
	case ENTRY_WITHDRAWN:
		row->claim = CLAIM_ENDED;
		row->known = e->removed ? OUTCOME_SKIPPED : e->status;
		break;
	}
}

/* For an earlier run, while the input is read already. */
static bool is_looked_at(const struct sim *s, const struct row *row)
{
	for (uint32_t i = s->csv_rows; i < s->row_count; i++)
		if (s->rows[i].identity == row->identity && s->rows[i].source == SOURCE_MARKS &&
			!s->rows[i].b.told)
			return true;
	return false;
}

/* Its line must say what the look will have found. */
static void tell_or_hold(struct sim *s, struct row *row)
{
	row->held = row->identity != NO_IDENTITY && row->claim != CLAIM_DUPLICATE &&
		    is_looked_at(s, row);
	s->rows_held += row->held;
	if (!row->held)
		tell(s, row);
}

void claimed_looked_at(struct sim *s, const struct row *relook)
{
	struct row *row = NULL;

	for (uint32_t i = 0; i < s->csv_rows && !row; i++)
		if (s->rows[i].held && s->rows[i].identity == relook->identity)
			row = &s->rows[i];
	if (!row)
		return;
	sim_cover(s, COVER_RELOOK_HELD);
	row->held = false;
	s->rows_held--;
	if (relook->line == OUTCOME_CONFLICT) {
		row->claim = CLAIM_KNOWN;
		row->known = OUTCOME_CONFLICT;
	}
	tell(s, row);
}

void claimed_row(struct sim *s, const struct op *op)
{
	struct row *row = &s->rows[op->row];
	struct op copy = *op;

	s->reads_out[SOURCE_INPUT]--;
	take_slot(s, op->job, op->row);
	row->source = SOURCE_INPUT;
	row->look = row->fields;
	row->look_scope = row->scope;
	if (row->identity == NO_IDENTITY) {
		row->claim = CLAIM_INVALID;
	} else if (s->w.disk.live[row->identity].seen_run == op->run) {
		row->claim = CLAIM_DUPLICATE;
	} else if (s->set.command != COMMAND_RUN) {
		disk_apply(s, &copy);
		claimed_result(s, row, &s->w.disk.live[row->identity]);
	} else {
		disk_apply(s, &copy); /* settles `told`; fields only of a row never intended */
		row->intended = copy.intend;
		if (copy.intend)
			disk_sync(s);
		judge(s, row);
	}
	tell_or_hold(s, row);
}

static void end_source(struct sim *s, const struct op *op)
{
	if (s->reads_out[op->source] == 0)
		return; /* it was void already */
	s->reads_out[op->source] = 0;
	s->ending_source = op->source;
	sim_tell(s, &(struct engine_event){.kind = EVENT_SOURCE_ENDED});
}

void claimed_handed_out(struct sim *s, const struct op *op, uint32_t identity)
{
	const struct entry *e = &s->w.disk.live[identity == NO_IDENTITY ? 0 : identity];
	struct row *row;
	uint32_t i;

	if (identity == NO_IDENTITY) {
		end_source(s, op);
		return;
	}
	s->reads_out[op->source]--;
	i = csv_add_handed_out(s, identity);
	row = &s->rows[i];
	take_slot(s, op->job, i);
	row->source = op->source;
	row->fields = e->fields;
	look_by_intent(s, row, e);
	row->removed = e->removed;
	row->scope = row->look_scope;
	row->claim = op->source == SOURCE_DOUBTS ? CLAIM_GONE : CLAIM_RELOOK;
	row->id = row->claim == CLAIM_RELOOK ? e->id : 0;
	if (op->source == SOURCE_MARKS)
		sim_cover(s, COVER_RELOOK_EARLIER);
	tell(s, row);
}

enum engine_outcome claimed_listed(struct sim *s, struct row *row)
{
	uint32_t count = 0, hit = 0;

	for (uint32_t i = s->w.identities[row->identity].connections; i;
		i = s->w.connections[i - 1].next) {
		const struct connection *c = &s->w.connections[i - 1];

		if (c->scope != row->scope || !c->in_inventory)
			continue;
		count++;
		hit = i;
	}
	row->id = hit;
	row->etag = s->w.connections[hit - 1].etag;
	if (count > 1 || fields_differ(s->w.connections[hit - 1].fields, row->fields)) {
		sim_cover(s, COVER_LISTED_CONFLICT);
		return OUTCOME_CONFLICT;
	}
	sim_cover(s, COVER_LISTED_ADOPTED);
	return OUTCOME_ADOPTED;
}
