/* shell.c - what src/run does with the engine's orders, played by the world. */
#include <assert.h>

#include "sim.h"

static void send(struct sim *s, const struct engine_action *a)
{
	struct job *job = &s->jobs[a->job];
	struct request *q = &job->request;

	if (a->send.request == REQUEST_LIST) {
		job->use = USE_LISTING;
		job->scope = a->send.scope;
	}
	*q = (struct request){
		.out = true,
		.kind = a->send.request,
		.row = job->use == USE_ROW ? job->row : NO_ROW,
		.scope = job->use == USE_ROW ? s->rows[job->row].scope : a->send.scope,
		.generation = a->send.generation,
		.sent_at = s->now,
		.serial = ++s->serial,
		.create = NO_CREATE,
	};
	s->requests_out++;
	if (q->kind != REQUEST_CREATE && a->send.first) {
		job->look_began = s->now;
		job->search.cursor = UINT32_MAX;
		job->search.hits = 0;
		job->search.first = true;
	}
	fault_plan(s, a->job);
}

/* libcurl gives the handle back: at once, or a moment later. What had begun to
 * leave may be executed for all we know. */
static void cut(struct sim *s, uint32_t number)
{
	struct request *q = &s->jobs[number].request;
	nsec_t answer_at = s->now + rng_between(&s->rng, 0, 3 * MS);
	bool began = s->now >= q->began_at;

	if (q->answering) /* all of it has come, its findings are just being told */
		return;
	q->cut = true;
	q->serial = ++s->serial;
	q->retry_after = NSEC_NONE;
	q->answer = began ? ANSWER_BROKEN : ANSWER_NOT_SENT;
	if (q->create != NO_CREATE && (!began || rng_chance(&s->rng, 500)))
		server_cancel(s, q->create);
	queue_push(&s->queue,
		(struct world_event){
			.kind = WORLD_ANSWER, .job = number, .number = q->serial, .at = answer_at});
}

static void fetch(struct sim *s)
{
	nsec_t delay = rng_between(&s->rng, s->set.token_delay_min, s->set.token_delay);

	s->fetch_out = true;
	queue_push(&s->queue, (struct world_event){.kind = WORLD_TOKEN, .at = s->now + delay});
}

static void emit(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct row *row = &s->rows[job->row];

	row->job = row->shared_by = ENGINE_NO_JOB;
	job->use = USE_FREE;
}

void shell_perform(struct sim *s, const struct engine_action *a)
{
	switch (a->kind) {
	case ACTION_READ:
		s->jobs[a->job].use = USE_READING;
		input_read(s, a->job);
		break;
	case ACTION_WRITE_INTENT: ledger_submit(s, OP_INTENT, a->job, NO_ROW); break;
	case ACTION_WRITE_WITHDRAWAL:
	case ACTION_WRITE_OUTCOME: ledger_submit(s, OP_RECORD, a->job, NO_ROW); break;
	case ACTION_SEND: send(s, a); break;
	case ACTION_CUT: cut(s, a->job); break;
	case ACTION_FETCH: fetch(s); break;
	case ACTION_EMIT: emit(s, a->job); break;
	case ACTION_DONE:
		s->done = true;
		s->end = a->done.end;
		break;
	}
}

static enum engine_answer conclude(const struct sim *s, uint32_t hits, uint32_t hit)
{
	if (hits == 0)
		return ANSWER_ABSENT;
	if (hits > 1 || s->connections[hit].differs)
		return ANSWER_CONFLICT;
	return s->connections[hit].adopted ? ANSWER_FOUND_ADOPTED : ANSWER_FOUND_CREATED;
}

static enum engine_answer looked_up(struct sim *s, struct job *job)
{
	struct search *search = &job->search;

	for (uint32_t i = 0; i < search->page_count; i++) {
		if (search->hits > 0 && search->hit == search->page[i])
			continue; /* the page has shifted */
		search->hits++;
		search->hit = search->page[i];
	}
	search->cursor = search->next_cursor;
	return search->more ? ANSWER_MORE : conclude(s, search->hits, search->hit);
}

/* Only a row that shares a listing from its first page has been compared with
 * all of it. */
static void note_sharers(struct sim *s, uint32_t listing)
{
	for (uint32_t j = 0; j < s->job_limit; j++) {
		struct row *row = s->jobs[j].use == USE_ROW ? &s->rows[s->jobs[j].row] : NULL;

		if (!row)
			continue;
		if (row->shared_by == listing)
			row->shared_by = ENGINE_NO_JOB;
		if (!engine_shares(s->engine, j, listing))
			continue;
		if (row->filterable || row->scope != s->jobs[listing].scope)
			sim_breach(s, "row %u shares the listing of scope %u", row->number,
				s->jobs[listing].scope);
		row->shared_by = listing;
		row->hits = 0;
	}
}

static void tell_findings(struct sim *s, uint32_t listing)
{
	for (uint32_t j = 0; j < s->job_limit && !s->breached && !s->done; j++) {
		struct row *row = s->jobs[j].use == USE_ROW ? &s->rows[s->jobs[j].row] : NULL;

		if (!row || row->shared_by != listing || !engine_shares(s->engine, j, listing))
			continue;
		sim_tell(s, &(struct engine_event){
				    .kind = EVENT_SHARED_FINDING,
				    .job = j,
				    .answer = {.answer = conclude(s, row->hits, row->hit),
					    .retry_after = NSEC_NONE},
			    });
	}
}

static enum engine_answer listed(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct search *search = &job->search;

	if (search->first)
		note_sharers(s, number);
	search->first = false;
	for (uint32_t i = 0; i < search->page_count; i++) {
		uint32_t owner = s->connections[search->page[i]].row;

		if (owner == NO_ROW || s->rows[owner].shared_by != number)
			continue;
		s->rows[owner].hits++;
		s->rows[owner].hit = search->page[i];
	}
	search->cursor = search->next_cursor;
	if (search->more)
		return ANSWER_MORE;
	tell_findings(s, number);
	return ANSWER_LISTED;
}

void shell_answer(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct request *q = &job->request;

	q->answering = true;
	s->requests_out--;
	if (q->fault == FAULT_NONE && !q->cut && q->kind == REQUEST_LOOKUP)
		q->answer = looked_up(s, job);
	if (q->fault == FAULT_NONE && !q->cut && q->kind == REQUEST_LIST)
		q->answer = listed(s, number);
	q->out = q->answering = false;
	sim_tell(s, &(struct engine_event){
			    .kind = EVENT_ANSWER,
			    .job = number,
			    .answer = {.answer = q->answer, .retry_after = q->retry_after},
		    });
}

void shell_token(struct sim *s)
{
	s->fetch_out = false;
	if (s->fetch_count >= s->set.token_count) {
		sim_tell(s, &(struct engine_event){.kind = EVENT_TOKEN_REFUSED});
		return;
	}
	s->fetch_count++;
	s->token_until = nsec_add(s->now, s->set.token_life);
	sim_tell(s, &(struct engine_event){.kind = EVENT_TOKEN_FRESH});
}
