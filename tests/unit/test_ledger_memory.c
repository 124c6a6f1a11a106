#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "ledger/ledger.h"

static void count_wake(void *arg)
{
	(*(int *)arg)++;
}

static struct ledger *open_ledger(int *wakes)
{
	struct ledger *l;
	struct error e;

	assert_int_equal(ledger_memory_create(wakes ? count_wake : NULL, wakes, &l, &e), 0);
	return l;
}

static void submit_standing(struct ledger *l, enum ledger_op op, uint64_t row, const char *name,
	enum ledger_standing standing)
{
	const struct ledger_request q = {
		.op = op,
		.ticket = (uint32_t)row,
		.row = row,
		.sandbox = "prod",
		.name = name,
		.standing = standing,
		.status = "created",
	};

	ledger_submit(l, &q);
}

static void submit(struct ledger *l, enum ledger_op op, uint64_t row, const char *name)
{
	submit_standing(l, op, row, name, LEDGER_DONE);
}

static struct ledger_reply answer(struct ledger *l)
{
	struct ledger_reply reply;

	ledger_flush(l);
	assert_true(ledger_next(l, &reply));
	assert_int_equal(reply.error, 0);
	return reply;
}

static struct ledger_reply ask(struct ledger *l, enum ledger_op op, uint64_t row, const char *name)
{
	struct ledger_reply reply;

	submit(l, op, row, name);
	reply = answer(l);
	assert_int_equal(reply.op, op);
	assert_int_equal(reply.ticket, row);
	return reply;
}

static void the_first_row_of_a_name_is_fresh_and_later_ones_name_it(void **state)
{
	struct ledger *l = open_ledger(NULL);
	struct ledger_reply reply;

	assert_int_equal(ask(l, LEDGER_CLAIM, 1, "acme").claim, LEDGER_FRESH);
	reply = ask(l, LEDGER_CLAIM, 2, "acme");
	assert_int_equal(reply.claim, LEDGER_DUPLICATE);
	assert_int_equal(reply.earlier_row, 1);
	reply = ask(l, LEDGER_CLAIM, 3, "acme");
	assert_int_equal(reply.earlier_row, 1);
	assert_int_equal(ask(l, LEDGER_CLAIM, 4, "Acme").claim, LEDGER_FRESH);
	ledger_destroy(l);
}

static void a_name_belongs_to_its_sandbox(void **state)
{
	static const char *const keys[][2] = {
		{"prod", "acme"}, {"dev", "acme"}, {"prodacme", ""}, {"pro", "dacme"}};
	struct ledger *l = open_ledger(NULL);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct ledger_request q = {.op = LEDGER_CLAIM,
			.row = i + 1,
			.sandbox = keys[i][0],
			.name = keys[i][1]};

		ledger_submit(l, &q);
		assert_int_equal(answer(l).claim, LEDGER_FRESH);
	}
	ledger_destroy(l);
}

static void a_row_may_live_each_of_its_lives(void **state)
{
	struct ledger *l = open_ledger(NULL);

	ask(l, LEDGER_CLAIM, 1, "straight");
	ask(l, LEDGER_INTEND, 1, "straight");
	ask(l, LEDGER_OUTCOME, 1, "straight");

	ask(l, LEDGER_CLAIM, 2, "stopped");
	ask(l, LEDGER_INTEND, 2, "stopped");
	ask(l, LEDGER_WITHDRAW, 2, "stopped");

	ask(l, LEDGER_CLAIM, 3, "never intended");
	ask(l, LEDGER_OUTCOME, 3, "never intended");

	ask(l, LEDGER_CLAIM, 4, "withdrawn and begun again");
	ask(l, LEDGER_INTEND, 4, "withdrawn and begun again");
	ask(l, LEDGER_WITHDRAW, 4, "withdrawn and begun again");
	ask(l, LEDGER_INTEND, 4, "withdrawn and begun again");
	ask(l, LEDGER_OUTCOME, 4, "withdrawn and begun again");

	ask(l, LEDGER_CLAIM, 5, "updated, kept, deleted, created again");
	for (int i = 0; i < 2; i++) {
		ask(l, LEDGER_INTEND, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_OUTCOME, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_OUTCOME, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_INTEND_UPDATE, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_WITHDRAW, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_INTEND_UPDATE, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_OUTCOME, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_INTEND_DELETE, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_WITHDRAW, 5, "updated, kept, deleted, created again");
		ask(l, LEDGER_INTEND_DELETE, 5, "updated, kept, deleted, created again");
		submit_standing(l, LEDGER_OUTCOME, 5, "updated, kept, deleted, created again",
			LEDGER_REMOVED);
		answer(l);
	}
	ledger_destroy(l);
}

