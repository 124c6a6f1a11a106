/* A token ends, is renewed in time, and is asked for gently. */
#include "engine_shell.h"

#define LIFE (1000 * SEC)
#define MANY 1000000 /* more rows than a test sends */

static void inventory_on(struct engine_config *c)
{
	c->no_inventory = false;
}

static void one_at_a_time(struct engine_config *c)
{
	c->concurrency = 1;
}

static void patient(struct engine_config *c)
{
	c->max_retry_after = 3600 * SEC;
}

/* None is there at the start: the engine has to fetch it. */
static struct shell start_tokenless(uint32_t rows, void (*change)(struct engine_config *))
{
	struct shell s = {
		.rows_left = rows,
		.tokenless = true,
		.row = {.row = {.claim = CLAIM_FRESH, .filterable = true}},
	};

	start_in(&s, change);
	return s;
}

/* One of LIFE is there and has worked; the window is two. */
static struct shell start_with_life(uint32_t rows)
{
	struct shell s = start_tokenless(rows, patient);

	assert_int_equal(s.fetches, 1);
	token_fresh(&s, LIFE);
	drain(&s);
	answer(&s, s.sent[0], ANSWER_CREATED);
	drain(&s);
	return s;
}

static void answer_all_after(struct shell *s, enum engine_answer a, nsec_t retry_after)
{
	uint32_t out[64], count = 0;

	for (uint32_t job = 0; job < engine_job_limit(s->e); job++)
		if (state_of(s, job) == JOB_IN_FLIGHT || state_of(s, job) == JOB_LOOKING)
			out[count++] = job;
	for (uint32_t i = 0; i < count; i++) {
		bool found = state_of(s, out[i]) == JOB_LOOKING && a == ANSWER_CREATED;

		answer_after(s, out[i], found ? ANSWER_FOUND_CREATED : a, retry_after);
	}
	drain(s);
}

static void answer_all(struct shell *s, enum engine_answer a)
{
	answer_all_after(s, a, NSEC_NONE);
}

/* All rows wait, nothing is in flight, for so long. */
static void hold(struct shell *s, nsec_t duration)
{
	answer_all_after(s, ANSWER_THROTTLED, duration);
}

/* Requests leave and are answered well all the time. */
static void go_on(struct shell *s, nsec_t duration)
{
	for (nsec_t until = s->now + duration; s->now < until;) {
		pass(s, MIN(100 * MS, until - s->now));
		answer_all(s, ANSWER_CREATED);
	}
}

/* The endpoint answers at once, badly. @return fetches in that time */
static uint32_t fail_for(struct shell *s, nsec_t duration, nsec_t retry_after)
{
	uint32_t before = s->fetches;
	nsec_t until = s->now + duration;

	while (s->now < until) {
		if (fetch_out(s))
			token_failed(s, retry_after);
		pass(s, MIN(MAX(engine_deadline(s->e), s->now + MS), until) - s->now);
	}
	return s->fetches - before;
}

/* ---------------------------------------------------------------- the first one */

static void sixty_four_rows_wait_for_one_fetch(void **state)
{
	struct shell s = start_tokenless(64, NULL);

	pass(&s, 20 * SEC);
	assert_int_equal(s.intents, 64);
	assert_int_equal(s.fetches, 1);
	assert_int_equal(s.sends, 0);
	assert_int_equal(engine_stats(s.e).in_flight, 1);
	token_fresh(&s, LIFE);
	drain(&s);
	assert_int_equal(s.fetches, 1);
	assert_int_equal(s.sends, 1); /* the window starts at one */
	assert_int_equal(s.last_send.send.generation, 1);
	finish(&s);
}

