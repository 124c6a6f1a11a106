/* plan_report.c - snowmelt plan, the second half: the input is read, each row is held
 * against the ledger and against what was listed, and its line is told.
 *
 * In flat memory: the listing and the names of the rows lie on disk. Nothing is asked of
 * any server here.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "ledger/scratch.h"
#include "run/phrases.h"
#include "run/plan.h"
#include "run/plan_fields.h"
#include "run/recorded.h"
#include "run/seen.h"
#include "run/shell.h"
#include "sys/log.h"

/* The longest name and the longest reason, six bytes for each of theirs. */
#define TEXT_MAX ((size_t)2 << 20)
#define WORDS_SIZE 256

struct report {
	struct snowmelt *s;
	struct plan *plan;
	struct row row;
	struct seen seen;
	char *names_path;
	struct plan_teller teller;
	int stops_before; /* those that were asked for while the server listed */
};

static int no_memory(struct error *reterr)
{
	return error_set(reterr, -ENOMEM, "out of memory: free some and try again");
}

/* --------------------------------------------------------------------- opening */

/* A name that nobody can lay in wait for; the file loses it at once. */
static char *make_names_path(void)
{
	const char *folder = getenv("TMPDIR");
	struct buf b;

	buf_init(&b, 4096);
	if (buf_printf(&b, "%s/snowmelt-names-%08x%08x", str_empty(folder) ? "/tmp" : folder,
		    randombytes_random(), randombytes_random()) == 0)
		return b.data; /* the caller frees it */
	buf_done(&b);
	return NULL;
}

static int open_names(struct report *p, struct error *reterr)
{
	if (sodium_init() < 0)
		return error_set(reterr, -EIO, "no random numbers from the kernel");
	p->names_path = make_names_path();
	return p->names_path ? seen_init(&p->seen, p->names_path, reterr) : no_memory(reterr);
}

static void begin(struct report *p, struct snowmelt *s)
{
	p->s = s;
	p->plan = s->plan;
	p->stops_before = s->stops_told;
	p->seen.fd = -1;
	row_init(&p->row, s->secrets);
	p->teller = (struct plan_teller){
		.t.cb = &s->cb,
		.format = s->settings.o.report,
		.with_sandbox = input_sandbox_count(s->input) > 1,
	};
	buf_init(&p->teller.t.text, TEXT_MAX);
}

static void end(struct report *p)
{
	buf_done(&p->teller.t.text);
	row_done(&p->row);
	seen_done(&p->seen);
	free(p->names_path);
	free(p);
}

/* ---------------------------------------------------------------------- telling */

static int tell(struct report *p, const struct plan_line *l, struct error *reterr)
{
	plan_lines_add(&p->teller, l);
	return p->teller.t.error < 0 ? no_memory(reterr) : 0;
}

static int tell_verdict(struct report *p, const struct plan_verdict *v, struct error *reterr)
{
	char words[WORDS_SIZE];

	return tell(p,
		&(struct plan_line){
			.row = p->row.number,
			.line = p->row.line,
			.name = p->row.name,
			.sandbox = p->row.sandbox,
			.action = v->action,
			.fields = plan_fields_words(v->fields, words, sizeof(words)),
			.id = v->id,
			.reason = v->reason,
		},
		reterr);
}

static int tell_invalid(struct report *p, const char *why, struct error *reterr)
{
	return tell(p,
		&(struct plan_line){
			.row = p->row.number,
			.line = p->row.line,
			.name = p->row.name,
			.sandbox = p->row.sandbox,
			.action = PLAN_INVALID,
			.fields = "",
			.id = "",
			.reason = why,
		},
		reterr);
}

/* ------------------------------------------------------------- a row, by its name */

struct by_name {
	struct flow_hits hits;
	struct flow_wanted wanted;
	char tag[17];
};

