/* schema.c - one list of changes, of which a released one is never edited.
 *
 * `connection` is a rowid table in order of arrival: rows are appended, and
 * what happens to them later happens near the end. Their key is found by a
 * 64-bit keyed hash in `row_key`, which holds 16 bytes a row and gets them sorted,
 * thousands at a time (newest.h); an index of the text costs three times as much. Narrow columns that a pass over the table looks at
 * come first, text that only a hit needs comes last. NULL stands for 0 and "",
 * but for `description`.
 */
#include "ledger/schema.h"

#include <errno.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/str.h"
#include "ledger/db.h"

#define SHOWN_SIZE 400

static const char version_1[] =
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE run ("
	"  number INTEGER PRIMARY KEY,"
	"  started_ms INTEGER NOT NULL,"
	"  finished_ms INTEGER," /* NULL: going on, or it died */
	"  reported INTEGER,"    /* a results file is in place */
	"  pid INTEGER, host TEXT, settings TEXT, totals TEXT);"
	"CREATE TABLE scope ("
	"  number INTEGER PRIMARY KEY, sandbox TEXT NOT NULL, spec_id TEXT);"
	"CREATE TABLE connection ("
	"  n INTEGER PRIMARY KEY,"
	"  state INTEGER NOT NULL," /* enum ledger_state */
	"  seen_run INTEGER, seen_row INTEGER,"
	"  scope INTEGER NOT NULL,"
	"  hash INTEGER NOT NULL," /* of (sandbox, name), keyed */
	"  outcome_run INTEGER,"
	"  told INTEGER,"
	"  relook INTEGER,"    /* the run that marked it for a last look */
	"  intent_ms INTEGER," /* of its first intent; means nothing unless intended or in doubt */
	"  changed_ms INTEGER,"
	"  fingerprint BLOB,"
	"  http_status INTEGER, attempts INTEGER, started_ms INTEGER, duration_ms INTEGER,"
	"  name TEXT, endpoint TEXT, username TEXT,"
	"  status TEXT, id TEXT, etag TEXT, request_id TEXT, error_code TEXT, error TEXT,"
	"  room BLOB);" /* kept free by a claim for what its outcome will need */
	"CREATE TABLE row_key (hash INTEGER, n INTEGER, PRIMARY KEY (hash, n)) WITHOUT ROWID;"
	"CREATE TABLE indexed (n INTEGER NOT NULL);" /* rows up to this one are in row_key */
	"INSERT INTO indexed VALUES (0);"
	"CREATE INDEX connection_relook ON connection (n) WHERE relook IS NOT NULL;"
	"CREATE TABLE listing ("
	"  number INTEGER PRIMARY KEY, scope INTEGER NOT NULL, run INTEGER NOT NULL,"
	"  complete INTEGER, replaced INTEGER);"
	"CREATE TABLE inventory ("
	"  listing INTEGER, name TEXT, id TEXT, etag TEXT, endpoint TEXT, username TEXT,"
	"  PRIMARY KEY (listing, name, id)) WITHOUT ROWID;";

/* Takes no time: rows that are there have NULL in it. */
static const char version_2[] =
	"ALTER TABLE connection ADD COLUMN description INTEGER;" /* its keyed hash; 0: "",
								  * NULL: not known */
	"ALTER TABLE connection ADD COLUMN updates BLOB;";       /* open ones, see updates.h */

const char *const schema_migrations[] = {version_1, version_2};
const int schema_version = ARRAY_SIZE(schema_migrations);

int schema_look(sqlite3 *db, const char *path, int *ret_version, struct error *reterr)
{
	int64_t application, version, tables;
	char shown[SHOWN_SIZE];
	int r;

	str_shown(shown, sizeof(shown), path);
	r = db_number(db, "SELECT count(*) FROM sqlite_schema", path, &tables, reterr);
	if (r == 0)
		r = db_number(db, "PRAGMA application_id", path, &application, reterr);
	if (r == 0)
		r = db_number(db, "PRAGMA user_version", path, &version, reterr);
	if (r < 0)
		return r;
	if (tables == 0 && application == 0 && version == 0) {
		*ret_version = 0;
		return 0;
	}
	if (application != SCHEMA_APPLICATION_ID || version < 1)
		return error_set(reterr, -EINVAL,
			"'%s' is another program's database and stays untouched: name another "
			"--ledger",
			shown);
	if (version > schema_version)
		return error_set(reterr, -EPROTONOSUPPORT,
			"the ledger '%s' was written by a newer snowmelt (its version is %lld, "
			"this "
			"one knows up to %d): use that one, or name another --ledger",
			shown, (long long)version, schema_version);
	*ret_version = (int)version;
	return 0;
}

int schema_migrate(sqlite3 *db, const char *path, int version, const char *const *migrations,
	int count, struct error *reterr)
{
	char stamp[96];

	for (int i = version; i < count; i++) {
		int r = db_exec(db, migrations[i], path, reterr);

		if (r < 0)
			return r;
	}
	snprintf(stamp, sizeof(stamp), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		SCHEMA_APPLICATION_ID, count);
	return version == count ? 0 : db_exec(db, stamp, path, reterr);
}
