/* shell.c - what src/run does with the engine's orders, played by the world. */
#include <assert.h>

#include "sim.h"

struct row *shell_row(struct sim *s, uint32_t job)
{
	return s->jobs[job].use == USE_ROW ? &s->rows[s->jobs[job].row] : NULL;
}

void shell_use(struct sim *s, uint32_t number, enum job_use use)
{
	struct job *job = &s->jobs[number];

	job->use = use;
	if (!job->active) {
		s->active[s->active_count++] = number;
		job->active = s->active_count;
		job->shared_by = ENGINE_NO_JOB;
	}
}

static void release(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	uint32_t last = s->active[--s->active_count];

	s->active[job->active - 1] = last;
	s->jobs[last].active = job->active;
	job->active = 0;
	job->use = USE_FREE;
	job->shared_by = ENGINE_NO_JOB;
}

/* ------------------------------------------------------------------- requests */

static bool is_listing(enum engine_request r)
{
	return r == REQUEST_LIST || r == REQUEST_INVENTORY;
}

static void begin_search(struct sim *s, struct job *job)
{
	job->look_began = s->now;
	job->search.cursor = UINT32_MAX;
	job->search.hits = 0;
	job->search.first = true;
	job->search.saw_id = job->search.counting = job->search.more = false;
}

static void send(struct sim *s, const struct engine_action *a)
{
	struct job *job = &s->jobs[a->job];
	struct request *q = &job->request;
	struct row *row;

	if (is_listing(a->send.request)) {
		shell_use(s, a->job, USE_LISTING);
		job->scope = a->send.scope;
	}
	row = shell_row(s, a->job);
	*q = (struct request){
		.out = true,
		.kind = a->send.request,
		.row = row ? job->row : NO_ROW,
		.identity = row ? row->identity : job->identity,
		.scope = a->send.scope,
		.generation = a->send.generation,
		.sent_at = s->now,
		.serial = ++s->serial,
		.create = NO_CREATE,
		.change = NO_CHANGE,
	};
	if (row)
		q->scope = q->kind == REQUEST_CREATE || is_task(row) ? row->scope : row->look_scope;
	else if (job->use == USE_CALIBRATION)
		q->scope = job->scope;
	s->requests_out++;
	if (q->kind != REQUEST_CREATE && a->send.first)
		begin_search(s, job);
	if (q->kind == REQUEST_CREATE)
		s->w.identities[row->identity].open = true;
	fault_plan(s, a->job);
}

/* libcurl gives the handle back: at once, or a moment later. What had begun to
 * leave may be executed for all we know. */
static void cut(struct sim *s, uint32_t number)
{
	struct request *q = &s->jobs[number].request;
	nsec_t answer_at = s->now + rng_between(&s->rng, 0, 3 * MS);
	bool began = s->now >= q->began_at;

	if (s->jobs[number].use == USE_CALIBRATION)
		sim_cover(s, COVER_CALIBRATION_CUT);
	if (q->answering) /* all of it has come, its findings are just being told */
		return;
	q->cut = true;
	if (q->waiting) /* for the ledger, which is not to be cut */
		return;
	q->serial = ++s->serial;
	q->retry_after = NSEC_NONE;
	q->answer = began ? ANSWER_BROKEN : ANSWER_NOT_SENT;
	if (q->create != NO_CREATE && (!began || rng_chance(&s->rng, 500)))
		server_cancel(s, q->create);
	if (q->change != NO_CHANGE && (!began || rng_chance(&s->rng, 500)))
		change_cancel(s, q->change);
	queue_push(&s->queue,
		(struct world_event){
			.kind = WORLD_ANSWER, .job = number, .number = q->serial, .at = answer_at});
}

static void fetch(struct sim *s)
{
	nsec_t delay = rng_between(&s->rng, s->set.token_delay_min, s->set.token_delay);

	s->fetch_out = true;
	s->fetch_cut = false;
	queue_push(&s->queue,
		(struct world_event){
			.kind = WORLD_TOKEN, .number = ++s->fetch_serial, .at = s->now + delay});
}

static void cut_fetch(struct sim *s)
{
	s->fetch_cut = true;
	sim_cover(s, COVER_FETCH_CUT);
	queue_push(&s->queue, (struct world_event){.kind = WORLD_TOKEN,
				      .number = ++s->fetch_serial,
				      .at = s->now + rng_between(&s->rng, 0, 3 * MS)});
}

/* --------------------------------------------------------------------- ledger */

