/* change.c - the simulated Flow Service: updates, deletions, and what a read by id shows.
 *
 * An update that carries an etag is executed only on a connection that has it still; a
 * deletion has no such guard. Either may be executed after its answer was lost.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

static struct change *add(struct sim *s)
{
	struct world *w = &s->w;

	if (w->change_count == w->change_cap) {
		w->change_cap = w->change_cap ? 2 * w->change_cap : 64;
		w->changes = realloc(w->changes, w->change_cap * sizeof(*w->changes));
		assert(w->changes);
	}
	return &w->changes[w->change_count++];
}

void change_plan(struct sim *s, uint32_t number, nsec_t execute_at, nsec_t answer_at)
{
	struct request *q = &s->jobs[number].request;
	const struct row *row = &s->rows[q->row];

	*add(s) = (struct change){
		.kind = q->kind,
		.connection = row->id - 1,
		.etag = s->set.without.guard ? 0 : row->etag,
		.fields = row->fields,
		.left = row->left,
		.updates = row->updates,
		.execute_at = execute_at,
		.late = execute_at > answer_at,
	};
	q->change = s->w.change_count - 1;
	queue_push(&s->w.queue,
		(struct world_event){.kind = WORLD_CHANGE, .number = q->change, .at = execute_at});
}

/** It will not be executed, if it was not yet. */
void change_cancel(struct sim *s, uint32_t change)
{
	s->w.changes[change].execute_at = NSEC_NEVER;
}

/* The ledger knows one deleted id of a name: the lag of an earlier one is over by then. */
static void end_earlier_lags(struct sim *s, const struct identity *id)
{
	for (uint32_t i = id->connections; i; i = s->w.connections[i - 1].next)
		s->w.connections[i - 1].listed_until =
			MIN(s->w.connections[i - 1].listed_until, s->now);
}

/* A settle at most, where the server keeps what it promises. */
static nsec_t deletion_lag(struct sim *s)
{
	nsec_t most = s->set.lag_breaks ? s->set.lag : MIN(s->set.lag, s->set.config.settle);

	return rng_chance(&s->rng, 500) ? 0 : rng_between(&s->rng, 0, most);
}

void change_delete(struct sim *s, uint32_t i)
{
	struct connection *c = &s->w.connections[i];
	struct identity *id = &s->w.identities[c->identity];

	end_earlier_lags(s, id);
	c->deleted = true;
	c->listed_until = s->now + deletion_lag(s);
	if (c->renamed)
		return; /* it is none of this name any more */
	id->ours -= c->ours;
	id->others -= !c->ours;
}

static void update(struct sim *s, struct change *change)
{
	struct connection *c = &s->w.connections[change->connection];

	check_update_executed(s, change);
	c->fields.endpoint = change->fields.endpoint;
	c->fields.username = change->fields.username;
	c->fields.password = change->fields.password;
	c->theirs = c->secret_theirs = false;
	change->new_etag = ++c->etag;
	change->answer = ANSWER_UPDATED;
}

static void execute(struct sim *s, struct change *change)
{
	struct connection *c = &s->w.connections[change->connection];

	change->executed = true;
	trace_note(s, TRACE_ALL, "          server %s connection %u",
		change->kind == REQUEST_UPDATE ? "updates" : "deletes", change->connection + 1);
	if (change->limbo && s->engine)
		sim_cover(s, COVER_CHANGED_AFTER_RESTART);
	if (change->kind == REQUEST_UPDATE) {
		update(s, change);
		return;
	}
	c->deleted_by_us = true;
	change_delete(s, change->connection);
	change->answer = ANSWER_DELETED;
}

/* It may have been put off, so that an earlier event is void. */
void change_execute(struct sim *s, uint32_t i)
{
	struct change *change = &s->w.changes[i];
	const struct connection *c = &s->w.connections[change->connection];

	if (change->done || change->execute_at > s->now)
		return;
	change->done = true;
	if (c->deleted) {
		change->answer = ANSWER_GONE;
	} else if (change->kind == REQUEST_UPDATE && change->etag && change->etag != c->etag) {
		change->answer = ANSWER_STALE;
		if (change->late || change->limbo)
			sim_cover(s, COVER_LATE_UPDATE_STALE);
	} else if (change->kind == REQUEST_DELETE && c->in_use) {
		change->answer = ANSWER_IN_USE;
	} else {
		execute(s, change);
	}
}

void change_orphan(struct sim *s, uint32_t change, bool began)
{
	if (!began)
		change_cancel(s, change);
	else if (rng_chance(&s->rng, 500)) /* until somebody looks: see settle() */
		s->w.changes[change].execute_at = NSEC_NEVER - 1;
	s->w.changes[change].limbo = true;
}

/* What a dead process had sent: never, soon, or just within the promise. */
static void settle(struct sim *s, uint32_t i, nsec_t latest)
{
	struct change *c = &s->w.changes[i];

	if (c->limbo && rng_chance(&s->rng, 400)) {
		change_cancel(s, i);
		return;
	}
	if (c->limbo)
		c->execute_at = rng_chance(&s->rng, 200)
					? latest - 1
					: s->now + rng_magnitude(&s->rng, 1, latest - s->now);
	c->execute_at = MIN(c->execute_at, latest);
	queue_push(&s->w.queue,
		(struct world_event){.kind = WORLD_CHANGE, .number = i, .at = c->execute_at});
}

void change_settle(struct sim *s, nsec_t latest)
{
	for (uint32_t i = 0; i < s->w.change_count; i++)
		if (!s->w.changes[i].done && s->w.changes[i].execute_at != NSEC_NEVER)
			settle(s, i, latest);
}

void change_show(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	const struct connection *c = &s->w.connections[s->rows[job->request.row].id - 1];

	job->shown = (struct shown){
		.at = s->now,
		.gone = c->deleted,
		.renamed = c->renamed,
		.works = c->works && !c->secret_theirs && !c->theirs,
		.fields = c->fields,
		.etag = c->etag,
	};
}
