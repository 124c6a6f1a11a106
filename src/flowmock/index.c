/* index.c - see index.h. */
#include "flowmock/index.h"

#include <assert.h>
#include <stdlib.h>

#include "flowmock/memory.h"
#include "flowmock/store.h"

#define FIRST_BUCKETS 64 /* a power of two */

void index_done(struct index *x)
{
	free(x->heads);
	*x = (struct index){0};
}

/* Buckets below count - low are split already: they look at one bit more. */
static uint32_t bucket_of(const struct index *x, uint64_t hash)
{
	uint32_t bucket = (uint32_t)hash & (2 * x->low - 1);

	return bucket < x->count ? bucket : bucket & (x->low - 1);
}

uint32_t index_head(const struct index *x, uint64_t hash)
{
	return x->count ? x->heads[bucket_of(x, hash)] : NO_CONNECTION;
}

static void add_bucket(struct index *x)
{
	if (x->count == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 2 * FIRST_BUCKETS;
		x->heads = must_realloc(x->heads, x->cap * sizeof(*x->heads));
	}
	x->heads[x->count] = NO_CONNECTION;
	x->count++;
	if (x->count == 2 * x->low)
		x->low = x->count;
}

static void start(struct index *x)
{
	x->low = FIRST_BUCKETS;
	while (x->count < FIRST_BUCKETS)
		add_bucket(x);
}

/* One bucket more: the members of its lower twin are dealt out again, in the
 * same order. */
static void split(struct store *s, enum key key)
{
	struct index *x = &s->index[key];
	uint32_t twin = x->count - x->low; /* before low may double */
	uint32_t *tails[2];
	uint32_t next;

	add_bucket(x);
	next = x->heads[twin];
	tails[0] = &x->heads[twin];
	tails[1] = &x->heads[x->count - 1];
	while (next != NO_CONNECTION) {
		struct connection *c = store_at(s, next);
		int side = bucket_of(x, store_hash(c, key)) != twin;

		*tails[side] = next;
		tails[side] = &c->next[key];
		next = c->next[key];
	}
	*tails[0] = NO_CONNECTION;
	*tails[1] = NO_CONNECTION;
}

void index_insert(struct store *s, enum key key, uint32_t number)
{
	struct index *x = &s->index[key];
	struct connection *c = store_at(s, number);
	uint32_t *head;

	if (x->count == 0)
		start(x);
	else if (x->members >= x->count)
		split(s, key);
	head = &x->heads[bucket_of(x, store_hash(c, key))];
	c->next[key] = *head;
	*head = number;
	x->members++;
}

void index_remove(struct store *s, enum key key, uint32_t number)
{
	struct index *x = &s->index[key];
	struct connection *c = store_at(s, number);
	uint32_t *link = &x->heads[bucket_of(x, store_hash(c, key))];

	while (*link != number) {
		assert(*link != NO_CONNECTION);
		link = &store_at(s, *link)->next[key];
	}
	*link = c->next[key];
	x->members--;
}
