/* scratch.h - a ledger that only lists: for a plan, which writes down nothing.
 *
 * An ordinary `struct ledger` on an unnamed temporary file, gone with the process: no
 * lock, no key file, no rows. It takes the INVENTORY_* requests as the SQLite backend
 * does, with the description too, and without being durable. When all of it was listed,
 * it is asked what was found: on the caller's thread, after the last reply was taken.
 * From the first question on nothing more may be submitted.
 *
 * What is found of a scope is what its newest listing has, complete or not: INVENTORY_END
 * has said which. What was renamed while it was listed may come under both names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"

/** @param wake  as for the others */
int ledger_scratch_create(
	void (*wake)(void *arg), void *arg, struct ledger **ret, struct error *reterr);

/** One connection that is there. Text is never NULL, but for endpoint, username and
 * description where the server did not show them. */
struct ledger_scratch_item {
	const char *sandbox, *spec_id, *name, *id, *etag, *endpoint, *username, *description;
};

/**
 * The items of one name in a scope, by id; and from now on it is named.
 *
 * @param each  borrows the item for the call, and asks nothing in it
 * @return how many, or a negative errno with the sentence in reterr
 */
int64_t ledger_scratch_find(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *name, void (*each)(void *arg, const struct ledger_scratch_item *item),
	void *arg, struct error *reterr);

/** The item of this id in a scope, whatever its name: 1 (handed to `each`, once), 0, or a
 * negative errno. Does not name it. */
int ledger_scratch_find_id(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *id, void (*each)(void *arg, const struct ledger_scratch_item *item), void *arg,
	struct error *reterr);

/** From now on the item of this id is named, whatever its name: 0 or a negative errno. */
int ledger_scratch_name_id(struct ledger *l, const char *sandbox, const char *spec_id,
	const char *id, struct error *reterr);

/** Every item whose name was not named, by sandbox, spec_id, name and id. */
int ledger_scratch_unnamed(struct ledger *l,
	void (*each)(void *arg, const struct ledger_scratch_item *item), void *arg,
	struct error *reterr);
