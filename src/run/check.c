/* check.c - every row is read once more, or for the first time, and what is wrong with it is
 * told, in the order of the input.
 *
 * Nothing is sent here and nothing remembered. A name that stands on several rows of a sandbox
 * belongs to the first of them that a run would take, as in a run.
 */
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run/check.h"
#include "run/phrases.h"
#include "run/seen.h"
#include "run/shell.h"
#include "sys/log.h"

/* The longest name and all faults, six bytes for each of theirs. */
#define TEXT_MAX ((size_t)4 << 20)
#define SUMMARY_MAX ((size_t)256 << 10)
#define SIGNAL_LOOK_MS 500 /* one may come just before the wait for a pipe */

struct report {
	struct snowmelt *s;
	struct row row;
	struct seen seen;
	char *names_path;
	struct check_lines lines;
	struct check_sum sum;
	char file[300];
	int stops_before; /* those that were asked for while instances were asked */
	bool stopped;
};

/* ------------------------------------------------------------------------ opening */

/* A name that nobody can lay in wait for; the file loses it at once. */
static char *make_names_path(void)
{
	const char *folder = getenv("TMPDIR");
	struct buf b;

	buf_init(&b, 4096);
	if (buf_printf(&b, "%s/snowmelt-names-%08x%08x", str_empty(folder) ? "/tmp" : folder,
		    randombytes_random(), randombytes_random()) == 0)
		return b.data; /* the caller frees it */
	buf_done(&b);
	return NULL;
}

static int open_names(struct report *p, struct error *reterr)
{
	if (sodium_init() < 0)
		return error_set(reterr, -EIO, "no random numbers from the kernel");
	p->names_path = make_names_path();
	if (!p->names_path)
		return error_set(reterr, -ENOMEM, "out of memory: free some and try again");
	return seen_init(&p->seen, p->names_path, reterr);
}

static int open_all(struct report *p, struct error *reterr)
{
	struct snowmelt *s = p->s;
	const struct snowmelt_options *o = &s->settings.o;
	int r = open_names(p, reterr);

	row_init(&p->row, s->secrets);
	if (strcmp(o->input, "-") == 0)
		str_copy(p->file, sizeof(p->file), "standard input");
	else
		str_shown(p->file, sizeof(p->file), o->input);
	p->lines = (struct check_lines){
		.t = {.cb = &s->cb},
		.format = o->report,
		.probes = s->check != NULL,
		.file = p->file,
	};
	buf_init(&p->lines.t.text, TEXT_MAX);
	p->stops_before = s->stops_told;
	return r < 0 || !s->check ? r : input_rewind(s->input, reterr);
}

static void close_all(struct report *p)
{
	buf_done(&p->lines.t.text);
	row_done(&p->row);
	seen_done(&p->seen);
	free(p->names_path);
	free(p);
}

/* --------------------------------------------------------------------------- rows */

/* What was asked for in vain is not taken: so a row that is refused anyway has no name. */
static int find_duplicate(struct report *p, char *dst, size_t dst_len, struct error *reterr)
{
	const struct row *row = &p->row;
	uint64_t earlier = 0;
	int r = 0;

	dst[0] = '\0';
	if (!row->invalid)
		r = seen_take(&p->seen, row->sandbox, row->name, row->number, &earlier, reterr);
	else if (*row->name && *row->sandbox)
		r = seen_find(&p->seen, row->sandbox, row->name, &earlier, reterr);
	if (earlier > 0)
		snprintf(dst, dst_len, PHRASE_DUPLICATE, (unsigned long long)earlier);
	return r;
}

static void say_verdict(const struct servicenow_verdict *v, struct check_probe *ret)
{
	*ret = (struct check_probe){
		.asked = true,
		.fine = servicenow_fine(v->result),
		.stopped = v->result == SERVICENOW_STOPPED,
		.code = servicenow_code(v->result),
		.status = v->status,
		.until_ms = v->until_ms,
	};
	servicenow_words(v, ret->message);
}

static void say_other_password(uint32_t row, struct check_probe *ret)
{
	*ret = (struct check_probe){.asked = true, .code = "other_password"};
	snprintf(ret->message, sizeof(ret->message),
		"row %u has another password for this user of this instance, and only that one was "
		"tried: see which is right, and give it to both",
		row);
}

/* At most one of two passwords is right; but what holds for the instance holds for both. */
static bool has_own_try(const struct probed_login *l)
{
	return l->turn != PROBED_OTHER_PASSWORD ||
	       (l->told && check_is_of_instance(l->verdict.result));
}

