#include "ledger/scopes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ledger/db.h"

#define CAPACITY_AT_FIRST 16

static size_t home(const struct scopes *s, const char *sandbox, const char *spec_id)
{
	return hash_str(hash_str(HASH_START, sandbox), spec_id) & (s->slot_count - 1);
}

static void enter(struct scopes *s, size_t index)
{
	size_t at = home(s, s->all[index].sandbox, s->all[index].spec_id);

	while (s->slots[at])
		at = (at + 1) & (s->slot_count - 1);
	s->slots[at] = (uint32_t)index + 1;
}

/* Twice as many slots as there is room for scopes. */
static int grow(struct scopes *s)
{
	size_t capacity = s->capacity ? 2 * s->capacity : CAPACITY_AT_FIRST;
	struct scope *all = realloc(s->all, capacity * sizeof(*all));
	uint32_t *slots;

	if (!all)
		return -ENOMEM;
	s->all = all;
	slots = calloc(2 * capacity, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(s->slots);
	s->slots = slots;
	s->slot_count = 2 * capacity;
	s->capacity = capacity;
	for (size_t i = 0; i < s->count; i++)
		enter(s, i);
	return 0;
}

struct scope *scopes_add(struct scopes *s, const char *sandbox, const char *spec_id)
{
	struct scope *scope;

	if (s->count == s->capacity && grow(s) < 0)
		return NULL;
	scope = &s->all[s->count];
	*scope = (struct scope){
		.number = (int64_t)s->count + 1,
		.sandbox = strdup(sandbox),
		.spec_id = strdup(spec_id),
	};
	if (!scope->sandbox || !scope->spec_id) {
		free(scope->sandbox);
		free(scope->spec_id);
		return NULL;
	}
	enter(s, s->count++);
	return scope;
}

struct scope *scopes_find(const struct scopes *s, const char *sandbox, const char *spec_id)
{
	size_t at;

	if (s->count == 0)
		return NULL;
	at = home(s, sandbox, spec_id);
	while (s->slots[at]) {
		struct scope *scope = &s->all[s->slots[at] - 1];

		if (strcmp(scope->sandbox, sandbox) == 0 && strcmp(scope->spec_id, spec_id) == 0)
			return scope;
		at = (at + 1) & (s->slot_count - 1);
	}
	return NULL;
}

const struct scope *scopes_get(const struct scopes *s, int64_t number)
{
	return number >= 1 && (uint64_t)number <= s->count ? &s->all[number - 1] : NULL;
}

static int add_row(struct scopes *s, sqlite3_stmt *stmt)
{
	if (sqlite3_column_int64(stmt, 0) != (int64_t)s->count + 1)
		return SQLITE_CORRUPT;
	return scopes_add(s, column_text(stmt, 1), column_text(stmt, 2)) ? SQLITE_OK : SQLITE_NOMEM;
}

int scopes_load(struct scopes *s, sqlite3 *db, const char *path, struct error *reterr)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db,
		"SELECT number, sandbox, spec_id FROM scope WHERE number > ? ORDER BY number", -1,
		&stmt, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(stmt, 1, (int64_t)s->count);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = add_row(s, stmt);
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : db_trouble(db, rc, path, reterr);
}

void scopes_close(struct scopes *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->all[i].sandbox);
		free(s->all[i].spec_id);
	}
	free(s->all);
	free(s->slots);
	*s = (struct scopes){0};
}
