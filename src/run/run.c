/* run.c - the public API: a run is created, runs to its end, is destroyed. */
#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "base/str.h"
#include "run/loop.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Files of a run beside its connections: input, results, the loop's own. */
#define FILES_BESIDE 32

const char *snowmelt_version(void)
{
	return SNOWMELT_VERSION;
}

void snowmelt_options_init(struct snowmelt_options *o)
{
	const struct engine_config e = ENGINE_CONFIG_DEFAULT;

	*o = (struct snowmelt_options){
		.url = FLOW_DEFAULT_URL,
		.sandbox = FLOW_DEFAULT_SANDBOX,
		.concurrency = e.concurrency,
		.attempts = e.attempts,
		.settle = e.settle,
		.settle_timeout = e.settle_timeout,
		.max_retry_after = e.max_retry_after,
		.give_up_after = -1,
		.connect_timeout = 10 * SEC,
		.timeout = 60 * SEC,
	};
}

void run_message(const struct snowmelt *s, const char *text)
{
	if (s->cb.message && text[0])
		s->cb.message(s->cb.arg, text);
}

/* ----------------------------------------------------------------- creation */

static int open_input(struct snowmelt *s, const struct snowmelt_options *o)
{
	struct input_options in = {
		.path = o->input,
		.map = o->map,
		.map_count = o->map_count,
		.carry = o->carry,
		.carry_count = o->carry_count,
		.secrets_dir = o->secrets_dir,
		.default_sandbox = o->sandbox,
		.delimiter = o->delimiter,
		.allow_http_endpoints = o->allow_http_endpoints,
	};

	return input_open(&in, &s->input, &s->error);
}

/* Each request in flight may have its connection, and while a name is looked up a
 * pair of files more. Without them requests fail one by one, and in the end the
 * results cannot be written. */
static int make_room_for_files(const struct snowmelt_options *o, struct error *reterr)
{
	rlim_t least = o->concurrency + FILES_BESIDE;
	rlim_t wanted = 3 * (rlim_t)o->concurrency + FILES_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= least)
		return 0;
	return error_set(reterr, -EMFILE,
		"--concurrency %u needs %llu open files and this process may have %llu: lower it, "
		"or raise the limit (ulimit -n)",
		o->concurrency, (unsigned long long)least, (unsigned long long)limit.rlim_cur);
}

static int create_parts(struct snowmelt *s, const struct snowmelt_options *o)
{
	bool locked;
	int r;

	json_setup();
	r = secret_region_create(SECRET_REGION_SIZE, &s->secrets, &locked);
	if (r < 0)
		return error_set(&s->error, r, "no memory for secrets: free some and try again");
	if (!locked)
		log_warn("the kernel refused to lock memory: secrets may reach swap; raise ulimit "
			 "-l");
	r = run_settings_take(&s->settings, o, s->secrets, &s->error);
	if (r == 0)
		r = make_room_for_files(&s->settings.o, &s->error);
	if (r == 0)
		r = net_setup(&s->error);
	if (r == 0)
		r = open_input(s, o);
	return r;
}

int snowmelt_create(const struct snowmelt_options *o, const struct snowmelt_callbacks *cb,
	struct snowmelt **ret, char *ret_error, size_t ret_error_len)
{
	struct snowmelt *s = calloc(1, sizeof(*s));
	int status = SNOWMELT_FATAL;

	str_copy(ret_error, ret_error_len, "out of memory");
	if (!s)
		return SNOWMELT_FATAL;
	s->cb = *cb;
	if (create_parts(s, o) == 0) {
		status = SNOWMELT_OK;
		if (!input_is_regular(s->input) && !s->settings.o.results) {
			status = SNOWMELT_USAGE;
			error_set(&s->error, -EINVAL,
				"the input is no regular file, so the results have no name: give "
				"--results FILE");
		}
		s->results_path = run_settings_results_path(&s->settings);
		if (!s->results_path && status == SNOWMELT_OK)
			status = SNOWMELT_FATAL; /* out of memory, as the sentence says already */
	}
	if (s->error.text[0])
		str_copy(ret_error, ret_error_len, s->error.text);
	if (status != SNOWMELT_OK) {
		snowmelt_destroy(s);
		return status;
	}
	*ret = s;
	return SNOWMELT_OK;
}

void snowmelt_destroy(struct snowmelt *s)
{
	if (!s)
		return;
	free(s->results_path);
	run_settings_done(&s->settings, s->secrets);
	input_close(s->input);
	secret_region_destroy(s->secrets);
	net_teardown();
	free(s);
}

void snowmelt_stop(struct snowmelt *s)
{
	atomic_fetch_add(&s->stops_asked, 1);
	if (atomic_load(&s->async_ready))
		uv_async_send(&s->stop_async);
}

