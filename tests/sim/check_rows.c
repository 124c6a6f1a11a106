/* check_rows.c - never twice: may this row be intended, looked up, sent?
 *
 * Two views of a row are kept apart. The belief is what anybody could know who
 * saw the events and orders; from it follows what the engine may do: a create
 * after a doubt needs a lookup that began after the settle, in a sandbox whose
 * lookups are proven, and found nothing. The truth is the server's; what must
 * never happen there is in check_truth.c.
 */
#include "sim.h"

/** Are safeguards switched off? Then only the truth is looked at. */
bool check_unsafe(const struct sim *s)
{
	const struct engine_config *c = &s->set.config;

	return c->unsafe.no_intent || c->unsafe.no_lookup || c->unsafe.no_second_look ||
	       c->unsafe.no_settle || c->unsafe.no_calibration || c->unsafe.no_gone ||
	       s->set.without.inventory || s->set.without.veto || s->set.without.unfinished;
}

static void doubt(struct belief *b, nsec_t since, nsec_t settle)
{
	b->doubt = true;
	b->absent = b->unsure = false;
	b->doubt_since = since;
	b->settle = settle;
}

/* Nothing of it is, nor will be, on the server. */
static void prove_absent(struct sim *s, struct row *row)
{
	row->b.was_doubt |= row->b.doubt;
	row->b.doubt = false;
	s->w.identities[row->identity].open = false;
}

/* -------------------------------------------------------------------- answers */

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
		doubt(b, s->now, fault_settle(s, a));
	if (answer_complete(a))
		s->check.slowest =
			MAX(s->check.slowest, s->now - s->jobs[row->job].request.sent_at);
	if (a == ANSWER_CREATED && b->resent)
		s->check.resent_at = s->now;
}

/* Settled: the look began when the server had had its time. */
static bool settled(const struct sim *s, const struct row *row)
{
	return row->b.look_began >= nsec_add(row->b.doubt_since, check_proof_settle(s, row));
}

static void on_absent(struct sim *s, struct row *row, nsec_t began)
{
	row->b.absent = true;
	row->b.look_began = began;
	row->b.settled =
		began >= nsec_add(row->b.doubt_since, MAX(row->b.settle, 2 * s->check.slowest));
	row->b.unlooked = false;
	if (!row->b.doubt || !settled(s, row))
		return;
	row->b.unsure = check_proof_may_hold(s, row);
	if (check_proof_holds(s, row))
		prove_absent(s, row);
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
		b->doubt = b->unlooked = false;
		b->look_began = began;
		break;
	case ANSWER_ABSENT: on_absent(s, row, began); break;
	case ANSWER_MORE:
	case ANSWER_TOKEN:
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX: break;
	default: b->trouble++;
	}
}

/* A listing in trouble is trouble for all that share it, and may be for those that
 * wait for a calibration that does. */
static void on_listing(struct sim *s, uint32_t listing, enum engine_answer a)
{
	if (a == ANSWER_LISTED || a == ANSWER_MORE || s->jobs[listing].request.kind != REQUEST_LIST)
		return;
	for (uint32_t i = 0; i < s->active_count; i++) {
		struct row *row = shell_row(s, s->active[i]);

		if (row && (row->b.doubt || row->b.unlooked) && !row->filterable &&
			row->sandbox == s->jobs[listing].scope / s->set.specs)
			row->b.trouble++;
	}
}

/* -------------------------------------------------------------------- events */

static void on_durable(struct sim *s, struct row *row)
{
	row->b.intent_durable = true;
	s->check.untried += row->claim == CLAIM_FRESH;
}

/* The claim has written it: then all that an order needs must have held. */
static void on_intended(struct sim *s, struct row *row)
{
	row->b.intent_ordered = true;
	if (!s->set.config.no_inventory && !s->check.inventory[row->scope].listed)
		sim_breach(s, "row %u is intended before its scope %u is listed", row->number,
			row->scope);
	sim_cover(s, COVER_INTENDED_BY_CLAIM);
	on_durable(s, row);
}

