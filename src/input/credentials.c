#include "input/credentials.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "input/validate.h"

static bool take(struct row *row, const char *name, const char *value, size_t len)
{
	char *copy = secret_take(row->region, len);

	if (!copy)
		return false;
	assert(row->param_count < ROW_PARAMS_MAX); /* the header was checked for it */
	memcpy(copy, value, len);
	row->params[row->param_count++] = (struct flow_param){.name = name, .value = copy};
	return true;
}

static bool take_referenced(struct references *refs, const char *reference, struct row *row)
{
	char secret[REFERENCE_SECRET_MAX + 1];
	size_t len = 0;
	const char *fault = reference_resolve(refs, reference, secret, &len);
	bool taken = true;

	if (fault)
		row_fault(row, column_names[COLUMN_PASSWORD_REF], fault);
	else if (!row->invalid)
		taken = take(row, "password", secret, len);
	wipe(secret, sizeof(secret));
	return taken;
}

bool credentials_take(const struct header *h, const struct csv_record *rec, struct references *refs,
	struct row *row)
{
	const char *reference = reference_text(h, rec);
	const char *password = known_text(h, rec, COLUMN_PASSWORD);

	if (*reference && !take_referenced(refs, reference, row))
		return false;
	if (row->invalid)
		return true;
	if (*password && !take(row, "password", password, strlen(password)))
		return false;
	for (size_t i = 0; i < h->param_count; i++) {
		size_t field = h->params[i].field, len = rec->fields[field].len;

		if (len > 0 && !take(row, h->params[i].name, csv_text(rec, field), len))
			return false;
	}
	return true;
}
