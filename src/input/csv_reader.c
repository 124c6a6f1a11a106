#include "input/csv_reader.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a record's text may hold at most, and what is kept from one to the next. */
#define TEXT_MAX ((size_t)CSV_COLUMNS_MAX * (CSV_FIELD_MAX + 1))
#define KEEP_MAX ((size_t)16 << 10)

/* ------------------------------------------- libcsv's buffer, capped and wiped
 *
 * libcsv asks for 128 bytes more at a time and does not say how much there was:
 * the size stands in front of the block, which grows by doubling.
 */

union block {
	size_t size;
	max_align_t align;
};

/* The closing quote is stored too, and libcsv wants room before it looks at the
 * byte that ends the field. */
#define BLOCK_MAX (CSV_FIELD_LIMIT + 2)

static void block_free(void *p)
{
	union block *b = p;

	if (!b)
		return;
	b--;
	wipe(b + 1, b->size);
	free(b);
}

static void *block_realloc(void *p, size_t size)
{
	union block *old = p ? (union block *)p - 1 : NULL, *b;
	size_t cap = old ? old->size : 4096;

	if (size > BLOCK_MAX)
		return NULL;
	if (old && size <= old->size)
		return p;
	while (cap < size)
		cap = MIN(cap * 2, BLOCK_MAX);
	b = malloc(sizeof(*b) + cap);
	if (!b)
		return NULL;
	b->size = cap;
	if (old)
		memcpy(b + 1, p, old->size);
	block_free(p);
	return b + 1;
}

/* libcsv drops blanks around fields unless told that nothing is a blank. */
static int no_space(unsigned char c)
{
	return 0;
}

/* ------------------------------------------------------- libcsv's callbacks */

static void on_field(void *data, size_t len, void *arg)
{
	struct csv_reader *r = arg;
	struct csv_record *rec = &r->record;
	struct csv_field *f;

	r->field_line = r->line; /* the next one begins here, too */
	r->longest = MAX(r->longest, len);
	if (rec->count++ >= CSV_COLUMNS_MAX || r->trouble < 0)
		return;

	f = &rec->fields[rec->count - 1];
	*f = (struct csv_field){
		.offset = rec->text.len,
		.too_long = len > CSV_FIELD_MAX,
	};
	if (!f->too_long) {
		f->len = len;
		r->trouble = buf_append(&rec->text, data, len);
	}
	if (r->trouble == 0)
		r->trouble = buf_append_char(&rec->text, '\0');
}

static void on_record(int terminator, void *arg)
{
	struct csv_reader *r = arg;

	assert(!r->complete); /* a segment holds the end of one record at most */
	r->complete = true;
}

/* ------------------------------------------------------------------- life */

int csv_reader_init(struct csv_reader *r, struct bytes *bytes, char delimiter, uint64_t line)
{
	memset(r, 0, sizeof(*r));
	r->bytes = bytes;
	r->line = line;
	buf_init_secret(&r->record.text, TEXT_MAX);
	if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return -ENOMEM;
	csv_set_delim(&r->parser, (unsigned char)delimiter);
	csv_set_space_func(&r->parser, no_space);
	csv_set_realloc_func(&r->parser, block_realloc);
	csv_set_free_func(&r->parser, block_free);
	return 0;
}

void csv_reader_done(struct csv_reader *r)
{
	csv_free(&r->parser);
	buf_done(&r->record.text);
}

/* ----------------------------------------------------------------- records */

static void record_begin(struct csv_reader *r)
{
	struct csv_record *rec = &r->record;

	/* One huge record must not cost its memory to the end. */
	if (rec->text.cap > KEEP_MAX) {
		buf_done(&rec->text);
		buf_init_secret(&rec->text, TEXT_MAX);
	}
	buf_reset(&rec->text);
	rec->count = 0;
	rec->line = r->line;
	r->field_line = r->line;
	r->longest = 0;
	r->open = true;
	r->complete = false;
}

/* A line of nothing but blanks is a blank line to whoever looks at it. */
static bool record_is_blank(const struct csv_record *rec)
{
	const struct csv_field *f = &rec->fields[0];

	return rec->count == 1 && f->len > 0 && strspn(csv_text(rec, 0), " \t") == f->len;
}

/* Between two records: wipe what libcsv holds of the one that is whole. */
static void record_end(struct csv_reader *r)
{
	r->open = false;
	if (r->longest > CSV_FIELD_MAX)
		csv_free(&r->parser);
	else if (r->parser.entry_buf)
		wipe(r->parser.entry_buf, MIN(r->longest + 1, r->parser.entry_size));
	if (record_is_blank(&r->record))
		r->complete = false;
}

static int parse_fault(struct csv_reader *r, struct error *reterr)
{
	const char *file = r->bytes->shown;

	switch (csv_error(&r->parser)) {
	case CSV_EPARSE:
		if (r->parser.quoted)
			return error_set(reterr, -EBADMSG,
				"%s:%" PRIu64 ": text after a closing quote (the field begins on "
				"line %" PRIu64
				"): quote the whole field and double each quote in it",
				file, r->line, r->field_line);
		return error_set(reterr, -EBADMSG,
			"%s:%" PRIu64
			": a quote inside an unquoted field: quote the whole field and "
			"double each quote in it",
			file, r->line);
	default:
		if (r->parser.entry_size >= BLOCK_MAX)
			return error_set(reterr, -EBADMSG,
				"%s:%" PRIu64
				": a field of over 16 MiB begins here: look for a quote "
				"that is not closed",
				file, r->field_line);
		return error_set(reterr, -ENOMEM, "%s:%" PRIu64 ": out of memory", file, r->line);
	}
}

static bool is_end(char c)
{
	return c == '\n' || c == '\r';
}

static void count_line(struct csv_reader *r, const char *s, size_t len)
{
	char last = s[len - 1];

	if (is_end(last) && !(len == 1 && last == '\n' && r->after_cr))
		r->line++;
	r->after_cr = last == '\r';
}

static int feed(struct csv_reader *r, const char *s, size_t len, struct error *reterr)
{
	if (!r->open && !(len == 1 && is_end(*s)))
		record_begin(r);
	if (r->open) {
		if (csv_parse(&r->parser, s, len, on_field, on_record, r) != len)
			return parse_fault(r, reterr);
		if (r->complete)
			record_end(r);
	}
	count_line(r, s, len);
	return 0;
}

static int finish(struct csv_reader *r, struct error *reterr)
{
	if (!r->open)
		return 0;
	if (csv_fini(&r->parser, on_field, on_record, r) != 0)
		return error_set(reterr, -EBADMSG,
			"%s:%" PRIu64
			": a quote that opens here never closes: close it, or double a "
			"quote that is part of the field",
			r->bytes->shown, r->field_line);
	assert(r->complete);
	record_end(r);
	return 0;
}

int csv_reader_next(struct csv_reader *r, bool block, struct error *reterr)
{
	const char *s;
	size_t len;
	int got, e;

	r->complete = false;
	do {
		got = bytes_next(r->bytes, block, &s, &len, reterr);
		if (got < 0)
			return got;
		if (got == BYTES_WAIT)
			return CSV_WAIT;
		e = got == BYTES_END ? finish(r, reterr) : feed(r, s, len, reterr);
		if (e < 0)
			return e;
		if (r->trouble < 0)
			return error_set(reterr, r->trouble, "%s:%" PRIu64 ": out of memory",
				r->bytes->shown, r->record.line);
	} while (!r->complete && got != BYTES_END);
	return r->complete ? CSV_RECORD : CSV_END;
}
