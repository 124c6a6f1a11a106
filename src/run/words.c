/* words.c - what a line and the end of a run say to a human. */
#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "run/phrases.h"
#include "run/shell.h"

enum status words_status(enum engine_outcome o)
{
	switch (o) {
	case OUTCOME_CREATED: return STATUS_CREATED;
	case OUTCOME_ADOPTED: return STATUS_ADOPTED;
	case OUTCOME_UPDATED: return STATUS_UPDATED;
	case OUTCOME_UNCHANGED: return STATUS_UNCHANGED;
	case OUTCOME_CHANGED: return STATUS_CHANGED;
	case OUTCOME_FAILED: return STATUS_FAILED;
	case OUTCOME_CONFLICT: return STATUS_CONFLICT;
	case OUTCOME_UNRESOLVED: return STATUS_UNRESOLVED;
	case OUTCOME_INVALID: return STATUS_INVALID;
	case OUTCOME_SKIPPED: return STATUS_SKIPPED;
	case OUTCOME_OK: return STATUS_OK;
	case OUTCOME_GONE: return STATUS_GONE;
	case OUTCOME_DELETED: return STATUS_DELETED;
	case OUTCOME_IN_USE: return STATUS_IN_USE;
	case OUTCOME_KEPT: return STATUS_KEPT;
	case OUTCOME_COUNT:
	default: break;
	}
	assert(!"no such outcome");
	return STATUS_FAILED;
}

void words_say(struct words *w, const char *code, const char *fmt, ...)
{
	struct buf b;
	va_list args;

	buf_init(&b, sizeof(w->text) - 1);
	va_start(args, fmt);
	if (buf_vprintf(&b, fmt, args) < 0)
		buf_reset(&b);
	va_end(args);
	/* What a server wrote is in it: nothing there may move a terminal's cursor. */
	str_shown(w->text, sizeof(w->text), b.data ? b.data : "");
	w->code = code;
	buf_done(&b);
}

static void say_invalid(struct words *w, const struct slot *slot)
{
	if (slot->record.duplicate)
		words_say(w, "duplicate_name", PHRASE_DUPLICATE,
			(unsigned long long)slot->record.earlier_row);
	else
		words_say(w, "bad_row", "%s", slot->row.fault);
}

const char *words_last(const struct slot *slot)
{
	const char *message = slot->record.answer.message;

	return message[0] ? message : "no answer";
}

bool words_ended_by_hand(enum engine_end end)
{
	return end == END_STOPPED || end == END_ABORTED;
}

/* What an earlier run came to, and this one did not change. */
static void say_recorded(struct words *w, const struct slot *slot)
{
	const struct ledger_record *r = &slot->past.record;

	if (slot->past.there && (r->error[0] || r->error_code[0]))
		words_say(w, r->error_code, "%s", r->error);
	else
		words_say(w, "", "as an earlier run left it: this one ended before it");
}

/* Nothing was sent for what the row asks for by now. */
static void say_difference(struct words *w, const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a)
{
	bool by_ledger = a->row.cause == CAUSE_CLAIM || slot->by_intent;

	if (!by_ledger || !slot->past.there || slot->past.record.same)
		return;
	if (slot->past.record.update_count > 0)
		words_say(w, "", PHRASE_OPEN_UPDATE "%s",
			claim_is_adopted(&slot->past.record) ? " --adopted" : "");
	else if (s->settings.o.update && claim_is_adopted(&slot->past.record))
		words_say(w, "",
			PHRASE_DIFFERS ", since it was adopted: --update --adopted sends it");
	else
		words_say(w, "", PHRASE_DIFFERS);
}

void words_say_skipped(struct words *w, const struct slot *slot, const struct engine_action *a,
	const char *not_done)
{
	if (a->row.cause == CAUSE_TROUBLE)
		words_say(w, slot->record.answer.code, "%s, gave up after many tries; the last: %s",
			not_done, words_last(slot));
	else if (words_ended_by_hand(a->row.end))
		words_say(w, "stopped", "the run was stopped before this row");
	else
		words_say(w, "halted", "the run ended before this row: mend the cause first");
}

