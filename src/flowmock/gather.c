/* gather.c - see gather.h. */
#include "flowmock/gather.h"

#include <stdlib.h>
#include <string.h>

#include "flowmock/memory.h"
#include "flowmock/service.h"

struct match {
	const char *name;
	uint32_t number;
};

struct matches {
	struct match *all;
	uint32_t count;
	uint32_t cap;
};

static void add_match(struct matches *m, const struct connection *c, uint32_t number)
{
	if (m->count == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 16;
		m->all = must_realloc(m->all, m->cap * sizeof(*m->all));
	}
	m->all[m->count++] = (struct match){connection_name(c), number};
}

bool gather_misses(struct service *s, const struct query *q)
{
	return q->filter_count > 0 && s->options->filter_miss > 0 &&
	       random_unit(&s->listing) < s->options->filter_miss;
}

static void consider(struct service *s, const struct query *q, uint32_t number, int64_t wall_ms,
	struct matches *m)
{
	const struct connection *c = store_at(&s->store, number);

	if (query_matches(s, q, c, wall_ms) && !gather_misses(s, q))
		add_match(m, c, number);
}

const struct filter *gather_index(const struct query *q)
{
	for (size_t i = 0; i < q->filter_count; i++) {
		if (q->filters[i].field <= FIELD_DESCRIPTION)
			return &q->filters[i];
	}
	return NULL;
}

static void gather_value(struct service *s, const struct query *q, const struct filter *f,
	const char *value, int64_t wall_ms, struct matches *m)
{
	enum key key = f->field == FIELD_NAME ? BY_NAME : BY_DESCRIPTION;
	struct uuid id;
	uint32_t n;

	if (f->field == FIELD_ID) {
		n = uuid_parse(value, &id) == 0 ? store_find(&s->store, id) : NO_CONNECTION;
		if (n != NO_CONNECTION)
			consider(s, q, n, wall_ms, m);
		return;
	}
	n = store_first(&s->store, key, q->scope, value);
	while (n != NO_CONNECTION) {
		consider(s, q, n, wall_ms, m);
		n = store_next(&s->store, key, n);
	}
}

static void gather_all(struct service *s, const struct query *q, int64_t wall_ms, struct matches *m)
{
	const struct filter *f = gather_index(q);

	if (f) {
		for (size_t i = 0; i < f->count; i++)
			gather_value(s, q, f, filter_value(f, i), wall_ms, m);
		return;
	}
	for (uint32_t n = 0; n < s->store.count; n++)
		consider(s, q, n, wall_ms, m);
}

static int by_number(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int by_name(const void *a, const void *b)
{
	const struct match *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : by_number(a, b);
}

/* Sorted, each once (a value may be asked for twice), in the asked direction. */
static uint32_t *settle(struct matches *m, const struct query *q, uint32_t *ret_count)
{
	uint32_t *numbers = must_alloc((m->count + 1) * sizeof(*numbers));
	uint32_t count = 0;

	if (m->count > 0)
		qsort(m->all, m->count, sizeof(*m->all), q->by_name ? by_name : by_number);
	for (uint32_t i = 0; i < m->count; i++) {
		uint32_t n = m->all[i].number;

		if (count == 0 || numbers[count - 1] != n)
			numbers[count++] = n;
	}
	for (uint32_t i = 0; q->falling && i < count / 2; i++) {
		uint32_t swap = numbers[i];

		numbers[i] = numbers[count - 1 - i];
		numbers[count - 1 - i] = swap;
	}
	*ret_count = count;
	return numbers;
}

uint32_t *gather(struct service *s, const struct query *q, int64_t wall_ms, uint32_t *ret_count)
{
	struct matches m = {0};
	uint32_t *numbers;

	gather_all(s, q, wall_ms, &m);
	numbers = settle(&m, q, ret_count);
	free(m.all);
	return numbers;
}
