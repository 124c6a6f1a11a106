/* trace.c - a run as text, and as one number.
 *
 * The story has what a reader would tell of a row: what left, what came back,
 * what was written. All has every order, fact and move. The hash takes every
 * order and fact in, traced or not, so that two runs can be told apart.
 */
#include <stdarg.h>

#include "sim.h"

static void mix(struct sim *s, uint64_t v)
{
	s->hash = (s->hash ^ v) * UINT64_C(0x9fb21c651e98df25);
	s->hash ^= s->hash >> 29;
}

void trace_note(struct sim *s, enum trace_level level, const char *fmt, ...)
{
	va_list args;

	if (s->trace_level < level)
		return;
	fprintf(s->trace, "[%6lldms] ", (long long)((s->now - SIM_START) / MS));
	va_start(args, fmt);
	vfprintf(s->trace, fmt, args);
	va_end(args);
	fputc('\n', s->trace);
}

const char *trace_row(const struct row *row)
{
	static char text[32];

	if (row->number)
		snprintf(text, sizeof(text), "row %u", row->number);
	else
		snprintf(text, sizeof(text), "%s %u",
			row->claim == CLAIM_GONE ? "doubt of" : "mark of", row->identity + 1);
	return text;
}

const char *trace_job(const struct sim *s, uint32_t job)
{
	static char text[40];
	const struct job *j = &s->jobs[job];

	if (j->use == USE_ROW)
		return trace_row(&s->rows[j->row]);
	if (j->use == USE_LISTING)
		snprintf(text, sizeof(text), "%s of %u",
			j->request.kind == REQUEST_INVENTORY ? "inventory" : "listing", j->scope);
	else if (j->use == USE_CALIBRATION && j->identity == NO_IDENTITY)
		snprintf(text, sizeof(text), "calibration of %u", j->sandbox);
	else if (j->use == USE_CALIBRATION)
		snprintf(text, sizeof(text), "calibration by %u", j->identity + 1);
	else
		snprintf(text, sizeof(text), "job %u", job);
	return text;
}

static const char *claim_name(enum engine_claim c)
{
	static const char *const names[] = {
		[CLAIM_FRESH] = "fresh",
		[CLAIM_OPEN] = "open",
		[CLAIM_ENDED] = "ended",
		[CLAIM_KNOWN] = "known",
		[CLAIM_DUPLICATE] = "duplicate",
		[CLAIM_INVALID] = "invalid",
		[CLAIM_GONE] = "gone",
		[CLAIM_RELOOK] = "to be looked at again",
		[CLAIM_UPDATE] = "to be updated",
		[CLAIM_UPDATE_OPEN] = "to be updated, again",
		[CLAIM_TEST] = "to be tested",
		[CLAIM_DELETE] = "to be deleted",
		[CLAIM_DELETE_OPEN] = "to be deleted, again",
	};

	return names[c];
}

static void trace_answer(struct sim *s, const struct engine_event *e)
{
	const char *name = engine_answer_name(e->answer.answer);

	if (e->answer.retry_after != NSEC_NONE)
		trace_note(s, TRACE_STORY, "%s answer: %s, retry after %lld ms",
			trace_job(s, e->job), name, (long long)(e->answer.retry_after / MS));
	else
		trace_note(s, TRACE_STORY, "%s %s: %s", trace_job(s, e->job),
			e->kind == EVENT_ANSWER ? "answer" : "finding", name);
}

static void trace_token_failed(struct sim *s, const struct engine_event *e)
{
	if (e->token.retry_after != NSEC_NONE)
		trace_note(s, TRACE_STORY, "token failed, retry after %lld ms",
			(long long)(e->token.retry_after / MS));
	else
		trace_note(s, TRACE_STORY, "token failed");
}

