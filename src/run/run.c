/* run.c - the public API: a run is created, runs to its end, is destroyed. */
#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/str.h"
#include "run/loop.h"
#include "run/paths.h"
#include "run/proxy.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Files of a run beside its connections: input, results, ledger, the loop's own. */
#define FILES_BESIDE 40

const char *snowmelt_version(void)
{
	return SNOWMELT_VERSION;
}

void snowmelt_options_init(struct snowmelt_options *o)
{
	const struct engine_config e = ENGINE_CONFIG_DEFAULT;

	*o = (struct snowmelt_options){
		.url = FLOW_DEFAULT_URL,
		.token_url = FLOW_DEFAULT_TOKEN_URL,
		.sandbox = FLOW_DEFAULT_SANDBOX,
		.concurrency = e.concurrency,
		.attempts = e.attempts,
		.settle = e.settle,
		.settle_timeout = e.settle_timeout,
		.max_retry_after = e.max_retry_after,
		.give_up_after = -1,
		.connect_timeout = 10 * SEC,
		.timeout = 60 * SEC,
		.duration = 10 * SEC,
		.warmup = 2 * SEC,
	};
}

void run_message(const struct snowmelt *s, const char *text)
{
	if (s->cb.message && text[0])
		s->cb.message(s->cb.arg, text);
}

/* Only a run makes what a second one would make again. */
bool run_may_be_repeated(const struct snowmelt *s)
{
	return s->durable || s->settings.o.command != SNOWMELT_COMMAND_RUN;
}

/* ----------------------------------------------------------------- creation */

static int open_input(struct snowmelt *s, const struct snowmelt_options *o)
{
	struct input_options in = {
		.kind = s->purpose->reads,
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
	r = secret_region_create(SECRET_REGION_SIZE + CREDENTIALS_SIZE, &s->secrets, &locked);
	if (r < 0)
		return error_set(&s->error, r, "no memory for secrets: free some and try again");
	if (!locked)
		log_warn("the kernel refused to lock memory: secrets may reach swap; raise ulimit "
			 "-l");
	r = run_settings_take(&s->settings, o, s->secrets, &s->error);
	if (r == 0)
		r = tokens_init(s);
	if (r == 0 && (s->purpose->open_ledger || s->purpose->drive))
		r = make_room_for_files(&s->settings.o, &s->error);
	if (r == 0 && proxy_hide_login(o->proxy) < 0)
		r = error_set(&s->error, -ENOMEM, "no memory for secrets");
	if (r == 0)
		r = net_setup(&s->error);
	if (r == 0 && !s->purpose->drive)
		r = open_input(s, o);
	return r;
}

static bool is_pipe(const char *path)
{
	struct stat st;

	return strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* Before it is opened, which waits for what comes through it. */
static bool takes_input(struct snowmelt *s, const struct snowmelt_options *o)
{
	if (o->command == SNOWMELT_COMMAND_BENCH)
		return bench_is_allowed(o, &s->error);
	if (str_empty(o->input) || !is_pipe(o->input))
		return true;
	if (o->command == SNOWMELT_COMMAND_ROLLBACK)
		error_set(&s->error, -EINVAL,
			"rollback reads its results more than once before it deletes anything: "
			"give them as a file, not by a pipe");
	else if (o->command == SNOWMELT_COMMAND_CHECK && o->probe)
		error_set(&s->error, -EINVAL,
			"--probe reads the input twice, which a pipe cannot: give it as a file, or "
			"leave --probe out");
	else if (o->command == SNOWMELT_COMMAND_PLAN)
		error_set(&s->error, -EINVAL,
			"plan reads its input twice, which a pipe cannot: give it as a file");
	return s->error.code == 0;
}

/* What is no regular file has nothing beside it. */
static bool has_names(struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;
	bool keeps_ledger = o->command == SNOWMELT_COMMAND_RUN;

	if (input_is_regular(s->input))
		return true;
	if (s->purpose->results && !o->results)
		error_set(&s->error, -EINVAL,
			"the input is no regular file, so the results have no name: give --results "
			"FILE");
	else if (keeps_ledger && !o->ledger)
		error_set(&s->error, -EINVAL,
			"the input is no regular file, so the ledger has no name: give --ledger "
			"FILE");
	return s->error.code == 0;
}

static bool take_paths(struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;

	if (s->purpose->results)
		s->results_path = run_results_path(o, s->purpose->results);
	s->ledger_path = o->command == SNOWMELT_COMMAND_ROLLBACK
				 ? run_ledger_of_results(o->input, o->ledger)
				 : run_ledger_path(o->input, o->ledger);
	return s->ledger_path && (s->results_path || !s->purpose->results);
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
	s->purpose = purpose_of(o);
	if (!takes_input(s, o)) {
		status = SNOWMELT_USAGE;
	} else if (create_parts(s, o) == 0) {
		status = s->purpose->drive || has_names(s) ? SNOWMELT_OK : SNOWMELT_USAGE;
		if (!s->purpose->drive && !take_paths(s) && status == SNOWMELT_OK)
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
	check_done(s);
	ledger_reader_close(s->reader);
	plan_done(s);
	free(s->results_path);
	free(s->ledger_path);
	tokens_done(s);
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
		uv_async_send(&s->wake_async);
}

/* -------------------------------------------------------------------- the run */

static int run_rows(struct snowmelt *s)
{
	enum snowmelt_exit status = SNOWMELT_FATAL;
	int r = loop_open(s);

	if (r == 0) {
		loop_run(s);
		status = end_run(s);
	}
	/* Its thread calls into the loop. */
	ledger_destroy(s->ledger);
	s->ledger = NULL;
	loop_close(s);
	if (r < 0) {
		run_message(s, s->error.text);
		return SNOWMELT_FATAL;
	}
	return (int)status;
}

int snowmelt_run(struct snowmelt *s)
{
	struct error error;
	int status;

	s->started_at = clock_monotonic();
	if (s->purpose->drive)
		return (int)s->purpose->drive(s);
	status = open_files(s);
	if (status == SNOWMELT_OK && s->ledger)
		status = run_rows(s);
	else if (status == SNOWMELT_OK) /* nobody has to be asked */
		status = (int)s->purpose->report(s);
	else if (s->ledger)
		(void)ledger_end_run(s->ledger, false, "not begun", &error);

	results_close(s->results);
	s->results = NULL;
	ledger_destroy(s->ledger);
	s->ledger = NULL;
	return status;
}
