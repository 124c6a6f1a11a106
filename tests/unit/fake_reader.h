/* fake_reader.h - a ledger of the test's own: it stands in front of the library's reader. */
#pragma once

#include <errno.h>
#include <string.h>

#include "base/macros.h"
#include "ledger/reader.h"

static struct {
	int open_error;
	int read_error; /* of everything after the opening */
	struct ledger_run run;
	const struct ledger_group *groups;
	size_t group_count;
	const struct ledger_record *records;
	size_t record_count;
} fake;

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

/* A record of the test, as a ledger hands it out: what it leaves out is filled in. */
static const struct ledger_record *complete(const struct ledger_record *rec)
{
	static struct ledger_record r;

	r = *rec;
	r.sandbox = text_or(r.sandbox, "prod");
	r.endpoint = text_or(r.endpoint, "https://b");
	r.username = text_or(r.username, "c");
	r.spec_id = text_or(r.spec_id, "eb13cb25-47ab-407f-ba89-c0125281c563");
	r.status = text_or(r.status, "");
	r.id = text_or(r.id, "");
	r.etag = text_or(r.etag, "");
	r.error_code = text_or(r.error_code, "");
	r.error = text_or(r.error, "");
	r.request_id = text_or(r.request_id, "");
	if (r.started_ms == 0)
		r.duration_ms = -1;
	return &r;
}

static int trouble(struct error *reterr)
{
	return fake.read_error < 0 ? error_set(reterr, fake.read_error, "the ledger is bad") : 0;
}

int ledger_reader_open(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	*ret = NULL;
	return fake.open_error < 0 ? error_set(reterr, fake.open_error, "not opened") : 0;
}

void ledger_reader_close(struct ledger_reader *r)
{
}

int ledger_reader_run(struct ledger_reader *r, struct ledger_run *ret, struct error *reterr)
{
	*ret = fake.run;
	return trouble(reterr);
}

int ledger_reader_groups(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_group *g), void *arg, struct error *reterr)
{
	for (size_t i = 0; i < fake.group_count; i++)
		each(arg, &fake.groups[i]);
	return trouble(reterr);
}

int ledger_reader_unresolved(struct ledger_reader *r,
	void (*each)(void *arg, const struct ledger_record *rec), void *arg, struct error *reterr)
{
	for (size_t i = 0; i < fake.record_count; i++)
		if (fake.records[i].state == LEDGER_STATE_INTENDED ||
			fake.records[i].state == LEDGER_STATE_DOUBT)
			each(arg, complete(&fake.records[i]));
	return trouble(reterr);
}

int ledger_reader_find(struct ledger_reader *r, const char *sandbox, const char *name,
	const struct ledger_record **ret, struct error *reterr)
{
	for (size_t i = 0; i < fake.record_count; i++) {
		const struct ledger_record *rec = complete(&fake.records[i]);

		if (strcmp(rec->sandbox, sandbox) == 0 && strcmp(rec->name, name) == 0) {
			*ret = rec;
			return 1;
		}
	}
	return trouble(reterr);
}
