/* check_outcomes.c - is a row told what is so, once, and after it was written?
 *
 * An outcome has to follow from what came back (the belief), and must not be
 * contradicted by the server (check_truth.c).
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
	bool gone = row->claim == CLAIM_GONE && a->row.outcome == OUTCOME_SKIPPED;
	bool left = a->row.outcome == (b->doubt ? OUTCOME_UNRESOLVED : OUTCOME_SKIPPED);

	switch (a->row.cause) {
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP: /* a 409 and nothing there; or a lookup that ended it all */
		return b->doubt ? left : gone || (failed && b->clash);
	case CAUSE_CLAIM: return false;
	case CAUSE_ATTEMPTS:
		return b->spent_most >= s->set.config.attempts && (b->doubt ? left : failed);
	case CAUSE_TROUBLE: return b->trouble >= 4 * s->set.config.attempts && left;
	case CAUSE_SANDBOX:
		return s->check.sandbox_refused[row->sandbox] && a->row.sandbox == row->sandbox &&
		       (b->doubt ? left : failed);
	case CAUSE_ENDED: return s->check.ending && left && check_end_has_reason(s, a->row.end);
	case CAUSE_UNPROVEN: return b->doubt && left && check_proof_is_hopeless(s, row);
	}
	return false;
}

/* It was ended before, and nothing new is known of it. */
static bool ended_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	bool kept = a->row.outcome == row->known;

	switch (a->row.cause) {
	case CAUSE_CLAIM:
	case CAUSE_ENDED:
	case CAUSE_TROUBLE:
		return kept && (s->check.ending || s->check.sandbox_refused[row->sandbox] ||
				       row->b.trouble >= 4 * s->set.config.attempts);
	case CAUSE_SANDBOX: return s->check.sandbox_refused[row->sandbox];
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP:
	case CAUSE_ATTEMPTS:
	case CAUSE_UNPROVEN: break;
	}
	return false;
}

static bool relook_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	enum engine_outcome o = a->row.outcome;

	if (b->found && b->finding == ANSWER_CONFLICT)
		return o == OUTCOME_CONFLICT && a->row.cause == CAUSE_LOOKUP;
	if (!b->unlooked)
		return o == OUTCOME_UNCHANGED && a->row.cause == CAUSE_LOOKUP;
	if (o != OUTCOME_UNRESOLVED && o != OUTCOME_SKIPPED)
		return false;
	switch (a->row.cause) {
	case CAUSE_TROUBLE: return b->trouble >= 4 * s->set.config.attempts;
	case CAUSE_SANDBOX: return s->check.sandbox_refused[row->sandbox];
	case CAUSE_ENDED: return s->check.ending && check_end_has_reason(s, a->row.end);
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP:
	case CAUSE_CLAIM:
	case CAUSE_ATTEMPTS:
	case CAUSE_UNPROVEN: break;
	}
	return false;
}

static bool outcome_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	enum engine_outcome o = a->row.outcome;

	if (is_task(row))
		return check_task_fits(s, row, a);
	if (row->claim == CLAIM_KNOWN)
		return o == row->known && a->row.cause == CAUSE_CLAIM;
	if (row->claim == CLAIM_DUPLICATE || row->claim == CLAIM_INVALID)
		return o == OUTCOME_INVALID && a->row.cause == CAUSE_CLAIM;
	if (row->claim == CLAIM_RELOOK)
		return relook_fits(s, row, a);
	if (row->b.listed)
		return o == row->known && a->row.cause == CAUSE_LOOKUP;
	if (check_row_decided(&row->b))
		return outcome_fits_answer(&row->b, o) &&
		       (a->row.cause == CAUSE_ANSWER || a->row.cause == CAUSE_LOOKUP);
	if (row->claim == CLAIM_ENDED && !row->b.intent_ordered)
		return ended_fits(s, row, a);
	if (row->b.doubt && row->b.unsure) {
		struct row proven = *row;

		proven.b.doubt = false;
		if (undecided_fits(s, &proven, a))
			return true;
	}
	return undecided_fits(s, row, a);
}

/* Re-sent after a doubt, and there: it is to be looked at once more. */
static bool relook_mark_fits(const struct row *row, const struct engine_action *a)
{
	bool there = a->row.outcome == OUTCOME_CREATED || a->row.outcome == OUTCOME_ADOPTED;

	if (row->claim == CLAIM_ENDED && row->known == OUTCOME_UNRESOLVED)
		return true; /* the operator had looked */
	return a->row.relook == (there && row->b.resent);
}

/* ------------------------------------------------------------------- coverage */

static void cover_gone(struct sim *s, enum engine_outcome o)
{
	sim_cover(s, o == OUTCOME_CREATED    ? COVER_GONE_CREATED
		     : o == OUTCOME_ADOPTED  ? COVER_GONE_ADOPTED
		     : o == OUTCOME_CONFLICT ? COVER_GONE_CONFLICT
		     : o == OUTCOME_SKIPPED  ? COVER_GONE_WITHDRAWN
					     : COVER_GONE_UNRESOLVED);
}

