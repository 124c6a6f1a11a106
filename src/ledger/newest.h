/* newest.h - keys of the newest rows, which the index on disk does not have yet.
 *
 * Keyed hashes come in random order, so each row that goes into the index by
 * itself changes a page of its own: a page written, logged, copied. The newest
 * are kept here instead, 16 bytes each, and go into the index thousands at a
 * time, sorted. `indexed.n` in the file says up to which row it reaches; what
 * lies behind is read again when the ledger is opened.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define NEWEST_MAX ((size_t)1 << 15)

struct newest_key {
	int64_t hash, n; /* n 0: empty */
};

/** Open addressing; at most half in use. */
struct newest {
	struct newest_key *slots;
	size_t count;
};

/** @return 0 or -ENOMEM */
int newest_init(struct newest *k);
void newest_done(struct newest *k); /* fine on a zeroed one */

/** There is room: newest_full() was asked. */
void newest_add(struct newest *k, int64_t hash, int64_t n);
bool newest_full(const struct newest *k);

/**
 * The rows of a hash, one after the other.
 *
 * @param at  SIZE_MAX for the first; kept between calls
 * @return the row, 0 when there is none (left)
 */
int64_t newest_find(const struct newest *k, int64_t hash, size_t *at);

/** All of them by hash, at the beginning of `slots`; only newest_clear() may follow. */
void newest_sort(struct newest *k);
void newest_clear(struct newest *k);

/** Read what the index of `db` does not have. */
int newest_load(struct newest *k, sqlite3 *db, const char *path, struct error *reterr);
