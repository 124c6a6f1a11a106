/* Versions: from one to the next, wholly or not at all. */
#include "ledger_fixture.h"

#include "base/hash.h"
#include "ledger/db.h"
#include "ledger/reader.h"
#include "ledger/schema.h"
#include "ledger_version_1.h"

static sqlite3 *open_db(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	int64_t n = -1;
	struct error e = {0};

	if (db_number(db, sql, "ledger", &n, &e) < 0)
		fail_msg("%s", e.text);
	return n;
}

static int migrate(sqlite3 *db, const char *const *migrations, int count)
{
	int version = (int)number(db, "PRAGMA user_version"), r;

	assert_int_equal(db_exec(db, "BEGIN", "ledger", NULL), 0);
	r = schema_migrate(db, "ledger", version, migrations, count, NULL);
	db_exec(db, r < 0 ? "ROLLBACK" : "COMMIT", "ledger", NULL);
	return r;
}

static void only_the_steps_that_are_missing_are_made(void **state)
{
	static const char *const steps[] = {
		"CREATE TABLE a (x)",
		"ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)",
		"CREATE TABLE b (x)",
	};
	sqlite3 *db = open_db("steps");

	assert_int_equal(migrate(db, steps, 1), 0);
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	assert_int_equal(number(db, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
	assert_int_equal(migrate(db, steps, 3), 0);
	assert_int_equal(number(db, "SELECT y FROM a"), 2);
	assert_int_equal(migrate(db, steps, 3), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM a"), 1);
	assert_int_equal(number(db, "PRAGMA user_version"), 3);
	sqlite3_close(db);
}

static void a_step_that_fails_leaves_the_version_before_all(void **state)
{
	static const char *const steps[] = {
		"CREATE TABLE a (x)", "CREATE TABLE b (x)", "INSERT INTO c VALUES (1)"};
	sqlite3 *db = open_db("fails");

	assert_int_equal(migrate(db, steps, 1), 0);
	assert_int_equal(migrate(db, steps, 3), -EUCLEAN);
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema"), 1);
	sqlite3_close(db);
}

/* Files of users have it: a step is added, never changed. */
static void a_released_step_is_never_edited(void **state)
{
	static const uint64_t hashes[] = {
		UINT64_C(0x1e376a523898cfa4), UINT64_C(0xeb7a9bd881434e6e)};

	assert_int_equal(ARRAY_SIZE(hashes), schema_version);
	for (int i = 0; i < schema_version; i++)
		assert_int_equal(hash_str(HASH_START, schema_migrations[i]), hashes[i]);
}

static const char all_of_schema[] = "SELECT group_concat(name || sql, char(10)) FROM (SELECT name, "
				    "sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)";

static char *schema_of(sqlite3 *db)
{
	sqlite3_stmt *stmt = NULL;
	char *ret;

	assert_int_equal(sqlite3_prepare_v2(db, all_of_schema, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	ret = strdup((const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	return ret;
}

/* So the tests with such a file mean what users have. */
static void what_is_made_here_as_version_1_is_it(void **state)
{
	sqlite3 *pristine = open_db(":memory:"), *made;
	char *a, *b;

	ledger_destroy(begin("as 1"));
	back_to_version_1("as 1");
	made = open_db("as 1");
	assert_int_equal(migrate(pristine, schema_migrations, 1), 0);
	a = schema_of(pristine);
	b = schema_of(made);
	assert_string_equal(a, b);
	assert_int_equal(number(made, "PRAGMA user_version"), 1);
	free(a);
	free(b);
	sqlite3_close(pristine);
	sqlite3_close(made);
}

static void make_version_1(const char *path)
{
	struct ledger *l = begin(path);

	ask(l, LEDGER_CLAIM, 1, "done");
	ask(l, LEDGER_INTEND, 1, "done");
	decide(l, 1, "done", LEDGER_DONE);
	ask(l, LEDGER_CLAIM, 2, "open");
	ask(l, LEDGER_INTEND, 2, "open");
	ask(l, LEDGER_CLAIM, 3, "claimed");
	end(l, true);
	back_to_version_1(path);
}

static struct ledger_reader *look_into(const char *path)
{
	struct ledger_reader *r = NULL;
	struct error e = {0};

	if (ledger_reader_open(path, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

/* @return what is known of the description of `name` */
static bool assert_reads(struct ledger_reader *r, const char *name, enum ledger_state state)
{
	const struct ledger_record *rec = NULL;
	struct error e = {0};

	if (ledger_reader_find(r, "prod", name, &rec, &e) != 1)
		fail_msg("'%s': %s", name, e.text);
	assert_int_equal(rec->state, state);
	return rec->description_known;
}

static void a_ledger_of_version_1_is_migrated_where_it_lies(void **state)
{
	struct ledger_request q = request(LEDGER_CLAIM, 3, "claimed");
	struct ledger_reply reply;
	struct ledger *l;
	sqlite3 *db;

	make_version_1("old");
	l = begin("old");
	reply = ask(l, LEDGER_CLAIM, 1, "done");
	assert_int_equal(reply.claim, LEDGER_KNOWN);
	assert_true(reply.record->told);
	assert_true(reply.record->same);
	assert_false(reply.record->description_known);
	assert_int_equal(ask(l, LEDGER_CLAIM, 2, "open").claim, LEDGER_OPEN);
	q.description = "new";
	assert_int_equal(ask_for(l, &q).claim, LEDGER_FRESH);
	decide(l, 3, "claimed", LEDGER_DONE);
	end(l, true);
	db = open_db("old");
	assert_int_equal(number(db, "PRAGMA user_version"), schema_version);
	assert_int_equal(number(db, "SELECT count(*) FROM connection"), 3);
	sqlite3_close(db);
	l = begin("old");
	assert_true(ask(l, LEDGER_CLAIM, 3, "claimed").record->description_known);
	ledger_destroy(l);
}

/* An operator who has a new snowmelt asks before he runs it. */
static void before_that_it_can_be_looked_into(void **state)
{
	const struct ledger_record *rec = NULL;
	struct ledger_reader *r;
	int64_t cursor = 0;
	sqlite3 *db;

	make_version_1("asked");
	r = look_into("asked");
	assert_false(assert_reads(r, "done", LEDGER_STATE_DONE));
	assert_false(assert_reads(r, "open", LEDGER_STATE_INTENDED));
	assert_int_equal(ledger_reader_next(r, &cursor, &rec, NULL), 1);
	assert_string_equal(rec->name, "done");
	ledger_reader_close(r);
	db = open_db("asked");
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	sqlite3_close(db);
}

/* In another process, which does not come to an end in good order. */
static void by_another(const char *path, void (*what)(const char *path))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		what(path);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void leave_a_log(const char *path)
{
	if (db_exec(open_db(path), "INSERT INTO meta VALUES ('more', 1)", path, NULL) < 0)
		_exit(1);
}

static void decide_one(const char *path)
{
	struct ledger_request q = request(LEDGER_CLAIM, 3, "claimed");
	struct ledger *l = begin(path);

	q.description = "new";
	ask_for(l, &q);
	decide(l, 3, "claimed", LEDGER_DONE);
}

/* While somebody looks: at a file as it lies, or at one that a log lies beside. */
static void a_reader_sees_that_it_was_migrated(void **state)
{
	for (int with_log = 0; with_log <= 1; with_log++) {
		const char *path = with_log ? "log" : "as it lies";
		struct ledger_reader *r;
		struct stat st;

		make_version_1(path);
		if (with_log)
			by_another(path, leave_a_log);
		assert_int_equal(stat("log-wal", &st) == 0 && st.st_size > 0, with_log);
		r = look_into(path);
		assert_false(assert_reads(r, "done", LEDGER_STATE_DONE));
		by_another(path, decide_one);
		assert_false(assert_reads(r, "done", LEDGER_STATE_DONE));
		assert_true(assert_reads(r, "claimed", LEDGER_STATE_DONE));
		ledger_reader_close(r);
	}
}

static void a_newer_one_is_left_alone(void **state)
{
	struct ledger_sqlite_options o = options_for("newer");
	struct ledger_reader *r = NULL;
	struct error e = {0};
	sqlite3 *db;

	ledger_destroy(begin("newer"));
	db = open_db("newer");
	assert_int_equal(db_exec(db, "PRAGMA user_version = 99", "newer", NULL), 0);
	sqlite3_close(db);
	assert_says(refusal(&o, -EPROTONOSUPPORT), "its version is 99, this one knows up to 2");
	assert_int_equal(ledger_reader_open("newer", &r, &e), -EPROTONOSUPPORT);
}

/* A start that died before its first commit: no ledger yet, and it may become one. */
static void a_database_without_anything_becomes_a_ledger(void **state)
{
	sqlite3 *db = open_db("bare");

	assert_int_equal(db_exec(db, "PRAGMA journal_mode = WAL", "bare", NULL), 0);
	sqlite3_close(db);
	assert_true(access("bare", F_OK) == 0);
	ledger_destroy(begin("bare"));
	db = open_db("bare");
	assert_int_equal(number(db, "PRAGMA user_version"), schema_version);
	assert_int_equal(number(db, "SELECT count(*) FROM run"), 1);
	sqlite3_close(db);
}

static void each_run_leaves_its_row(void **state)
{
	sqlite3 *db;

	ledger_destroy(begin("runs"));
	end(begin("runs"), false);
	end(begin("runs"), true);
	db = open_db("runs");
	assert_int_equal(number(db, "SELECT count(*) FROM run WHERE settings = 'rate=10/s'"), 3);
	assert_int_equal(number(db, "SELECT count(*) FROM run WHERE finished_ms IS NULL"), 1);
	assert_int_equal(number(db, "SELECT number FROM run WHERE reported = 1"), 3);
	assert_int_equal(number(db, "SELECT pid FROM run WHERE number = 2"), getpid());
	assert_int_equal(
		number(db, "SELECT started_ms <= finished_ms FROM run WHERE number = 3"), 1);
	sqlite3_close(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_steps_that_are_missing_are_made),
		cmocka_unit_test(a_step_that_fails_leaves_the_version_before_all),
		cmocka_unit_test(a_released_step_is_never_edited),
		cmocka_unit_test(what_is_made_here_as_version_1_is_it),
		cmocka_unit_test(a_ledger_of_version_1_is_migrated_where_it_lies),
		cmocka_unit_test(before_that_it_can_be_looked_into),
		cmocka_unit_test(a_reader_sees_that_it_was_migrated),
		cmocka_unit_test(a_newer_one_is_left_alone),
		cmocka_unit_test(a_database_without_anything_becomes_a_ledger),
		cmocka_unit_test(each_run_leaves_its_row),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
