/* scopes.h - (sandbox, connectionSpec) pairs as numbers. A few, kept in memory. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct scope {
	int64_t number;
	char *sandbox, *spec_id;
	int64_t listing; /* that is being filled in this run; 0: none */
	int64_t listed;  /* that is complete, has items, and is of this run; 0: none */
};

struct scopes {
	struct scope *all; /* in order of their numbers, which go up from 1 without gaps */
	size_t count, capacity;
	uint32_t *slots; /* index + 1 by hash of the pair, open addressing */
	size_t slot_count;
};

/** Read those that `db` has and `s`, zeroed or filled before, has not. */
int scopes_load(struct scopes *s, sqlite3 *db, const char *path, struct error *reterr);
void scopes_close(struct scopes *s);

/** NULL when there is none. Valid until the next one is added. */
struct scope *scopes_find(const struct scopes *s, const char *sandbox, const char *spec_id);

/** NULL when there is no such number. */
const struct scope *scopes_get(const struct scopes *s, int64_t number);

/** Remember a new pair under the next number. NULL without memory. */
struct scope *scopes_add(struct scopes *s, const char *sandbox, const char *spec_id);
