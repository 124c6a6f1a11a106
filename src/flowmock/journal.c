/* journal.c - see journal.h. */
#include "flowmock/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "flowmock/memory.h"
#include "flowmock/params.h"
#include "sys/file.h"

static void put(struct buf *b, const char *name, const char *text)
{
	must(buf_printf(b, ",\"%s\":", name));
	must(json_print_string(b, text));
}

/* [name, type, value] for each, flat. */
static void put_params(struct buf *b, const struct connection *c)
{
	const char *at = connection_params(c);
	const char *separator = ",\"params\":[";
	struct param p;

	while (params_read(&at, connection_params_end(c), &p)) {
		must(buf_append_str(b, separator));
		must(json_print_string(b, p.name));
		must(buf_printf(b, ",\"%c\",", p.type));
		must(json_print_string(b, p.value));
		separator = ",";
	}
	if (separator[1] == '\0')
		must(buf_append_char(b, ']'));
}

static int write_line(struct journal *j)
{
	must(buf_append_char(&j->line, '\n'));
	return file_write_all(j->fd, j->line.data, j->line.len);
}

int journal_put(struct journal *j, const struct store *s, const struct connection *c)
{
	struct buf *b = &j->line;
	char id[UUID_SIZE], etag[ETAG_SIZE];

	if (j->fd < 0)
		return 0;
	uuid_format(c->id, id);
	etag_format(c->etag, etag);
	buf_reset(b);
	must(buf_printf(b, "{\"put\":\"%s\"", id));
	put(b, "etag", etag);
	must(buf_printf(b, ",\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"lag\":%" PRIu32,
		c->created_ms, c->updated_ms, c->lag_ms));
	put(b, "org", store_org(s, c));
	put(b, "sandbox", store_sandbox(s, c));
	put(b, "spec", store_spec_id(s, c));
	put(b, "version", store_spec_version(s, c));
	put(b, "auth", store_auth(s, c));
	put(b, "name", connection_name(c));
	put(b, "description", connection_description(c));
	put_params(b, c);
	must(buf_append_char(b, '}'));
	return write_line(j);
}

int journal_delete(struct journal *j, struct uuid id)
{
	char text[UUID_SIZE];

	if (j->fd < 0)
		return 0;
	uuid_format(id, text);
	buf_reset(&j->line);
	must(buf_printf(&j->line, "{\"delete\":\"%s\"}", text));
	return write_line(j);
}

int journal_clear(struct journal *j)
{
	return j->fd < 0 || ftruncate(j->fd, 0) == 0 ? 0 : -errno;
}

/* ------------------------------------------------------------ reading back */

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

static int read_times(const struct json *line, struct connection *c)
{
	double created, updated, lag;

	if (!json_number(json_get(line, "created"), &created) ||
		!json_number(json_get(line, "updated"), &updated) ||
		!json_number(json_get(line, "lag"), &lag))
		return -EBADMSG;
	if (!(created >= 0 && created < 1e15 && updated >= 0 && updated < 1e15 && lag >= 0 &&
		    lag <= UINT32_MAX))
		return -EBADMSG;
	c->created_ms = (int64_t)created;
	c->updated_ms = (int64_t)updated;
	c->lag_ms = (uint32_t)lag;
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

static int replay_put(const struct json *line, struct uuid id, struct store *s,
	struct counters *counters)
{
	AUTO(buf_done) struct buf packed = { 0 };
	struct connection c = {.id = id};
	struct connection *known;
	const char *text[TEXT_COUNT];
	struct store_text t;
	uint32_t number;

	buf_init(&packed, MUST_MAX);
	if (read_texts(line, text) < 0 || read_times(line, &c) < 0 ||
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
	counters->updates++;
	return 0;
}

static int replay(const char *text, size_t len, struct store *s, struct counters *counters)
{
	AUTO(json_freep) struct json *line = NULL;
	const char *deleted;
	struct uuid id;
	uint32_t number;

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
	counters->deletes++;
	return 0;
}

/* Up to the last whole line; *ret_end is where that ends. */
static int read_back(FILE *f, const char *path, struct store *s, struct counters *counters,
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

int journal_open(struct journal *j, const char *path, struct store *s, struct counters *counters,
	struct error *reterr)
{
	FILE *f;
	off_t end;
	int fd, r;

	*j = (struct journal){.fd = -1};
	buf_init(&j->line, MUST_MAX);
	if (!path)
		return 0;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fopen(path, "re");
	if (!f) {
		r = error_set(reterr, -errno,
			"cannot open '%s': %s: name a file that can be written", path,
			strerror(errno));
		goto fail;
	}
	r = read_back(f, path, s, counters, &end, reterr);
	fclose(f);
	if (r < 0)
		goto fail;
	if (ftruncate(fd, end) < 0) {
		r = error_set(reterr, -errno,
			"cannot cut the half line at the end of '%s': %s: name another file", path,
			strerror(errno));
		goto fail;
	}
	j->fd = fd;
	return 0;

fail:
	if (fd >= 0)
		close(fd);
	return r;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	buf_done(&j->line);
	*j = (struct journal){.fd = -1};
}
