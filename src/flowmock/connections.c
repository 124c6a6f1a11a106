/* connections.c - GET, test and DELETE of one connection, and what the handlers
 * of this service share.
 */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"
#include "flowmock/item.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
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

unsigned request_connection(struct request *r)
{
	const struct store *s = &r->service->store;
	uint32_t number = NO_CONNECTION;
	struct uuid id;

	if (uuid_parse(r->segment, &id) == 0)
		number = store_find(s, id);
	if (number != NO_CONNECTION && store_at(s, number)->scope == request_scope(r))
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
	uint32_t number = request_connection(r);
	struct buf *b;

	if (number == NO_CONNECTION)
		return;
	b = answer_start(&r->answer, 200);
	must(buf_append_str(b, "{\"items\":["));
	item_print(b, r->service, store_at(&r->service->store, number), clock_wall_ms());
	must(buf_append_str(b, "]}"));
}

void test_connection(struct request *r)
{
	uint32_t number = request_connection(r);
	const struct connection *c;
	bool fine;
	struct param p;

	if (number == NO_CONNECTION)
		return;
	c = store_at(&r->service->store, number);
	fine = !params_find(connection_params(c), connection_params_end(c), "username", &p) ||
	       !service_login_is_bad(r->service, p.value);
	must(buf_append_str(
		answer_start(&r->answer, 200), fine ? "{\"result\":true}" : "{\"result\":false}"));
}

void delete_connection(struct request *r)
{
	struct service *s = r->service;
	uint32_t number = request_connection(r);
	const struct connection *c;
	struct uuid id;

	if (number == NO_CONNECTION)
		return;
	c = store_at(&s->store, number);
	if (strstr(connection_description(c), "in-use")) {
		answer_flow(&r->answer, 400, "1418",
			"The connection cannot be deleted: it is in use by a flow.");
		return;
	}
	id = c->id;
	store_delete(&s->store, number);
	s->counters.deletes++;
	if (journal_delete(&s->journal, id) < 0) {
		answer_not_kept(r);
		return;
	}
	answer_start(&r->answer, s->options->delete_status);
	r->answer.content_type = NULL;
}
