/* check.c - does each order make sense where it comes?
 *
 * The rules stand in engine.h (what an order means, what answers it) and in
 * the state table of a row's life, repeated here from the protocol and not
 * from the engine. What concerns one row's truth is in check_rows.c, manners
 * are in check_polite.c, the end of a run is in check_end.c.
 */
#include "sim.h"

void check_init(struct sim *s)
{
	s->check = (struct check){
		.rate_floor = INT64_MAX,
		.token = {.refused_row = NO_ROW,
			.fetched_at = NSEC_NONE,
			.missing_since = NSEC_NONE},
		.pause_until = NSEC_NONE,
		.open_since = NSEC_NONE,
		.last_answer = s->now,
		.probe_job = ENGINE_NO_JOB,
		.before = engine_stats(s->engine),
	};
	for (int i = 0; i < SIM_SANDBOXES_MAX; i++)
		s->check.proof[i][0].sacrifice = s->check.proof[i][1].sacrifice = NO_ROW;
}

#define TO(state) (1u + JOB_##state)
#define ON(state, event, target) [JOB_##state][EV_##event] = TO(target)
static const unsigned char next_state[JOB_STATE_COUNT][EV_COUNT] = {
	ON(TOLD, CLAIMED, PENDING),
	ON(TOLD, LISTING, TO_LOOK),
	ON(PENDING, DURABLE, READY),
	ON(PENDING, PLAIN, READY),
	ON(PENDING, KNOWN, DONE),
	ON(PENDING, OPEN, DOUBTFUL),
	ON(PENDING, LOOK, TO_LOOK),
	ON(PENDING, CLOSED, DONE),
	ON(READY, ADMITTED, IN_FLIGHT),
	ON(READY, LOOK, TO_LOOK),
	ON(READY, CLOSED, DONE),
	ON(IN_FLIGHT, ANSWERED, DONE),
	ON(IN_FLIGHT, SPENT, DONE),
	ON(IN_FLIGHT, RETRY, WAITING),
	ON(IN_FLIGHT, REFUSED_TOKEN, WAITING),
	ON(IN_FLIGHT, DOUBT, DOUBTFUL),
	ON(IN_FLIGHT, LOOK, TO_LOOK),
	ON(IN_FLIGHT, MORE, READY),
	ON(WAITING, DUE, READY),
	ON(WAITING, CLOSED, DONE),
	ON(DOUBTFUL, DUE, TO_LOOK),
	ON(DOUBTFUL, CLOSED, DONE),
	ON(TO_LOOK, ADMITTED, LOOKING),
	ON(TO_LOOK, FOUND, DONE),
	ON(TO_LOOK, SEVERAL, DONE),
	ON(TO_LOOK, SPENT, DONE),
	ON(TO_LOOK, ABSENT, WAITING),
	ON(TO_LOOK, UNSETTLED, DOUBTFUL),
	ON(TO_LOOK, TROUBLE, DOUBTFUL),
	ON(TO_LOOK, CLOSED, DONE),
	ON(LOOKING, FOUND, DONE),
	ON(LOOKING, SEVERAL, DONE),
	ON(LOOKING, SPENT, DONE),
	ON(LOOKING, ABSENT, WAITING),
	ON(LOOKING, CLEARED, WAITING),
	ON(LOOKING, UNSETTLED, DOUBTFUL),
	ON(LOOKING, TROUBLE, DOUBTFUL),
	ON(LOOKING, MORE, TO_LOOK),
	ON(DONE, RECORDED, TOLD),
};

/* The engine's trace: every move of a job. */
void check_move(void *arg, nsec_t now, uint32_t job, enum job_state from, enum job_event event,
	enum job_state to)
{
	struct sim *s = arg;

	trace_note(s, TRACE_ALL, "          %s %s: %s -> %s", trace_job(s, job),
		job_state_name(from), job_event_name(event), job_state_name(to));
	/* A listing has no outcome to record, so it may leave in its own way. */
	if (next_state[from][event] != 1u + to && s->jobs[job].use == USE_ROW)
		sim_breach(s, "%s goes from %s by %s to %s", trace_job(s, job),
			job_state_name(from), job_event_name(event), job_state_name(to));
	if (now != s->now)
		sim_breach(s, "a move of %s is traced at another time", trace_job(s, job));
}

static void note_source_ended(struct sim *s, const struct engine_event *e)
{
	struct check *c = &s->check;

	c->source_ended[s->ending_source] = true;
	if (e->source_ended.fatal)
		c->causes |= 1u << END_INPUT;
}

