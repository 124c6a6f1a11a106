#include "input/row.h"

#include <string.h>

#include "base/macros.h"

/* All fields of a row that are kept have room: 1,024 of 64 KiB and their NULs. */
#define TEXT_MAX ((size_t)1024 * (65536 + 1) + 4096)
/* What a row keeps for the next one in its slot. */
#define KEEP_MAX ((size_t)16 << 10)

static void clear(struct row *r)
{
	r->number = r->line = 0;
	r->name = r->description = r->sandbox = r->endpoint = r->username = "";
	r->auth_spec = r->spec_id = r->spec_version = "";
	r->param_count = r->carried_count = 0;
	r->scope = r->sandbox_number = 0;
	r->invalid = false;
	r->fault[0] = '\0';
}

void row_init(struct row *r, struct secret_region *region)
{
	memset(r, 0, sizeof(*r));
	buf_init_secret(&r->text, TEXT_MAX);
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
	clear(r);
}

void row_done(struct row *r)
{
	give_secrets(r);
	buf_done(&r->text);
	memset(r, 0, sizeof(*r));
}

size_t row_bytes(const struct row *r)
{
	size_t bytes = r->text.cap;

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
