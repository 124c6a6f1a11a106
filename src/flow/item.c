/* item.c - a connection as a listing shows it. */
#include "flow/item.h"

#include "flow/field.h"

static int64_t read_ms(const struct json *v)
{
	double ms;

	return json_number(v, &ms) && ms > 0 && ms <= FLOW_EXACT_MAX ? (int64_t)ms : 0;
}

static const char *read_text(const struct json *object, const char *name)
{
	const char *text = json_string(json_get(object, name));

	return text ? text : "";
}

/* `version` says the same in Adobe's examples; another version would have no quotes. */
static const char *read_etag(const struct json *v)
{
	const char *text = json_string(json_get(v, "etag"));
	const char *version = json_string(json_get(v, "version"));
	char etag[FLOW_ETAG_SIZE];

	if (!text && version && version[0] == '"')
		text = version;
	return flow_field_take(etag, sizeof(etag), text, true) ? text : "";
}

struct flow_item flow_item_read(const struct json *v)
{
	const struct json *params = json_get(json_get(v, "auth"), "params");

	return (struct flow_item){
		.name = read_text(v, "name"),
		.id = read_text(v, "id"),
		.etag = read_etag(v),
		.spec_id = read_text(json_get(v, "connectionSpec"), "id"),
		.description = read_text(v, "description"),
		.endpoint = flow_field_shown(json_string(json_get(params, "endpoint"))),
		.username = flow_field_shown(json_string(json_get(params, "username"))),
		.created_ms = read_ms(json_get(v, "createdAt")),
	};
}