static void a_run_with_nothing_to_send_fetches_none(void **state)
{
	struct shell s = {
		.rows_left = 5,
		.tokenless = true,
		.row = {.row = {.claim = CLAIM_KNOWN, .known = OUTCOME_UNCHANGED}},
	};

	start_in(&s, NULL);
	assert_int_equal(s.fetches, 0);
	assert_int_equal(s.lines, 5);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

static void a_refused_fetch_ends_the_run_with_every_row_told(void **state)
{
	struct shell s = start_tokenless(10, inventory_on);

	tell(&s, EVENT_TOKEN_REFUSED, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.done.done.end, END_TOKEN);
	assert_int_equal(s.lines, 10);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	assert_int_equal(s.sends, 0);
	finish(&s);
}

static void a_token_without_a_known_end_is_never_renewed(void **state)
{
	struct shell s = start(MANY, NULL);

	go_on(&s, 100 * SEC);
	assert_int_equal(s.fetches, 0);
	assert_int_equal(engine_deadline(s.e), NSEC_NEVER);
	finish(&s);
}

/* --------------------------------------------------------------------- renewal */

static nsec_t renewal_of_seed(uint64_t seed)
{
	struct engine_config c = ENGINE_CONFIG_DEFAULT;
	struct shell s = {
		.rows_left = 10,
		.row = {.row = {.claim = CLAIM_FRESH, .filterable = true}},
	};

	c.seed = seed;
	c.no_inventory = true;
	c.max_retry_after = LIFE;
	s.e = engine_create(&c);
	assert_non_null(s.e);
	token_fresh(&s, LIFE);
	drain(&s);
	hold(&s, LIFE);
	while (s.fetches == 0) {
		assert_true(engine_deadline(s.e) < NSEC_NEVER);
		s.now = engine_deadline(s.e);
		drain(&s);
	}
	finish(&s);
	return s.now;
}

/* A uniform draw: of a hundred seeds each tenth of the stretch gets some. */
static void a_token_is_renewed_at_85_to_95_per_cent_of_its_life(void **state)
{
	uint32_t tenths[10] = {0};

	for (uint64_t seed = 1; seed <= 100; seed++) {
		nsec_t at = renewal_of_seed(seed);

		assert_true(at >= LIFE / 100 * 85);
		assert_true(at <= LIFE / 100 * 95);
		tenths[MIN((at - LIFE / 100 * 85) / (LIFE / 100), 9)]++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tenths); i++)
		assert_true(tenths[i] > 0);
}

static void requests_go_on_while_it_is_renewed(void **state)
{
	struct shell s = start_with_life(MANY);
	uint32_t before;

	go_on(&s, 849 * SEC);
	assert_int_equal(s.fetches, 1);
	go_on(&s, 102 * SEC);
	assert_int_equal(s.fetches, 2);
	before = s.sends;
	go_on(&s, 45 * SEC);
	assert_true(s.sends > before + 45);
	assert_int_equal(s.last_send.send.generation, 1);
	token_fresh(&s, LIFE);
	go_on(&s, 849 * SEC);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(s.last_send.send.generation, 2);
	finish(&s);
}

/* The request that is out may be the last: whether it needs another token is not known. */
static void it_is_not_renewed_when_nothing_is_left_to_send(void **state)
{
	struct shell s = start_with_life(2);

	pass(&s, 2 * LIFE);
	assert_int_equal(s.sends, 2);
	assert_int_equal(s.fetches, 1);
	answer(&s, s.sent[1], ANSWER_CREATED);
	drain(&s);
	assert_int_equal(s.fetches, 1);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

static void it_is_renewed_once_a_row_comes_back_to_be_sent_again(void **state)
{
	struct shell s = start_with_life(2);

	pass(&s, 990 * SEC);
	answer(&s, s.sent[1], ANSWER_BROKEN);
	drain(&s);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(s.last_send.send.request, REQUEST_LOOKUP);
	finish(&s);
}

static void one_every_three_seconds(struct engine_config *c)
{
	c->rate_interval = 3 * SEC;
	c->burst = 1;
}

/* A life as short as the rate is slow: each request the rate lets leave could be a renewal. */
static void renewals_do_not_keep_the_requests_from_leaving(void **state)
{
	struct shell s = start_tokenless(10, one_every_three_seconds);

	for (int i = 0; i < 200 && !s.is_done; i++) {
		pass(&s, SEC / 2);
		if (fetch_out(&s))
			token_fresh(&s, 3200 * MS);
		answer_all(&s, ANSWER_CREATED);
	}
	assert_int_equal(s.done.done.end, END_COMPLETE);
	assert_int_equal(s.lines, 10);
	finish(&s);
}

/* Ten minutes late, and no row is lost: they wait. */
static void after_its_end_an_unrenewed_token_is_not_used(void **state)
{
	struct shell s = start_with_life(MANY);
	uint32_t before;

	go_on(&s, LIFE - 100 * MS); /* the renewal is out, and hangs */
	assert_int_equal(s.fetches, 2);
	before = s.sends;
	pass(&s, 100 * MS);
	answer_all(&s, ANSWER_CREATED); /* they left in time, whenever they are answered */
	pass(&s, 600 * SEC);
	assert_int_equal(s.sends, before);
	assert_int_equal(s.fetches, 2);
	assert_false(engine_stats(s.e).ending);
	token_fresh(&s, LIFE);
	drain(&s);
	assert_true(s.sends > before);
	assert_int_equal(s.last_send.send.generation, 2);
	finish(&s);
}

static void a_token_of_no_life_is_not_used(void **state)
{
	struct shell s = start_tokenless(3, NULL);

	for (int i = 0; i < 10; i++) {
		token_fresh(&s, 0);
		pass(&s, SEC);
	}
	assert_int_equal(s.sends, 0);
	assert_int_equal(s.fetches, 11); /* one a second */
	pass(&s, 900 * SEC);
	token_failed(&s, NSEC_NONE);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_TOKEN_OUTAGE);
	finish(&s);
}

