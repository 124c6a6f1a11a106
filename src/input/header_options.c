#include "input/header_mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

static int option_fault(
	const struct mapping *m, const char *option, const char *value, const char *what)
{
	char shown[256];

	return error_set(m->reterr, -EINVAL, "%s: --%s '%s': %s", m->file, option,
		str_shown(shown, sizeof(shown), value), what);
}

static int map_cell(struct mapping *m, const char *option, const char *column, const char *cell)
{
	int i = mapping_find(m->h, cell), c = cell_known_column(column);

	if (*column == '\0' || *cell == '\0')
		return option_fault(m, "map", option, "write COLUMN=HEADER, as in name=Instance");
	if (c < 0 && !(cell_is_param(column) && column[PARAM_PREFIX_LEN]))
		return option_fault(m, "map", option,
			"there is no such column: take name, description, sandbox, endpoint, "
			"username, password, password_ref, auth_spec, connection_spec_id, "
			"connection_spec_version or param.X");
	if (i < 0)
		return option_fault(m, "map", option,
			"no column has this header: write it as in the file's first line");
	if (m->meaning[i] != m->h->cells[i])
		return option_fault(
			m, "map", option, "this header is mapped twice: leave one of them out");
	if (c < 0)
		return mapping_rename(m, (size_t)i, cell_trimmed(column, strlen(column)));
	m->meaning[i] = column_names[c];
	return 0;
}

static void freep(char **p)
{
	free(*p);
}

int mapping_apply_map(struct mapping *m, const char *option)
{
	const char *equals = strchr(option, '=');
	AUTO(freep) char *column = NULL;
	AUTO(freep) char *cell = NULL;

	if (!equals)
		return option_fault(m, "map", option, "write COLUMN=HEADER, as in name=Instance");
	column = cell_trimmed(option, (size_t)(equals - option));
	cell = cell_trimmed(equals + 1, strlen(equals + 1));
	if (!column || !cell)
		return mapping_no_memory(m);
	return map_cell(m, option, column, cell);
}

int mapping_apply_carry(struct mapping *m, const char *option)
{
	AUTO(freep) char *cell = cell_trimmed(option, strlen(option));
	int i;

	if (!cell)
		return mapping_no_memory(m);
	i = *cell ? mapping_find(m->h, cell) : -1;
	if (i < 0)
		return option_fault(m, "carry", option,
			"no column has this header: write it as in the file's first line");
	if (cell_known_column(m->meaning[i]) >= 0 || cell_is_param(m->meaning[i]))
		return option_fault(m, "carry", option,
			"this column is part of the connection and cannot be carried: leave it "
			"out");
	m->wanted[i] = true;
	return 0;
}
