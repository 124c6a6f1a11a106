/* bench.c - snowmelt bench: the loop, the token and the phases of a load.
 *
 * An alarm wakes the loop at the moment of the next arrival, and in the prepare phase
 * all leaves that is due by then.
 */
#include "run/bench.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "run/loop.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

bool bench_is_allowed(const struct snowmelt_options *o, struct error *reterr)
{
	if (o->rate_per_s <= 0) {
		error_set(reterr, -EINVAL,
			"no --rate: give the arrivals a second, as in --rate 200/s");
		return false;
	}
	/* One that has a fault is refused for it, a little later. */
	if (flow_service_url_fault(o->url) || flow_service_is_loopback(o->url) || o->own_service)
		return true;
	error_set(reterr, -EPERM,
		"bench puts the service of --url under load, and it is not on this machine: "
		"nothing "
		"was sent; give the --url of a local flowmock, or --i-own-this-service if it is "
		"yours");
	return false;
}

/* --------------------------------------------------------------------- phases */

static void begin_load(struct bench *b)
{
	const struct snowmelt_options *o = &b->run->settings.o;
	uint64_t seed = o->seed;

	if (!o->has_seed)
		randombytes_buf(&seed, sizeof(seed));
	bench_schedule_init(&b->schedule, o->rate_per_s, o->poisson, seed);
	b->began_at = clock_monotonic();
	b->counts_from = b->began_at + o->warmup;
	b->ends_at = b->counts_from + o->duration;
	b->next_at = b->began_at + bench_schedule_next(&b->schedule);
	b->phase = BENCH_LOADS;
}

static void begin_cleaning(struct bench *b)
{
	const struct snowmelt_options *o = &b->run->settings.o;

	b->phase = o->keep ? BENCH_OVER : BENCH_CLEANS;
	if (!o->keep && b->chore_count > 0)
		log_info("deleting what was created");
}

static void cut_all(struct bench *b)
{
	for (uint32_t i = 0; i < b->run->settings.o.concurrency; i++)
		if (b->exchanges[i].transfer)
			net_cut(b->exchanges[i].transfer);
	tokens_cut(b->run);
}

static const char *words_of_stop(const struct bench *b)
{
	if (b->phase == BENCH_WAITS)
		return "stopping: nothing was sent";
	if (b->run->settings.o.keep)
		return "stopping: waiting for what is in flight; once more cuts it";
	if (b->phase == BENCH_CLEANS)
		return "still deleting what was created; once more cuts that";
	return "stopping: what is in flight finishes, and what was created is deleted; once more "
	       "cuts that";
}

static void stop_once(struct bench *b)
{
	log_warn("%s", words_of_stop(b));
	if (b->phase == BENCH_WAITS) {
		tokens_cut(b->run);
		b->phase = BENCH_OVER;
	} else if (b->phase == BENCH_LOADS) {
		b->stopped_at = clock_monotonic();
		b->phase = BENCH_DRAINS;
	}
}

static void stop_for_good(struct bench *b)
{
	log_warn("cutting what is in flight: what is not deleted is left");
	cut_all(b);
	b->gave_up = true;
}

static void note_stops(struct bench *b)
{
	struct snowmelt *s = b->run;
	int asked = atomic_load(&s->stops_asked);

	for (; s->stops_told < asked && s->stops_told < 2; s->stops_told++) {
		if (s->stops_told == 0)
			stop_once(b);
		else
			stop_for_good(b);
	}
}

/* ---------------------------------------------------------------------- token */

void bench_token_told(struct snowmelt *s, const struct engine_event *ev)
{
	const struct flow_grant_verdict *v = &s->tokens.verdict;
	struct bench *b = s->bench;
	char shown[600];

	if (s->over)
		return;
	if (ev->kind == EVENT_TOKEN_FRESH) {
		bench_drop_headers(b);
		b->renew_at = nsec_add(clock_monotonic(), ev->token.life / 4 * 3);
		if (b->phase == BENCH_WAITS)
			begin_load(b);
		return;
	}
	b->renew_at = clock_monotonic() + SEC;
	if (b->phase != BENCH_WAITS)
		return; /* the old one may do; the answers tell if it does not */
	error_set(&s->error, -EPERM, "no access token from %s (%s): %s", s->settings.o.token_url,
		str_shown(shown, sizeof(shown), v->message[0] ? v->message : v->code),
		v->advice && *v->advice ? v->advice : "try again later");
	b->phase = BENCH_OVER;
}

static void renew_token(struct bench *b)
{
	struct snowmelt *s = b->run;

	if (b->renew_at > clock_monotonic() || s->tokens.transfer || b->gave_up)
		return;
	tokens_fetch(s);
}

/* ---------------------------------------------------------------------- turns */

/* @return when to be called again */
static nsec_t go_on(struct bench *b)
{
	nsec_t at = NSEC_NEVER;

	if (b->phase == BENCH_LOADS) {
		at = bench_load_turn(b);
		if (at == NSEC_NEVER)
			b->phase = BENCH_DRAINS;
	}
	if (b->phase == BENCH_DRAINS && b->in_flight == 0)
		begin_cleaning(b);
	if (b->phase == BENCH_CLEANS) {
		if (b->gave_up)
			bench_clean_give_up(b);
		at = bench_clean_turn(b);
		if (at == NSEC_NONE)
			b->phase = BENCH_OVER;
	}
	return at;
}

