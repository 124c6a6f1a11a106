/* check_truth.c - what is promised to users, held against the server and the disk.
 *
 * Where the server keeps what it promises: one connection a valid row, made by
 * us at most once. Where this world was made to break that: the duplicate is
 * named, or its row is still in doubt or marked, but for what nobody could see.
 */
#include "sim.h"

/* Does the server keep its promises to this name? */
static bool broken(const struct sim *s, const struct identity *id)
{
	return s->set.lag_breaks || id->meddled || s->set.misses[id->sandbox];
}

/* The lag, and a row sent to calibrate where lookups miss, may make two; so may somebody
 * whose connection was taken for ours, and was deleted for it. */
static bool may_be_twice(const struct sim *s, const struct identity *id)
{
	if (id->meddled && id->removed)
		return true;
	return s->set.lag_breaks || (s->set.misses[id->sandbox] && id->sacrificed);
}

static uint32_t ours_in(const struct sim *s, const struct identity *id, uint32_t scope)
{
	uint32_t count = 0;

	for (uint32_t i = id->connections; i; i = s->w.connections[i - 1].next)
		count += s->w.connections[i - 1].ours && s->w.connections[i - 1].scope == scope &&
			 server_knows(&s->w.connections[i - 1]);
	return count;
}

/* Of those that count: who has been told of a conflict, and changes the
 * connectionSpec of the row, has ours of the old one beside it. */
static uint32_t ours_of(const struct sim *s, const struct identity *id, uint32_t scope)
{
	return id->conflicted ? ours_in(s, id, scope) : id->ours;
}

void check_truth_executed(struct sim *s, uint32_t identity)
{
	const struct identity *id = &s->w.identities[identity];
	uint32_t scope = s->w.connections[id->connections - 1].scope;

	if (ours_of(s, id, scope) > 1 && !may_be_twice(s, id))
		sim_harm(s, "twice: name %u has %u connections made by us", identity + 1, id->ours);
}

static bool others_before(const struct sim *s, const struct row *row)
{
	for (uint32_t i = s->w.identities[row->identity].connections; i;
		i = s->w.connections[i - 1].next) {
		const struct connection *c = &s->w.connections[i - 1];

		if (!c->ours && c->scope == row->scope && c->created_at < s->started_at &&
			server_knows(c))
			return true;
	}
	return false;
}

void check_truth_create(struct sim *s, const struct row *row)
{
	const struct identity *id = &s->w.identities[row->identity];

	if (row->claim == CLAIM_FRESH && !s->set.config.no_inventory && others_before(s, row))
		sim_harm(s, "row %u is created, and somebody's was there before the run",
			row->number);
	if (!check_unsafe(s) && !broken(s, id) && ours_of(s, id, row->scope) + id->coming > 0)
		sim_breach(s, "row %u is sent, and a create of it is or will be executed",
			row->number);
}

void check_truth_called(struct sim *s, const struct row *row, enum engine_outcome o)
{
	const struct identity *id = &s->w.identities[row->identity];
	struct connection *c;

	if (row->claim == CLAIM_KNOWN || (o != OUTCOME_CREATED && o != OUTCOME_ADOPTED))
		return;
	if (row->id == 0) {
		sim_breach(s, "%s is %s, without an id", trace_row(row), engine_outcome_name(o));
		return;
	}
	c = &s->w.connections[row->id - 1];
	c->called_ours |= o == OUTCOME_CREATED;
	if (c->identity != row->identity)
		sim_harm(s, "%s has the id of another name", trace_row(row));
	if (o == OUTCOME_CREATED && !c->ours && c->created_at < row->intent_at - GRACE - SEC)
		sim_harm(s, "%s is called created, somebody made it %lld ms before our intent",
			trace_row(row), (long long)((row->intent_at - c->created_at) / MS));
	if (o == OUTCOME_CREATED && fields_differ(c->fields, row->look))
		sim_harm(s, "%s is called created, and differs", trace_row(row));
	if (o == OUTCOME_ADOPTED && c->ours && !broken(s, id) && !s->set.no_created_at)
		sim_harm(s, "%s is called adopted, and is our own", trace_row(row));
}

