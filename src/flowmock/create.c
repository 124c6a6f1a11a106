/* create.c - POST /connections.
 *
 * What Adobe's descriptions call for is required: name, auth and a
 * connectionSpec with its version; for ServiceNow's connectionSpec also its one
 * documented kind of login with all its fields. The record is in the journal
 * before the answer is made.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flowmock/commit.h"
#include "flowmock/item.h"
#include "flowmock/life.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "flowmock/request.h"
#include "flowmock/service.h"

#define SERVICENOW_SPEC "eb13cb25-47ab-407f-ba89-c0125281c563"
#define SERVICENOW_AUTH "Basic Authentication"

struct wish {
	const char *name;
	const char *description;
	const char *spec_id;
	const char *spec_version;
	const char *auth;
	const struct json *params;
};

static void read_wish(const struct json *root, struct wish *w)
{
	const struct json *spec = json_get(root, "connectionSpec");
	const struct json *auth = json_get(root, "auth");

	*w = (struct wish){
		.name = json_string(json_get(root, "name")),
		.description = json_string(json_get(root, "description")),
		.spec_id = json_string(json_get(spec, "id")),
		.spec_version = json_string(json_get(spec, "version")),
		.auth = json_string(json_get(auth, "specName")),
		.params = json_get(auth, "params"),
	};
}

static bool check_spec(struct answer *a, const struct wish *w)
{
	if (!w->spec_id || !str_uuid(w->spec_id))
		answer_flow(a, 400, "1413", "The spec ID provided is invalid.");
	else if (str_empty(w->spec_version))
		answer_message(
			a, 422, "connectionSpec.version 'version' is required for spec info");
	else
		return true;
	return false;
}

static void answer_auth_unknown(struct answer *a, const struct wish *w)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	must(buf_printf(&text,
		"The auth spec '%s' could not be found for the connection spec ID %s.",
		w->auth ? w->auth : "", w->spec_id));
	answer_flow(a, 400, "1415", text.data);
}

static bool check_servicenow(struct answer *a, const struct wish *w)
{
	static const char *const required[] = {"endpoint", "username", "password"};
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	if (strcmp(w->spec_id, SERVICENOW_SPEC) != 0)
		return true;
	if (strcmp(w->auth, SERVICENOW_AUTH) != 0) {
		answer_auth_unknown(a, w);
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(required); i++) {
		if (!str_empty(json_string(json_get(w->params, required[i]))))
			continue;
		must(buf_printf(
			&text, PROVIDER "The mandatory field %s is not provided.", required[i]));
		answer_flow(a, 400, "1100", text.data);
		return false;
	}
	return true;
}

static bool check_wish(struct request *r, const struct wish *w)
{
	struct answer *a = &r->answer;

	if (str_empty(w->name)) {
		answer_message(a, 400, "Please provide a name");
		return false;
	}
	if (!check_spec(a, w))
		return false;
	if (str_empty(w->auth)) {
		answer_auth_unknown(a, w);
		return false;
	}
	return check_servicenow(a, w);
}

static bool is_name_taken(struct request *r, const char *name)
{
	const struct store *s = &r->service->store;
	uint32_t n = store_first(s, BY_NAME, request_scope(r), name);

	while (n != NO_CONNECTION && !connection_is_there(store_at(s, n)))
		n = store_next(s, BY_NAME, n);
	return n != NO_CONNECTION;
}

/* What this server was told to refuse. */
static bool check_rules(struct request *r, const struct wish *w)
{
	const struct service *s = r->service;
	const char *username = json_string(json_get(w->params, "username"));

	if (s->options->unique_names && is_name_taken(r, w->name)) {
		answer_older(&r->answer, 409, "A connection with this name exists already.");
		return false;
	}
	if (s->options->check_logins && username && service_login_is_bad(s, username)) {
		answer_bad_login(&r->answer);
		return false;
	}
	return true;
}

/* As the request's fault wants it: at once, or after the answer. NULL in the
 * latter case, and when it could not be kept. */
static const struct connection *keep(struct request *r, const struct wish *w, int64_t created_ms)
{
	struct service *s = r->service;
	AUTO(buf_done) struct buf packed = {0};
	struct commit c = {
		.scope = request_scope(r),
		.spec = store_spec(&s->store, w->spec_id, w->spec_version, w->auth),
		.created_ms = created_ms,
		.text = {w->name, w->description ? w->description : "", NULL, 0},
	};

	buf_init(&packed, MUST_MAX);
	params_pack(&packed, w->params, !s->options->show_passwords);
	c.text.params = packed.data;
	c.text.params_len = packed.len;
	if (fault_kind(r->fault.fault)->hold != HOLD_ANSWERED)
		return commit_now(s, &c);
	commit_later(s, &c, life_hold(r));
	return NULL;
}

void create_connection(struct request *r)
{
	AUTO(json_freep) struct json *root = request_json(r);
	const struct connection *c;
	char id[UUID_SIZE];
	struct wish w;

	if (!root)
		return;
	read_wish(root, &w);
	if (!check_wish(r, &w) || !check_rules(r, &w))
		return;
	c = keep(r, &w, 0);
	if (!c) {
		if (r->service->failed)
			answer_not_kept(r);
		return;
	}
	item_print_version(answer_start(&r->answer, 201), c->id, c->etag);
	uuid_format(c->id, id);
	str_copy(r->answer.location, sizeof(r->answer.location), BASE_PATH "/connections/");
	str_copy(r->answer.location + strlen(r->answer.location), sizeof(id), id);
}

/* ------------------------------------------------------ what others created */

static bool put_one(struct request *r, const struct json *root)
{
	double created_ms = 0;
	struct wish w;

	read_wish(root, &w);
	json_number(json_get(root, "createdAt"), &created_ms);
	if (!(created_ms >= 0 && created_ms < 1e15)) {
		answer_message(&r->answer, 400, "createdAt is a number of milliseconds");
		return false;
	}
	if (!check_wish(r, &w))
		return false;
	return keep(r, &w, (int64_t)created_ms) != NULL;
}

void control_put(struct request *r)
{
	AUTO(json_freep) struct json *root = request_json(r);
	bool fine = root != NULL;

	if (fine && (str_empty(request_header(r, "x-gw-ims-org-id")) ||
			    str_empty(request_header(r, "x-sandbox-name")))) {
		answer_message(&r->answer, 400, "x-gw-ims-org-id and x-sandbox-name are needed");
		return;
	}
	if (fine && json_is_object(root))
		fine = put_one(r, root);
	JSON_EACH (one, json_is_array(root) ? root : NULL)
		fine = fine && put_one(r, one);
	if (r->service->failed)
		answer_not_kept(r);
	else if (fine)
		must(buf_append_str(answer_start(&r->answer, 200), "{}"));
}
