/* check_update.c - an update converges, and never covers what somebody else has changed.
 *
 * Others are told from ourselves by the truth: who changed what shows last, and when.
 * What nobody can see (a secret) nobody can spare: it is overwritten.
 */
#include "sim.h"

/* The budget is spent, and the last answer was one of the guard, or none. */
static bool given_up_fits(const struct belief *b, enum engine_outcome o)
{
	if (b->stale)
		return o == (b->lost ? OUTCOME_UNRESOLVED : OUTCOME_CONFLICT);
	return o == (b->finding == ANSWER_SAME ? OUTCOME_FAILED : OUTCOME_UNRESOLVED);
}

bool check_update_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	enum engine_outcome o = a->row.outcome;

	if (b->found)
		return a->row.cause == CAUSE_LOOKUP &&
		       o == (b->finding == ANSWER_CONFLICT ? OUTCOME_CONFLICT : OUTCOME_FAILED);
	if (a->row.cause == CAUSE_ATTEMPTS)
		return b->spent_most >= s->set.config.attempts && given_up_fits(b, o);
	if (a->row.cause != CAUSE_ANSWER || !b->answered)
		return false;
	if (b->last == ANSWER_UPDATED)
		return o == OUTCOME_UPDATED;
	if (b->last == ANSWER_GONE)
		return o == OUTCOME_FAILED;
	return check_task_refused(b) && o == (b->doubt ? OUTCOME_UNRESOLVED : OUTCOME_FAILED);
}

static bool shows(const struct connection *c, struct fields f)
{
	return !c->renamed && !fields_differ(c->fields, f);
}

/* Just now: it has not yet changed. */
void check_update_executed(struct sim *s, const struct change *change)
{
	const struct connection *c = &s->w.connections[change->connection];

	if (c->theirs && !shows(c, change->left) && !shows(c, change->fields) &&
		(c->renamed || !updates_have(&change->updates, c->fields)))
		sim_harm(s, "an update of name %u covers what somebody else has changed",
			c->identity + 1);
}

void check_update_sent(struct sim *s, const struct row *row)
{
	const struct entry *e = &s->w.disk.disk[row->identity];

	if (check_unsafe(s) || s->set.without.update)
		return;
	if (!row->b.intent_durable)
		sim_breach(s, "row %u is updated without a durable intent", row->number);
	else if (e->state != ENTRY_DONE || e->id != row->id ||
		 !updates_have(&e->updates, row->fields))
		sim_breach(s, "row %u is updated, on disk there is no such intent", row->number);
}

/* With others beside it the ledger would not know which. */
void check_update_withdrawn(struct sim *s, const struct row *row)
{
	const struct entry *e = &s->w.disk.live[row->identity];

	if (!s->set.without.update && e->updates.count != 1)
		sim_breach(s, "the update of row %u is withdrawn, %u are open", row->number,
			e->updates.count);
}

static void cover(struct sim *s, const struct row *row)
{
	const struct belief *b = &row->b;
	bool executed = b->outcome == OUTCOME_UPDATED || b->outcome == OUTCOME_UNRESOLVED;

	if (b->withdrawn)
		sim_cover(s, COVER_UPDATE_WITHDRAWN);
	if (b->lost && !executed)
		sim_cover(s, COVER_UPDATE_KEPT);

	if (b->outcome == OUTCOME_UPDATED)
		sim_cover(s, row->edited ? COVER_UPDATED : COVER_UPDATED_ADOPTED);
	if (b->outcome == OUTCOME_UPDATED && b->creates > 1)
		sim_cover(s, COVER_UPDATED_AGAIN);
	if (b->outcome == OUTCOME_CONFLICT)
		sim_cover(s,
			b->cause == CAUSE_ATTEMPTS ? COVER_UPDATE_CHASED : COVER_UPDATE_CONFLICT);
	if (b->outcome == OUTCOME_UNRESOLVED)
		sim_cover(s, COVER_UPDATE_UNRESOLVED);
	if (b->outcome == OUTCOME_FAILED &&
		(b->finding == ANSWER_GONE || (b->answered && b->last == ANSWER_GONE)))
		sim_cover(s, COVER_UPDATE_GONE);
}

