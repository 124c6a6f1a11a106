/* intern.h - texts that many connections share, each kept once, by number.
 *
 * A text may hold NULs: several parts, each with its NUL, make one entry
 * ("org\0sandbox\0"). Nothing is ever taken out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct intern {
	struct intern_entry *entries;
	uint32_t count;
	uint32_t cap;
	uint32_t *slots; /* open addressing; 0 is free, else number + 1 */
	uint32_t slot_count;
};

#define INTERN_NONE UINT32_MAX

void intern_done(struct intern *t);
/** The number of this text, a new one if need be. */
uint32_t intern_put(struct intern *t, const char *text, size_t len);
/** The number of this text, or INTERN_NONE. */
uint32_t intern_find(const struct intern *t, const char *text, size_t len);
/** The part-th string of the entry; "" behind the last. */
const char *intern_part(const struct intern *t, uint32_t number, int part);
