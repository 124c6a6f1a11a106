/* check_rows.c - never twice, and no row told what is not so.
 *
 * Two views of a row are kept apart. The belief is what anybody could know who
 * saw the events and orders; from it follows what the engine may do: a create
 * after a doubt needs a lookup that began after the settle and found nothing.
 * The truth is the server's; from it follows what must never have happened.
 */
#include "sim.h"

static bool unsafe(const struct sim *s)
{
	return s->set.config.unsafe.no_lookup || s->set.config.unsafe.no_settle;
}

static void doubt(struct sim *s, struct belief *b, nsec_t since, nsec_t settle)
{
	b->doubt = true;
	b->doubt_since = since;
	b->settle = settle;
	b->looked = false;
}

static void on_create(struct sim *s, struct row *row, enum engine_answer a)
{
	struct belief *b = &row->b;
	bool throttled = a == ANSWER_THROTTLED || a == ANSWER_THROTTLED_DOUBTFUL;

	b->answered = true;
	b->last = a;
	b->attempts += a != ANSWER_NOT_SENT;
	if (a != ANSWER_NOT_SENT && a != ANSWER_TOKEN && !throttled) {
		b->spent_most++; /* a probe counts only if it was answered */
		b->spent += answer_complete(a) || !s->check.before.breaker_open;
	}
	b->clash = a == ANSWER_CLASH;
	if (throttled || a == ANSWER_NOT_SENT)
		b->trouble++;
	if (answer_doubtful(a))
		doubt(s, b, s->now, fault_settle(s, a));
	if (answer_complete(a))
		s->check.slowest = MAX(s->check.slowest,
			s->now - s->jobs[row->job].request.sent_at);
}

/* Settled: the look began when the server had had its time. */
static bool settled(const struct sim *s, const struct belief *b)
{
	return b->look_began >= nsec_add(b->doubt_since, MAX(b->settle, 2 * s->check.slowest));
}

static void on_finding(struct sim *s, struct row *row, enum engine_answer a, nsec_t began)
{
	struct belief *b = &row->b;

	switch ((int)a) {
	case ANSWER_FOUND_CREATED:
	case ANSWER_FOUND_ADOPTED:
	case ANSWER_CONFLICT:
		b->found = true;
		b->finding = a;
		b->doubt = false;
		break;
	case ANSWER_ABSENT:
		b->look_began = began;
		b->looked = true;
		if (settled(s, b))
			b->doubt = false;
		break;
	case ANSWER_MORE:
	case ANSWER_TOKEN:
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX:
		break;
	default:
		b->trouble++;
	}
}

/* A listing in trouble is trouble for all that share it. */
static void on_listing(struct sim *s, uint32_t listing, enum engine_answer a)
{
	if (a == ANSWER_LISTED || a == ANSWER_MORE)
		return;
	for (uint32_t j = 0; j < s->job_limit; j++) {
		struct row *row = s->jobs[j].use == USE_ROW ? &s->rows[s->jobs[j].row] : NULL;

		if (row && row->b.doubt && !row->filterable &&
			row->scope == s->jobs[listing].scope)
			row->b.trouble++;
	}
}

static void on_row(struct sim *s, struct row *row)
{
	row->b = (struct belief){ 0 };
	if (row->claim == CLAIM_OPEN)
		doubt(s, &row->b, SIM_START, s->set.config.settle_timeout);
	if (row->claim == CLAIM_FRESH || row->claim == CLAIM_OPEN)
		s->check.sandbox_used[row->sandbox] = true;
}

void check_row_event(struct sim *s, const struct engine_event *e)
{
	const struct job *job = &s->jobs[e->job];
	struct row *row = job->use == USE_ROW ? &s->rows[job->row] : NULL;

	if (e->kind == EVENT_ANSWER && e->answer.answer == ANSWER_FATAL_SANDBOX) {
		uint32_t scope = row ? row->scope : job->scope;

		s->check.sandbox_refused[scope / s->set.specs] = true;
	}
	if (e->kind == EVENT_ANSWER && !row)
		on_listing(s, e->job, e->answer.answer);
	if (!row)
		return;
	if (e->kind == EVENT_ROW)
		on_row(s, row);
	else if (e->kind == EVENT_INTENT_DURABLE)
		row->b.intent_durable = true;
	else if (e->kind == EVENT_OUTCOME_DURABLE)
		row->b.record_durable = true;
	else if (e->kind == EVENT_SHARED_FINDING)
		on_finding(s, row, e->answer.answer, s->jobs[row->shared_by].look_began);
	else if (e->kind == EVENT_ANSWER && job->request.kind == REQUEST_CREATE)
		on_create(s, row, e->answer.answer);
	else if (e->kind == EVENT_ANSWER)
		on_finding(s, row, e->answer.answer, job->look_began);
}

/* -------------------------------------------------------------------- orders */

static bool decided(const struct belief *b)
{
	return b->found || (b->answered && (b->last == ANSWER_CREATED ||
		b->last == ANSWER_REJECTED || b->last == ANSWER_FATAL ||
		b->last == ANSWER_FATAL_SANDBOX));
}

