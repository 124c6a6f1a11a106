/* claimed_known.c - what the shell makes of a row that has an id: nothing, an update, a test
 * or a deletion.
 *
 * A run updates what was told and differs. A rollback deletes what results and ledger
 * both call created, by the same id; all else it keeps.
 */
#include "sim.h"

static bool is_left(const struct sim *s, const struct row *row, const struct entry *e)
{
	bool adopted = e->status == OUTCOME_ADOPTED;

	if (!s->set.update || !e->told)
		return true;
	return adopted ? !s->set.adopted : !row->edited;
}

static void known(struct sim *s, struct row *row, const struct entry *e)
{
	row->claim = CLAIM_KNOWN;
	sim_cover(s, !e->told ? COVER_TOLD_AGAIN : row->edited ? COVER_CHANGED : COVER_UNCHANGED);
	if (e->updates.count > 0 && fields_same(e->fields, row->fields))
		sim_cover(s, COVER_EDITED_BACK);
	if (s->set.update && e->told && e->status == OUTCOME_ADOPTED)
		sim_cover(s, COVER_ADOPTED_LEFT);
}

void claimed_known(struct sim *s, struct row *row, const struct entry *e)
{
	row->id = e->id;
	row->known = row->edited ? OUTCOME_CHANGED : OUTCOME_UNCHANGED;
	if (!e->told)
		row->known = e->status;
	if (is_left(s, row, e)) {
		known(s, row, e);
	} else if (e->fields.spec != row->fields.spec) { /* no update changes that */
		row->claim = CLAIM_KNOWN;
		row->known = OUTCOME_FAILED;
		sim_cover(s, COVER_SPEC_CHANGED);
	} else {
		row->claim = e->updates.count > 0 ? CLAIM_UPDATE_OPEN : CLAIM_UPDATE;
	}
}

/* A rollback was about to delete it, and has to be finished first: a listing lags, so
 * that it is not found proves nothing; and found, it may be deleted yet. */
void claimed_deleting(struct sim *s, struct row *row, const struct entry *e)
{
	row->claim = CLAIM_KNOWN;
	row->known = OUTCOME_UNRESOLVED;
	sim_cover(s, COVER_DELETING_MET);
	if (!s->set.without.unfinished || e->fields.spec != row->fields.spec)
		return;
	row->claim = CLAIM_ENDED;
	row->look = e->fields;
	row->deleting = e->id;
}

static void rollback(struct sim *s, struct row *row, const struct entry *e, bool created)
{
	bool same = row->id && (row->id == e->id || row->id == e->removed);

	row->claim = CLAIM_KNOWN;
	row->known = OUTCOME_KEPT;
	if (!created || !same) {
		sim_cover(s, created ? COVER_KEPT_OTHER : COVER_KEPT);
	} else if (e->state == ENTRY_WITHDRAWN && e->status == OUTCOME_DELETED) {
		row->known = OUTCOME_DELETED;
		sim_cover(s, COVER_DELETED_BEFORE);
	} else if (e->status == OUTCOME_CREATED && e->state == ENTRY_DONE) {
		row->claim = CLAIM_DELETE;
		row->known = OUTCOME_SKIPPED;
	} else if (e->status == OUTCOME_CREATED && e->state == ENTRY_DELETING) {
		row->claim = CLAIM_DELETE_OPEN;
		row->known = OUTCOME_SKIPPED;
	}
}

static void verify(struct sim *s, struct row *row)
{
	row->claim = row->id ? CLAIM_TEST : CLAIM_KNOWN;
	row->known = row->id ? OUTCOME_SKIPPED : OUTCOME_FAILED;
	if (!row->id)
		sim_cover(s, COVER_TEST_NO_ID);
}

void claimed_result(struct sim *s, struct row *row, const struct entry *e)
{
	row->fields = row->left = e->fields;
	row->updates = e->updates;
	row->etag = e->etag;
	row->scope = row->look_scope = row->sandbox * s->set.specs + e->fields.spec;
	if (s->set.command == COMMAND_VERIFY)
		verify(s, row);
	else
		rollback(s, row, e, row->known == OUTCOME_CREATED);
}
