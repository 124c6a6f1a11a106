/* Looking into a ledger: while it is written, after a crash, and when nobody
 * is there. The writer is always another process.
 */
#include "ledger_fixture.h"

#include "ledger/reader.h"

static struct ledger_reader *look_into(const char *path)
{
	struct ledger_reader *r = NULL;
	struct error e = {0};

	if (ledger_reader_open(path, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

static struct ledger_run run_of(struct ledger_reader *r)
{
	struct ledger_run run = {0};
	struct error e = {0};

	if (ledger_reader_run(r, &run, &e) < 0)
		fail_msg("%s", e.text);
	return run;
}

static void note_group(void *arg, const struct ledger_group *g)
{
	char *all = arg;

	sprintf(all + strlen(all), "%d/%s/%s/%s/%d x%d\n", g->state, g->status, g->error_code,
		g->example, (int)g->example_row, (int)g->count);
}

static const char *groups_of(struct ledger_reader *r)
{
	static char all[2000];
	struct error e = {0};

	all[0] = '\0';
	if (ledger_reader_groups(r, note_group, all, &e) < 0)
		fail_msg("%s", e.text);
	return all;
}

static void note_record(void *arg, const struct ledger_record *rec)
{
	char *all = arg;

	sprintf(all + strlen(all), "%d/%s/%s ", (int)rec->row, rec->name, rec->error);
}

static const char *unresolved_of(struct ledger_reader *r)
{
	static char all[2000];
	struct error e = {0};

	all[0] = '\0';
	if (ledger_reader_unresolved(r, note_record, all, &e) < 0)
		fail_msg("%s", e.text);
	return all;
}

static void refuse(struct ledger *l, uint64_t row, const char *name, const char *error)
{
	struct ledger_request q = request(LEDGER_OUTCOME, row, name);

	ask(l, LEDGER_CLAIM, row, name);
	ask(l, LEDGER_INTEND, row, name);
	q.standing = LEDGER_REFUSED;
	q.status = "failed";
	q.error_code = "FLOW-1";
	q.error = error;
	ask_for(l, &q);
}

static void do_some(struct ledger *l)
{
	ask(l, LEDGER_CLAIM, 1, "a");
	ask(l, LEDGER_INTEND, 1, "a");
	decide(l, 1, "a", LEDGER_DONE);
	refuse(l, 2, "b", "bad b");
	refuse(l, 3, "c", "bad c");
	ask(l, LEDGER_CLAIM, 4, "d");
	ask(l, LEDGER_INTEND, 4, "d");
	ask(l, LEDGER_CLAIM, 5, "e");
	ask(l, LEDGER_INTEND, 5, "e");
	decide(l, 5, "e", LEDGER_DOUBT);
}

static const char some[] = "3/failed/FLOW-1/bad b/2 x2\n"
			   "2/created///1 x1\n"
			   "1////4 x1\n"
			   "4/unresolved///5 x1\n";

static void assert_sees_some(struct ledger_reader *r)
{
	const struct ledger_record *rec;
	struct error e = {0};

	assert_string_equal(groups_of(r), some);
	assert_string_equal(unresolved_of(r), "4/d/ 5/e/ ");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ledger_reader_find(r, "prod", "c", &rec, &e), 1);
		assert_string_equal(rec->error, "bad c");
		assert_string_equal(rec->sandbox, "prod");
		assert_string_equal(rec->spec_id, SPEC);
		assert_true(rec->seen);
		assert_int_equal(ledger_reader_find(r, "dev", "c", &rec, &e), 0);
		assert_int_equal(ledger_reader_find(r, "prod", "unheard of", &rec, &e), 0);
	}
}

/* A writer in another process that does one thing for each byte it gets. */
struct writer {
	pid_t pid;
	int ask, answer;
};

static struct writer start_writer(const char *path)
{
	int ask_fds[2], answer_fds[2];
	struct writer w;
	char c = 'y';

