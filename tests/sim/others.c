/* others.c - other people: they change, rename and delete connections that the ledger knows.
 *
 * They do it between runs and during runs, at any time or just while a request of ours
 * is on its way to the same connection; not while a row of it is in doubt, for then
 * nobody promises anything (see server_meddle()). And an etag moves once by itself.
 */
#include "sim.h"

void others_created(struct sim *s, uint32_t i)
{
	struct connection *c = &s->w.connections[i];

	c->works = true;
	if (!s->set.later) /* nothing is thrown dice for in the other stories */
		return;
	c->works = !rng_chance(&s->rng, s->set.useless);
	c->in_use = rng_chance(&s->rng, s->set.in_use);
	if (c->identity == NO_IDENTITY || !rng_chance(&s->rng, s->set.moving))
		return;
	queue_push(&s->w.queue, (struct world_event){.kind = WORLD_MOVE,
					.number = i,
					.at = s->now + rng_magnitude(&s->rng, MS, 20 * SEC)});
}

void others_move(struct sim *s, uint32_t i)
{
	if (s->w.connections[i].deleted)
		return;
	s->w.connections[i].etag++;
	trace_note(s, TRACE_ALL, "          the etag of connection %u moves", i + 1);
}

static void touch_visible(struct sim *s, struct connection *c)
{
	const struct identity *id = &s->w.identities[c->identity];

	sim_cover(s, COVER_TOUCHED_VISIBLE);
	c->theirs = true;
	c->theirs_since = s->now;
	if (rng_chance(&s->rng, 100)) { /* by chance what we want, too */
		c->fields.endpoint = id->want.endpoint;
		c->fields.username = id->want.username;
	} else if (rng_chance(&s->rng, 500)) {
		c->fields.endpoint += 100;
	} else {
		c->fields.username += 100;
	}
}

static void touch_secret(struct sim *s, struct connection *c)
{
	sim_cover(s, COVER_TOUCHED_SECRET);
	c->secret_theirs = true;
	c->fields.password += 100;
}

static void rename_it(struct sim *s, struct connection *c)
{
	struct identity *id = &s->w.identities[c->identity];

	if (c->renamed)
		return;
	sim_cover(s, COVER_TOUCHED_NAME);
	c->renamed = c->theirs = true;
	c->theirs_since = s->now;
	id->ours -= c->ours;
	id->others -= !c->ours;
}

/* Of what nobody but the server shows: only the etag says so. */
static void touch_nothing(struct sim *s, struct connection *c)
{
	(void)s;
	(void)c;
}

static void delete_it(struct sim *s, struct connection *c)
{
	sim_cover(s, COVER_TOUCHED_DELETED);
	change_delete(s, (uint32_t)(c - s->w.connections));
}

static void touch(struct sim *s, uint32_t i)
{
	static const struct {
		uint32_t until;
		const char *what;
		void (*do_it)(struct sim *s, struct connection *c);
	} deeds[] = {
		{350, "changes what shows of", touch_visible},
		{550, "changes the secret of", touch_secret},
		{750, "writes to", touch_nothing},
		{850, "renames", rename_it},
		{1000, "deletes", delete_it},
	};
	struct connection *c = &s->w.connections[i];
	uint32_t dice = rng_below(&s->rng, 1000), k = 0;
	bool pedant = s->set.chased == 1000; /* who writes and writes, and nothing of it shows */

	if (rng_chance(&s->rng, s->set.busy)) {
		c->in_use = !c->in_use; /* which moves no etag */
		return;
	}
	while (pedant ? deeds[k].do_it != touch_nothing : dice >= deeds[k].until)
		k++;
	trace_note(s, TRACE_ALL, "          somebody else %s connection %u", deeds[k].what, i + 1);
	deeds[k].do_it(s, c);
	c->etag++;
}

void others_touch(struct sim *s, uint32_t i)
{
	struct identity *id = &s->w.identities[i];
	const struct entry *e = &s->w.disk.disk[i];
	bool known = e->state == ENTRY_DONE || e->state == ENTRY_DELETING;

	if (s->set.calm || !known || !e->id || id->open || id->coming)
		return;
	if (s->w.connections[e->id - 1].deleted)
		return;
	id->touched = true;
	touch(s, e->id - 1);
}

/* From the moment before the run's gap, to a while after it began. */
void others_of_run(struct sim *s)
{
	for (uint32_t i = 0; i < s->w.identity_count && !s->set.calm && s->set.touched; i++) {
		nsec_t begins = s->now + s->set.gap;

		if (!rng_chance(&s->rng, s->set.touched))
			continue;
		queue_push(&s->w.queue,
			(struct world_event){.kind = WORLD_TOUCH,
				.number = i,
				.at = rng_chance(&s->rng, 500)
					      ? rng_between(&s->rng, s->now, begins)
					      : begins + rng_magnitude(&s->rng, MS, 60 * SEC)});
	}
}

void others_chase(struct sim *s, uint32_t job, nsec_t until)
{
	const struct request *q = &s->jobs[job].request;

	if (s->set.calm || q->row == NO_ROW || !is_task(&s->rows[q->row]) ||
		!rng_chance(&s->rng, s->set.chased))
		return;
	queue_push(&s->w.queue, (struct world_event){.kind = WORLD_TOUCH,
					.number = q->identity,
					.at = rng_between(&s->rng, s->now, until)});
}
