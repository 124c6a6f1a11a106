/* store.c - see store.h. */
#include "flowmock/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "flowmock/memory.h"

void store_init(struct store *s)
{
	*s = (struct store){0};
}

void store_done(struct store *s)
{
	for (uint32_t i = 0; i < s->count; i++)
		free(store_at(s, i)->text);
	for (uint32_t i = 0; i * STORE_CHUNK < s->count; i++)
		free(s->chunks[i]);
	free(s->chunks);
	for (int key = 0; key < KEY_COUNT; key++)
		index_done(&s->index[key]);
	intern_done(&s->scopes);
	intern_done(&s->specs);
	*s = (struct store){0};
}

struct connection *store_at(const struct store *s, uint32_t number)
{
	return &s->chunks[number / STORE_CHUNK][number % STORE_CHUNK];
}

const char *connection_name(const struct connection *c)
{
	return c->text;
}

const char *connection_description(const struct connection *c)
{
	return c->text + strlen(c->text) + 1;
}

const char *connection_params(const struct connection *c)
{
	const char *description = connection_description(c);

	return description + strlen(description) + 1;
}

const char *connection_params_end(const struct connection *c)
{
	return c->text + c->text_len;
}

const char *store_org(const struct store *s, const struct connection *c)
{
	return intern_part(&s->scopes, c->scope, 0);
}

const char *store_sandbox(const struct store *s, const struct connection *c)
{
	return intern_part(&s->scopes, c->scope, 1);
}

const char *store_spec_id(const struct store *s, const struct connection *c)
{
	return intern_part(&s->specs, c->spec, 0);
}

const char *store_spec_version(const struct store *s, const struct connection *c)
{
	return intern_part(&s->specs, c->spec, 1);
}

const char *store_auth(const struct store *s, const struct connection *c)
{
	return intern_part(&s->specs, c->spec, 2);
}

static uint32_t intern_parts(struct intern *t, const char *const *parts, size_t count)
{
	AUTO(buf_done) struct buf key = {0};

	buf_init(&key, MUST_MAX);
	for (size_t i = 0; i < count; i++)
		must(buf_append(&key, parts[i], strlen(parts[i]) + 1));
	return intern_put(t, key.data, key.len);
}

uint32_t store_scope(struct store *s, const char *org, const char *sandbox)
{
	return intern_parts(&s->scopes, (const char *const[]){org, sandbox}, 2);
}

uint32_t store_spec(struct store *s, const char *id, const char *version, const char *auth)
{
	return intern_parts(&s->specs, (const char *const[]){id, version, auth}, 3);
}

static uint64_t text_hash(uint32_t scope, const char *text)
{
	return hash_str(hash_bytes(HASH_START, &scope, sizeof(scope)), text);
}

uint64_t store_hash(const struct connection *c, enum key key)
{
	switch (key) {
	case BY_ID: return c->id.low; /* random, and so its own hash */
	case BY_NAME: return text_hash(c->scope, connection_name(c));
	case BY_DESCRIPTION: return text_hash(c->scope, connection_description(c));
	case KEY_COUNT: break;
	}
	assert(!"a key");
	return 0;
}

/* An empty description is no key: thousands share it, in one fat chain. */
static bool is_keyed(const struct connection *c, enum key key)
{
	return key != BY_DESCRIPTION || connection_description(c)[0] != '\0';
}

static void set_text(struct connection *c, const struct store_text *t)
{
	size_t name_size = strlen(t->name) + 1;
	size_t description_size = strlen(t->description) + 1;

	c->text_len = (uint32_t)(name_size + description_size + t->params_len);
	c->text = must_realloc(NULL, c->text_len);
	memcpy(c->text, t->name, name_size);
	memcpy(c->text + name_size, t->description, description_size);
	if (t->params_len > 0)
		memcpy(c->text + name_size + description_size, t->params, t->params_len);
}

static void insert_text_keys(struct store *s, uint32_t number)
{
	for (enum key key = BY_NAME; key < KEY_COUNT; key++) {
		if (is_keyed(store_at(s, number), key))
			index_insert(s, key, number);
	}
}

static void remove_text_keys(struct store *s, uint32_t number)
{
	for (enum key key = BY_NAME; key < KEY_COUNT; key++) {
		if (is_keyed(store_at(s, number), key))
			index_remove(s, key, number);
	}
}

uint32_t store_add(struct store *s, const struct connection *c, const struct store_text *text)
{
	uint32_t number = s->count;
	struct connection *place;

	if (number % STORE_CHUNK == 0) {
		s->chunks =
			must_realloc(s->chunks, (number / STORE_CHUNK + 1) * sizeof(*s->chunks));
		s->chunks[number / STORE_CHUNK] = must_alloc(STORE_CHUNK * sizeof(*place));
	}
	s->count++;
	s->alive++;
	place = store_at(s, number);
	*place = *c;
	set_text(place, text);
	index_insert(s, BY_ID, number);
	insert_text_keys(s, number);
	return number;
}

void store_change(struct store *s, uint32_t number, const struct store_text *text)
{
	struct connection *c = store_at(s, number);
	char *old = c->text;

	remove_text_keys(s, number);
	set_text(c, text);
	free(old);
	insert_text_keys(s, number);
}

void store_delete(struct store *s, uint32_t number)
{
	struct connection *c = store_at(s, number);

	remove_text_keys(s, number);
	index_remove(s, BY_ID, number);
	free(c->text);
	c->text = NULL;
	c->text_len = 0;
	s->alive--;
}

void store_hide(struct store *s, uint32_t number, int64_t until_ms)
{
	index_remove(s, BY_ID, number);
	store_at(s, number)->hidden_ms = until_ms;
	s->alive--;
}

bool connection_is_there(const struct connection *c)
{
	return c->text && c->hidden_ms == 0;
}

uint32_t store_find(const struct store *s, struct uuid id)
{
	uint32_t n = index_head(&s->index[BY_ID], id.low);

	while (n != NO_CONNECTION) {
		const struct connection *c = store_at(s, n);

		if (c->id.high == id.high && c->id.low == id.low)
			break;
		n = c->next[BY_ID];
	}
	return n;
}

static const char *text_of(const struct connection *c, enum key key)
{
	return key == BY_NAME ? connection_name(c) : connection_description(c);
}

/* From `n` on along its chain, the first of this scope and text. */
static uint32_t walk(
	const struct store *s, enum key key, uint32_t n, uint32_t scope, const char *text)
{
	while (n != NO_CONNECTION) {
		const struct connection *c = store_at(s, n);

		if (c->scope == scope && strcmp(text_of(c, key), text) == 0)
			break;
		n = c->next[key];
	}
	return n;
}

uint32_t store_first(const struct store *s, enum key key, uint32_t scope, const char *text)
{
	return walk(s, key, index_head(&s->index[key], text_hash(scope, text)), scope, text);
}

uint32_t store_next(const struct store *s, enum key key, uint32_t number)
{
	const struct connection *c = store_at(s, number);

	return walk(s, key, c->next[key], c->scope, text_of(c, key));
}
