/* drive.c - a command that is a run of the library: prepared, driven, ended. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/credentials.h"
#include "cli/drive.h"
#include "cli/fill.h"
#include "cli/stop_signal.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"
#include "sys/log.h"

#define SANDBOXES_SHOWN 20
#define PLAN_MAX (64 * 1024)

struct run {
	const struct drive *d;
	const struct settings *s;
	struct confirm terminal; /* open if --confirm */
	bool said_stopping;
};

static void append_sandboxes(const struct snowmelt_plan *p, struct buf *b)
{
	(void)buf_append_str(b, p->sandbox_count == 1 ? ", sandbox " : ", sandboxes ");
	for (size_t i = 0; i < MIN(p->sandbox_count, SANDBOXES_SHOWN); i++)
		(void)buf_printf(b, "%s%s", i > 0 ? ", " : "", p->sandboxes[i]);
	if (p->sandbox_count > SANDBOXES_SHOWN)
		(void)buf_printf(b, " and %zu more", p->sandbox_count - SANDBOXES_SHOWN);
}

static bool reads_instances(const struct snowmelt_plan *p)
{
	return p->command == SNOWMELT_COMMAND_RUN || p->command == SNOWMELT_COMMAND_PLAN;
}

static void append_rows(const struct snowmelt_plan *p, struct buf *b)
{
	if (p->command == SNOWMELT_COMMAND_BENCH) {
		(void)buf_printf(
			b, ": about %" PRIu64 " creates, names '%s …'", p->targets, p->names);
		return;
	}
	if (!p->counted) {
		(void)buf_append_str(b, ": rows as the pipe brings them");
		return;
	}
	(void)buf_printf(b, ": %" PRIu64 " %s, %" PRIu64, p->rows, p->rows == 1 ? "row" : "rows",
		reads_instances(p) ? p->invalid : p->targets);
	if (p->command == SNOWMELT_COMMAND_VERIFY)
		(void)buf_append_str(b, " of them to test");
	else if (p->command == SNOWMELT_COMMAND_ROLLBACK)
		(void)buf_printf(b, " of them to delete%s%s",
			*p->left_alone ? ", the others left: " : "", p->left_alone);
	else
		(void)buf_append_str(b, " of them invalid");
}

static void append_plan(const struct settings *s, const struct snowmelt_plan *p, struct buf *b)
{
	(void)buf_printf(b, "service %s, org %s", p->url, p->org);
	if (p->sandbox_count > 0)
		append_sandboxes(p, b);
	else if (p->command == SNOWMELT_COMMAND_RUN) /* of a pipe nothing is known yet */
		(void)buf_printf(
			b, ", sandbox %s where a row names none", settings_text(s, OPT_SANDBOX));
	append_rows(p, b);
	if (p->command == SNOWMELT_COMMAND_BENCH) /* which has no files */
		return;
	if (p->command != SNOWMELT_COMMAND_VERIFY) /* which remembers nothing */
		(void)buf_printf(b, "; ledger %s", p->ledger);
	if (p->command != SNOWMELT_COMMAND_PLAN) /* which tells by itself */
		(void)buf_printf(b, "; results in %s", p->results);
}

/* What is asked, and where; NULL: nothing is. */
static const struct confirm *question_of(
	const struct run *run, const struct snowmelt_plan *p, const char **ret)
{
	if (run->d->ask) {
		*ret = settings_on(run->s, OPT_FORCE)
			       ? ". Delete them, also what others have changed (--force)? [y/N] "
			       : ". Delete them? [y/N] ";
		return p->targets > 0 ? run->d->ask : NULL;
	}
	*ret = ". Go on? [y/N] ";
	return settings_on(run->s, OPT_CONFIRM) ? &run->terminal : NULL;
}

