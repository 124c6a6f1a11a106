/* The transition table row by row: every cell, also the empty ones. */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "engine/engine.h"
#include "engine/job.h"

static const struct {
	enum job_state from;
	enum job_event event;
	enum job_state to;
} expected[] = {
	{JOB_TOLD, EV_CLAIMED, JOB_PENDING},
	{JOB_TOLD, EV_LISTING, JOB_TO_LOOK},
	{JOB_PENDING, EV_DURABLE, JOB_READY},
	{JOB_PENDING, EV_PLAIN, JOB_READY},
	{JOB_PENDING, EV_KNOWN, JOB_DONE},
	{JOB_PENDING, EV_OPEN, JOB_DOUBTFUL},
	{JOB_PENDING, EV_LOOK, JOB_TO_LOOK},
	{JOB_PENDING, EV_CLOSED, JOB_DONE},
	{JOB_READY, EV_ADMITTED, JOB_IN_FLIGHT},
	{JOB_READY, EV_LOOK, JOB_TO_LOOK},
	{JOB_READY, EV_CLOSED, JOB_DONE},
	{JOB_IN_FLIGHT, EV_ANSWERED, JOB_DONE},
	{JOB_IN_FLIGHT, EV_SPENT, JOB_DONE},
	{JOB_IN_FLIGHT, EV_RETRY, JOB_WAITING},
	{JOB_IN_FLIGHT, EV_REFUSED_TOKEN, JOB_WAITING},
	{JOB_IN_FLIGHT, EV_DOUBT, JOB_DOUBTFUL},
	{JOB_IN_FLIGHT, EV_LOOK, JOB_TO_LOOK},
	{JOB_IN_FLIGHT, EV_MORE, JOB_READY},
	{JOB_WAITING, EV_DUE, JOB_READY},
	{JOB_WAITING, EV_CLOSED, JOB_DONE},
	{JOB_DOUBTFUL, EV_DUE, JOB_TO_LOOK},
	{JOB_DOUBTFUL, EV_CLOSED, JOB_DONE},
	{JOB_TO_LOOK, EV_ADMITTED, JOB_LOOKING},
	{JOB_TO_LOOK, EV_FOUND, JOB_DONE},
	{JOB_TO_LOOK, EV_SEVERAL, JOB_DONE},
	{JOB_TO_LOOK, EV_SPENT, JOB_DONE},
	{JOB_TO_LOOK, EV_ABSENT, JOB_WAITING},
	{JOB_TO_LOOK, EV_UNSETTLED, JOB_DOUBTFUL},
	{JOB_TO_LOOK, EV_TROUBLE, JOB_DOUBTFUL},
	{JOB_TO_LOOK, EV_CLOSED, JOB_DONE},
	{JOB_LOOKING, EV_FOUND, JOB_DONE},
	{JOB_LOOKING, EV_SEVERAL, JOB_DONE},
	{JOB_LOOKING, EV_SPENT, JOB_DONE},
	{JOB_LOOKING, EV_ABSENT, JOB_WAITING},
	{JOB_LOOKING, EV_CLEARED, JOB_WAITING},
	{JOB_LOOKING, EV_UNSETTLED, JOB_DOUBTFUL},
	{JOB_LOOKING, EV_TROUBLE, JOB_DOUBTFUL},
	{JOB_LOOKING, EV_MORE, JOB_TO_LOOK},
	{JOB_DONE, EV_RECORDED, JOB_TOLD},
};

static enum job_state expected_target(enum job_state from, enum job_event event)
{
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		if (expected[i].from == from && expected[i].event == event)
			return expected[i].to;
	return JOB_STATE_COUNT;
}

static void every_cell_of_the_table_is_as_written_down(void **state)
{
	for (int from = 0; from < JOB_STATE_COUNT; from++) {
		for (int event = 0; event < EV_COUNT; event++) {
			enum job_state to =
				job_next_state((enum job_state)from, (enum job_event)event);

			if (to != expected_target((enum job_state)from, (enum job_event)event))
				fail_msg("%s in %s", job_event_name((enum job_event)event),
					job_state_name((enum job_state)from));
		}
	}
}

/* The promise behind the table: a doubt leads to another request only by way of
 * a look. */
static void from_doubt_no_way_leads_to_ready_but_by_what_a_look_found(void **state)
{
	for (int event = 0; event < EV_COUNT; event++) {
		enum job_state to = job_next_state(JOB_DOUBTFUL, (enum job_event)event);

		assert_true(to == JOB_TO_LOOK || to == JOB_DONE || to == JOB_STATE_COUNT);
		to = job_next_state(JOB_LOOKING, (enum job_event)event);
		assert_true(to != JOB_READY && to != JOB_IN_FLIGHT);
		assert_true(to != JOB_WAITING || event == EV_ABSENT || event == EV_CLEARED);
	}
}

/* ------------------------------------- what is not in the table asserts */

static struct engine *engine_with_a_row_read(void)
{
	struct engine_config config = ENGINE_CONFIG_DEFAULT;
	struct engine *e = engine_create(&config);
	struct engine_action a;
	struct engine_event row = {.kind = EVENT_ROW, .row = {.filterable = true}};
	struct engine_event token = {.kind = EVENT_TOKEN_FRESH, .token = {.life = NSEC_NEVER}};

	engine_handle(e, 0, &token);
	while (engine_next(e, 0, &a))
		row.job = a.kind == ACTION_READ ? a.job : row.job;
	engine_handle(e, 0, &row);
	return e;
}

static bool asserts(const struct engine_event *event)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct engine *e = engine_with_a_row_read();
		struct engine_event ev = *event;

		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		signal(SIGABRT, SIG_DFL);
		for (uint32_t job = 0; job < engine_job_limit(e); job++)
			if (engine_job_state(e, job) == JOB_PENDING)
				ev.job = job;
		engine_handle(e, 0, &ev);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void a_fact_that_cannot_be_asserts(void **state)
{
	static const struct engine_event impossible[] = {
		{.kind = EVENT_ROW},             /* no READ is out for it */
		{.kind = EVENT_OUTCOME_DURABLE}, /* nothing was decided */
		{.kind = EVENT_ANSWER},          /* nothing was sent */
		{.kind = EVENT_SHARED_FINDING},  /* it shares no listing */
		{.kind = EVENT_TOKEN_FAILED},    /* none was asked for */
		{.kind = (enum engine_event_kind)99},
	};

	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++)
		if (!asserts(&impossible[i]))
			fail_msg("event kind %d was taken", impossible[i].kind);
}

static void a_fact_that_can_be_does_not_assert(void **state)
{
	static const struct engine_event possible = {.kind = EVENT_INTENT_DURABLE};

	assert_false(asserts(&possible));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_of_the_table_is_as_written_down),
		cmocka_unit_test(from_doubt_no_way_leads_to_ready_but_by_what_a_look_found),
		cmocka_unit_test(a_fact_that_cannot_be_asserts),
		cmocka_unit_test(a_fact_that_can_be_does_not_assert),
	};
	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