static void on_turn(uv_prepare_t *p)
{
	struct snowmelt *s = p->data;
	struct bench *b = s->bench;
	nsec_t at;

	s->turn_known = false;
	note_stops(b);
	renew_token(b);
	at = go_on(b);
	if (b->phase == BENCH_OVER)
		uv_stop(&s->loop);
	else
		alarm_set(&s->alarm, turn_now(s),
			s->tokens.transfer || b->gave_up ? at : MIN(at, b->renew_at));
	s->turn_known = false;
}

static double expected(const struct snowmelt_options *o)
{
	return ((double)o->warmup + (double)o->duration) / (double)SEC * o->rate_per_s;
}

static void on_progress(uv_timer_t *t)
{
	struct snowmelt *s = t->data;
	struct bench *b = s->bench;
	struct snowmelt_progress p = {
		.rows = b->number,
		.rows_total = MAX((uint64_t)expected(&s->settings.o), b->number),
		.not_fine = b->stats.arrivals - b->stats.created - b->in_flight,
		.requests = b->number,
		.in_flight = b->in_flight,
		.window = s->settings.o.concurrency,
		.elapsed = clock_monotonic() - s->started_at,
	};

	if (b->stats.arrivals < b->stats.created + b->in_flight)
		p.not_fine = 0;
	s->cb.progress(s->cb.arg, &p);
}

/* -------------------------------------------------------------- life and death */

static void random_hex(char *dst, size_t bytes)
{
	uint8_t raw[16];

	assert(bytes <= sizeof(raw));
	randombytes_buf(raw, bytes);
	sodium_bin2hex(dst, 2 * bytes + 1, raw, bytes);
}

static int open_exchanges(struct bench *b)
{
	uint32_t count = b->run->settings.o.concurrency;

	b->exchanges = calloc(count, sizeof(*b->exchanges));
	if (!b->exchanges)
		return -ENOMEM;
	for (uint32_t i = count; i-- > 0;) {
		struct bench_exchange *x = &b->exchanges[i];

		x->bench = b;
		buf_init(&x->url, URL_MAX);
		buf_init_secret(&x->body, BODY_MAX);
		x->next_free = b->free;
		b->free = x;
	}
	return 0;
}

static int open_bench(struct bench *b)
{
	struct snowmelt *s = b->run;
	const char *plot = s->settings.o.plot;
	int r;

	b->plot_fd = -1;
	b->renew_at = s->settings.client_secret ? 0 : NSEC_NEVER;
	random_hex(b->run_id, (sizeof(b->run_id) - 1) / 2);
	random_hex(b->password, (sizeof(b->password) - 1) / 2);
	buf_init(&b->create_url, URL_MAX);
	if (plot) {
		b->plot_fd = file_create_afresh(plot, &s->error);
		if (b->plot_fd < 0)
			return b->plot_fd;
	}
	r = uv_loop_init(&s->loop);
	if (r < 0)
		return error_set(&s->error, r, "cannot open an event loop: %s", uv_strerror(r));
	s->loop_open = true;
	r = flow_create_url(&b->create_url, s->settings.o.url);
	if (r == 0)
		r = open_exchanges(b);
	if (r < 0)
		return error_set(&s->error, r, "out of memory: lower --concurrency");
	r = loop_open_net(s);
	if (r == 0)
		r = loop_open_handles(s, on_turn, on_progress);
	return r;
}

static void close_bench(struct bench *b)
{
	struct snowmelt *s = b->run;

	bench_drop_headers(b);
	loop_close(s);
	for (uint32_t i = 0; b->exchanges && i < s->settings.o.concurrency; i++) {
		buf_done(&b->exchanges[i].url);
		buf_done(&b->exchanges[i].body);
	}
	if (b->plot_fd >= 0)
		close(b->plot_fd);
	buf_done(&b->create_url);
	free(b->exchanges);
	free(b->chores);
	free(b->left);
}

static bool announce(struct bench *b)
{
	struct snowmelt *s = b->run;
	const char *sandbox = s->settings.o.sandbox;
	char names[BENCH_NAME_MAX];
	struct snowmelt_plan plan = {
		.command = SNOWMELT_COMMAND_BENCH,
		.url = s->settings.o.url,
		.org = s->settings.o.org,
		.sandboxes = &sandbox,
		.sandbox_count = 1,
		.targets = (uint64_t)expected(&s->settings.o),
		.names = names,
	};

	bench_name(b, 0, names);
	names[strlen(names) - 2] = '\0'; /* without the number */
	return !s->cb.confirm || s->cb.confirm(s->cb.arg, &plan);
}

static enum snowmelt_exit drive(struct bench *b)
{
	struct snowmelt *s = b->run;

	if (open_bench(b) < 0) {
		run_message(s, s->error.text);
		return SNOWMELT_FATAL;
	}
	if (!announce(b))
		return SNOWMELT_INTERRUPTED;
	if (b->renew_at == NSEC_NEVER)
		begin_load(b);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	s->over = true;
	if (s->error.code < 0) {
		run_message(s, s->error.text);
		return SNOWMELT_FATAL;
	}
	return bench_report(b);
}

enum snowmelt_exit bench_drive(struct snowmelt *s)
{
	enum snowmelt_exit status = SNOWMELT_FATAL;

	s->bench = calloc(1, sizeof(*s->bench));
	if (!s->bench) {
		run_message(s, "out of memory: free some and try again");
		return status;
	}
	s->bench->run = s;
	status = drive(s->bench);
	close_bench(s->bench);
	free(s->bench);
	s->bench = NULL;
	return status;
}