static void note_causes(struct sim *s, const struct engine_event *e)
{
	struct check *c = &s->check;
	uint32_t before = c->causes;

	switch (e->kind) {
	case EVENT_STOP: c->causes |= 1u << END_STOPPED; break;
	case EVENT_ABORT: c->causes |= 1u << END_ABORTED; break;
	case EVENT_LEDGER_FAILED: c->causes |= 1u << END_LEDGER; break;
	case EVENT_TOKEN_REFUSED:
		if (!s->fetch_cut) /* else nobody needs it */
			c->causes |= 1u << END_TOKEN;
		break;
	case EVENT_SOURCE_ENDED: note_source_ended(s, e); break;
	case EVENT_ANSWER:
		if (e->answer.answer == ANSWER_FATAL)
			c->causes |= 1u << END_FATAL;
		if (e->answer.retry_after > s->set.config.max_retry_after)
			c->causes |= 1u << END_RETRY_AFTER;
		break;
	case EVENT_ROW:
	case EVENT_INTENT_DURABLE:
	case EVENT_OUTCOME_DURABLE:
	case EVENT_SHARED_FINDING:
	case EVENT_LISTED:
	case EVENT_RECALLED:
	case EVENT_TOKEN_FRESH:
	case EVENT_TOKEN_FAILED: break;
	}
	c->closing |= c->causes != before;
}

/* Before the engine hears of it. */
void check_event(struct sim *s, const struct engine_event *e)
{
	note_causes(s, e);
	check_row_event(s, e);
	check_proof_event(s, e);
	check_token_event(s, e);
	check_polite_event(s, e);
	check_inventory_event(s, e);
}

static void check_stats(struct sim *s, const struct engine_stats *now)
{
	const struct check *c = &s->check;

	if (now->in_flight != c->in_flight)
		sim_breach(s, "stats say %u in flight, it is %u", now->in_flight, c->in_flight);
	if (now->requests != c->requests)
		sim_breach(s, "stats say %llu requests, it is %llu",
			(unsigned long long)now->requests, (unsigned long long)c->requests);
	if (now->window < 1 || now->window > s->set.config.concurrency)
		sim_breach(s, "the window is %u, concurrency %u", now->window,
			s->set.config.concurrency);
	if (c->before.ending && !now->ending)
		sim_breach(s, "the run was ending and is not any more");
}

/* After the engine has heard of it. */
void check_handled(struct sim *s, const struct engine_event *e)
{
	struct engine_stats now = engine_stats(s->engine);

	if (s->check.closing && !now.ending)
		sim_breach(s, "this ends the run, and the engine does not say so");
	check_stats(s, &now);
	if (s->check.before.open_jobs == 0)
		s->check.busy_since = s->now;
	check_polite_handled(s, e);
	s->check.before = now;
}

static bool others_are_open(const struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		const struct job *j = &s->jobs[s->active[i]];

		if ((j->use == USE_ROW && s->rows[j->row].source != SOURCE_RESENT) ||
			(j->use == USE_READING && j->source != SOURCE_RESENT &&
				!s->check.source_ended[j->source]))
			return true;
	}
	return false;
}

static void check_read(struct sim *s, const struct engine_action *a)
{
	const struct job *j = &s->jobs[a->job];
	enum engine_source source = a->read.source;
	const struct check *c = &s->check;
	bool void_read = j->use == USE_READING && c->source_ended[j->source];

	if (c->source_ended[source])
		sim_breach(s, "READ after the end of source %d", source);
	for (int i = 0; i < (int)source && !c->ending; i++)
		if (!c->source_ended[i] && s->set.command == COMMAND_RUN)
			sim_breach(s, "READ of source %d before the end of %d", source, i);
	if (source != SOURCE_INPUT && s->set.command != COMMAND_RUN)
		sim_breach(s, "READ of source %d, the input is the only one", source);
	if (source != SOURCE_INPUT && c->ending)
		sim_breach(s, "READ of source %d while the run ends", source);
	if (source == SOURCE_RESENT && others_are_open(s))
		sim_breach(s, "READ of re-sent rows while others are open");
	if (c->causes & 1u << END_ABORTED)
		sim_breach(s, "READ after an abort");
	if ((j->use != USE_FREE && !void_read) || j->request.out)
		sim_breach(s, "READ for %s, which is not free", trace_job(s, a->job));
}

static void check_listing(struct sim *s, const struct engine_action *a)
{
	const struct job *j = &s->jobs[a->job];

	if (j->use == USE_ROW || j->use == USE_READING)
		sim_breach(s, "a listing takes %s", trace_job(s, a->job));
	if (a->send.scope >= s->set.sandboxes * s->set.specs)
		sim_breach(s, "a listing of scope %u, there is none", a->send.scope);
}

