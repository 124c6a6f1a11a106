/* rollback.c - what a run has created is deleted again, and nothing else.
 *
 * Which rows that are, deletable.c says, of results and ledger. They are counted before
 * anything is asked or opened for writing, and decided once more, one by one, under the
 * ledger's lock. The engine then has each read before it is deleted; its intent to delete
 * is in the ledger before that, so a rollback that died is gone on with, and tells again
 * what it has deleted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run/deletable.h"
#include "run/recorded.h"
#include "run/seen.h"
#include "run/shell.h"
#include "sys/file.h"

/* ---------------------------------------------------------------- counting */

struct count {
	struct snowmelt *run;
	struct input *input;
	struct ledger_reader *reader;
	struct seen seen; /* a row counts once, however often a file names it */
	struct row row;
	uint64_t of[DELETABLE_COUNT];
};

static int judge_by(struct count *c, const char *name, enum deletable *ret)
{
	const struct ledger_record *rec = NULL;
	int r = ledger_reader_find(c->reader, c->row.sandbox, name, &rec, &c->run->error);

	if (r < 0)
		return r;
	*ret = deletable(&c->row, r > 0 ? rec : NULL);
	return 0;
}

/* Would another name of the row, as --excel-safe may have changed it, be known better? */
static bool is_stranger(enum deletable d)
{
	return d == KEPT_UNKNOWN || d == KEPT_OTHER_ID;
}

static int judge(struct count *c, enum deletable *ret)
{
	enum deletable plain;
	int r;

	*ret = KEPT_NO_ID;
	if (!*c->row.id)
		return 0;
	r = judge_by(c, c->row.name, ret);
	if (r < 0 || !c->row.plain_name || !is_stranger(*ret))
		return r;
	r = judge_by(c, c->row.plain_name, &plain);
	if (r == 0 && !is_stranger(plain))
		*ret = plain;
	return r;
}

static int count_row(struct count *c)
{
	enum deletable d;
	uint64_t earlier = 0;
	int r = judge(c, &d);

	if (r == 0 && !deletable_kept(d))
		r = seen_take(&c->seen, c->row.sandbox, c->row.id, c->row.number, &earlier,
			&c->run->error);
	if (r == 0)
		c->of[earlier > 0 ? KEPT_REPEATED : d]++;
	return r;
}

static int count_rows(struct count *c)
{
	int got;

	while ((got = input_next(c->input, &c->row, &c->run->error)) == INPUT_ROW) {
		int r = count_row(c);

		if (r < 0)
			return r;
		row_reset(&c->row);
	}
	return got == INPUT_END ? 0 : got;
}

static int open_reader(const char *path, struct ledger_reader **ret, struct error *reterr)
{
	char shown[400];
	int r = recorded_open(path, ret, reterr);

	if (r != -ENOENT)
		return r;
	return error_set(reterr, r,
		"there is no ledger '%s', and only what a ledger calls created is deleted: name "
		"that of the run with --ledger",
		str_shown(shown, sizeof(shown), path));
}

static int open_to_count(struct count *c, const char *path_of_seen)
{
	struct snowmelt *s = c->run;
	const struct input_options in = {.kind = INPUT_RESULTS, .path = s->settings.o.input};
	int r = open_reader(s->ledger_path, &c->reader, &s->error);

	if (r == 0)
		r = input_open(&in, &c->input, &s->error);
	if (r == 0)
		r = file_check_replaceable(path_of_seen, input_stat(s->input), 1, &s->error);
	return r < 0 ? r : seen_init(&c->seen, path_of_seen, &s->error);
}

/* "2 adopted, 1 in doubt" */
static void tell_count(struct snowmelt *s, const struct count *c)
{
	AUTO(buf_done) struct buf b = {0};

	s->targets = c->of[DELETABLE] + c->of[DELETABLE_BEGUN];
	buf_init(&b, sizeof(s->left_alone) - 1);
	for (int d = DELETED_BEFORE; d < DELETABLE_COUNT; d++)
		if (c->of[d] > 0)
			(void)buf_printf(&b, "%s%llu %s", b.len > 0 ? ", " : "",
				(unsigned long long)c->of[d], deletable_words((enum deletable)d));
	str_copy(s->left_alone, sizeof(s->left_alone), b.data ? b.data : "");
}

static int count(struct snowmelt *s)
{
	struct count *c = calloc(1, sizeof(*c));
	size_t size = strlen(s->results_path) + sizeof(".part.names");
	char *path = malloc(size);
	int r = -ENOMEM;

	if (c && path) {
		snprintf(path, size, "%s.part.names", s->results_path);
		c->run = s;
		row_init(&c->row, NULL);
		r = open_to_count(c, path);
		if (r == 0)
			r = count_rows(c);
		if (r == 0)
			tell_count(s, c);
		seen_done(&c->seen);
		row_done(&c->row);
		input_close(c->input);
		ledger_reader_close(c->reader);
	} else {
		error_set(&s->error, r, "out of memory: free some and try again");
	}
	free(path);
	free(c);
	return r;
}

