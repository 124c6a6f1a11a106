/* csv.c - the input over all runs: rows removed, added, re-sorted, changed.
 *
 * What a row is met by is its name, so that everything else of it may change
 * between two runs, and change back. Invalid rows and repeated names are strewn in anew each time.
 */
#include <assert.h>
#include <stdlib.h>

#include "sim.h"

void csv_first(struct sim *s)
{
	struct rng *r = &s->rng;

	s->w.identity_count = s->set.rows;
	s->w.identities = calloc(s->set.rows + 1, sizeof(*s->w.identities));
	assert(s->w.identities);
	for (uint32_t i = 0; i < s->set.rows; i++) {
		s->w.identities[i] = (struct identity){
			.sandbox = rng_below(r, s->set.sandboxes),
			.filterable = !rng_chance(r, s->set.unfilterable),
			.poison = rng_chance(r, s->set.poison),
			.in_csv = !rng_chance(r, s->set.absent),
			.want = {.spec = (uint8_t)rng_below(r, s->set.specs)},
		};
	}
}

/* To what the ledger knows of it: nothing has changed, it seems. */
static bool edit_back(struct sim *s, struct identity *id, uint32_t chance)
{
	const struct entry *e = &s->w.disk.disk[id - s->w.identities];

	if (!s->set.later || !rng_chance(&s->rng, chance / 2) || e->state != ENTRY_DONE)
		return false;
	id->want = e->fields;
	return true;
}

static void edit(struct sim *s, struct identity *id, uint32_t chance)
{
	struct rng *r = &s->rng;

	if (edit_back(s, id, chance))
		return;
	if (rng_chance(r, chance))
		id->want.password++;
	if (rng_chance(r, chance / 2))
		id->want.endpoint++;
	if (rng_chance(r, chance / 2))
		id->want.username++;
	if (rng_chance(r, chance / 2))
		id->want.spec = (uint8_t)rng_below(r, s->set.specs);
}

void csv_edit(struct sim *s)
{
	struct rng *r = &s->rng;
	uint32_t few = s->set.later ? 400 : 20;
	uint32_t fields = rng_chance(r, s->set.edited) ? PICK(r, few, 100, 400) : 0;
	uint32_t removed = rng_chance(r, s->set.edited) ? PICK(r, 20, 100, 500, 1000) : 0;
	uint32_t added = rng_chance(r, s->set.edited) ? PICK(r, 100, 500, 1000) : 0;

	for (uint32_t i = 0; i < s->w.identity_count; i++) {
		struct identity *id = &s->w.identities[i];

		edit(s, id, fields);
		id->in_csv = id->in_csv ? !rng_chance(r, removed) : rng_chance(r, added);
	}
}

static struct row *add(struct sim *s)
{
	assert(s->row_count < s->row_cap);
	s->rows[s->row_count] = (struct row){
		.identity = NO_IDENTITY,
		.job = ENGINE_NO_JOB,
	};
	return &s->rows[s->row_count++];
}

static void add_of(struct sim *s, uint32_t identity)
{
	const struct identity *id = &s->w.identities[identity];
	struct row *row = add(s);

	row->number = s->row_count;
	row->identity = identity;
	row->fields = id->want;
	row->sandbox = id->sandbox;
	row->scope = id->sandbox * s->set.specs + id->want.spec;
	row->filterable = id->filterable;
	row->poison = id->poison && !s->set.calm;
}

/* Its neighbours of the CSV: one that is bad, one that repeats a name. */
static void add_strewn(struct sim *s, uint32_t identity)
{
	if (rng_chance(&s->rng, s->set.invalid))
		add(s)->number = s->row_count;
	if (s->row_count > 0 && rng_chance(&s->rng, s->set.duplicate)) {
		uint32_t earlier = s->rows[rng_below(&s->rng, s->row_count)].identity;

		add_of(s, earlier == NO_IDENTITY ? identity : earlier);
	}
}

static void shuffle(struct rng *r, uint32_t *of, uint32_t count)
{
	for (uint32_t i = count; i > 1; i--) {
		uint32_t k = rng_below(r, i), kept = of[k];

		of[k] = of[i - 1];
		of[i - 1] = kept;
	}
}

static void make_room(struct sim *s)
{
	uint32_t cap = 3 * s->w.identity_count + (HAND_KINDS + 1) * s->w.identity_count + 1;

	s->row_count = 0;
	if (cap <= s->row_cap)
		return;
	s->row_cap = cap;
	s->rows = realloc(s->rows, cap * sizeof(*s->rows));
	assert(s->rows);
}

void csv_rows(struct sim *s)
{
	uint32_t *order = calloc(s->w.identity_count + 1, sizeof(*order)), count = 0;

	assert(order);
	make_room(s);
	for (uint32_t i = 0; i < s->w.identity_count; i++)
		if (s->w.identities[i].in_csv)
			order[count++] = i;
	if (rng_chance(&s->rng, s->set.edited) && s->w.run > 1)
		shuffle(&s->rng, order, count);
	for (uint32_t i = 0; i < count; i++) {
		add_of(s, order[i]);
		add_strewn(s, order[i]);
	}
	s->csv_rows = s->row_count;
	free(order);
}

/* Names and ids; what else a row has, the ledger knows. */
void csv_results(struct sim *s)
{
	make_room(s);
	for (uint32_t i = 0; i < s->w.identity_count; i++) {
		const struct identity *id = &s->w.identities[i];
		const struct result *line = s->set.old_results ? &id->made : &id->last;

		if (!line->there)
			continue;
		add_of(s, i);
		s->rows[s->row_count - 1].id = line->id;
		s->rows[s->row_count - 1].known = line->outcome;
	}
	s->csv_rows = s->row_count;
}

uint32_t csv_add_handed_out(struct sim *s, uint32_t identity)
{
	const struct identity *id = &s->w.identities[identity];
	struct row *row = add(s);

	row->identity = identity;
	row->sandbox = id->sandbox;
	row->filterable = id->filterable;
	return s->row_count - 1;
}
