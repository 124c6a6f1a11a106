#include "ledger/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOTS_AT_FIRST 1024

int names_init(struct names *n)
{
	*n = (struct names){
		.slots = calloc(SLOTS_AT_FIRST, sizeof(struct name *)),
		.slot_count = SLOTS_AT_FIRST,
	};
	return n->slots ? 0 : -ENOMEM;
}

void names_done(struct names *n)
{
	for (size_t i = 0; n->slots && i < n->slot_count; i++)
		free(n->slots[i]);
	free(n->slots);
	*n = (struct names){0};
}

static uint64_t hash_key(const char *sandbox, const char *name)
{
	return hash_str(hash_str(HASH_START, sandbox), name);
}

static size_t home(uint64_t hash, size_t slot_count)
{
	return (size_t)hash & (slot_count - 1);
}

static bool is_named(const struct name *n, const char *sandbox, const char *name)
{
	return strcmp(n->key, sandbox) == 0 && strcmp(n->key + n->sandbox_len + 1, name) == 0;
}

/* The slot that has the name, or the empty one where it would be. */
static struct name **find_slot(
	const struct names *n, uint64_t hash, const char *sandbox, const char *name)
{
	size_t at = home(hash, n->slot_count);

	while (n->slots[at] &&
		(n->slots[at]->hash != hash || !is_named(n->slots[at], sandbox, name)))
		at = (at + 1) & (n->slot_count - 1);
	return &n->slots[at];
}

static int grow(struct names *n)
{
	size_t count = n->slot_count * 2;
	struct name **slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < n->slot_count; i++) {
		size_t at;

		if (!n->slots[i])
			continue;
		at = home(n->slots[i]->hash, count);
		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = n->slots[i];
	}
	free(n->slots);
	n->slots = slots;
	n->slot_count = count;
	return 0;
}

static struct name *name_new(uint64_t hash, const char *sandbox, const char *name, uint64_t row)
{
	size_t sandbox_len = strlen(sandbox), name_len = strlen(name);
	struct name *n = malloc(sizeof(*n) + sandbox_len + 1 + name_len + 1);

	if (!n)
		return NULL;
	*n = (struct name){
		.hash = hash,
		.row = row,
		.state = NAME_CLAIMED,
		.sandbox_len = sandbox_len,
	};
	memcpy(n->key, sandbox, sandbox_len + 1);
	memcpy(n->key + sandbox_len + 1, name, name_len + 1);
	return n;
}

int names_take(struct names *n, const char *sandbox, const char *name, uint64_t row,
	struct name **ret, bool *ret_fresh)
{
	uint64_t hash = hash_key(sandbox, name);
	struct name **slot = find_slot(n, hash, sandbox, name);

	if (*slot) {
		*ret_fresh = false;
		*ret = *slot;
		return 0;
	}
	if (n->used + 1 > n->slot_count / 4 * 3) {
		if (grow(n) < 0)
			return -ENOMEM;
		slot = find_slot(n, hash, sandbox, name);
	}
	*slot = name_new(hash, sandbox, name, row);
	if (!*slot)
		return -ENOMEM;
	n->used++;
	*ret_fresh = true;
	*ret = *slot;
	return 0;
}

struct name *names_find(const struct names *n, const char *sandbox, const char *name)
{
	return *find_slot(n, hash_key(sandbox, name), sandbox, name);
}
