/* results_row.c - what of a results file may be trusted, and what not.
 *
 * --excel-safe puts apostrophes into a CSV (output/csv_field.c). It never touches id
 * (a UUID) and status (a word of ours). From the begin of a sandbox or an etag an
 * apostrophe can be taken away, since neither can begin with one. A name can: whether
 * "'=x" was "=x" nobody can tell from the file, so both are handed out, and who looks
 * a name up has to ask for both, and has the id to tell whether it was the right one.
 */
#include "input/results_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/formula.h"
#include "base/macros.h"
#include "base/str.h"
#include "input/validate.h"

struct results_check {
	const struct header *h;
	const struct csv_record *rec;
	const struct results_file *f;
	struct row *row;
	struct error *reterr;
};

static int file_fault(const struct results_check *c, const char *what, const char *problem)
{
	return error_set(c->reterr, -EBADMSG,
		"%s:%" PRIu64 ": %s %s: take the file as snowmelt wrote it", c->f->shown,
		c->rec->line, what, problem);
}

/* ------------------------------------------------------------------ fields */

static const char *text_of(const struct results_check *c, enum results_column col)
{
	int field = c->h->results[col];

	return field < 0 ? "" : csv_text(c->rec, (size_t)field);
}

static const char *bad_bytes(const struct csv_field *f, const char *text)
{
	if (f->too_long)
		return "is over 65536 bytes";
	if (memchr(text, '\0', f->len) || !utf8_valid(text, f->len))
		return "is not UTF-8 text";
	return NULL;
}

static int check_own(const struct results_check *c)
{
	for (int col = 0; col < RESULTS_COLUMN_COUNT; col++) {
		int field = c->h->results[col];
		const char *problem;

		if (field < 0)
			continue;
		problem = bad_bytes(&c->rec->fields[field], csv_text(c->rec, (size_t)field));
		if (!problem && c->rec->fields[field].bare)
			problem = "is a number, or true or false, where text belongs";
		if (problem)
			return file_fault(c, results_names[col], problem);
	}
	return 0;
}

/* One that has grown over the limit by its apostrophes is left out: a carried field
 * decides nothing. */
static int take_carried(const struct results_check *c)
{
	struct row *row = c->row;

	for (size_t i = 0; i < c->h->carried_count; i++) {
		size_t field = c->h->carried_fields[i];
		const struct csv_field *f = &c->rec->fields[field];
		char label[32];

		if (!f->too_long && bad_bytes(f, csv_text(c->rec, field))) {
			snprintf(label, sizeof(label), "column %zu", field + 1);
			return file_fault(c, label, bad_bytes(f, csv_text(c->rec, field)));
		}
		row->carried[i] = row_keep(row, csv_text(c->rec, field));
	}
	row->carried_count = c->h->carried_count;
	return 0;
}

/* Without the apostrophe before it that it cannot have had itself. */
static const char *own_begin(const struct results_check *c, const char *text)
{
	bool defused = !c->f->json && *text == '\'' && formula_begins(text + 1, true);

	return defused ? text + 1 : text;
}

/* The name without what --excel-safe may have put into it; room was made for it. */
static const char *plain_name(const struct results_check *c)
{
	struct buf *b = &c->row->text;
	char *copy = b->data + b->len;

	if (c->f->json || formula_restore(c->row->name, copy) == 0)
		return NULL;
	buf_commit(b, strlen(copy) + 1);
	return copy;
}

/* An apostrophe before the etag proves that the file is --excel-safe, so what looks
 * like one inside is one, too. */
static const char *take_etag(const struct results_check *c)
{
	struct buf *b = &c->row->text;
	const char *etag = text_of(c, RESULTS_ETAG);
	char *copy = b->data + b->len;

	if (own_begin(c, etag) == etag)
		return row_keep(c->row, etag);
	formula_restore(etag, copy);
	buf_commit(b, strlen(copy) + 1);
	return copy;
}

static void take_own(const struct results_check *c)
{
	struct row *row = c->row;

	row->name = row_keep(row, text_of(c, RESULTS_NAME));
	row->plain_name = plain_name(c);
	row->sandbox = row_keep(row, own_begin(c, text_of(c, RESULTS_SANDBOX)));
	row->status = row_keep(row, text_of(c, RESULTS_STATUS));
	row->id = row_keep(row, text_of(c, RESULTS_ID));
	row->etag = take_etag(c);
	row->endpoint = row_keep(row, text_of(c, RESULTS_ENDPOINT));
}

/* ------------------------------------------------------------------- whole */

static int check_meaning(const struct results_check *c)
{
	const struct row *row = c->row;

	if (*row->sandbox && !flow_sandbox_valid(row->sandbox))
		return file_fault(c, "sandbox", "is no name of a sandbox");
	if (*row->id && !str_uuid(row->id))
		return file_fault(c, "id", "is no UUID");
	if (*row->id && !*row->sandbox)
		return file_fault(c, "sandbox", "is empty, though there is an id");
	if (*row->id && !*row->name)
		return file_fault(c, "name", "is empty, though there is an id");
	return 0;
}

static int check_count(const struct results_check *c)
{
	char text[128];

	if (c->rec->count == c->h->columns)
		return 0;
	snprintf(text, sizeof(text), "%zu fields where the header has %zu", c->rec->count,
		c->h->columns);
	return file_fault(c, "has", text);
}

int results_row(const struct header *h, const struct csv_record *rec, const struct results_file *f,
	struct row *row, struct error *reterr)
{
	const struct results_check c = {.h = h, .rec = rec, .f = f, .row = row, .reterr = reterr};
	int r = check_count(&c);

	row->line = rec->line;
	if (r == 0)
		r = check_own(&c);
	if (r < 0)
		return r;
	/* All fields once, and the name twice. */
	r = row_reserve(
		row, rec->text.len + strlen(text_of(&c, RESULTS_NAME)) + 1, h->carried_count);
	if (r < 0)
		return error_set(
			reterr, -ENOMEM, "%s:%" PRIu64 ": out of memory", f->shown, rec->line);
	take_own(&c);
	r = take_carried(&c);
	return r < 0 ? r : check_meaning(&c);
}
