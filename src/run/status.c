/* status.c - snowmelt_status(): which ledger, and what of it is told in which form. */
#include "run/status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "run/paths.h"
#include "run/recorded.h"
#include "sys/clock.h"

/* A name and an error of the longest kind, six bytes for each of theirs. */
#define TEXT_MAX ((size_t)1024 * 1024)
#define TELL_SIZE ((size_t)64 * 1024)

void status_note(struct status_teller *t, int r)
{
	if (t->error == 0)
		t->error = r;
}

void status_tell(struct status_teller *t, bool all)
{
	if (t->text.len == 0 || (!all && t->text.len < TELL_SIZE))
		return;
	if (t->cb->output)
		t->cb->output(t->cb->arg, t->text.data);
	buf_reset(&t->text);
}

const char *status_word(enum ledger_state state, const char *status)
{
	if (state == LEDGER_STATE_CLAIMED)
		return STATUS_WORD_PENDING;
	if (state == LEDGER_STATE_INTENDED)
		return STATUS_WORD_OPEN;
	if (state == LEDGER_STATE_DELETING)
		return STATUS_WORD_DELETING;
	return status_name(recorded_status(state, status));
}

const char *status_time(int64_t wall_ms, char dst[RFC3339_SIZE])
{
	dst[0] = '\0';
	if (wall_ms != 0)
		rfc3339_format(wall_ms, dst);
	return dst;
}

static int tell(struct status_teller *t, const struct snowmelt_status_options *o,
	struct ledger_reader *reader, const char *path, struct error *reterr)
{
	enum line_format format = o->format == SNOWMELT_REPORT_JSONL ? LINE_JSONL : LINE_CSV;
	int r;

	if (o->format == SNOWMELT_REPORT_TEXT)
		r = o->unresolved ? status_text_doubts(t, reader, reterr)
				  : status_text_totals(t, reader, path, clock_wall_ms(), reterr);
	else
		r = o->unresolved ? status_table_doubts(t, reader, format, reterr)
				  : status_table_totals(t, reader, format, reterr);
	if (r == 0 && t->error < 0)
		r = error_set(reterr, t->error, "no memory to show the ledger");
	/* What has gathered of a list that has no end is not told. */
	if (r == 0)
		status_tell(t, true);
	return r;
}

static int show(const struct snowmelt_status_options *o, const char *path,
	const struct snowmelt_callbacks *cb, struct error *reterr)
{
	struct status_teller t = {.cb = cb};
	struct ledger_reader *reader = NULL;
	int r;

	buf_init(&t.text, TEXT_MAX + TELL_SIZE);
	r = recorded_open(path, &reader, reterr);
	if (r == 0)
		r = tell(&t, o, reader, path, reterr);
	ledger_reader_close(reader);
	buf_done(&t.text);
	return r;
}

int snowmelt_status(const struct snowmelt_status_options *o, const struct snowmelt_callbacks *cb)
{
	struct error e = {.text = "out of memory"};
	int status = SNOWMELT_FATAL;
	char *path;

	if (str_empty(o->input) || (strcmp(o->input, "-") == 0 && str_empty(o->ledger))) {
		error_set(&e, -EINVAL, "no name tells where the ledger is: give --ledger FILE");
		status = SNOWMELT_USAGE;
	} else {
		path = run_ledger_path(o->input, o->ledger);
		if (path && show(o, path, cb, &e) == 0)
			status = SNOWMELT_OK;
		free(path);
	}
	if (status != SNOWMELT_OK && cb->message)
		cb->message(cb->arg, e.text);
	return status;
}