/* What an earlier run had left open is in doubt, whatever the ledger says. */
static void on_row(struct sim *s, struct row *row)
{
	bool sent =
		row->claim == CLAIM_FRESH || row->claim == CLAIM_OPEN || row->claim == CLAIM_ENDED;
	bool open = row->claim == CLAIM_OPEN || row->claim == CLAIM_GONE;

	row->b = (struct belief){0};
	if (s->cover)
		s->cover->claim[row->claim]++;
	if (open || (sent && s->w.identities[row->identity].open))
		doubt(&row->b, s->started_at, s->set.config.settle_timeout);
	row->b.unlooked = row->claim == CLAIM_ENDED || row->claim == CLAIM_RELOOK;
	if (sent)
		s->check.sandbox_used[row->sandbox] = true;
	if (row->intended)
		on_intended(s, row);
}

void check_row_event(struct sim *s, const struct engine_event *e)
{
	const struct job *job = &s->jobs[e->job];
	struct row *row = shell_row(s, e->job);

	if (e->kind == EVENT_ANSWER && e->answer.answer == ANSWER_FATAL_SANDBOX)
		s->check.sandbox_refused[job->request.scope / s->set.specs] = true;
	if (e->kind == EVENT_ANSWER && job->use == USE_LISTING)
		on_listing(s, e->job, e->answer.answer);
	if (!row)
		return;
	if (is_task(row)) {
		check_task_event(s, row, e);
		return;
	}
	if (e->kind == EVENT_ROW)
		on_row(s, row);
	else if (e->kind == EVENT_INTENT_DURABLE)
		on_durable(s, row);
	else if (e->kind == EVENT_LISTED)
		row->b.listed = true;
	else if (e->kind == EVENT_OUTCOME_DURABLE)
		row->b.record_durable = true;
	else if (e->kind == EVENT_SHARED_FINDING)
		on_finding(s, row, e->answer.answer, s->jobs[job->shared_by].look_began);
	else if (e->kind == EVENT_ANSWER && job->request.kind == REQUEST_CREATE)
		on_create(s, row, e->answer.answer);
	else if (e->kind == EVENT_ANSWER)
		on_finding(s, row, e->answer.answer, job->look_began);
}

/* -------------------------------------------------------------------- orders */

/** Does what came back decide the row by itself? */
bool check_row_decided(const struct belief *b)
{
	return b->found || b->listed ||
	       (b->answered && (b->last == ANSWER_CREATED || b->last == ANSWER_REJECTED ||
				       b->last == ANSWER_FATAL || b->last == ANSWER_FATAL_SANDBOX));
}

static bool may_be_sent(const struct row *row)
{
	return row->claim == CLAIM_FRESH || row->claim == CLAIM_OPEN || row->claim == CLAIM_ENDED;
}

void check_row_intent(struct sim *s, uint32_t job)
{
	struct row *row = shell_row(s, job);

	if (row && is_task(row)) {
		check_task_intent(s, row);
		return;
	}
	if (!row || !may_be_sent(row) || row->b.intent_ordered || row->b.record_ordered ||
		check_row_decided(&row->b)) {
		sim_breach(s, "%s needs no intent", trace_job(s, job));
		return;
	}
	row->b.intent_ordered = true;
	if (check_unsafe(s))
		return;
	if (row->b.unlooked)
		sim_breach(s, "row %u is intended anew before it was looked for", row->number);
	if (row->b.doubt && !row->b.unsure && !check_proof_may_sacrifice(s, row))
		sim_breach(s, "row %u is intended anew while in doubt", row->number);
	if (row->claim == CLAIM_FRESH && !s->set.config.no_inventory &&
		!s->check.inventory[row->scope].listed)
		sim_breach(s, "row %u is intended before its scope %u is listed", row->number,
			row->scope);
}

static void check_in_ledger(struct sim *s, const struct row *row)
{
	const struct entry *e = &s->w.disk.disk[row->identity];

	if (!row->b.intent_durable)
		sim_breach(s, "row %u is sent without a durable intent", row->number);
	else if (e->state != ENTRY_INTENDED || !fields_same(e->fields, row->fields))
		sim_breach(s, "row %u is sent, on disk there is no such intent", row->number);
}