/* ------------------------------------------------------------- failed fetches */

static void a_failed_fetch_is_tried_again_with_growing_waits(void **state)
{
	struct shell s = start_tokenless(10, NULL);

	assert_in_range(fail_for(&s, 55 * SEC, NSEC_NONE), 3, 16); /* full jitter: 8 or so */
	assert_int_equal(s.sends, 0);
	assert_false(s.is_done);
	finish(&s);
}

static void its_retry_after_replaces_the_backoff(void **state)
{
	struct shell s = start_tokenless(10, NULL);

	token_failed(&s, 40 * SEC);
	pass(&s, 40 * SEC - 1);
	assert_int_equal(s.fetches, 1);
	pass(&s, 1);
	assert_int_equal(s.fetches, 2);
	finish(&s);
}

/* The next failure is the first again: a second or so later it is asked for. */
static void a_fresh_token_ends_the_backoff(void **state)
{
	struct shell s = start_tokenless(MANY, NULL);

	fail_for(&s, 59 * SEC, NSEC_NONE);
	token_fresh(&s, 100 * SEC);
	go_on(&s, 96 * SEC);
	assert_true(fetch_out(&s));
	token_failed(&s, NSEC_NONE);
	go_on(&s, 1200 * MS);
	assert_true(fetch_out(&s));
	finish(&s);
}

static void no_two_fetches_leave_within_a_second(void **state)
{
	struct shell s = start_with_life(100);

	answer(&s, s.sent[1], ANSWER_TOKEN); /* revoked at once */
	pass(&s, SEC - 1);
	assert_int_equal(s.fetches, 1);
	pass(&s, 1);
	assert_int_equal(s.fetches, 2);
	finish(&s);
}

/* It is down from before the end of the token until a minute after; then all rows go. */
static void a_minute_without_the_endpoint_loses_no_row_and_makes_no_storm(void **state)
{
	struct shell s = start_with_life(30);

	hold(&s, LIFE);
	fail_for(&s, LIFE, NSEC_NONE);
	assert_in_range(fail_for(&s, 60 * SEC, NSEC_NONE), 1, 16);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.sends, 3);
	pass(&s, 30 * SEC);
	assert_true(fetch_out(&s));
	token_fresh(&s, LIFE);
	go_on(&s, 60 * SEC);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	assert_int_equal(s.lines, 30);
	assert_int_equal(engine_stats(s.e).failed, 0);
	finish(&s);
}

static void an_endpoint_that_never_had_one_is_given_up_after_a_minute(void **state)
{
	struct shell s = start_tokenless(10, NULL);

	fail_for(&s, 60 * SEC - 2 * MS, NSEC_NONE);
	assert_false(engine_stats(s.e).ending);
	fail_for(&s, 4 * MS, NSEC_NONE);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_TOKEN_OUTAGE);
	assert_int_equal(s.lines, 10);
	assert_int_equal(s.last_line.row.outcome, OUTCOME_SKIPPED);
	finish(&s);
}

/* From the end of the last token: until then it could be used. */
static void one_that_had_some_is_given_up_after_a_quarter_of_an_hour(void **state)
{
	struct shell s = start_with_life(10);

	answer(&s, s.sent[1], ANSWER_BROKEN);
	hold(&s, LIFE);
	fail_for(&s, LIFE + 900 * SEC - 2 * MS, 3 * SEC);
	assert_false(engine_stats(s.e).ending);
	fail_for(&s, 4 * MS, 3 * SEC);
	drain(&s);
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_TOKEN_OUTAGE);
	assert_int_equal(s.lines, 10);
	assert_int_equal(engine_stats(s.e).failed, 1); /* the one in doubt is unresolved */
	finish(&s);
}