static void say_unresolved(struct words *w, const struct slot *slot, const struct engine_action *a)
{
	const char *code = slot->record.answer.code;

	if (a->row.cause == CAUSE_ENDED)
		code = words_ended_by_hand(a->row.end) ? "stopped" : "halted";
	if (a->row.cause == CAUSE_UNPROVEN)
		words_say(w, "unproven",
			"it may have been created, and lookups prove nothing on this server, which "
			"do not find what is there: look for it in Adobe, and send it with "
			"--resend-unresolved if it is not there");
	else if (slot->by_intent)
		words_say(w, code, "%s",
			slot->past.record.error[0] ? slot->past.record.error
						   : "an earlier run may have created it, and no "
						     "lookup has settled it");
	else
		words_say(w, code,
			"it may have been created, and no lookup has settled it; the last answer: "
			"%s",
			words_last(slot));
}

static void say_failed(struct words *w, const struct snowmelt *s, const struct slot *slot,
	const struct engine_action *a)
{
	const struct sandbox_headers *h = &s->sandboxes[a->row.sandbox];

	if (a->row.cause == CAUSE_SANDBOX)
		words_say(w, h->refusal_code, "the sandbox was refused: %s", h->refusal);
	else if (a->row.cause == CAUSE_ATTEMPTS)
		words_say(w, slot->record.answer.code,
			"not created after %u attempt%s, and none is there; the last answer: %s",
			a->row.attempts, a->row.attempts == 1 ? "" : "s", words_last(slot));
	else
		words_say(w, slot->record.answer.code, "%s", slot->record.answer.message);
}

void words_for_run(const struct snowmelt *s, const struct slot *slot, const struct engine_action *a,
	struct words *ret)
{
	*ret = (struct words){.code = ""};
	if (slot->updating && a->row.cause != CAUSE_CLAIM && a->row.cause != CAUSE_SANDBOX) {
		words_for_update(slot, a, ret);
		return;
	}
	if (a->row.cause == CAUSE_CLAIM && a->row.outcome >= OUTCOME_FAILED &&
		a->row.outcome != OUTCOME_INVALID) {
		say_recorded(ret, slot);
		return;
	}
	switch (a->row.outcome) {
	case OUTCOME_INVALID: say_invalid(ret, slot); break;
	case OUTCOME_SKIPPED: words_say_skipped(ret, slot, a, "not created"); break;
	case OUTCOME_UNRESOLVED: say_unresolved(ret, slot, a); break;
	case OUTCOME_FAILED: say_failed(ret, s, slot, a); break;
	case OUTCOME_CONFLICT: words_say(ret, "conflict", "%s", slot->record.answer.message); break;
	case OUTCOME_CREATED:
	case OUTCOME_ADOPTED:
	case OUTCOME_UPDATED:
	case OUTCOME_CHANGED: say_difference(ret, s, slot, a); break;
	case OUTCOME_UNCHANGED: break;
	case OUTCOME_OK:
	case OUTCOME_GONE:
	case OUTCOME_DELETED:
	case OUTCOME_IN_USE:
	case OUTCOME_KEPT:
	case OUTCOME_COUNT:
	default: assert(!"no such outcome");
	}
}

/* Never too short, and no finer than anybody plans with. */
static void say_wait(nsec_t wait, char *dst, size_t dst_len)
{
	nsec_t unit = wait > 120 * SEC ? 60 * SEC : SEC;

	duration_format((wait + unit - 1) / unit * unit, dst, dst_len);
}

/* What is safe to do next depends on whether anybody remembers what is done. */
static const char *again(const struct snowmelt *s)
{
	if (run_may_be_repeated(s))
		return "run the same command again";
	if (!input_is_regular(s->input) || s->end.done.end == END_ABORTED)
		return "run the rows without a line in the .part file, and only those";
	return "run the rows that the results call skipped, and only those";
}

/* With whose help: ours was refused, or no fresh one is to be had, or fresh ones are
 * refused. */
