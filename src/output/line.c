/* line.c - the columns of a line, and how each format writes them. */
#include "output/line.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/time.h"
#include "output/csv_field.h"

enum column {
	COLUMN_ROW,
	COLUMN_LINE,
	COLUMN_NAME,
	COLUMN_SANDBOX,
	COLUMN_ENDPOINT,
	COLUMN_STATUS,
	COLUMN_ID,
	COLUMN_ETAG,
	COLUMN_HTTP_STATUS,
	COLUMN_ERROR_CODE,
	COLUMN_ERROR,
	COLUMN_ATTEMPTS,
	COLUMN_REQUEST_ID,
	COLUMN_STARTED_AT,
	COLUMN_DURATION_MS,
	COLUMN_COUNT
};

const char *const line_columns[] = {
	[COLUMN_ROW] = "row",
	[COLUMN_LINE] = "line",
	[COLUMN_NAME] = "name",
	[COLUMN_SANDBOX] = "sandbox",
	[COLUMN_ENDPOINT] = "endpoint",
	[COLUMN_STATUS] = "status",
	[COLUMN_ID] = "id",
	[COLUMN_ETAG] = "etag",
	[COLUMN_HTTP_STATUS] = "http_status",
	[COLUMN_ERROR_CODE] = "error_code",
	[COLUMN_ERROR] = "error",
	[COLUMN_ATTEMPTS] = "attempts",
	[COLUMN_REQUEST_ID] = "request_id",
	[COLUMN_STARTED_AT] = "started_at",
	[COLUMN_DURATION_MS] = "duration_ms",
};
const size_t line_column_count = ARRAY_SIZE(line_columns);
static_assert(ARRAY_SIZE(line_columns) == COLUMN_COUNT, "every column has its name");

/* A line in the making. The first error sticks, so that the columns can be
 * written one below the other. */
struct writer {
	const struct line_style *style;
	struct buf *b;
	size_t column; /* the next one; the carried ones follow our own */
	int error;
};

static void put(struct writer *w, const char *data, size_t len)
{
	if (w->error == 0)
		w->error = buf_append(w->b, data, len);
}

static void put_str(struct writer *w, const char *s)
{
	put(w, s, strlen(s));
}

static void put_json_string(struct writer *w, const char *s)
{
	if (w->error == 0)
		w->error = json_print_string(w->b, s);
}

static const char *further_name(const struct line_style *s, size_t n)
{
	return n < s->carried_count ? s->carried_names[n] : s->number_name;
}

/* What stands before a value: the comma, and in JSON the column's name. */
static void begin_column(struct writer *w)
{
	size_t column = w->column++;

	if (w->style->format == LINE_CSV) {
		if (column > 0)
			put(w, ",", 1);
		return;
	}
	put(w, column == 0 ? "{" : ",", 1);
	if (column < line_column_count) {
		put(w, "\"", 1);
		put_str(w, line_columns[column]);
		put(w, "\":", 2);
	} else {
		put_json_string(w, further_name(w->style, column - line_column_count));
		put(w, ":", 1);
	}
}

static void put_empty(struct writer *w)
{
	begin_column(w);
	if (w->style->format == LINE_JSONL)
		put(w, "null", 4);
}

static void put_text(struct writer *w, const char *text)
{
	if (str_empty(text)) {
		put_empty(w);
		return;
	}
	begin_column(w);
	if (w->style->format == LINE_JSONL)
		put_json_string(w, text);
	else if (w->error == 0)
		w->error = csv_field_append(w->b, text, w->style->excel_safe);
}

static void put_number(struct writer *w, uint64_t n)
{
	char digits[20]; /* of UINT64_MAX */
	size_t at = sizeof(digits);

	begin_column(w);
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	put(w, digits + at, sizeof(digits) - at);
}

static void put_time(struct writer *w, int64_t wall_ms)
{
	char text[RFC3339_SIZE];

	if (wall_ms == 0) {
		put_empty(w);
		return;
	}
	rfc3339_format(wall_ms, text);
	put_text(w, text);
}

/* Take half a line back, so that a caller finds the buffer as it was. */
static int undo_if_failed(struct writer *w, size_t start)
{
	if (w->error < 0 && w->b->len > start) {
		w->b->len = start;
		w->b->data[start] = '\0';
	}
	return w->error;
}

static int end_line(struct writer *w, size_t start)
{
	put(w, "\n", 1);
	return undo_if_failed(w, start);
}

int line_header(const struct line_style *s, struct buf *b)
{
	struct writer w = {.style = s, .b = b};
	size_t start = b->len;

	if (s->format == LINE_JSONL)
		return 0;
	for (size_t i = 0; i < line_column_count; i++)
		put_text(&w, line_columns[i]);
	for (size_t i = 0; i < s->carried_count; i++)
		put_text(&w, s->carried_names[i]);
	if (s->number_name)
		put_text(&w, s->number_name);
	return end_line(&w, start);
}

