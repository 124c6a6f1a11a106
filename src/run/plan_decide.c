/* plan_decide.c - what a run would do with one row.
 *
 *   the ledger says       the server has                       a run
 *   ───────────────────   ──────────────────────────────────   ──────────────────
 *   nothing, or that it   nothing of its name                  creates it
 *   never came to be,     one, with its endpoint and user      adopts it
 *   or was deleted        another, or several                  conflict
 *   it may have been      one, as it was sent                  adopts it
 *   created, or deleted   another, or several                  conflict
 *                         nothing of its name                  creates it, once it is sure
 *   it is done            not its id                           leaves it: gone
 *                         its id, and someone has changed it   conflict
 *                         its id, and another spec is wanted   conflict
 *                         its id, and the row was edited       changes it, by --update
 *                         its id                               nothing
 *
 * A conflict of what is done comes up only when the row is sent; to tell it before is
 * what a plan is for. So it is told of rows, too, that nobody has edited.
 */
#include "run/plan_decide.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "run/phrases.h"
#include "run/recorded.h"
#include "run/shell.h"

const char *plan_action_name(enum plan_action a)
{
	static const char *const names[PLAN_ACTION_COUNT] = {
		[PLAN_CREATE] = "create",
		[PLAN_ADOPT] = "adopt",
		[PLAN_CHANGE] = "change",
		[PLAN_NOTHING] = "nothing",
		[PLAN_CONFLICT] = "conflict",
		[PLAN_INVALID] = "invalid",
		[PLAN_GONE] = "gone",
		[PLAN_EXTRA] = "extra",
	};

	return names[a];
}

const char *plan_fields_words(unsigned fields, char *dst, size_t dst_len)
{
	static const struct {
		unsigned field;
		const char *name;
	} names[] = {
		{FLOW_FIELD_NAME, "name"},
		{FLOW_FIELD_DESCRIPTION, "description"},
		{FLOW_FIELD_SPEC, "connection_spec_id"},
		{FLOW_FIELD_ENDPOINT, "endpoint"},
		{FLOW_FIELD_USERNAME, "username"},
		{PLAN_FIELD_SECRET, "password"},
		{PLAN_FIELD_HIDDEN, "a parameter or auth_spec"},
		{PLAN_FIELD_UNTOLD, "description or password"},
	};
	size_t len = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(fields & names[i].field))
			continue;
		if (len > 0)
			str_copy(dst + len, dst_len - len, ", ");
		len = strlen(dst);
		str_copy(dst + len, dst_len - len, names[i].name);
		len = strlen(dst);
	}
	return dst;
}

bool plan_by_record(const struct ledger_record *r)
{
	return r && (r->state == LEDGER_STATE_INTENDED || r->state == LEDGER_STATE_DOUBT ||
			    r->state == LEDGER_STATE_DELETING);
}

bool plan_is_done(const struct ledger_record *r)
{
	return r && r->state == LEDGER_STATE_DONE;
}

