/* query.c - see query.h. */
#include "flowmock/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "flowmock/request.h"
#include "flowmock/service.h"

static const char *const fields[FIELD_COUNT] = {
	[FIELD_ID] = "id",
	[FIELD_NAME] = "name",
	[FIELD_DESCRIPTION] = "description",
	[FIELD_SPEC_ID] = "connectionSpec.id",
	[FIELD_STATE] = "state",
	[FIELD_CREATED] = "createdAt",
	[FIELD_UPDATED] = "updatedAt",
	[FIELD_PARAM] = "auth.params.", /* and a name */
};

void query_done(struct query *q)
{
	for (size_t i = 0; i < q->filter_count; i++) {
		free(q->filters[i].text);
		free(q->filters[i].param);
	}
	*q = (struct query){0};
}

const char *filter_value(const struct filter *f, size_t i)
{
	const char *value = f->text;

	while (i-- > 0)
		value += strlen(value) + 1;
	return value;
}

/* ---------------------------------------------------------------- matching */

static int64_t time_of(const struct service *s, const struct filter *f, const struct connection *c,
	int64_t wall_ms)
{
	return f->field == FIELD_CREATED ? c->created_ms : item_updated_ms(s, c, wall_ms);
}

static bool time_fits(enum op op, int64_t t, int64_t bound)
{
	switch (op) {
	case OP_EQUAL: return t == bound;
	case OP_AT_LEAST: return t >= bound;
	case OP_BELOW: return t < bound;
	case OP_ABOVE: return t > bound;
	}
	return false;
}

static const char *text_of(const struct service *s, const struct filter *f,
	const struct connection *c, int64_t wall_ms, char id[UUID_SIZE])
{
	struct param p;

	switch (f->field) {
	case FIELD_ID: uuid_format(c->id, id); return id;
	case FIELD_NAME: return connection_name(c);
	case FIELD_DESCRIPTION: return connection_description(c);
	case FIELD_SPEC_ID: return store_spec_id(&s->store, c);
	case FIELD_STATE: return item_state(s, c, wall_ms);
	case FIELD_PARAM:
		if (!params_find(connection_params(c), connection_params_end(c), f->param, &p))
			return NULL;
		return p.type == 'm' ? PARAMS_MASK : p.value;
	case FIELD_CREATED:
	case FIELD_UPDATED:
	case FIELD_COUNT: break;
	}
	return NULL;
}

static bool filter_fits(const struct service *s, const struct filter *f, const struct connection *c,
	int64_t wall_ms)
{
	const char *value = f->text;
	char id[UUID_SIZE];
	const char *text;

	if (f->field == FIELD_CREATED || f->field == FIELD_UPDATED)
		return time_fits(f->op, time_of(s, f, c, wall_ms), strtoll(value, NULL, 10));
	text = text_of(s, f, c, wall_ms, id);
	for (size_t i = 0; text && i < f->count; i++) {
		if (strcmp(text, value) == 0)
			return true;
		value += strlen(value) + 1;
	}
	return false;
}

bool query_matches(
	const struct service *s, const struct query *q, const struct connection *c, int64_t wall_ms)
{
	if (!c->text || c->scope != q->scope || !item_is_listed(c, wall_ms))
		return false;
	for (size_t i = 0; i < q->filter_count; i++) {
		if (!filter_fits(s, &q->filters[i], c, wall_ms))
			return false;
	}
	return true;
}

/* ----------------------------------------------------------------- reading */

struct reading {
	struct request *request;
	struct query query;
	const char *wrong; /* NULL: nothing */
};

static enum field find_field(const char *path, size_t len)
{
	for (int f = 0; f < FIELD_PARAM; f++) {
		if (strlen(fields[f]) == len && strncmp(fields[f], path, len) == 0)
			return (enum field)f;
	}
	if (len > strlen(fields[FIELD_PARAM]) &&
		strncmp(path, fields[FIELD_PARAM], strlen(fields[FIELD_PARAM])) == 0)
		return FIELD_PARAM;
	return FIELD_COUNT;
}

