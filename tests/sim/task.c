/* task.c - what src/run does for a row that has an id: it keeps the etag, and compares what a
 * read shows with how we left it, what open updates have sent, and how the row wants it.
 */
#include "sim.h"

static bool shows(const struct shown *shown, struct fields f)
{
	return !shown->renamed && !fields_differ(shown->fields, f);
}

static bool is_blind(const struct sim *s, const struct row *row)
{
	return is_update(row) && s->set.without.compare;
}

/* Is it one of our own, whose answer was lost? */
static bool was_sent(struct sim *s, const struct row *row, const struct shown *shown)
{
	if (shown->renamed || !updates_have(&row->updates, shown->fields))
		return false;
	if (!shows(shown, row->left) && !shows(shown, row->fields))
		sim_cover(s, is_update(row) ? COVER_UPDATE_WAS_EARLIER : COVER_DELETE_WAS_UPDATED);
	return true;
}

static enum engine_answer read_answer(struct sim *s, struct row *row, const struct shown *shown)
{
	if (shown->gone)
		return ANSWER_GONE;
	if (shown->etag == row->etag)
		return ANSWER_SAME;
	if (!shows(shown, row->left) && !shows(shown, row->fields) && !was_sent(s, row, shown) &&
		!is_blind(s, row))
		return ANSWER_CONFLICT;
	row->etag = shown->etag;
	return ANSWER_MOVED;
}

static enum engine_answer test_answer(
	const struct sim *s, const struct row *row, const struct shown *shown)
{
	if (shown->gone)
		return ANSWER_GONE;
	if (!shown->works)
		return ANSWER_FAILED;
	return s->set.explore && !row->b.more ? ANSWER_MORE : ANSWER_PASSED;
}

enum engine_answer task_answer(struct sim *s, uint32_t number)
{
	const struct job *job = &s->jobs[number];
	const struct request *q = &job->request;
	struct row *row = &s->rows[q->row];
	const struct change *c;

	if (q->kind == REQUEST_READ)
		return read_answer(s, row, &job->shown);
	if (q->kind == REQUEST_TEST)
		return test_answer(s, row, &job->shown);
	c = &s->w.changes[q->change];
	if (c->answer == ANSWER_UPDATED)
		row->etag = c->new_etag;
	return c->answer;
}

/* As it stands from now on; or it is not there any more. */
struct op task_op(const struct sim *s, const struct row *row, struct op op, enum engine_outcome o)
{
	bool updated = o == OUTCOME_UPDATED;

	op.status = o;
	op.standing = updated ? ENTRY_DONE : ENTRY_WITHDRAWN;
	op.id = updated ? row->id : 0;
	op.etag = updated ? row->etag : 0;
	op.as_now = updated;
	return op;
}