static struct op op_of(const struct sim *s, uint32_t job, enum op_kind kind)
{
	const struct row *row = &s->rows[s->jobs[job].row];

	return (struct op){
		.kind = kind,
		.job = job,
		.row = s->jobs[job].row,
		.identity = row->identity,
		.number = row->number,
		.fields = row->fields,
	};
}

static enum op_kind intent_of(const struct row *row)
{
	if (is_update(row))
		return OP_INTEND_UPDATE;
	return is_deletion(row) ? OP_INTEND_DELETE : OP_INTEND;
}

static enum entry_state standing(enum engine_outcome o)
{
	if (o == OUTCOME_CREATED || o == OUTCOME_ADOPTED)
		return ENTRY_DONE;
	return o == OUTCOME_UNRESOLVED ? ENTRY_DOUBT : ENTRY_REFUSED;
}

/* What was found by what the intent recorded stands as that; all else as it is now. */
static void write_outcome(struct sim *s, const struct engine_action *a)
{
	struct op op = op_of(s, a->job, OP_OUTCOME);
	const struct row *row = &s->rows[op.row];

	if (is_task(row)) {
		ledger_submit(s, task_op(s, row, op, a->row.outcome));
		return;
	}
	if (row->claim == CLAIM_RELOOK && a->row.outcome != OUTCOME_CONFLICT) {
		op.kind = OP_UNMARK;
		ledger_submit(s, op);
		return;
	}
	op.status = a->row.outcome;
	op.standing = standing(a->row.outcome);
	op.id = op.standing == ENTRY_DONE ? row->id : 0;
	op.etag = op.standing == ENTRY_DONE ? row->etag : 0;
	op.as_now = op.standing == ENTRY_DONE && fields_same(row->look, row->fields);
	op.relook = a->row.relook;
	ledger_submit(s, op);
}

/* A last look found more than one: the line of this run says so too. */
static void amend(struct sim *s, uint32_t identity)
{
	for (uint32_t i = 0; i < s->csv_rows; i++) {
		struct row *row = &s->rows[i];

		if (row->identity != identity || !row->b.told || row->claim == CLAIM_DUPLICATE)
			continue;
		row->line = OUTCOME_CONFLICT;
		sim_cover(s, COVER_RELOOK_AMENDED);
	}
}

static void emit(struct sim *s, const struct engine_action *a)
{
	struct row *row = shell_row(s, a->job);
	bool earlier;

	assert(row);
	earlier = row->claim == CLAIM_RELOOK && row->source == SOURCE_MARKS;
	row->line = a->row.outcome;
	if (row->claim == CLAIM_RELOOK && a->row.outcome == OUTCOME_CONFLICT)
		amend(s, row->identity);
	row->job = ENGINE_NO_JOB;
	release(s, a->job);
	if (earlier)
		claimed_looked_at(s, row);
	if (s->rows_held == 0 && s->end_held)
		ledger_input_ended(s);
}

/* ---------------------------------------------------------------- calibration */

static void copy(struct sim *s, const struct engine_action *a)
{
	const struct row *row = shell_row(s, a->copy.from);
	struct job *job = &s->jobs[a->job];

	assert(row);
	shell_use(s, a->job, USE_CALIBRATION);
	job->identity = row->identity;
	job->id = row->id;
	job->scope = row->scope;
	job->sandbox = row->sandbox;
	job->filterable = row->filterable;
	job->copied = true;
	job->recalling = false;
	job->since = s->now;
}

static void recall(struct sim *s, const struct engine_action *a)
{
	struct job *job = &s->jobs[a->job];

	shell_use(s, a->job, USE_CALIBRATION);
	job->sandbox = a->recall.sandbox;
	job->identity = NO_IDENTITY;
	job->id = 0;
	job->copied = false;
	job->recalling = true;
	job->since = s->now;
	ledger_submit(s, (struct op){.kind = OP_RECALL_ANY,
				 .job = a->job,
				 .row = NO_ROW,
				 .identity = NO_IDENTITY,
				 .sandbox = a->recall.sandbox});
}

void shell_perform(struct sim *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_READ: input_read(s, a->job, a->read.source); break;
	case ACTION_WRITE_INTENT:
		ledger_submit(s, op_of(s, a->job, intent_of(&s->rows[s->jobs[a->job].row])));
		break;
	case ACTION_WRITE_WITHDRAWAL: ledger_submit(s, op_of(s, a->job, OP_WITHDRAW)); break;
	case ACTION_WRITE_OUTCOME: write_outcome(s, a); break;
	case ACTION_SEND: send(s, a); break;
	case ACTION_CUT:
		if (a->job == ENGINE_NO_JOB)
			cut_fetch(s);
		else
			cut(s, a->job);
		break;
	case ACTION_FETCH: fetch(s); break;
	case ACTION_EMIT: emit(s, a); break;
	case ACTION_COPY: copy(s, a); break;
	case ACTION_RECALL: recall(s, a); break;
	case ACTION_DONE:
		s->done = true;
		s->end = a->done.end;
		break;
	}
}

