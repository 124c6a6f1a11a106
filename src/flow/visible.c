/* visible.c - one connection as the server shows it.
 *
 * What is not shown cannot differ: a server that leaves a field out has not said that
 * someone changed it.
 */
#include "flow/visible.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/field.h"
#include "flow/item.h"

int flow_read_connection(const char *body, size_t body_len, const char *id,
	void (*each)(void *arg, const struct flow_item *item), void *arg)
{
	AUTO(json_freep) struct json *root = NULL;
	const struct json *items, *first;
	struct flow_item item;

	if (!body || json_parse(body, body_len, &root) < 0)
		return -EBADMSG;
	items = json_get(root, "items");
	first = json_is_array(items) ? json_first(items) : NULL;
	if (!first || json_next(first))
		return -EBADMSG;
	item = flow_item_read(first);
	if (!str_iequal(item.id, id))
		return -EBADMSG;
	each(arg, &item);
	return 0;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

unsigned flow_differs(const struct flow_item *item, const struct flow_wanted *wanted)
{
	const char *endpoint = flow_field_shown(item->endpoint);
	const char *username = flow_field_shown(item->username);
	unsigned fields = 0;

	if (!str_empty(item->name) && strcmp(item->name, wanted->name) != 0)
		fields |= FLOW_FIELD_NAME;
	if (!str_empty(item->spec_id) && !str_iequal(item->spec_id, wanted->spec_id))
		fields |= FLOW_FIELD_SPEC;
	if (endpoint && !flow_endpoint_same(endpoint, or_empty(wanted->endpoint)))
		fields |= FLOW_FIELD_ENDPOINT;
	if (username && strcmp(username, or_empty(wanted->username)) != 0)
		fields |= FLOW_FIELD_USERNAME;
	return fields;
}

const char *flow_fields_words(unsigned fields, char *dst, size_t dst_len)
{
	static const char *const names[] = {
		"name", "description", "connection_spec_id", "endpoint", "username"};
	const char *between = "";
	size_t len = 0;

	static_assert(FLOW_FIELD_USERNAME == 1 << (ARRAY_SIZE(names) - 1), "a name for each bit");
	dst[0] = '\0';
	for (size_t i = 0; fields != 0; i++, fields >>= 1) {
		unsigned rest = fields >> 1;

		if (!(fields & 1))
			continue;
		str_copy(dst + len, dst_len - len, between);
		len = strlen(dst);
		str_copy(dst + len, dst_len - len, names[i]);
		len = strlen(dst);
		between = (rest & (rest - 1)) != 0 ? ", " : " and ";
	}
	return dst;
}
