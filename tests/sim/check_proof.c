/* check_proof.c - may lookups be believed? Calibration, by its rules.
 *
 * In each sandbox and run, for lookups by name and for listings each, absence is proven only once a lookup was seen to find
 * something: the first created row, one that is known, or any row that is found.
 * Where there is none at all, the oldest doubtful row alone is sent again. A look
 * that begins 60 s after and does not find it: lookups prove nothing there.
 */
#include "sim.h"

#define PATIENCE (60 * SEC)

struct proof *check_proof_of(struct sim *s, const struct row *row)
{
	return &s->check.proof[row->sandbox][row->filterable];
}

static const struct proof *proof_of(const struct sim *s, const struct row *row)
{
	return &s->check.proof[row->sandbox][row->filterable];
}

bool check_proof_holds(const struct sim *s, const struct row *row)
{
	return proof_of(s, row)->calibrated;
}

bool check_proof_may_hold(const struct sim *s, const struct row *row)
{
	return proof_of(s, row)->calibrated || proof_of(s, row)->perhaps;
}

bool check_proof_is_hopeless(const struct sim *s, const struct row *row)
{
	return proof_of(s, row)->failed || proof_of(s, row)->recall_missed;
}

nsec_t check_proof_settle(const struct sim *s, const struct row *row)
{
	nsec_t settle = MAX(row->b.settle, 2 * s->check.slowest);

	return MAX(settle, proof_of(s, row)->floor);
}

bool check_proof_may_sacrifice(const struct sim *s, const struct row *row)
{
	const struct proof *p = proof_of(s, row);
	const struct belief *b = &row->b;

	return b->absent && b->settled && p->recall_missed && !p->failed &&
	       (p->sacrifice == NO_ROW || &s->rows[p->sacrifice] == row) &&
	       s->now >= nsec_add(b->doubt_since, s->set.config.settle_timeout);
}

static void calibrated(struct sim *s, struct proof *p, const struct job *job)
{
	p->calibrated = true;
	if (!job->copied)
		return;
	p->floor = MAX(p->floor, 4 * (s->now - job->since));
	if (p->floor > s->set.config.settle_timeout)
		sim_cover(s, COVER_LAG_LEARNT);
}

/* Its troubles may count for all that wait for it, so that they come to an end. */
static void trouble(struct sim *s, uint32_t sandbox)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		struct row *row = shell_row(s, s->active[i]);

		if (row && row->b.doubt && row->sandbox == sandbox)
			row->b.trouble++;
	}
}

static void on_calibration(struct sim *s, struct proof *p, const struct job *job,
	enum engine_answer a, nsec_t look_began)
{
	if (a == ANSWER_FOUND_CREATED)
		calibrated(s, p, job);
	if (a < ANSWER_FOUND_CREATED)
		trouble(s, job->sandbox);
	if (a != ANSWER_ABSENT || look_began < job->since + PATIENCE || p->calibrated)
		return;
	p->failed = true;
	sim_cover(s, COVER_CALIBRATION_FAILED);
}

/* In whatever sandbox, for the order that would say so may be on its way yet. */
static bool is_running(const struct sim *s)
{
	uint32_t row_slots = MAX(1024, 4 * s->set.config.concurrency);

	for (uint32_t j = row_slots; j < s->job_limit; j++)
		if (s->jobs[j].use != USE_LISTING && engine_job_state(s->engine, j) != JOB_TOLD)
			return true;
	return false;
}

static void on_row(struct sim *s, const struct job *job, const struct engine_event *e)
{
	const struct row *row = &s->rows[job->row];
	struct proof *p = check_proof_of(s, row);
	enum engine_answer a = e->answer.answer;
	bool of_create = e->kind == EVENT_ANSWER && job->request.kind == REQUEST_CREATE;

	if (of_create && p->sacrifice == job->row)
		p->sacrifice = NO_ROW;
	if (of_create && a == ANSWER_CREATED)
		p->created = true;
	if (!of_create &&
		(a == ANSWER_FOUND_CREATED || a == ANSWER_FOUND_ADOPTED || a == ANSWER_CONFLICT)) {
		bool closing = s->check.before.ending || s->check.sandbox_refused[row->sandbox];

		p->perhaps |= !p->failed; /* failed is failed, whatever is found later */
		p->calibrated |= !p->failed && !closing && !is_running(s);
	}
}

void check_proof_event(struct sim *s, const struct engine_event *e)
{
	const struct job *job = &s->jobs[e->job];
	bool shared = e->kind == EVENT_SHARED_FINDING;

	if (e->kind == EVENT_RECALLED) { /* a name that no filter may carry is none for lookups */
		s->check.proof[job->sandbox][0].recall_missed |= !e->recalled.found;
		s->check.proof[job->sandbox][1].recall_missed |=
			!e->recalled.found || !e->recalled.filterable;
		sim_cover(s, e->recalled.found ? COVER_RECALL_FOUND : COVER_RECALL_NOTHING);
	}
	if (e->kind != EVENT_ANSWER && !shared)
		return;
	if (job->use == USE_ROW && is_task(&s->rows[job->row]))
		return; /* a read by id says nothing of searches */
	if (job->use == USE_ROW)
		on_row(s, job, e);
	else if (job->use == USE_CALIBRATION)
		on_calibration(s, &s->check.proof[job->sandbox][!shared], job, e->answer.answer,
			shared ? s->jobs[job->shared_by].look_began : job->look_began);
}

static void check_copy(struct sim *s, const struct engine_action *a)
{
	const struct row *row = shell_row(s, a->copy.from);

	if (!row || !row->b.answered || row->b.last != ANSWER_CREATED)
		sim_breach(s, "%s calibrates, and was not created", trace_job(s, a->copy.from));
	else if (row->b.record_ordered)
		sim_breach(s, "%s calibrates, and its outcome is written already",
			trace_job(s, a->copy.from));
	sim_cover(s, COVER_COPIED);
}

static void check_recall(struct sim *s, const struct engine_action *a)
{
	const struct proof *p = s->check.proof[a->recall.sandbox];

	if (p[0].calibrated && p[1].calibrated)
		sim_breach(s, "RECALL for sandbox %u, which is calibrated", a->recall.sandbox);
}

void check_proof_action(struct sim *s, const struct engine_action *a)
{
	enum job_use use = s->jobs[a->job].use;

	if (use == USE_ROW || use == USE_READING || s->jobs[a->job].request.out)
		sim_breach(s, "a calibration takes %s", trace_job(s, a->job));
	if (a->kind == ACTION_COPY)
		check_copy(s, a);
	else
		check_recall(s, a);
}
