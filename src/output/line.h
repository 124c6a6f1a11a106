/* line.h - one line of the results, as CSV or JSON Lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum line_format { LINE_CSV, LINE_JSONL };

/** All text borrowed; NULL or "" is empty. Numbers: 0 is empty where so said. */
struct line {
	uint64_t row;
	uint64_t line;
	const char *name;
	const char *sandbox;
	const char *endpoint;
	const char *status;
	const char *id;
	const char *etag; /* with its quotes */
	int http_status;  /* 0: empty */
	const char *error_code;
	const char *error;
	uint32_t attempts;
	const char *request_id;
	int64_t started_ms;  /* wall clock; 0: empty */
	int64_t duration_ms; /* negative: empty */
	const char *const *carried;
	size_t carried_count;
};

struct line_style {
	enum line_format format;
	bool excel_safe; /* defuse fields that a spreadsheet would take for a formula (CSV) */
	const char *const *carried_names;
	size_t carried_count;
};

/** The results' own columns, in order ("row" … "duration_ms"). */
extern const char *const line_columns[];
extern const size_t line_column_count;

/** Append the CSV header with its newline; nothing for JSON Lines. */
int line_header(const struct line_style *s, struct buf *b);

/** Append the line with its newline: 0, -ENOBUFS or -ENOMEM. */
int line_append(const struct line_style *s, const struct line *l, struct buf *b);