void check_update_told(struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];

	cover(s, row);
	if (row->b.outcome == OUTCOME_CONFLICT && !s->w.identities[row->identity].touched)
		sim_harm(s, "row %u is a conflict, and nobody else was there", row->number);
	if (row->b.outcome != OUTCOME_UPDATED)
		return;
	if ((!c->theirs && !c->renamed && fields_differ(c->fields, row->fields)) ||
		(!c->secret_theirs && c->fields.password != row->fields.password))
		sim_harm(s, "row %u is told updated, and the server has something else",
			row->number);
	if (row->b.finding == ANSWER_GONE && !c->deleted)
		sim_harm(s, "row %u was called gone, and is there", row->number);
}

/* ------------------------------------------------------------ after all of them */

/* What shows is neither as the ledger has it, or may have it, nor as the row wants it. */
static bool is_in_conflict(const struct row *row, const struct connection *c)
{
	return !shows(c, row->left) && !shows(c, row->fields) &&
	       (c->renamed || !updates_have(&row->updates, c->fields));
}

bool check_update_good_end(const struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];

	switch ((int)row->line) {
	case OUTCOME_UPDATED: return true;
	case OUTCOME_CONFLICT: return is_in_conflict(row, c);
	case OUTCOME_FAILED: return c->deleted || row->b.cause == CAUSE_ATTEMPTS;
	case OUTCOME_UNRESOLVED: return row->b.cause == CAUSE_ATTEMPTS;
	default: return s->end == END_BREAKER;
	}
}

/* Told that there is nothing to do, it has what it wants, secret included; that of somebody
 * else nobody knows, whether adopted or, within the grace, called created. */
static bool has_converged(const struct sim *s, const struct row *row)
{
	const struct identity *id = &s->w.identities[row->identity];
	const struct connection *c = &s->w.connections[row->id - 1];
	bool known = row->claim == CLAIM_KNOWN && !row->edited && c->ours &&
		     s->w.disk.disk[row->identity].status != OUTCOME_ADOPTED;

	known |= is_update(row) && row->line == OUTCOME_UPDATED;
	if (!known || c->theirs || c->renamed || c->deleted || id->conflicted || id->meddled ||
		s->set.lag_breaks)
		return true;
	return !fields_differ(c->fields, row->fields) &&
	       (c->secret_theirs || c->fields.password == row->fields.password);
}

static void check_converged(struct sim *s, const struct row *row)
{
	if (!has_converged(s, row))
		sim_harm(s, "row %u ends as %s, and the server has something else", row->number,
			engine_outcome_name(row->line));
}

/* Also in mid-story: no update of a row that is unchanged may be out any more. */
void check_update_run(struct sim *s)
{
	for (uint32_t i = 0; i < s->csv_rows; i++) {
		const struct row *row = &s->rows[i];

		if (row->identity != NO_IDENTITY && row->b.told && row->claim == CLAIM_KNOWN &&
			row->line == OUTCOME_UNCHANGED)
			check_converged(s, row);
	}
}

void check_update_story(struct sim *s)
{
	for (uint32_t i = 0; i < s->csv_rows; i++) {
		const struct row *row = &s->rows[i];

		if (row->identity == NO_IDENTITY || row->claim == CLAIM_DUPLICATE || !row->id)
			continue;
		check_converged(s, row);
		if (s->set.update && row->claim == CLAIM_KNOWN && row->line == OUTCOME_CHANGED &&
			s->w.disk.disk[row->identity].status != OUTCOME_ADOPTED)
			sim_harm(s, "row %u differs, and is not updated", row->number);
	}
}
