/* names.h - which row has a name in its sandbox, and how far it has come. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum name_state {
	NAME_CLAIMED,
	NAME_INTENDED,
	NAME_DONE,
	NAME_UPDATING,
	NAME_DELETING,
	NAME_DECIDED, /* in another way than done */
};

struct name {
	uint64_t hash;
	uint64_t row; /* the first with this name */
	enum name_state state;
	size_t sandbox_len;
	char key[]; /* sandbox, NUL, name, NUL */
};

/** Open addressing; a power of two of slots, at most three quarters in use. */
struct names {
	struct name **slots;
	size_t slot_count, used;
};

/** Returns 0 or -ENOMEM. */
int names_init(struct names *n);
void names_done(struct names *n); /* fine on a zeroed one */

/**
 * Find a name, or enter it for `row`, claimed.
 *
 * @param ret_fresh  it was entered
 * @return 0 or -ENOMEM
 */
int names_take(struct names *n, const char *sandbox, const char *name, uint64_t row,
	struct name **ret, bool *ret_fresh);

/** NULL when it was never entered. */
struct name *names_find(const struct names *n, const char *sandbox, const char *name);
