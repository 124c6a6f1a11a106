/* check_delete.c - a deletion never hits what was not ours, or what somebody has changed.
 *
 * The API has no guard for it, so what others do between our read and our deletion is
 * excused. All else is not: the ledger calls it created, its intent is on disk, and a
 * read of this run showed it as we left it. And what we have deleted, the ledger does
 * not call there.
 */
#include "sim.h"

/* That nothing was executed is known only of a read that began after the settle. */
bool check_delete_settled(const struct sim *s, const struct row *row, nsec_t began)
{
	(void)s;
	return !row->b.doubt || began >= nsec_add(row->b.doubt_since, row->b.settle);
}

static bool decided_fits(const struct belief *b, const struct engine_action *a)
{
	enum engine_outcome o = a->row.outcome;

	if (a->row.cause == CAUSE_LOOKUP && b->found)
		return o == (b->finding == ANSWER_CONFLICT ? OUTCOME_CONFLICT
				    : b->lost              ? OUTCOME_DELETED
							   : OUTCOME_GONE);
	if (a->row.cause != CAUSE_ANSWER || !b->answered || b->found)
		return false;
	switch ((int)b->last) {
	case ANSWER_DELETED: return o == OUTCOME_DELETED;
	case ANSWER_GONE: return o == (b->lost ? OUTCOME_DELETED : OUTCOME_GONE);
	case ANSWER_IN_USE: return o == OUTCOME_IN_USE;
	default:
		return check_task_refused(b) &&
		       o == (b->doubt ? OUTCOME_UNRESOLVED : OUTCOME_FAILED);
	}
}

bool check_delete_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;

	if (a->row.cause == CAUSE_ATTEMPTS)
		return b->spent_most >= s->set.config.attempts &&
		       a->row.outcome == OUTCOME_FAILED && !b->doubt;
	return decided_fits(b, a);
}

static bool shows_as_left(const struct connection *c, const struct row *row)
{
	return !c->renamed &&
	       (!fields_differ(c->fields, row->left) || updates_have(&row->updates, c->fields));
}

/* Did others change it, and had we seen that if we had looked when we say we have? What
 * happens in one turn has one time. */
static bool is_seen_to_be_theirs(const struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];
	nsec_t seen = row->b.cleared ? row->b.read_at : s->now;

	return c->theirs && !shows_as_left(c, row) && c->theirs_since < seen;
}

static void check_ledger(struct sim *s, const struct row *row)
{
	const struct entry *e = &s->w.disk.disk[row->identity];

	if (!row->b.intent_durable)
		sim_breach(s, "row %u is deleted without a durable intent", row->number);
	else if (e->state != ENTRY_DELETING || e->id != row->id || e->status != OUTCOME_CREATED)
		sim_breach(s, "row %u is deleted, on disk there is no such intent", row->number);
}

void check_delete_sent(struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];

	if (!check_unsafe(s) && !s->set.without.deletion)
		check_ledger(s, row);
	if (!row->b.cleared)
		sim_breach(s, "row %u is deleted, and was not read", row->number);
	if (c->identity != row->identity || (!c->ours && !c->called_ours))
		sim_harm(s, "row %u is deleted, and was not ours", row->number);
	if (is_seen_to_be_theirs(s, row))
		sim_harm(s, "row %u is deleted, and somebody else had changed it", row->number);
	if (c->theirs && !shows_as_left(c, row))
		sim_cover(s, COVER_CHANGED_AFTER_READ);
}

static void cover(struct sim *s, const struct row *row)
{
	const struct belief *b = &row->b;
	bool open = row->claim == CLAIM_DELETE_OPEN;

	switch ((int)b->outcome) {
	case OUTCOME_DELETED:
		sim_cover(s, b->answered && b->last == ANSWER_DELETED && !b->found
				     ? (open ? COVER_DELETE_OPEN_AGAIN : COVER_DELETED)
			     : open ? COVER_DELETE_OPEN_WAS
				    : COVER_DELETED_LOST);
		break;
	case OUTCOME_GONE: sim_cover(s, COVER_DELETE_GONE); break;
	case OUTCOME_IN_USE: sim_cover(s, COVER_DELETE_IN_USE); break;
	case OUTCOME_CONFLICT:
		sim_cover(s, open ? COVER_DELETE_OPEN_CONFLICT : COVER_DELETE_CONFLICT);
		break;
	case OUTCOME_UNRESOLVED: sim_cover(s, COVER_DELETE_UNRESOLVED); break;
	case OUTCOME_FAILED:
		if (b->cause == CAUSE_ATTEMPTS)
			sim_cover(s, COVER_DELETE_SPENT);
		break;
	default: break;
	}
	if (b->withdrawn)
		sim_cover(s, COVER_DELETE_WITHDRAWN);
}

void check_delete_told(struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];
	enum engine_outcome o = row->b.outcome;

	cover(s, row);
	if ((o == OUTCOME_DELETED || o == OUTCOME_GONE) && !c->deleted)
		sim_harm(s, "row %u is told %s, and is there", row->number, engine_outcome_name(o));
	if (o == OUTCOME_CONFLICT && !s->w.identities[row->identity].touched)
		sim_harm(s, "row %u is a conflict, and nobody else was there", row->number);
	s->w.identities[row->identity].removed |= c->deleted;
}

/* -------------------------------------------------------------- after each run */

void check_delete_disk(struct sim *s)
{
	for (uint32_t i = 0; i < s->w.identity_count; i++) {
		const struct entry *e = &s->w.disk.disk[i];

		if (e->state != ENTRY_DONE || e->id == 0 || s->set.lag_breaks)
			continue;
		if (s->w.connections[e->id - 1].deleted_by_us)
			sim_harm(s, "name %u is there, says the ledger, and we have deleted it",
				i + 1);
	}
}

static bool is_a_good_end(const struct sim *s, const struct row *row)
{
	const struct connection *c = &s->w.connections[row->id - 1];

	switch ((int)row->line) {
	case OUTCOME_DELETED:
	case OUTCOME_GONE: return c->deleted;
	case OUTCOME_IN_USE: return c->in_use;
	case OUTCOME_CONFLICT: return !shows_as_left(c, row);
	case OUTCOME_FAILED: return row->b.cause == CAUSE_ATTEMPTS;
	default: return false;
	}
}

void check_delete_story(struct sim *s)
{
	if (s->end != END_COMPLETE)
		sim_harm(s, "the calm rollback ends as %s", engine_end_name(s->end));
	for (uint32_t i = 0; i < s->csv_rows; i++)
		if (is_deletion(&s->rows[i]) && !is_a_good_end(s, &s->rows[i]))
			sim_harm(s, "row %u ends as %s in a calm rollback", s->rows[i].number,
				engine_outcome_name(s->rows[i].line));
}
