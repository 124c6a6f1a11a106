/* Whose ledger is it, is it one, and is it still there? */
#include "ledger_fixture.h"

#include <sqlite3.h>

static void exists_with(const char *path, const char *name)
{
	struct ledger *l = begin(path);

	ask(l, LEDGER_CLAIM, 1, name);
	ask(l, LEDGER_INTEND, 1, name);
	decide(l, 1, name, LEDGER_DONE);
	end(l, true);
}

static void sql(const char *path, const char *text)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

static void it_is_private_whatever_the_umask_and_alone_at_the_end(void **state)
{
	mode_t before = umask(0);
	struct ledger *l = begin("private");

	assert_int_equal(mode_of("private"), 0600);
	assert_int_equal(mode_of("private-wal"), 0600);
	assert_int_equal(mode_of("private-shm"), 0600);
	assert_int_equal(mode_of("private.key"), 0600);
	assert_int_equal(mode_of("private.lock"), 0600);
	end(l, true);
	umask(before);
	assert_int_equal(mode_of("private-wal"), 0);
	assert_int_equal(mode_of("private-shm"), 0);
	assert_int_equal(mode_of("private.lock"), 0);
	chmod("private", 0644);
	ledger_destroy(begin("private"));
	assert_int_equal(mode_of("private"), 0600);
}

/* ------------------------------------------------------------------- identity */

static void another_service_or_org_is_refused_by_name(void **state)
{
	struct ledger_sqlite_options o = options_for("id");

	exists_with("id", "acme");
	o.service = "http://127.0.0.1:8080/flowservice";
	assert_says(refusal(&o, -EINVAL), "that of the service 'https://platform.adobe.io");
	assert_says(refusal(&o, -EINVAL), "not of 'http://127.0.0.1:8080/flowservice'");
	assert_says(refusal(&o, -EINVAL), "name another --ledger");
	o = options_for("id");
	o.org = "other@AdobeOrg";
	assert_says(refusal(&o, -EINVAL), "that of the org '1234@AdobeOrg', not of 'other@");
	ledger_destroy(begin("id"));
}

/* ------------------------------------------------------------------------ key */

static void a_ledger_without_its_key_is_refused(void **state)
{
	struct ledger_sqlite_options o = options_for("keyless");

	exists_with("keyless", "acme");
	assert_int_equal(rename("keyless.key", "elsewhere"), 0);
	assert_says(refusal(&o, -ENOENT), "'keyless.key' is missing: restore it");
	assert_int_equal(access("keyless.key", F_OK), -1);
	assert_int_equal(rename("elsewhere", "keyless.key"), 0);
	ledger_destroy(begin("keyless"));
}

static void the_key_of_another_ledger_is_refused(void **state)
{
	struct ledger_sqlite_options o = options_for("one");

	exists_with("one", "acme");
	exists_with("two", "acme");
	assert_int_equal(rename("two.key", "one.key"), 0);
	assert_says(refusal(&o, -EINVAL), "'one.key' is the key of another ledger");
}

static void what_is_no_key_is_refused_and_kept(void **state)
{
	static const char *const texts[] = {"", "0123", "-----BEGIN PRIVATE KEY-----\n",
		"zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0\n"};
	struct ledger_sqlite_options o = options_for("nonsense");

	exists_with("nonsense", "acme");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		scratch_write("nonsense.key", texts[i], strlen(texts[i]));
		assert_says(refusal(&o, -EINVAL), "'nonsense.key' is not a ledger's key");
		assert_string_equal(scratch_read("nonsense.key"), texts[i]);
	}
	assert_int_equal(unlink("nonsense.key"), 0);
	assert_int_equal(symlink("id.key", "nonsense.key"), 0);
	refusal(&o, -ELOOP);
	assert_int_equal(unlink("nonsense.key"), 0);
	assert_int_equal(mkdir("nonsense.key", 0700), 0);
	refusal(&o, -EINVAL);
}

