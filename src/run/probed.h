/* probed.h - which row asks an instance about a login, and what all that share it are told.
 *
 * An instance locks a user after five wrong passwords, so a login is tried once, however many
 * rows have it: the first row of an (endpoint, user) asks, later ones share its verdict. A later
 * row with another password is not tried at all, and does not share: at most one of the two can
 * be right, and only the first has been asked.
 *
 * Some verdicts are of a whole instance: it is limited, or cannot be reached. Its other logins
 * then share that, and are not tried.
 *
 * In memory, 32 bytes a place and at least two places for each (endpoint, user). Logins are known
 * by a keyed hash of 128 bits, as names are in seen.h, and passwords by 32 bits of another: two
 * that meet there only share a verdict.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servicenow/verdict.h"

#define PROBED_KEY_SIZE 32

struct probed {
	struct probed_place *places;
	size_t place_count; /* a power of two, or 0 */
	size_t used;
	unsigned char key[PROBED_KEY_SIZE];
};

enum probed_turn {
	PROBED_ASKS,           /* this row: it is the first */
	PROBED_SHARES,         /* an earlier one asks, or has asked, with the same password */
	PROBED_OTHER_PASSWORD, /* an earlier one, with another password */
};

/** What a row has to do with a login, and what is known of it. */
struct probed_login {
	enum probed_turn turn;
	uint32_t row; /* that asks; beyond 2^32 - 1 it is that */
	bool told;    /* there is a verdict */
	struct servicenow_verdict verdict;
};

/** @return 0, -ENOMEM, or -EIO: no random numbers from the kernel */
int probed_init(struct probed *p);
void probed_done(struct probed *p); /* fine on a zeroed one */

/**
 * Give a login to a row, unless an earlier one has it.
 *
 * @param endpoint  without a fault; compared as flow_service_append() writes it
 * @param row       from 1; a row may take its own login again, and gets the same turn
 * @return 0 or -ENOMEM
 */
int probed_take(struct probed *p, const char *endpoint, const char *username, const char *password,
	uint64_t row, struct probed_login *ret);

/**
 * Note what was learnt of a login that a row has taken; a later note replaces it.
 *
 * @return 0 or -ENOMEM
 */
int probed_tell(struct probed *p, const char *endpoint, const char *username,
	const struct servicenow_verdict *v);

/**
 * Note that an instance is not to be asked any more, and what all further logins of it are
 * told instead. It takes a place as a login does.
 *
 * @return 0 or -ENOMEM
 */
int probed_close(struct probed *p, const char *endpoint, const struct servicenow_verdict *v);

/** Is it closed? @return 1, and what is told; 0; or -ENOMEM */
int probed_closed(struct probed *p, const char *endpoint, struct servicenow_verdict *ret);