static struct flow_item item_of(const struct ledger_scratch_item *i)
{
	return (struct flow_item){
		.name = i->name,
		.id = i->id,
		.etag = i->etag,
		.spec_id = i->spec_id,
		.description = i->description ? i->description : "",
		.endpoint = i->endpoint,
		.username = i->username,
	};
}

static void add_hit(void *arg, const struct ledger_scratch_item *i)
{
	struct by_name *n = arg;
	const struct flow_item item = item_of(i);

	flow_hits_add(&n->hits, &n->wanted, &item);
}

static void ignore(void *arg, const struct ledger_scratch_item *i)
{
}

static void name_begin(const struct report *p, const struct ledger_record *r, struct by_name *ret)
{
	const struct row *row = &p->row;
	bool by_record = plan_by_record(r);

	flow_hits_init(&ret->hits);
	ret->wanted = (struct flow_wanted){
		.name = row->name,
		.spec_id = by_record ? r->spec_id : row->spec_id,
		.endpoint = by_record ? r->endpoint : row->endpoint,
		.username = by_record ? r->username : row->username,
	};
	if (!r)
		return;
	flow_hits_ignore(&ret->hits, recorded_deleted_id(r));
	/* A run looks for tags where it looks for a row, which it does of no fresh one. */
	if (!p->s->settings.o.tag || r->state == LEDGER_STATE_CLAIMED)
		return;
	ledger_tag(p->s->ledger, row->sandbox, row->name, ret->tag);
	ret->wanted.tag = ret->tag;
}

/* And nobody calls it an extra from now on, whichever spec it was looked for with. */
static int find_name(struct report *p, struct by_name *n, bool *ret_occupied, struct error *reterr)
{
	const struct row *row = &p->row;
	struct ledger *l = p->s->ledger;
	int64_t count = ledger_scratch_find(
		l, row->sandbox, n->wanted.spec_id, row->name, add_hit, n, reterr);

	*ret_occupied = false;
	if (count >= 0 && strcmp(n->wanted.spec_id, row->spec_id) != 0) {
		count = ledger_scratch_find(
			l, row->sandbox, row->spec_id, row->name, ignore, NULL, reterr);
		*ret_occupied = count > 0;
	}
	return count < 0 ? (int)count : 0;
}

/* --------------------------------------------------------------- a row, by its id */

struct by_id {
	const struct ledger *ledger;
	const struct row *row;
	const struct ledger_record *record;
	bool unnamed; /* neither its name nor its spec made it the row's */
	unsigned theirs, edited;
};

static void compare(void *arg, const struct ledger_scratch_item *i)
{
	struct by_id *b = arg;
	const struct flow_item item = item_of(i);

	b->unnamed = strcmp(i->name, b->row->name) != 0 || strcmp(i->spec_id, b->row->spec_id) != 0;
	b->theirs = plan_theirs(b->ledger, b->row, b->record, &item);
	b->edited = plan_edited(b->ledger, b->row, b->record, i->description);
}

static int find_id(
	struct report *p, const struct ledger_record *r, struct plan_facts *f, struct error *reterr)
{
	struct ledger *l = p->s->ledger;
	struct by_id b = {.ledger = l, .row = &p->row, .record = r};
	int found = ledger_scratch_find_id(l, r->sandbox, r->spec_id, r->id, compare, &b, reterr);

	if (found < 0)
		return found;
	f->listed = found == 1;
	f->same = plan_same(l, &p->row, r);
	f->theirs = b.theirs;
	f->edited = f->listed ? b.edited : plan_edited(l, &p->row, r, NULL);
	return b.unnamed ? ledger_scratch_name_id(l, r->sandbox, r->spec_id, r->id, reterr) : 0;
}

/* ------------------------------------------------------------------------- rows */

static int find_record(struct report *p, const struct ledger_record **ret, struct error *reterr)
{
	int r;

	*ret = NULL;
	if (!p->plan->reader)
		return 0;
	r = ledger_reader_find(p->plan->reader, p->row.sandbox, p->row.name, ret, reterr);
	if (r == 0)
		*ret = NULL;
	return r < 0 ? r : 0;
}

