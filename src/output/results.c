/* results.c - lines as they come into .part, then in order into RESULTS.
 *
 * RESULTS is only ever replaced whole, by rename, as the last step. Until then
 * everything that goes wrong leaves it as it was, and every sentence says so
 * and where the lines are that are finished.
 */
#include "output/results.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/str.h"
#include "output/inorder.h"
#include "output/part.h"
#include "output/places.h"
#include "sys/file.h"
#include "sys/lock.h"

/* A buffer that held a giant line is not kept. */
#define KEEP_SIZE ((size_t)1024 * 1024)

/* What is read at once of a line that is there. */
#define READ_SIZE ((size_t)4096)

#define SHOWN_SIZE 300 /* three of them and a sentence fit into struct error */

enum path { PATH_RESULTS, PATH_PART, PATH_PART_LOCK, PATH_INDEX, PATH_NEW, PATH_COUNT };

static const char *const path_suffix[PATH_COUNT] = {
	[PATH_RESULTS] = "",
	[PATH_PART] = ".part",
	[PATH_PART_LOCK] = ".part.lock",
	[PATH_INDEX] = ".part.index",
	[PATH_NEW] = ".new",
};

struct results {
	struct line_style style;
	char **carried_names; /* the style's, ours */
	char *paths[PATH_COUNT];
	int part_fd, index_fd; /* -1: not open; .part is locked while it is */
	struct buf pending;    /* lines that the kernel does not have yet */
	uint64_t part_len;     /* bytes that it has */
	struct places places;
	struct error failed; /* code 0: none; else no line can be added any more */
	bool part_spent;     /* .part has nothing that is not elsewhere: it goes, too */
};

/* ----------------------------------------------------------------- errors */

static int cannot(
	const struct results *r, int code, const char *verb, enum path path, struct error *reterr)
{
	char file[SHOWN_SIZE], results[SHOWN_SIZE], part[SHOWN_SIZE];

	return error_set(reterr, code,
		"cannot %s '%s': %s: '%s' is as it was, finished lines are in '%s'", verb,
		str_shown(file, sizeof(file), r->paths[path]), strerror(-code),
		str_shown(results, sizeof(results), r->paths[PATH_RESULTS]),
		str_shown(part, sizeof(part), r->paths[PATH_PART]));
}

static int hand_up(const struct results *r, struct error *reterr)
{
	return error_set(reterr, r->failed.code, "%s", r->failed.text);
}

/* From here on .part or its index lacks something. */
static int fail(struct results *r, int code, const char *verb, enum path path, struct error *reterr)
{
	cannot(r, code, verb, path, &r->failed);
	return hand_up(r, reterr);
}

/* ---------------------------------------------------------------- opening */

static char *path_with(const char *path, const char *suffix)
{
	size_t len = strlen(path), suffix_len = strlen(suffix);
	char *s = malloc(len + suffix_len + 1);

	if (s) {
		memcpy(s, path, len);
		memcpy(s + len, suffix, suffix_len + 1);
	}
	return s;
}

static int copy_style(struct results *r, const struct line_style *style)
{
	size_t count = style->carried_count;

	r->carried_names = calloc(count + 1, sizeof(*r->carried_names));
	if (!r->carried_names)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		r->carried_names[i] = strdup(style->carried_names[i]);
		if (!r->carried_names[i])
			return -ENOMEM;
	}
	r->style = *style;
	r->style.carried_names = (const char *const *)r->carried_names;
	return 0;
}

static struct results *results_new(const char *path, const struct line_style *style)
{
	struct results *r = calloc(1, sizeof(*r));
	bool complete;

	if (!r)
		return NULL;
	r->part_fd = r->index_fd = -1;
	buf_init(&r->pending, WRITE_SIZE + LINE_MAX_SIZE);
	complete = copy_style(r, style) == 0;
	for (int i = 0; i < PATH_COUNT; i++) {
		r->paths[i] = path_with(path, path_suffix[i]);
		complete = complete && r->paths[i];
	}
	if (complete)
		return r;
	results_close(r);
	return NULL;
}

/* All names that a run writes under are asked about, for the input may bear
 * any of them. */
static int check_paths(const struct results *r, const struct stat *inputs, size_t input_count,
	struct error *reterr)
{
	int ret;