#define AS(op, row, standing)                                                                      \
	{                                                                                          \
		LEDGER_##op, row, LEDGER_##standing                                                \
	}

/* Each is a caller's mistake, so it must not go unnoticed: in a child, for it
 * ends the process. */
static void a_life_out_of_order_asserts(void **state)
{
	static const struct {
		const char *story;
		struct step {
			enum ledger_op op;
			uint64_t row;
			enum ledger_standing standing;
		} steps[4]; /* up to the first without a row; the last one is wrong */
	} stories[] = {
		{"outcome without claim", {AS(OUTCOME, 1, DONE)}},
		{"intent without claim", {AS(INTEND, 1, DONE)}},
		{"a second claim", {AS(CLAIM, 1, DONE), AS(CLAIM, 1, DONE)}},
		{"a second intent", {AS(CLAIM, 1, DONE), AS(INTEND, 1, DONE), AS(INTEND, 1, DONE)}},
		{"withdrawal without intent", {AS(CLAIM, 1, DONE), AS(WITHDRAW, 1, DONE)}},
		{"a second withdrawal", {AS(CLAIM, 1, DONE), AS(INTEND, 1, DONE),
						AS(WITHDRAW, 1, DONE), AS(WITHDRAW, 1, DONE)}},
		{"a second outcome",
			{AS(CLAIM, 1, DONE), AS(OUTCOME, 1, REFUSED), AS(OUTCOME, 1, REFUSED)}},
		{"a refusal of what is done",
			{AS(CLAIM, 1, DONE), AS(OUTCOME, 1, DONE), AS(OUTCOME, 1, REFUSED)}},
		{"removal of what was not done", {AS(CLAIM, 1, DONE), AS(OUTCOME, 1, REMOVED)}},
		{"update of what is not done", {AS(CLAIM, 1, DONE), AS(INTEND_UPDATE, 1, DONE)}},
		{"deletion of what is not done", {AS(CLAIM, 1, DONE), AS(INTEND_DELETE, 1, DONE)}},
		{"withdrawal of what is done",
			{AS(CLAIM, 1, DONE), AS(OUTCOME, 1, DONE), AS(WITHDRAW, 1, DONE)}},
		{"intent after outcome",
			{AS(CLAIM, 1, DONE), AS(OUTCOME, 1, DONE), AS(INTEND, 1, DONE)}},
		{"another row's outcome", {AS(CLAIM, 1, DONE), AS(OUTCOME, 2, DONE)}},
		{"a duplicate's intent",
			{AS(CLAIM, 1, DONE), AS(CLAIM, 2, DONE), AS(INTEND, 2, DONE)}},
		{"a duplicate's outcome",
			{AS(CLAIM, 1, DONE), AS(CLAIM, 2, DONE), AS(OUTCOME, 2, DONE)}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(stories); i++) {
		const struct step *step = stories[i].steps;
		struct ledger *l = open_ledger(NULL);
		size_t last = 0;
		int status;
		pid_t child;

		while (last + 1 < ARRAY_SIZE(stories[i].steps) && step[last + 1].row > 0)
			last++;
		for (size_t k = 0; k < last; k++)
			submit_standing(l, step[k].op, step[k].row, "acme", step[k].standing);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			close(STDERR_FILENO); /* the assertion's words are expected */
			submit_standing(
				l, step[last].op, step[last].row, "acme", step[last].standing);
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("%s goes unnoticed", stories[i].story);
		ledger_destroy(l);
	}
}

static void replies_wait_for_the_flush_and_then_wake_once(void **state)
{
	int wakes = 0;
	struct ledger *l = open_ledger(&wakes);
	struct ledger_reply reply;

	ledger_flush(l);
	assert_int_equal(wakes, 0); /* nothing to tell */
	submit(l, LEDGER_CLAIM, 1, "a");
	submit(l, LEDGER_CLAIM, 2, "b");
	assert_false(ledger_next(l, &reply));
	ledger_flush(l);
	assert_int_equal(wakes, 1);

	submit(l, LEDGER_CLAIM, 3, "c");
	assert_true(ledger_next(l, &reply));
	assert_int_equal(reply.ticket, 1);
	assert_true(ledger_next(l, &reply));
	assert_int_equal(reply.ticket, 2);
	assert_false(ledger_next(l, &reply)); /* submitted after the flush */
	ledger_flush(l);
	assert_true(ledger_next(l, &reply));
	assert_int_equal(reply.ticket, 3);
	ledger_destroy(l);
}

/* So many at once that the ring grows while its begin is in the middle. */
static void replies_keep_their_order_however_many_there_are(void **state)
{
	struct ledger *l = open_ledger(NULL);
	uint32_t submitted = 0, taken = 0;
	struct ledger_reply reply;

	for (int round = 1; round <= 12; round++) {
		for (int i = 0; i < round * 1000; i++) {
			char name[16];

			snprintf(name, sizeof(name), "n%u", ++submitted);
			submit(l, LEDGER_CLAIM, submitted, name);
		}
		ledger_flush(l);
		while (taken < submitted - 500) {
			assert_true(ledger_next(l, &reply));
			assert_int_equal(reply.ticket, ++taken);
		}
	}
	ledger_destroy(l);
}

static void every_name_of_many_is_known_again(void **state)
{
	struct ledger *l = open_ledger(NULL);
	enum { ROWS = 100000 };

	for (uint64_t row = 1; row <= 2 * ROWS; row++) {
		uint64_t first = row <= ROWS ? row : row - ROWS;
		struct ledger_reply reply;
		char name[32];

		snprintf(name, sizeof(name), "instance-%llu", (unsigned long long)first);
		reply = ask(l, LEDGER_CLAIM, row, name);
		if (row <= ROWS)
			assert_int_equal(reply.claim, LEDGER_FRESH);
		else
			assert_int_equal(reply.earlier_row, first);
	}
	ledger_destroy(l);
}

/* What only a ledger on disk can have is accepted, and never comes back. */
static void it_recalls_nothing_and_finds_nothing_listed(void **state)
{
	struct ledger_request q = {
		.ticket = 1, .row = 1, .sandbox = "prod", .spec_id = "spec", .name = "acme"};
	struct ledger *l = open_ledger(NULL);
	struct ledger_reply reply;

	q.id = "an id";
	q.count = 1;
	for (int op = LEDGER_UNMARK; op < LEDGER_OP_COUNT; op++) {
		q.op = (enum ledger_op)op;
		ledger_submit(l, &q);
		assert_int_equal(answer(l).found, op == LEDGER_INVENTORY_END);
	}
	ask(l, LEDGER_CLAIM, 1, "acme");
	q.op = LEDGER_INTEND;
	q.wall_ms = 77;
	ledger_submit(l, &q);
	reply = answer(l);
	assert_int_equal(reply.claim, LEDGER_FRESH);
	assert_int_equal(reply.intent_ms, 77);
	assert_int_equal(ledger_end_run(l, true, "created 1", NULL), 0);
	ledger_destroy(l);
}

/* Nothing is remembered that was there before; what this run has claimed, it knows. */
static void nothing_exists_in_it(void **state)
{
	struct ledger_request q = {
		.op = LEDGER_CLAIM, .row = 1, .sandbox = "prod", .name = "acme", .existing = true};
	struct ledger *l = open_ledger(NULL);
	struct ledger_reply reply;

	for (q.row = 1; q.row <= 2; q.row++) {
		ledger_submit(l, &q);
		assert_int_equal(answer(l).claim, LEDGER_FRESH);
	}
	ask(l, LEDGER_CLAIM, 3, "acme");
	q.row = 4;
	ledger_submit(l, &q);
	reply = answer(l);
	assert_int_equal(reply.claim, LEDGER_DUPLICATE);
	assert_int_equal(reply.earlier_row, 3);
	ledger_destroy(l);
}

static void each_has_a_key_of_its_own(void **state)
{
	struct ledger *l = open_ledger(NULL), *other = open_ledger(NULL);
	char tag[17], tag_of_other[17];

	ledger_tag(l, "prod", "acme", tag);
	ledger_tag(other, "prod", "acme", tag_of_other);
	assert_string_not_equal(tag, tag_of_other);
	ledger_destroy(l);
	ledger_destroy(other);
}

static void it_promises_nothing_that_it_cannot_keep(void **state)
{
	struct ledger *l = open_ledger(NULL);

	assert_false(ledger_durable(l));
	assert_int_equal(ledger_error(l)->code, 0);
	ledger_destroy(l);
	ledger_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_row_of_a_name_is_fresh_and_later_ones_name_it),
		cmocka_unit_test(a_name_belongs_to_its_sandbox),
		cmocka_unit_test(a_row_may_live_each_of_its_lives),
		cmocka_unit_test(a_life_out_of_order_asserts),
		cmocka_unit_test(replies_wait_for_the_flush_and_then_wake_once),
		cmocka_unit_test(replies_keep_their_order_however_many_there_are),
		cmocka_unit_test(every_name_of_many_is_known_again),
		cmocka_unit_test(it_recalls_nothing_and_finds_nothing_listed),
		cmocka_unit_test(nothing_exists_in_it),
		cmocka_unit_test(each_has_a_key_of_its_own),
		cmocka_unit_test(it_promises_nothing_that_it_cannot_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
