/* server.c - the simulated Flow Service: it creates, and lists in pages.
 *
 * Names are identities. A connection is on every page that begins after it
 * became visible and that reaches it; what appears while a search is on its
 * way may be seen or missed, as the order of the listing has it.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

bool fields_differ(struct fields a, struct fields b)
{
	return a.endpoint != b.endpoint || a.username != b.username;
}

bool fields_same(struct fields a, struct fields b)
{
	return !fields_differ(a, b) && a.password == b.password && a.spec == b.spec;
}

bool updates_have(const struct updates *u, struct fields f)
{
	for (uint32_t i = 0; i < u->count; i++)
		if (!fields_differ(u->of[i], f))
			return true;
	return false;
}

uint32_t server_add(struct sim *s, struct connection c)
{
	struct world *w = &s->w;

	if (w->connection_count == w->connection_cap) {
		w->connection_cap = w->connection_cap ? 2 * w->connection_cap : 64;
		w->connections =
			realloc(w->connections, w->connection_cap * sizeof(*w->connections));
		assert(w->connections);
	}
	if (c.identity != NO_IDENTITY) {
		struct identity *id = &w->identities[c.identity];

		c.next = id->connections;
		id->connections = w->connection_count + 1;
		id->ours += c.ours;
		id->others += !c.ours;
	}
	c.etag = 1;
	c.theirs_since = NSEC_NONE;
	w->connections[w->connection_count] = c;
	others_created(s, w->connection_count);
	return w->connection_count++;
}

/* As somebody else would make it: like ours, or not quite. */
static void add_foreign(struct sim *s, uint32_t i, nsec_t at)
{
	const struct identity *id = &s->w.identities[i];
	struct connection c = {
		.identity = i,
		.scope = id->sandbox * s->set.specs + id->want.spec,
		.fields = id->want,
		.created_at = at,
		.visible_at = at,
	};

	if (rng_chance(&s->rng, 200))
		c.fields.endpoint += 100;
	else if (rng_chance(&s->rng, 200))
		c.fields.username += 100;
	server_add(s, c);
}

static void add_earlier(struct sim *s, uint32_t i)
{
	if (!rng_chance(&s->rng, s->set.foreign))
		return;
	add_foreign(s, i, s->now - rng_magnitude(&s->rng, GRACE + 2 * SEC, 500 * SEC));
	if (rng_chance(&s->rng, 200))
		add_foreign(s, i, s->now - rng_magnitude(&s->rng, GRACE + 2 * SEC, 500 * SEC));
}

void server_init(struct sim *s)
{
	uint32_t scopes = s->set.sandboxes * s->set.specs;

	for (uint32_t i = 0; i < s->w.identity_count; i++)
		add_earlier(s, i);
	for (uint32_t i = 0; i < scopes * s->set.noise; i++)
		server_add(s, (struct connection){.identity = NO_IDENTITY, .scope = i % scopes});
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		if (rng_chance(&s->rng, s->set.meddled))
			queue_push(&s->w.queue,
				(struct world_event){.kind = WORLD_MEDDLE,
					.number = i,
					.at = s->now + rng_magnitude(&s->rng, MS, 600 * SEC)});
}

/* What is between two runs, and no row of ours is on its way, the inventory and
 * the lookups will find. All else breaks the promise's conditions. */
void server_meddle(struct sim *s, uint32_t i)
{
	struct identity *id = &s->w.identities[i];
	const struct entry *e = &s->w.disk.live[i];

	if (s->set.calm)
		return;
	if (s->engine || e->state == ENTRY_INTENDED || e->state == ENTRY_DOUBT || id->open ||
		id->coming || id->ours)
		id->meddled = true;
	sim_cover(s, COVER_MEDDLED);
	trace_note(s, TRACE_ALL, "          somebody else creates name %u", i + 1);
	add_foreign(s, i, s->now);
}

uint32_t server_plan_create(
	struct sim *s, const struct row *row, nsec_t execute_at, nsec_t visible_at)
{
	struct world *w = &s->w;
	uint32_t i = w->create_count++;

	if (w->create_count > w->create_cap) {
		w->create_cap = w->create_cap ? 2 * w->create_cap : 64;
		w->creates = realloc(w->creates, w->create_cap * sizeof(*w->creates));
		assert(w->creates);
	}
	w->creates[i] = (struct create){
		.identity = row->identity,
		.scope = row->scope,
		.fields = row->fields,
		.execute_at = execute_at,
		.visible_at = visible_at,
	};
	w->identities[row->identity].coming++;
	queue_push(&w->queue,
		(struct world_event){.kind = WORLD_EXECUTE, .number = i, .at = execute_at});
	return i;
}

/** It will not be executed, if it was not yet. */
void server_cancel(struct sim *s, uint32_t create)
{
	struct create *c = &s->w.creates[create];

	if (c->executed || c->execute_at == NSEC_NEVER)
		return;
	c->execute_at = NSEC_NEVER;
	s->w.identities[c->identity].coming--;
}

/* It may have been put off, so that an earlier event is void. */
void server_execute(struct sim *s, uint32_t create)
{
	struct create *c = &s->w.creates[create];
	struct identity *id = &s->w.identities[c->identity];

	if (c->executed || c->execute_at > s->now)
		return;
	if (c->limbo && s->engine)
		sim_cover(s, COVER_EXECUTED_AFTER_RESTART);
	c->executed = true;
	id->coming--;
	c->connection = server_add(s, (struct connection){
					      .identity = c->identity,
					      .scope = c->scope,
					      .fields = c->fields,
					      .created_at = s->now,
					      .visible_at = c->visible_at,
					      .ours = true,
				      });
	trace_note(s, TRACE_ALL, "          server executes name %u", c->identity + 1);
	check_truth_executed(s, c->identity);
}

