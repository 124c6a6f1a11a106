/* intern.c - see intern.h. */
#include "flowmock/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "flowmock/memory.h"

struct intern_entry {
	char *text; /* with one NUL more than its len */
	size_t len;
};

void intern_done(struct intern *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		free(t->entries[i].text);
	free(t->entries);
	free(t->slots);
	*t = (struct intern){0};
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t slot_of(const struct intern *t, const char *text, size_t len)
{
	uint32_t slot = (uint32_t)hash_bytes(HASH_START, text, len) & (t->slot_count - 1);

	for (; t->slots[slot] != 0; slot = (slot + 1) & (t->slot_count - 1)) {
		const struct intern_entry *e = &t->entries[t->slots[slot] - 1];

		if (e->len == len && memcmp(e->text, text, len) == 0)
			break;
	}
	return slot;
}

static void grow(struct intern *t)
{
	t->cap = t->cap ? 2 * t->cap : 16;
	t->entries = must_realloc(t->entries, t->cap * sizeof(*t->entries));
	free(t->slots);
	t->slot_count = 2 * t->cap;
	t->slots = must_alloc(t->slot_count * sizeof(*t->slots));
	for (uint32_t i = 0; i < t->count; i++)
		t->slots[slot_of(t, t->entries[i].text, t->entries[i].len)] = i + 1;
}

uint32_t intern_find(const struct intern *t, const char *text, size_t len)
{
	uint32_t found = t->slot_count ? t->slots[slot_of(t, text, len)] : 0;

	return found ? found - 1 : INTERN_NONE;
}

uint32_t intern_put(struct intern *t, const char *text, size_t len)
{
	uint32_t number = intern_find(t, text, len);
	char *copy;

	if (number != INTERN_NONE)
		return number;
	if (t->count == t->cap)
		grow(t);
	copy = must_alloc(len + 1);
	memcpy(copy, text, len);
	t->slots[slot_of(t, text, len)] = t->count + 1;
	t->entries[t->count] = (struct intern_entry){.text = copy, .len = len};
	return t->count++;
}

const char *intern_part(const struct intern *t, uint32_t number, int part)
{
	const struct intern_entry *e = &t->entries[number];
	const char *at = e->text;

	while (part-- > 0 && at < e->text + e->len)
		at += strlen(at) + 1;
	return at < e->text + e->len ? at : "";
}
