/* open.c - before the first request: ledger and results are opened, and what is about
 * to be done is said.
 *
 * Whatever may be refused is refused here, in an order in which nothing is lost: the
 * ledger first, since a fresh .part would take the place of one that an earlier run
 * has left.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run/paths.h"
#include "run/shell.h"
#include "sys/log.h"

/* ------------------------------------------------------- one file, two names */

/* The folder of a path, as its device and number, and the name in it. */
static const char *place_of(const char *path, struct stat *ret_folder)
{
	const char *slash = strrchr(path, '/');
	AUTO(buf_done) struct buf folder = {0};
	int r;

	buf_init(&folder, 1 << 16);
	r = slash ? buf_append(&folder, path, (size_t)(slash - path) + 1)
		  : buf_append_str(&folder, ".");
	if (r < 0 || stat(folder.data, ret_folder) < 0)
		return NULL;
	return slash ? slash + 1 : path;
}

/* Also where none of them is there yet. */
static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	const char *in_a, *in_b;

	if (stat(a, &x) == 0 && stat(b, &y) == 0)
		return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	in_a = place_of(a, &x);
	in_b = place_of(b, &y);
	return in_a && in_b && strcmp(in_a, in_b) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Is one of the files that stand beside `a` the file `b`, or one of those beside it? */
static bool meet(
	const char *a, const char *const *behind_a, const char *b, const char *const *behind_b)
{
	AUTO(buf_done) struct buf x = {0}, y = {0};

	buf_init(&x, 1 << 16);
	buf_init(&y, 1 << 16);
	for (; *behind_a; behind_a++) {
		buf_reset(&x);
		if (buf_append_str(&x, a) < 0 || buf_append_str(&x, *behind_a) < 0)
			return true; /* no such path can be opened either */
		for (const char *const *end = behind_b; *end; end++) {
			buf_reset(&y);
			if (buf_append_str(&y, b) < 0 || buf_append_str(&y, *end) < 0)
				return true;
			if (same_file(x.data, y.data))
				return true;
		}
	}
	return false;
}

int open_check_paths(struct snowmelt *s)
{
	static const char *const of_ledger[] = {"", ".key", "-wal", "-shm", NULL};
	static const char *const of_results[] = {"", ".part", ".part.index", ".new", NULL};
	char shown[300];

	if (!meet(s->ledger_path, of_ledger, s->results_path, of_results))
		return 0;
	return error_set(&s->error, -EINVAL,
		"the ledger '%s' would be one of the results' files: give it another name",
		str_shown(shown, sizeof(shown), s->ledger_path));
}

/* ----------------------------------------------------------------- the ledger */

/* For whoever reads the ledger later. Nothing secret: no token, key or proxy. */
static int append_settings(struct buf *b, const struct snowmelt_options *o)
{
	return buf_printf(b,
		"sandbox=%s concurrency=%" PRIu32 " rate=%g/s burst=%" PRIu32 " attempts=%" PRIu32
		" settle=%" PRId64 "ms settle-timeout=%" PRId64 "ms%s%s%s",
		o->sandbox, o->concurrency, o->rate_per_s, o->burst, o->attempts, o->settle / MS,
		o->settle_timeout / MS, o->no_inventory ? " no-inventory" : "",
		o->tag ? " tag" : "", o->resend_unresolved ? " resend-unresolved" : "");
}

/* From the ledger's own thread. */
void open_wake(void *arg)
{
	struct snowmelt *s = arg;

	if (atomic_load(&s->async_ready))
		uv_async_send(&s->wake_async);
}

int open_ledger_options(struct snowmelt *s, struct buf *service, struct buf *settings,
	struct ledger_sqlite_options *ret)
{
	buf_init(service, URL_MAX);
	buf_init(settings, URL_MAX);
	if (flow_service_append(service, s->settings.o.url) < 0 ||
		append_settings(settings, &s->settings.o) < 0)
		return error_set(&s->error, -ENOMEM, "out of memory: free some and try again");
	*ret = (struct ledger_sqlite_options){
		.path = s->ledger_path,
		.service = service->data,
		.org = s->settings.o.org,
		.settings = settings->data,
		.inputs = input_stat(s->input),
		.input_count = 1,
		.wake = open_wake,
		.wake_arg = s,
	};
	return 0;
}

static int open_durable(struct snowmelt *s)
{
	AUTO(buf_done) struct buf service = {0}, settings = {0};
	struct ledger_sqlite_options o;
	int r = open_ledger_options(s, &service, &settings, &o);

	return r < 0 ? r : ledger_sqlite_open(&o, &s->ledger, &s->error);
}

int open_ledger_file(struct snowmelt *s)
{
	int r;

	if (strcmp(s->ledger_path, RUN_LEDGER_MEMORY) == 0)
		return ledger_memory_create(open_wake, s, &s->ledger, &s->error);
	r = open_check_paths(s);
	return r < 0 ? r : open_durable(s);
}

#define TABLES "tables"

/* One of that name that was carried so far gives way, as where a results column has it. */
static void add_tables(struct line_style *style, const char *names[ROW_CARRIED_MAX])
{
	for (size_t i = 0; i < style->carried_count; i++) {
		const char *name = style->carried_names[i];

		names[i] = str_iequal(name, TABLES) ? "input." TABLES : name;
	}
	style->carried_names = names;
	style->number_name = TABLES;
}

static int open_results(struct snowmelt *s)
{
	const struct stat *in = input_stat(s->input);
	const char *names[ROW_CARRIED_MAX];
	struct line_style style = {
		.format = s->settings.format,
		.excel_safe = s->settings.o.excel_safe,
	};

	style.carried_count = input_carried(s->input, &style.carried_names);
	if (s->settings.o.explore)
		add_tables(&style, names);
	return results_open(s->results_path, &style, in, 1, &s->results, &s->error);
}

/* -------------------------------------------------------------------- the word */

/* Tell the caller what is about to be done, who says it to people and may ask them. */
static bool announce(struct snowmelt *s)
{
	const char *sandboxes[INPUT_SCOPES_MAX];
	struct snowmelt_plan plan = {
		.url = s->settings.o.url,
		.org = s->settings.o.org,
		.results = s->results_path,
		.ledger = s->ledger_path,
		.sandboxes = sandboxes,
		.command = s->settings.o.command,
		.targets = s->targets,
		.left_alone = s->left_alone,
		.counted = input_is_regular(s->input),
		.rows = s->survey.rows,
		.invalid = s->survey.invalid,
	};

	for (uint32_t i = 0; i < input_sandbox_count(s->input); i++)
		sandboxes[plan.sandbox_count++] = input_sandbox(s->input, i);
	if (!s->durable && s->settings.o.command == SNOWMELT_COMMAND_RUN)
		log_warn("nothing of this run is remembered (--ledger %s): a second run creates "
			 "again what this one has created",
			s->ledger_path);
	return !s->cb.confirm || s->cb.confirm(s->cb.arg, &plan);
}

int open_files(struct snowmelt *s)
{
	int r = 0;

	if (input_is_regular(s->input))
		r = input_survey(s->input, &s->survey, &s->error);
	if (r == 0 && s->purpose->open_ledger)
		r = s->purpose->open_ledger(s);
	if (r == 0 && s->purpose->results)
		r = open_results(s);
	if (r < 0) {
		run_message(s, s->error.text);
		return r == -EBUSY ? SNOWMELT_LOCKED : SNOWMELT_FATAL;
	}
	s->durable = s->ledger && ledger_durable(s->ledger);
	return announce(s) ? SNOWMELT_OK : SNOWMELT_INTERRUPTED;
}
