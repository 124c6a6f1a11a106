#include "input/header_mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *cell_trimmed(const char *s, size_t len)
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

int mapping_no_memory(const struct mapping *m)
{
	return error_set(m->reterr, -ENOMEM, "%s: out of memory", m->file);
}

int mapping_copy_cells(struct mapping *m, const struct csv_record *rec)
{
	if (rec->count > CSV_COLUMNS_MAX)
		return file_fault(m, "the header has %zu columns: at most %d can be read",
			rec->count, CSV_COLUMNS_MAX);
	for (size_t i = 0; i < rec->count; i++) {
		const struct csv_field *f = &rec->fields[i];
		const char *text = csv_text(rec, i);

		if (f->too_long)
			return file_fault(m,
				"column %zu of the header is over %d bytes: does the "
				"file begin with a header?",
				i + 1, CSV_FIELD_MAX);
		if (memchr(text, '\0', f->len) || !utf8_valid(text, f->len))
			return file_fault(m,
				"column %zu of the header is not UTF-8 text: save the "
				"file as UTF-8",
				i + 1);
		m->h->cells[i] = cell_trimmed(text, f->len);
		if (!m->h->cells[i])
			return mapping_no_memory(m);
		m->meaning[i] = m->h->cells[i];
	}
	return 0;
}

int cell_known_column(const char *cell)
{
	for (int c = 0; c < COLUMN_COUNT; c++)
		if (str_iequal(cell, column_names[c]))
			return c;
	return -1;
}

bool cell_is_results_column(const char *cell)
{
	for (size_t i = 0; i < ARRAY_SIZE(results_columns); i++)
		if (str_iequal(cell, results_columns[i]))
			return true;
	return false;
}

bool cell_is_param(const char *cell)
{
	char prefix[PARAM_PREFIX_LEN + 1];

	str_copy(prefix, sizeof(prefix), cell);
	return str_iequal(prefix, PARAM_PREFIX);
}

int mapping_rename(struct mapping *m, size_t i, char *name)
{
	if (!name)
		return mapping_no_memory(m);
	m->h->cells[m->h->columns + i] = name;
	m->meaning[i] = name;
	return 0;
}

int mapping_find(const struct header *h, const char *text)
{
	for (size_t i = 0; i < h->columns; i++)
		if (str_iequal(h->cells[i], text))
			return (int)i;
	return -1;
}
