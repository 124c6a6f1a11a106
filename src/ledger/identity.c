#include "ledger/identity.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "ledger/db.h"

#define SHOWN_SIZE 200
#define CHECK_TEXT_SIZE (2 * KEY_CHECK_SIZE + 1)

static void freep(char **p)
{
	free(*p);
}

static void check_text(const uint8_t key[KEY_SIZE], char ret[CHECK_TEXT_SIZE])
{
	uint8_t value[KEY_CHECK_SIZE];

	key_check_value(key, value);
	sodium_bin2hex(ret, CHECK_TEXT_SIZE, value, sizeof(value));
}

static int put(
	sqlite3 *db, const char *path, const char *name, const char *value, struct error *reterr)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(
		db, "INSERT INTO meta (name, value) VALUES (?, ?)", -1, &stmt, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : db_trouble(db, rc, path, reterr);
}

int identity_get(sqlite3 *db, const char *path, const char *name, char **ret, struct error *reterr)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name = ?", -1, &stmt, NULL);
	char *value = NULL;

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
	}
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		value = strdup(rc == SQLITE_ROW ? column_text(stmt, 0) : "");
	sqlite3_finalize(stmt);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return db_trouble(db, rc, path, reterr);
	if (!value)
		return db_trouble(db, SQLITE_NOMEM, path, reterr);
	*ret = value;
	return 0;
}

int identity_write(sqlite3 *db, const char *path, const char *service, const char *org,
	const uint8_t key[KEY_SIZE], struct error *reterr)
{
	char check[CHECK_TEXT_SIZE];
	int r = put(db, path, "service", service, reterr);

	check_text(key, check);
	if (r == 0)
		r = put(db, path, "org", org, reterr);
	if (r == 0)
		r = put(db, path, "key_check", check, reterr);
	return r;
}

int identity_check_key(
	sqlite3 *db, const char *path, const uint8_t key[KEY_SIZE], struct error *reterr)
{
	AUTO(freep) char *stored = NULL;
	char check[CHECK_TEXT_SIZE], shown[SHOWN_SIZE];
	int r = identity_get(db, path, "key_check", &stored, reterr);

	check_text(key, check);
	if (r < 0 || strcmp(stored, check) == 0)
		return r;
	str_shown(shown, sizeof(shown), path);
	return error_set(reterr, -EINVAL,
		"'%s.key' is the key of another ledger than '%s': restore the one that belongs to "
		"it, or name another --ledger",
		shown, shown);
}

static int check_one(
	sqlite3 *db, const char *path, const char *what, const char *now, struct error *reterr)
{
	char shown[SHOWN_SIZE], shown_stored[SHOWN_SIZE], shown_now[SHOWN_SIZE];
	AUTO(freep) char *stored = NULL;
	int r = identity_get(db, path, what, &stored, reterr);

	if (r < 0 || strcmp(stored, now) == 0)
		return r;
	return error_set(reterr, -EINVAL,
		"the ledger '%s' is that of the %s '%s', not of '%s': name another --ledger for "
		"this %s, or use the other %s",
		str_shown(shown, sizeof(shown), path), what,
		str_shown(shown_stored, sizeof(shown_stored), stored),
		str_shown(shown_now, sizeof(shown_now), now), what, what);
}

int identity_check(sqlite3 *db, const char *path, const char *service, const char *org,
	const uint8_t key[KEY_SIZE], struct error *reterr)
{
	int r = check_one(db, path, "service", service, reterr);

	if (r == 0)
		r = check_one(db, path, "org", org, reterr);
	if (r == 0)
		r = identity_check_key(db, path, key, reterr);
	return r;
}