int line_append(const struct line_style *s, const struct line *l, struct buf *b)
{
	struct writer w = {.style = s, .b = b};
	size_t start = b->len;

	assert(l->carried_count <= s->carried_count);
	put_number(&w, l->row);
	put_number(&w, l->line);
	put_text(&w, l->name);
	put_text(&w, l->sandbox);
	put_text(&w, l->endpoint);
	put_text(&w, l->status);
	put_text(&w, l->id);
	put_text(&w, l->etag);
	l->http_status > 0 ? put_number(&w, (uint64_t)l->http_status) : put_empty(&w);
	put_text(&w, l->error_code);
	put_text(&w, l->error);
	put_number(&w, l->attempts);
	put_text(&w, l->request_id);
	put_time(&w, l->started_ms);
	l->duration_ms >= 0 ? put_number(&w, (uint64_t)l->duration_ms) : put_empty(&w);
	assert(w.column == line_column_count);

	for (size_t i = 0; i < s->carried_count; i++)
		put_text(&w, i < l->carried_count ? l->carried[i] : NULL);
	if (s->number_name)
		l->number >= 0 ? put_number(&w, (uint64_t)l->number) : put_empty(&w);
	if (s->format == LINE_JSONL)
		put(&w, "}", 1);
	return end_line(&w, start);
}

/* ------------------------------------------------------- a line that is there */

/* Where the column ends that begins here: at the comma, or at what ends the line.
 * In CSV an even number of quotes so far means outside of them; in JSON no value
 * of ours is a list, and a quote inside a string has a backslash before it. */
static size_t column_end(enum line_format format, const char *line, size_t len, size_t at)
{
	char end = format == LINE_JSONL ? '}' : '\n';
	bool quoted = false;

	for (; at < len; at++) {
		if (quoted && format == LINE_JSONL && line[at] == '\\')
			at++;
		else if (line[at] == '"')
			quoted = !quoted;
		else if (!quoted && (line[at] == ',' || line[at] == end))
			break;
	}
	return at;
}

/* The begins of our own columns, and behind them that of what follows. */
static int find_columns(
	enum line_format format, const char *line, size_t len, size_t ret[COLUMN_COUNT + 1])
{
	size_t at = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		ret[i] = at;
		at = column_end(format, line, len, i == 0 ? 0 : at + 1);
		if (at >= len || (line[at] != ',' && i + 1 < COLUMN_COUNT))
			return -EBADMSG;
	}
	ret[COLUMN_COUNT] = at;
	return 0;
}

/* The value, without the comma, JSON's name and the quotes around it. */
static struct line_piece value(
	enum line_format format, enum column c, const char *line, const size_t at[COLUMN_COUNT + 1])
{
	size_t begin = at[c] + (c > 0 || format == LINE_JSONL);
	size_t end = at[c + 1];

	if (format == LINE_JSONL)
		begin += strlen(line_columns[c]) + strlen("\"\":");
	if (end - begin >= 2 && line[begin] == '"') {
		begin++;
		end--;
	}
	return (struct line_piece){.at = line + begin, .len = end - begin};
}

int line_read(enum line_format format, const char *line, size_t len, struct line_pieces *ret)
{
	size_t at[COLUMN_COUNT + 1];
	int r = find_columns(format, line, len, at);

	if (r < 0)
		return r;
	ret->number = value(format, COLUMN_LINE, line, at);
	ret->status = value(format, COLUMN_STATUS, line, at);
	return 0;
}

int line_amend(const struct line_style *s, const char *line, size_t len,
	const struct line_change *c, struct buf *b)
{
	struct writer w = {.style = s, .b = b, .column = COLUMN_STATUS};
	size_t at[COLUMN_COUNT + 1], start = b->len;
	int r = find_columns(s->format, line, len, at);

	if (r < 0)
		return r;
	put(&w, line, at[COLUMN_STATUS]);
	put_text(&w, c->status);
	put(&w, line + at[COLUMN_ID], at[COLUMN_ERROR_CODE] - at[COLUMN_ID]);
	w.column = COLUMN_ERROR_CODE;
	put_text(&w, c->error_code);
	put_text(&w, c->error);
	put(&w, line + at[COLUMN_ATTEMPTS], len - at[COLUMN_ATTEMPTS]);
	return undo_if_failed(&w, start);
}

/* JSON has no newline inside a line. In CSV one counts only outside quotes,
 * and since a quote inside a field is doubled, an even number of quotes so far
 * means outside. */
size_t line_end(
	enum line_format format, const char *piece, size_t len, bool *quoted, bool *ret_ended)
{
	size_t at = 0;

	while (at < len) {
		const char *newline = memchr(piece + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - piece) : len;

		if (format == LINE_CSV)
			for (; at < end; at++)
				*quoted ^= piece[at] == '"';
		if (newline && !*quoted) {
			*ret_ended = true;
			return end + 1;
		}
		at = newline ? end + 1 : len;
	}
	*ret_ended = false;
	return len;
}