/* -------------------------------------------------------------------- answers */

static void tell_answer(struct sim *s, uint32_t number)
{
	struct request *q = &s->jobs[number].request;

	s->requests_out--;
	q->out = q->answering = false;
	sim_tell(s, &(struct engine_event){
			    .kind = EVENT_ANSWER,
			    .job = number,
			    .answer = {.answer = q->answer, .retry_after = q->retry_after},
		    });
}

/* What came back of a create settles whether it is still to be feared. */
static void note_create(struct sim *s, const struct request *q)
{
	struct row *row = &s->rows[q->row];

	if (!answer_doubtful(q->answer))
		s->w.identities[row->identity].open = false;
	if (q->answer != ANSWER_CREATED)
		return;
	row->id = s->w.creates[q->create].connection + 1;
	row->etag = 1; /* as it was when the server answered */
}

void shell_answer(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct request *q = &job->request;
	bool page = q->fault == FAULT_NONE && !q->cut && q->kind != REQUEST_CREATE;

	if (q->kind == REQUEST_CREATE)
		note_create(s, q);
	q->answering = true;
	if (page && q->kind == REQUEST_LOOKUP)
		q->answer = findings_of_lookup(s, number);
	else if (page && q->kind == REQUEST_LIST)
		q->answer = findings_of_list(s, number);
	else if (page && q->kind != REQUEST_INVENTORY)
		q->answer = task_answer(s, number);
	else if (page)
		q->answer = findings_of_inventory(s, number);
	if (!q->waiting)
		tell_answer(s, number);
	q->answering = false;
}

void shell_inventory_durable(struct sim *s, const struct op *op, bool complete)
{
	struct request *q = &s->jobs[op->job].request;

	if (!q->waiting || q->serial != op->serial)
		return;
	q->waiting = false;
	q->answer = complete ? ANSWER_LISTED : ANSWER_DOUBTFUL;
	sim_cover(s, complete ? COVER_INVENTORY : COVER_INVENTORY_AGAIN);
	tell_answer(s, op->job);
}

/* --------------------------------------------------------------------- tokens */

static void token_comes(struct sim *s)
{
	nsec_t life = s->set.token_given ? NSEC_NEVER : s->set.token_life;

	s->fetch_count++;
	s->token_until = nsec_add(s->now, s->set.token_life);
	if (s->token_until != NSEC_NEVER)
		s->token_until = MAX(s->now, s->token_until - s->set.token_untold);
	if (s->set.token_revoked_at > s->now)
		s->token_until = MIN(s->token_until, s->set.token_revoked_at);
	sim_tell(s, &(struct engine_event){.kind = EVENT_TOKEN_FRESH, .token = {.life = life}});
}

static void token_fails(struct sim *s)
{
	nsec_t wait = NSEC_NONE;

	if (rng_chance(&s->rng, s->set.token_retry_after))
		wait = rng_chance(&s->rng, 50) ? 0 : rng_magnitude(&s->rng, MS, 120 * SEC);
	sim_tell(s,
		&(struct engine_event){.kind = EVENT_TOKEN_FAILED, .token = {.retry_after = wait}});
}

static bool token_endpoint_fails(struct sim *s)
{
	for (uint32_t i = 0; i < s->set.token_outage_count; i++) {
		const struct outage *o = &s->set.token_outages[i];

		if (s->now >= o->from && s->now < o->until)
			return true;
	}
	return s->set.token_faults > 0 && rng_chance(&s->rng, s->set.token_faults);
}

void shell_token(struct sim *s)
{
	bool fails = token_endpoint_fails(s);

	s->fetch_out = false;
	s->fetch_told = true;
	if (s->fetch_count >= s->set.token_count)
		sim_tell(s, &(struct engine_event){.kind = EVENT_TOKEN_REFUSED});
	else if (fails || (s->fetch_cut && rng_chance(&s->rng, 700)))
		token_fails(s);
	else
		token_comes(s);
}

void shell_token_given(struct sim *s)
{
	s->fetch_told = false;
	token_comes(s);
}
