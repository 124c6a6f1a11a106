/* patch.c - PATCH /connections/{id}: a JSON Patch array behind an If-Match.
 *
 * Only what may change can be named: /name, /description, /auth/params as a
 * whole and its members. All operations are done on a copy, which counts if the
 * last one is right.
 */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

enum patch_op { PATCH_ADD, PATCH_REPLACE, PATCH_REMOVE, PATCH_UNKNOWN };

struct draft {
	struct buf name;
	struct buf description;
	struct buf params;
	bool mask;
};

static void draft_init(struct draft *d, const struct connection *c, bool mask)
{
	const char *params = connection_params(c);

	d->mask = mask;
	buf_init(&d->name, MUST_MAX);
	buf_init(&d->description, MUST_MAX);
	buf_init(&d->params, MUST_MAX);
	must(buf_append_str(&d->name, connection_name(c)));
	must(buf_append_str(&d->description, connection_description(c)));
	must(buf_append(&d->params, params, (size_t)(connection_params_end(c) - params)));
}

static void draft_done(struct draft *d)
{
	buf_done(&d->name);
	buf_done(&d->description);
	buf_done(&d->params);
}

static enum patch_op find_op(const char *name)
{
	static const char *const names[] = {
		[PATCH_ADD] = "add", [PATCH_REPLACE] = "replace", [PATCH_REMOVE] = "remove"};

	for (int op = 0; name && op < PATCH_UNKNOWN; op++) {
		if (strcmp(names[op], name) == 0)
			return (enum patch_op)op;
	}
	return PATCH_UNKNOWN;
}

static const char *change_text(struct buf *b, enum patch_op op, const struct json *value)
{
	const char *text = json_string(value);

	if (op != PATCH_REMOVE && !text)
		return "The value of this path is a string.";
	buf_reset(b);
	must(buf_append_str(b, op == PATCH_REMOVE ? "" : text));
	return NULL;
}

static const char *change_params(struct draft *d, enum patch_op op, const struct json *value)
{
	if (op == PATCH_REMOVE || !json_is_object(value))
		return "The value of /auth/params is an object.";
	buf_reset(&d->params);
	params_pack(&d->params, value, d->mask);
	return NULL;
}

static const char *change_param(
	struct draft *d, const char *name, enum patch_op op, const struct json *value)
{
	struct param p;
	const char *packed = d->params.data;
	bool is_there = params_find(packed, packed + d->params.len, name, &p);

	if (op != PATCH_ADD && !is_there)
		return "There is nothing at this path.";
	if (op == PATCH_REMOVE)
		params_remove(&d->params, name);
	else if (value)
		params_set(&d->params, name, value, d->mask);
	else
		return "The value is missing.";
	return NULL;
}

/* NULL, or what is wrong with it. */
static const char *apply(struct draft *d, const struct json *instruction)
{
	static const char param_prefix[] = "/auth/params/";
	const char *path = json_string(json_get(instruction, "path"));
	const struct json *value = json_get(instruction, "value");
	enum patch_op op = find_op(json_string(json_get(instruction, "op")));

	if (!path || op == PATCH_UNKNOWN)
		return "A patch is an array of op (add, replace, remove), path and value.";
	if (strcmp(path, "/name") == 0)
		return change_text(&d->name, op, value);
	if (strcmp(path, "/description") == 0)
		return change_text(&d->description, op, value);
	if (strcmp(path, "/auth/params") == 0)
		return change_params(d, op, value);
	if (strncmp(path, param_prefix, strlen(param_prefix)) == 0)
		return change_param(d, path + strlen(param_prefix), op, value);
	return "This path cannot be changed.";
}

static bool apply_all(struct request *r, struct draft *d, const struct json *patch)
{
	const char *wrong = json_is_array(patch) ? NULL : "A patch is an array.";

	JSON_EACH (instruction, patch) {
		if (!wrong)
			wrong = apply(d, instruction);
	}
	if (!wrong && d->name.len == 0)
		wrong = "The name cannot be empty.";
	if (wrong)
		answer_flow(&r->answer, 400, "1414", wrong);
	return !wrong;
}

static bool check_version(struct request *r, struct etag current)
{
	const char *given = request_header(r, "If-Match");
	AUTO(buf_done) struct buf text = {0};
	char etag[ETAG_SIZE];

	buf_init(&text, MUST_MAX);
	etag_format(current, etag);
	if (str_empty(given)) {
		answer_flow(&r->answer, 400, "1403", "The header If-Match is missing.");
		return false;
	}
	if (strcmp(given, etag) == 0)
		return true;
	must(buf_printf(&text,
		"Supplied version=[%s] does not match the current version on entity=[%s]", given,
		etag));
	if (r->service->options->error_shape == SHAPE_CURRENT)
		answer_flow(&r->answer, 412, "1404", text.data);
	else
		answer_older(&r->answer, 412, text.data);
	return false;
}

static void keep(struct request *r, uint32_t number, const struct draft *d, bool by_other)
{
	struct service *s = r->service;
	struct connection *c = store_at(&s->store, number);
	struct store_text t = {d->name.data, d->description.data ? d->description.data : "",
		d->params.data, d->params.len};
	int64_t wall_ms = clock_wall_ms();

	/* A change in the millisecond of the create is a change all the same. */
	c->updated_ms = wall_ms > c->created_ms ? wall_ms : c->created_ms + 1;
	c->etag = service_new_etag(s, wall_ms);
	c->updates += !by_other;
	s->counters.updates += !by_other;
	s->counters.others += by_other;
	store_change(&s->store, number, &t);
	if (journal_put(&s->journal, &s->store, c) < 0)
		answer_not_kept(r);
	else
		item_print_version(answer_start(&r->answer, 200), c->id, c->etag);
}

static void change(struct request *r, uint32_t number, bool by_other)
{
	AUTO(json_freep) struct json *patch = request_json(r);
	struct draft d;

	if (!patch)
		return;
	draft_init(&d, store_at(&r->service->store, number), !r->service->options->show_passwords);
	if (apply_all(r, &d, patch))
		keep(r, number, &d, by_other);
	draft_done(&d);
}

void patch_connection(struct request *r)
{
	uint32_t number = request_connection(r);
	const struct connection *c;

	if (number == NO_CONNECTION)
		return;
	c = store_at(&r->service->store, number);
	if (check_version(r, item_etag(r->service, c, clock_wall_ms())))
		change(r, number, false);
}

void control_change(struct request *r)
{
	uint32_t number = request_any_connection(r);

	if (number != NO_CONNECTION)
		change(r, number, true);
}