/* ----------------------------------------------------------------- opening */

/* The reader is closed by then: no two of a process may have a ledger open. */
int rollback_open(struct snowmelt *s)
{
	AUTO(buf_done) struct buf service = {0}, settings = {0};
	struct ledger_sqlite_options o;
	int r = open_check_paths(s);

	s->summary.gone_is_fine = true;
	if (r == 0)
		r = count(s);
	if (r == 0)
		r = open_ledger_options(s, &service, &settings, &o);
	if (r < 0)
		return r;
	o.must_exist = true;
	return ledger_sqlite_open(&o, &s->ledger, &s->error);
}

/* -------------------------------------------------------------------- rows */

static void keep(struct snowmelt *s, struct slot *slot, uint32_t job, enum deletable why)
{
	struct engine_event ev;

	if (!*slot->row.sandbox)
		slot->row.scope = slot->row.sandbox_number = 0;
	ev = claim_event(slot, job, CLAIM_KNOWN);
	ev.row.known = OUTCOME_KEPT;
	slot->record.deletable = why;
	turn_tell(s, &ev);
}

static void claim(struct snowmelt *s, const struct slot *slot, uint32_t job)
{
	struct ledger_request q = slot_request(slot, LEDGER_CLAIM, job);

	q.existing = true;
	turn_ask(s, &q);
	s->claims_out++;
}

void rollback_row_came(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	str_copy(slot->record.id, sizeof(slot->record.id), slot->row.id);
	str_copy(slot->record.etag, sizeof(slot->record.etag), slot->row.etag);
	if (slot->record.id[0])
		claim(s, slot, job);
	else
		keep(s, slot, job, KEPT_NO_ID);
}

/* Nothing of this run's: what is told of a kept row are no attempts. */
static void forget_create(struct ledger_record *r)
{
	r->attempts = 0;
	r->http_status = 0;
	r->started_ms = 0;
	r->request_id = "";
}

static enum engine_outcome how_deleted(const struct ledger_record *r)
{
	return strcmp(r->status, status_name(STATUS_GONE)) == 0 ? OUTCOME_GONE : OUTCOME_DELETED;
}

static void judged(struct snowmelt *s, struct slot *slot, uint32_t job, enum deletable d)
{
	struct ledger_record *r = &slot->past.record;
	struct engine_event ev;

	if (deletable_kept(d)) {
		forget_create(r);
		keep(s, slot, job, d);
		return;
	}
	str_copy(slot->record.etag, sizeof(slot->record.etag), r->etag);
	slot->record.deletable = d;
	slot->record.deleting = d == DELETABLE_BEGUN;
	ev = claim_event(slot, job, d == DELETABLE ? CLAIM_DELETE : CLAIM_DELETE_OPEN);
	ev.row.known = OUTCOME_SKIPPED;
	if (d == DELETED_BEFORE) {
		ev.row.claim = CLAIM_KNOWN;
		ev.row.known = how_deleted(r);
		if (r->state != LEDGER_STATE_WITHDRAWN) /* on its way to be created again */
			forget_create(r);
	}
	turn_tell(s, &ev);
}

static void swap_names(struct row *row)
{
	const char *name = row->name;

	row->name = row->plain_name;
	row->plain_name = name;
}

/* Once more by the other name that it may have. */
static bool ask_by_plain_name(struct snowmelt *s, struct slot *slot, uint32_t job)
{
	if (!slot->row.plain_name || slot->record.renamed)
		return false;
	slot->record.renamed = true;
	swap_names(&slot->row);
	claim(s, slot, job);
	return true;
}

static enum deletable take_reply(
	struct snowmelt *s, struct slot *slot, const struct ledger_reply *reply)
{
	if (reply->claim == LEDGER_DUPLICATE) {
		slot->record.earlier_row = reply->earlier_row;
		return KEPT_REPEATED;
	}
	if (reply->record) {
		slot_remember(slot, reply->record);
		slot_weigh(s, slot);
	}
	return deletable(&slot->row, slot->past.there ? &slot->past.record : NULL);
}

void rollback_claimed(struct snowmelt *s, const struct ledger_reply *reply)
{
	uint32_t job = reply->ticket;
	struct slot *slot = &s->slots[job];
	enum deletable d = take_reply(s, slot, reply);

	s->claims_out--;
	if ((is_stranger(d) || d == KEPT_REPEATED) && ask_by_plain_name(s, slot, job))
		return;
	if (slot->record.renamed && deletable_kept(d))
		swap_names(&slot->row); /* as the file has it */
	judged(s, slot, job, d);
}

void rollback_intend(struct snowmelt *s, uint32_t job)
{
	struct slot *slot = &s->slots[job];
	struct ledger_request q = slot_request(slot, LEDGER_INTEND_DELETE, job);

	slot->record.deleting = true;
	turn_ask(s, &q);
}
