#include "input/row.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"

/* All fields of a row that are kept have room: 1,024 of 64 KiB and their NULs. */
#define TEXT_MAX ((size_t)1024 * (65536 + 1) + 4096)
/* What a row keeps for the next one in its slot. */
#define KEEP_MAX ((size_t)16 << 10)
/* Room for all faults: one of each of 1,024 columns, and as many of their meaning. */
#define FAULTS_MAX ((size_t)256 << 10)
#define FAULTS_KEEP_MAX ((size_t)1 << 10)

#define ELLIPSIS "\xe2\x80\xa6"

static void clear(struct row *r)
{
	r->number = r->line = 0;
	r->name = r->description = r->sandbox = r->endpoint = r->username = "";
	r->auth_spec = r->spec_id = r->spec_version = "";
	r->id = r->etag = r->status = "";
	r->plain_name = NULL;
	r->param_count = r->carried_count = 0;
	r->scope = r->sandbox_number = 0;
	r->invalid = false;
	r->fault[0] = '\0';
	r->more_faults = false;
	r->trouble = 0;
}

void row_init(struct row *r, struct secret_region *region)
{
	memset(r, 0, sizeof(*r));
	buf_init_secret(&r->text, TEXT_MAX);
	buf_init(&r->faults, FAULTS_MAX);
	r->region = region;
	clear(r);
}

/* Values are ours from secret_take(); flow sees them as const. */
static void give_secrets(struct row *r)
{
	for (size_t i = 0; i < r->param_count; i++) {
		union {
			const char *in;
			char *out;
		} value = {.in = r->params[i].value};

		secret_give(r->region, value.out);
		r->params[i].value = NULL;
	}
	r->param_count = 0;
}

void row_reset(struct row *r)
{
	give_secrets(r);
	if (r->text.cap > KEEP_MAX) {
		buf_done(&r->text);
		buf_init_secret(&r->text, TEXT_MAX);
	}
	buf_reset(&r->text);
	if (r->faults.cap > FAULTS_KEEP_MAX) {
		buf_done(&r->faults);
		buf_init(&r->faults, FAULTS_MAX);
	}
	buf_reset(&r->faults);
	clear(r);
}

void row_done(struct row *r)
{
	give_secrets(r);
	buf_done(&r->text);
	buf_done(&r->faults);
	free(r->carried);
	memset(r, 0, sizeof(*r));
}

/* ----------------------------------------------------------------- faults */

/* Whole, or not at all; and nothing behind one that was left out. */
static void note_in_short(struct row *r, const char *all)
{
	size_t len = strlen(r->fault), more = strlen(all), gap = len > 0 ? 2 : 0;

	r->more_faults = r->more_faults || len + gap + more >= sizeof(r->fault);
	if (r->more_faults)
		return;
	memcpy(r->fault + len, "; ", gap);
	memcpy(r->fault + len + gap, all, more + 1);
}

/* Each with the NUL behind it, which parts it from the next. */
void row_fault(struct row *r, const char *what, const char *problem)
{
	struct buf *b = &r->faults;
	size_t begin = b->len;
	int e = buf_append_str(b, what);

	r->invalid = true;
	if (e == 0)
		e = buf_append_char(b, ' ');
	if (e == 0)
		e = buf_append(b, problem, strlen(problem) + 1);
	if (e == 0) {
		note_in_short(r, b->data + begin);
		return;
	}
	if (b->data)
		buf_truncate(b, begin);
	r->trouble = e;
}

bool row_fault_next(const struct row *r, size_t *at, char *dst, size_t dst_len)
{
	const char *fault = r->faults.data + *at;
	size_t len;

	assert(dst_len >= 8);
	if (*at >= r->faults.len)
		return false;
	len = strlen(fault);
	*at += len + 1;
	if (len < dst_len) {
		memcpy(dst, fault, len + 1);
		return true;
	}
	len = dst_len - sizeof(ELLIPSIS);
	while (((unsigned char)fault[len] & 0xc0) == 0x80) /* in mid-character */
		len--;
	memcpy(dst, fault, len);
	memcpy(dst + len, ELLIPSIS, sizeof(ELLIPSIS));
	return true;
}

/* ------------------------------------------------------------------- text */

int row_reserve(struct row *r, size_t text_len, size_t carried_count)
{
	if (carried_count > r->carried_cap) {
		const char **carried = realloc(r->carried, carried_count * sizeof(*carried));

		if (!carried)
			return -ENOMEM;
		r->carried = carried;
		r->carried_cap = carried_count;
	}
	return buf_reserve(&r->text, text_len);
}

const char *row_keep(struct row *r, const char *text)
{
	struct buf *b = &r->text;
	size_t at = b->len, len = strlen(text);

	if (len == 0)
		return "";
	assert(at + len + 1 < b->cap);
	memcpy(b->data + at, text, len + 1);
	buf_commit(b, len + 1);
	return b->data + at;
}

size_t row_bytes(const struct row *r)
{
	size_t bytes = r->text.cap + r->faults.cap + r->carried_cap * sizeof(*r->carried);

	for (size_t i = 0; i < r->param_count; i++)
		bytes += strlen(r->params[i].value) + 1;
	return bytes;
}

struct flow_connection row_connection(const struct row *r)
{
	return (struct flow_connection){
		.name = r->name,
		.description = r->description,
		.endpoint = r->endpoint,
		.username = r->username,
		.params = r->params,
		.param_count = r->param_count,
		.auth_spec = r->auth_spec,
		.spec_id = r->spec_id,
		.spec_version = r->spec_version,
	};
}
