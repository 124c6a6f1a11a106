/* Versions: from one to the next, wholly or not at all. */
#include "ledger_fixture.h"

#include "ledger/db.h"
#include "ledger/schema.h"

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
		cmocka_unit_test(a_database_without_anything_becomes_a_ledger),
		cmocka_unit_test(each_run_leaves_its_row),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