void trace_event(struct sim *s, const struct engine_event *e)
{
	mix(s, (uint64_t)s->now);
	mix(s, (uint64_t)e->kind << 32 | e->job);
	if (e->kind == EVENT_ANSWER || e->kind == EVENT_SHARED_FINDING)
		mix(s, (uint64_t)e->answer.answer);
	if (s->trace_level == TRACE_NOTHING)
		return;
	switch (e->kind) {
	case EVENT_ROW:
		trace_note(s, TRACE_STORY, "%s %s%s", trace_job(s, e->job),
			claim_name(e->row.claim), e->row.intended ? ", intended" : "");
		if (s->rows[s->jobs[e->job].row].identity != NO_IDENTITY)
			trace_note(s, TRACE_ALL, "          it is name %u",
				s->rows[s->jobs[e->job].row].identity + 1);
		break;
	case EVENT_SOURCE_ENDED:
		trace_note(s, TRACE_ALL, "source ended%s", e->source_ended.fatal ? " badly" : "");
		break;
	case EVENT_LISTED:
		trace_note(s, TRACE_STORY, "%s is in the inventory: %s", trace_job(s, e->job),
			engine_outcome_name(e->row.known));
		break;
	case EVENT_RECALLED:
		trace_note(s, TRACE_STORY, "%s recalled%s", trace_job(s, e->job),
			e->recalled.found ? "" : ": nothing");
		break;
	case EVENT_INTENT_DURABLE:
		trace_note(s, TRACE_ALL, "%s intent durable", trace_job(s, e->job));
		break;
	case EVENT_OUTCOME_DURABLE:
		trace_note(s, TRACE_ALL, "%s outcome durable", trace_job(s, e->job));
		break;
	case EVENT_ANSWER:
	case EVENT_SHARED_FINDING: trace_answer(s, e); break;
	case EVENT_LEDGER_FAILED: trace_note(s, TRACE_STORY, "ledger failed"); break;
	case EVENT_TOKEN_FRESH: trace_note(s, TRACE_STORY, "token fresh"); break;
	case EVENT_TOKEN_FAILED: trace_token_failed(s, e); break;
	case EVENT_TOKEN_REFUSED: trace_note(s, TRACE_STORY, "token refused"); break;
	case EVENT_STOP: trace_note(s, TRACE_STORY, "stop"); break;
	case EVENT_ABORT: trace_note(s, TRACE_STORY, "abort"); break;
	}
}

static void trace_send(struct sim *s, const struct engine_action *a)
{
	static const char *const names[] = {
		[REQUEST_CREATE] = "create",
		[REQUEST_LOOKUP] = "lookup",
		[REQUEST_LIST] = "list",
		[REQUEST_INVENTORY] = "list",
		[REQUEST_UPDATE] = "update",
		[REQUEST_TEST] = "test",
		[REQUEST_DELETE] = "delete",
		[REQUEST_READ] = "read",
	};
	bool search = a->send.request == REQUEST_LOOKUP || a->send.request == REQUEST_LIST ||
		      a->send.request == REQUEST_INVENTORY;
	bool next_page = search && !a->send.first;

	if (a->send.request == REQUEST_LIST || a->send.request == REQUEST_INVENTORY)
		trace_note(s, TRACE_STORY, "%s of %u list%s",
			a->send.request == REQUEST_LIST ? "listing" : "inventory", a->send.scope,
			next_page ? ", next page" : "");
	else
		trace_note(s, TRACE_STORY, "%s %s%s", trace_job(s, a->job), names[a->send.request],
			next_page ? ", next page" : "");
}

static void trace_values(struct sim *s, const struct engine_action *a)
{
	const struct row *row = &s->rows[s->jobs[a->job].row];
	bool emit = a->kind == ACTION_EMIT;
	const char *verb = !emit ? "record:" : row->number ? "line:" : "settled:";

	trace_note(s, emit ? TRACE_STORY : TRACE_ALL, "%s %s %s, attempts %u%s",
		trace_job(s, a->job), verb, engine_outcome_name(a->row.outcome), a->row.attempts,
		a->row.relook ? ", to be looked at again" : "");
}

void trace_action(struct sim *s, const struct engine_action *a)
{
	mix(s, (uint64_t)s->now);
	mix(s, (uint64_t)a->kind << 32 | a->job);
	if (a->kind == ACTION_SEND)
		mix(s, (uint64_t)a->send.request << 1 | a->send.first);
	if (a->kind == ACTION_EMIT)
		mix(s, (uint64_t)a->row.outcome << 32 | a->row.attempts);
	if (s->trace_level == TRACE_NOTHING)
		return;
	switch (a->kind) {
	case ACTION_READ: break; /* a thousand of them would hide the rest */
	case ACTION_WRITE_INTENT:
		trace_note(s, TRACE_STORY, "%s intend", trace_job(s, a->job));
		break;
	case ACTION_WRITE_WITHDRAWAL:
		trace_note(s, TRACE_STORY, "%s withdraw", trace_job(s, a->job));
		break;
	case ACTION_WRITE_OUTCOME:
	case ACTION_EMIT: trace_values(s, a); break;
	case ACTION_SEND: trace_send(s, a); break;
	case ACTION_COPY:
		trace_note(s, TRACE_STORY, "%s calibrates", trace_job(s, a->copy.from));
		break;
	case ACTION_RECALL:
		trace_note(s, TRACE_STORY, "recall one of sandbox %u", a->recall.sandbox);
		break;
	case ACTION_CUT:
		trace_note(s, TRACE_STORY, "%s cut",
			a->job == ENGINE_NO_JOB ? "fetch" : trace_job(s, a->job));
		break;
	case ACTION_FETCH: trace_note(s, TRACE_STORY, "fetch a token"); break;
	case ACTION_DONE:
		trace_note(s, TRACE_STORY, "done: %s", engine_end_name(a->done.end));
		break;
	}
}