static void cover(struct sim *s, const struct row *row, const struct engine_action *a)
{
	bool found = row->b.found && row->b.finding != ANSWER_CONFLICT;

	if (row->claim == CLAIM_GONE)
		cover_gone(s, a->row.outcome);
	if (row->claim == CLAIM_OPEN && found)
		sim_cover(s, row->edited ? COVER_OPEN_FOUND_DIFFERS : COVER_OPEN_FOUND);
	if (row->claim == CLAIM_ENDED && found)
		sim_cover(s, COVER_ENDED_FOUND);
	if (row->claim == CLAIM_RELOOK && a->row.outcome == OUTCOME_CONFLICT)
		sim_cover(s, COVER_RELOOK_CONFLICT);
	if (row->claim == CLAIM_RELOOK && a->row.outcome == OUTCOME_UNCHANGED)
		sim_cover(s, COVER_RELOOK_KEPT);
	if (a->row.outcome == OUTCOME_CREATED && row->removed && !found)
		sim_cover(s, COVER_CREATED_AGAIN);
	if (a->row.cause == CAUSE_UNPROVEN)
		sim_cover(s, COVER_UNPROVEN);
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

void check_row_judged(struct sim *s, struct row *row, const struct engine_action *a)
{
	struct belief *b = &row->b;

	if (!check_unsafe(s) && !outcome_fits(s, row, a))
		sim_breach(s, "%s cannot be %s (cause %d, end %s): claim %d, last answer %s%s%s",
			trace_row(row), engine_outcome_name(a->row.outcome), a->row.cause,
			engine_end_name(a->row.end), row->claim,
			b->answered ? engine_answer_name(b->last) : "none",
			b->doubt ? ", in doubt" : "", b->found ? ", found" : "");
	if (!check_unsafe(s) && !relook_mark_fits(row, a))
		sim_breach(s, "%s is told %s, its mark for a last look is %s", trace_row(row),
			engine_outcome_name(a->row.outcome), a->row.relook ? "set" : "missing");
	if (a->row.attempts != b->attempts)
		sim_breach(s, "row %u is told %u attempts, it had %u", row->number, a->row.attempts,
			b->attempts);
	b->judged = true;
	b->outcome = a->row.outcome;
	b->cause = a->row.cause;
	b->end = a->row.end;
	b->attempts_told = a->row.attempts;
	b->relook_told = a->row.relook;
	s->check.marked |= a->row.relook;
	cover(s, row, a);
	if (row->number)
		count_outcome(s, a);
	if (row->identity != NO_IDENTITY)
		check_truth_called(s, row, a->row.outcome);
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
	if (job->request.out)
		sim_breach(s, "row %u is decided while its request is in flight", row->number);
	if (is_task(row)) {
		check_task_written(s, a);
		return;
	}
	if (b->record_ordered)
		sim_breach(s, "row %u has its outcome already", row->number);
	if (b->intent_ordered && !b->intent_durable && !b->listed)
		sim_breach(s, "row %u is decided while its intent is on the way", row->number);
	b->record_ordered = true;
	s->check.untried -= row->claim == CLAIM_FRESH && b->intent_durable && b->creates == 0;
	if (b->unsure && a->row.outcome != OUTCOME_UNRESOLVED)
		s->w.identities[row->identity].open = false;
	if (row->claim == CLAIM_RELOOK && a->row.outcome != OUTCOME_CONFLICT &&
		a->row.outcome != OUTCOME_UNCHANGED)
		sim_breach(s, "%s is written as %s", trace_row(row),
			engine_outcome_name(a->row.outcome));
	if (a->kind == ACTION_WRITE_OUTCOME) {
		check_row_judged(s, row, a);
		return;
	}
	b->withdrawn = true;
	if (!check_unsafe(s) && ((b->doubt && !b->unsure) || check_row_decided(b)))
		sim_breach(s, "the intent of row %u is withdrawn, it may have been executed",
			row->number);
	if (row->claim != CLAIM_OPEN && row->claim != CLAIM_GONE && !b->intent_durable)
		sim_breach(s, "row %u has no intent to withdraw", row->number);
}

static void check_record(struct sim *s, const struct row *row)
{
	const struct belief *b = &row->b;
	bool open = row->claim == CLAIM_OPEN || row->claim == CLAIM_GONE;

	if ((b->record_ordered || b->intent_ordered || open) && !b->record_durable)
		sim_breach(s, "row %u is told before its outcome is durable", row->number);
}

static void check_withdrawal(struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;

	if (b->withdrawn && a->row.outcome != OUTCOME_SKIPPED)
		sim_breach(s, "row %u was withdrawn and is told %s", row->number,
			engine_outcome_name(a->row.outcome));
	if (a->row.outcome == OUTCOME_SKIPPED && b->intent_durable && b->creates == 0 &&
		!b->withdrawn)
		sim_breach(s, "row %u never left, and its intent is not withdrawn", row->number);
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
	if (!is_task(row))
		check_record(s, row);
	if (!b->judged)
		check_row_judged(s, row, a);
	if (is_task(row))
		check_task_told(s, a);
	else
		check_withdrawal(s, row, a);
	if (a->row.outcome != b->outcome || a->row.cause != b->cause ||
		a->row.attempts != b->attempts_told || a->row.relook != b->relook_told ||
		(b->cause == CAUSE_ENDED && a->row.end != b->end))
		sim_breach(s, "row %u is told otherwise than it was recorded", row->number);
	b->told = true;
	s->check.told += row->number > 0;
}
