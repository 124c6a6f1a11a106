#include "ledger/newest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/db.h"

#define SLOT_COUNT (2 * NEWEST_MAX)

int newest_init(struct newest *k)
{
	*k = (struct newest){.slots = calloc(SLOT_COUNT, sizeof(*k->slots))};
	return k->slots ? 0 : -ENOMEM;
}

void newest_done(struct newest *k)
{
	free(k->slots);
	*k = (struct newest){0};
}

static size_t home(int64_t hash)
{
	return (size_t)hash & (SLOT_COUNT - 1);
}

static size_t after(size_t at)
{
	return (at + 1) & (SLOT_COUNT - 1);
}

bool newest_full(const struct newest *k)
{
	return k->count == NEWEST_MAX;
}

void newest_add(struct newest *k, int64_t hash, int64_t n)
{
	size_t at = home(hash);

	assert(n > 0 && !newest_full(k));
	while (k->slots[at].n)
		at = after(at);
	k->slots[at] = (struct newest_key){.hash = hash, .n = n};
	k->count++;
}

int64_t newest_find(const struct newest *k, int64_t hash, size_t *at)
{
	*at = *at == SIZE_MAX ? home(hash) : after(*at);
	while (k->slots[*at].n && k->slots[*at].hash != hash)
		*at = after(*at);
	return k->slots[*at].n;
}

static int compare(const void *a, const void *b)
{
	const struct newest_key *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->n < y->n ? -1 : 1;
}

void newest_sort(struct newest *k)
{
	size_t used = 0;

	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (k->slots[i].n)
			k->slots[used++] = k->slots[i];
	assert(used == k->count);
	qsort(k->slots, used, sizeof(*k->slots), compare);
}

void newest_clear(struct newest *k)
{
	memset(k->slots, 0, SLOT_COUNT * sizeof(*k->slots));
	k->count = 0;
}

static int load(struct newest *k, sqlite3_stmt *stmt)
{
	int rc;

	newest_clear(k);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (newest_full(k)) /* never more are left to be indexed */
			return SQLITE_CORRUPT;
		newest_add(k, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
	}
	return rc;
}

int newest_load(struct newest *k, sqlite3 *db, const char *path, struct error *reterr)
{
	static const char sql[] = "SELECT hash, n FROM connection "
				  "WHERE n > (SELECT n FROM indexed)";
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc == SQLITE_OK)
		rc = load(k, stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : db_trouble(db, rc, path, reterr);
}
