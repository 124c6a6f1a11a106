/* status_table.c - the ledger for machines. The columns are a promise: see snowmelt.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/time.h"
#include "output/table.h"
#include "run/status.h"

#define NUMBER_SIZE 24

enum total_column {
	TOTAL_KIND,
	TOTAL_STATUS,
	TOTAL_ERROR_CODE,
	TOTAL_COUNT,
	TOTAL_EXAMPLE_ROW,
	TOTAL_EXAMPLE,
	TOTAL_RUN,
	TOTAL_STATE,
	TOTAL_STARTED_AT,
	TOTAL_FINISHED_AT,
	TOTAL_SERVICE,
	TOTAL_ORG,
	TOTAL_TOTALS,
	TOTAL_COLUMNS
};

static const struct table_column total_columns[TOTAL_COLUMNS] = {
	[TOTAL_KIND] = {.name = "kind"},
	[TOTAL_STATUS] = {.name = "status"},
	[TOTAL_ERROR_CODE] = {.name = "error_code"},
	[TOTAL_COUNT] = {.name = "count", .number = true},
	[TOTAL_EXAMPLE_ROW] = {.name = "example_row", .number = true},
	[TOTAL_EXAMPLE] = {.name = "example"},
	[TOTAL_RUN] = {.name = "run", .number = true},
	[TOTAL_STATE] = {.name = "state"},
	[TOTAL_STARTED_AT] = {.name = "started_at"},
	[TOTAL_FINISHED_AT] = {.name = "finished_at"},
	[TOTAL_SERVICE] = {.name = "service"},
	[TOTAL_ORG] = {.name = "org"},
	[TOTAL_TOTALS] = {.name = "totals"},
};

static const struct table_column doubt_columns[] = {
	{.name = "row", .number = true},
	{.name = "name"},
	{.name = "sandbox"},
	{.name = "intent_at"},
	{.name = "status"},
	{.name = "error_code"},
	{.name = "error"},
};

struct telling {
	struct status_teller *t;
	struct table table;
};

static void begin(struct telling *w)
{
	status_note(w->t, table_header(&w->table, &w->t->text));
}

static void row(struct telling *w, const char *const *values)
{
	if (w->t->error == 0)
		status_note(w->t, table_row(&w->table, values, &w->t->text));
	status_tell(w->t, false);
}

static const char *number(uint64_t n, char dst[NUMBER_SIZE])
{
	snprintf(dst, NUMBER_SIZE, "%" PRIu64, n);
	return dst;
}

/* A row number of 0 is none. */
static const char *row_number(uint64_t n, char dst[NUMBER_SIZE])
{
	return n > 0 ? number(n, dst) : "";
}

static void tell_run(struct telling *w, const struct ledger_run *run)
{
	char digits[NUMBER_SIZE], started[RFC3339_SIZE], finished[RFC3339_SIZE];
	const char *const values[TOTAL_COLUMNS] = {
		[TOTAL_KIND] = "run",
		[TOTAL_RUN] = number(run->number, digits),
		[TOTAL_STATE] = run->finished_ms != 0 ? "finished"
				: run->going          ? "going"
						      : "died",
		[TOTAL_STARTED_AT] = status_time(run->started_ms, started),
		[TOTAL_FINISHED_AT] = status_time(run->finished_ms, finished),
		[TOTAL_SERVICE] = run->service,
		[TOTAL_ORG] = run->org,
		[TOTAL_TOTALS] = run->totals,
	};

	row(w, values);
}

static void tell_group(void *arg, const struct ledger_group *g)
{
	struct telling *w = arg;
	char count[NUMBER_SIZE], example_row[NUMBER_SIZE];
	const char *const values[TOTAL_COLUMNS] = {
		[TOTAL_KIND] = "rows",
		[TOTAL_STATUS] = status_word(g->state, g->status),
		[TOTAL_ERROR_CODE] = g->error_code,
		[TOTAL_COUNT] = number(g->count, count),
		[TOTAL_EXAMPLE_ROW] = row_number(g->example_row, example_row),
		[TOTAL_EXAMPLE] = g->example,
	};

	row(w, values);
}

int status_table_totals(struct status_teller *t, struct ledger_reader *reader,
	enum line_format format, struct error *reterr)
{
	struct telling w = {t, {format, total_columns, TOTAL_COLUMNS}};
	struct ledger_run run;
	int r;

	r = ledger_reader_run(reader, &run, reterr);
	if (r < 0)
		return r;
	begin(&w);
	tell_run(&w, &run);
	return ledger_reader_groups(reader, tell_group, &w, reterr);
}

static void tell_doubt(void *arg, const struct ledger_record *rec)
{
	struct telling *w = arg;
	char digits[NUMBER_SIZE], intent[RFC3339_SIZE];
	const char *const values[] = {
		row_number(rec->row, digits),
		rec->name,
		rec->sandbox,
		status_time(rec->intent_ms, intent),
		status_word(rec->state, rec->status),
		rec->error_code,
		rec->error,
	};

	row(w, values);
}

int status_table_doubts(struct status_teller *t, struct ledger_reader *reader,
	enum line_format format, struct error *reterr)
{
	struct telling w = {t, {format, doubt_columns, ARRAY_SIZE(doubt_columns)}};

	begin(&w);
	return ledger_reader_unresolved(reader, tell_doubt, &w, reterr);
}