static int find_probe(struct report *p, struct check_probe *ret, struct error *reterr)
{
	static const struct servicenow_verdict stopped = {.result = SERVICENOW_STOPPED};
	const struct row *row = &p->row;
	struct check *c = p->s->check;
	struct probed_login l;

	*ret = (struct check_probe){.asked = false};
	if (!c || !check_is_askable(row))
		return 0;
	if (probed_take(&c->probed, row->endpoint, row->username, check_password(row), row->number,
		    &l) < 0)
		return error_set(reterr, -ENOMEM, "out of memory: free some and try again");
	if (has_own_try(&l))
		say_verdict(l.told ? &l.verdict : &stopped, ret);
	else
		say_other_password(l.row, ret);
	return 0;
}

static int take_row(struct report *p, struct error *reterr)
{
	char duplicate[256];
	struct check_finding f = {.row = &p->row, .duplicate = duplicate};
	int r = find_duplicate(p, duplicate, sizeof(duplicate), reterr);

	if (r == 0)
		r = find_probe(p, &f.probe, reterr);
	if (r < 0)
		return r;
	check_sum_add(&p->sum, &f, p->lines.probes);
	check_lines_row(&p->lines, &f);
	if (p->lines.t.error < 0)
		return error_set(
			reterr, p->lines.t.error, "out of memory: free some and try again");
	return 0;
}

static bool is_stopped(struct report *p)
{
	p->stopped = atomic_load(&p->s->stops_asked) > p->stops_before;
	return p->stopped;
}

static int take_rows(struct report *p, struct error *reterr)
{
	struct input *in = p->s->input;
	struct pollfd pipe = {.fd = input_fd(in), .events = POLLIN};
	int got = INPUT_ROW, r = 0;

	while (r == 0 && got != INPUT_END && !is_stopped(p)) {
		got = input_next(in, &p->row, reterr);
		if (got < 0)
			return got;
		if (got == INPUT_ROW)
			r = take_row(p, reterr);
		else if (got == INPUT_WAIT)
			(void)poll(&pipe, 1, SIGNAL_LOOK_MS); /* a signal ends it, too */
		row_reset(&p->row);
	}
	return r;
}

/* ------------------------------------------------------------------------- the end */

static int tell_sum(struct report *p, struct error *reterr)
{
	AUTO(buf_done) struct buf text = {0};
	const struct snowmelt *s = p->s;

	buf_init(&text, SUMMARY_MAX);
	if (p->lines.format != SNOWMELT_REPORT_TEXT) {
		if (s->check)
			log_info("%s", check_note);
		return 0;
	}
	/* The lines are parted from it, where there are any. */
	if (p->sum.not_fine > 0)
		(void)buf_append_char(&text, '\n');
	if (check_sum_print(&p->sum, s->check, &text) < 0)
		return error_set(reterr, -ENOMEM, "out of memory: free some and try again");
	if (s->cb.output)
		s->cb.output(s->cb.arg, text.data);
	return 0;
}

/* Of what was told already nothing is lost, whatever came after it. */
static int tell_all(struct report *p, struct error *reterr)
{
	int r;

	check_lines_begin(&p->lines);
	r = take_rows(p, reterr);
	status_tell(&p->lines.t, true);
	return r < 0 ? r : tell_sum(p, reterr);
}

static enum snowmelt_exit say_stopped(const struct report *p)
{
	if (p->s->check)
		run_message(p->s,
			"stopped: what was learnt is told; the same command asks for all logins "
			"once "
			"more, also those that were tried, and an instance counts wrong passwords");
	else
		run_message(p->s, "stopped: the rest was not read; run the same command again");
	return SNOWMELT_INTERRUPTED;
}

enum snowmelt_exit check_report(struct snowmelt *s)
{
	struct report *p = calloc(1, sizeof(*p));
	struct error error = {.text = "out of memory: free some and try again"};
	enum snowmelt_exit status = SNOWMELT_FATAL;
	int r = -ENOMEM;

	if (p) {
		p->s = s;
		p->seen.fd = -1;
		r = open_all(p, &error);
		if (r == 0)
			r = tell_all(p, &error);
	}
	if (r < 0)
		run_message(s, error.text);
	else if (p->stopped || words_ended_by_hand(s->end.done.end))
		status = say_stopped(p);
	else
		status = p->sum.not_fine > 0 ? SNOWMELT_ROWS : SNOWMELT_OK;
	if (p)
		close_all(p);
	return status;
}
