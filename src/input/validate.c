#include "input/validate.h"

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "flow/request.h"
#include "input/reference.h"

#define UUID_SIZE 37

struct check {
	const struct header *h;
	const struct csv_record *rec;
	const struct validate_options *o;
	struct row *row;
	bool bad[CSV_COLUMNS_MAX]; /* fields that are refused for their bytes, and said so */
};

const char *known_text(const struct header *h, const struct csv_record *rec, enum column c)
{
	return h->known[c] < 0 ? "" : csv_text(rec, (size_t)h->known[c]);
}

/* ------------------------------------------------------------------ bytes */

/* A column's own name where it is one of ours; what else the header says may
 * not be quoted. */
static void field_fault(struct check *c, size_t field, const char *problem)
{
	AUTO(buf_done) struct buf label = {0};

	for (int k = 0; k < COLUMN_COUNT; k++) {
		if (c->h->known[k] == (int)field) {
			row_fault(c->row, column_names[k], problem);
			return;
		}
	}
	buf_init(&label, 64);
	if (buf_printf(&label, "column %zu", field + 1) == 0)
		row_fault(c->row, label.data, problem);
	else
		row_fault(c->row, "a column", problem);
}

const char *bytes_fault(const struct csv_field *f, const char *text)
{
	if (f->too_long)
		return "is over 65536 bytes: shorten it";
	if (memchr(text, '\0', f->len))
		return "has a NUL byte in it: remove it";
	if (!utf8_valid(text, f->len))
		return "is not UTF-8: save the file as UTF-8";
	return NULL;
}

static void check_bytes(struct check *c)
{
	for (size_t i = 0; i < c->h->columns; i++) {
		const char *fault = bytes_fault(&c->rec->fields[i], csv_text(c->rec, i));

		c->bad[i] = fault;
		if (fault)
			field_fault(c, i, fault);
	}
}

static bool count_is_right(struct check *c)
{
	AUTO(buf_done) struct buf text = {0};

	if (c->rec->count == c->h->columns)
		return true;
	buf_init(&text, 256);
	if (buf_printf(&text,
		    "%zu fields where the header has %zu: quote a field that has the delimiter, a "
		    "quote or a newline in it",
		    c->rec->count, c->h->columns) == 0)
		row_fault(c->row, "has", text.data);
	else
		row_fault(c->row, "has", "another number of fields than the header");
	return false;
}

/* ----------------------------------------------------------------- fields */

/* Is there something in this column, be it good or bad? */
static bool is_given(const struct check *c, enum column col)
{
	int field = c->h->known[col];

	return field >= 0 && (c->bad[field] || c->rec->fields[field].len > 0);
}

/* What is in this column, "" when it is refused. */
static const char *text_of(const struct check *c, enum column col)
{
	int field = c->h->known[col];

	return field < 0 || c->bad[field] ? "" : csv_text(c->rec, (size_t)field);
}

static const char *field_text(const struct check *c, size_t field)
{
	return c->bad[field] ? "" : csv_text(c->rec, field);
}

static void fault(struct check *c, enum column col, const char *problem)
{
	row_fault(c->row, column_names[col], problem);
}

/* The row was counted: with another number of fields, a password may stand where
 * the reference belongs. */
const char *reference_text(const struct header *h, const struct csv_record *rec)
{
	int field = h->known[COLUMN_PASSWORD_REF];
	const char *text;

	if (field < 0 || rec->count != h->columns)
		return "";
	text = csv_text(rec, (size_t)field);
	if (*text == '\0' || bytes_fault(&rec->fields[field], text) || reference_fault(text))
		return "";
	return text;
}

/* Room was made for it by reserve(). */
static const char *keep(struct check *c, const char *text)
{
	return row_keep(c->row, text);
}

static int reserve(struct check *c)
{
	size_t more = strlen(c->o->default_sandbox) + 1 + UUID_SIZE;

	return row_reserve(c->row, c->rec->text.len + more, c->h->carried_count);
}

static void take_name(struct check *c)
{
	const char *name = text_of(c, COLUMN_NAME);

	if (!is_given(c, COLUMN_NAME))
		fault(c, COLUMN_NAME, "is empty: give the connection a name");
	else if (*name && strspn(name, " \t\r\n") == strlen(name))
		fault(c, COLUMN_NAME, "is nothing but blanks: give the connection a name");
	else
		c->row->name = keep(c, name);
}

static void take_sandbox(struct check *c)
{
	const char *sandbox = text_of(c, COLUMN_SANDBOX);

	if (!is_given(c, COLUMN_SANDBOX))
		sandbox = c->o->default_sandbox;
	if (*sandbox && !flow_sandbox_valid(sandbox))
		fault(c, COLUMN_SANDBOX,
			"is no name of a sandbox: up to 256 letters, digits and -");
	else
		c->row->sandbox = keep(c, sandbox);
}

static void take_endpoint(struct check *c)
{
	const char *endpoint = text_of(c, COLUMN_ENDPOINT);
	const char *problem = NULL;

	if (*endpoint)
		problem = flow_endpoint_fault(endpoint, c->o->allow_http_endpoints);
	if (problem)
		row_fault(c->row, "endpoint:", problem); /* says what it has or lacks */
	else
		c->row->endpoint = keep(c, endpoint);
}