/* ------------------------------------------------------------ the word is kept */

static bool is_word(enum engine_outcome o)
{
	return o == OUTCOME_CREATED || o == OUTCOME_ADOPTED || o == OUTCOME_UPDATED;
}

static void check_word(struct sim *s, const struct row *row)
{
	struct identity *id = &s->w.identities[row->identity];

	if (id->owed && row->line != id->word && row->line != OUTCOME_CONFLICT)
		sim_harm(s, "row %u is told %s, no results file had its %s", row->number,
			engine_outcome_name(row->line), engine_outcome_name(id->word));
	if (!id->owed && is_word(row->line) && id->told_marked)
		sim_breach(
			s, "row %u is told %s again", row->number, engine_outcome_name(row->line));
	id->owed = false;
	id->told |= is_word(row->line);
}

void check_truth_placed(struct sim *s)
{
	for (uint32_t i = 0; i < s->csv_rows; i++) {
		const struct row *row = &s->rows[i];

		if (row->b.told && row->identity != NO_IDENTITY && row->claim != CLAIM_DUPLICATE)
			check_word(s, row);
	}
}

/* -------------------------------------------------------------- after each run */

/* Then it is told what it was told before, or that its sandbox is refused. */
static bool was_not_looked_for(const struct row *row)
{
	return row->claim == CLAIM_ENDED && row->b.unlooked;
}

static bool is_truly(const struct sim *s, const struct row *row)
{
	const struct identity *id = &s->w.identities[row->identity];
	enum engine_outcome o = row->b.outcome;

	if (broken(s, id) || row->claim == CLAIM_KNOWN || row->claim == CLAIM_RELOOK ||
		is_task(row))
		return true;
	if (o == OUTCOME_CREATED)
		return id->ours == 1 || id->conflicted || id->touched ||
		       !s->w.connections[row->id - 1].ours;
	if (o == OUTCOME_FAILED || o == OUTCOME_SKIPPED)
		return ours_of(s, id, row->scope) + id->coming == 0 || was_not_looked_for(row);
	return true;
}

static void check_rows_truly(struct sim *s)
{
	for (uint32_t i = 0; i < s->row_count; i++) {
		const struct row *row = &s->rows[i];
		const struct identity *id;

		if (!row->b.judged || row->claim == CLAIM_DUPLICATE || row->identity == NO_IDENTITY)
			continue;
		id = &s->w.identities[row->identity];
		if (!is_truly(s, row))
			sim_harm(s, "%s is told %s, the server has %u of it, %u coming",
				trace_row(row), engine_outcome_name(row->b.outcome), id->ours,
				id->coming);
	}
}

static bool told_unresolved(const struct sim *s, uint32_t identity)
{
	for (uint32_t i = 0; i < s->row_count; i++)
		if (s->rows[i].identity == identity && s->rows[i].b.told &&
			s->rows[i].b.outcome == OUTCOME_UNRESOLVED)
			return true;
	return false;
}

/* A complete run leaves nothing open that it does not report. */
static void check_nothing_open(struct sim *s)
{
	for (uint32_t i = 0; i < s->w.identity_count; i++) {
		const struct entry *e = &s->w.disk.disk[i];

		if (e->state == ENTRY_INTENDED)
			sim_harm(
				s, "the run is complete, and the intent of name %u is open", i + 1);
		if (e->state == ENTRY_DOUBT && !told_unresolved(s, i))
			sim_harm(s, "the run is complete, name %u in doubt, and nobody says so",
				i + 1);
		if (e->relook && e->relook_run == s->w.run)
			sim_cover(s, COVER_RELOOK_LEFT);
	}
}

void check_truth_run(struct sim *s)
{
	if (s->placed && !check_unsafe(s))
		check_rows_truly(s);
	check_delete_disk(s);
	if (s->placed && s->set.command == COMMAND_RUN)
		check_update_run(s);
	if (s->end == END_COMPLETE && s->set.command == COMMAND_RUN)
		check_nothing_open(s);
}