/* A start that died between the two, or a ledger that somebody removed. */
static void a_key_that_lies_alone_serves_a_new_ledger(void **state)
{
	char key[80];

	exists_with("alone", "acme");
	strcpy(key, scratch_read("alone.key"));
	assert_int_equal(unlink("alone"), 0);
	exists_with("alone", "acme");
	assert_string_equal(scratch_read("alone.key"), key);
}

static void the_torso_of_a_key_is_made_anew_and_a_stranger_is_not(void **state)
{
	struct ledger_sqlite_options o = options_for("stranger");

	scratch_write("torso.key", "0123456789", 10);
	exists_with("torso", "acme");
	assert_int_equal(strlen(scratch_read("torso.key")), 65);
	scratch_write("stranger.key", "my TLS key", 10);
	refusal(&o, -EINVAL);
	assert_string_equal(scratch_read("stranger.key"), "my TLS key");
}

static void one_that_must_exist_is_never_made(void **state)
{
	struct ledger_sqlite_options o = options_for("none");

	o.must_exist = true;
	refusal(&o, -ENOENT);
	assert_int_equal(access("none", F_OK), -1);
	assert_int_equal(access("none.key", F_OK), -1);
	scratch_write("none", "", 0);
	refusal(&o, -ENOENT);
	assert_int_equal(access("none.key", F_OK), -1);
}

/* ----------------------------------------------------------------------- lock */

static void do_nothing(struct ledger *l)
{
}

