/* check_task.c - updates, tests and deletions: may this be read, sent, written, told?
 *
 * An answer that was lost, and an update that its etag has stopped, are followed by a
 * read before anything else is sent; a deletion is read in any case. The intent of an update
 * or a deletion is on disk before it leaves. A test may be asked again and again, and changes
 * nothing.
 */
#include "sim.h"

bool check_task_finding(enum engine_answer a)
{
	return a == ANSWER_SAME || a == ANSWER_MOVED || a == ANSWER_CONFLICT || a == ANSWER_GONE;
}

/** It is not wanted, and an earlier one of it may have been executed. */
bool check_task_refused(const struct belief *b)
{
	return b->answered && (b->last == ANSWER_REJECTED || b->last == ANSWER_FATAL ||
				      b->last == ANSWER_FATAL_SANDBOX);
}

/* ---------------------------------------------------------------------- events */

static void untried(struct sim *s, struct row *row)
{
	if (row->b.untried)
		return;
	row->b.untried = true;
	s->check.untried++;
}

void check_task_tried(struct sim *s, struct row *row)
{
	s->check.untried -= row->b.untried;
	row->b.untried = false;
}

/* Whichever of them takes longest. */
static void lost(struct row *row, nsec_t since, nsec_t settle)
{
	struct belief *b = &row->b;
	bool longer = !b->doubt || since + settle > b->doubt_since + b->settle;

	b->doubt = b->lost = true;
	if (!longer)
		return;
	b->doubt_since = since;
	b->settle = settle;
}

static void on_row(struct sim *s, struct row *row)
{
	row->b = (struct belief){0};
	if (s->cover)
		s->cover->claim[row->claim]++;
	s->check.sandbox_used[row->sandbox] = true;
	row->b.lost = row->claim == CLAIM_UPDATE_OPEN;
	if (row->claim == CLAIM_DELETE_OPEN) {
		lost(row, s->started_at, s->set.config.settle_timeout);
		row->b.intent_durable = true;
	} else if (row->claim == CLAIM_TEST && !s->check.ending) {
		untried(s, row);
	}
}

static void on_durable(struct sim *s, struct row *row)
{
	row->b.intent_durable = true;
	if (is_update(row) && row->b.creates == 0 && !s->check.ending)
		untried(s, row);
}

/* A server moves an etag by itself: one update of a row may come too late for that. */
static bool is_free(struct belief *b, enum engine_answer a)
{
	bool first = a == ANSWER_STALE && !b->was_stale;

	b->was_stale |= a == ANSWER_STALE;
	return first;
}

/* What came back of an update, a test or a deletion. */
static void on_sent(struct sim *s, struct row *row, const struct request *q, enum engine_answer a)
{
	struct belief *b = &row->b;
	bool throttled = a == ANSWER_THROTTLED || a == ANSWER_THROTTLED_DOUBTFUL;
	bool test = q->kind == REQUEST_TEST;

	b->answered = true;
	b->last = a;
	if (a == ANSWER_IN_USE && b->doubt) { /* an earlier one may be executed yet */
		b->last = ANSWER_DOUBTFUL;
		b->unread = true;
		b->cleared = false;
		sim_cover(s, COVER_IN_USE_DOUBT);
	}
	b->attempts += a != ANSWER_NOT_SENT && a != ANSWER_MORE;
	if (a != ANSWER_NOT_SENT && a != ANSWER_TOKEN && a != ANSWER_MORE && a != ANSWER_IN_USE &&
		!throttled && !is_free(b, a)) {
		b->spent_most++;
		b->spent += answer_complete(a) || !s->check.before.breaker_open;
	}
	b->trouble += throttled || a == ANSWER_NOT_SENT;
	b->more |= a == ANSWER_MORE;
	if (a == ANSWER_MORE)
		sim_cover(s, COVER_TEST_MORE);
	b->stale = a == ANSWER_STALE || (b->stale && (throttled || a == ANSWER_NOT_SENT));
	b->unread |= a == ANSWER_STALE;
	if (test || !answer_doubtful(a))
		return;
	b->unread = true;
	b->cleared = false;
	lost(row, s->now, fault_settle(s, a));
}

static void cover_read(struct sim *s, const struct row *row, enum engine_answer a)
{
	const struct connection *c = &s->w.connections[row->id - 1];
	bool update = is_update(row);

	if (update && a == ANSWER_SAME)
		sim_cover(s, COVER_UPDATE_SAME);
	if (update && a == ANSWER_MOVED)
		sim_cover(s, row->b.lost && fields_same(c->fields, row->fields)
				     ? COVER_UPDATE_WAS_OURS
				     : COVER_UPDATE_MOVED);
	if (!update && row->b.answered && row->b.doubt && (a == ANSWER_SAME || a == ANSWER_MOVED))
		sim_cover(s, COVER_DELETE_SAME);
	if (!update && a == ANSWER_MOVED)
		sim_cover(s, COVER_DELETE_MOVED);
}

