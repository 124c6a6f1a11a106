/* verify.c - rows that have an id are asked whether they work.
 *
 * They come from results, or from a ledger as it lies. Nothing is changed, so nothing
 * has to be remembered either.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/str.h"
#include "run/recorded.h"
#include "run/shell.h"

#define MAGIC "SQLite format 3"

static bool begins_like_a_ledger(const char *path)
{
	char begin[sizeof(MAGIC)];
	struct stat st;
	ssize_t n;
	int fd;

	/* A pipe would be waited for, and what was read of it be lost. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, begin, sizeof(begin));
	close(fd);
	return n == (ssize_t)sizeof(begin) && memcmp(begin, MAGIC, sizeof(begin)) == 0;
}

bool verify_is_ledger(const char *path)
{
	static const char ending[] = ".ledger";
	size_t len = path ? strlen(path) : 0;

	if (len == 0)
		return false;
	return (len > strlen(ending) && strcasecmp(path + len - strlen(ending), ending) == 0) ||
	       begins_like_a_ledger(path);
}

/* ---------------------------------------------------------------- opening */

int verify_open(struct snowmelt *s)
{
	s->targets = s->survey.with_id;
	return ledger_memory_create(open_wake, s, &s->ledger, &s->error);
}

/* What is deleted has an id, too, and what is in doubt may have an old one. */
static bool is_there(const struct ledger_record *r)
{
	return *r->id && (r->state == LEDGER_STATE_DONE || r->state == LEDGER_STATE_DELETING);
}

static int count_rows(struct snowmelt *s)
{
	const struct ledger_record *rec;
	int64_t cursor = 0;
	int r;

	while ((r = ledger_reader_next(s->reader, &cursor, &rec, &s->error)) > 0)
		s->survey.rows += is_there(rec);
	return r;
}

/* With another service every id of it would be gone. */
static int check_identity(struct snowmelt *s)
{
	AUTO(buf_done) struct buf service = {0};
	struct ledger_run run;
	char shown[300], its_service[300], its_org[300];
	int r = ledger_reader_run(s->reader, &run, &s->error);

	buf_init(&service, URL_MAX);
	if (r == 0 && flow_service_append(&service, s->settings.o.url) < 0)
		r = error_set(&s->error, -ENOMEM, "out of memory: free some and try again");
	if (r < 0)
		return r;
	if (strcmp(run.service, service.data) == 0 && strcmp(run.org, s->settings.o.org) == 0)
		return 0;
	return error_set(&s->error, -EINVAL,
		"the ledger '%s' is of service %s and org %s, not of %s and %s: set --url and "
		"--org to those",
		str_shown(shown, sizeof(shown), s->settings.o.input),
		str_shown(its_service, sizeof(its_service), run.service),
		str_shown(its_org, sizeof(its_org), run.org), service.data, s->settings.o.org);
}

int verify_open_ledger(struct snowmelt *s)
{
	int r = recorded_open(s->settings.o.input, &s->reader, &s->error);

	if (r == 0)
		r = check_identity(s);
	if (r == 0)
		r = count_rows(s);
	s->survey.with_id = s->survey.rows;
	return r < 0 ? r : verify_open(s);
}

/* ------------------------------------------------------------------- rows */

static void test(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	struct engine_event ev = claim_event(slot, job, CLAIM_TEST);

	ev.row.known = OUTCOME_SKIPPED;
	turn_tell(s, &ev);
}

void verify_row_came(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	struct engine_event ev;

	str_copy(slot->record.id, sizeof(slot->record.id), slot->row.id);
	str_copy(slot->record.etag, sizeof(slot->record.etag), slot->row.etag);
	if (slot->record.id[0]) {
		test(s, slot, job);
		return;
	}
	slot->row.scope = slot->row.sandbox_number = 0; /* without a sandbox it has none */
	ev = claim_event(slot, job, CLAIM_KNOWN);
	ev.row.known = OUTCOME_FAILED;
	turn_tell(s, &ev);
}

/* A row of a ledger has no place in a file: it is counted as it comes. */
static int take_record(struct snowmelt *s, const struct ledger_record *rec)
{
	uint32_t job = read_next(s);
	struct slot *slot = &s->slots[job];
	char shown[160];

	if (slot_as_recorded(s, slot, rec) < 0)
		return error_set(&s->error, -ENOSPC,
			"'%s' of sandbox %s is one of too many sandboxes: verify results of fewer",
			str_shown(shown, sizeof(shown), rec->name), rec->sandbox);
	read_taken(s);
	slot->kind = SLOT_ROW;
	slot->row.number = slot->row.line = ++s->reader_rows;
	test(s, slot, job);
	return 0;
}

bool verify_read_ledger(struct snowmelt *s)
{
	bool any = false;

	while (!s->input_over && s->read_count > 0 && s->row_bytes < READ_AHEAD_MAX) {
		const struct ledger_record *rec;
		struct error error = {0};
		int r = ledger_reader_next(s->reader, &s->reader_cursor, &rec, &error);

		if (r > 0 && is_there(rec))
			r = take_record(s, rec);
		else if (r == 0)
			s->input_over = true;
		if (r < 0)
			read_failed(s, &error);
		any = true;
	}
	return read_tell_end(s) || any;
}
