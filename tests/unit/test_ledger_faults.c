/* A disk that is full or lies about what it has: at every write and every sync
 * of a run that creates, updates and deletes. What was acknowledged is there afterwards, and after the first
 * trouble nothing is acknowledged, or even written, any more.
 */
#include "ledger_fixture.h"

#include "faulty_vfs.h"
#include "ledger_version_1.h"

#define ROWS 180
#define WINDOW 40

#define STEPS_MAX 8

/* What is asked of a row, one step after the other; the kinds take turns. */
static const struct step {
	enum ledger_op op;
	enum ledger_standing standing;
	enum ledger_state state; /* afterwards */
} lives[][STEPS_MAX] = {
#define CREATED                                                                                    \
	{LEDGER_CLAIM, LEDGER_DONE, LEDGER_STATE_CLAIMED},                                         \
		{LEDGER_INTEND, LEDGER_DONE, LEDGER_STATE_INTENDED},                               \
	{                                                                                          \
		LEDGER_OUTCOME, LEDGER_DONE, LEDGER_STATE_DONE                                     \
	}
	{CREATED},
	{
		{LEDGER_CLAIM, LEDGER_DONE, LEDGER_STATE_CLAIMED},
		{LEDGER_INTEND, LEDGER_DONE, LEDGER_STATE_INTENDED},
		{LEDGER_WITHDRAW, LEDGER_DONE, LEDGER_STATE_WITHDRAWN},
	},
	{
		CREATED,
		{LEDGER_INTEND_UPDATE, LEDGER_DONE, LEDGER_STATE_DONE},
		{LEDGER_OUTCOME, LEDGER_DONE, LEDGER_STATE_DONE},
	},
	{
		CREATED,
		{LEDGER_INTEND_UPDATE, LEDGER_DONE, LEDGER_STATE_DONE},
		{LEDGER_WITHDRAW, LEDGER_DONE, LEDGER_STATE_DONE},
		{LEDGER_INTEND_UPDATE, LEDGER_DONE, LEDGER_STATE_DONE},
	},
	{
		CREATED,
		{LEDGER_INTEND_DELETE, LEDGER_DONE, LEDGER_STATE_DELETING},
		{LEDGER_WITHDRAW, LEDGER_DONE, LEDGER_STATE_DONE},
	},
	{
		CREATED,
		{LEDGER_INTEND_DELETE, LEDGER_DONE, LEDGER_STATE_DELETING},
		{LEDGER_OUTCOME, LEDGER_REMOVED, LEDGER_STATE_WITHDRAWN},
		{LEDGER_INTEND, LEDGER_DONE, LEDGER_STATE_INTENDED},
	},
};

/* How many steps of each row were acknowledged. */
static uint32_t acked[ROWS + 1];

static const char *name_of(uint64_t row)
{
	static char name[32];

	snprintf(name, sizeof(name), "instance %llu", (unsigned long long)(row * 7919 % 1009));
	return name;
}

static const struct step *step_of(uint64_t row, uint32_t number)
{
	return &lives[row % ARRAY_SIZE(lives)][number];
}

static bool has_step(uint64_t row, uint32_t number)
{
	return number < STEPS_MAX && (number == 0 || step_of(row, number)->op != LEDGER_CLAIM);
}

/* Of the outcome that the row had last by then. */
static const char *etag_after(uint64_t row, uint32_t steps)
{
	static const char *const etags[] = {"", "first", "second"};
	int outcomes = 0;

	for (uint32_t i = 0; i < steps; i++) {
		const struct step *s = step_of(row, i);

		outcomes += s->op == LEDGER_OUTCOME && s->standing == LEDGER_DONE;
	}
	return etags[outcomes];
}

static void submit(struct ledger *l, uint64_t row, uint32_t number)
{
	static char error[150]; /* so that the log has some pages to it */
	const struct step *step = step_of(row, number);
	struct ledger_request q = request(step->op, row, name_of(row));

	memset(error, 'e', sizeof(error) - 1);
	q.ticket = (uint32_t)row;
	q.standing = step->standing;
	q.id = "an id";
	q.etag = etag_after(row, number + 1);
	q.error = error;
	ledger_submit(l, &q);
}

/* What comes next in the life of a row whose reply this is; false at its end. */
static bool go_on(struct ledger *l, const struct ledger_reply *reply)
{
	uint64_t row = reply->ticket;

	if (!has_step(row, ++acked[row]))
		return false;
	submit(l, row, acked[row]);
	return true;
}