static void say_token(const struct snowmelt *s, struct buf *b)
{
	const struct flow_grant_verdict *v = &s->tokens.verdict;
	const char *refusal = s->token_refusal.code ? s->token_refusal.text : "no answer";
	char why[600];

	if (!s->settings.client_secret)
		buf_printf(b, "the access token is refused (%s): get a fresh one; to go on, %s",
			refusal, again(s));
	else if (v->grant == FLOW_GRANT_REFUSED)
		buf_printf(b, "%s gives no access token (%s%s%s): %s; to go on, %s",
			s->settings.o.token_url, v->code, v->code[0] && v->message[0] ? ": " : "",
			str_shown(why, sizeof(why), v->message), v->advice, again(s));
	else
		buf_printf(b,
			"even fresh access tokens are refused (%s): check that the credential of "
			"AEP_CLIENT_ID has the API, and that --url and --token-url belong "
			"together; to go on, %s",
			refusal, again(s));
}

static void say_token_outage(const struct snowmelt *s, struct buf *b)
{
	const struct flow_grant_verdict *v = &s->tokens.verdict;
	char why[600];

	buf_printf(b,
		"the token endpoint %s did not answer with a token (%s), gave up "
		"(--give-up-after): %s; to go on, %s",
		s->settings.o.token_url,
		str_shown(why, sizeof(why), v->message[0] ? v->message : "no answer"),
		str_empty(v->advice) ? "check --token-url and the network" : v->advice, again(s));
}

static void end_text(const struct snowmelt *s, struct buf *b)
{
	const char *refusal = s->refusal.code ? s->refusal.text : "no answer";
	char wait[32], why[600];

	switch (s->end.done.end) {
	case END_COMPLETE: break;
	case END_STOPPED: buf_printf(b, "stopped: to go on, %s", again(s)); break;
	case END_ABORTED:
		buf_printf(b, "cut short%s: to go on, %s",
			s->purpose->results ? ", and the results file is as it was" : "", again(s));
		break;
	case END_HALT_RULE:
		buf_printf(b,
			"halted by --halt after %llu failed rows: see the results for their "
			"causes; to go on, %s",
			(unsigned long long)s->end.done.failed, again(s));
		break;
	case END_BREAKER:
		buf_printf(b,
			"the server does not answer, gave up (--give-up-after): %s; to go on, %s",
			s->last_trouble[0] ? str_shown(why, sizeof(why), s->last_trouble)
					   : "check --url and the service",
			again(s));
		break;
	case END_RETRY_AFTER:
		say_wait(s->end.done.resume_after, wait, sizeof(wait));
		buf_printf(b,
			"the server asks to come back in %s, longer than --max-retry-after: "
			"then, %s",
			wait, again(s));
		break;
	case END_FATAL:
		buf_printf(b, "refused for all rows alike: %s: mend that; to go on, %s", refusal,
			again(s));
		break;
	case END_TOKEN: say_token(s, b); break;
	case END_TOKEN_OUTAGE: say_token_outage(s, b); break;
	case END_SANDBOXES:
		buf_printf(b,
			"the sandbox is refused: check --sandbox and the permissions of the "
			"credentials; to go on, %s",
			again(s));
		break;
	case END_INVENTORY:
		if (s->purpose->lists) {
			buf_printf(b,
				"what is in sandbox %s could not be listed completely (%s), so "
				"nothing can be said of it: run the same command again later",
				s->listing_sandbox,
				str_shown(why, sizeof(why), s->listing_trouble));
			break;
		}
		buf_printf(b,
			"what is in sandbox %s already could not be listed completely (%s), so its "
			"new rows were not sent: run the same command again later; or with "
			"--no-inventory, which creates again what others have created by the same "
			"name",
			s->listing_sandbox, str_shown(why, sizeof(why), s->listing_trouble));
		break;
	case END_LEDGER:
		buf_printf(b, "%s%s", s->error.text,
			s->durable ? "; nothing was sent after that, and what was in flight is in "
				     "doubt there: mend it and run the same command again, which "
				     "looks first"
				   : "");
		break;
	case END_INPUT: buf_printf(b, "%s", s->error.text); break;
	default: break;
	}
}

void words_end(const struct snowmelt *s, char *dst, size_t dst_len)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, dst_len);
	end_text(s, &b);
	str_copy(dst, dst_len, b.data ? b.data : "");
}
