/* rewrite.c - snowmelt_results(): the results once more, from what the ledger knows.
 *
 * The CSV says which rows there are and in which order, the ledger what became
 * of each. Nothing is sent and nothing is written to the ledger, so it may be
 * done at any time. A name that stands on several rows belongs to the first of
 * them, as in a run: no two rows ever get one id.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flow/request.h"
#include "input/input.h"
#include "output/results.h"
#include "output/summary.h"
#include "run/paths.h"
#include "run/phrases.h"
#include "run/recorded.h"
#include "run/seen.h"
#include "snowmelt/snowmelt.h"
#include "sys/clock.h"
#include "sys/file.h"

#define SUMMARY_MAX ((size_t)64 * 1024)

struct rewrite {
	const struct snowmelt_options *o;
	char *results_path, *ledger_path, *seen_path;
	struct input *input;
	struct ledger_reader *reader;
	struct results *results;
	struct seen seen;
	struct row row;
	struct summary summary;
};

static char *path_with(const char *path, const char *suffix)
{
	size_t len = strlen(path), suffix_len = strlen(suffix);
	char *s = malloc(len + suffix_len + 1);

	if (s) {
		memcpy(s, path, len);
		memcpy(s + len, suffix, suffix_len + 1);
	}
	return s;
}

/* ----------------------------------------------------------------- opening */

static int open_input(struct rewrite *w, struct error *reterr)
{
	const struct snowmelt_options *o = w->o;
	const struct input_options in = {
		.path = o->input,
		.map = o->map,
		.map_count = o->map_count,
		.carry = o->carry,
		.carry_count = o->carry_count,
		.default_sandbox = o->sandbox,
		.delimiter = o->delimiter,
		.allow_http_endpoints = o->allow_http_endpoints,
		.without_secrets = true,
	};
	struct input_survey survey;
	int r = input_open(&in, &w->input, reterr);

	/* A bad file is found before the old .part is given up. */
	if (r == 0 && input_is_regular(w->input))
		r = input_survey(w->input, &survey, reterr);
	return r;
}

/* What the results must not be put over: the input, and all that is the ledger. */
static size_t find_inputs(const struct rewrite *w, struct stat ret[5])
{
	static const char *const suffixes[] = {"", ".key", "-wal", "-shm"};
	size_t count = 0;

	ret[count++] = *input_stat(w->input);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char *path = path_with(w->ledger_path, suffixes[i]);

		if (path && stat(path, &ret[count]) == 0)
			count++;
		free(path);
	}
	return count;
}

static int open_results(struct rewrite *w, struct error *reterr)
{
	struct line_style style = {
		.format = run_results_format(w->o),
		.excel_safe = w->o->excel_safe,
	};
	struct stat inputs[5];
	size_t input_count = find_inputs(w, inputs);
	int r;

	style.carried_count = input_carried(w->input, &style.carried_names);
	r = results_open(w->results_path, &style, inputs, input_count, &w->results, reterr);
	if (r == 0)
		r = file_check_replaceable(w->seen_path, inputs, input_count, reterr);
	return r < 0 ? r : seen_init(&w->seen, w->seen_path, reterr);
}

static int find_paths(struct rewrite *w, struct error *reterr)
{
	w->results_path = run_results_path(w->o, ".results");
	w->ledger_path = run_ledger_path(w->o->input, w->o->ledger);
	w->seen_path = w->results_path ? path_with(w->results_path, ".part.names") : NULL;
	if (w->results_path && w->ledger_path && w->seen_path)
		return 0;
	return error_set(reterr, -ENOMEM, "out of memory");
}

/* -------------------------------------------------------------------- rows */

/* What a line says beside the row. */
struct saying {
	enum status status;
	const char *code, *text;
	const struct ledger_record *record; /* NULL: none */
};

static bool differs(const struct ledger_record *rec, const struct row *row)
{
	return strcmp(rec->endpoint, row->endpoint) != 0 ||
	       strcmp(rec->username, row->username) != 0 || strcmp(rec->spec_id, row->spec_id) != 0;
}

