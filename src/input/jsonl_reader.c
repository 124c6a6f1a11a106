#include "input/jsonl_reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX JSONL_LINE_MAX

/* What is kept from one record to the next. */
#define KEEP_MAX ((size_t)16 << 10)

/* ------------------------------------------------------------------- life */

void jsonl_reader_init(struct jsonl_reader *r, struct bytes *bytes, uint64_t line)
{
	memset(r, 0, sizeof(*r));
	r->bytes = bytes;
	r->line = line;
	buf_init_secret(&r->text, JSONL_LINE_MAX);
	buf_init_secret(&r->record.text, TEXT_MAX);
}

void jsonl_reader_done(struct jsonl_reader *r)
{
	for (size_t i = 0; r->names && i < r->columns; i++)
		free(r->names[i]);
	free(r->names);
	json_free(r->first);
	buf_done(&r->text);
	buf_done(&r->record.text);
	memset(r, 0, sizeof(*r));
}

static void empty(struct buf *b, size_t max)
{
	if (b->cap > KEEP_MAX) {
		buf_done(b);
		buf_init_secret(b, max);
	}
	buf_reset(b);
}

/* ------------------------------------------------------------------ faults */

static int no_memory(const struct jsonl_reader *r, struct error *reterr)
{
	return error_set(
		reterr, -ENOMEM, "%s:%" PRIu64 ": out of memory", r->bytes->shown, r->record.line);
}

/* None quotes the line: whatever it is, it is not what it should be. */
static int fault(const struct jsonl_reader *r, const char *what, struct error *reterr)
{
	return error_set(reterr, -EBADMSG, "%s:%" PRIu64 ": %s: take the file as snowmelt wrote it",
		r->bytes->shown, r->record.line, what);
}

/* ------------------------------------------------------------------- lines */

static bool is_end(char c)
{
	return c == '\n' || c == '\r';
}

static bool is_blank(const struct buf *b)
{
	return b->len == 0 || strspn(b->data, " \t") == b->len;
}

/* Append a segment; ret_ended: its line ends with it. */
static int feed(
	struct jsonl_reader *r, const char *s, size_t len, bool *ret_ended, struct error *reterr)
{
	char last = s[len - 1];
	bool rest_of_crlf = len == 1 && last == '\n' && r->after_cr;
	int e;

	r->record.line = r->line;
	r->after_cr = last == '\r';
	*ret_ended = is_end(last);
	if (rest_of_crlf)
		return 0;
	r->line += *ret_ended;
	e = buf_append(&r->text, s, len - *ret_ended);
	if (e == -ENOBUFS)
		return fault(r, "a line of over 128 MiB", reterr);
	return e < 0 ? no_memory(r, reterr) : 0;
}

/* The next line that is not blank, in r->text. */
static int next_line(struct jsonl_reader *r, bool block, struct error *reterr)
{
	const char *s;
	bool ended;
	size_t len;
	int got, e;

	for (;;) {
		got = bytes_next(r->bytes, block, &s, &len, reterr);
		if (got < 0)
			return got;
		if (got == BYTES_WAIT)
			return CSV_WAIT;
		if (got == BYTES_END)
			return is_blank(&r->text) ? CSV_END : CSV_RECORD;
		e = feed(r, s, len, &ended, reterr);
		if (e < 0)
			return e;
		if (ended && !is_blank(&r->text))
			return CSV_RECORD;
		if (ended)
			empty(&r->text, JSONL_LINE_MAX);
	}
}

static int next_object(struct jsonl_reader *r, bool block, struct json **ret, struct error *reterr)
{
	int got = next_line(r, block, reterr), e;

	if (got != CSV_RECORD)
		return got;
	e = json_parse(r->text.data, r->text.len, ret);
	empty(&r->text, JSONL_LINE_MAX);
	if (e == -ENOMEM)
		return no_memory(r, reterr);
	if (e < 0)
		return fault(r,
			"no whole JSON object in UTF-8 on this line, or one that has a member "
			"twice or a NUL in it",
			reterr);
	if (!json_is_object(*ret))
		return fault(r, "something else than a JSON object on this line", reterr);
	return CSV_RECORD;
}

