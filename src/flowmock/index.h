/* index.h - connections by a key, many with the same key allowed.
 *
 * Linear hashing (Litwin 1980): each insertion splits at most one bucket, so
 * that a million connections are never rehashed at once, which would be a
 * pause in the answers that no client could tell from a slow server. Members
 * are chained through connection.next, newest first.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct store;

enum key { BY_ID, BY_NAME, BY_DESCRIPTION, KEY_COUNT };

#define NO_CONNECTION UINT32_MAX

struct index {
	uint32_t *heads;
	uint32_t count; /* buckets in use */
	uint32_t cap;
	uint32_t low; /* the power of two at or below count */
	uint32_t members;
};

void index_done(struct index *x);
void index_insert(struct store *s, enum key key, uint32_t number);
void index_remove(struct store *s, enum key key, uint32_t number);
/** First of the chain that a hash falls into; others may be in it too. */
uint32_t index_head(const struct index *x, uint64_t hash);