/* For a row of which the ledger has no words. */
static const char *words_for(
	enum status status, const struct ledger_record *rec, const struct row *row)
{
	if (status == STATUS_UNRESOLVED)
		return "it may have been created, and no run has settled it: run it again, that "
		       "looks it up first";
	if (status == STATUS_SKIPPED)
		return "it was not sent: run it again to create it";
	if (status == STATUS_DELETED || status == STATUS_GONE)
		return "";
	return differs(rec, row) ? PHRASE_DIFFERS : "";
}

/* The id, for that rollback, which goes on with it. */
static void say_deleting(const struct ledger_record *rec, struct saying *ret)
{
	*ret = (struct saying){
		.status = STATUS_UNRESOLVED,
		.code = "",
		.text = "a rollback ended while it was deleting it: run the same rollback again, "
			"or run it, which looks whether it is there",
		.record = rec,
	};
}

static void say_recorded(const struct ledger_record *rec, const struct row *row, struct saying *ret)
{
	enum status status = recorded_status(rec->state, rec->status);

	if (rec->state == LEDGER_STATE_DELETING) {
		say_deleting(rec, ret);
		return;
	}
	*ret = (struct saying){
		.status = status,
		.code = rec->error_code,
		.text = rec->error[0] ? rec->error : words_for(status, rec, row),
		.record = rec,
	};
}

static int say_valid(
	struct rewrite *w, struct saying *ret, char *text, size_t text_len, struct error *reterr)
{
	const struct row *row = &w->row;
	const struct ledger_record *rec = NULL;
	uint64_t earlier;
	int r;

	r = seen_take(&w->seen, row->sandbox, row->name, row->number, &earlier, reterr);
	if (r < 0)
		return r;
	if (earlier > 0) {
		snprintf(text, text_len, PHRASE_DUPLICATE, (unsigned long long)earlier);
		*ret = (struct saying){STATUS_INVALID, "duplicate_name", text, NULL};
		return 0;
	}
	r = ledger_reader_find(w->reader, row->sandbox, row->name, &rec, reterr);
	if (r < 0)
		return r;
	if (r > 0)
		say_recorded(rec, row, ret);
	else
		*ret = (struct saying){STATUS_SKIPPED, "",
			"the ledger does not know it: run it to create it", NULL};
	return 0;
}

static int write_line(struct rewrite *w, const struct saying *s, struct error *reterr)
{
	const struct row *row = &w->row;
	const struct ledger_record *rec = s->record;
	struct line l = {
		.row = row->number,
		.line = row->line,
		.name = row->name,
		.sandbox = row->sandbox,
		.endpoint = row->endpoint,
		.status = status_name(s->status),
		.error_code = s->code,
		.error = s->text,
		.duration_ms = -1,
		.carried = row->carried,
		.carried_count = row->carried_count,
	};

	if (rec) {
		bool old = s->status != STATUS_DELETED && s->status != STATUS_GONE &&
			   *recorded_deleted_id(rec);

		l.id = old ? "" : rec->id; /* that of an earlier life */
		l.etag = old ? "" : rec->etag;
		l.http_status = rec->http_status;
		l.attempts = rec->attempts;
		l.request_id = rec->request_id;
		l.started_ms = rec->started_ms;
		l.duration_ms = rec->duration_ms;
	}
	summary_add(&w->summary, s->status, s->code, s->text, row->line);
	return results_add(w->results, &l, reterr);
}

static int take_row(struct rewrite *w, struct error *reterr)
{
	struct saying s;
	char text[sizeof(w->row.fault)];
	int r = 0;

	if (w->row.invalid)
		s = (struct saying){STATUS_INVALID, "bad_row",
			str_shown(text, sizeof(text), w->row.fault), NULL};
	else
		r = say_valid(w, &s, text, sizeof(text), reterr);
	return r < 0 ? r : write_line(w, &s, reterr);
}