	assert_int_equal(pipe(ask_fds), 0);
	assert_int_equal(pipe(answer_fds), 0);
	w.pid = fork();
	if (w.pid == 0) {
		struct ledger *l = begin(path);

		close(ask_fds[1]); /* so that it hears of the end */
		if (write(answer_fds[1], &c, 1) != 1)
			_exit(1);
		while (read(ask_fds[0], &c, 1) == 1) {
			static char name[] = "x0";
			static uint64_t row = 9;

			if (c == 's')
				do_some(l);
			else if (c == 'c')
				ask(l, LEDGER_CLAIM, 1, "claimed only");
			else if (c == 'x')
				refuse(l, ++row, (++name[1], name), "x");
			else
				end(l, true);
			if (write(answer_fds[1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(ask_fds[0]);
	close(answer_fds[1]);
	w.ask = ask_fds[1];
	w.answer = answer_fds[0];
	assert_int_equal(read(w.answer, &c, 1), 1);
	return w;
}

static void let(struct writer *w, char what)
{
	char c;

	assert_int_equal(write(w->ask, &what, 1), 1);
	assert_int_equal(read(w->answer, &c, 1), 1);
}

static void stop(struct writer *w)
{
	int status;

	close(w->ask);
	close(w->answer);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_int_equal(status, 0);
}

static void a_run_is_seen_while_it_goes_and_when_it_has_ended(void **state)
{
	struct writer w = start_writer("going");
	struct ledger_reader *r = look_into("going");
	struct ledger_run run = run_of(r);

	assert_true(run.going);
	assert_int_equal(run.number, 1);
	assert_int_equal(run.finished_ms, 0);
	assert_string_equal(run.totals, "");
	assert_string_equal(run.org, "1234@AdobeOrg");
	assert_says(run.service, "https://platform.adobe.io");
	assert_string_equal(groups_of(r), "");
	let(&w, 's');
	assert_sees_some(r);
	let(&w, 'x');
	assert_says(groups_of(r), "3/failed/FLOW-1/bad b/2 x3\n");
	let(&w, 'e');
	run = run_of(r);
	assert_false(run.going);
	assert_true(run.finished_ms >= run.started_ms && run.started_ms > 0);
	assert_string_equal(run.totals, "created 1");
	ledger_reader_close(r);
	stop(&w);
	r = look_into("going");
	assert_false(run_of(r).going);
	assert_says(groups_of(r), "x3\n");
	ledger_reader_close(r);
}

static void what_a_killed_run_left_is_seen_and_not_going(void **state)
{
	struct ledger_reader *r;

	killed_run("killed", do_some);
	for (int i = 0; i < 2; i++) {
		r = look_into("killed");
		assert_false(run_of(r).going);
		assert_int_equal(run_of(r).finished_ms, 0);
		assert_sees_some(r);
		ledger_reader_close(r);
		unlink("killed-shm"); /* as after a reboot of another machine */
	}
}

static int count_files(void)
{
	DIR *d = opendir(".");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void nobody_can_tell_that_it_was_looked_into(void **state)
{
	struct ledger *l = begin("quiet");
	struct ledger_reader *r;
	struct stat before, after;
	int files;

	do_some(l);
	end(l, true);
	files = count_files();
	assert_int_equal(stat("quiet", &before), 0);
	r = look_into("quiet");
	assert_sees_some(r);
	assert_int_equal(run_of(r).number, 1);
	assert_int_equal(count_files(), files);
	ledger_reader_close(r);
	assert_int_equal(count_files(), files);
	assert_int_equal(stat("quiet", &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

/* Opened when nobody wrote, asked again when somebody does, or did. */
static void a_reader_notices_runs_that_begin_and_end(void **state)
{
	struct ledger_reader *r;
	struct ledger *l = begin("later");
	struct writer w;

	do_some(l);
	end(l, true);
	r = look_into("later");
	assert_string_equal(groups_of(r), some);
	w = start_writer("later");
	assert_true(run_of(r).going);
	let(&w, 'x');
	assert_says(groups_of(r), "x3\n");
	let(&w, 'e');
	stop(&w);
	assert_int_equal(run_of(r).number, 2);
	ledger_reader_close(r);
	r = look_into("later");
	w = start_writer("later");
	let(&w, 'x');
	let(&w, 'e');
	stop(&w);
	assert_int_equal(run_of(r).number, 3);
	ledger_reader_close(r);
}

static void an_answer_is_not_touched_by_what_is_written_meanwhile(void **state)
{
	struct writer w = start_writer("slow");
	struct ledger_reader *r = look_into("slow");
	const struct ledger_record *rec;

	let(&w, 's');
	assert_int_equal(ledger_reader_find(r, "prod", "b", &rec, NULL), 1);
	for (int i = 0; i < 5; i++)
		let(&w, 'x');
	assert_string_equal(rec->error, "bad b");
	let(&w, 'e'); /* it can end, and its log with it, while we have an answer in hand */
	assert_int_equal(access("slow-wal", F_OK) == 0 ? scratch_read("slow-wal")[0] : 0, 0);
	ledger_reader_close(r);
	stop(&w);
}

/* A claim is answered before it is committed, and yet does not wait for others. */
static void what_need_not_be_durable_is_so_soon(void **state)
{
	struct writer w = start_writer("soon");
	struct ledger_reader *r = look_into("soon");

	let(&w, 'c');
	for (int i = 0; i < 500 && groups_of(r)[0] == '\0'; i++)
		usleep(10000);
	assert_string_equal(groups_of(r), "0////1 x1\n");
	ledger_reader_close(r);
	stop(&w);
}

static int refused(const char *path, const char *words)
{
	struct ledger_reader *r = NULL;
	struct error e = {0};
	int code = ledger_reader_open(path, &r, &e);

	assert_int_not_equal(code, 0);
	assert_says(e.text, words);
	return code;
}

static void where_there_is_no_ledger_none_is_made(void **state)
{
	assert_int_equal(refused("absent", "there is no ledger 'absent'"), -ENOENT);
	assert_int_equal(access("absent", F_OK), -1);
	scratch_write("nothing", "", 0);
	assert_int_equal(refused("nothing", "there is no ledger 'nothing'"), -ENOENT);
	scratch_write("text", "name,endpoint\n", 14);
	assert_int_equal(refused("text", "is not a ledger"), -EINVAL);
	assert_int_equal(symlink("quiet", "link"), 0);
	refused("link", "cannot read the ledger 'link'");
	refused(".", "cannot read the ledger '.'");
	ledger_reader_close(NULL);
}

static void all_rows_come_one_after_the_other(void **state)
{
	struct ledger *l = begin("all");
	const struct ledger_record *rec = NULL;
	struct ledger_reader *r;
	struct error e = {0};
	char all[200] = "";
	int64_t cursor = 0;
	int n;

	do_some(l);
	ask(l, LEDGER_INTEND_DELETE, 1, "a");
	end(l, true);
	r = look_into("all");
	while ((n = ledger_reader_next(r, &cursor, &rec, &e)) == 1) {
		sprintf(all + strlen(all), "%s/%d ", rec->name, rec->state);
		assert_int_equal(rec->fingerprint[2], 3);
		/* Others may be asked between them. */
		assert_int_equal(ledger_reader_find(r, "prod", "e", &rec, &e), 1);
	}
	assert_int_equal(n, 0);
	assert_string_equal(all, "a/6 b/3 c/3 d/1 e/4 ");
	assert_int_equal(ledger_reader_next(r, &cursor, &rec, &e), 0);
	assert_says(groups_of(r), "6/created///1 x1");
	assert_string_equal(unresolved_of(r), "4/d/ 5/e/ ");
	ledger_reader_close(r);
}

static void its_key_hashes_as_the_ledger_does(void **state)
{
	struct ledger *l = begin("keyed"), *memory = NULL;
	uint64_t hash = ledger_text_hash(l, "a text");
	struct ledger_reader *r;
	struct error e = {0};
	uint8_t key[32];

	ledger_destroy(l);
	r = look_into("keyed");
	assert_int_equal(ledger_reader_key(r, key, &e), 0);
	assert_int_equal(ledger_memory_create(NULL, NULL, &memory, &e), 0);
	assert_int_not_equal(ledger_text_hash(memory, "a text"), hash);
	ledger_use_key(memory, key);
	assert_true(ledger_text_hash(memory, "a text") == hash);
	ledger_destroy(memory);
	ledger_reader_close(r);
}

/* Nobody can take it for what a row asks for: its fingerprint is none. */
static void an_open_update_is_seen(void **state)
{
	static const uint8_t none[LEDGER_FINGERPRINT_SIZE] = {0};
	struct ledger *l = begin("updating");
	const struct ledger_record *rec;
	struct ledger_reader *r;
	struct error e = {0};
	int64_t cursor = 0;

	ask(l, LEDGER_CLAIM, 1, "a");
	ask(l, LEDGER_INTEND, 1, "a");
	decide(l, 1, "a", LEDGER_DONE);
	r = look_into("updating");
	assert_int_equal(ledger_reader_find(r, "prod", "a", &rec, &e), 1);
	assert_int_equal(rec->update_count, 0);
	assert_memory_not_equal(rec->fingerprint, none, sizeof(none));
	ask(l, LEDGER_INTEND_UPDATE, 1, "a");
	assert_int_equal(ledger_reader_find(r, "prod", "a", &rec, &e), 1);
	assert_int_equal(rec->state, LEDGER_STATE_DONE);
	assert_int_equal(rec->update_count, 1);
	assert_true(rec->updates[0].username == ledger_text_hash(l, "integration"));
	assert_memory_equal(rec->fingerprint, none, sizeof(none));
	assert_int_equal(ledger_reader_next(r, &cursor, &rec, &e), 1);
	assert_int_equal(rec->update_count, 1);
	end(l, true);
	ledger_reader_close(r);
}

static void only_finding_a_row_needs_the_key(void **state)
{
	struct ledger *l = begin("keyless");
	const struct ledger_record *rec;
	struct ledger_reader *r;
	struct error e = {0};
	uint8_t key[32];

	do_some(l);
	end(l, true);
	assert_int_equal(unlink("keyless.key"), 0);
	r = look_into("keyless");
	assert_string_equal(groups_of(r), some);
	assert_int_equal(ledger_reader_find(r, "prod", "b", &rec, &e), -ENOENT);
	assert_says(e.text, "'keyless.key' is missing");
	assert_int_equal(ledger_reader_key(r, key, &e), -ENOENT);
	ledger_destroy(begin("other"));
	assert_int_equal(rename("other.key", "keyless.key"), 0);
	assert_int_equal(ledger_reader_find(r, "prod", "b", &rec, &e), -EINVAL);
	assert_says(e.text, "is the key of another ledger");
	assert_int_equal(ledger_reader_key(r, key, &e), -EINVAL);
	ledger_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_seen_while_it_goes_and_when_it_has_ended),
		cmocka_unit_test(what_a_killed_run_left_is_seen_and_not_going),
		cmocka_unit_test(nobody_can_tell_that_it_was_looked_into),
		cmocka_unit_test(a_reader_notices_runs_that_begin_and_end),
		cmocka_unit_test(an_answer_is_not_touched_by_what_is_written_meanwhile),
		cmocka_unit_test(what_need_not_be_durable_is_so_soon),
		cmocka_unit_test(where_there_is_no_ledger_none_is_made),
		cmocka_unit_test(all_rows_come_one_after_the_other),
		cmocka_unit_test(its_key_hashes_as_the_ledger_does),
		cmocka_unit_test(an_open_update_is_seen),
		cmocka_unit_test(only_finding_a_row_needs_the_key),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
