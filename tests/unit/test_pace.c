/* A pace against limits of several kinds, in a time of our own: a bucket of tokens, as a
 * gateway has it, behind a round trip; requests leave a little after the moment that the
 * pace has for them, as from a real loop. */
#include "check.h"

#include "base/macros.h"
#include "engine/pace.h"

#define ROUND_TRIP (20 * MS)
#define WINDOW 64
#define SETTLING (60 * SEC)
#define MEASURING (240 * SEC)

struct limit {
	double rate, burst; /* a second; at once */
	nsec_t retry_after; /* NSEC_NONE: it does not say */
	nsec_t late;        /* requests leave up to so late */
};

struct answer {
	nsec_t at, sent_at;
	bool good;
};

struct world {
	struct limit limit;
	struct pace pace;
	nsec_t now, paused_until, refilled_at;
	double tokens;
	uint32_t seed;
	struct answer answers[WINDOW];
	uint32_t first, count;
	uint64_t good, refused; /* since they were last set to 0 */
};

static struct world world(struct limit limit)
{
	struct world w = {.limit = limit, .tokens = limit.burst, .seed = 1};

	pace_init(&w.pace);
	return w;
}

static bool server_takes(struct world *w)
{
	double seconds = (double)(w->now - w->refilled_at) / (double)SEC;

	w->tokens = MIN(w->tokens + seconds * w->limit.rate, w->limit.burst);
	w->refilled_at = w->now;
	if (w->tokens < 1)
		return false;
	w->tokens--;
	return true;
}

static nsec_t lateness(struct world *w)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return w->limit.late * (w->seed >> 16) / 65536;
}

static void send(struct world *w)
{
	struct answer *a = &w->answers[(w->first + w->count++) % WINDOW];

	pace_sent(&w->pace, w->now);
	*a = (struct answer){w->now + ROUND_TRIP, w->now, server_takes(w)};
}

static void receive(struct world *w)
{
	const struct answer *a = &w->answers[w->first];

	w->first = (w->first + 1) % WINDOW;
	w->count--;
	if (a->good) {
		w->good++;
		pace_accepted(&w->pace);
		return;
	}
	w->refused++;
	pace_refused(&w->pace, w->now, a->sent_at);
	if (w->limit.retry_after == NSEC_NONE)
		return;
	w->paused_until = w->now + w->limit.retry_after;
	pace_pause(&w->pace, w->paused_until);
}

static void run(struct world *w, nsec_t time)
{
	nsec_t end = w->now + time;

	while (w->now < end) {
		nsec_t send_at = MAX(pace_ready_at(&w->pace), w->paused_until);

		if (send_at > w->now)
			send_at += lateness(w);
		send_at = MAX(send_at, w->now);
		if (w->count > 0 && (w->count == WINDOW || w->answers[w->first].at <= send_at)) {
			w->now = MAX(w->now, w->answers[w->first].at);
			receive(w);
		} else {
			w->now = send_at;
			send(w);
		}
	}
}

static void run_and_count(struct world *w, nsec_t time)
{
	w->good = w->refused = 0;
	run(w, time);
}

static double rate(const struct world *w, nsec_t time)
{
	return (double)w->good / ((double)time / (double)SEC);
}

static void settles(struct limit limit)
{
	struct world w = world(limit);

	run(&w, SETTLING);
	run_and_count(&w, MEASURING);
	assert_true(rate(&w, MEASURING) >= 0.9 * limit.rate);
	assert_true((double)w.refused < 0.01 * (double)w.good);
}

static void most_of_what_a_limit_allows_is_used_and_next_to_nothing_refused(void **state)
{
	static const double rates[] = {10, 200, 1000};

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		double r = rates[i];

		settles((struct limit){r, r, SEC, 0});
		settles((struct limit){r, MAX(r / 10, 2), SEC, 0});
		settles((struct limit){r, 1, SEC, 0});
		settles((struct limit){r, MAX(r / 10, 2), SEC, MS});
		settles((struct limit){r, MAX(r / 10, 2), NSEC_NONE, MS});
		settles((struct limit){r, r * 10, SEC, MS});
	}
	settles((struct limit){200, 1, SEC, 100 * USEC});
}

static void without_a_429_there_is_no_pace(void **state)
{
	struct pace p;

	pace_init(&p);
	for (nsec_t now = 0; now < SEC; now += MS) {
		pace_sent(&p, now);
		pace_accepted(&p);
		assert_true(pace_ready_at(&p) <= now);
	}
	assert_true(pace_rate(&p, SEC) == 0);
}

/* A thousand a second are refused: half of it, where nothing was accepted; more, where it was. */
static struct pace refused_after_a_second(bool accepted)
{
	struct pace p;

	pace_init(&p);
	for (nsec_t now = 0; now < SEC; now += MS) {
		pace_sent(&p, now);
		if (accepted)
			pace_accepted(&p);
	}
	pace_refused(&p, SEC, SEC - MS);
	return p;
}

static void what_was_refused_at_once_is_halved_but_not_below_what_was_accepted(void **state)
{
	struct pace p = refused_after_a_second(false);

	assert_float_equal(pace_rate(&p, SEC), 500, 1);
	p = refused_after_a_second(true);
	assert_float_equal(pace_rate(&p, SEC), 855, 1);
}

static void what_left_before_a_429_tells_nothing_new(void **state)
{
	struct pace p = refused_after_a_second(true);
	double before = pace_rate(&p, SEC + MS);

	pace_refused(&p, SEC + MS, SEC - 2 * MS);
	pace_refused(&p, SEC + MS, SEC);
	assert_true(pace_rate(&p, SEC + MS) == before);
	pace_sent(&p, SEC + MS);
	pace_refused(&p, SEC + 2 * MS, SEC + MS);
	assert_true(pace_rate(&p, SEC + 2 * MS) < before);
}

static void nothing_is_learnt_of_a_pause(void **state)
{
	struct pace p = refused_after_a_second(true);

	pace_pause(&p, 100 * SEC);
	assert_int_equal(pace_ready_at(&p), 100 * SEC);
	assert_float_equal(pace_rate(&p, 100 * SEC), 855, 1);
	assert_true(pace_rate(&p, 101 * SEC) > 900);
}

/* Where the limit has no room for two at once, a pace that sent two would be refused often. */
static void requests_leave_evenly(void **state)
{
	struct world w = world((struct limit){100, 1, SEC, 0});

	run(&w, SETTLING);
	run_and_count(&w, MEASURING);
	assert_true(w.refused < 20);
}

static void a_limit_that_was_raised_is_found(void **state)
{
	struct world w = world((struct limit){50, 5, SEC, 0});

	run(&w, SETTLING);
	w.limit.rate = 500;
	w.limit.burst = 50;
	run(&w, 3 * SETTLING);
	run_and_count(&w, SETTLING);
	assert_true(rate(&w, SETTLING) >= 400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_429_there_is_no_pace),
		cmocka_unit_test(
			what_was_refused_at_once_is_halved_but_not_below_what_was_accepted),
		cmocka_unit_test(what_left_before_a_429_tells_nothing_new),
		cmocka_unit_test(nothing_is_learnt_of_a_pause),
		cmocka_unit_test(requests_leave_evenly),
		cmocka_unit_test(most_of_what_a_limit_allows_is_used_and_next_to_nothing_refused),
		cmocka_unit_test(a_limit_that_was_raised_is_found),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