/* Returns the error that ended it, or 0. */
static int run_all(struct ledger *l)
{
	uint64_t next = 1;
	int open = 0, failed = 0;

	while (open > 0 || (next <= ROWS && !failed)) {
		struct ledger_reply reply;

		for (; open < WINDOW && next <= ROWS && !failed; open++)
			submit(l, next++, 0);
		reply = wait_for_reply(l);
		if (failed)
			assert_int_equal(
				reply.error, failed); /* nothing is acknowledged any more */
		failed = reply.error;
		open -= failed || !go_on(l, &reply);
	}
	return failed;
}

static bool is_as_after(const struct ledger_record *rec, uint64_t row, uint32_t steps)
{
	enum ledger_state state = steps > 0 ? step_of(row, steps - 1)->state : LEDGER_STATE_CLAIMED;

	if (!rec)
		return state == LEDGER_STATE_CLAIMED;
	return rec->state == state && strcmp(rec->etag, etag_after(row, steps)) == 0 &&
	       rec->update_count == (step_of(row, steps - 1)->op == LEDGER_INTEND_UPDATE);
}

/* By the file system without a fault: all that was acknowledged. */
static void assert_kept(const char *path)
{
	struct ledger *l = begin(path);

	for (uint64_t row = 1; row <= ROWS; row++) {
		const struct ledger_record *rec = ask(l, LEDGER_CLAIM, row, name_of(row)).record;
		bool has_next = has_step(row, acked[row]);

		/* The next may have come to the disk without anybody hearing of it. */
		if (!is_as_after(rec, row, acked[row]) &&
			!(has_next && is_as_after(rec, row, acked[row] + 1)))
			fail_msg("row %d: %d steps were acknowledged, and it is %d", (int)row,
				(int)acked[row], rec ? (int)rec->state : -1);
	}
	ledger_destroy(l);
}

static void forget(const char *path)
{
	char other[64];

	unlink(path);
	snprintf(other, sizeof(other), "%s-wal", path);
	unlink(other);
	snprintf(other, sizeof(other), "%s-shm", path);
	unlink(other);
}

/* Returns false when the run had no n-th operation. */
static bool survives(enum faulty_op op, long n)
{
	struct ledger_sqlite_options o = options_for("ledger");
	struct ledger *l = NULL;
	struct error e = {0};
	bool failed;
	int r;

	memset(acked, 0, sizeof(acked));
	forget("ledger");
	faulty_set(op, n);
	r = ledger_sqlite_open(&o, &l, &e);
	if (r == 0) {
		r = run_all(l);
		if (r == 0)
			r = ledger_end_run(l, true, "all", &e);
		else
			e = *ledger_error(l);
		ledger_destroy(l);
	}
	failed = atomic_load(&faulty.failed);
	if (r < 0)
		assert_says(e.text, op == FAULTY_WRITE ? "make room" : "look after the disk");
	if (r < 0 && !failed)
		fail_msg("%s", e.text);
	faulty_set(op, -1);
	assert_kept("ledger");
	return failed;
}

static void a_full_disk_at_any_write_loses_nothing(void **state)
{
	long n = 0;

	while (survives(FAULTY_WRITE, n))
		n++;
	assert_in_range(n, 50, 100000);
}

static void a_failed_sync_at_any_time_loses_nothing(void **state)
{
	long n = 0;

	while (survives(FAULTY_SYNC, n))
		n++;
	assert_in_range(n, 10, 100000);
}

static void make_version_1(const char *path)
{
	struct ledger *l = begin(path);

	for (uint64_t row = 1; row <= 3; row++) {
		ask(l, LEDGER_CLAIM, row, name_of(row));
		decide(l, row, name_of(row), LEDGER_DONE);
	}
	end(l, true);
	back_to_version_1(path);
}

/* Returns false when the migration had no n-th operation. */
static bool migrates(enum faulty_op op, long n)
{
	struct ledger_sqlite_options o = options_for("old");
	struct ledger *l = NULL;
	struct error e = {0};
	bool failed;

	forget("old");
	faulty_set(op, -1);
	make_version_1("old");
	faulty_set(op, n);
	if (ledger_sqlite_open(&o, &l, &e) == 0)
		ledger_destroy(l);
	failed = atomic_load(&faulty.failed);
	faulty_set(op, -1);
	l = begin("old");
	for (uint64_t row = 1; row <= 3; row++)
		assert_int_equal(ask(l, LEDGER_CLAIM, row, name_of(row)).claim, LEDGER_KNOWN);
	ledger_destroy(l);
	return failed;
}

static void a_migration_that_fails_at_any_time_loses_nothing(void **state)
{
	long writes = 0, syncs = 0;

	while (migrates(FAULTY_WRITE, writes))
		writes++;
	while (migrates(FAULTY_SYNC, syncs))
		syncs++;
	assert_in_range(writes, 4, 1000);
	assert_in_range(syncs, 2, 1000);
}

