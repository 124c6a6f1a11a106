/* A disk that is full or lies about what it has: at every write and every sync
 * of a run. What was acknowledged is there afterwards, and after the first
 * trouble nothing is acknowledged, or even written, any more.
 */
#include "ledger_fixture.h"

#include "faulty_vfs.h"

#define ROWS 240
#define WINDOW 40

/* How far each row came, by what was acknowledged. */
static enum ledger_state acked[ROWS + 1];

static const char *name_of(uint64_t row)
{
	static char name[32];

	snprintf(name, sizeof(name), "instance %llu", (unsigned long long)(row * 7919 % 1009));
	return name;
}

static void submit(struct ledger *l, enum ledger_op op, uint64_t row)
{
	static char error[150]; /* so that the log has some pages to it */
	struct ledger_request q = request(op, row, name_of(row));

	memset(error, 'e', sizeof(error) - 1);
	q.ticket = (uint32_t)row;
	q.standing = LEDGER_DONE;
	q.id = "an id";
	q.error = error;
	ledger_submit(l, &q);
}

/* What comes next in the life of a row whose reply this is; false at its end. */
static bool go_on(struct ledger *l, const struct ledger_reply *reply)
{
	uint64_t row = reply->ticket;

	if (reply->op == LEDGER_CLAIM && reply->claim == LEDGER_FRESH) {
		submit(l, LEDGER_INTEND, row);
		return true;
	}
	if (reply->op == LEDGER_INTEND) {
		acked[row] = LEDGER_STATE_INTENDED;
		submit(l, row % 5 == 0 ? LEDGER_WITHDRAW : LEDGER_OUTCOME, row);
		return true;
	}
	if (reply->op == LEDGER_WITHDRAW)
		acked[row] = LEDGER_STATE_WITHDRAWN;
	else if (reply->op == LEDGER_OUTCOME)
		acked[row] = LEDGER_STATE_DONE;
	return false;
}

/* Returns the error that ended it, or 0. */
static int run_all(struct ledger *l)
{
	uint64_t next = 1;
	int open = 0, failed = 0;

	while (open > 0 || (next <= ROWS && !failed)) {
		struct ledger_reply reply;

		for (; open < WINDOW && next <= ROWS && !failed; open++)
			submit(l, LEDGER_CLAIM, next++);
		reply = wait_for_reply(l);
		if (failed)
			assert_int_equal(
				reply.error, failed); /* nothing is acknowledged any more */
		failed = reply.error;
		open -= failed || !go_on(l, &reply);
	}
	return failed;
}

/* By the file system without a fault: all that was acknowledged. */
static void assert_kept(const char *path)
{
	struct ledger *l = begin(path);

	for (uint64_t row = 1; row <= ROWS; row++) {
		struct ledger_reply reply = ask(l, LEDGER_CLAIM, row, name_of(row));
		enum ledger_state found = reply.record ? reply.record->state : LEDGER_STATE_CLAIMED;

		if (acked[row] == LEDGER_STATE_CLAIMED)
			continue;
		/* Its outcome may have come to the disk without anybody hearing of it. */
		if (found != acked[row] && acked[row] != LEDGER_STATE_INTENDED)
			fail_msg("row %d was acknowledged as %d and is %d", (int)row, acked[row],
				found);
		assert_int_not_equal(found, LEDGER_STATE_CLAIMED);
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
			submit(l, LEDGER_CLAIM, next++);
		reply = wait_for_reply(l);
		if (reply.error < 0)
			_exit(1);
		if (!go_on(l, &reply)) {
			if (next > ROWS)
				_exit(0);
			submit(l, LEDGER_CLAIM, next++);
		}
		told[0] = reply.ticket;
		told[1] = acked[reply.ticket];
		if (reply.op != LEDGER_CLAIM && write(fd, told, sizeof(told)) != sizeof(told))
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
	for (int replies = 0; replies < 2 * ROWS - 40; replies += 13)
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
		cmocka_unit_test(after_a_failed_sync_nothing_more_is_written),
		cmocka_unit_test(trouble_while_the_log_is_copied_ends_the_run_too),
		cmocka_unit_test(a_run_that_is_killed_keeps_what_it_was_told),
	};

	return cmocka_run_group_tests(tests, enter, scratch_leave);
}
