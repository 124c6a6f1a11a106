/* words_verify.c - what a line says of a row that was asked whether it works. */
#include <assert.h>

#include "run/shell.h"

static void say_no_id(struct words *w, const struct slot *slot)
{
	const char *status = slot->row.status;

	words_say(w, "no_id",
		"there is no id to test: these results call it %s; 'snowmelt run' creates what is "
		"missing",
		*status ? status : "nothing at all");
}

/* Its own test is good; what failed is the question behind it. */
static void say_explore(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	const struct flow_verdict *v = &slot->record.answer;

	if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, v->code,
			"its test is good, but its tables were not listed in %u attempts; the last "
			"answer: %s",
			a->row.attempts, words_last(slot));
	else
		words_say(w, "explore_failed",
			"its test is good, but its tables cannot be listed (%s%s%s): see what its "
			"user may read there",
			v->code, v->code[0] ? ": " : "", words_last(slot));
}

static void say_failed(struct words *w, const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a)
{
	const struct sandbox_headers *h = &s->sandboxes[a->row.sandbox];
	const struct flow_verdict *v = &slot->record.answer;

	if (a->row.cause == CAUSE_CLAIM)
		say_no_id(w, slot);
	else if (a->row.cause == CAUSE_SANDBOX)
		words_say(w, h->refusal_code, "the sandbox was refused: %s", h->refusal);
	else if (slot->record.passed)
		say_explore(w, slot, a);
	else if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, v->code, "not tested in %u attempt%s; the last answer: %s",
			a->row.attempts, a->row.attempts == 1 ? "" : "s", words_last(slot));
	else if (v->class == FLOW_FAILED && v->code[0])
		words_say(w, "test_failed",
			"Adobe cannot connect with it (%s: %s): check endpoint, username and "
			"password, then 'snowmelt run --update'",
			v->code, words_last(slot));
	else if (v->class == FLOW_FAILED)
		words_say(w, "test_failed", "%s", words_last(slot));
	else
		words_say(w, v->code, "%s", words_last(slot));
}

void words_for_verify(const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a, struct words *ret)
{
	*ret = (struct words){.code = ""};
	switch (a->row.outcome) {
	case OUTCOME_OK: break;
	case OUTCOME_FAILED: say_failed(ret, s, slot, a); break;
	case OUTCOME_GONE:
		words_say(ret, "gone",
			"it is not there any more (%s): see who has deleted it; once 'snowmelt "
			"rollback' has told the ledger, 'snowmelt run' creates it again",
			words_last(slot));
		break;
	case OUTCOME_SKIPPED: words_say_skipped(ret, slot, a, "not tested"); break;
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED:
	case OUTCOME_UPDATED:
	case OUTCOME_UNCHANGED:
	case OUTCOME_CHANGED:
	case OUTCOME_CONFLICT:
	case OUTCOME_UNRESOLVED:
	case OUTCOME_INVALID:
	case OUTCOME_DELETED:
	case OUTCOME_IN_USE:
	case OUTCOME_KEPT:
	case OUTCOME_COUNT:
	default: assert(!"no outcome of a test");
	}
}
