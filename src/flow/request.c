/* request.c - the texts of a request: body, URL, header lines.
 *
 * Values of a filter are percent-encoded down to RFC 3986's unreserved
 * characters; the operator `==` and the path before it stay as they are, for so
 * does every example that Adobe publishes: `property=name==My%20Name`.
 */
#include "flow/request.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/percent.h"

#define LINE_MAX_LEN ((size_t)64 * 1024) /* a header line; tokens have some 2 KiB */
#define SANDBOX_MAX 256
#define FILTER_NAME_MAX 1024 /* many servers refuse a URL of over 8 KiB; %20 takes three */

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* ------------------------------------------------------------------- body */

/* Straight into the buffer: a tree of it would cost eleven allocations a row. The first
 * error sticks. */
struct writer {
	struct buf *b;
	int error;
};

static void put(struct writer *w, const char *literal)
{
	if (w->error == 0)
		w->error = buf_append_str(w->b, literal);
}

static void put_text(struct writer *w, const char *text)
{
	if (w->error == 0)
		w->error = json_print_string(w->b, text);
}

static void put_name(struct writer *w, const char *name)
{
	if (w->error == 0 && w->b->data[w->b->len - 1] != '{')
		put(w, ",");
	put_text(w, name);
	put(w, ":");
}

static void put_member(struct writer *w, const char *name, const char *text)
{
	if (str_empty(text))
		return;
	put_name(w, name);
	put_text(w, text);
}

static void put_params(struct writer *w, const char *name, const struct flow_connection *c)
{
	put_name(w, name);
	put(w, "{");
	put_member(w, "endpoint", c->endpoint);
	put_member(w, "username", c->username);
	for (size_t i = 0; i < c->param_count; i++)
		put_member(w, c->params[i].name, c->params[i].value);
	put(w, "}");
}

int flow_create_body(struct buf *body, const struct flow_connection *c)
{
	struct writer w = {.b = body};

	/* Adobe's prose and its schema disagree on what is required: so all is sent. */
	assert(!str_empty(c->name) && !str_empty(c->auth_spec));
	assert(!str_empty(c->spec_id) && !str_empty(c->spec_version));

	put(&w, "{");
	put_member(&w, "name", c->name);
	put_member(&w, "description", c->description);
	put(&w, ",\"auth\":{");
	put_member(&w, "specName", c->auth_spec);
	put_params(&w, "params", c);
	put(&w, "},\"connectionSpec\":{");
	put_member(&w, "id", c->spec_id);
	put_member(&w, "version", c->spec_version);
	put(&w, "}}");
	return w.error;
}

/* Params as a whole, as Adobe's example has it: what an earlier row had beside them goes,
 * and the same patch twice has done the same once. A description is added, which sets it
 * whether there was one or not (RFC 6902, 4.1), while replace and remove fail where there
 * is none; so one that the row lacks becomes "". */
int flow_update_body(struct buf *body, const struct flow_connection *c)
{
	struct writer w = {.b = body};

	assert(!str_empty(c->name));

	put(&w, "[{\"op\":\"replace\",\"path\":\"/auth/params\"");
	put_params(&w, "value", c);
	put(&w, "},{\"op\":\"replace\",\"path\":\"/name\"");
	put_member(&w, "value", c->name);
	put(&w, "},{\"op\":\"add\",\"path\":\"/description\",\"value\":");
	put_text(&w, c->description ? c->description : "");
	put(&w, "}]");
	return w.error;
}

/* -------------------------------------------------------------------- URL */

static int append_pair(struct buf *url, const char *before, const char *value)
{
	int r = buf_append_str(url, before);

	return r < 0 ? r : flow_percent_append(url, value);
}

int flow_create_url(struct buf *url, const char *base_url)
{
	int r = buf_append_str(url, base_url);

	return r < 0 ? r : buf_append_str(url, "/connections");
}

int flow_connection_url(struct buf *url, const char *base_url, const char *id, enum flow_part part)
{
	static const char *const tails[] = {
		[FLOW_PART_ITSELF] = "",
		[FLOW_PART_TEST] = "/test",
		/* In capitals in Adobe's description, like this in each of its examples. */
		[FLOW_PART_EXPLORE] = "/explore?objectType=ROOT",
	};
	int r = str_uuid(id) ? flow_create_url(url, base_url) : -EINVAL;

	if (r == 0)
		r = buf_append_char(url, '/');
	if (r == 0)
		r = buf_append_str(url, id);
	return r < 0 ? r : buf_append_str(url, tails[part]);
}

static int append_filters(struct buf *url, const char *name, const char *spec_id)
{
	int r;

	if (!name)
		return append_pair(url, "?property=connectionSpec.id==", spec_id);
	r = append_pair(url, "?property=name==", name);
	return r < 0 ? r : append_pair(url, "&property=connectionSpec.id==", spec_id);
}

int flow_search_url(struct buf *url, const char *base_url, const char *name, const char *spec_id,
	const char *continuation, bool count)
{
	int r = flow_create_url(url, base_url);

	if (r == 0)
		r = append_filters(url, name, spec_id);
	if (r == 0 && count)
		return buf_append_str(url, "&count=true"); /* with a limit it is error 1401-400 */
	if (r == 0 && !name)
		r = buf_append_str(url, "&orderby=name");
	if (r == 0)
		r = buf_printf(url, "&limit=%d", FLOW_PAGE_LIMIT);
	if (r == 0 && !str_empty(continuation))
		r = append_pair(url, "&continuationToken=", continuation);
	return r;
}

bool flow_name_filterable(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > FILTER_NAME_MAX || strspn(name, LETTERS DIGITS " ._-") != len)
		return false;
	/* A server that trims the value would not find it, and the name would be sent twice. */
	return name[0] != ' ' && name[len - 1] != ' ';
}

/* ---------------------------------------------------------------- headers */

/* Not by buf_printf: vsnprintf would leave copies of the token behind. */
static int add_line(
	const char *name, const char *value, int (*add)(void *arg, const char *line), void *arg)
{
	AUTO(buf_done) struct buf line = {0};
	int r;

	buf_init_secret(&line, LINE_MAX_LEN);
	r = buf_append_str(&line, name);
	if (r == 0)
		r = buf_append_str(&line, value);
	return r < 0 ? r : add(arg, line.data);
}

int flow_headers(const char *org, const char *api_key, const char *token, const char *sandbox,
	bool has_body, const char *if_match, int (*add)(void *arg, const char *line), void *arg)
{
	const struct {
		const char *name, *value;
	} lines[] = {
		{"Authorization: Bearer ", token},
		{"x-api-key: ", api_key},
		{"x-gw-ims-org-id: ", org},
		{"x-sandbox-name: ", sandbox}, /* optional in the schema, required in the prose */
		{"Accept: ", "application/json"},
		{"Content-Type: ", has_body ? "application/json" : NULL},
		{"If-Match: ", if_match},
	};
	int r = 0;

	assert(str_visible_ascii(org) && str_visible_ascii(api_key));
	assert(str_visible_ascii(token) && flow_sandbox_valid(sandbox));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(lines); i++)
		if (lines[i].value)
			r = add_line(lines[i].name, lines[i].value, add, arg);
	return r;
}

bool flow_sandbox_valid(const char *sandbox)
{
	size_t len = strlen(sandbox);

	return len > 0 && len <= SANDBOX_MAX && strspn(sandbox, LETTERS DIGITS "-") == len;
}