static void check_create(struct sim *s, struct row *row)
{
	struct belief *b = &row->b;

	if (row->claim != CLAIM_OPEN && !b->intent_durable)
		sim_breach(s, "row %u is sent without a durable intent", row->number);
	if (b->spent >= s->set.config.attempts)
		sim_breach(s, "row %u is sent, its %u attempts are spent", row->number, b->spent);
	b->creates++;
	if (unsafe(s))
		return;
	if (b->doubt)
		sim_breach(s, "row %u is sent again while in doubt (%s %lld us ago, settle %lld us,"
			      " slowest answer %lld us)",
			row->number, engine_answer_name(b->last),
			(long long)((s->now - b->doubt_since) / USEC),
			(long long)(b->settle / USEC), (long long)(s->check.slowest / USEC));
	if (b->clash)
		sim_breach(s, "row %u is sent again after a 409", row->number);
	if (row->made + row->coming > 0 || (row->claim == CLAIM_OPEN && row->earlier > 0))
		sim_breach(s, "row %u is sent again, and a create of it is or will be executed",
			row->number);
}

static void check_lookup(struct sim *s, struct row *row)
{
	if (!row->filterable)
		sim_breach(s, "row %u is looked up by a name that no filter may carry", row->number);
	if (!row->b.doubt)
		sim_breach(s, "row %u is looked up without a doubt", row->number);
}

void check_row_sent(struct sim *s, const struct engine_action *a)
{
	struct row *row = &s->rows[s->jobs[a->job].row];
	struct belief *b = &row->b;

	if (row->claim != CLAIM_FRESH && row->claim != CLAIM_OPEN)
		sim_breach(s, "row %u is sent, its claim says no", row->number);
	if (b->record_ordered || b->told || decided(b))
		sim_breach(s, "row %u is sent, it is decided", row->number);
	if (s->check.sandbox_refused[row->sandbox])
		sim_breach(s, "row %u is sent, its sandbox is refused", row->number);
	if (b->trouble_closed >= 4 * s->set.config.attempts)
		sim_breach(s, "row %u is sent, it has had %u troubles", row->number,
			b->trouble_closed);
	if (a->send.request == REQUEST_CREATE)
		check_create(s, row);
	else
		check_lookup(s, row);
}

/* ------------------------------------------------------------------ outcomes */

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

static bool undecided_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	bool failed = a->row.outcome == OUTCOME_FAILED;
	bool left = a->row.outcome == (b->doubt ? OUTCOME_UNRESOLVED : OUTCOME_SKIPPED);

	switch (a->row.cause) {
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP: /* a 409 and nothing there; or a lookup that ended it all */
		return b->doubt ? left : failed && b->clash;
	case CAUSE_CLAIM:
		return false;
	case CAUSE_ATTEMPTS:
		return b->spent_most >= s->set.config.attempts && (b->doubt ? left : failed);
	case CAUSE_TROUBLE:
		return b->trouble >= 4 * s->set.config.attempts && left;
	case CAUSE_SANDBOX:
		return s->check.sandbox_refused[row->sandbox] &&
			a->row.sandbox == row->sandbox && (b->doubt ? left : failed);
	case CAUSE_ENDED:
		return s->check.ending && left && check_end_has_reason(s, a->row.end);
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
	if (decided(&row->b))
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
	c->halt_reached |= config->halt_percent
		? c->finished >= 100 && c->failed * 100 >= config->halt_fails * c->finished
		: c->failed >= config->halt_fails;
}

static void judge(struct sim *s, struct row *row, const struct engine_action *a)
{
	struct belief *b = &row->b;

	if (!unsafe(s) && !outcome_fits(s, row, a))
		sim_breach(s, "row %u cannot be %s (cause %d, end %s): claim %d, last answer %s%s%s",
			row->number, engine_outcome_name(a->row.outcome), a->row.cause,
			engine_end_name(a->row.end), row->claim,
			b->answered ? engine_answer_name(b->last) : "none",
			b->doubt ? ", in doubt" : "", b->found ? ", found" : "");
	if (a->row.attempts != b->attempts)
		sim_breach(s, "row %u is told %u attempts, it had %u", row->number,
			a->row.attempts, b->attempts);
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
	if (a->kind == ACTION_WRITE_OUTCOME) {
		judge(s, row, a);
		return;
	}
	b->withdrawn = true;
	if (!unsafe(s) && (b->doubt || decided(b)))
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
	case OUTCOME_ADOPTED:
		return made == 1;
	case OUTCOME_UNRESOLVED:
		return true;
	case OUTCOME_FAILED:
	case OUTCOME_SKIPPED:
		return made == 0;
	case OUTCOME_UPDATED:
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED:
	case OUTCOME_CONFLICT:
	case OUTCOME_INVALID:
	case OUTCOME_COUNT:
		break;
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
	if (s->done && row->b.judged && !unsafe(s) && !told_truly(row))
		sim_breach(s, "row %u is told %s, and the server has %u of it", row->number,
			engine_outcome_name(row->b.outcome), made);
}
