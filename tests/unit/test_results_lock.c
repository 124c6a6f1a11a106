/* Two runs on the same results, as two processes. */
#include "results_fixture.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/macros.h"

/* A child and a pipe each way: it says a word when it has come to a point, and
 * waits for one to go on. */
struct child {
	pid_t pid;
	int from, to;
};

static struct child start_child(void (*body)(int from_parent, int to_parent))
{
	int up[2], down[2];
	struct child c;

	assert_int_equal(pipe2(up, O_CLOEXEC), 0);
	assert_int_equal(pipe2(down, O_CLOEXEC), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		close(up[0]);
		close(down[1]);
		body(down[0], up[1]);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	c.from = up[0];
	c.to = down[1];
	return c;
}

static char hear(int fd)
{
	char word = '\0';

	return read(fd, &word, 1) == 1 ? word : '\0';
}

static void say(int fd, char word)
{
	if (write(fd, &word, 1) != 1)
		_exit(9);
}

static int end_of(struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->from);
	close(c->to);
	return status;
}

/* In a child nothing may be asserted by cmocka: it would go on with the tests. */
static void hold_and_finish(int from_parent, int to_parent)
{
	const struct line l = {.row = 1, .line = 2, .name = "first", .duration_ms = -1};
	struct results *r;
	struct error e;

	if (results_open(RESULTS, &csv_style, NULL, 0, &r, &e) < 0 || results_add(r, &l, &e) < 0 ||
		results_flush(r, &e) < 0)
		_exit(1);
	say(to_parent, 'h');
	if (hear(from_parent) != 'f' || results_finish(r, &e) < 0)
		_exit(2);
	results_close(r);
}

static void a_second_run_is_turned_away_and_the_first_goes_on_undisturbed(void **state)
{
	struct child first = start_child(hold_and_finish);
	char pid[32];
	struct results *r;
	struct error e;

	assert_int_equal(hear(first.from), 'h');
	for (int i = 0; i < 3; i++) {
		assert_int_equal(results_open(RESULTS, &csv_style, NULL, 0, &r, &e), -EBUSY);
		snprintf(pid, sizeof(pid), "pid %d ", (int)first.pid);
		assert_non_null(strstr(e.text, pid));
		assert_file(PART, HEADER "1,2,first" TAIL);
		assert_true(exists(PART ".index"));
		assert_true(exists(PART ".lock"));
	}
	say(first.to, 'f');
	assert_int_equal(end_of(&first), 0);
	assert_file(RESULTS, HEADER "1,2,first" TAIL);
	assert_tidy();
}

static void what_a_killed_run_left_is_taken_over(void **state)
{
	struct child first = start_child(hold_and_finish);
	struct results *r;

	assert_int_equal(hear(first.from), 'h');
	kill(first.pid, SIGKILL);
	assert_true(WIFSIGNALED(end_of(&first)));
	assert_file(PART, HEADER "1,2,first" TAIL);

	r = open_results(&csv_style);
	assert_file(PART, HEADER);
	add(r, 1, "second");
	finish(r);
	results_close(r);
	assert_file(RESULTS, HEADER "1,2,second" TAIL);
	assert_tidy();
}

/* A finished run has let go, also before it is closed. */
static void a_run_may_begin_as_soon_as_the_one_before_has_finished(void **state)
{
	struct results *first = open_results(&csv_style), *second;

	add(first, 1, "first");
	finish(first);
	second = open_results(&csv_style);
	results_close(first);
	assert_true(exists(PART));
	assert_true(exists(PART ".index"));
	add(second, 1, "second");
	finish(second);
	results_close(second);
	assert_file(RESULTS, HEADER "1,2,second" TAIL);
	assert_tidy();
}

/* ------------------------------------------------------------- all at one time */

#define RACERS 6
#define ROUNDS 200

/* Shared by the racers. */
struct race {
	int inside;   /* runs that hold the results now */
	int overlaps; /* times that there was more than one */
	int wins, turned_away, surprises;
};
static struct race *race;

/* Ours while we hold the results: the file at the path has our line. */
static bool has_my_line(const char *name)
{
	bool mine = true;

	for (int i = 0; i < 10 && mine; i++) {
		char text[512];
		int fd = open(PART, O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;

		mine = n > 0 && memmem(text, (size_t)n, name, strlen(name));
		close(fd);
		sched_yield(); /* now would be the time to disturb us */
	}
	return mine;
}

static void run_once(bool to_the_end)
{
	struct line l = {.row = 1, .line = 2, .duration_ms = -1};
	struct results *r;
	struct error e;
	char name[32];
	int code;

	code = results_open(RESULTS, &csv_style, NULL, 0, &r, &e);
	if (code < 0) {
		__atomic_add_fetch(code == -EBUSY ? &race->turned_away : &race->surprises, 1,
			__ATOMIC_SEQ_CST);
		return;
	}
	if (__atomic_add_fetch(&race->inside, 1, __ATOMIC_SEQ_CST) != 1)
		__atomic_add_fetch(&race->overlaps, 1, __ATOMIC_SEQ_CST);
	snprintf(name, sizeof(name), "racer %d", (int)getpid());
	l.name = name;
	if (results_add(r, &l, &e) < 0 || results_flush(r, &e) < 0 || !has_my_line(name))
		code = -EIO;
	__atomic_sub_fetch(&race->inside, 1, __ATOMIC_SEQ_CST);
	if (code == 0 && to_the_end)
		code = results_finish(r, &e);
	results_close(r);
	__atomic_add_fetch(code == 0 ? &race->wins : &race->surprises, 1, __ATOMIC_SEQ_CST);
}

static void race_on(int from_parent, int to_parent)
{
	say(to_parent, 'r');
	hear(from_parent);
	for (int i = 0; i < ROUNDS; i++)
		run_once(i % 2 == 0);
}

static void of_many_that_begin_at_once_one_goes_on(void **state)
{
	struct child racers[RACERS];

	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(race != MAP_FAILED);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = start_child(race_on);
		assert_int_equal(hear(racers[i].from), 'r');
	}
	for (int i = 0; i < RACERS; i++)
		say(racers[i].to, 'g');
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(end_of(&racers[i]), 0);

	assert_int_equal(race->overlaps, 0);
	assert_int_equal(race->surprises, 0);
	assert_int_equal(race->wins + race->turned_away, RACERS * ROUNDS);
	assert_true(race->wins > 0);
	munmap(race, sizeof(*race));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_second_run_is_turned_away_and_the_first_goes_on_undisturbed),
		TEST(what_a_killed_run_left_is_taken_over),
		TEST(a_run_may_begin_as_soon_as_the_one_before_has_finished),
		TEST(of_many_that_begin_at_once_one_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
