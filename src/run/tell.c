/* tell.c - what was decided and recorded is told: a line for each row. */
#include <assert.h>

#include "base/str.h"
#include "run/shell.h"
#include "sys/log.h"

void tell_output_failed(struct snowmelt *s)
{
	/* What cannot be told must not go on; what is known is in the ledger. */
	s->output_failed = true;
	turn_tell(s, &(struct engine_event){.kind = EVENT_STOP});
}

static void call_back(const struct snowmelt *s, const struct line *l)
{
	struct snowmelt_result r = {
		.row = l->row,
		.line = l->line,
		.name = l->name,
		.sandbox = l->sandbox,
		.endpoint = l->endpoint,
		.status = l->status,
		.id = l->id,
		.etag = l->etag,
		.http_status = l->http_status,
		.error_code = l->error_code,
		.error = l->error,
		.attempts = l->attempts,
		.request_id = l->request_id,
	};

	if (s->cb.result)
		s->cb.result(s->cb.arg, &r);
}

/* A row that is not fine is worth a line of the log while the run goes. */
static void log_line(const struct snowmelt *s, enum status status, const struct line *l)
{
	char shown[160];

	if (!summary_is_fine(&s->summary, status) && status != STATUS_SKIPPED)
		log_debug("%s:%llu: %s: %s %s", s->settings.o.input, (unsigned long long)l->line,
			l->status, l->error_code, str_shown(shown, sizeof(shown), l->error));
}

/* The log is the last place where an id can still be told. */
static void log_lost_line(const struct line *l)
{
	if (!str_empty(l->id))
		log_error("row %llu (line %llu) is %s, its id is %s: its line could not be written",
			(unsigned long long)l->row, (unsigned long long)l->line, l->status, l->id);
}

void tell_row(struct snowmelt *s, struct slot *slot, const struct engine_action *a)
{
	const struct outcome o = outcome_of(slot, a, turn_now(s));
	enum status status = words_status(a->row.outcome);
	struct words words;
	struct error error = {0};
	struct line l = {
		.row = slot->row.number,
		.line = slot->row.line,
		.name = slot->row.name,
		.sandbox = slot->row.sandbox,
		.endpoint = slot->row.endpoint,
		.status = status_name(status),
		.id = slot->record.id,
		.etag = slot->record.etag,
		.http_status = o.http_status,
		.attempts = o.attempts,
		.request_id = o.request_id,
		.started_ms = o.started_ms,
		.duration_ms = o.duration_ms,
		.carried = slot->row.carried,
		.carried_count = slot->row.carried_count,
		.number = slot->record.explored ? (int64_t)slot->record.tables : -1,
	};

	s->purpose->words(s, slot, a, &words);
	l.error_code = words.code;
	l.error = words.text;
	summary_add(&s->summary, status, words.code, words.text, slot->row.line);
	log_line(s, status, &l);
	call_back(s, &l);
	if (!s->output_failed && results_add(s->results, &l, &error) < 0) {
		s->error = error;
		tell_output_failed(s);
	}
	if (s->output_failed)
		log_lost_line(&l);
}

/* The input no longer names it, so it has no line. */
static void tell_gone(struct snowmelt *s, const struct slot *slot, enum engine_outcome outcome)
{
	bool settled = outcome != OUTCOME_UNRESOLVED;
	const char *id = slot->record.id;
	char shown[160];

	s->summary.doubts_settled += settled;
	s->summary.doubts_left += !settled;
	str_shown(shown, sizeof(shown), slot->row.name);
	if (!settled)
		log_warn("'%s' of sandbox %s, which the input no longer names, is still in doubt",
			shown, slot->row.sandbox);
	else if (outcome == OUTCOME_SKIPPED)
		log_info("'%s' of sandbox %s, which the input no longer names, was not created",
			shown, slot->row.sandbox);
	else
		log_info("'%s' of sandbox %s, which the input no longer names, is %s%s%s", shown,
			slot->row.sandbox, status_name(words_status(outcome)),
			id[0] ? ", its id is " : "", id);
}

void tell_line(struct snowmelt *s, const struct engine_action *a)
{
	struct slot *slot = &s->slots[a->job];

	switch (slot->kind) {
	case SLOT_ROW: s->purpose->tell(s, slot, a); break;
	case SLOT_GONE: tell_gone(s, slot, a->row.outcome); break;
	case SLOT_RELOOK: relook_end(s, a); break;
	case SLOT_FREE:
	case SLOT_PROBE:
	default: assert(!"no row, so nothing to tell");
	}
	slot_free(s, slot);
}