static void say(struct plan_verdict *v, enum plan_action action, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void say(struct plan_verdict *v, enum plan_action action, const char *fmt, ...)
{
	va_list args;

	v->action = action;
	va_start(args, fmt);
	vsnprintf(v->reason, sizeof(v->reason), fmt, args);
	va_end(args);
}

/* --------------------------------------------------------- what is not done, or unsure */

static const char *why_create(const struct plan_facts *f)
{
	const struct ledger_record *r = f->record;

	if (!r)
		return "";
	switch (r->state) {
	case LEDGER_STATE_INTENDED:
	case LEDGER_STATE_DOUBT:
		if (f->going && r->seen)
			return "the run that is going is about to create it, or has just done so";
		return "an earlier run may have created it, and it is not listed: a run looks "
		       "again before it sends it";
	case LEDGER_STATE_DELETING: return "a rollback was interrupted: run it again";
	case LEDGER_STATE_WITHDRAWN:
		return *recorded_deleted_id(r) ? "what was created for it was deleted since" : "";
	case LEDGER_STATE_REFUSED: return "an earlier run could not create it, and tries again";
	case LEDGER_STATE_CLAIMED:
	case LEDGER_STATE_DONE:
	default: return "";
	}
}

static const char *why_adopt(const struct ledger_record *r)
{
	if (r && r->state == LEDGER_STATE_DELETING)
		return "a rollback was interrupted: run it again";
	if (plan_by_record(r))
		return "an earlier run may have created it: a run settles that";
	return "";
}

static void decide_absent(const struct plan_facts *f, struct plan_verdict *v)
{
	if (f->occupied)
		say(v, PLAN_CONFLICT,
			"an earlier run may have created it with another connection_spec_id, and "
			"with this one there is another of its name: rename the row");
	else
		say(v, PLAN_CREATE, "%s", why_create(f));
}

static void decide_by_name(const struct plan_facts *f, struct plan_verdict *v)
{
	char conflict[sizeof(v->reason)];

	str_copy(v->id, sizeof(v->id),
		f->hits->count == 1 || f->hits->tagged == 1 ? f->hits->ids[0] : "");
	switch (flow_hits_conclude(f->hits, 0, conflict, sizeof(conflict))) {
	case FLOW_ABSENT: decide_absent(f, v); break;
	case FLOW_FOUND_CREATED:
	case FLOW_FOUND_ADOPTED: say(v, PLAN_ADOPT, "%s", why_adopt(f->record)); break;
	case FLOW_FOUND_CONFLICT:
		say(v, PLAN_CONFLICT, "%s", conflict);
		if (f->hits->endpoint_differs)
			v->fields |= FLOW_FIELD_ENDPOINT;
		if (f->hits->username_differs)
			v->fields |= FLOW_FIELD_USERNAME;
		break;
	default: assert(!"no such finding");
	}
}

/* ------------------------------------------------------------------------ what is done */

static const char *how_changed(const struct ledger_record *r)
{
	bool adopted = claim_is_adopted(r);

	if (r->update_count > 0)
		return adopted ? PHRASE_OPEN_UPDATE " --adopted" : PHRASE_OPEN_UPDATE;
	if (!r->told && adopted)
		return "the next run tells that it was adopted; one with --update --adopted after "
		       "that sends it";
	if (!r->told)
		return "the next run tells that it was created; one with --update after that sends "
		       "it";
	return adopted ? "'snowmelt run --update --adopted' sends it"
		       : "'snowmelt run --update' sends it";
}

static void say_theirs(const struct plan_facts *f, struct plan_verdict *v)
{
	char words[128];

	v->fields = f->theirs;
	say(v, PLAN_CONFLICT,
		"someone else has changed its %s since: set the row to what is there, or set it "
		"back there",
		flow_fields_words(f->theirs, words, sizeof(words)));
}

static const char *why_gone(const struct plan_facts *f)
{
	if (f->recent)
		return "it is not listed, but was recorded only seconds before, and a listing may "
		       "lag: plan again before you believe that it is gone";
	return "the server has it no more, and a run leaves it so: give the row another name, or "
	       "let 'snowmelt rollback' note that, after which a run creates it";
}

static void decide_by_id(const struct plan_facts *f, struct plan_verdict *v)
{
	const struct ledger_record *r = f->record;

	str_copy(v->id, sizeof(v->id), r->id);
	if (!f->listed && !f->newer) {
		say(v, PLAN_GONE, "%s", why_gone(f));
	} else if (strcmp(r->spec_id, f->spec_id) != 0) {
		v->fields = FLOW_FIELD_SPEC;
		say(v, PLAN_CONFLICT, "%s", PHRASE_SPEC_CHANGE);
	} else if (f->theirs != 0 && !f->newer) {
		say_theirs(f, v);
	} else if (!f->same) {
		v->fields = f->edited;
		say(v, PLAN_CHANGE, "%s", how_changed(r));
	} else {
		say(v, PLAN_NOTHING, "%s", "");
	}
}

void plan_decide(const struct plan_facts *f, struct plan_verdict *ret)
{
	*ret = (struct plan_verdict){.action = PLAN_NOTHING};
	if (plan_is_done(f->record))
		decide_by_id(f, ret);
	else
		decide_by_name(f, ret);
}