/* In lower case, as the service writes it: one spec is one scope. */
static void take_spec_id(struct check *c)
{
	const char *id = text_of(c, COLUMN_SPEC_ID);
	char lower[UUID_SIZE];

	if (!is_given(c, COLUMN_SPEC_ID)) {
		c->row->spec_id = FLOW_SERVICENOW_SPEC;
		return;
	}
	if (*id && !str_uuid(id)) {
		fault(c, COLUMN_SPEC_ID, "is no UUID: take the id that Adobe lists for the source");
		return;
	}
	str_copy(lower, sizeof(lower), id);
	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'F')
			*p |= 0x20;
	c->row->spec_id = keep(c, lower);
}

static void take_fields(struct check *c)
{
	const struct header *h = c->h;
	struct row *row = c->row;

	take_name(c);
	take_sandbox(c);
	take_endpoint(c);
	take_spec_id(c);
	row->description = keep(c, text_of(c, COLUMN_DESCRIPTION));
	row->username = keep(c, text_of(c, COLUMN_USERNAME));
	row->auth_spec = is_given(c, COLUMN_AUTH_SPEC) ? keep(c, text_of(c, COLUMN_AUTH_SPEC))
						       : FLOW_SERVICENOW_AUTH;
	row->spec_version = is_given(c, COLUMN_SPEC_VERSION)
				    ? keep(c, text_of(c, COLUMN_SPEC_VERSION))
				    : FLOW_DEFAULT_SPEC_VERSION;
	for (size_t i = 0; i < h->carried_count; i++)
		row->carried[i] = keep(c, field_text(c, h->carried_fields[i]));
	row->carried_count = h->carried_count;
}

/* ---------------------------------------------------------------- secrets */

static void check_password(struct check *c)
{
	const char *reference = text_of(c, COLUMN_PASSWORD_REF);
	const char *problem = NULL;

	if (is_given(c, COLUMN_PASSWORD) && is_given(c, COLUMN_PASSWORD_REF))
		fault(c, COLUMN_PASSWORD,
			"and password_ref are both filled: leave one of them empty");
	if (strlen(text_of(c, COLUMN_PASSWORD)) > REFERENCE_SECRET_MAX)
		fault(c, COLUMN_PASSWORD, "is over 4096 bytes: shorten it");
	if (*reference)
		problem = reference_fault(reference);
	if (problem)
		fault(c, COLUMN_PASSWORD_REF, problem);
}

/* The column that a param would send a second time, or -1. */
static int clash(const struct check *c, const char *param)
{
	if (strcmp(param, "endpoint") == 0 && is_given(c, COLUMN_ENDPOINT))
		return COLUMN_ENDPOINT;
	if (strcmp(param, "username") == 0 && is_given(c, COLUMN_USERNAME))
		return COLUMN_USERNAME;
	if (strcmp(param, "password") == 0 && is_given(c, COLUMN_PASSWORD))
		return COLUMN_PASSWORD;
	if (strcmp(param, "password") == 0 && is_given(c, COLUMN_PASSWORD_REF))
		return COLUMN_PASSWORD_REF;
	return -1;
}

/* Returns how many params are filled. */
static size_t check_params(struct check *c)
{
	size_t filled = 0;

	for (size_t i = 0; i < c->h->param_count; i++) {
		size_t field = c->h->params[i].field;
		int twice = clash(c, c->h->params[i].name);

		if (!c->bad[field] && c->rec->fields[field].len == 0)
			continue;
		filled++;
		if (c->rec->fields[field].len > REFERENCE_SECRET_MAX)
			field_fault(c, field, "is over 4096 bytes: shorten it");
		if (twice >= 0)
			fault(c, (enum column)twice,
				"is filled twice, by its own column and by one of param.X: leave "
				"one of them empty");
	}
	return filled;
}

static void check_required(struct check *c, size_t params)
{
	if (str_empty(c->row->spec_id))
		return; /* refused: what it would need is not known */
	if (strcmp(c->row->spec_id, FLOW_SERVICENOW_SPEC) == 0) {
		if (!is_given(c, COLUMN_ENDPOINT))
			fault(c, COLUMN_ENDPOINT, "is empty: write the instance's URL");
		if (!is_given(c, COLUMN_USERNAME))
			fault(c, COLUMN_USERNAME, "is empty: write the login's name");
		if (!is_given(c, COLUMN_PASSWORD) && !is_given(c, COLUMN_PASSWORD_REF))
			fault(c, COLUMN_PASSWORD, "and password_ref are empty: fill one of them");
		return;
	}
	if (!is_given(c, COLUMN_AUTH_SPEC))
		fault(c, COLUMN_AUTH_SPEC, "is empty: this connection_spec_id needs one");
	if (params == 0)
		row_fault(
			c->row, "param.X", "is empty: this connection_spec_id needs at least one");
}

int validate_row(const struct header *h, const struct csv_record *rec,
	const struct validate_options *o, struct row *row)
{
	struct check c = {.h = h, .rec = rec, .o = o, .row = row};
	int r;

	row->line = rec->line;
	if (!count_is_right(&c))
		return 0;
	r = reserve(&c);
	if (r < 0)
		return -ENOMEM;
	check_bytes(&c);
	take_fields(&c);
	check_password(&c);
	check_required(&c, check_params(&c));
	return 0;
}
