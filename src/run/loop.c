/* loop.c - the loop and what lives on it. */
#include "run/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "sys/clock.h"

#define PROGRESS_MS 500

/* ------------------------------------------------------------------ callbacks */

static void on_prepare(uv_prepare_t *p)
{
	turn_run(p->data);
}

static void on_async(uv_async_t *a)
{
	/* Waking is all: the prepare phase looks what there is. */
}

static void on_progress(uv_timer_t *t)
{
	struct snowmelt *s = t->data;
	struct engine_stats st = engine_stats(s->engine);
	nsec_t now = turn_now(s);
	struct snowmelt_progress p = {
		.rows = s->summary.rows,
		.rows_total = s->survey.rows,
		.requests = st.requests,
		.in_flight = st.in_flight,
		.window = st.window,
		.elapsed = now - s->started_at,
		.paused_for = st.paused_until > now ? st.paused_until - now : 0,
		.breaker_open = st.breaker_open,
	};

	for (int i = 0; i < STATUS_COUNT; i++)
		if (!summary_is_fine(&s->summary, (enum status)i))
			p.not_fine += s->summary.by_status[i];
	s->cb.progress(s->cb.arg, &p);
}

/* -------------------------------------------------------------------- opening */

/* What one request costs, rounded up: a rate is never exceeded. */
static nsec_t rate_interval(double rate_per_s)
{
	nsec_t interval;

	if (rate_per_s <= 0)
		return 0;
	interval = (nsec_t)((double)SEC / rate_per_s);
	return (double)interval * rate_per_s < (double)SEC ? interval + 1 : interval;
}

static struct engine_config engine_config(const struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct engine_config c = ENGINE_CONFIG_DEFAULT;

	c.concurrency = o->concurrency;
	c.rate_interval = rate_interval(o->rate_per_s);
	c.burst = o->burst;
	c.attempts = o->attempts;
	c.settle = o->settle;
	c.settle_timeout = o->settle_timeout;
	c.max_retry_after = o->max_retry_after;
	c.give_up_after = o->give_up_after < 0 ? NSEC_NONE : o->give_up_after;
	if (!s->purpose->independent) {
		c.halt_mode = o->halt == SNOWMELT_HALT_NOW    ? HALT_NOW
			      : o->halt == SNOWMELT_HALT_SOON ? HALT_SOON
							      : HALT_NEVER;
		c.halt_fails = o->halt_fails;
		c.halt_percent = o->halt_percent;
	}
	/* A ledger that survives nothing keeps no inventory either, but for one that has no
	 * other purpose. */
	c.no_inventory = !s->purpose->lists && (o->no_inventory || !s->durable);
	c.input_only = s->purpose->input_only;
	c.independent = s->purpose->independent;
	c.seed = o->seed;
	if (!o->has_seed)
		randombytes_buf(&c.seed, sizeof(c.seed));
	return c;
}

static bool is_http(const char *url)
{
	return strncasecmp(url, "http:", 5) == 0;
}

/* Of the Flow Service only on this machine, as was checked; rows were asked about. */
static bool allows_http(const struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;

	if (s->purpose->independent)
		return o->allow_http_endpoints;
	return is_http(o->url) || is_http(o->token_url);
}

int loop_open_net(struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct net_options n = {
		.window = o->concurrency + 1, /* a fetch of a token beside them */
		.connect_timeout = o->connect_timeout,
		.timeout = o->timeout,
		.ca_file = o->cacert,
		.client_cert = o->client_cert,
		.client_key = o->client_key,
		.proxy = o->proxy,
		.allow_http = allows_http(s),
	};

	return net_open(&s->loop, &n, &s->net, &s->error);
}

static int open_slots(struct snowmelt *s)
{
	const struct engine_config c = engine_config(s);

	s->engine = engine_create(&c);
	if (!s->engine)
		return -ENOMEM;
	s->slot_count = engine_job_limit(s->engine);
	s->slots = calloc(s->slot_count, sizeof(*s->slots));
	s->reads = calloc(s->slot_count, sizeof(*s->reads));
	s->relooks = calloc(s->slot_count, sizeof(*s->relooks));
	s->exchanges = calloc(c.concurrency, sizeof(*s->exchanges));
	s->sandboxes = calloc(INPUT_SCOPES_MAX, sizeof(*s->sandboxes));
	if (!s->slots || !s->reads || !s->relooks || !s->exchanges || !s->sandboxes)
		return -ENOMEM;

	for (uint32_t i = 0; i < s->slot_count; i++) {
		row_init(&s->slots[i].row, s->secrets);
		buf_init(&s->slots[i].past.text, PAST_MAX);
	}
	for (uint32_t i = 0; i < c.concurrency; i++) {
		struct exchange *x = &s->exchanges[i];

		x->run = s;
		buf_init(&x->url, URL_MAX);
		buf_init_secret(&x->body, BODY_MAX);
		buf_init(&x->description, BODY_MAX);
		x->next_free = s->free_exchange;
		s->free_exchange = x;
	}
	buf_init(&s->create_url, URL_MAX);
	return s->purpose->independent ? 0 : flow_create_url(&s->create_url, s->settings.o.url);
}