static void check_send(struct sim *s, const struct engine_action *a)
{
	const struct job *j = &s->jobs[a->job];

	if (j->request.out)
		sim_breach(s, "SEND for %s, whose request is in flight", trace_job(s, a->job));
	if (a->send.request == REQUEST_LIST || a->send.request == REQUEST_INVENTORY)
		check_listing(s, a);
	else if (j->use == USE_ROW)
		check_row_sent(s, a);
	else if (j->use != USE_CALIBRATION || a->send.request != REQUEST_LOOKUP || !j->filterable ||
		 j->id == 0)
		sim_breach(s, "SEND for %s, which has nothing to send", trace_job(s, a->job));
	check_inventory_sent(s, a);
	check_token_order(s, a);
	check_polite_sent(s, a);
}

static bool only_calibrations_are_left(const struct sim *s)
{
	for (uint32_t i = 0; i < s->active_count; i++) {
		const struct job *j = &s->jobs[s->active[i]];

		if (j->use == USE_ROW ||
			(j->use == USE_READING && !s->check.source_ended[j->source]) ||
			(j->use == USE_LISTING && j->request.out))
			return false;
	}
	return s->set.command == COMMAND_RUN && s->check.source_ended[SOURCE_DOUBTS] &&
	       (s->check.source_ended[SOURCE_RESENT] || !s->check.marked);
}

static void check_cut(struct sim *s, uint32_t job)
{
	const struct request *q = &s->jobs[job].request;
	bool by_halt = s->set.config.halt_mode == HALT_NOW;

	if (!q->out || q->cut)
		sim_breach(s, "CUT of %s, which has nothing in flight", trace_job(s, job));
	if (!s->check.ending && !(s->jobs[job].use == USE_CALIBRATION))
		sim_breach(s, "CUT of %s, and the run goes on", trace_job(s, job));
	if (s->jobs[job].use != USE_CALIBRATION && s->check.causes == 1u << END_STOPPED && !by_halt)
		sim_breach(s, "CUT of %s by a stop, which lets it finish", trace_job(s, job));
}

/* A run may begin to end by an event, or as time goes by. */
static void note_ending(struct sim *s)
{
	bool ending = engine_stats(s->engine).ending;

	if (ending && !s->check.ending) {
		s->check.patience_over = check_end_patience_is_over(s);
		s->check.token.outage_over = check_end_outage_is_over(s);
	}
	s->check.ending = ending;
}

static void check_order(struct sim *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_READ: check_read(s, a); break;
	case ACTION_WRITE_INTENT: check_row_intent(s, a->job); break;
	case ACTION_WRITE_WITHDRAWAL:
	case ACTION_WRITE_OUTCOME: check_row_outcome(s, a); break;
	case ACTION_SEND: check_send(s, a); break;
	case ACTION_CUT:
		if (a->job == ENGINE_NO_JOB)
			check_token_order(s, a);
		else
			check_cut(s, a->job);
		break;
	case ACTION_FETCH:
		check_token_order(s, a);
		check_polite_sent(s, a);
		break;
	case ACTION_EMIT: check_row_told(s, a); break;
	case ACTION_COPY:
	case ACTION_RECALL: check_proof_action(s, a); break;
	case ACTION_DONE: check_end(s, a); break;
	}
}

void check_action(struct sim *s, const struct engine_action *a)
{
	bool cuts_fetch = a->kind == ACTION_CUT && a->job == ENGINE_NO_JOB;
	bool has_job = a->kind != ACTION_FETCH && a->kind != ACTION_DONE;
	struct engine_stats now;

	if (has_job && !cuts_fetch && a->job >= s->job_limit) {
		sim_breach(s, "job %u is over the limit of %u", a->job, s->job_limit);
		return;
	}
	if (s->w.disk.failed && a->kind != ACTION_CUT && a->kind != ACTION_DONE)
		sim_breach(s, "%s after the ledger failed", engine_action_name(a->kind));
	note_ending(s);
	check_order(s, a);
	now = engine_stats(s->engine);
	check_stats(s, &now);
	s->check.before = now;
}

static void check_cuts(struct sim *s)
{
	bool aborted = s->check.causes & 1u << END_ABORTED;
	bool alone = only_calibrations_are_left(s);

	for (uint32_t i = 0; i < s->active_count && (aborted || alone); i++) {
		uint32_t j = s->active[i];

		if (s->jobs[j].request.out && !s->jobs[j].request.cut)
			sim_breach(s, "%s, and the request of %s is not cut",
				aborted ? "aborted" : "nothing else is open", trace_job(s, j));
	}
}

/* The engine says that there is nothing to do now. */
void check_idle(struct sim *s)
{
	nsec_t deadline = engine_deadline(s->engine);

	note_ending(s);
	if (deadline <= s->now)
		sim_breach(s, "nothing to do, yet the deadline is %lld us ago",
			(long long)((s->now - deadline) / USEC));
	check_cuts(s);
	check_polite_idle(s);
	check_token_idle(s);
}