/* ----------------------------------------------------------------- records */

/* The text stands behind what the record holds already. */
static int end_field(struct jsonl_reader *r, size_t column, size_t offset, bool bare)
{
	struct csv_record *rec = &r->record;
	struct csv_field *f = &rec->fields[column];

	*f = (struct csv_field){
		.offset = offset,
		.len = rec->text.len - offset,
		.bare = bare,
	};
	if (f->len > CSV_FIELD_MAX) {
		f->too_long = true;
		f->len = 0;
		buf_truncate(&rec->text, offset);
	}
	return buf_append_char(&rec->text, '\0');
}

static int put_text(struct jsonl_reader *r, size_t column, const char *text)
{
	size_t offset = r->record.text.len;
	int e = buf_append_str(&r->record.text, text);

	return e < 0 ? e : end_field(r, column, offset, false);
}

/* -EBADMSG: it is none that can stand in a field. */
static int put_value(struct jsonl_reader *r, size_t column, const struct json *v)
{
	size_t offset = r->record.text.len;
	int e;

	if (json_is_null(v))
		return put_text(r, column, "");
	if (json_string(v))
		return put_text(r, column, json_string(v));
	if (json_is_object(v) || json_is_array(v))
		return -EBADMSG;
	e = json_print(v, &r->record.text);
	return e < 0 ? e : end_field(r, column, offset, true);
}

static size_t count_members(const struct json *object)
{
	size_t count = 0;

	JSON_EACH (m, object)
		count++;
	return count;
}

static int tell_names(struct jsonl_reader *r, const struct json *object, struct error *reterr)
{
	size_t count = count_members(object);
	int e = 0;

	if (count == 0)
		return fault(r, "an object without members", reterr);
	if (count > CSV_COLUMNS_MAX)
		return fault(r, "an object of over 1024 members", reterr);
	r->names = calloc(count, sizeof(*r->names));
	if (!r->names)
		return no_memory(r, reterr);
	JSON_EACH (m, object) {
		r->names[r->columns] = strdup(json_name(m));
		if (e == 0)
			e = put_text(r, r->columns, json_name(m));
		if (!r->names[r->columns++] || e < 0)
			return no_memory(r, reterr);
	}
	r->record.count = count;
	return CSV_RECORD;
}

/* The column of this name, or r->columns; mostly it is the one that is due. */
static size_t find_column(const struct jsonl_reader *r, const char *name, size_t due)
{
	size_t i = 0;

	if (due < r->columns && strcmp(r->names[due], name) == 0)
		return due;
	while (i < r->columns && strcmp(r->names[i], name) != 0)
		i++;
	return i;
}

/* No name is there twice, so as many as there are columns, each of them one of
 * these, are all of them. */
static int tell_values(struct jsonl_reader *r, const struct json *object, struct error *reterr)
{
	size_t due = 0;

	if (count_members(object) != r->columns)
		return fault(r, "an object with other members than the first", reterr);
	JSON_EACH (m, object) {
		size_t column = find_column(r, json_name(m), due++);
		int e;

		if (column == r->columns)
			return fault(r, "an object with other members than the first", reterr);
		e = put_value(r, column, m);
		if (e == -EBADMSG)
			return fault(r, "a member that is a list or an object", reterr);
		if (e < 0)
			return no_memory(r, reterr);
	}
	r->record.count = r->columns;
	return CSV_RECORD;
}

int jsonl_reader_next(struct jsonl_reader *r, bool block, struct error *reterr)
{
	AUTO(json_freep) struct json *object = r->first;
	int got;

	r->first = NULL;
	if (!object) {
		got = next_object(r, block, &object, reterr);
		if (got != CSV_RECORD)
			return got;
	}
	empty(&r->record.text, TEXT_MAX);
	r->record.count = 0;
	if (r->names)
		return tell_values(r, object, reterr);
	got = tell_names(r, object, reterr);
	if (got == CSV_RECORD) {
		r->first = object;
		object = NULL;
	}
	return got;
}
