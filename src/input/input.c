#include "input/input.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "input/bytes.h"
#include "input/credentials.h"
#include "input/csv_reader.h"
#include "input/dialect.h"
#include "input/header.h"
#include "input/jsonl_reader.h"
#include "input/reference.h"
#include "input/results_row.h"
#include "input/scope.h"
#include "input/validate.h"

struct input {
	enum input_kind kind;
	struct bytes bytes;
	bool json; /* results, read by jsonl, not by csv */
	struct csv_reader csv;
	struct jsonl_reader jsonl;
	struct header header;
	struct references references;
	struct scopes scopes;
	char *default_sandbox;
	char delimiter;
	bool allow_http_endpoints;
	bool without_secrets;
	uint64_t rows;       /* read so far in this reading */
	bool held;           /* the last record read is still to be handed out */
	struct error failed; /* the file is bad from here on */
};

/* ------------------------------------------------------------------- open */

/* Bytes until the header line is whole. */
static int find_dialect(struct input *in, struct dialect *ret, struct error *reterr)
{
	const char *file = in->bytes.shown, *data;
	size_t len;
	int r;

	for (;;) {
		r = bytes_peek(&in->bytes, &data, &len, reterr);
		if (r < 0)
			return r;
		if (in->kind == INPUT_RESULTS && dialect_is_json(data, len, ret))
			return 0;
		switch (dialect_detect(data, len, r == BYTES_END, in->delimiter, ret)) {
		case DIALECT_KNOWN: return 0;
		case DIALECT_MORE: break;
		case DIALECT_EMPTY:
			return error_set(reterr, -EBADMSG,
				"%s:1: the file is empty: it needs at least a header", file);
		case DIALECT_UTF16:
			return error_set(reterr, -EBADMSG,
				"%s:1: the file is in UTF-16: save it as UTF-8", file);
		}
	}
}

static const struct csv_record *record_of(const struct input *in)
{
	return in->json ? &in->jsonl.record : &in->csv.record;
}

/* From the first byte to behind the header, which is left in record_of(). JSON has
 * none, but the names in its first object, and that is not behind us then. */
static int read_header(struct input *in, struct error *reterr)
{
	struct dialect d;
	int r = find_dialect(in, &d, reterr);

	if (r < 0)
		return r;
	bytes_skip(&in->bytes, d.skip);
	in->json = d.delimiter == 0;
	if (in->json) {
		jsonl_reader_init(&in->jsonl, &in->bytes, 1);
		r = jsonl_reader_next(&in->jsonl, true, reterr);
		return r < 0 ? r : 0; /* there is a '{', so it is not the end */
	}
	r = csv_reader_init(&in->csv, &in->bytes, d.delimiter, 1 + d.lines);
	if (r < 0)
		return error_set(reterr, r, "%s: out of memory", in->bytes.shown);
	r = csv_reader_next(&in->csv, true, reterr);
	if (r == CSV_END)
		return error_set(reterr, -EBADMSG,
			"%s:1: the file has no header: write the names of the columns into its "
			"first line",
			in->bytes.shown);
	return r < 0 ? r : 0;
}

static void freep(char **p)
{
	free(*p);
}

/* References by a relative path count from the folder of the CSV; a pipe has
 * none, so from the working directory. */
static int open_references(struct input *in, const struct input_options *o, struct error *reterr)
{
	const char *slash = strrchr(o->path, '/');
	AUTO(freep) char *dir = NULL;

	if (o->secrets_dir)
		return references_open(&in->references, o->secrets_dir, true, reterr);
	if (!in->bytes.regular || !slash)
		return references_open(&in->references, ".", false, reterr);
	/* With its slash, which makes "/" of "/x.csv". */
	dir = strndup(o->path, (size_t)(slash - o->path) + 1);
	if (!dir)
		return error_set(reterr, -ENOMEM, "%s: out of memory", in->bytes.shown);
	return references_open(&in->references, dir, false, reterr);
}

static int check_options(const struct input_options *o, struct error *reterr)
{
	if (o->delimiter && strchr("\"\r\n", o->delimiter))
		return error_set(reterr, -EINVAL,
			"--delimiter: a quote or a newline cannot be one: take a comma, semicolon, "
			"tab or |");
	return 0;
}

static int map_header(struct input *in, const struct input_options *o, struct error *reterr)
{
	const struct header_options columns = {
		.map = o->map,
		.map_count = o->map_count,
		.carry = o->carry,
		.carry_count = o->carry_count,
	};

	if (in->kind == INPUT_RESULTS)
		return results_header_map(&in->header, record_of(in), in->bytes.shown, reterr);
	return header_map(&in->header, record_of(in), &columns, in->bytes.shown, reterr);
}