/* Three outages of a quarter of an hour in all, and between them tokens that nobody used. */
static void tokens_that_nobody_needed_end_an_outage(void **state)
{
	struct shell s = start_with_life(10);

	hold(&s, 3600 * SEC);
	fail_for(&s, LIFE + 400 * SEC, NSEC_NONE);
	while (!fetch_out(&s))
		pass(&s, SEC);
	token_fresh(&s, LIFE);
	pass(&s, 950 * SEC);
	token_fresh(&s, LIFE); /* renewed in time */
	fail_for(&s, LIFE + 400 * SEC, NSEC_NONE);
	assert_false(engine_stats(s.e).ending);
	fail_for(&s, 120 * SEC, NSEC_NONE);
	assert_true(engine_stats(s.e).ending);
	finish(&s);
}

/* A fetch that hangs is given up like one that fails, and does not hold up the end. */
static void a_fetch_that_hangs_is_cut_at_the_end(void **state)
{
	struct shell s = start_tokenless(10, NULL);

	pass(&s, 60 * SEC);
	assert_true(engine_stats(s.e).ending);
	assert_int_equal(s.cuts, 1);
	assert_false(s.is_done);
	token_failed(&s, NSEC_NONE);
	drain(&s);
	assert_int_equal(s.cuts, 1);
	assert_int_equal(s.done.done.end, END_TOKEN_OUTAGE);
	finish(&s);
}

static void a_stop_cuts_the_fetch_when_the_requests_have_finished(void **state)
{
	struct shell s = start_with_life(MANY);

	go_on(&s, 960 * SEC);
	assert_true(fetch_out(&s));
	s.rows_left = 0;
	tell(&s, EVENT_STOP, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.cuts, 0);
	answer_all(&s, ANSWER_CREATED);
	assert_int_equal(s.cuts, 1);
	tell(&s, EVENT_TOKEN_REFUSED, ENGINE_NO_JOB); /* nobody cares any more */
	drain(&s);
	assert_int_equal(s.done.done.end, END_STOPPED);
	finish(&s);
}