/* The length of the operator at `at`; 0 when there is none. */
static size_t read_op(const char *at, enum op *ret)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = {{"==", OP_EQUAL}, {">=", OP_AT_LEAST}, {"<", OP_BELOW}, {">", OP_ABOVE}};

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strncmp(at, ops[i].text, strlen(ops[i].text)) == 0) {
			*ret = ops[i].op;
			return strlen(ops[i].text);
		}
	}
	return 0;
}

static void split_values(struct filter *f)
{
	f->count = 1;
	for (char *comma = f->text; (comma = strchr(comma, ',')); comma++) {
		*comma = '\0';
		f->count++;
	}
}

static bool is_time(const struct filter *f)
{
	uint64_t ms;

	return f->count == 1 && str_u64(f->text, 0, INT64_MAX, &ms) == 0;
}

static const char *read_property(struct reading *in, const char *property)
{
	struct query *q = &in->query;
	size_t path_len = strcspn(property, "=<>");
	struct filter f = {.field = find_field(property, path_len)};
	size_t op_len = read_op(property + path_len, &f.op);
	bool timed = f.field == FIELD_CREATED || f.field == FIELD_UPDATED;

	if (f.field == FIELD_COUNT || op_len == 0 || (!timed && f.op != OP_EQUAL))
		return "the property filter is not valid";
	if (f.field == FIELD_NAME && in->request->service->options->filter_ignores_name)
		return NULL;
	if (q->filter_count == FILTERS_MAX)
		return "there are too many property filters";
	f.text = must_copy(property + path_len + op_len);
	split_values(&f);
	if (f.field == FIELD_PARAM) {
		size_t prefix = strlen(fields[FIELD_PARAM]);

		f.param = must_copy(property + prefix);
		f.param[path_len - prefix] = '\0';
	}
	q->filters[q->filter_count++] = f;
	return timed && !is_time(&f) ? "a time is a number of milliseconds" : NULL;
}

static const char *read_limit(struct query *q, const char *value)
{
	uint64_t limit;

	if (str_u64(value, 1, UINT32_MAX, &limit) < 0)
		return "limit is not valid";
	q->limit = (uint32_t)limit;
	q->has_limit = true;
	return NULL;
}

/* A `+` in front arrives as a blank from those who do not encode it. */
static const char *read_order(struct query *q, const char *value)
{
	q->falling = value[0] == '-';
	if (strchr("+- ", value[0]) && value[0] != '\0')
		value++;
	if (strcmp(value, "name") == 0)
		q->by_name = true;
	else if (strcmp(value, "createdAt") == 0)
		q->by_name = false;
	else
		return "orderby is not valid";
	return NULL;
}

static bool read_argument(void *arg, const char *name, const char *value)
{
	struct reading *in = arg;
	struct query *q = &in->query;

	if (!value)
		value = "";
	if (strcmp(name, "property") == 0)
		in->wrong = read_property(in, value);
	else if (strcmp(name, "limit") == 0)
		in->wrong = read_limit(q, value);
	else if (strcmp(name, "orderby") == 0)
		in->wrong = read_order(q, value);
	else if (strcmp(name, "count") == 0)
		q->count_only = strcmp(value, "true") == 0;
	else if (strcmp(name, "continuationToken") == 0 && strlen(value) < sizeof(q->token))
		str_copy(q->token, sizeof(q->token), value);
	else if (strcmp(name, "continuationToken") == 0)
		in->wrong = "continuationToken is not valid";
	return !in->wrong;
}

bool query_parse(struct request *r, struct query *ret)
{
	struct reading in = {
		.request = r,
		.query = {.scope = request_scope(r), .falling = true},
	};
	const uint32_t page_size = r->service->options->page_size;

	request_arguments(r, read_argument, &in);
	if (in.wrong) {
		answer_message(&r->answer, 400, in.wrong);
	} else if (in.query.has_limit && in.query.count_only) {
		in.wrong = "both";
		answer_flow(&r->answer, 400, "1401",
			"The query parameters limit and count cannot be used together.");
	}
	if (in.wrong) {
		query_done(&in.query);
		return false;
	}
	if (!in.query.has_limit || in.query.limit > page_size)
		in.query.limit = page_size;
	*ret = in.query;
	return true;
}