/* Nobody promises anything of it, whatever is switched off. */
static bool is_sacrificed(struct sim *s, const struct row *row)
{
	if (!row->b.doubt || !check_proof_may_sacrifice(s, row))
		return false;
	check_proof_of(s, row)->sacrifice = s->jobs[row->job].row;
	s->w.identities[row->identity].sacrificed = true;
	sim_cover(s, COVER_SACRIFICED);
	return true;
}

static void check_doubt(struct sim *s, struct row *row)
{
	struct belief *b = &row->b;

	if (b->doubt && b->unsure)
		prove_absent(s, row);
	if (is_sacrificed(s, row))
		return;
	if (b->doubt)
		sim_breach(s,
			"row %u is sent again while in doubt (%s since %lld us, settle %lld us,"
			" absent %d, lookups proven %d)",
			row->number, b->answered ? engine_answer_name(b->last) : "earlier run",
			(long long)((s->now - b->doubt_since) / USEC),
			(long long)(check_proof_settle(s, row) / USEC), b->absent,
			check_proof_holds(s, row));
	if (b->unlooked)
		sim_breach(s, "row %u is sent before it was looked for", row->number);
	if (b->clash)
		sim_breach(s, "row %u is sent again after a 409", row->number);
}

static void note_create(struct sim *s, struct row *row)
{
	struct belief *b = &row->b;

	if (row->claim == CLAIM_ENDED && b->creates == 0)
		sim_cover(s, COVER_ENDED_SENT);
	if (row->claim == CLAIM_OPEN && b->creates == 0)
		sim_cover(s, COVER_OPEN_RESENT);
	if (b->was_doubt || b->doubt)
		b->resent = s->w.identities[row->identity].resent = true;
	s->check.untried -= row->claim == CLAIM_FRESH && b->intent_durable && b->creates == 0;
	b->creates++;
}

static void check_create(struct sim *s, struct row *row)
{
	if (row->b.spent >= s->set.config.attempts)
		sim_breach(
			s, "row %u is sent, its %u attempts are spent", row->number, row->b.spent);
	if (!check_unsafe(s)) {
		check_in_ledger(s, row);
		check_doubt(s, row);
	} else {
		(void)is_sacrificed(s, row);
	}
	note_create(s, row);
	check_truth_create(s, row);
}

/* Marks of this run are looked at one settle after the last of their creates. */
static void check_relook(struct sim *s, const struct row *row)
{
	if (row->source == SOURCE_RESENT && s->now < s->check.resent_at + s->set.config.settle &&
		s->check.resent_at)
		sim_breach(s, "%s is looked at %lld us after the last 201 of such rows",
			trace_row(row), (long long)((s->now - s->check.resent_at) / USEC));
}

static void check_lookup(struct sim *s, const struct row *row)
{
	if (!row->filterable)
		sim_breach(s, "%s is looked up by a name that no filter may carry", trace_row(row));
	if (!row->b.doubt && !row->b.unlooked)
		sim_breach(s, "%s is looked up without a doubt", trace_row(row));
	if (row->claim == CLAIM_RELOOK)
		check_relook(s, row);
}

void check_row_sent(struct sim *s, const struct engine_action *a)
{
	struct row *row = &s->rows[s->jobs[a->job].row];
	struct belief *b = &row->b;
	bool create = a->send.request == REQUEST_CREATE;

	if (is_task(row)) {
		check_task_sent(s, a);
		return;
	}
	if (!may_be_sent(row) &&
		(create || (row->claim != CLAIM_GONE && row->claim != CLAIM_RELOOK)))
		sim_breach(s, "%s is sent, its claim says no", trace_row(row));
	if (b->record_ordered || b->told || check_row_decided(b))
		sim_breach(s, "%s is sent, it is decided", trace_row(row));
	if (s->check.sandbox_refused[row->sandbox])
		sim_breach(s, "%s is sent, its sandbox is refused", trace_row(row));
	if (b->trouble_closed >= 4 * s->set.config.attempts)
		sim_breach(
			s, "%s is sent, it has had %u troubles", trace_row(row), b->trouble_closed);
	if (create)
		check_create(s, row);
	else
		check_lookup(s, row);
}