static void a_renewal_that_nobody_needs_any_more_ends_no_run(void **state)
{
	struct shell s = start_with_life(2);

	pass(&s, 960 * SEC);
	answer(&s, s.sent[1], ANSWER_BROKEN);
	drain(&s);
	assert_true(fetch_out(&s));
	answer_all(&s, ANSWER_CREATED);
	assert_int_equal(s.lines, 2);
	assert_int_equal(s.cuts, 1);
	tell(&s, EVENT_TOKEN_REFUSED, ENGINE_NO_JOB);
	drain(&s);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

/* ----------------------------------------------------- pause, breaker, silence */

static void a_pause_of_the_flow_service_holds_no_fetch(void **state)
{
	struct shell s = start_with_life(20);
	uint32_t before = s.sends;

	hold(&s, 2 * LIFE);
	pass(&s, 950 * SEC);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(s.sends, before);
	finish(&s);
}

/* The next probe is nearly half a minute away when the token runs out. */
static void an_open_breaker_holds_no_fetch(void **state)
{
	struct shell s = start_with_life(MANY);

	while (s.now < 800 * SEC) {
		answer_all(&s, s.now < 100 * SEC ? ANSWER_REJECTED : ANSWER_NOT_SENT);
		pass(&s, SEC);
	}
	assert_true(engine_stats(s.e).breaker_open);
	while (!fetch_out(&s)) {
		nsec_t due = engine_deadline(s.e);

		answer_all(&s, ANSWER_NOT_SENT);
		assert_true(due > s.now && engine_deadline(s.e) <= 950 * SEC);
		s.now = engine_deadline(s.e);
		drain(&s);
	}
	assert_true(s.now >= 850 * SEC);
	finish(&s);
}

static void a_failing_endpoint_opens_no_breaker_and_shrinks_no_window(void **state)
{
	struct shell s = start_with_life(MANY);
	uint32_t window;

	go_on(&s, 960 * SEC);
	window = engine_stats(s.e).window;
	assert_int_equal(window, 16);
	for (int i = 0; i < 10; i++) {
		if (fetch_out(&s))
			token_failed(&s, SEC);
		go_on(&s, 2 * SEC);
	}
	assert_false(engine_stats(s.e).breaker_open);
	assert_int_equal(engine_stats(s.e).window, window);
	finish(&s);
}

/* Nobody asked the server in that time: it is not the one that was silent. */
static void time_without_a_token_is_no_silence_of_the_server(void **state)
{
	struct shell s = start_with_life(20);

	hold(&s, 990 * SEC);
	fail_for(&s, 991 * SEC, NSEC_NONE);
	answer_all(&s, ANSWER_NOT_SENT); /* silent since then */
	fail_for(&s, 10 * SEC, NSEC_NONE);
	answer_all(&s, ANSWER_NOT_SENT);
	fail_for(&s, 895 * SEC, NSEC_NONE);
	assert_true(s.now > (991 + 900) * SEC);
	assert_false(engine_stats(s.e).ending);
	token_fresh(&s, 24 * 3600 * SEC);
	pass(&s, SEC);
	assert_false(engine_stats(s.e).ending);
	pass(&s, 900 * SEC); /* but now it is */
	assert_true(engine_stats(s.e).ending);
	finish(&s);
}

/* -------------------------------------------------------------------- refusals */

static void a_token_that_worked_and_is_revoked_is_fetched_once_for_all(void **state)
{
	struct shell s = start_with_life(MANY);

	go_on(&s, 20 * SEC);
	answer_all(&s, ANSWER_TOKEN);
	pass(&s, 5 * SEC);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(s.last_send.send.generation, 1);
	token_fresh(&s, LIFE);
	drain(&s);
	assert_int_equal(s.last_send.send.generation, 2);
	assert_int_equal(engine_stats(s.e).in_flight, 16);
	go_on(&s, 10 * SEC);
	assert_int_equal(s.fetches, 2);
	finish(&s);
}

static void a_401_of_an_older_token_is_sent_again_and_no_more(void **state)
{
	struct shell s = start_with_life(MANY);

	go_on(&s, 20 * SEC);
	answer(&s, s.last_send.job, ANSWER_TOKEN);
	drain(&s);
	token_fresh(&s, LIFE);
	answer_all(&s, ANSWER_TOKEN); /* before any leaves with the new one */
	pass(&s, 2 * SEC);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(engine_stats(s.e).in_flight, 16);
	assert_int_equal(s.last_send.send.generation, 2);
	assert_false(engine_stats(s.e).ending);
	finish(&s);
}

static void two_rows_refused_with_a_fresh_token_end_the_run(void **state)
{
	struct shell s = start_with_life(MANY);

	go_on(&s, 20 * SEC);
	answer_all(&s, ANSWER_TOKEN);
	pass(&s, SEC);
	token_fresh(&s, LIFE);
	drain(&s);
	answer(&s, s.sent[(s.sends - 1) % 64], ANSWER_TOKEN);
	assert_false(engine_stats(s.e).ending);
	answer(&s, s.sent[(s.sends - 2) % 64], ANSWER_TOKEN);
	assert_true(engine_stats(s.e).ending);
	s.rows_left = 0;
	answer_all(&s, ANSWER_TOKEN);
	assert_int_equal(s.fetches, 2);
	assert_int_equal(s.done.done.end, END_TOKEN);
	finish(&s);
}

/* The server's clock is ahead: what is refused while its renewal is late has run out. */
static void a_401_during_the_renewal_condemns_no_token(void **state)
{
	struct shell s = start_tokenless(64, patient);

	token_fresh(&s, LIFE);
	drain(&s);
	hold(&s, 960 * SEC); /* which proves nothing of the token */
	pass(&s, 955 * SEC);
	token_failed(&s, 20 * SEC);
	pass(&s, 10 * SEC);
	assert_int_equal(s.sends, 2);
	answer_all(&s, ANSWER_TOKEN);
	pass(&s, 5 * SEC);
	assert_int_equal(s.sends, 2); /* nobody tries it again */
	pass(&s, 10 * SEC);
	assert_int_equal(s.fetches, 3);
	token_fresh(&s, LIFE);
	go_on(&s, 10 * SEC);
	assert_int_equal(s.fetches, 3);
	assert_int_equal(s.done.done.end, END_COMPLETE);
	finish(&s);
}

/* Others prove each token good; its waits grow, and so no token is fetched each second. */
static void a_row_that_every_token_is_refused_for_fetches_few(void **state)
{
	struct shell s = start_with_life(MANY);
	uint32_t poison = s.last_send.job;

	for (int i = 0; i < 1200; i++) {
		for (uint32_t job = 0; job < engine_job_limit(s.e); job++)
			if (state_of(&s, job) == JOB_IN_FLIGHT && job != poison)
				answer(&s, job, ANSWER_CREATED);
		if (state_of(&s, poison) == JOB_IN_FLIGHT)
			answer(&s, poison, ANSWER_TOKEN);
		pass(&s, 50 * MS);
		if (fetch_out(&s))
			token_fresh(&s, LIFE);
	}
	assert_in_range(s.fetches, 3, 20); /* in a minute */
	finish(&s);
}

/* However often: each of them had worked. */
static void tokens_that_worked_and_are_revoked_end_no_run(void **state)
{
	struct shell s = start_with_life(MANY);

	for (uint32_t i = 0; i < 10; i++) {
		go_on(&s, 2 * SEC);
		answer_all(&s, ANSWER_TOKEN);
		assert_int_equal(s.fetches, i + 2);
		token_fresh(&s, LIFE);
		drain(&s);
	}
	answer(&s, s.last_send.job, ANSWER_TOKEN); /* as the first answer with this one */
	assert_false(engine_stats(s.e).ending);
	finish(&s);
}

/* Each is refused after its end, and none has ever worked. */
static void tokens_that_all_run_out_unused_end_the_run(void **state)
{
	struct shell s = start_tokenless(3, one_at_a_time);

	for (int i = 0; i < 20 && !s.is_done; i++) {
		token_fresh(&s, 100 * MS);
		drain(&s);
		pass(&s, 40 * SEC);
		answer_all(&s, ANSWER_TOKEN);
		pass(&s, 40 * SEC);
	}
	assert_true(s.is_done);
	assert_int_equal(s.done.done.end, END_TOKEN);
	assert_int_equal(s.fetches, 6);
	assert_int_equal(s.lines, 3);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_four_rows_wait_for_one_fetch),
		cmocka_unit_test(a_run_with_nothing_to_send_fetches_none),
		cmocka_unit_test(a_refused_fetch_ends_the_run_with_every_row_told),
		cmocka_unit_test(a_token_without_a_known_end_is_never_renewed),
		cmocka_unit_test(a_token_is_renewed_at_85_to_95_per_cent_of_its_life),
		cmocka_unit_test(requests_go_on_while_it_is_renewed),
		cmocka_unit_test(it_is_not_renewed_when_nothing_is_left_to_send),
		cmocka_unit_test(it_is_renewed_once_a_row_comes_back_to_be_sent_again),
		cmocka_unit_test(renewals_do_not_keep_the_requests_from_leaving),
		cmocka_unit_test(after_its_end_an_unrenewed_token_is_not_used),
		cmocka_unit_test(a_token_of_no_life_is_not_used),
		cmocka_unit_test(a_failed_fetch_is_tried_again_with_growing_waits),
		cmocka_unit_test(its_retry_after_replaces_the_backoff),
		cmocka_unit_test(a_fresh_token_ends_the_backoff),
		cmocka_unit_test(no_two_fetches_leave_within_a_second),
		cmocka_unit_test(a_minute_without_the_endpoint_loses_no_row_and_makes_no_storm),
		cmocka_unit_test(an_endpoint_that_never_had_one_is_given_up_after_a_minute),
		cmocka_unit_test(one_that_had_some_is_given_up_after_a_quarter_of_an_hour),
		cmocka_unit_test(tokens_that_nobody_needed_end_an_outage),
		cmocka_unit_test(a_fetch_that_hangs_is_cut_at_the_end),
		cmocka_unit_test(a_stop_cuts_the_fetch_when_the_requests_have_finished),
		cmocka_unit_test(a_renewal_that_nobody_needs_any_more_ends_no_run),
		cmocka_unit_test(a_pause_of_the_flow_service_holds_no_fetch),
		cmocka_unit_test(an_open_breaker_holds_no_fetch),
		cmocka_unit_test(a_failing_endpoint_opens_no_breaker_and_shrinks_no_window),
		cmocka_unit_test(time_without_a_token_is_no_silence_of_the_server),
		cmocka_unit_test(a_token_that_worked_and_is_revoked_is_fetched_once_for_all),
		cmocka_unit_test(a_401_of_an_older_token_is_sent_again_and_no_more),
		cmocka_unit_test(two_rows_refused_with_a_fresh_token_end_the_run),
		cmocka_unit_test(a_401_during_the_renewal_condemns_no_token),
		cmocka_unit_test(a_row_that_every_token_is_refused_for_fetches_few),
		cmocka_unit_test(tokens_that_worked_and_are_revoked_end_no_run),
		cmocka_unit_test(tokens_that_all_run_out_unused_end_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
