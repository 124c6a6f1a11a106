/* names.c - the enums in words, for traces and logs. */
#include <assert.h>

#include "engine/engine.h"

#include "base/macros.h"

static const char *name_of(const char *const *names, size_t count, unsigned int i)
{
	assert(i < count && names[i]);
	return names[i];
}

#define NAME_OF(names, i) name_of(names, ARRAY_SIZE(names), (unsigned int)(i))

const char *job_state_name(enum job_state s)
{
	static const char *const names[] = {
		[JOB_TOLD] = "told",
		[JOB_PENDING] = "pending",
		[JOB_READY] = "ready",
		[JOB_IN_FLIGHT] = "in_flight",
		[JOB_WAITING] = "waiting",
		[JOB_DOUBTFUL] = "doubtful",
		[JOB_TO_LOOK] = "to_look",
		[JOB_LOOKING] = "looking",
		[JOB_DONE] = "done",
	};
	return NAME_OF(names, s);
}

const char *job_event_name(enum job_event e)
{
	static const char *const names[] = {
		[EV_CLAIMED] = "claimed",
		[EV_LISTING] = "listing",
		[EV_DURABLE] = "durable",
		[EV_PLAIN] = "plain",
		[EV_KNOWN] = "known",
		[EV_OPEN] = "open",
		[EV_LOOK] = "look",
		[EV_ADMITTED] = "admitted",
		[EV_ANSWERED] = "answered",
		[EV_SPENT] = "spent",
		[EV_RETRY] = "retry",
		[EV_REFUSED_TOKEN] = "refused_token",
		[EV_DOUBT] = "doubt",
		[EV_DUE] = "due",
		[EV_FOUND] = "found",
		[EV_SEVERAL] = "several",
		[EV_ABSENT] = "absent",
		[EV_UNSETTLED] = "unsettled",
		[EV_TROUBLE] = "trouble",
		[EV_MORE] = "more",
		[EV_CLEARED] = "cleared",
		[EV_CLOSED] = "closed",
		[EV_RECORDED] = "recorded",
	};
	return NAME_OF(names, e);
}

const char *engine_answer_name(enum engine_answer a)
{
	static const char *const names[] = {
		[ANSWER_CREATED] = "created",
		[ANSWER_DOUBTFUL] = "doubtful",
		[ANSWER_NOT_SENT] = "not_sent",
		[ANSWER_BROKEN] = "broken",
		[ANSWER_TIMEOUT] = "timeout",
		[ANSWER_THROTTLED] = "throttled",
		[ANSWER_THROTTLED_DOUBTFUL] = "throttled_doubtful",
		[ANSWER_OVERLOAD] = "overload",
		[ANSWER_OVERLOAD_TIMEOUT] = "overload_timeout",
		[ANSWER_CLASH] = "clash",
		[ANSWER_TOKEN] = "token",
		[ANSWER_FATAL] = "fatal",
		[ANSWER_FATAL_SANDBOX] = "fatal_sandbox",
		[ANSWER_REJECTED] = "rejected",
		[ANSWER_UPDATED] = "updated",
		[ANSWER_STALE] = "stale",
		[ANSWER_PASSED] = "passed",
		[ANSWER_FAILED] = "failed",
		[ANSWER_DELETED] = "deleted",
		[ANSWER_GONE] = "gone",
		[ANSWER_IN_USE] = "in_use",
		[ANSWER_FOUND_CREATED] = "found_created",
		[ANSWER_FOUND_ADOPTED] = "found_adopted",
		[ANSWER_CONFLICT] = "conflict",
		[ANSWER_ABSENT] = "absent",
		[ANSWER_MORE] = "more",
		[ANSWER_LISTED] = "listed",
		[ANSWER_SAME] = "same",
		[ANSWER_MOVED] = "moved",
	};
	return NAME_OF(names, a);
}

const char *engine_outcome_name(enum engine_outcome o)
{
	static const char *const names[] = {
		[OUTCOME_CREATED] = "created",
		[OUTCOME_ADOPTED] = "adopted",
		[OUTCOME_UPDATED] = "updated",
		[OUTCOME_UNCHANGED] = "unchanged",
		[OUTCOME_CHANGED] = "changed",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_CONFLICT] = "conflict",
		[OUTCOME_UNRESOLVED] = "unresolved",
		[OUTCOME_INVALID] = "invalid",
		[OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_OK] = "ok",
		[OUTCOME_GONE] = "gone",
		[OUTCOME_DELETED] = "deleted",
		[OUTCOME_IN_USE] = "in_use",
		[OUTCOME_KEPT] = "kept",
	};
	return NAME_OF(names, o);
}

const char *engine_action_name(enum engine_action_kind k)
{
	static const char *const names[] = {
		[ACTION_READ] = "read",
		[ACTION_WRITE_INTENT] = "write_intent",
		[ACTION_WRITE_WITHDRAWAL] = "write_withdrawal",
		[ACTION_WRITE_OUTCOME] = "write_outcome",
		[ACTION_SEND] = "send",
		[ACTION_CUT] = "cut",
		[ACTION_FETCH] = "fetch",
		[ACTION_EMIT] = "emit",
		[ACTION_COPY] = "copy",
		[ACTION_RECALL] = "recall",
		[ACTION_DONE] = "done",
	};
	return NAME_OF(names, k);
}

const char *engine_end_name(enum engine_end e)
{
	static const char *const names[] = {
		[END_COMPLETE] = "complete",
		[END_STOPPED] = "stopped",
		[END_ABORTED] = "aborted",
		[END_HALT_RULE] = "halt_rule",
		[END_BREAKER] = "breaker",
		[END_RETRY_AFTER] = "retry_after",
		[END_FATAL] = "fatal",
		[END_TOKEN] = "token",
		[END_TOKEN_OUTAGE] = "token_outage",
		[END_SANDBOXES] = "sandboxes",
		[END_LEDGER] = "ledger",
		[END_INPUT] = "input",
		[END_INVENTORY] = "inventory",
	};
	return NAME_OF(names, e);
}
