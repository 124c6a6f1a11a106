/* connections.c - GET and DELETE of one connection, and what the handlers of this
 * service share.
 */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

void answer_not_found(struct request *r)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	must(buf_printf(&text, "connections not found with id = [%s]", r->segment));
	if (r->service->options->error_shape == SHAPE_CURRENT)
		answer_flow(&r->answer, 404, "1439", text.data);
	else
		answer_older(&r->answer, 404, text.data);
}

void answer_not_kept(struct request *r)
{
	r->service->failed = true;
	answer_flow(&r->answer, 500, "1400", "Internal Error. Please try again.");
}

unsigned request_scope(struct request *r)
{
	return store_scope(&r->service->store, request_header(r, "x-gw-ims-org-id"),
		request_header(r, "x-sandbox-name"));
}

unsigned request_any_connection(struct request *r)
{
	uint32_t number = NO_CONNECTION;
	struct uuid id;

	if (uuid_parse(r->segment, &id) == 0)
		number = store_find(&r->service->store, id);
	if (number == NO_CONNECTION)
		answer_not_found(r);
	return number;
}

unsigned request_connection(struct request *r)
{
	uint32_t number = request_any_connection(r);

	if (number == NO_CONNECTION ||
		store_at(&r->service->store, number)->scope == request_scope(r))
		return number;
	answer_not_found(r);
	return NO_CONNECTION;
}

struct json *request_json(struct request *r)
{
	static const char type[] = "application/json";
	const char *content_type = request_header(r, "Content-Type");
	struct json *root = NULL;

	if (!content_type || strncasecmp(content_type, type, strlen(type)) != 0)
		answer_bad_request(&r->answer, "A valid content-type must be specified");
	else if (r->body.len == 0)
		answer_flow(&r->answer, 400, "1405", "The request body is null or empty.");
	else if (json_parse(r->body.data, r->body.len, &root) < 0)
		answer_bad_request(&r->answer, "The request body is not valid JSON");
	else if (json_is_null(root) || (!json_is_object(root) && !json_is_array(root)))
		answer_flow(&r->answer, 400, "1405", "The request body is null or empty.");
	else
		return root;
	json_free(root);
	return NULL;
}

void get_connection(struct request *r)
{
	struct service *s = r->service;
	uint32_t number = request_connection(r);
	struct buf *b;

	if (number == NO_CONNECTION)
		return;
	store_at(&s->store, number)->reads++;
	s->counters.reads++;
	b = answer_start(&r->answer, 200);
	must(buf_append_str(b, "{\"items\":["));
	item_print(b, s, store_at(&s->store, number), clock_wall_ms());
	must(buf_append_str(b, "]}"));
}

/* False: the journal cannot be written, which is the answer. */
static bool forget(struct request *r, uint32_t number, bool by_other)
{
	struct service *s = r->service;
	struct uuid id = store_at(&s->store, number)->id;
	nsec_t lag = dist_draw(&s->options->delete_lag, &s->latency);

	if (lag > 0)
		store_hide(&s->store, number, clock_wall_ms() + lag / MS);
	else
		store_delete(&s->store, number);
	if (by_other)
		s->counters.others++;
	else
		s->counters.deletes++;
	if (journal_delete(&s->journal, id, by_other) == 0)
		return true;
	answer_not_kept(r);
	return false;
}

void delete_connection(struct request *r)
{
	struct service *s = r->service;
	uint32_t number = request_connection(r);

	if (number == NO_CONNECTION)
		return;
	if (service_uses(s, store_at(&s->store, number))) {
		answer_flow(&r->answer, 400, "1418",
			"The connection cannot be deleted: it is in use by a flow.");
		return;
	}
	if (!forget(r, number, false))
		return;
	answer_start(&r->answer, s->options->delete_status);
	r->answer.content_type = NULL;
}

void control_delete(struct request *r)
{
	uint32_t number = request_any_connection(r);

	if (number != NO_CONNECTION && forget(r, number, true))
		must(buf_append_str(answer_start(&r->answer, 200), "{}"));
}
