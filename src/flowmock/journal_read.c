/* journal_read.c - see journal_read.h. */
#include "flowmock/journal_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"

static int read_params(const struct json *array, struct buf *packed)
{
	const struct json *v = json_first(array);

	while (v) {
		const char *name = json_string(v);
		const char *type = json_string(v = json_next(v));
		const char *value = json_string(v = json_next(v));

		if (!name || !type || !type[0] || !strchr("sjm", type[0]) || !value)
			return -EBADMSG;
		params_append(packed, name, type[0], value);
		v = json_next(v);
	}
	return 0;
}

static int read_numbers(const struct json *line, struct connection *c)
{
	double created, updated, lag, updates = 0;

	if (!json_number(json_get(line, "created"), &created) ||
		!json_number(json_get(line, "updated"), &updated) ||
		!json_number(json_get(line, "lag"), &lag))
		return -EBADMSG;
	json_number(
		json_get(line, "updates"), &updates); /* a store of an older flowmock has none */
	if (!(created >= 0 && created < 1e15 && updated >= 0 && updated < 1e15 && lag >= 0 &&
		    lag <= UINT32_MAX && updates >= 0 && updates <= UINT32_MAX))
		return -EBADMSG;
	c->created_ms = (int64_t)created;
	c->updated_ms = (int64_t)updated;
	c->lag_ms = (uint32_t)lag;
	c->updates = (uint32_t)updates;
	return 0;
}

enum { ETAG, ORG, SANDBOX, SPEC, VERSION, AUTH, NAME, DESCRIPTION, TEXT_COUNT };

static int read_texts(const struct json *line, const char *text[TEXT_COUNT])
{
	static const char *const names[TEXT_COUNT] = {
		"etag", "org", "sandbox", "spec", "version", "auth", "name", "description"};

	for (int i = 0; i < TEXT_COUNT; i++) {
		text[i] = json_string(json_get(line, names[i]));
		if (!text[i])
			return -EBADMSG;
	}
	return 0;
}

static int replay_put(
	const struct json *line, struct uuid id, struct store *s, struct counters *counters)
{
	AUTO(buf_done) struct buf packed = {0};
	struct connection c = {.id = id};
	struct connection *known;
	const char *text[TEXT_COUNT];
	struct store_text t;
	uint32_t number;

	buf_init(&packed, MUST_MAX);
	if (read_texts(line, text) < 0 || read_numbers(line, &c) < 0 ||
		etag_parse(text[ETAG], &c.etag) < 0 ||
		read_params(json_get(line, "params"), &packed) < 0)
		return -EBADMSG;
	c.scope = store_scope(s, text[ORG], text[SANDBOX]);
	c.spec = store_spec(s, text[SPEC], text[VERSION], text[AUTH]);
	t = (struct store_text){text[NAME], text[DESCRIPTION], packed.data, packed.len};

	number = store_find(s, id);
	if (number == NO_CONNECTION) {
		store_add(s, &c, &t);
		counters->creates++;
		return 0;
	}
	known = store_at(s, number);
	known->etag = c.etag;
	known->updated_ms = c.updated_ms;
	store_change(s, number, &t);
	if (c.updates > known->updates)
		counters->updates++;
	else
		counters->others++;
	known->updates = c.updates;
	return 0;
}

static int replay(const char *text, size_t len, struct store *s, struct counters *counters)
{
	AUTO(json_freep) struct json *line = NULL;
	const char *deleted;
	struct uuid id;
	uint32_t number;
	bool by_other = false;

	if (json_parse(text, len, &line) < 0)
		return -EBADMSG;
	deleted = json_string(json_get(line, "delete"));
	if (!deleted) {
		const char *put_id = json_string(json_get(line, "put"));

		if (!put_id || uuid_parse(put_id, &id) < 0)
			return -EBADMSG;
		return replay_put(line, id, s, counters);
	}
	if (uuid_parse(deleted, &id) < 0)
		return -EBADMSG;
	number = store_find(s, id);
	if (number == NO_CONNECTION)
		return -EBADMSG;
	store_delete(s, number);
	json_bool(json_get(line, "by_other"), &by_other);
	if (by_other)
		counters->others++;
	else
		counters->deletes++;
	return 0;
}

int journal_read(FILE *f, const char *path, struct store *s, struct counters *counters,
	off_t *ret_end, struct error *reterr)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned long number = 0;
	ssize_t len;
	int r = 0;

	*ret_end = 0;
	while (r == 0 && (len = getline(&line, &cap, f)) > 0) {
		if (line[len - 1] != '\n')
			break;
		number++;
		r = replay(line, (size_t)len - 1, s, counters);
		*ret_end += len;
	}
	free(line);
	if (r < 0)
		return error_set(reterr, r,
			"%s:%lu: not a line that flowmock wrote: name another file by --store",
			path, number);
	return 0;
}
