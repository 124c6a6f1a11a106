#include "input/header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/redact.h"
#include "base/str.h"

const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_NAME] = "name",
	[COLUMN_DESCRIPTION] = "description",
	[COLUMN_SANDBOX] = "sandbox",
	[COLUMN_ENDPOINT] = "endpoint",
	[COLUMN_USERNAME] = "username",
	[COLUMN_PASSWORD] = "password",
	[COLUMN_PASSWORD_REF] = "password_ref",
	[COLUMN_AUTH_SPEC] = "auth_spec",
	[COLUMN_SPEC_ID] = "connection_spec_id",
	[COLUMN_SPEC_VERSION] = "connection_spec_version",
};

/* The columns that the results have anyway; a carried one of the same name gets
 * a prefix. Rooms of one rank do not know each other, so they stand here again. */
static const char *const results_columns[] = {"row", "line", "name", "sandbox", "endpoint",
	"status", "id", "etag", "http_status", "error_code", "error", "attempts", "request_id",
	"started_at", "duration_ms"};

#define PARAM_PREFIX "param."
#define PARAM_PREFIX_LEN (sizeof(PARAM_PREFIX) - 1)

/* What the header is made from, while it is made. */
struct mapping {
	struct header *h;
	const char **meaning; /* of each cell: its own text, or the column that --map gives it */
	bool *wanted;         /* named by --carry */
	const char *file;
	uint64_t line;
	struct error *reterr;
};

#define file_fault(m, fmt, ...)                                                                    \
	error_set((m)->reterr, -EBADMSG, "%s:%" PRIu64 ": " fmt, (m)->file, (m)->line, __VA_ARGS__)

