/* words_update.c - what a line says of a row that was to be updated. */
#include <assert.h>

#include "run/shell.h"

static void say_failed(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	const struct flow_verdict *v = &slot->record.answer;

	if (v->class == FLOW_GONE)
		words_say(w, "gone", "it is not there any more (%s): see who has deleted it",
			words_last(slot));
	else if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, v->code, "not updated after %u attempt%s; the last answer: %s",
			a->row.attempts, a->row.attempts == 1 ? "" : "s", words_last(slot));
	else
		words_say(w, v->code, "%s", v->message);
}

static void say_conflict(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, "conflict",
			"someone else keeps changing it: each of %u updates came too late; run it "
			"again later",
			a->row.attempts);
	else
		words_say(w, "conflict", "%s", slot->record.answer.message);
}

static void say_unresolved(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	const char *code = slot->record.answer.code;

	if (a->row.cause == CAUSE_ENDED)
		code = words_ended_by_hand(a->row.end) ? "stopped" : "halted";
	words_say(w, code,
		"it may have been updated; the last answer: %s; run it again with --update, which "
		"settles it",
		words_last(slot));
}

void words_for_update(const struct slot *slot, const struct engine_action *a, struct words *ret)
{
	switch (a->row.outcome) {
	case OUTCOME_UPDATED: break;
	case OUTCOME_FAILED: say_failed(ret, slot, a); break;
	case OUTCOME_CONFLICT: say_conflict(ret, slot, a); break;
	case OUTCOME_UNRESOLVED: say_unresolved(ret, slot, a); break;
	case OUTCOME_CHANGED:
	case OUTCOME_UNCHANGED:
		words_say(ret, words_ended_by_hand(a->row.end) ? "stopped" : "halted",
			"not updated: the run ended before it%s",
			slot->past.record.update_count > 0
				? ", and an earlier one may have updated it"
				: "");
		break;
	case OUTCOME_SKIPPED:
		words_say(ret, slot->record.answer.code,
			"not updated, gave up after many tries; the last: %s", words_last(slot));
		break;
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED:
	case OUTCOME_INVALID:
	case OUTCOME_OK:
	case OUTCOME_GONE:
	case OUTCOME_DELETED:
	case OUTCOME_IN_USE:
	case OUTCOME_KEPT:
	case OUTCOME_COUNT:
	default: assert(!"no outcome of an update");
	}
}