/* libuv makes what it polls non-blocking, for everybody who has it open: a terminal
 * is our standard output as well, and a pipe may be read on after us. We poll
 * before each read and need none of that. */
static int open_input_poll(struct snowmelt *s)
{
	int fd = input_fd(s->input);
	int flags = fcntl(fd, F_GETFL);
	int r = uv_poll_init(&s->loop, &s->input_poll, fd);

	if (r == -EPERM) /* a file or the like, which never has to be waited for */
		return 0;
	if (r < 0)
		return error_set(&s->error, r, "cannot watch the input: %s: give it as a file",
			uv_strerror(r));
	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags);
	s->input_poll.data = s;
	s->has_input_poll = true;
	return 0;
}

int loop_open_handles(struct snowmelt *s, uv_prepare_cb each_turn, uv_timer_cb progress)
{
	int r = uv_prepare_init(&s->loop, &s->prepare);

	r = r ? r : uv_idle_init(&s->loop, &s->idle);
	r = r ? r : uv_timer_init(&s->loop, &s->progress_timer);
	r = r ? r : uv_async_init(&s->loop, &s->wake_async, on_async);
	if (r < 0)
		return error_set(
			&s->error, r, "cannot open the loop's handles: %s", uv_strerror(r));
	s->handles_open = true;
	r = alarm_open(&s->alarm, &s->loop, &s->error);
	if (r < 0)
		return r;
	s->prepare.data = s->progress_timer.data = s;
	uv_prepare_start(&s->prepare, each_turn);
	if (s->cb.progress)
		uv_timer_start(&s->progress_timer, progress, PROGRESS_MS, PROGRESS_MS);
	atomic_store(&s->async_ready, true);
	return 0;
}

int loop_open(struct snowmelt *s)
{
	int r = uv_loop_init(&s->loop);

	if (r < 0)
		return error_set(&s->error, r, "cannot open an event loop: %s", uv_strerror(r));
	s->loop_open = true;
	r = open_slots(s);
	if (r < 0)
		return error_set(&s->error, r, "out of memory: lower --concurrency");
	r = loop_open_net(s);
	if (r < 0)
		return r;
	r = loop_open_handles(s, on_prepare, on_progress);
	return r < 0 || input_is_regular(s->input) ? r : open_input_poll(s);
}

void loop_run(struct snowmelt *s)
{
	tokens_begin(s);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	assert(s->over); /* the prepare handle keeps the loop alive until then */
}

/* -------------------------------------------------------------------- closing */

static void on_net_closed(void *arg)
{
	struct snowmelt *s = arg;

	s->net = NULL;
}

static void close_handles(struct snowmelt *s)
{
	uv_handle_t *handles[] = {
		(uv_handle_t *)&s->prepare,
		(uv_handle_t *)&s->idle,
		(uv_handle_t *)&s->progress_timer,
		(uv_handle_t *)&s->wake_async,
	};

	if (!s->handles_open)
		return;
	atomic_store(&s->async_ready, false);
	for (size_t i = 0; i < ARRAY_SIZE(handles); i++)
		uv_close(handles[i], NULL);
	alarm_close(&s->alarm);
	if (s->has_input_poll)
		uv_close((uv_handle_t *)&s->input_poll, NULL);
	s->handles_open = s->has_input_poll = false;
}

static void free_slots(struct snowmelt *s)
{
	for (uint32_t i = 0; s->slots && i < s->slot_count; i++) {
		row_done(&s->slots[i].row);
		buf_done(&s->slots[i].past.text);
		free(s->slots[i].look);
	}
	for (uint32_t i = 0; s->exchanges && i < s->settings.o.concurrency; i++) {
		buf_done(&s->exchanges[i].url);
		buf_done(&s->exchanges[i].body);
		buf_done(&s->exchanges[i].description);
	}
	if (s->sandboxes)
		send_headers_drop(s);
	free(s->slots);
	free(s->reads);
	free(s->relooks);
	free(s->exchanges);
	free(s->sandboxes);
	buf_done(&s->create_url);
	s->slots = NULL;
	s->reads = NULL;
	s->relooks = NULL;
	s->exchanges = NULL;
	s->sandboxes = NULL;
}

void loop_close(struct snowmelt *s)
{
	s->over = true; /* whatever still calls back tells the engine nothing */
	close_handles(s);
	if (s->net)
		net_close(s->net, on_net_closed, s);
	if (s->loop_open) {
		uv_run(&s->loop, UV_RUN_DEFAULT);
		uv_loop_close(&s->loop);
		s->loop_open = false;
	}
	free_slots(s);
	engine_destroy(s->engine);
	s->engine = NULL;
}