static int take_rows(struct rewrite *w, struct error *reterr)
{
	struct pollfd pipe = {.fd = input_fd(w->input), .events = POLLIN};
	int got;

	while ((got = input_next(w->input, &w->row, reterr)) != INPUT_END) {
		int r = got < 0 ? got : 0;

		if (got == INPUT_ROW)
			r = take_row(w, reterr);
		else if (got == INPUT_WAIT)
			(void)poll(&pipe, 1, -1); /* what is wrong with it, the next reading says */
		if (r < 0)
			return r;
		row_reset(&w->row);
	}
	return 0;
}

/* --------------------------------------------------------------- the whole */

static void tell_summary(struct rewrite *w, const struct snowmelt_callbacks *cb, nsec_t elapsed)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, SUMMARY_MAX);
	w->summary.remembered = true;
	w->summary.goes_on = "'snowmelt run'";
	if (summary_print(&w->summary, w->results_path, elapsed, 0, &text) == 0 && cb->summary)
		cb->summary(cb->arg, text.data);
}

static int check_options(const struct snowmelt_options *o, struct error *reterr)
{
	if (str_empty(o->input))
		return error_set(
			reterr, -EINVAL, "no input: name a CSV file, or - for standard input");
	if (!flow_sandbox_valid(o->sandbox))
		return error_set(reterr, -EINVAL,
			"--sandbox: not a sandbox name: letters, digits and '-', at most 256");
	return 0;
}

/* @return SNOWMELT_OK, or the exit status with the sentence in reterr */
static int open_all(struct rewrite *w, struct error *reterr)
{
	const struct snowmelt_options *o = w->o;
	int r;

	if (check_options(o, reterr) < 0 || open_input(w, reterr) < 0)
		return SNOWMELT_FATAL;
	if (!input_is_regular(w->input) && (str_empty(o->results) || str_empty(o->ledger))) {
		error_set(reterr, -EINVAL,
			"the input is no regular file, so results and ledger have no name: give "
			"--results FILE and --ledger FILE");
		return SNOWMELT_USAGE;
	}
	if (find_paths(w, reterr) < 0 || recorded_open(w->ledger_path, &w->reader, reterr) < 0)
		return SNOWMELT_FATAL;
	r = open_results(w, reterr);
	if (r == -EBUSY)
		return SNOWMELT_LOCKED;
	return r < 0 ? SNOWMELT_FATAL : SNOWMELT_OK;
}

static int write_all(struct rewrite *w, const struct snowmelt_callbacks *cb, struct error *reterr)
{
	nsec_t start = clock_monotonic();
	int status = open_all(w, reterr);

	if (status != SNOWMELT_OK)
		return status;
	if (take_rows(w, reterr) < 0 || results_finish(w->results, reterr) < 0)
		return SNOWMELT_FATAL;
	tell_summary(w, cb, clock_monotonic() - start);
	return summary_all_fine(&w->summary) ? SNOWMELT_OK : SNOWMELT_ROWS;
}

static void close_all(struct rewrite *w)
{
	results_close(w->results);
	seen_done(&w->seen);
	ledger_reader_close(w->reader);
	input_close(w->input);
	row_done(&w->row);
	free(w->results_path);
	free(w->ledger_path);
	free(w->seen_path);
	free(w);
}

int snowmelt_results(const struct snowmelt_options *o, const struct snowmelt_callbacks *cb)
{
	struct rewrite *w = calloc(1, sizeof(*w));
	struct error e = {.text = "out of memory"};
	int status = SNOWMELT_FATAL;

	if (w) {
		w->o = o;
		w->summary.gone_is_fine = true; /* only a rollback calls it so */
		row_init(&w->row, NULL);
		status = write_all(w, cb, &e);
		close_all(w);
	}
	if (status != SNOWMELT_OK && status != SNOWMELT_ROWS && cb->message)
		cb->message(cb->arg, e.text);
	return status;
}
