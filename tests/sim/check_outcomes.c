/* check_outcomes.c - is a row told what is so, once, and after it was written?
 *
 * An outcome has to follow from what came back (the belief), and must not be
 * contradicted by the server (the truth) when all is over.
 */
#include "sim.h"

static bool outcome_fits_answer(const struct belief *b, enum engine_outcome o)
{
	if (b->found && b->finding == ANSWER_FOUND_CREATED)
		return o == OUTCOME_CREATED;
	if (b->found && b->finding == ANSWER_FOUND_ADOPTED)
		return o == OUTCOME_ADOPTED;
	if (b->found)
		return o == OUTCOME_CONFLICT;
	return b->last == ANSWER_CREATED ? o == OUTCOME_CREATED : o == OUTCOME_FAILED;
}

static bool undecided_fits(
	const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	bool failed = a->row.outcome == OUTCOME_FAILED;
	bool left = a->row.outcome == (b->doubt ? OUTCOME_UNRESOLVED : OUTCOME_SKIPPED);

	switch (a->row.cause) {
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP: /* a 409 and nothing there; or a lookup that ended it all */
		return b->doubt ? left : failed && b->clash;
	case CAUSE_CLAIM: return false;
	case CAUSE_ATTEMPTS:
		return b->spent_most >= s->set.config.attempts && (b->doubt ? left : failed);
	case CAUSE_TROUBLE: return b->trouble >= 4 * s->set.config.attempts && left;
	case CAUSE_SANDBOX:
		return s->check.sandbox_refused[row->sandbox] && a->row.sandbox == row->sandbox &&
		       (b->doubt ? left : failed);
	case CAUSE_ENDED: return s->check.ending && left && check_end_has_reason(s, a->row.end);
	}
	return false;
}

static bool outcome_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	enum engine_outcome o = a->row.outcome;

	if (row->claim == CLAIM_KNOWN)
		return o == row->known && a->row.cause == CAUSE_CLAIM;
	if (row->claim == CLAIM_DUPLICATE || row->claim == CLAIM_INVALID)
		return o == OUTCOME_INVALID && a->row.cause == CAUSE_CLAIM;
	if (check_row_decided(&row->b))
		return outcome_fits_answer(&row->b, o) &&
		       (a->row.cause == CAUSE_ANSWER || a->row.cause == CAUSE_LOOKUP);
	return undecided_fits(s, row, a);
}

static void count_outcome(struct sim *s, const struct engine_action *a)
{
	const struct engine_config *config = &s->set.config;
	struct check *c = &s->check;
	bool failed = a->row.outcome == OUTCOME_FAILED || a->row.outcome == OUTCOME_CONFLICT ||
		      a->row.outcome == OUTCOME_UNRESOLVED;

	if (a->row.cause == CAUSE_ENDED)
		return;
	c->finished++;
	c->failed += failed;
	if (config->halt_mode == HALT_NEVER)
		return;
	c->halt_reached |=
		config->halt_percent
			? c->finished >= 100 && c->failed * 100 >= config->halt_fails * c->finished
			: c->failed >= config->halt_fails;
}

static void judge(struct sim *s, struct row *row, const struct engine_action *a)
{
	struct belief *b = &row->b;

	if (!check_unsafe(s) && !outcome_fits(s, row, a))
		sim_breach(s,
			"row %u cannot be %s (cause %d, end %s): claim %d, last answer %s%s%s",
			row->number, engine_outcome_name(a->row.outcome), a->row.cause,
			engine_end_name(a->row.end), row->claim,
			b->answered ? engine_answer_name(b->last) : "none",
			b->doubt ? ", in doubt" : "", b->found ? ", found" : "");
	if (a->row.attempts != b->attempts)
		sim_breach(s, "row %u is told %u attempts, it had %u", row->number, a->row.attempts,
			b->attempts);
	b->judged = true;
	b->outcome = a->row.outcome;
	b->cause = a->row.cause;
	b->end = a->row.end;
	b->attempts_told = a->row.attempts;
	count_outcome(s, a);
}

