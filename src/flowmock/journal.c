/* journal.c - see journal.h. */
#include "flowmock/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "flowmock/journal_read.h"
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
	must(buf_printf(b,
		",\"created\":%" PRId64 ",\"updated\":%" PRId64 ",\"lag\":%" PRIu32
		",\"updates\":%" PRIu32,
		c->created_ms, c->updated_ms, c->lag_ms, c->updates));
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

int journal_delete(struct journal *j, struct uuid id, bool by_other)
{
	char text[UUID_SIZE];

	if (j->fd < 0)
		return 0;
	uuid_format(id, text);
	buf_reset(&j->line);
	must(buf_printf(&j->line, "{\"delete\":\"%s\",\"by_other\":%s}", text,
		by_other ? "true" : "false"));
	return write_line(j);
}

int journal_clear(struct journal *j)
{
	return j->fd < 0 || ftruncate(j->fd, 0) == 0 ? 0 : -errno;
}

/* Returns a descriptor to append to, or a negative errno with the sentence. */
static int open_behind_end(
	const char *path, struct store *s, struct counters *counters, struct error *reterr)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fopen(path, "re");
	off_t end;
	int r;

	if (!f) {
		r = error_set(reterr, -errno,
			"cannot open '%s': %s: name a file that can be written", path,
			strerror(errno));
	} else {
		r = journal_read(f, path, s, counters, &end, reterr);
		fclose(f);
		if (r == 0 && ftruncate(fd, end) < 0)
			r = error_set(reterr, -errno,
				"cannot cut the half line at the end of '%s': %s: name another "
				"file",
				path, strerror(errno));
	}
	if (r == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

int journal_open(struct journal *j, const char *path, struct store *s, struct counters *counters,
	struct error *reterr)
{
	*j = (struct journal){.fd = -1};
	buf_init(&j->line, MUST_MAX);
	if (path)
		j->fd = open_behind_end(path, s, counters, reterr);
	return j->fd < 0 && path ? j->fd : 0;
}

void journal_close(struct journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	buf_done(&j->line);
	*j = (struct journal){.fd = -1};
}