/* ------------------------------------------------------------ after all of them */

/* Two of them: not called done, marked, or seen by nobody when last looked for. */
static bool is_named(const struct identity *id, const struct entry *e)
{
	return e->state != ENTRY_DONE || e->relook || id->blind || id->sacrificed || id->conflicted;
}

/* Somebody's was there before, and no inventory told us: of none, or of the
 * connectionSpec that the row has only since it was edited. */
static bool is_narrowed(const struct sim *s, const struct identity *id)
{
	return id->conflicted || ((id->others > 0 || id->touched) &&
					 (s->set.config.no_inventory || s->set.specs > 1));
}

static void check_identity(struct sim *s, uint32_t i)
{
	const struct identity *id = &s->w.identities[i];
	const struct entry *e = &s->w.disk.disk[i];

	if (e->state == ENTRY_DONE && (e->id == 0 || s->w.connections[e->id - 1].identity != i))
		sim_harm(s, "the id of name %u in the ledger is none of its", i + 1);
	if (e->state == ENTRY_DONE && id->resent && !e->relook && !check_unsafe(s))
		sim_harm(s, "name %u left again after a doubt, and nobody looked again", i + 1);
	if (id->ours > 1 && !is_named(id, e))
		sim_harm(s, "name %u is there %u times, and nobody says so", i + 1, id->ours);
	if (e->state == ENTRY_DONE && !broken(s, id) && !is_narrowed(s, id) && e->id &&
		id->ours != (s->w.connections[e->id - 1].ours &&
				    server_knows(&s->w.connections[e->id - 1])))
		sim_harm(s, "name %u is done by an id of %s, with %u connections made by us", i + 1,
			s->w.connections[e->id - 1].ours ? "ours" : "others", id->ours);
}

static bool is_a_good_end(const struct sim *s, const struct row *row)
{
	const struct identity *id = &s->w.identities[row->identity];

	if (is_task(row))
		return check_update_good_end(s, row);
	switch (row->line) {
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED:
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED: return s->w.disk.disk[row->identity].state == ENTRY_DONE;
	case OUTCOME_CONFLICT: return id->others > 0 || id->touched || broken(s, id);
	case OUTCOME_FAILED:
		return row->b.cause == CAUSE_ATTEMPTS || row->claim == CLAIM_KNOWN || broken(s, id);
	case OUTCOME_UNRESOLVED:
		return row->claim == CLAIM_KNOWN || check_proof_is_hopeless(s, row) ||
		       s->end == END_BREAKER;
	case OUTCOME_SKIPPED: return s->end == END_BREAKER;
	case OUTCOME_UPDATED: return row->claim == CLAIM_KNOWN;
	case OUTCOME_INVALID:
	case OUTCOME_OK:
	case OUTCOME_GONE:
	case OUTCOME_DELETED:
	case OUTCOME_IN_USE:
	case OUTCOME_KEPT:
	case OUTCOME_COUNT: break;
	}
	return false;
}

/* Where no absence can be proven, no create is left to close an open breaker. */
static bool may_end_by_breaker(const struct sim *s)
{
	for (int i = 0; i < SIM_SANDBOXES_MAX; i++)
		if (s->set.misses[i])
			return true;
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		if (s->w.identities[i].touched)
			return true;
	return s->set.lag_breaks;
}

void check_truth_story(struct sim *s)
{
	if (s->end != END_COMPLETE && !(s->end == END_BREAKER && may_end_by_breaker(s)))
		sim_harm(s, "the calm run ends as %s", engine_end_name(s->end));
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		check_identity(s, i);
	for (uint32_t i = 0; i < s->csv_rows; i++) {
		const struct row *row = &s->rows[i];

		if (row->identity != NO_IDENTITY && row->claim != CLAIM_DUPLICATE &&
			!is_a_good_end(s, row))
			sim_harm(s, "row %u ends as %s in a calm run", row->number,
				engine_outcome_name(row->line));
	}
	check_update_story(s);
}
