/* identity.h - one ledger serves one service and org, and has one key. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/key.h"

int identity_write(sqlite3 *db, const char *path, const char *service, const char *org,
	const uint8_t key[KEY_SIZE], struct error *reterr);

/** 0; -EINVAL with the sentence when it is another's; or trouble. */
int identity_check(sqlite3 *db, const char *path, const char *service, const char *org,
	const uint8_t key[KEY_SIZE], struct error *reterr);

/** 0; -EINVAL when it is the key of another ledger; or trouble. */
int identity_check_key(
	sqlite3 *db, const char *path, const uint8_t key[KEY_SIZE], struct error *reterr);

/**
 * What `meta` has under a name. Text, to be freed; "" when there is none.
 */
int identity_get(sqlite3 *db, const char *path, const char *name, char **ret, struct error *reterr);
