/* words_rollback.c - what a line says of a row that was to be deleted, or why it is kept. */
#include <assert.h>

#include "run/deletable.h"
#include "run/phrases.h"
#include "run/shell.h"

static const char *called(const char *status)
{
	return *status ? status : "nothing at all";
}

static void say_other_id(struct words *w, const struct slot *slot, const char *code)
{
	const struct ledger_record *r = &slot->past.record;

	words_say(w, code,
		"the ledger has %s%s for it, and an id is deleted only where both agree: "
		"'snowmelt results' writes what the ledger has",
		*r->id ? "the id " : "no id", r->id);
}

static void say_kept(struct words *w, const struct slot *slot)
{
	const char *code = deletable_code(slot->record.deletable);

	switch (slot->record.deletable) {
	case KEPT_NO_ID:
		words_say(w, code, "there is no id to delete: these results call it %s",
			called(slot->row.status));
		break;
	case KEPT_UNKNOWN:
		words_say(w, code,
			"the ledger does not know it, and only what it has created is deleted: is "
			"it the ledger of that run (--ledger)?");
		break;
	case KEPT_OTHER_ID: say_other_id(w, slot, code); break;
	case KEPT_ADOPTED:
		words_say(w, code,
			"it was there before and was adopted, not created: it is not "
			"ours to delete");
		break;
	case KEPT_UPDATED:
		words_say(w, code,
			"it was updated since, so it is more by now than what was created: delete "
			"it in Adobe if nobody needs it");
		break;
	case KEPT_IN_DOUBT:
		words_say(w, code, "the ledger has it in doubt: 'snowmelt run' settles that first");
		break;
	case KEPT_NOT_CREATED:
		words_say(w, code,
			"these results call it %s, and only what they call created is deleted: "
			"'snowmelt results' writes that again from the ledger",
			called(slot->row.status));
		break;
	case KEPT_LEDGER:
		words_say(w, code,
			"the ledger calls it %s, and only what it calls created is deleted: look "
			"at it in Adobe",
			called(slot->past.record.status));
		break;
	case KEPT_REPEATED:
		words_say(w, code, PHRASE_DUPLICATE, (unsigned long long)slot->record.earlier_row);
		break;
	case DELETABLE:
	case DELETABLE_BEGUN:
	case DELETED_BEFORE:
	case DELETABLE_COUNT:
	default: assert(!"it is not kept");
	}
}

static void say_failed(struct words *w, const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a)
{
	const struct sandbox_headers *h = &s->sandboxes[a->row.sandbox];
	const struct flow_verdict *v = &slot->record.answer;

	if (a->row.cause == CAUSE_SANDBOX)
		words_say(w, h->refusal_code, "the sandbox was refused: %s", h->refusal);
	else if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, v->code,
			"not deleted after %u attempt%s, it is still there; the last answer: %s",
			a->row.attempts, a->row.attempts == 1 ? "" : "s", words_last(slot));
	else
		words_say(w, v->code, "%s", words_last(slot));
}

/* libcurl repeats what has no body by itself when a kept connection dies. */
static void say_gone(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	if (a->row.cause == CAUSE_CLAIM)
		words_say(w, slot->past.record.error_code, "%s", slot->past.record.error);
	else if (a->row.cause == CAUSE_ANSWER)
		words_say(w, "gone",
			"it was there when it was read, and not when it was deleted: someone else "
			"was first, or this deletion arrived twice");
	else
		words_say(w, "gone", "it was not there any more");
}

static void say_unresolved(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	const char *code = slot->record.answer.code;

	if (a->row.cause == CAUSE_ENDED)
		code = words_ended_by_hand(a->row.end) ? "stopped" : "halted";
	words_say(w, code,
		"it may have been deleted; the last answer: %s; run the same rollback again, which "
		"reads it first",
		words_last(slot));
}

void words_for_rollback(const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a, struct words *ret)
{
	*ret = (struct words){.code = ""};
	switch (a->row.outcome) {
	case OUTCOME_DELETED: break;
	case OUTCOME_GONE: say_gone(ret, slot, a); break;
	case OUTCOME_KEPT: say_kept(ret, slot); break;
	case OUTCOME_IN_USE:
		words_say(ret, slot->record.answer.code,
			"a dataflow uses it: delete that first, then run the same rollback again "
			"(%s)",
			words_last(slot));
		break;
	case OUTCOME_CONFLICT: words_say(ret, "conflict", "%s", words_last(slot)); break;
	case OUTCOME_FAILED: say_failed(ret, s, slot, a); break;
	case OUTCOME_UNRESOLVED: say_unresolved(ret, slot, a); break;
	case OUTCOME_SKIPPED: words_say_skipped(ret, slot, a, "not deleted"); break;
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED:
	case OUTCOME_UPDATED:
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED:
	case OUTCOME_INVALID:
	case OUTCOME_OK:
	case OUTCOME_COUNT:
	default: assert(!"no outcome of a deletion");
	}
}