/* What a listing shows is at most a settle old. */
static bool is_recent(const struct report *p, const struct ledger_record *r)
{
	return r->changed_ms >= p->plan->began_ms - p->s->settings.o.settle / MS;
}

static int take_valid(struct report *p, struct error *reterr)
{
	const struct ledger_record *record;
	struct by_name name = {.tag = ""};
	struct plan_facts f = {.spec_id = p->row.spec_id, .hits = &name.hits};
	struct plan_verdict v;
	int r = find_record(p, &record, reterr);

	if (r < 0)
		return r;
	f.record = record;
	f.going = p->plan->going;
	f.newer = record && record->changed_ms >= p->plan->began_ms;
	f.recent = record && is_recent(p, record);
	name_begin(p, record, &name);
	r = find_name(p, &name, &f.occupied, reterr);
	if (r == 0 && plan_is_done(record))
		r = find_id(p, record, &f, reterr);
	if (r < 0)
		return r;
	plan_decide(&f, &v);
	return tell_verdict(p, &v, reterr);
}

/* It names what it would have been, if it says as much. */
static int name_refused(struct report *p, struct error *reterr)
{
	const struct row *row = &p->row;
	const char *spec_id = *row->spec_id ? row->spec_id : FLOW_SERVICENOW_SPEC;
	int64_t count = 0;

	if (*row->name && *row->sandbox)
		count = ledger_scratch_find(
			p->s->ledger, row->sandbox, spec_id, row->name, ignore, NULL, reterr);
	return count < 0 ? (int)count : 0;
}

static int take_row(struct report *p, struct error *reterr)
{
	const struct row *row = &p->row;
	char why[sizeof(row->fault)];
	uint64_t earlier = 0;
	int r;

	p->teller.counts.rows++;
	if (row->invalid) {
		r = name_refused(p, reterr);
		return r < 0 ? r : tell_invalid(p, row->fault, reterr);
	}
	r = seen_take(&p->seen, row->sandbox, row->name, row->number, &earlier, reterr);
	if (r < 0)
		return r;
	if (earlier == 0)
		return take_valid(p, reterr);
	snprintf(why, sizeof(why), PHRASE_DUPLICATE, (unsigned long long)earlier);
	r = name_refused(p, reterr);
	return r < 0 ? r : tell_invalid(p, why, reterr);
}

static bool is_stopped(const struct report *p)
{
	return atomic_load(&p->s->stops_asked) > p->stops_before;
}

static int stopped(struct error *reterr)
{
	return error_set(reterr, -EINTR, "stopped: to have it whole, run the same command again");
}

static int take_rows(struct report *p, struct error *reterr)
{
	int got, r = 0;

	while (r == 0 && (got = input_next(p->s->input, &p->row, reterr)) != INPUT_END) {
		if (got < 0)
			return got;
		r = is_stopped(p) ? stopped(reterr) : take_row(p, reterr);
		row_reset(&p->row);
	}
	return r;
}

/* ------------------------------------------------------------------ beside the rows */

static int take_unnamed_record(
	struct report *p, const struct ledger_record *rec, struct error *reterr)
{
	uint64_t named = 0;
	int r = seen_take(&p->seen, rec->sandbox, rec->name, 1, &named, reterr);

	if (r < 0 || named > 0 || rec->changed_ms >= p->plan->began_ms)
		return r;
	r = ledger_scratch_find_id(
		p->s->ledger, rec->sandbox, rec->spec_id, rec->id, ignore, NULL, reterr);
	if (r != 0)
		return r < 0 ? r : 0;
	return tell(p,
		&(struct plan_line){
			.name = rec->name,
			.sandbox = rec->sandbox,
			.action = PLAN_GONE,
			.fields = "",
			.id = rec->id,
			.reason =
				"the ledger has it, no row names it, and the server has it no more",
		},
		reterr);
}

