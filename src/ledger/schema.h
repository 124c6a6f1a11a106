/* schema.h - the tables, and how a file of an earlier version gets them. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "base/error.h"

#define SCHEMA_APPLICATION_ID 0x736d656c /* "smel" */

/** From version i to i + 1, for the i-th of a list; the first makes an empty file version 1. */
extern const char *const schema_migrations[];
extern const int schema_version; /* how many there are */

/**
 * Whose file is this, and of what version? Changes nothing.
 *
 * @param ret_version  0: an empty one
 * @return 0; -EINVAL (another program's), -EPROTONOSUPPORT (a newer version), or
 *         another negative errno, each with its sentence
 */
int schema_look(sqlite3 *db, const char *path, int *ret_version, struct error *reterr);

/** Inside of a transaction: run the migrations from `version` on. */
int schema_migrate(sqlite3 *db, const char *path, int version, const char *const *migrations,
	int count, struct error *reterr);