static int open_none(struct input *in, const struct input_options *o, struct error *reterr)
{
	char shown[300];

	in->bytes.regular = true;
	if (stat(o->path, &in->bytes.stat) == 0)
		return 0;
	return error_set(reterr, -errno, "%s: cannot be read: %s",
		str_shown(shown, sizeof(shown), o->path), strerror(errno));
}

static int open_all(struct input *in, const struct input_options *o, struct error *reterr)
{
	int r = check_options(o, reterr);

	if (o->kind == INPUT_NONE)
		return open_none(in, o, reterr);
	if (r == 0)
		r = bytes_open(&in->bytes, o->path, reterr);
	if (r == 0 && !in->without_secrets)
		r = open_references(in, o, reterr);
	if (r == 0)
		r = read_header(in, reterr);
	return r == 0 ? map_header(in, o, reterr) : r;
}

int input_open(const struct input_options *o, struct input **ret, struct error *reterr)
{
	struct input *in = calloc(1, sizeof(*in));
	int r = -ENOMEM;

	if (in) {
		in->kind = o->kind;
		in->bytes = BYTES_INIT;
		in->references = REFERENCES_INIT;
		in->delimiter = o->kind == INPUT_RESULTS ? 0 : o->delimiter;
		in->allow_http_endpoints = o->allow_http_endpoints;
		in->without_secrets = o->kind == INPUT_RESULTS || o->without_secrets;
		in->default_sandbox =
			strdup(o->default_sandbox ? o->default_sandbox : FLOW_DEFAULT_SANDBOX);
	}
	if (in && in->default_sandbox)
		r = open_all(in, o, reterr);
	else
		error_set(reterr, r, "the input cannot be opened: out of memory");
	if (r < 0) {
		input_close(in);
		return r;
	}
	*ret = in;
	return 0;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	csv_reader_done(&in->csv);
	jsonl_reader_done(&in->jsonl);
	header_done(&in->header);
	bytes_done(&in->bytes);
	references_done(&in->references);
	scopes_done(&in->scopes);
	free(in->default_sandbox);
	free(in);
}

/* ------------------------------------------------------------------- rows */

static int out_of_memory(const struct input *in, const struct row *row, struct error *reterr)
{
	return error_set(
		reterr, -ENOMEM, "%s:%" PRIu64 ": out of memory", in->bytes.shown, row->line);
}

static int fill_row(struct input *in, struct row *row, struct error *reterr)
{
	const struct validate_options o = {
		.default_sandbox = in->default_sandbox,
		.allow_http_endpoints = in->allow_http_endpoints,
	};
	const struct results_file f = {.shown = in->bytes.shown, .json = in->json};

	if (in->kind == INPUT_RESULTS)
		return results_row(&in->header, record_of(in), &f, row, reterr);
	if (validate_row(&in->header, record_of(in), &o, row) < 0 || row->trouble < 0)
		return out_of_memory(in, row, reterr);
	return 0;
}

/* The record as a row, but for its secrets. */
static int make_row(struct input *in, struct row *row, struct error *reterr)
{
	int r;

	row->number = in->rows;
	r = fill_row(in, row, reterr);
	if (r < 0)
		return r;
	if (!row->invalid && *row->sandbox)
		r = scopes_number(
			&in->scopes, row->sandbox, row->spec_id, &row->scope, &row->sandbox_number);
	if (r == -ENOSPC)
		return error_set(reterr, r,
			"%s:%" PRIu64 ": more than %d pairs of sandbox and connection_spec_id: "
			"split the file",
			in->bytes.shown, row->line, INPUT_SCOPES_MAX);
	return r < 0 ? out_of_memory(in, row, reterr) : 0;
}

static int read_record(struct input *in, bool block, struct error *reterr)
{
	int r = in->json ? jsonl_reader_next(&in->jsonl, block, reterr)
			 : csv_reader_next(&in->csv, block, reterr);

	if (r == CSV_RECORD)
		in->rows++;
	return r;
}