void check_row_outcome(struct sim *s, const struct engine_action *a)
{
	const struct job *job = &s->jobs[a->job];
	struct row *row = &s->rows[job->row];
	struct belief *b = &row->b;

	if (job->use != USE_ROW) {
		sim_breach(s, "an outcome for job %u, which has no row", a->job);
		return;
	}
	if (b->record_ordered)
		sim_breach(s, "row %u has its outcome already", row->number);
	if (job->request.out)
		sim_breach(s, "row %u is decided while its request is in flight", row->number);
	if (b->intent_ordered && !b->intent_durable)
		sim_breach(s, "row %u is decided while its intent is on the way", row->number);
	b->record_ordered = true;
	s->check.untried -= b->intent_durable && b->creates == 0;
	if (a->kind == ACTION_WRITE_OUTCOME) {
		judge(s, row, a);
		return;
	}
	b->withdrawn = true;
	if (!check_unsafe(s) && (b->doubt || check_row_decided(b)))
		sim_breach(s, "the intent of row %u is withdrawn, it may have been executed",
			row->number);
	if (row->claim != CLAIM_OPEN && !b->intent_durable)
		sim_breach(s, "row %u has no intent to withdraw", row->number);
}

void check_row_told(struct sim *s, const struct engine_action *a)
{
	const struct job *job = &s->jobs[a->job];
	struct row *row = &s->rows[job->row];
	struct belief *b = &row->b;

	if (job->use != USE_ROW || b->told) {
		sim_breach(s, "a line for %s, which has none to tell", trace_job(s, a->job));
		return;
	}
	if ((b->record_ordered || b->intent_ordered || row->claim == CLAIM_OPEN) &&
		!b->record_durable)
		sim_breach(s, "row %u is told before its outcome is durable", row->number);
	if (!b->judged)
		judge(s, row, a);
	if (b->withdrawn && a->row.outcome != OUTCOME_SKIPPED)
		sim_breach(s, "row %u was withdrawn and is told %s", row->number,
			engine_outcome_name(a->row.outcome));
	if (a->row.outcome == OUTCOME_SKIPPED && b->intent_durable && b->creates == 0 &&
		!b->withdrawn)
		sim_breach(s, "row %u never left, and its intent is not withdrawn", row->number);
	if (a->row.outcome != b->outcome || a->row.cause != b->cause ||
		a->row.attempts != b->attempts_told ||
		(b->cause == CAUSE_ENDED && a->row.end != b->end))
		sim_breach(s, "row %u is told otherwise than it was recorded", row->number);
	b->told = true;
	s->check.told++;
}

/* --------------------------------------------------------------------- truth */

static bool told_truly(const struct row *row)
{
	uint32_t made = row->made + (row->claim == CLAIM_OPEN ? row->earlier : 0);

	/* Who takes names that others took before can be told half of it only. */
	if (row->claim == CLAIM_FRESH && row->earlier > 0)
		return true;
	if (row->claim != CLAIM_FRESH && row->claim != CLAIM_OPEN)
		return row->made == 0;
	switch (row->b.outcome) {
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED: return made == 1;
	case OUTCOME_UNRESOLVED: return true;
	case OUTCOME_FAILED:
	case OUTCOME_SKIPPED: return made == 0;
	case OUTCOME_UPDATED:
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED:
	case OUTCOME_CONFLICT:
	case OUTCOME_INVALID:
	case OUTCOME_COUNT: break;
	}
	return false;
}

/* As often as the server does something, and for every row at the end. */
void check_row_truth(struct sim *s, const struct row *row)
{
	uint32_t made = row->made + (row->claim == CLAIM_OPEN ? row->earlier : 0);

	if (made > 1) {
		s->twice = true;
		sim_breach(s, "twice: row %u has %u connections on the server", row->number, made);
	}
	if (s->done && row->b.judged && !check_unsafe(s) && !told_truly(row))
		sim_breach(s, "row %u is told %s, and the server has %u of it", row->number,
			engine_outcome_name(row->b.outcome), made);
}
