/* store.h - the connections, in memory, found by id, name and description.
 *
 * A record has a number by order of creation, which never changes; a deleted
 * one leaves a hole. Records share their scope (org and sandbox) and spec
 * (connectionSpec id, its version, auth specName) by intern number; all that is
 * their own stands in one allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flowmock/etag.h"
#include "flowmock/index.h"
#include "flowmock/intern.h"
#include "flowmock/uuid.h"

struct connection {
	struct uuid id;
	int64_t created_ms;
	int64_t updated_ms; /* equal to created_ms until it is changed */
	struct etag etag;   /* as last answered */
	uint32_t lag_ms;    /* listings do not show it before created_ms + lag_ms */
	int64_t hidden_ms;  /* deleted, and listings show it until then; 0: it is there */
	uint32_t reads, tests, explores, updates; /* executed */
	uint32_t scope;
	uint32_t spec;
	uint32_t next[KEY_COUNT];
	uint32_t text_len;
	char *text; /* name, description, packed params; NULL once deleted */
};

#define STORE_CHUNK 4096

struct store {
	struct connection **chunks; /* records never move */
	uint32_t count;             /* numbers given, holes included */
	uint32_t alive;
	struct index index[KEY_COUNT];
	struct intern scopes;
	struct intern specs;
};

void store_init(struct store *s);
void store_done(struct store *s);

/** What a new or changed record says; all borrowed. */
struct store_text {
	const char *name;
	const char *description;
	const char *params; /* packed, see params.h */
	size_t params_len;
};

/**
 * Add a record. `c` gives all but text and next.
 *
 * @return its number
 */
uint32_t store_add(struct store *s, const struct connection *c, const struct store_text *text);
/** Give it another text (the old one may be borrowed from); times and etag are the caller's. */
void store_change(struct store *s, uint32_t number, const struct store_text *text);
void store_delete(struct store *s, uint32_t number);
/** Delete it, but leave it to be listed until `until_ms`: store_find() finds it no more. */
void store_hide(struct store *s, uint32_t number, int64_t until_ms);
/** Neither deleted nor hidden. */
bool connection_is_there(const struct connection *c);

/** The record, also a deleted one. */
struct connection *store_at(const struct store *s, uint32_t number);

/** Alive with this id, or NO_CONNECTION. */
uint32_t store_find(const struct store *s, struct uuid id);

/** The newest one of this scope with this name (BY_NAME) or description, and the next older;
 * hidden ones among them. */
uint32_t store_first(const struct store *s, enum key key, uint32_t scope, const char *text);
uint32_t store_next(const struct store *s, enum key key, uint32_t number);

uint32_t store_scope(struct store *s, const char *org, const char *sandbox);
uint32_t store_spec(struct store *s, const char *id, const char *version, const char *auth);

const char *connection_name(const struct connection *c);
const char *connection_description(const struct connection *c);
const char *connection_params(const struct connection *c);
const char *connection_params_end(const struct connection *c);
const char *store_org(const struct store *s, const struct connection *c);
const char *store_sandbox(const struct store *s, const struct connection *c);
const char *store_spec_id(const struct store *s, const struct connection *c);
const char *store_spec_version(const struct store *s, const struct connection *c);
const char *store_auth(const struct store *s, const struct connection *c);

/** For the index: where a record belongs under a key. */
uint64_t store_hash(const struct connection *c, enum key key);