/* A kernel says once that a sync failed, and what it could not write is gone
 * from its memory too: nothing may be built on it. */
static void after_a_failed_sync_nothing_more_is_written(void **state)
{
	int failed = -EIO;
	long n;

	for (n = 0; failed < 0; n++) {
		struct ledger *l;

		memset(acked, 0, sizeof(acked));
		forget("ledger");
		faulty_set(FAULTY_SYNC, -1);
		l = begin("ledger");
		faulty_set(FAULTY_SYNC, n);
		failed = run_all(l);
		ledger_destroy(l);
		if (failed < 0)
			assert_int_equal(atomic_load(&faulty.written_after), 0);
	}
	assert_in_range(n, 5, 1000);
}

/* Enough rows for the log to be copied into the ledger in mid-run. Of a failed
 * sync there the kernel speaks once, too, and after the next one that succeeds
 * the log would be overwritten. */
static void trouble_while_the_log_is_copied_ends_the_run_too(void **state)
{
	static char error[3000];
	uint64_t row = 0;
	struct ledger *l;
	int failed = 0;

	memset(error, 'e', sizeof(error) - 1);
	forget("ledger");
	faulty_set(FAULTY_SYNC, -1);
	l = begin("ledger");
	faulty_set(FAULTY_SYNC_LEDGER, 0);
	while (failed == 0 && row < 6000) {
		char name[24];
		struct ledger_request q = request(LEDGER_CLAIM, ++row, name);

		snprintf(name, sizeof(name), "n%d", (int)row);
		failed = try_request(l, &q).error;
		q.op = LEDGER_OUTCOME;
		q.standing = LEDGER_DONE;
		q.error = error;
		if (failed == 0)
			failed = try_request(l, &q).error;
	}
	assert_int_equal(failed, -EIO);
	assert_in_range(row, 100, 6000);
	ledger_destroy(l);
	assert_int_equal(atomic_load(&faulty.written_after), 0);
	faulty_set(FAULTY_SYNC, -1);
	l = begin("ledger");
	for (uint64_t i = 1; i < row; i++) {
		char name[24];

		snprintf(name, sizeof(name), "n%d", (int)i);
		assert_int_equal(ask(l, LEDGER_CLAIM, i, name).claim, LEDGER_KNOWN);
	}
	ledger_destroy(l);
}

/* ---------------------------------------------------------------- kill -9 */

/* A child that says of each row, after its reply, how far it came. */
static void tell_progress(const char *path, int fd)
{
	struct ledger *l = begin(path);
	uint64_t next = 1;

	for (;;) {
		struct ledger_reply reply;
		uint32_t told[2];

		while (next <= ROWS && next <= WINDOW)
			submit(l, next++, 0);
		reply = wait_for_reply(l);
		if (reply.error < 0)
			_exit(1);
		if (!go_on(l, &reply)) {
			if (next > ROWS)
				_exit(0);
			submit(l, next++, 0);
		}
		told[0] = reply.ticket;
		told[1] = acked[reply.ticket];
		if (write(fd, told, sizeof(told)) != sizeof(told))
			_exit(1);
	}
}

static void kill_after(int replies)
{
	int fds[2], status;
	uint32_t told[2];
	pid_t pid;

	memset(acked, 0, sizeof(acked));
	forget("killed");
	faulty_set(FAULTY_SYNC, -1);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		tell_progress("killed", fds[1]);
	}
	close(fds[1]);
	for (int i = 0; read(fds[0], told, sizeof(told)) == sizeof(told); i++) {
		acked[told[0]] = told[1];
		if (i == replies)
			kill(pid, SIGKILL);
	}
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	assert_kept("killed");
}

static void a_run_that_is_killed_keeps_what_it_was_told(void **state)
{
	for (int replies = 0; replies < 4 * ROWS; replies += 29)
		kill_after(replies);
}

/* In memory where that is possible: a thousand runs, and no real disk is at stake. */
static int enter(void **state)
{
	if (access("/dev/shm", W_OK) == 0)
		snprintf(scratch_path, sizeof(scratch_path), "/dev/shm/snowmelt-XXXXXX");
	faulty_install();
	faulty_set(FAULTY_SYNC, -1);
	return scratch_enter(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_at_any_write_loses_nothing),
		cmocka_unit_test(a_failed_sync_at_any_time_loses_nothing),
		cmocka_unit_test(a_migration_that_fails_at_any_time_loses_nothing),
		cmocka_unit_test(after_a_failed_sync_nothing_more_is_written),
		cmocka_unit_test(trouble_while_the_log_is_copied_ends_the_run_too),
		cmocka_unit_test(a_run_that_is_killed_keeps_what_it_was_told),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
