/* plan.c - snowmelt plan, the first half: all that the server has is gathered.
 *
 * What a scope has is listed by the same engine that lists it for a run. A run does so
 * for the first row of a scope that the ledger has never seen; so here each scope gets
 * one such row that nobody wants, and it ends where a run would write an intent. What
 * is listed goes into a ledger that only lists (ledger/scratch.h). Nothing else is sent,
 * and the ledger of the runs is only read.
 */
#include "run/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "flow/request.h"
#include "ledger/scratch.h"
#include "run/recorded.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

#define KEY_SIZE 32
#define SHOWN_SIZE 300

/* -------------------------------------------------------------- the runs' ledger */

static int check_one(const struct snowmelt *s, const char *what, const char *stored,
	const char *now, struct error *reterr)
{
	char shown[SHOWN_SIZE], shown_stored[SHOWN_SIZE], shown_now[SHOWN_SIZE];

	if (strcmp(stored, now) == 0)
		return 0;
	return error_set(reterr, -EINVAL,
		"the ledger '%s' is that of the %s '%s', not of '%s': name another --ledger for "
		"this %s, or use the other %s",
		str_shown(shown, sizeof(shown), s->ledger_path), what,
		str_shown(shown_stored, sizeof(shown_stored), stored),
		str_shown(shown_now, sizeof(shown_now), now), what, what);
}

/* A run would refuse it, too. */
static int check_identity(struct snowmelt *s)
{
	AUTO(buf_done) struct buf service = {0};
	struct ledger_run run;
	int r = ledger_reader_run(s->plan->reader, &run, &s->error);

	if (r < 0)
		return r;
	buf_init(&service, URL_MAX);
	if (flow_service_append(&service, s->settings.o.url) < 0)
		return error_set(&s->error, -ENOMEM, "out of memory: free some and try again");
	s->plan->going = run.going;
	r = check_one(s, "service", run.service, service.data, &s->error);
	return r < 0 ? r : check_one(s, "org", run.org, s->settings.o.org, &s->error);
}

static int open_reader(struct snowmelt *s)
{
	char shown[SHOWN_SIZE];
	int r = recorded_open(s->ledger_path, &s->plan->reader, &s->error);

	if (r != -ENOENT)
		return r;
	s->error = (struct error){.code = 0};
	log_warn("there is no ledger '%s' yet: this plan is made from what the server lists alone",
		str_shown(shown, sizeof(shown), s->ledger_path));
	return 0;
}

/* ---------------------------------------------------------------------- scopes */

/* Whether what it names is there is asked by id, or by the name of its intent. */
static bool needs_its_scope(const struct ledger_record *r)
{
	return plan_is_done(r) || plan_by_record(r);
}

static int add_scope(struct snowmelt *s, const struct ledger_record *r)
{
	uint32_t scope, sandbox;
	int e = input_scope(s->input, r->sandbox, r->spec_id, &scope, &sandbox);

	if (e == -ENOSPC)
		return error_set(&s->error, e,
			"input and ledger together have over %d pairs of sandbox and "
			"connection_spec_id: split the input, each with a ledger of its own",
			INPUT_SCOPES_MAX);
	if (e < 0)
		return error_set(&s->error, e, "the ledger '%s' cannot be read: %s", s->ledger_path,
			strerror(-e));
	s->plan->scopes = MAX(s->plan->scopes, scope + 1);
	return 0;
}

static int add_scopes_of_ledger(struct snowmelt *s)
{
	const struct ledger_record *r;
	int64_t cursor = 0;
	int e;

	while ((e = ledger_reader_next(s->plan->reader, &cursor, &r, &s->error)) == 1) {
		e = needs_its_scope(r) ? add_scope(s, r) : 0;
		if (e < 0)
			break;
	}
	return e;
}

/* --------------------------------------------------------------------- opening */

static int use_key(struct snowmelt *s)
{
	uint8_t key[KEY_SIZE];
	int r = ledger_reader_key(s->plan->reader, key, &s->error);

	if (r == 0)
		ledger_use_key(s->ledger, key);
	wipe(key, sizeof(key));
	return r;
}

static int open_scratch(struct snowmelt *s)
{
	int r = ledger_scratch_create(open_wake, s, &s->ledger, &s->error);

	return r == 0 && s->plan->reader ? use_key(s) : r;
}

int plan_open(struct snowmelt *s)
{
	int r;

	s->plan = calloc(1, sizeof(*s->plan));
	if (!s->plan)
		return error_set(&s->error, -ENOMEM, "out of memory: free some and try again");
	for (size_t i = 0; i < ARRAY_SIZE(s->plan->counted); i++)
		s->plan->counted[i] = PLAN_UNCOUNTED;
	s->plan->began_ms = clock_wall_ms();
	s->plan->scopes = s->survey.scopes;
	r = open_reader(s);
	if (r == 0 && s->plan->reader) {
		r = check_identity(s);
		if (r == 0)
			r = add_scopes_of_ledger(s);
	}
	return r == 0 ? open_scratch(s) : r;
}

void plan_done(struct snowmelt *s)
{
	if (s->plan)
		ledger_reader_close(s->plan->reader);
	free(s->plan);
	s->plan = NULL;
}

/* ------------------------------------------------------------------ a run meanwhile */

/* What is created meanwhile is counted and not listed, if its name is on a page that was
 * read before, so that no listing ever adds up. But one that has no fewer than there were
 * before it began lacks only what came since. */
bool plan_explains(struct snowmelt *s, uint32_t scope, uint64_t listed, uint64_t counted)
{
	uint64_t before = s->plan->counted[scope];

	s->plan->counted[scope] = counted;
	return before <= listed && listed <= counted;
}

/* --------------------------------------------------------- a row for each scope */

static void take_scope(struct snowmelt *s, uint32_t scope)
{
	uint32_t job = read_next(s);
	struct slot *slot = &s->slots[job];
	struct engine_event ev;

	read_taken(s);
	slot->kind = SLOT_ROW;
	slot->row.scope = scope;
	slot->row.spec_id = input_scope_spec(s->input, scope, &slot->row.sandbox_number);
	slot->row.sandbox = input_sandbox(s->input, slot->row.sandbox_number);
	ev = claim_event(slot, job, CLAIM_FRESH);
	turn_tell(s, &ev);
}

bool plan_read(struct snowmelt *s)
{
	struct plan *p = s->plan;
	bool any = false;

	for (; s->read_count > 0 && p->next_scope < p->scopes; any = true)
		take_scope(s, p->next_scope++);
	if (p->next_scope < p->scopes || s->input_told)
		return any;
	s->input_over = s->input_told = true;
	read_ended(s, false);
	return true;
}

/* Its scope is listed: that was all. */
void plan_intend(struct snowmelt *s, uint32_t job)
{
	turn_tell(s, &(struct engine_event){
			     .kind = EVENT_LISTED,
			     .job = job,
			     .row.known = OUTCOME_ADOPTED,
		     });
}

void plan_tell(struct snowmelt *s, struct slot *slot, const struct engine_action *a)
{
	const struct sandbox_headers *h = &s->sandboxes[slot->row.sandbox_number];

	if (a->row.outcome == OUTCOME_ADOPTED || s->plan->unlisted.code < 0)
		return;
	error_set(&s->plan->unlisted, -EACCES,
		"sandbox %s cannot be listed: %s: check --sandbox, the rows' sandboxes and the "
		"permissions of the credentials",
		slot->row.sandbox,
		a->row.cause == CAUSE_SANDBOX && h->refusal[0] ? h->refusal : words_last(slot));
}