void server_orphan(struct sim *s, uint32_t create, bool began)
{
	if (!began)
		server_cancel(s, create);
	s->w.creates[create].limbo = true;
}

/* What a dead process had sent: never, soon, or just within the promise. */
static void settle_create(struct sim *s, uint32_t i, nsec_t latest)
{
	struct create *c = &s->w.creates[i];

	if (c->limbo && rng_chance(&s->rng, 400)) {
		server_cancel(s, i);
		return;
	}
	if (c->limbo)
		c->execute_at =
			rng_chance(&s->rng, 300)
				? s->now
				: latest - rng_magnitude(&s->rng, 1, MAX(1, latest - s->now));
	if (!s->set.lag_breaks)
		c->execute_at = MIN(c->execute_at, latest);
	queue_push(&s->w.queue,
		(struct world_event){.kind = WORLD_EXECUTE, .number = i, .at = c->execute_at});
	if (c->limbo && !s->set.lag_breaks)
		c->visible_at = rng_between(&s->rng, c->execute_at, latest);
	c->visible_at = MAX(c->visible_at, c->execute_at);
	if (!s->set.lag_breaks)
		c->visible_at = MIN(c->visible_at, latest);
}

void server_settle(struct sim *s)
{
	nsec_t latest = s->now + s->set.config.settle_timeout;

	for (uint32_t i = 0; i < s->w.create_count; i++)
		if (!s->w.creates[i].executed && s->w.creates[i].execute_at != NSEC_NEVER)
			settle_create(s, i, latest);
	change_settle(s, latest);
	for (uint32_t i = 0; i < s->w.connection_count && !s->set.lag_breaks; i++)
		s->w.connections[i].visible_at = MIN(s->w.connections[i].visible_at, latest);
}

bool server_has(const struct sim *s, uint32_t identity, uint32_t scope)
{
	for (uint32_t i = s->w.identities[identity].connections; i;
		i = s->w.connections[i - 1].next)
		if (s->w.connections[i - 1].scope == scope &&
			server_knows(&s->w.connections[i - 1]))
			return true;
	return false;
}

/* A listing may lag behind creates, and behind deletions. */
static bool is_listed(const struct sim *s, const struct connection *c)
{
	return c->visible_at <= s->now && (!c->deleted || s->now < c->listed_until);
}

/* Take one connection into the page; false when the page is full. */
static bool take(struct sim *s, struct job *job, uint32_t i)
{
	const struct connection *c = &s->w.connections[i];
	const struct request *q = &job->request;
	struct search *search = &job->search;

	if (!is_listed(s, c) || c->scope != q->scope)
		return true;
	if (q->kind == REQUEST_LOOKUP && (c->identity != q->identity || c->renamed ||
						 s->set.misses[q->scope / s->set.specs]))
		return true;
	if (search->page_count == s->set.page_size)
		return false;
	search->page[search->page_count++] = i;
	return true;
}

static void read_newest_first(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t i = search->cursor == UINT32_MAX ? s->w.connection_count : search->cursor;

	while (i > 0 && take(s, job, i - 1))
		i--;
	search->next_cursor = i;
}

static void read_oldest_first(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t i = search->cursor == UINT32_MAX ? 0 : search->cursor;

	while (i < s->w.connection_count && take(s, job, i))
		i++;
	search->next_cursor = i;
}

/* A lookup knows its name's connections; both orders see the same of them. */
static void read_one_name(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t skip = search->cursor == UINT32_MAX ? 0 : search->cursor;
	uint32_t at = 0;

	search->next_cursor = skip;
	for (uint32_t i = s->w.identities[job->request.identity].connections; i;
		i = s->w.connections[i - 1].next) {
		if (at++ < skip)
			continue;
		if (!take(s, job, i - 1))
			break;
		search->next_cursor = at;
	}
}

static void count(struct sim *s, struct job *job)
{
	job->search.count = 0;
	for (uint32_t i = 0; i < s->w.connection_count; i++)
		job->search.count += s->w.connections[i].scope == job->request.scope &&
				     is_listed(s, &s->w.connections[i]);
}

/* An item slips from page to page while somebody writes. */
static void shift(struct sim *s, struct job *job)
{
	struct search *search = &job->search;

	if (search->page_count == 0 || !rng_chance(&s->rng, s->set.inventory_shift))
		return;
	search->page_count--;
}

/* A full page always promises another one, or a count, as the real one does. */
void server_read(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct search *search = &job->search;

	if (job->request.kind == REQUEST_READ || job->request.kind == REQUEST_TEST) {
		change_show(s, number);
		return;
	}
	if (!search->page) {
		search->page = calloc(100, sizeof(*search->page));
		assert(search->page && s->set.page_size <= 100);
	}
	search->page_count = 0;
	if (search->counting) {
		count(s, job);
		return;
	}
	if (job->request.kind == REQUEST_LOOKUP)
		read_one_name(s, job);
	else if (s->set.newest_first && job->request.kind == REQUEST_LIST)
		read_newest_first(s, job);
	else
		read_oldest_first(s, job);
	search->more = search->page_count == s->set.page_size;
	if (job->request.kind == REQUEST_INVENTORY)
		shift(s, job);
}