/* ------------------------------------------------------- before the first request */

static int open_results(struct snowmelt *s)
{
	const struct stat *in = input_stat(s->input);
	struct line_style style = {
		.format = s->settings.format,
		.excel_safe = s->settings.o.excel_safe,
	};

	style.carried_count = input_carried(s->input, &style.carried_names);
	return results_open(s->results_path, &style, in, 1, &s->results, &s->error);
}

/* Tell the caller what is about to be done, who says it to people and may ask them. */
static bool announce(struct snowmelt *s)
{
	const char *sandboxes[INPUT_SCOPES_MAX];
	struct snowmelt_plan plan = {
		.url = s->settings.o.url,
		.org = s->settings.o.org,
		.results = s->results_path,
		.sandboxes = sandboxes,
		.counted = input_is_regular(s->input),
		.rows = s->survey.rows,
		.invalid = s->survey.invalid,
	};

	for (uint32_t i = 0; i < input_sandbox_count(s->input); i++)
		sandboxes[plan.sandbox_count++] = input_sandbox(s->input, i);
	if (!ledger_durable(s->ledger))
		log_warn("this version keeps no ledger: a second run creates again what this one "
			 "has created");
	return !s->cb.confirm || s->cb.confirm(s->cb.arg, &plan);
}

/* -------------------------------------------------------------------- the end */

static bool every_row_has_a_line(const struct snowmelt *s)
{
	enum engine_end end = s->end.done.end;

	if (s->output_failed || end == END_ABORTED || end == END_LEDGER)
		return false;
	return input_is_regular(s->input) || end == END_COMPLETE;
}

static void put_results(struct snowmelt *s)
{
	if (every_row_has_a_line(s)) {
		if (results_finish(s->results, &s->error) < 0)
			s->output_failed = true;
		return;
	}
	if (!s->output_failed)
		log_warn("%s is as it was; the finished lines are in %s.part", s->results_path,
			s->results_path);
}

static enum snowmelt_exit exit_of(const struct snowmelt *s)
{
	if (s->output_failed || s->input_bad)
		return SNOWMELT_FATAL;
	switch (s->end.done.end) {
	case END_COMPLETE: return summary_all_fine(&s->summary) ? SNOWMELT_OK : SNOWMELT_ROWS;
	case END_STOPPED:
	case END_ABORTED: return SNOWMELT_INTERRUPTED;
	case END_HALT_RULE:
	case END_BREAKER:
	case END_RETRY_AFTER: return SNOWMELT_HALTED;
	case END_FATAL:
	case END_TOKEN:
	case END_SANDBOXES:
	case END_LEDGER:
	case END_INPUT:
	default: return SNOWMELT_FATAL;
	}
}

static void say_end(struct snowmelt *s, nsec_t elapsed)
{
	AUTO(buf_done) struct buf text = {0};
	char why[1200];

	buf_init(&text, 65536);
	s->summary.remembered = ledger_durable(s->ledger);
	summary_print(&s->summary, every_row_has_a_line(s) ? s->results_path : NULL, elapsed,
		engine_stats(s->engine).requests, &text);
	if (s->cb.summary && text.len)
		s->cb.summary(s->cb.arg, text.data);
	if (s->output_failed || (s->input_bad && s->end.done.end == END_COMPLETE))
		run_message(s, s->error.text);
	words_end(s, why, sizeof(why));
	if (!s->output_failed || s->end.done.end != END_STOPPED)
		run_message(s, why);
}

static int run_rows(struct snowmelt *s)
{
	int r = loop_open(s);

	if (r == 0)
		loop_run(s);
	if (r == 0)
		put_results(s);
	if (r == 0)
		say_end(s, clock_monotonic() - s->started_at);
	loop_close(s);
	if (r < 0) {
		run_message(s, s->error.text);
		return SNOWMELT_FATAL;
	}
	return exit_of(s);
}

int snowmelt_run(struct snowmelt *s)
{
	int status = SNOWMELT_FATAL;
	int r = 0;

	s->started_at = clock_monotonic();
	if (input_is_regular(s->input))
		r = input_survey(s->input, &s->survey, &s->error);
	if (r == 0)
		r = open_results(s);
	if (r == 0)
		r = ledger_memory_create(NULL, NULL, &s->ledger, &s->error);

	if (r == -EBUSY)
		status = SNOWMELT_LOCKED;
	if (r < 0)
		run_message(s, s->error.text);
	else if (announce(s))
		status = run_rows(s);
	else
		status = SNOWMELT_INTERRUPTED;

	results_close(s->results);
	s->results = NULL;
	ledger_destroy(s->ledger);
	s->ledger = NULL;
	return status;
}
