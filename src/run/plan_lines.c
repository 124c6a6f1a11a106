/* plan_lines.c - the lines of a plan. The columns and members are a promise: see snowmelt.h. */
#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"
#include "output/table.h"
#include "run/plan.h"

#define NUMBER_SIZE 24

static const struct table_column columns[] = {
	{.name = "row", .number = true},
	{.name = "line", .number = true},
	{.name = "name"},
	{.name = "sandbox"},
	{.name = "action"},
	{.name = "fields"},
	{.name = "id"},
	{.name = "reason"},
};

static struct table table_of(const struct plan_teller *t)
{
	return (struct table){
		.format = t->format == SNOWMELT_REPORT_JSONL ? LINE_JSONL : LINE_CSV,
		.columns = columns,
		.count = ARRAY_SIZE(columns),
	};
}

/* 0 is none. */
static const char *number(uint64_t n, char dst[NUMBER_SIZE])
{
	dst[0] = '\0';
	if (n > 0)
		snprintf(dst, NUMBER_SIZE, "%" PRIu64, n);
	return dst;
}

static void table_add(struct plan_teller *t, const struct plan_line *l)
{
	char row[NUMBER_SIZE], line[NUMBER_SIZE];
	const char *const values[ARRAY_SIZE(columns)] = {
		number(l->row, row),
		number(l->line, line),
		l->name,
		l->sandbox,
		plan_action_name(l->action),
		l->fields,
		l->id,
		l->reason,
	};
	const struct table table = table_of(t);

	if (t->t.error == 0)
		status_note(&t->t, table_row(&table, values, &t->t.text));
}

static void count(struct plan_counts *c, const struct plan_line *l)
{
	if (l->row > 0)
		c->by_action[l->action]++;
	else if (l->action == PLAN_GONE)
		c->gone++;
	else
		c->extra++;
}

void plan_lines_begin(struct plan_teller *t)
{
	const struct table table = table_of(t);

	if (t->format == SNOWMELT_REPORT_CSV)
		status_note(&t->t, table_header(&table, &t->t.text));
}

void plan_lines_add(struct plan_teller *t, const struct plan_line *l)
{
	count(&t->counts, l);
	if (t->format == SNOWMELT_REPORT_TEXT)
		plan_text_add(t, l);
	else
		table_add(t, l);
	status_tell(&t->t, false);
}

void plan_lines_end(struct plan_teller *t)
{
	if (t->format == SNOWMELT_REPORT_TEXT)
		plan_text_end(t);
}
