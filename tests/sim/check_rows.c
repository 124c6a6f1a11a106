/* check_rows.c - never twice, and no row told what is not so.
 *
 * Two views of a row are kept apart. The belief is what anybody could know who
 * saw the events and orders; from it follows what the engine may do: a create
 * after a doubt needs a lookup that began after the settle and found nothing.
 * The truth is the server's; from it follows what must never have happened.
 */
#include "sim.h"

/** Are safeguards of the engine switched off? Then only the truth is looked at. */
bool check_unsafe(const struct sim *s)
{
	return s->set.config.unsafe.no_lookup || s->set.config.unsafe.no_settle;
}

static void doubt(struct sim *s, struct belief *b, nsec_t since, nsec_t settle)
{
	b->doubt = true;
	b->doubt_since = since;
	b->settle = settle;
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
		s->check.slowest =
			MAX(s->check.slowest, s->now - s->jobs[row->job].request.sent_at);
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
		if (settled(s, b))
			b->doubt = false;
		break;
	case ANSWER_MORE:
	case ANSWER_TOKEN:
	case ANSWER_FATAL:
	case ANSWER_FATAL_SANDBOX: break;
	default: b->trouble++;
	}
}

/* A listing in trouble is trouble for all that share it. */
static void on_listing(struct sim *s, uint32_t listing, enum engine_answer a)
{
	if (a == ANSWER_LISTED || a == ANSWER_MORE)
		return;
	for (uint32_t j = 0; j < s->job_limit; j++) {
		struct row *row = s->jobs[j].use == USE_ROW ? &s->rows[s->jobs[j].row] : NULL;

		if (row && row->b.doubt && !row->filterable && row->scope == s->jobs[listing].scope)
			row->b.trouble++;
	}
}

static void on_row(struct sim *s, struct row *row)
{
	row->b = (struct belief){0};
	if (row->claim == CLAIM_OPEN)
		doubt(s, &row->b, SIM_START, s->set.config.settle_timeout);
	if (row->claim == CLAIM_FRESH || row->claim == CLAIM_OPEN)
		s->check.sandbox_used[row->sandbox] = true;
}

static void intent_durable(struct sim *s, struct row *row)
{
	row->b.intent_durable = true;
	s->check.untried++;
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
		intent_durable(s, row);
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

/** Does what came back decide the row by itself? */
bool check_row_decided(const struct belief *b)
{
	return b->found ||
	       (b->answered && (b->last == ANSWER_CREATED || b->last == ANSWER_REJECTED ||
				       b->last == ANSWER_FATAL || b->last == ANSWER_FATAL_SANDBOX));
}

static void check_create(struct sim *s, struct row *row)
{
	struct belief *b = &row->b;

	if (row->claim != CLAIM_OPEN && !b->intent_durable)
		sim_breach(s, "row %u is sent without a durable intent", row->number);
	if (b->spent >= s->set.config.attempts)
		sim_breach(s, "row %u is sent, its %u attempts are spent", row->number, b->spent);
	s->check.untried -= b->intent_durable && b->creates == 0;
	b->creates++;
	if (check_unsafe(s))
		return;
	if (b->doubt)
		sim_breach(s,
			"row %u is sent again while in doubt (%s %lld us ago, settle %lld us,"
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
		sim_breach(
			s, "row %u is looked up by a name that no filter may carry", row->number);
	if (!row->b.doubt)
		sim_breach(s, "row %u is looked up without a doubt", row->number);
}

void check_row_sent(struct sim *s, const struct engine_action *a)
{
	struct row *row = &s->rows[s->jobs[a->job].row];
	struct belief *b = &row->b;

	if (row->claim != CLAIM_FRESH && row->claim != CLAIM_OPEN)
		sim_breach(s, "row %u is sent, its claim says no", row->number);
	if (b->record_ordered || b->told || check_row_decided(b))
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