static int survey(struct input *in, struct input_survey *ret, struct row *row, struct error *reterr)
{
	struct input_survey s = {0};
	int r;

	while ((r = read_record(in, true, reterr)) == CSV_RECORD) {
		row_reset(row);
		r = make_row(in, row, reterr);
		if (r < 0)
			return r;
		s.invalid += row->invalid;
		s.with_id += *row->id != '\0';
		s.created += *row->id && strcmp(row->status, "created") == 0;
	}
	if (r < 0)
		return r;
	s.rows = in->rows;
	s.scopes = in->scopes.count;
	s.sandboxes = in->scopes.sandbox_count;
	*ret = s;
	return 0;
}

/* Back to the first row. The header was mapped already: had it changed, the
 * times of the file or the hash would say so. */
static int start_again(struct input *in, struct error *reterr)
{
	int r = bytes_rewind(&in->bytes, reterr);

	if (r < 0)
		return r;
	csv_reader_done(&in->csv);
	jsonl_reader_done(&in->jsonl);
	in->rows = 0;
	return read_header(in, reterr);
}

/* Who was about to delete wants to know. */
static void say_nothing_was_done(struct error *e)
{
	size_t len = strlen(e->text);

	str_copy(e->text + len, sizeof(e->text) - len, "; nothing was done");
}

int input_survey(struct input *in, struct input_survey *ret, struct error *reterr)
{
	struct row *row;
	int r;

	assert(in->bytes.regular && in->rows == 0);
	if (in->kind == INPUT_NONE) {
		*ret = (struct input_survey){0};
		return 0;
	}
	row = malloc(sizeof(*row));
	if (!row)
		return error_set(reterr, -ENOMEM, "%s: out of memory", in->bytes.shown);
	row_init(row, NULL);
	r = survey(in, ret, row, reterr);
	row_done(row);
	free(row);
	if (r == 0)
		r = start_again(in, reterr);
	if (r < 0 && in->kind == INPUT_RESULTS && reterr)
		say_nothing_was_done(reterr);
	return r;
}

static int next_row(struct input *in, struct row *row, struct error *reterr)
{
	int r;

	if (!in->held) {
		r = read_record(in, false, reterr);
		if (r < 0)
			return r;
		if (r != CSV_RECORD)
			return r == CSV_END ? INPUT_END : INPUT_WAIT;
		in->held = true;
	}
	r = make_row(in, row, reterr);
	if (r < 0)
		return r;
	if (!in->without_secrets &&
		!credentials_take(&in->header, record_of(in), &in->references, row)) {
		row_reset(row);
		assert(!secret_region_is_unused(row->region)); /* nobody could give room back */
		return INPUT_NO_ROOM;
	}
	if (row->trouble < 0)
		return out_of_memory(in, row, reterr);
	in->held = false;
	return INPUT_ROW;
}

int input_next(struct input *in, struct row *row, struct error *reterr)
{
	int r = in->failed.code;

	if (in->kind == INPUT_NONE)
		return INPUT_END;
	if (r == 0)
		r = next_row(in, row, &in->failed);
	if (r < 0) {
		row_reset(row);
		if (reterr)
			*reterr = in->failed;
	}
	return r;
}

int input_rewind(struct input *in, struct error *reterr)
{
	if (in->failed.code < 0) {
		*reterr = in->failed;
		return in->failed.code;
	}
	in->held = false;
	return start_again(in, reterr);
}

/* -------------------------------------------------------------- questions */

bool input_is_regular(const struct input *in)
{
	return in->bytes.regular;
}

const struct stat *input_stat(const struct input *in)
{
	return &in->bytes.stat;
}

int input_fd(const struct input *in)
{
	return in->bytes.regular ? -1 : in->bytes.fd;
}

size_t input_carried(const struct input *in, const char *const **ret_names)
{
	*ret_names = in->header.carried;
	return in->header.carried_count;
}

uint32_t input_sandbox_count(const struct input *in)
{
	return in->scopes.sandbox_count;
}

const char *input_sandbox(const struct input *in, uint32_t number)
{
	assert(number < in->scopes.sandbox_count);
	return in->scopes.sandboxes[number];
}

int input_scope(struct input *in, const char *sandbox, const char *spec_id, uint32_t *ret_scope,
	uint32_t *ret_sandbox)
{
	if (!flow_sandbox_valid(sandbox) || !str_uuid(spec_id))
		return -EINVAL;
	return scopes_number(&in->scopes, sandbox, spec_id, ret_scope, ret_sandbox);
}

const char *input_scope_spec(const struct input *in, uint32_t scope, uint32_t *ret_sandbox)
{
	assert(scope < in->scopes.count);
	*ret_sandbox = in->scopes.pairs[scope].sandbox;
	return in->scopes.pairs[scope].spec_id;
}