static void on_read(struct sim *s, struct row *row, const struct job *job, enum engine_answer a)
{
	struct belief *b = &row->b;

	if (!check_task_finding(a)) {
		b->trouble += a != ANSWER_TOKEN && a != ANSWER_FATAL && a != ANSWER_FATAL_SANDBOX;
		return;
	}
	cover_read(s, row, a);
	if (a == ANSWER_CONFLICT && is_deletion(row) && s->set.config.unsafe.no_guard)
		a = ANSWER_SAME;
	b->unread = false;
	b->finding = a;
	b->found = a == ANSWER_GONE;
	b->look_began = job->look_began;
	b->read_at = job->shown.at;
	b->cleared = a == ANSWER_SAME || a == ANSWER_MOVED;
	b->cleared_at = s->now;
	if (is_deletion(row) ? check_delete_settled(s, row, job->look_began) : a == ANSWER_SAME)
		b->doubt = false;
	if (a == ANSWER_CONFLICT && !(is_deletion(row) && b->doubt))
		b->found = true;
}

void check_task_event(struct sim *s, struct row *row, const struct engine_event *e)
{
	const struct job *job = &s->jobs[e->job];

	if (e->kind == EVENT_ROW)
		on_row(s, row);
	else if (e->kind == EVENT_INTENT_DURABLE)
		on_durable(s, row);
	else if (e->kind == EVENT_OUTCOME_DURABLE)
		row->b.record_durable = true;
	else if (e->kind == EVENT_ANSWER && job->request.kind == REQUEST_READ)
		on_read(s, row, job, e->answer.answer);
	else if (e->kind == EVENT_ANSWER)
		on_sent(s, row, &job->request, e->answer.answer);
}

/* ---------------------------------------------------------------------- orders */

/* Does what came back decide it? */
static bool is_decided(const struct belief *b)
{
	if (b->found)
		return true;
	if (!b->answered)
		return false;
	switch ((int)b->last) {
	case ANSWER_UPDATED:
	case ANSWER_PASSED:
	case ANSWER_FAILED:
	case ANSWER_DELETED:
	case ANSWER_GONE: return true;
	case ANSWER_IN_USE: return !b->doubt; /* an earlier one may be executed yet */
	default: return check_task_refused(b);
	}
}

static bool request_fits(const struct row *row, enum engine_request r)
{
	if (is_update(row))
		return r == REQUEST_UPDATE || r == REQUEST_READ;
	if (row->claim == CLAIM_TEST)
		return r == REQUEST_TEST;
	return r == REQUEST_DELETE || r == REQUEST_READ;
}

static void check_read(struct sim *s, const struct row *row)
{
	if (is_update(row) && !row->b.unread)
		sim_breach(s, "row %u is read, and nothing of it is in doubt", row->number);
}

static void check_main(struct sim *s, struct row *row, const struct engine_action *a)
{
	struct belief *b = &row->b;

	if (b->spent >= s->set.config.attempts)
		sim_breach(s, "row %u is sent, its %u attempts are spent", row->number, b->spent);
	if (b->unread)
		sim_breach(s, "row %u is sent again after %s, and was not read", row->number,
			engine_answer_name(b->last));
	if (a->send.request == REQUEST_TEST && a->send.first != !b->more)
		sim_breach(s, "row %u is asked its %s question", row->number,
			a->send.first ? "first" : "further");
	if (a->send.request == REQUEST_UPDATE)
		check_update_sent(s, row);
	if (a->send.request == REQUEST_DELETE)
		check_delete_sent(s, row);
	check_task_tried(s, row);
	b->creates++;
}

void check_task_sent(struct sim *s, const struct engine_action *a)
{
	struct row *row = &s->rows[s->jobs[a->job].row];
	struct belief *b = &row->b;

	if (!request_fits(row, a->send.request))
		sim_breach(s, "row %u sends request %d, its claim is %d", row->number,
			a->send.request, row->claim);
	if (b->record_ordered || b->told || is_decided(b))
		sim_breach(s, "row %u is sent, it is decided", row->number);
	if (s->check.sandbox_refused[row->sandbox])
		sim_breach(s, "row %u is sent, its sandbox is refused", row->number);
	if (b->trouble_closed >= 4 * s->set.config.attempts)
		sim_breach(s, "row %u is sent, it has had %u troubles", row->number,
			b->trouble_closed);
	if (a->send.request == REQUEST_READ)
		check_read(s, row);
	else
		check_main(s, row, a);
}

/* Of an update, and of a deletion only if a read has shown it to be as we left it. */
void check_task_intent(struct sim *s, struct row *row)
{
	struct belief *b = &row->b;
	bool intends = is_update(row) || row->claim == CLAIM_DELETE;

	if (!intends || b->intent_ordered || b->record_ordered || is_decided(b))
		sim_breach(s, "row %u needs no intent", row->number);
	b->intent_ordered = true;
	if (is_deletion(row) && !b->cleared)
		sim_breach(s, "row %u is to be deleted, and was not read", row->number);
}

/* -------------------------------------------------------------------- outcomes */

