/* control.c - what a test asks and says to this program, not to the service. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flowmock/census.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

static void put_number(struct buf *b, const char *name, uint64_t n)
{
	must(buf_printf(b, "%s\"%s\":%" PRIu64, b->data[b->len - 1] == '{' ? "" : ",", name, n));
}

static void put_requests(struct buf *b, const struct counters *c)
{
	const uint64_t *r = c->requests;

	must(buf_append_str(b, ",\"requests\":{"));
	put_number(b, "POST", r[VERB_POST]);
	put_number(b, "GET", r[VERB_GET] + r[VERB_READ] + r[VERB_TEST] + r[VERB_EXPLORE]);
	put_number(b, "PATCH", r[VERB_PATCH]);
	put_number(b, "DELETE", r[VERB_DELETE]);
	must(buf_append_str(b, "},\"gets\":{"));
	put_number(b, "list", r[VERB_GET]);
	put_number(b, "read", r[VERB_READ]);
	put_number(b, "test", r[VERB_TEST]);
	put_number(b, "explore", r[VERB_EXPLORE]);
	must(buf_append_char(b, '}'));
}

static void put_tokens(struct buf *b, const struct counters *c)
{
	must(buf_append_str(b, ",\"tokens\":{"));
	put_number(b, "fetches", c->requests[VERB_TOKEN]);
	put_number(b, "given", c->tokens_given);
	put_number(b, "in_flight", c->tokens_in_flight);
	put_number(b, "most_at_once", c->most_tokens_in_flight);
	put_number(b, "refused", c->tokens_refused);
	must(buf_append_char(b, '}'));
}

static void put_statuses(struct buf *b, const struct counters *c)
{
	must(buf_append_str(b, ",\"statuses\":{"));
	put_number(b, "none", c->statuses[0]);
	for (int status = 1; status < STATUS_MAX; status++) {
		if (c->statuses[status] > 0)
			must(buf_printf(b, ",\"%d\":%" PRIu64, status, c->statuses[status]));
	}
	must(buf_append_char(b, '}'));
}

static void put_faults(struct buf *b, const struct counters *c)
{
	must(buf_append_str(b, ",\"faults\":{"));
	for (int f = FAULT_NONE + 1; f < FAULT_COUNT; f++) {
		if (c->faults[f] > 0)
			put_number(b, fault_kind((enum fault)f)->name, c->faults[f]);
	}
	must(buf_append_char(b, '}'));
}

void control_status(struct request *r)
{
	const struct service *s = r->service;
	const struct counters *c = &s->counters;
	struct census census = census_take(&s->store);
	struct buf *b = answer_start(&r->answer, 200);

	must(buf_append_char(b, '{'));
	put_number(b, "connections", s->store.alive);
	put_number(b, "creates", c->creates);
	put_number(b, "updates", c->updates);
	put_number(b, "deletes", c->deletes);
	put_number(b, "reads", c->reads);
	put_number(b, "tests", c->tests);
	put_number(b, "explores", c->explores);
	put_number(b, "by_others", c->others);
	put_number(b, "max_per_name", census.max_per_name);
	put_number(b, "names_with_several", census.names_with_several);
	put_number(b, "in_flight", c->in_flight);
	put_number(b, "most_in_flight", c->most_in_flight);
	put_number(b, "worst_second", c->worst_second);
	put_requests(b, c);
	put_tokens(b, c);
	put_statuses(b, c);
	put_faults(b, c);
	must(buf_append_char(b, ','));
	servicenow_print(&s->servicenow, b);
	must(buf_append_char(b, '}'));
}

/* -------------------------------------------------------- the whole store */

static void put_text(struct buf *b, const char *before, const char *text)
{
	must(buf_append_str(b, before));
	must(json_print_string(b, text));
}