static void a_second_run_is_told_who_holds_it(void **state)
{
	struct ledger_sqlite_options o = options_for("locked");
	char pid[32];
	pid_t child;
	int status;
	struct ledger *l = begin("locked");

	snprintf(pid, sizeof(pid), "(pid %d on ", (int)getpid());
	child = fork();
	if (child == 0) {
		const char *text = refusal(&o, -EBUSY);

		_exit(strstr(text, pid) && strstr(text, ", since 20") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* Whoever was refused has disturbed nothing. */
	ask(l, LEDGER_CLAIM, 1, "acme");
	ask(l, LEDGER_INTEND, 1, "acme");
	end(l, true);
}

static void a_dead_holder_blocks_nobody(void **state)
{
	killed_run("dead", do_nothing);
	assert_int_equal(access("dead.lock", F_OK), 0);
	assert_int_equal(access("dead-wal", F_OK), 0);
	end(begin("dead"), true);
	assert_int_equal(access("dead.lock", F_OK), -1);
}

/* ----------------------------------------------------------- what is no ledger */

static void links_other_kinds_and_the_input_are_refused(void **state)
{
	struct ledger_sqlite_options o = options_for("input.csv");
	struct stat input;

	scratch_write("input.csv", "name\n", 5);
	assert_int_equal(stat("input.csv", &input), 0);
	assert_int_equal(link("input.csv", "hard"), 0);
	assert_int_equal(symlink("input.csv", "soft"), 0);
	assert_int_equal(mkfifo("pipe", 0600), 0);
	o.inputs = &input;
	o.input_count = 1;
	assert_says(refusal(&o, -EINVAL), "is the input itself");
	o.path = "hard";
	assert_says(refusal(&o, -EINVAL), "is the input itself");
	o.path = "soft";
	assert_says(refusal(&o, -ELOOP), "is a symbolic link");
	o.path = "pipe";
	assert_says(refusal(&o, -EINVAL), "is a pipe");
	o.path = ".";
	assert_says(refusal(&o, -EISDIR), "is a folder");
	o.path = "absent/ledger";
	assert_says(refusal(&o, -ENOENT), "'absent/ledger'");
	assert_string_equal(scratch_read("input.csv"), "name\n");
	assert_int_equal(symlink("input.csv", "aside-wal"), 0);
	o.path = "aside";
	assert_says(refusal(&o, -ELOOP), "aside-wal' is a symbolic link");
}

/* A folder may well be reached by a link, and a name may look like an URI. */
static void unusual_paths_are_fine(void **state)
{
	static const char *const paths[] = {
		"way/ledger", "file:x?mode=memory", ":memory:", "a b%20c#d", "\xc3\xa4"};

	assert_int_equal(mkdir("folder", 0700), 0);
	assert_int_equal(symlink("folder", "way"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		exists_with(paths[i], "acme");
		assert_int_equal(mode_of(paths[i]), 0600);
	}
	assert_int_equal(mode_of("folder/ledger"), 0600);
}

static void another_kind_of_file_stays_untouched(void **state)
{
	static const char text[] = "name,endpoint\nacme,https://acme.service-now.com\n";
	struct ledger_sqlite_options o = options_for("text");

	scratch_write("text", text, strlen(text));
	assert_says(refusal(&o, -EINVAL), "'text' is not a ledger and stays untouched");
	assert_string_equal(scratch_read("text"), text);
	assert_int_equal(access("text.key", F_OK), -1);

	sql("theirs", "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
	o.path = "theirs";
	assert_says(refusal(&o, -EINVAL), "is another program's database");
	assert_int_equal(access("theirs.key", F_OK), -1);
	sql("theirs", "INSERT INTO t VALUES (2); PRAGMA user_version = 1");
	assert_says(refusal(&o, -EINVAL), "is another program's database");
}

static void an_empty_file_is_a_ledger_that_did_not_come_to_be(void **state)
{
	scratch_write("empty", "", 0);
	exists_with("empty", "acme");
}

/* The log of a ledger that somebody removed must not come to life in a new one. */
static void a_log_without_its_ledger_is_nothing(void **state)
{
	struct ledger *l;

	killed_run("orphan", do_nothing);
	assert_int_equal(unlink("orphan"), 0);
	l = begin("orphan");
	assert_int_equal(ask(l, LEDGER_CLAIM, 1, "acme").claim, LEDGER_FRESH);
	end(l, true);
}

static void a_newer_version_is_refused(void **state)
{
	struct ledger_sqlite_options o = options_for("newer");

	exists_with("newer", "acme");
	sql("newer", "PRAGMA user_version = 1000");
	assert_says(refusal(&o, -EPROTONOSUPPORT), "by a newer snowmelt (its version is 1000");
}

static void damage(const char *path, off_t from, off_t to)
{
	static const char noise[4096] = "noise";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	for (off_t at = from; at < to; at += (off_t)sizeof(noise))
		assert_int_equal(pwrite(fd, noise, sizeof(noise), at), sizeof(noise));
	close(fd);
}

static void damage_is_named_and_nothing_is_written(void **state)
{
	struct ledger_sqlite_options o = options_for("damaged");
	struct ledger_request q;
	struct ledger *l;
	struct stat st;

	exists_with("damaged", "acme");
	l = begin("damaged");
	for (uint64_t row = 2; row < 300; row++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", (int)row);
		ask(l, LEDGER_CLAIM, row, name);
	}
	end(l, true);
	assert_int_equal(stat("damaged", &st), 0);
	damage("damaged", 8 * 4096, st.st_size);
	l = NULL;
	if (ledger_sqlite_open(&o, &l, NULL) == 0) {
		struct ledger_reply reply = {0};

		for (uint64_t row = 1; row < 300 && reply.error == 0; row++) {
			char name[16];

			snprintf(name, sizeof(name), "n%d", (int)row);
			q = request(LEDGER_CLAIM, row, name);
			reply = try_request(l, &q);
		}
		assert_int_equal(reply.error, -EUCLEAN);
		assert_says(ledger_error(l)->text, "the ledger 'damaged' is damaged");
		ledger_destroy(l);
	}
	damage("damaged", 4096, st.st_size);
	assert_says(refusal(&o, -EUCLEAN), "'damaged' is damaged");
	sql("schema", "PRAGMA application_id = 1936549228; PRAGMA user_version = 1;"
		      "CREATE TABLE meta (name, value)");
	scratch_write("schema.key",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 65);
	o.path = "schema";
	refusal(&o, -EINVAL);
}

/* ----------------------------------------------------------- during the run */

/* One request more, after something was done to the files. */
static void assert_stopped(struct ledger *l, int code, const char *words)
{
	struct ledger_request q = request(LEDGER_INTEND, 1, "acme");
	struct error e = {0};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(try_request(l, &q).error, code);
		assert_int_equal(ledger_error(l)->code, code);
		assert_says(ledger_error(l)->text, words);
	}
	assert_int_equal(ledger_end_run(l, true, "", &e), code);
	assert_string_equal(e.text, ledger_error(l)->text);
	ledger_destroy(l);
}

static struct ledger *begin_with_claim(const char *path)
{
	struct ledger *l = begin(path);

	ask(l, LEDGER_CLAIM, 1, "acme");
	return l;
}

static void a_ledger_that_is_removed_stops_the_run(void **state)
{
	struct ledger *l = begin_with_claim("removed");

	assert_int_equal(unlink("removed"), 0);
	assert_stopped(l, -ESTALE, "'removed' was removed or replaced during the run");
	assert_int_equal(access("removed", F_OK), -1);
}

static void so_does_one_that_is_replaced_and_its_log(void **state)
{
	struct ledger *l = begin_with_claim("replaced");

	exists_with("other", "other");
	assert_int_equal(rename("other", "replaced"), 0);
	scratch_write("mark", "a log of others", 15);
	assert_int_equal(rename("mark", "replaced-wal"), 0);
	assert_stopped(l, -ESTALE, "'replaced' was removed or replaced");
	assert_string_equal(scratch_read("replaced-wal"), "a log of others");

	l = begin_with_claim("logless");
	assert_int_equal(unlink("logless-wal"), 0);
	assert_stopped(l, -ESTALE, "'logless' was removed or replaced");

	l = begin_with_claim("log");
	scratch_write("mark", "a log of others", 15);
	assert_int_equal(rename("mark", "log-wal"), 0);
	assert_stopped(l, -ESTALE, "'log' was removed or replaced");
	assert_string_equal(scratch_read("log-wal"), "a log of others");

	l = begin_with_claim("moved");
	assert_int_equal(rename("moved", "moved away"), 0);
	assert_stopped(l, -ESTALE, "'moved' was removed or replaced");
}

enum { NOBODY = 65534 };

static void a_folder_that_may_not_be_written_is_named(void **state)
{
	struct ledger_sqlite_options o = options_for("readonly/ledger");
	bool root = geteuid() == 0;

	/* Root may write everywhere. */
	if (root) {
		assert_int_equal(chmod(".", 0777), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	assert_int_equal(mkdir("readonly", 0500), 0);
	assert_says(refusal(&o, -EACCES), "make its folder and file writable");
	assert_int_equal(chmod("readonly", 0700), 0);
	exists_with("readonly/ledger", "acme");
	assert_int_equal(chmod("readonly", 0500), 0);
	refusal(&o, -EROFS);
	assert_int_equal(chmod("readonly", 0700), 0);
	if (root)
		assert_int_equal(seteuid(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_private_whatever_the_umask_and_alone_at_the_end),
		cmocka_unit_test(another_service_or_org_is_refused_by_name),
		cmocka_unit_test(a_ledger_without_its_key_is_refused),
		cmocka_unit_test(the_key_of_another_ledger_is_refused),
		cmocka_unit_test(what_is_no_key_is_refused_and_kept),
		cmocka_unit_test(a_key_that_lies_alone_serves_a_new_ledger),
		cmocka_unit_test(the_torso_of_a_key_is_made_anew_and_a_stranger_is_not),
		cmocka_unit_test(one_that_must_exist_is_never_made),
		cmocka_unit_test(a_second_run_is_told_who_holds_it),
		cmocka_unit_test(a_dead_holder_blocks_nobody),
		cmocka_unit_test(links_other_kinds_and_the_input_are_refused),
		cmocka_unit_test(unusual_paths_are_fine),
		cmocka_unit_test(another_kind_of_file_stays_untouched),
		cmocka_unit_test(an_empty_file_is_a_ledger_that_did_not_come_to_be),
		cmocka_unit_test(a_log_without_its_ledger_is_nothing),
		cmocka_unit_test(a_newer_version_is_refused),
		cmocka_unit_test(damage_is_named_and_nothing_is_written),
		cmocka_unit_test(a_ledger_that_is_removed_stops_the_run),
		cmocka_unit_test(so_does_one_that_is_replaced_and_its_log),
		cmocka_unit_test(a_folder_that_may_not_be_written_is_named),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
