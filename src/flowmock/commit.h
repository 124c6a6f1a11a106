/* commit.h - a connection comes into being: in the store and the journal, now
 * or, when a server goes on after its answer, later.
 */
#pragma once

#include <stdint.h>

#include "base/time.h"
#include "flowmock/store.h"

struct service;

struct commit {
	uint32_t scope;
	uint32_t spec;
	int64_t created_ms;     /* wall clock; 0: the moment at which it is carried out */
	struct store_text text; /* borrowed; copied by either call */
};

/** NULL: the journal cannot be written, and the service is failed. */
const struct connection *commit_now(struct service *s, const struct commit *c);

/** After `wait`, whether its client is still there or not. A kill of this program undoes it. */
void commit_later(struct service *s, const struct commit *c, nsec_t wait);

/** Those that still wait are never carried out. */
void commits_done(struct service *s);