/* Says what is about to happen, and asks if it was told to. */
static bool on_plan(void *arg, const struct snowmelt_plan *p)
{
	struct run *run = arg;
	AUTO(buf_done) struct buf plan = {0}, question = {0};
	const struct confirm *terminal;
	const char *words;

	buf_init(&plan, PLAN_MAX);
	buf_init(&question, 4 * PLAN_MAX);
	append_plan(run->s, p, &plan);
	log_info("%s", plan.data ? plan.data : "");
	terminal = question_of(run, p, &words);
	if (!terminal)
		return true;

	/* The log may be off or elsewhere: the question stands for itself. */
	if (buf_append_str(&question, "snowmelt: ") < 0 ||
		str_show(&question, plan.data ? plan.data : "", SIZE_MAX) < 0 ||
		buf_append_str(&question, words) < 0)
		return false;
	terminal_clear();
	return confirm_ask(terminal, question.data);
}

static void on_progress(void *arg, const struct snowmelt_progress *p)
{
	struct run *run = arg;

	if (stop_signal_count() > 0 && !run->said_stopping) {
		run->said_stopping = true;
		log_info("stopping: what is in flight finishes, a second signal cuts it");
	}
	terminal_progress(p);
}

static void on_message(void *arg, const char *text)
{
	terminal_message(text);
}

/* That it failed is remembered, and becomes the exit status. */
static void on_text(void *arg, const char *text)
{
	if (!terminal_print_failed())
		(void)terminal_print(text, strlen(text));
}

/* A header value; the others are secrets and are looked at where they are read. */
static int check_org(const struct settings *s, struct error *reterr)
{
	const struct value *org = settings_get(s, OPT_ORG);

	if (str_visible_ascii(org->text))
		return 0;
	return error_set(reterr, -EINVAL,
		"%s: the organization holds a blank or another character that no header may carry: "
		"copy it anew from the Developer Console",
		org->place);
}

static bool asks_adobe(const struct run *run)
{
	return run->d->bit & FOR_ADOBE;
}

/* All that can be wrong before the library is asked. */
static int prepare(struct run *run, struct credentials *ret, struct error *reterr)
{
	int r;

	if (!asks_adobe(run))
		return 0;
	r = credentials_check_present(run->d->bit, run->s, reterr);
	if (r == 0)
		r = check_org(run->s, reterr);
	if (r == 0 && settings_on(run->s, OPT_CONFIRM))
		r = confirm_open(&run->terminal, reterr);
	return r < 0 ? r : credentials_read(ret, reterr);
}

/* @return SNOWMELT_OK, or the exit status; has said why */
static int create(struct run *run, const struct credentials *c, struct snowmelt **ret)
{
	const struct snowmelt_callbacks callbacks = {
		.confirm = asks_adobe(run) ? on_plan : NULL,
		.progress = on_progress,
		.message = on_message,
		.summary = on_text,
		.output = on_text,
		.arg = run,
	};
	struct filled f;
	char why[1024] = "no memory for the options";
	int status = SNOWMELT_FATAL;

	if (filled_init(&f, run->s) == 0) {
		f.o.command = run->d->command;
		f.o.api_key = c->api_key;
		f.o.access_token = c->access_token;
		f.o.client_id = c->client_id;
		f.o.client_secret = c->client_secret;
		status = snowmelt_create(&f.o, &callbacks, ret, why, sizeof(why));
	}
	filled_done(&f);
	if (status != SNOWMELT_OK)
		terminal_message(why);
	return status;
}

static int run_to_the_end(struct snowmelt *s)
{
	int status;

	stop_signal_watch(s);
	if (log_wants(LOG_INFO))
		terminal_progress_begin();
	status = snowmelt_run(s);
	terminal_progress_end();
	stop_signal_forget();
	return status;
}

int drive_run(const struct drive *d, const struct settings *s)
{
	struct run run = {.d = d, .s = s, .terminal = {.fd = -1}};
	struct credentials credentials = {.region = NULL};
	struct snowmelt *snowmelt = NULL;
	struct error e;
	int status;

	if (prepare(&run, &credentials, &e) < 0) {
		terminal_message(e.text);
		status = SNOWMELT_FATAL;
	} else {
		status = create(&run, &credentials, &snowmelt);
		credentials_done(&credentials); /* the library has its own copies */
		if (status == SNOWMELT_OK)
			status = run_to_the_end(snowmelt);
		snowmelt_destroy(snowmelt);
	}
	confirm_done(&run.terminal);
	return status;
}
