#include "ledger/tickets.h"

#include <stdlib.h>
#include <string.h>

#define COUNT_AT_FIRST 2048
#define COUNT_MAX ((size_t)1 << 18) /* 12 MiB, for a table of jobs that nobody will ask for */

void tickets_done(struct tickets *t)
{
	free(t->rows);
	*t = (struct tickets){0};
}

static bool grow(struct tickets *t, uint32_t ticket)
{
	size_t count = t->count ? t->count : COUNT_AT_FIRST;
	struct row *rows;

	while (count <= ticket)
		count *= 2;
	if (count > COUNT_MAX)
		return false;
	rows = realloc(t->rows, count * sizeof(*rows));
	if (!rows)
		return false;
	memset(rows + t->count, 0, (count - t->count) * sizeof(*rows));
	t->rows = rows;
	t->count = count;
	return true;
}

void tickets_set(struct tickets *t, uint32_t ticket, const struct row *row)
{
	if (ticket < t->count || grow(t, ticket))
		t->rows[ticket] = *row;
}

struct row *tickets_get(const struct tickets *t, uint32_t ticket, int64_t hash)
{
	if (ticket >= t->count || t->rows[ticket].n == 0 || t->rows[ticket].hash != hash)
		return NULL;
	return &t->rows[ticket];
}
