/* census.c - see census.h. Equal names are in one bucket of the index, so a
 * bucket at a time is sorted and counted.
 */
#include "flowmock/census.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "flowmock/memory.h"

static int by_scope_and_name(const void *a, const void *b)
{
	const struct connection *x = *(const struct connection *const *)a;
	const struct connection *y = *(const struct connection *const *)b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	return strcmp(connection_name(x), connection_name(y));
}

static void count_runs(const struct connection **members, size_t count, struct census *census)
{
	size_t first = 0;

	qsort(members, count, sizeof(members[0]), by_scope_and_name);
	for (size_t i = 1; i <= count; i++) {
		uint32_t run = (uint32_t)(i - first);

		if (i < count && by_scope_and_name(&members[first], &members[i]) == 0)
			continue;
		census->max_per_name = MAX(census->max_per_name, run);
		census->names_with_several += run > 1;
		first = i;
	}
}

struct census census_take(const struct store *s)
{
	const struct index *x = &s->index[BY_NAME];
	const struct connection **members = NULL;
	struct census census = {0};
	size_t cap = 0;

	for (uint32_t bucket = 0; bucket < x->count; bucket++) {
		size_t count = 0;
		uint32_t n = x->heads[bucket];

		for (; n != NO_CONNECTION; n = store_at(s, n)->next[BY_NAME]) {
			if (!connection_is_there(store_at(s, n)))
				continue;
			if (count == cap) {
				cap = cap ? 2 * cap : 64;
				members = must_realloc(members, cap * sizeof(members[0]));
			}
			members[count++] = store_at(s, n);
		}
		if (count > 0)
			count_runs(members, count, &census);
	}
	free(members);
	return census;
}