static bool test_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	enum engine_outcome o = a->row.outcome;

	if (a->row.cause == CAUSE_ATTEMPTS)
		return b->spent_most >= s->set.config.attempts && o == OUTCOME_FAILED;
	if (a->row.cause != CAUSE_ANSWER || !b->answered)
		return false;
	if (b->last == ANSWER_PASSED || b->last == ANSWER_GONE)
		return o == (b->last == ANSWER_PASSED ? OUTCOME_OK : OUTCOME_GONE);
	return is_decided(b) && o == OUTCOME_FAILED;
}

/* What ends a row before it is decided is the same for all. */
static bool closed_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct belief *b = &row->b;
	enum engine_outcome o = a->row.outcome;
	bool unknown = b->doubt && o == OUTCOME_UNRESOLVED;

	switch (a->row.cause) {
	case CAUSE_TROUBLE:
		return b->trouble >= 4 * s->set.config.attempts &&
		       (b->doubt ? unknown : o == OUTCOME_SKIPPED || o == row->known);
	case CAUSE_SANDBOX:
		return s->check.sandbox_refused[row->sandbox] && a->row.sandbox == row->sandbox &&
		       (b->doubt ? unknown : o == OUTCOME_FAILED);
	case CAUSE_CLAIM:
	case CAUSE_ENDED:
		return s->check.ending && (b->doubt ? unknown : o == row->known) &&
		       (a->row.cause == CAUSE_CLAIM || check_end_has_reason(s, a->row.end));
	case CAUSE_ANSWER:
	case CAUSE_LOOKUP:
	case CAUSE_ATTEMPTS:
	case CAUSE_UNPROVEN: break;
	}
	return false;
}

bool check_task_fits(const struct sim *s, const struct row *row, const struct engine_action *a)
{
	bool closed = !is_decided(&row->b) && closed_fits(s, row, a);

	if (is_update(row))
		return closed || check_update_fits(s, row, a);
	if (row->claim == CLAIM_TEST)
		return closed || test_fits(s, row, a);
	return closed || check_delete_fits(s, row, a);
}

static bool is_to_be_recorded(const struct row *row, enum engine_outcome o)
{
	if (is_update(row))
		return o == OUTCOME_UPDATED;
	return is_deletion(row) && (o == OUTCOME_DELETED || o == OUTCOME_GONE);
}

/* Of an update whose answer was lost nobody knows when it cannot be executed any more. */
static bool is_to_be_withdrawn(const struct row *row, enum engine_outcome o)
{
	if (!row->b.intent_durable || is_to_be_recorded(row, o) || o == OUTCOME_UNRESOLVED)
		return false;
	return is_deletion(row) || (is_update(row) && !row->b.lost);
}

void check_task_written(struct sim *s, const struct engine_action *a)
{
	struct row *row = shell_row(s, a->job);
	struct belief *b = &row->b;
	bool withdrawn = a->kind == ACTION_WRITE_WITHDRAWAL;

	if (b->record_ordered)
		sim_breach(s, "row %u has its outcome already", row->number);
	if (b->intent_ordered && !b->intent_durable)
		sim_breach(s, "row %u is decided while its intent is on the way", row->number);
	if (withdrawn ? !is_to_be_withdrawn(row, a->row.outcome)
		      : !is_to_be_recorded(row, a->row.outcome))
		sim_breach(s, "row %u is %s as %s", row->number,
			withdrawn ? "withdrawn" : "written", engine_outcome_name(a->row.outcome));
	if (withdrawn && is_update(row))
		check_update_withdrawn(s, row);
	b->record_ordered = true;
	b->withdrawn = withdrawn;
	check_task_tried(s, row);
	check_row_judged(s, row, a);
}

static void cover_test(struct sim *s, const struct engine_action *a)
{
	sim_cover(s, a->row.cause == CAUSE_ATTEMPTS   ? COVER_TEST_SPENT
		     : a->row.outcome == OUTCOME_OK   ? COVER_TEST_OK
		     : a->row.outcome == OUTCOME_GONE ? COVER_TEST_GONE
						      : COVER_TEST_FAILED);
}

static void check_test_told(struct sim *s, const struct row *row, const struct engine_action *a)
{
	const struct connection *c = &s->w.connections[row->id - 1];

	cover_test(s, a);
	if (a->row.outcome == OUTCOME_GONE && !c->deleted)
		sim_harm(s, "row %u is told gone, and is there", row->number);
	if (s->set.command == COMMAND_VERIFY && row->b.record_ordered)
		sim_harm(s, "row %u was tested, and something is written", row->number);
}

/* check_row_told() has seen that it is one that may be told. */
void check_task_told(struct sim *s, const struct engine_action *a)
{
	struct row *row = shell_row(s, a->job);
	struct belief *b = &row->b;
	enum engine_outcome o = a->row.outcome;

	check_task_tried(s, row);
	if ((is_to_be_recorded(row, o) || is_to_be_withdrawn(row, o)) && !b->record_durable)
		sim_breach(s, "row %u is told %s before that is durable", row->number,
			engine_outcome_name(o));
	if (is_update(row))
		check_update_told(s, row);
	else if (row->claim == CLAIM_TEST)
		check_test_told(s, row, a);
	else
		check_delete_told(s, row);
}
