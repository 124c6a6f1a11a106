/* results_header.c - which field of a results file is what.
 *
 * A file of instances, given by mistake, must not pass for results: it is told by
 * the columns that it lacks, and by those that no results have, since the header of
 * the instances gave them another meaning than to be carried.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/str.h"
#include "input/header.h"
#include "input/header_mapping.h"

const char *const results_names[RESULTS_COLUMN_COUNT] = {
	[RESULTS_NAME] = "name",
	[RESULTS_SANDBOX] = "sandbox",
	[RESULTS_STATUS] = "status",
	[RESULTS_ID] = "id",
	[RESULTS_ETAG] = "etag",
	[RESULTS_ENDPOINT] = "endpoint",
};

#define WANTED                                                                                     \
	"what is wanted is a results file: is it the right file? the name of one ends in "         \
	".results.csv or .results.jsonl"

static int check_required(const struct mapping *m)
{
	static const enum results_column required[] = {
		RESULTS_NAME, RESULTS_SANDBOX, RESULTS_STATUS, RESULTS_ID};
	char list[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		size_t len = strlen(list);

		if (m->h->results[required[i]] >= 0)
			continue;
		str_copy(list + len, sizeof(list) - len, len > 0 ? ", " : "");
		len = strlen(list);
		str_copy(list + len, sizeof(list) - len, results_names[required[i]]);
	}
	return *list ? file_fault(m, "no column %s: " WANTED, list) : 0;
}

/* Credentials never come into results, not even by --carry. */
static int refuse_instances(const struct mapping *m)
{
	for (size_t i = 0; i < m->h->columns; i++) {
		int c = cell_known_column(m->meaning[i]);

		if (c == COLUMN_PASSWORD || c == COLUMN_PASSWORD_REF)
			return file_fault(m, "a column %s, which only instances have: " WANTED,
				column_names[c]);
		if (cell_is_param(m->meaning[i]))
			return file_fault(m,
				"column %zu is a param.X, which only instances have: " WANTED,
				i + 1);
	}
	return 0;
}

static int find(const char *cell)
{
	for (int c = 0; c < RESULTS_COLUMN_COUNT; c++)
		if (str_iequal(cell, results_names[c]))
			return c;
	return -1;
}

static int take_cell(const struct mapping *m, size_t field)
{
	struct header *h = m->h;
	const char *cell = m->meaning[field];
	int c = find(cell);

	if (c >= 0) {
		h->results[c] = (int)field;
		return 0;
	}
	if (*cell == '\0' || cell_is_results_column(cell))
		return 0;
	if (h->carried_count == ROW_CARRIED_MAX)
		return file_fault(m, "more than %d columns behind the results' own: remove some",
			ROW_CARRIED_MAX);
	h->carried[h->carried_count] = cell;
	h->carried_fields[h->carried_count++] = field;
	return 0;
}

static int map_all(struct mapping *m, const struct csv_record *rec, const void *arg)
{
	int r = mapping_copy_cells(m, rec);

	for (size_t i = 0; r == 0 && i < m->h->columns; i++)
		r = take_cell(m, i);
	if (r == 0)
		r = check_required(m);
	if (r == 0)
		r = refuse_instances(m);
	return r == 0 ? mapping_check_twice(m) : r;
}

int results_header_map(
	struct header *h, const struct csv_record *rec, const char *file, struct error *reterr)
{
	return mapping_make(h, rec, map_all, NULL, file, reterr);
}
