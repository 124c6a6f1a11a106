/* server.c - the simulated Flow Service: it creates, and lists in pages.
 *
 * Names are row indices. A connection is on every page that begins after it
 * became visible and that reaches it; what appears while a search is on its
 * way may be seen or missed, as the order of the listing has it.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

static void add(struct sim *s, struct connection c)
{
	if (s->connection_count == s->connection_cap) {
		s->connection_cap = s->connection_cap ? 2 * s->connection_cap : 256;
		s->connections =
			realloc(s->connections, s->connection_cap * sizeof(*s->connections));
		assert(s->connections);
	}
	if (c.row != NO_ROW) {
		c.next = s->rows[c.row].connections;
		s->rows[c.row].connections = s->connection_count + 1;
	}
	s->connections[s->connection_count++] = c;
}

/* What others, and an earlier run that was killed, have left. */
static void add_earlier(struct sim *s, uint32_t i)
{
	struct row *row = &s->rows[i];
	struct connection c = {.row = i, .scope = row->scope, .visible_at = s->now};

	if (row->claim == CLAIM_OPEN && rng_chance(&s->rng, 500)) {
		if (rng_chance(&s->rng, 300))
			c.visible_at += rng_between(&s->rng, 0, s->set.config.settle_timeout);
	} else if (row->claim == CLAIM_FRESH && rng_chance(&s->rng, s->set.foreign)) {
		c.adopted = true;
		c.differs = rng_chance(&s->rng, 300);
		if (rng_chance(&s->rng, 200)) {
			add(s, c);
			row->earlier++;
		}
	} else {
		return;
	}
	add(s, c);
	row->earlier++;
}

void server_init(struct sim *s)
{
	uint32_t scopes = s->set.sandboxes * s->set.specs;

	for (uint32_t i = 0; i < s->set.rows; i++)
		add_earlier(s, i);
	for (uint32_t i = 0; i < scopes * s->set.noise; i++)
		add(s, (struct connection){.row = NO_ROW, .scope = i % scopes});
}

uint32_t server_plan_create(struct sim *s, uint32_t row, nsec_t execute_at, nsec_t visible_at)
{
	uint32_t i = s->create_count++;

	if (s->create_count > s->create_cap) {
		s->create_cap = s->create_cap ? 2 * s->create_cap : 256;
		s->creates = realloc(s->creates, s->create_cap * sizeof(*s->creates));
		assert(s->creates);
	}
	s->creates[i] = (struct create){
		.row = row,
		.execute_at = execute_at,
		.visible_at = visible_at,
	};
	s->rows[row].coming++;
	queue_push(&s->queue,
		(struct world_event){.kind = WORLD_EXECUTE, .number = i, .at = execute_at});
	return i;
}

/** It will not be executed, if it was not yet. */
void server_cancel(struct sim *s, uint32_t create)
{
	struct create *c = &s->creates[create];

	if (c->executed || c->execute_at == NSEC_NEVER)
		return;
	c->execute_at = NSEC_NEVER;
	s->rows[c->row].coming--;
}

void server_execute(struct sim *s, uint32_t create)
{
	struct create *c = &s->creates[create];
	struct row *row = &s->rows[c->row];

	if (c->executed || c->execute_at == NSEC_NEVER)
		return;
	c->executed = true;
	row->coming--;
	row->made++;
	add(s, (struct connection){
		       .row = c->row, .scope = row->scope, .visible_at = c->visible_at});
	trace_note(s, TRACE_ALL, "          server executes row %u", row->number);
	check_row_truth(s, row);
}

/* Take one connection into the page; false when the page is full. */
static bool take(struct sim *s, struct job *job, uint32_t i)
{
	const struct connection *c = &s->connections[i];
	struct search *search = &job->search;
	bool listing = job->request.kind == REQUEST_LIST;

	if (c->visible_at > s->now || c->scope != job->request.scope ||
		(!listing && c->row != job->request.row))
		return true;
	if (search->page_count == s->set.page_size)
		return false;
	search->page[search->page_count++] = i;
	return true;
}

static void read_newest_first(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t i = search->cursor == UINT32_MAX ? s->connection_count : search->cursor;

	while (i > 0 && take(s, job, i - 1))
		i--;
	search->next_cursor = i;
}

static void read_oldest_first(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t i = search->cursor == UINT32_MAX ? 0 : search->cursor;

	while (i < s->connection_count && take(s, job, i))
		i++;
	search->next_cursor = i;
}

/* A lookup knows its row's connections; both orders see the same of them. */
static void read_one_name(struct sim *s, struct job *job)
{
	struct search *search = &job->search;
	uint32_t skip = search->cursor == UINT32_MAX ? 0 : search->cursor;
	uint32_t at = 0;

	search->next_cursor = skip;
	for (uint32_t i = s->rows[job->request.row].connections; i;
		i = s->connections[i - 1].next) {
		if (at++ < skip)
			continue;
		if (!take(s, job, i - 1))
			break;
		search->next_cursor = at;
	}
}

/* A full page always promises another one, or a count, as the real one does. */
void server_read(struct sim *s, uint32_t number)
{
	struct job *job = &s->jobs[number];
	struct search *search = &job->search;

	if (!search->page) {
		search->page = calloc(s->set.page_size, sizeof(*search->page));
		assert(search->page);
	}
	search->page_count = 0;
	if (job->request.kind == REQUEST_LOOKUP)
		read_one_name(s, job);
	else if (s->set.newest_first)
		read_newest_first(s, job);
	else
		read_oldest_first(s, job);
	search->more = search->page_count == s->set.page_size;
}
