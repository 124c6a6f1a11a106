/* check_lines.c - what a check found of a row: for people the faults alone, for machines a
 * line for each row. The columns and members are a promise: see snowmelt.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/time.h"
#include "output/table.h"
#include "run/check.h"

#define NUMBER_SIZE 24
#define COLUMNS_WITHOUT_PROBE 4

static const struct table_column columns[] = {
	{.name = "row", .number = true},
	{.name = "line", .number = true},
	{.name = "name"},
	{.name = "faults"},
	{.name = "probe_code"},
	{.name = "probe_message"},
	{.name = "probe_status", .number = true},
	{.name = "probe_until"},
};

bool check_fault_next(const struct check_finding *f, size_t *at, char dst[CHECK_FAULT_SIZE])
{
	if (*at == SIZE_MAX)
		return false;
	if (row_fault_next(f->row, at, dst, CHECK_FAULT_SIZE))
		return true;
	*at = SIZE_MAX;
	str_copy(dst, CHECK_FAULT_SIZE, f->duplicate);
	return *dst != '\0';
}

/* Of our own words; after the first error nothing more. */
static void say(struct check_lines *l, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct check_lines *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (l->t.error == 0)
		status_note(&l->t, buf_vprintf(&l->t.text, fmt, args));
	va_end(args);
}

/* --------------------------------------------------------------------- text */

static void say_line(
	struct check_lines *l, const struct row *row, const char *code, const char *what)
{
	say(l, "%s:%" PRIu64 ": %s%s", l->file, row->line, code, *code ? ": " : "");
	if (l->t.error == 0)
		status_note(&l->t, str_show(&l->t.text, what, SIZE_MAX));
	say(l, "\n");
}

static void say_text(struct check_lines *l, const struct check_finding *f)
{
	char fault[CHECK_FAULT_SIZE];

	for (size_t at = 0; check_fault_next(f, &at, fault);)
		say_line(l, f->row, "", fault);
	if (f->probe.asked && !f->probe.fine && !f->probe.stopped)
		say_line(l, f->row, f->probe.code, f->probe.message);
}

/* ---------------------------------------------------------------------- CSV */

static struct table table_of(const struct check_lines *l)
{
	return (struct table){
		.format = LINE_CSV,
		.columns = columns,
		.count = l->probes ? ARRAY_SIZE(columns) : COLUMNS_WITHOUT_PROBE,
	};
}

static int join_faults(const struct check_finding *f, struct buf *b)
{
	char fault[CHECK_FAULT_SIZE];
	int r = 0;

	for (size_t at = 0; r == 0 && check_fault_next(f, &at, fault);) {
		if (b->len > 0)
			r = buf_append_str(b, "; ");
		if (r == 0)
			r = buf_append_str(b, fault);
	}
	return r;
}

static const char *number(uint64_t n, char dst[NUMBER_SIZE])
{
	snprintf(dst, NUMBER_SIZE, "%" PRIu64, n);
	return dst;
}

static const char *status_number(int status, char dst[NUMBER_SIZE])
{
	return status > 0 ? number((uint64_t)status, dst) : "";
}

static void say_csv(struct check_lines *l, const struct check_finding *f)
{
	char row[NUMBER_SIZE], line[NUMBER_SIZE], status[NUMBER_SIZE], until[RFC3339_SIZE];
	const struct check_probe *p = &f->probe;
	const struct table t = table_of(l);
	AUTO(buf_done) struct buf faults = {0};

	buf_init(&faults, l->t.text.max);
	status_note(&l->t, join_faults(f, &faults));
	const char *const values[ARRAY_SIZE(columns)] = {
		number(f->row->number, row),
		number(f->row->line, line),
		f->row->name,
		faults.data,
		p->asked ? p->code : "",
		p->asked ? p->message : "",
		status_number(p->asked ? p->status : 0, status),
		status_time(p->asked ? p->until_ms : 0, until),
	};
	if (l->t.error == 0)
		status_note(&l->t, table_row(&t, values, &l->t.text));
}

/* ---------------------------------------------------------------- JSON Lines */

static void say_string(struct check_lines *l, const char *text)
{
	if (str_empty(text))
		say(l, "null");
	else if (l->t.error == 0)
		status_note(&l->t, json_print_string(&l->t.text, text));
}

static void say_probe(struct check_lines *l, const struct check_probe *p)
{
	char status[NUMBER_SIZE], until[RFC3339_SIZE];

	if (!p->asked) {
		say(l, ",\"probe\":null");
		return;
	}
	say(l, ",\"probe\":{\"code\":");
	say_string(l, p->code);
	say(l, ",\"message\":");
	say_string(l, p->message);
	say(l, ",\"status\":%s,\"until\":",
		p->status > 0 ? status_number(p->status, status) : "null");
	say_string(l, status_time(p->until_ms, until));
	say(l, "}");
}

static void say_json(struct check_lines *l, const struct check_finding *f)
{
	char fault[CHECK_FAULT_SIZE];
	const char *comma = "";

	say(l, "{\"row\":%" PRIu64 ",\"line\":%" PRIu64 ",\"name\":", f->row->number, f->row->line);
	say_string(l, f->row->name);
	say(l, ",\"faults\":[");
	for (size_t at = 0; check_fault_next(f, &at, fault); comma = ",") {
		say(l, "%s", comma);
		say_string(l, fault);
	}
	say(l, "]");
	if (l->probes)
		say_probe(l, &f->probe);
	say(l, "}\n");
}

/* ------------------------------------------------------------------------ all */

void check_lines_begin(struct check_lines *l)
{
	const struct table t = table_of(l);

	if (l->format == SNOWMELT_REPORT_CSV)
		status_note(&l->t, table_header(&t, &l->t.text));
}

void check_lines_row(struct check_lines *l, const struct check_finding *f)
{
	switch (l->format) {
	case SNOWMELT_REPORT_TEXT: say_text(l, f); break;
	case SNOWMELT_REPORT_CSV: say_csv(l, f); break;
	case SNOWMELT_REPORT_JSONL: say_json(l, f); break;
	default: break;
	}
	status_tell(&l->t, false);
}