/* ------------------------------------------------------------------ cells */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char *trimmed(const char *s, size_t len)
{
	char *copy;

	while (len > 0 && is_blank(*s)) {
		s++;
		len--;
	}
	while (len > 0 && is_blank(s[len - 1]))
		len--;
	copy = malloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

static int out_of_memory(const struct mapping *m)
{
	return error_set(m->reterr, -ENOMEM, "%s: out of memory", m->file);
}

static int copy_cells(struct mapping *m, const struct csv_record *rec)
{
	if (rec->count > CSV_COLUMNS_MAX)
		return file_fault(m, "the header has %zu columns: at most %d can be read",
			rec->count, CSV_COLUMNS_MAX);
	for (size_t i = 0; i < rec->count; i++) {
		const struct csv_field *f = &rec->fields[i];
		const char *text = csv_text(rec, i);

		if (f->too_long)
			return file_fault(m, "column %zu of the header is over %d bytes: does the "
				"file begin with a header?", i + 1, CSV_FIELD_MAX);
		if (memchr(text, '\0', f->len) || !utf8_valid(text, f->len))
			return file_fault(m, "column %zu of the header is not UTF-8 text: save the "
				"file as UTF-8", i + 1);
		m->h->cells[i] = trimmed(text, f->len);
		if (!m->h->cells[i])
			return out_of_memory(m);
		m->meaning[i] = m->h->cells[i];
	}
	return 0;
}

static int known_column(const char *cell)
{
	for (int c = 0; c < COLUMN_COUNT; c++)
		if (str_iequal(cell, column_names[c]))
			return c;
	return -1;
}

static bool is_param(const char *cell)
{
	char prefix[PARAM_PREFIX_LEN + 1];

	str_copy(prefix, sizeof(prefix), cell);
	return str_iequal(prefix, PARAM_PREFIX);
}

/* From now on cell `i` means `name`, which the header owns. */
static int rename_cell(struct mapping *m, size_t i, char *name)
{
	if (!name)
		return out_of_memory(m);
	m->h->cells[m->h->columns + i] = name;
	m->meaning[i] = name;
	return 0;
}

/* The cell with this text, or -1. */
static int find_cell(const struct header *h, const char *text)
{
	for (size_t i = 0; i < h->columns; i++)
		if (str_iequal(h->cells[i], text))
			return (int)i;
	return -1;
}

/* ---------------------------------------------------------- --map, --carry */

static int option_fault(const struct mapping *m, const char *option, const char *value,
	const char *what)
{
	char shown[256];

	return error_set(m->reterr, -EINVAL, "%s: --%s '%s': %s", m->file, option,
		str_shown(shown, sizeof(shown), value), what);
}

static int map_cell(struct mapping *m, const char *option, const char *column, const char *cell)
{
	int i = find_cell(m->h, cell), c = known_column(column);

	if (*column == '\0' || *cell == '\0')
		return option_fault(m, "map", option, "write COLUMN=HEADER, as in name=Instance");
	if (c < 0 && !(is_param(column) && column[PARAM_PREFIX_LEN]))
		return option_fault(m, "map", option,
			"there is no such column: take name, description, sandbox, endpoint, "
			"username, password, password_ref, auth_spec, connection_spec_id, "
			"connection_spec_version or param.X");
	if (i < 0)
		return option_fault(m, "map", option,
			"no column has this header: write it as in the file's first line");
	if (m->meaning[i] != m->h->cells[i])
		return option_fault(m, "map", option,
			"this header is mapped twice: leave one of them out");
	if (c < 0)
		return rename_cell(m, (size_t)i, trimmed(column, strlen(column)));
	m->meaning[i] = column_names[c];
	return 0;
}

static void freep(char **p)
{
	free(*p);
}

static int apply_map(struct mapping *m, const char *option)
{
	const char *equals = strchr(option, '=');
	AUTO(freep) char *column = NULL;
	AUTO(freep) char *cell = NULL;

	if (!equals)
		return option_fault(m, "map", option, "write COLUMN=HEADER, as in name=Instance");
	column = trimmed(option, (size_t)(equals - option));
	cell = trimmed(equals + 1, strlen(equals + 1));
	if (!column || !cell)
		return out_of_memory(m);
	return map_cell(m, option, column, cell);
}

static int apply_carry(struct mapping *m, const char *option)
{
	AUTO(freep) char *cell = trimmed(option, strlen(option));
	int i;

	if (!cell)
		return out_of_memory(m);
	i = *cell ? find_cell(m->h, cell) : -1;
	if (i < 0)
		return option_fault(m, "carry", option,
			"no column has this header: write it as in the file's first line");
	if (known_column(m->meaning[i]) >= 0 || is_param(m->meaning[i]))
		return option_fault(m, "carry", option,
			"this column is part of the connection and cannot be carried: leave it out");
	m->wanted[i] = true;
	return 0;
}

/* ---------------------------------------------------------------- meaning */

static int check_twice(const struct mapping *m)
{
	for (size_t i = 0; i < m->h->columns; i++) {
		int c = known_column(m->meaning[i]);

		for (size_t k = i + 1; k < m->h->columns && *m->meaning[i]; k++) {
			if (!str_iequal(m->meaning[i], m->meaning[k]))
				continue;
			if (c >= 0)
				return file_fault(m, "columns %zu and %zu are both '%s': rename or "
					"remove one of them", i + 1, k + 1, column_names[c]);
			return file_fault(m, "columns %zu and %zu have the same header: rename or "
				"remove one of them", i + 1, k + 1);
		}
	}
	return 0;
}

static int take_param(const struct mapping *m, size_t field)
{
	struct header *h = m->h;
	const char *name = m->meaning[field] + PARAM_PREFIX_LEN;

	if (*name == '\0')
		return file_fault(m, "column %zu is 'param.' without a name: write param.X for the "
			"member X of auth.params", field + 1);
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

static bool is_results_column(const char *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(results_columns); i++)
		if (str_iequal(cell, results_columns[i]))
			return true;
	return false;
}

static int take_carried(struct mapping *m, size_t field)
{
	struct header *h = m->h;
	int r;

	if (h->carried_count == ROW_CARRIED_MAX)
		return file_fault(m, "more than %d columns to carry into the results: remove some",
			ROW_CARRIED_MAX);
	if (is_results_column(m->meaning[field])) {
		r = rename_cell(m, field, prefixed(m->meaning[field]));
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
	int c = known_column(meaning);

	if (c >= 0) {
		m->h->known[c] = (int)field;
		return 0;
	}
	if (is_param(meaning))
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
	AUTO(buf_done) struct buf list = { 0 };
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
		return file_fault(m, "the header has a single column; missing: %s: is the file "
			"delimited by something else? say so by --delimiter", list.data);
	return file_fault(m, "missing in the header: %s: add what is missing, or say which column "
		"it is by --map COLUMN=HEADER", list.data);
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

static int map_all(struct mapping *m, const struct csv_record *rec, const struct header_options *o)
{
	int r = copy_cells(m, rec);

	for (size_t i = 0; r == 0 && i < o->map_count; i++)
		r = apply_map(m, o->map[i]);
	for (size_t i = 0; r == 0 && i < o->carry_count; i++)
		r = apply_carry(m, o->carry[i]);
	if (r == 0)
		r = check_twice(m);
	for (size_t i = 0; r == 0 && i < m->h->columns; i++)
		r = take_cell(m, i);
	if (r == 0)
		r = check_twice(m); /* again: a cell may be another's "input.NAME" */
	if (r == 0)
		r = check_required(m);
	return r == 0 ? check_params(m) : r;
}

int header_map(struct header *h, const struct csv_record *rec, const struct header_options *o,
	const char *file, struct error *reterr)
{
	struct mapping m = {.h = h, .file = file, .line = rec->line, .reterr = reterr};
	int r;

	*h = (struct header){.columns = MIN(rec->count, (size_t)CSV_COLUMNS_MAX)};
	for (int c = 0; c < COLUMN_COUNT; c++)
		h->known[c] = -1;
	h->cells = calloc(2 * h->columns, sizeof(*h->cells));
	m.meaning = calloc(h->columns, sizeof(*m.meaning));
	m.wanted = calloc(h->columns, sizeof(*m.wanted));
	r = h->cells && m.meaning && m.wanted ? map_all(&m, rec, o) : out_of_memory(&m);
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