	for (int i = 0; i < PATH_COUNT; i++) {
		ret = file_check_replaceable(r->paths[i], inputs, input_count, reterr);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Under the lock: nobody else has these files open for writing. */
static int begin(struct results *r, struct error *reterr)
{
	int ret;

	r->index_fd = file_create_afresh(r->paths[PATH_INDEX], reterr);
	if (r->index_fd < 0)
		return r->index_fd;
	ret = places_init(&r->places, r->index_fd);
	if (ret == 0)
		ret = line_header(&r->style, &r->pending);
	if (ret < 0)
		return cannot(r, ret, "begin", PATH_PART, reterr);
	return results_flush(r, reterr);
}

int results_open(const char *path, const struct line_style *style, const struct stat *inputs,
	size_t input_count, struct results **ret, struct error *reterr)
{
	struct results *r;
	int code;

	r = results_new(path, style);
	if (!r)
		return error_set(reterr, -ENOMEM, "no memory for the results");

	code = check_paths(r, inputs, input_count, reterr);
	if (code == 0)
		code = r->part_fd = part_create(r->paths[PATH_PART], reterr);
	if (code >= 0)
		code = begin(r, reterr);
	if (code < 0) {
		r->part_spent = true; /* it has no lines yet */
		results_close(r);
		return code;
	}
	*ret = r;
	return 0;
}

/* ----------------------------------------------------------- while it goes */

static int write_pending(struct results *r, struct error *reterr)
{
	int ret;

	ret = file_write_all(r->part_fd, r->pending.data, r->pending.len);
	if (ret < 0)
		return fail(r, ret, "write", PATH_PART, reterr);
	r->part_len += r->pending.len;
	if (r->pending.cap > KEEP_SIZE) {
		buf_done(&r->pending);
		buf_init(&r->pending, WRITE_SIZE + LINE_MAX_SIZE);
	}
	buf_reset(&r->pending);
	return 0;
}

/* The line that was just put into `pending`, from `start` on, is the row's. */
static int note_line(struct results *r, uint64_t row, size_t start, struct error *reterr)
{
	int ret = places_set(&r->places, row, r->part_len + start);

	if (ret < 0)
		return fail(r, ret, "write", PATH_INDEX, reterr);
	return r->pending.len >= WRITE_SIZE ? write_pending(r, reterr) : 0;
}

int results_add(struct results *r, const struct line *l, struct error *reterr)
{
	size_t start = r->pending.len;
	int ret;

	if (r->failed.code < 0)
		return hand_up(r, reterr);
	ret = line_append(&r->style, l, &r->pending);
	if (ret < 0)
		return fail(r, ret, "add a line to", PATH_PART, reterr);
	return note_line(r, l->row, start, reterr);
}

int results_flush(struct results *r, struct error *reterr)
{
	if (r->failed.code < 0)
		return hand_up(r, reterr);
	return r->pending.len > 0 ? write_pending(r, reterr) : 0;
}

uint64_t results_lines(const struct results *r)
{
	return r->places.rows;
}

/* ------------------------------------------------------ lines that are there */

/* Read one back that begins at `offset` of .part. */
static int read_line(struct results *r, uint64_t offset, struct buf *b)
{
	bool quoted = false, ended = false;
	int ret = 0;

	while (ret == 0 && !ended) {
		size_t len = (size_t)MIN((uint64_t)READ_SIZE, r->part_len - offset);

		if (len == 0)
			return -EIO;
		ret = buf_reserve(b, len);
		if (ret == 0)
			ret = file_pread_all(r->part_fd, b->data + b->len, len, (off_t)offset);
		if (ret == 0)
			len = line_end(r->style.format, b->data + b->len, len, &quoted, &ended);
		if (ret == 0)
			buf_commit(b, len);
		offset += len;
	}
	return ret;
}

/* The last line of a row; `b` is the caller's. */
static int find_line(struct results *r, uint64_t row, struct buf *b, struct error *reterr)
{
	uint64_t offset;
	int ret;

	buf_init(b, LINE_MAX_SIZE + READ_SIZE);
	ret = results_flush(r, reterr);
	if (ret < 0)
		return ret;
	ret = places_get(&r->places, row, &offset);
	if (ret == -ENODATA)
		return error_set(reterr, ret, "row %" PRIu64 " has no line yet", row);
	if (ret < 0)
		return fail(r, ret, "read", PATH_INDEX, reterr);
	ret = read_line(r, offset, b);
	return ret < 0 ? fail(r, ret, "read", PATH_PART, reterr) : 0;
}

static int read_had(enum line_format format, const char *line, size_t len, struct results_had *ret)
{
	struct line_pieces p;
	char number[32], name[32];

	if (line_read(format, line, len, &p) < 0 || p.number.len >= sizeof(number) ||
		p.status.len >= sizeof(name))
		return -EBADMSG;
	str_copy(number, p.number.len + 1, p.number.at);
	str_copy(name, p.status.len + 1, p.status.at);
	if (!status_find(name, &ret->status) || str_u64(number, 0, UINT64_MAX, &ret->line) < 0)
		return -EBADMSG;
	return 0;
}

int results_look(struct results *r, uint64_t row, struct results_had *ret, struct error *reterr)
{
	AUTO(buf_done) struct buf line = {0};
	struct results_had had;
	int code;

	code = find_line(r, row, &line, reterr);
	if (code < 0)
		return code;
	code = read_had(r->style.format, line.data, line.len, &had);
	if (code < 0)
		return fail(r, code, "read", PATH_PART, reterr);
	*ret = had;
	return 0;
}

int results_amend(struct results *r, uint64_t row, const char *status, const char *error_code,
	const char *error, struct error *reterr)
{
	const struct line_change change = {
		.status = status, .error_code = error_code, .error = error};
	AUTO(buf_done) struct buf line = {0};
	size_t start;
	int ret;

	ret = find_line(r, row, &line, reterr);
	if (ret < 0)
		return ret;
	start = r->pending.len;
	ret = line_amend(&r->style, line.data, line.len, &change, &r->pending);
	if (ret < 0)
		return fail(r, ret, "add a line to", PATH_PART, reterr);
	return note_line(r, row, start, reterr);
}

/* -------------------------------------------------------------- at the end */

static int write_in_order(struct results *r, int fd, struct error *reterr)
{
	const struct inorder o = {
		.style = &r->style,
		.part_fd = r->part_fd,
		.part_len = r->part_len,
		.places = &r->places,
		.new_fd = fd,
	};
	char results[SHOWN_SIZE], part[SHOWN_SIZE];
	enum inorder_side side;
	uint64_t row;
	int ret;

	ret = inorder_write(&o, &side, &row);
	if (ret == 0)
		return 0;
	switch (side) {
	case INORDER_PART: return cannot(r, ret, "read", PATH_PART, reterr);
	case INORDER_INDEX: return cannot(r, ret, "read", PATH_INDEX, reterr);
	case INORDER_NEW: return cannot(r, ret, "write", PATH_NEW, reterr);
	case INORDER_MISSING: break;
	}
	return error_set(reterr, ret,
		"row %" PRIu64 " has no line: '%s' is as it was, finished lines are in '%s'", row,
		str_shown(results, sizeof(results), r->paths[PATH_RESULTS]),
		str_shown(part, sizeof(part), r->paths[PATH_PART]));
}

/* The sentence already says what became of RESULTS. RESULTS.new is left alone:
 * it is whole, or it is somebody else's by now. */
static int put_in_place(struct results *r, int fd, struct error *reterr)
{
	char part[SHOWN_SIZE];
	struct error e;
	int ret;

	ret = file_put_in_place(fd, r->paths[PATH_NEW], r->paths[PATH_RESULTS], &e);
	if (ret == 0)
		return 0;
	return error_set(reterr, ret, "%s; all lines are in '%s' as well", e.text,
		str_shown(part, sizeof(part), r->paths[PATH_PART]));
}

/* Remove what only a run under way needs. The lock goes last: until then the
 * names are ours. */
static void release(struct results *r)
{
	if (r->index_fd >= 0) {
		unlink(r->paths[PATH_INDEX]);
		close(r->index_fd);
	}
	if (r->part_fd >= 0) {
		if (r->part_spent)
			part_remove(r->paths[PATH_PART]);
		else
			lock_forget(r->paths[PATH_PART]);
		close(r->part_fd);
	}
	r->index_fd = r->part_fd = -1;
}

int results_finish(struct results *r, struct error *reterr)
{
	int fd, ret;

	assert(r->part_fd >= 0);
	ret = results_flush(r, reterr);
	if (ret < 0)
		return ret;

	fd = file_create_afresh(r->paths[PATH_NEW], reterr);
	if (fd < 0)
		return fd;
	ret = write_in_order(r, fd, reterr);
	if (ret < 0)
		unlink(r->paths[PATH_NEW]);
	else
		ret = put_in_place(r, fd, reterr);
	close(fd);
	if (ret < 0)
		return ret;
	r->part_spent = true;
	release(r);
	return 0;
}

void results_close(struct results *r)
{
	if (!r)
		return;
	if (r->part_fd >= 0 && !r->part_spent)
		results_flush(r, NULL); /* who wants to know flushes before */
	release(r);
	places_done(&r->places);
	buf_done(&r->pending);
	for (int i = 0; i < PATH_COUNT; i++)
		free(r->paths[i]);
	for (size_t i = 0; r->carried_names && r->carried_names[i]; i++)
		free(r->carried_names[i]);
	free(r->carried_names);
	free(r);
}
