#include "input/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/redact.h"
#include "base/str.h"
#include "input/header_mapping.h"

/* ---------------------------------------------------------------- meaning */

int mapping_check_twice(const struct mapping *m)
{
	for (size_t i = 0; i < m->h->columns; i++) {
		int c = cell_known_column(m->meaning[i]);

		for (size_t k = i + 1; k < m->h->columns && *m->meaning[i]; k++) {
			if (!str_iequal(m->meaning[i], m->meaning[k]))
				continue;
			if (c >= 0)
				return file_fault(m,
					"columns %zu and %zu are both '%s': rename or "
					"remove one of them",
					i + 1, k + 1, column_names[c]);
			return file_fault(m,
				"columns %zu and %zu have the same header: rename or "
				"remove one of them",
				i + 1, k + 1);
		}
	}
	return 0;
}

static int take_param(const struct mapping *m, size_t field)
{
	struct header *h = m->h;
	const char *name = m->meaning[field] + PARAM_PREFIX_LEN;

	if (*name == '\0')
		return file_fault(m,
			"column %zu is 'param.' without a name: write param.X for the "
			"member X of auth.params",
			field + 1);
	if (h->param_count == ROW_PARAMS_MAX)
		return file_fault(m, "more than %d columns param.X: remove some", ROW_PARAMS_MAX);
	h->params[h->param_count].name = name;
	h->params[h->param_count++].field = field;
	return 0;
}

/* "input.NAME". */
static char *prefixed(const char *cell)
{
	static const char prefix[] = "input.";
	size_t len = strlen(cell);
	char *longer = malloc(sizeof(prefix) + len);

	if (!longer)
		return NULL;
	memcpy(longer, prefix, sizeof(prefix) - 1);
	memcpy(longer + sizeof(prefix) - 1, cell, len + 1);
	return longer;
}

static int take_carried(struct mapping *m, size_t field)
{
	struct header *h = m->h;
	int r;

	if (h->carried_count == ROW_CARRIED_MAX)
		return file_fault(m, "more than %d columns to carry into the results: remove some",
			ROW_CARRIED_MAX);
	if (cell_is_results_column(m->meaning[field])) {
		r = mapping_rename(m, field, prefixed(m->meaning[field]));
		if (r < 0)
			return r;
	}
	h->carried[h->carried_count] = m->meaning[field];
	h->carried_fields[h->carried_count++] = field;
	return 0;
}

static int take_cell(struct mapping *m, size_t field)
{
	const char *meaning = m->meaning[field];
	int c = cell_known_column(meaning);

	if (c >= 0) {
		m->h->known[c] = (int)field;
		return 0;
	}
	if (cell_is_param(meaning))
		return take_param(m, field);
	if (*meaning == '\0' || (redact_name_is_secret(meaning) && !m->wanted[field]))
		return 0; /* stays out of the results */
	return take_carried(m, field);
}

/* --------------------------------------------------------------- required */

static void add_missing(struct buf *list, size_t *count, const char *what)
{
	if ((*count)++ > 0)
		buf_append_str(list, ", ");
	buf_append_str(list, what);
}

/* What every row needs; with a connection_spec_id column the rest depends on
 * the row. */
static int check_required(const struct mapping *m)
{
	const int *known = m->h->known;
	AUTO(buf_done) struct buf list = {0};
	size_t count = 0;

	buf_init(&list, 256);
	if (known[COLUMN_NAME] < 0)
		add_missing(&list, &count, "name");
	if (known[COLUMN_SPEC_ID] < 0) {
		if (known[COLUMN_ENDPOINT] < 0)
			add_missing(&list, &count, "endpoint");
		if (known[COLUMN_USERNAME] < 0)
			add_missing(&list, &count, "username");
		if (known[COLUMN_PASSWORD] < 0 && known[COLUMN_PASSWORD_REF] < 0)
			add_missing(&list, &count, "password (or password_ref)");
	}
	if (count == 0)
		return 0;
	if (m->h->columns == 1)
		return file_fault(m,
			"the header has a single column; missing: %s: is the file "
			"delimited by something else? say so by --delimiter",
			list.data);
	return file_fault(m,
		"missing in the header: %s: add what is missing, or say which column "
		"it is by --map COLUMN=HEADER",
		list.data);
}

static int check_params(const struct mapping *m)
{
	const struct header *h = m->h;
	bool password = h->known[COLUMN_PASSWORD] >= 0 || h->known[COLUMN_PASSWORD_REF] >= 0;

	if (password && h->param_count == ROW_PARAMS_MAX)
		return file_fault(m, "more than %d columns param.X beside a password: remove some",
			ROW_PARAMS_MAX - 1);
	return 0;
}

/* ------------------------------------------------------------------ whole */

static int map_all(struct mapping *m, const struct csv_record *rec, const void *arg)
{
	const struct header_options *o = arg;
	int r = mapping_copy_cells(m, rec);

	for (size_t i = 0; r == 0 && i < o->map_count; i++)
		r = mapping_apply_map(m, o->map[i]);
	for (size_t i = 0; r == 0 && i < o->carry_count; i++)
		r = mapping_apply_carry(m, o->carry[i]);
	if (r == 0)
		r = mapping_check_twice(m);
	for (size_t i = 0; r == 0 && i < m->h->columns; i++)
		r = take_cell(m, i);
	if (r == 0)
		r = mapping_check_twice(m); /* again: a cell may be another's "input.NAME" */
	if (r == 0)
		r = check_required(m);
	return r == 0 ? check_params(m) : r;
}

int header_map(struct header *h, const struct csv_record *rec, const struct header_options *o,
	const char *file, struct error *reterr)
{
	return mapping_make(h, rec, map_all, o, file, reterr);
}

int mapping_make(struct header *h, const struct csv_record *rec,
	int (*fill)(struct mapping *m, const struct csv_record *rec, const void *arg),
	const void *arg, const char *file, struct error *reterr)
{
	struct mapping m = {.h = h, .file = file, .line = rec->line, .reterr = reterr};
	int r;

	*h = (struct header){.columns = MIN(rec->count, (size_t)CSV_COLUMNS_MAX)};
	for (int c = 0; c < COLUMN_COUNT; c++)
		h->known[c] = -1;
	for (int c = 0; c < RESULTS_COLUMN_COUNT; c++)
		h->results[c] = -1;
	h->cells = calloc(2 * h->columns, sizeof(*h->cells));
	m.meaning = calloc(h->columns, sizeof(*m.meaning));
	m.wanted = calloc(h->columns, sizeof(*m.wanted));
	r = h->cells && m.meaning && m.wanted ? fill(&m, rec, arg) : mapping_no_memory(&m);
	free(m.meaning);
	free(m.wanted);
	if (r < 0)
		header_done(h);
	return r;
}

void header_done(struct header *h)
{
	/* Without a header, these are the first row's fields. */
	for (size_t i = 0; h->cells && i < 2 * h->columns; i++) {
		if (h->cells[i])
			wipe(h->cells[i], strlen(h->cells[i]));
		free(h->cells[i]);
	}
	free(h->cells);
	*h = HEADER_INIT;
}
