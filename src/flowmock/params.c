/* params.c - see params.h. */
#include "flowmock/params.h"

#include <string.h>

#include "base/redact.h"
#include "flowmock/memory.h"

void params_append(struct buf *packed, const char *name, char type, const char *value)
{
	must(buf_append(packed, name, strlen(name) + 1));
	must(buf_append_char(packed, type));
	must(buf_append(packed, value, strlen(value) + 1));
}

static void pack_json(struct buf *packed, const char *name, const struct json *value)
{
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	must(json_print(value, &text));
	params_append(packed, name, 'j', text.data);
}

static void pack_one(struct buf *packed, const char *name, const struct json *value, bool mask)
{
	const char *text = json_string(value);

	if (!text) {
		pack_json(packed, name, value);
	} else if (mask && redact_name_is_secret(name)) {
		must(buf_append(packed, name, strlen(name) + 1));
		must(buf_printf(packed, "m%zu", strlen(text)));
		must(buf_append_char(packed, '\0'));
	} else {
		params_append(packed, name, 's', text);
	}
}

void params_pack(struct buf *packed, const struct json *object, bool mask)
{
	JSON_EACH (v, object)
		pack_one(packed, json_name(v), v, mask);
}

bool params_read(const char **at, const char *end, struct param *ret)
{
	const char *name = *at;
	const char *value;

	if (name >= end)
		return false;
	value = name + strlen(name) + 1;
	*ret = (struct param){.name = name, .type = value[0], .value = value + 1};
	*at = value + strlen(value) + 1;
	return true;
}

bool params_find(const char *packed, const char *end, const char *name, struct param *ret)
{
	struct param p;

	while (params_read(&packed, end, &p)) {
		if (strcmp(p.name, name) != 0)
			continue;
		*ret = p;
		return true;
	}
	return false;
}

bool params_remove(struct buf *packed, const char *name)
{
	const char *at = packed->data;
	const char *end = packed->data + packed->len;
	struct param p;

	while (params_read(&at, end, &p)) {
		size_t start = (size_t)(p.name - packed->data);

		if (strcmp(p.name, name) != 0)
			continue;
		memmove(packed->data + start, at, (size_t)(end - at));
		packed->len -= (size_t)(at - p.name);
		return true;
	}
	return false;
}

void params_set(struct buf *packed, const char *name, const struct json *value, bool mask)
{
	params_remove(packed, name);
	pack_one(packed, name, value, mask);
}

void params_print(struct buf *b, const char *packed, const char *end)
{
	const char *separator = "{";
	struct param p;

	while (params_read(&packed, end, &p)) {
		must(buf_append_str(b, separator));
		must(json_print_string(b, p.name));
		must(buf_append_char(b, ':'));
		if (p.type == 'j')
			must(buf_append_str(b, p.value));
		else
			must(json_print_string(b, p.type == 'm' ? PARAMS_MASK : p.value));
		separator = ",";
	}
	must(buf_append_str(b, separator[0] == '{' ? "{}" : "}"));
}
