#include "output/table.h"

#include "base/json.h"
#include "base/str.h"
#include "output/csv_field.h"

static int append_csv(const char *value, struct buf *b)
{
	return str_empty(value) ? 0 : csv_field_append(b, value, false);
}

static int append_json(const struct table_column *c, const char *value, struct buf *b)
{
	int r = json_print_string(b, c->name);

	if (r == 0)
		r = buf_append_char(b, ':');
	if (r < 0)
		return r;
	if (str_empty(value))
		return buf_append_str(b, "null");
	return c->number ? buf_append_str(b, value) : json_print_string(b, value);
}

int table_header(const struct table *t, struct buf *b)
{
	int r = 0;

	if (t->format == LINE_JSONL)
		return 0;
	for (size_t i = 0; r == 0 && i < t->count; i++)
		r = buf_printf(b, "%s%s", i > 0 ? "," : "", t->columns[i].name);
	return r < 0 ? r : buf_append_char(b, '\n');
}

int table_row(const struct table *t, const char *const *values, struct buf *b)
{
	bool json = t->format == LINE_JSONL;
	int r = json ? buf_append_char(b, '{') : 0;

	for (size_t i = 0; r == 0 && i < t->count; i++) {
		if (i > 0)
			r = buf_append_char(b, ',');
		if (r == 0)
			r = json ? append_json(&t->columns[i], values[i], b)
				 : append_csv(values[i], b);
	}
	return r < 0 ? r : buf_append_str(b, json ? "}\n" : "\n");
}