static void put_params(struct buf *b, const struct connection *c)
{
	const char *packed = connection_params(c), *end = connection_params_end(c);
	struct param p;

	if (params_find(packed, end, "endpoint", &p))
		put_text(b, ",\"endpoint\":", p.value);
	if (params_find(packed, end, "username", &p))
		put_text(b, ",\"username\":", p.value);
	if (!params_find(packed, end, "password", &p))
		return;
	if (p.type == 'm')
		must(buf_printf(b, ",\"password_length\":%s", p.value));
	else
		must(buf_printf(b, ",\"password_length\":%zu", strlen(p.value)));
}

static void put_line(struct buf *b, const struct service *s, const struct connection *c)
{
	char id[UUID_SIZE], etag[ETAG_SIZE];

	uuid_format(c->id, id);
	put_text(b, "{\"id\":", id);
	etag_format(c->etag, etag);
	put_text(b, ",\"etag\":", etag);
	etag_format(item_etag(s, c, clock_wall_ms()), etag);
	put_text(b, ",\"etag_now\":", etag);
	put_text(b, ",\"org\":", store_org(&s->store, c));
	put_text(b, ",\"sandbox\":", store_sandbox(&s->store, c));
	put_text(b, ",\"name\":", connection_name(c));
	put_text(b, ",\"description\":", connection_description(c));
	put_text(b, ",\"connectionSpec\":", store_spec_id(&s->store, c));
	put_params(b, c);
}

/* What was executed of it. */
static void put_counts(struct buf *b, const struct connection *c)
{
	put_number(b, "updates", c->updates);
	put_number(b, "reads", c->reads);
	put_number(b, "tests", c->tests);
	put_number(b, "explores", c->explores);
}

static bool stream_line(struct request *r, struct buf *b)
{
	const struct store *s = &r->service->store;

	while (r->stream_next < s->count) {
		const struct connection *c = store_at(s, r->stream_next++);

		if (!connection_is_there(c) ||
			(r->segment[0] && strcmp(store_sandbox(s, c), r->segment) != 0))
			continue;
		put_line(b, r->service, c);
		if (r->counts)
			put_counts(b, c);
		must(buf_append_str(b, "}\n"));
		return true;
	}
	return false;
}

static bool take_argument(void *arg, const char *name, const char *value)
{
	struct request *r = arg;

	if (strcmp(name, "sandbox") == 0 && value)
		str_copy(r->segment, sizeof(r->segment), value);
	else if (strcmp(name, "counts") == 0)
		r->counts = value && strcmp(value, "true") == 0;
	return true;
}

void control_connections(struct request *r)
{
	request_arguments(r, take_argument, r);
	answer_start(&r->answer, 200);
	r->answer.content_type = "application/x-ndjson";
	r->stream = stream_line;
}

/* ------------------------------------------------------------------ orders */

/* First all that are named to 0, so that their order does not matter. */
static int set_chances(struct faults *f, const struct json *wanted, bool to_zero)
{
	JSON_EACH (v, wanted) {
		double chance;
		int r;

		if (!json_number(v, &chance))
			return -EINVAL;
		r = faults_set(f, json_name(v), to_zero ? 0 : chance);
		if (r < 0)
			return r;
	}
	return 0;
}

void control_faults(struct request *r)
{
	AUTO(json_freep) struct json *wanted = request_json(r);
	struct faults changed = r->service->faults;

	if (!wanted)
		return;
	if (!json_is_object(wanted) || set_chances(&changed, wanted, true) < 0 ||
		set_chances(&changed, wanted, false) < 0) {
		answer_message(&r->answer, 400,
			"give an object of KIND (see flowmock --help): chance from 0 to 1, at "
			"most 1 together");
		return;
	}
	r->service->faults = changed;
	must(buf_append_str(answer_start(&r->answer, 200), "{}"));
}

void control_revoke(struct request *r)
{
	tokens_revoke(&r->service->tokens);
	must(buf_append_str(answer_start(&r->answer, 200), "{}"));
}

void control_reset(struct request *r)
{
	service_reset(r->service);
	must(buf_append_str(answer_start(&r->answer, 200), "{}"));
}