static int take_gone(struct report *p, struct error *reterr)
{
	const struct ledger_record *rec;
	int64_t cursor = 0;
	int r = 0, e;

	if (!p->plan->reader)
		return 0;
	while ((e = ledger_reader_next(p->plan->reader, &cursor, &rec, reterr)) == 1 && r == 0) {
		if (is_stopped(p))
			r = stopped(reterr);
		else if (plan_is_done(rec))
			r = take_unnamed_record(p, rec, reterr);
	}
	return e < 0 ? e : r;
}

struct extras {
	struct report *report;
	struct error error;
};

/* The ledger may know it; when that cannot be read any more, the next row will say. */
static const char *whose(struct report *p, const struct ledger_scratch_item *i)
{
	const struct ledger_record *rec;

	if (!p->plan->reader ||
		ledger_reader_find(p->plan->reader, i->sandbox, i->name, &rec, NULL) != 1 ||
		!plan_is_done(rec) || !str_iequal(rec->id, i->id))
		return "";
	return claim_is_adopted(rec) ? "an earlier run adopted it; no row names it any more"
				     : "an earlier run created it; no row names it any more";
}

static void take_extra(void *arg, const struct ledger_scratch_item *i)
{
	struct extras *e = arg;

	if (e->error.code < 0)
		return;
	if (is_stopped(e->report)) {
		stopped(&e->error);
		return;
	}
	tell(e->report,
		&(struct plan_line){
			.name = i->name,
			.sandbox = i->sandbox,
			.action = PLAN_EXTRA,
			.fields = "",
			.id = i->id,
			.reason = whose(e->report, i),
		},
		&e->error);
}

static int take_extras(struct report *p, struct error *reterr)
{
	struct extras e = {.report = p};
	int r = ledger_scratch_unnamed(p->s->ledger, take_extra, &e, reterr);

	if (r == 0 && e.error.code < 0) {
		*reterr = e.error;
		r = e.error.code;
	}
	return r;
}

/* ------------------------------------------------------------------------ the whole */

static int tell_all(struct report *p, struct error *reterr)
{
	int r = open_names(p, reterr);

	if (r < 0)
		return r;
	plan_lines_begin(&p->teller);
	r = take_rows(p, reterr);
	if (r == 0)
		r = take_gone(p, reterr);
	if (r == 0)
		r = take_extras(p, reterr);
	if (r == 0)
		plan_lines_end(&p->teller);
	if (r == 0 && p->teller.t.error < 0)
		r = no_memory(reterr);
	status_tell(&p->teller.t, true); /* also what came before trouble */
	return r;
}

static enum snowmelt_exit exit_of(const struct plan_counts *c)
{
	if (c->by_action[PLAN_CREATE] + c->by_action[PLAN_ADOPT] + c->by_action[PLAN_CHANGE] +
			c->by_action[PLAN_GONE] + c->gone >
		0)
		return SNOWMELT_HALTED;
	return c->by_action[PLAN_CONFLICT] + c->by_action[PLAN_INVALID] > 0 ? SNOWMELT_ROWS
									    : SNOWMELT_OK;
}

enum snowmelt_exit plan_report(struct snowmelt *s)
{
	struct report *p = calloc(1, sizeof(*p));
	struct error error = s->plan->unlisted;
	enum snowmelt_exit status = SNOWMELT_FATAL;
	int r = error.code;

	if (!p) {
		r = no_memory(&error);
	} else {
		begin(p, s);
		r = r < 0 ? r : tell_all(p, &error);
		status = r == 0 ? exit_of(&p->teller.counts) : SNOWMELT_FATAL;
		end(p);
	}
	if (r < 0)
		run_message(s, error.text);
	return r == -EINTR ? SNOWMELT_INTERRUPTED : status;
}
