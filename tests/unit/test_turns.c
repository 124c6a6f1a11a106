/* One at a time at each instance, in the order in which they came. */
#include "check.h"

#include "run/turns.h"

#define JOBS 16

static int enter(void **state)
{
	static struct turns t;

	assert_int_equal(turns_init(&t, JOBS), 0);
	*state = &t;
	return 0;
}

static int leave(void **state)
{
	turns_done(*state);
	turns_done(&(struct turns){0});
	return 0;
}

static void an_instance_has_one_job_at_a_time(void **state)
{
	struct turns *t = *state;

	assert_true(turns_take(t, 3, 100));
	assert_false(turns_take(t, 4, 100));
	assert_false(turns_take(t, 5, 100));
	assert_int_equal(turns_leave(t, 3), 4);
	assert_false(turns_take(t, 3, 100));
	assert_int_equal(turns_leave(t, 4), 5);
	assert_int_equal(turns_leave(t, 5), 3);
	assert_int_equal(turns_leave(t, 3), TURNS_NOBODY);
	assert_true(turns_take(t, 7, 100));
}

static void another_instance_is_not_waited_for(void **state)
{
	struct turns *t = *state;

	assert_true(turns_take(t, 0, 100));
	assert_true(turns_take(t, 1, 200));
	assert_false(turns_take(t, 2, 100));
	assert_int_equal(turns_leave(t, 1), TURNS_NOBODY);
	assert_int_equal(turns_leave(t, 0), 2);
}

/* Not the lowest number, which is that of the slot that was free. */
static void who_came_first_is_first(void **state)
{
	struct turns *t = *state;

	assert_true(turns_take(t, 9, 100));
	assert_false(turns_take(t, 8, 100));
	assert_false(turns_take(t, 1, 100));
	assert_false(turns_take(t, 5, 100));
	assert_int_equal(turns_leave(t, 9), 8);
	assert_int_equal(turns_leave(t, 8), 1);
	assert_int_equal(turns_leave(t, 1), 5);
}

static void who_is_not_here_leaves_nothing(void **state)
{
	struct turns *t = *state;

	assert_true(turns_take(t, 0, 100));
	assert_false(turns_take(t, 1, 100));
	assert_int_equal(turns_leave(t, 7), TURNS_NOBODY);
	/* Who waited gives nobody a turn. */
	assert_int_equal(turns_leave(t, 1), TURNS_NOBODY);
	assert_false(turns_take(t, 2, 100));
	assert_int_equal(turns_leave(t, 0), 2);
}

/* Hash 0 is one as any other. */
static void an_instance_may_have_the_hash_0(void **state)
{
	struct turns *t = *state;

	assert_true(turns_take(t, 0, 0));
	assert_false(turns_take(t, 1, 0));
	assert_int_equal(turns_leave(t, 0), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_instance_has_one_job_at_a_time),
		TEST(another_instance_is_not_waited_for),
		TEST(who_came_first_is_first),
		TEST(who_is_not_here_leaves_nothing),
		TEST(an_instance_may_have_the_hash_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
