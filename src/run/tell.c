/* tell.c - decisions go to the ledger, then their lines to the results. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

struct ledger_request tell_request(const struct slot *slot, enum ledger_op op, uint32_t job)
{
	return (struct ledger_request){
		.op = op,
		.ticket = job,
		.row = slot->row.number,
		.sandbox = slot->row.sandbox,
		.name = slot->row.name,
		.endpoint = slot->row.endpoint,
		.username = slot->row.username,
		.spec_id = slot->row.spec_id,
		.wall_ms = clock_wall_ms(),
	};
}

void tell_intent(struct snowmelt *s, uint32_t job)
{
	struct slot *slot = &s->slots[job];
	struct ledger_request q = tell_request(slot, LEDGER_INTEND, job);

	slot->record.intent_ms = q.wall_ms;
	ledger_submit(s->ledger, &q);
}

void tell_outcome(struct snowmelt *s, const struct engine_action *a)
{
	struct slot *slot = &s->slots[a->job];
	enum ledger_op op = a->kind == ACTION_WRITE_OUTCOME ? LEDGER_OUTCOME : LEDGER_WITHDRAW;
	struct ledger_request q = tell_request(slot, op, a->job);
	struct words words;

	words_for(s, slot, a, &words);
	q.status = status_name(words_status(a->row.outcome));
	q.id = slot->record.id;
	q.etag = slot->record.etag;
	q.http_status = slot->record.http_status;
	q.attempts = a->row.attempts;
	q.error_code = words.code;
	q.error = words.text;
	slot->record.decided_at = turn_now(s);
	ledger_submit(s->ledger, &q);
}

void tell_output_failed(struct snowmelt *s)
{
	/* What cannot be told must not go on; what is known is in the ledger. */
	s->output_failed = true;
	turn_tell(s, &(struct engine_event){.kind = EVENT_STOP});
}

static void free_slot(struct snowmelt *s, struct slot *slot)
{
	s->row_bytes -= row_bytes(&slot->row);
	row_reset(&slot->row);
	slot->record = (struct record){0};
	free(slot->look);
	slot->look = NULL;
	slot->taken = false;
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

static int64_t duration_ms(const struct record *rec, nsec_t now)
{
	nsec_t end = rec->decided_at ? rec->decided_at : now;

	return rec->started_ms ? (int64_t)((end - rec->started_at) / MS) : -1;
}

/* A row that is not fine is worth a line of the log while the run goes. */
static void log_line(const struct snowmelt *s, enum status status, const struct line *l)
{
	char shown[160];

	if (!status_is_fine(status) && status != STATUS_SKIPPED)
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

void tell_line(struct snowmelt *s, const struct engine_action *a)
{
	struct slot *slot = &s->slots[a->job];
	const struct record *rec = &slot->record;
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
		.id = rec->id,
		.etag = rec->etag,
		.http_status = rec->http_status,
		.attempts = a->row.attempts,
		.request_id = rec->answer.request_id,
		.started_ms = rec->started_ms,
		.duration_ms = duration_ms(rec, turn_now(s)),
		.carried = slot->row.carried,
		.carried_count = slot->row.carried_count,
	};

	words_for(s, slot, a, &words);
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
	free_slot(s, slot);
}
