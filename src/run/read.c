/* read.c - READ orders become rows, rows become claims, claims become facts. */
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "run/shell.h"

static uint32_t next_read(const struct snowmelt *s)
{
	return s->reads[s->read_head % s->slot_count];
}

void read_order(struct snowmelt *s, uint32_t job)
{
	s->reads[(s->read_head + s->read_count) % s->slot_count] = job;
	s->read_count++;
}

static struct engine_event row_event(const struct slot *slot, uint32_t job, enum engine_claim claim)
{
	return (struct engine_event){
		.kind = EVENT_ROW,
		.job = job,
		.row =
			{
				.claim = claim,
				.scope = slot->row.invalid ? 0 : slot->row.scope,
				.sandbox = slot->row.invalid ? 0 : slot->row.sandbox_number,
				.filterable = flow_name_filterable(slot->row.name),
			},
	};
}

static void claim(struct snowmelt *s, const struct slot *slot, uint32_t job)
{
	struct ledger_request q = tell_request(slot, LEDGER_CLAIM, job);

	ledger_submit(s->ledger, &q);
	s->claims_out++;
}

void read_claimed(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct slot *slot = &s->slots[reply->ticket];
	struct engine_event ev = row_event(slot, reply->ticket, CLAIM_FRESH);

	s->claims_out--;
	if (reply->claim == LEDGER_DUPLICATE) {
		slot->record.duplicate = true;
		slot->record.earlier_row = reply->earlier_row;
		ev.row.claim = CLAIM_DUPLICATE;
	} else if (reply->claim == LEDGER_OPEN) {
		ev.row.claim = CLAIM_OPEN;
	} else if (reply->claim == LEDGER_KNOWN) {
		ev.row.claim = CLAIM_KNOWN;
		ev.row.known = OUTCOME_UNCHANGED;
	}
	turn_tell(s, &ev);
}

static void row_came(struct snowmelt *s, struct slot *slot)
{
	uint32_t job = next_read(s);

	s->read_head = (s->read_head + 1) % s->slot_count;
	s->read_count--;
	slot->taken = true;
	s->row_bytes += row_bytes(&slot->row);
	if (slot->row.invalid) {
		struct engine_event ev = row_event(slot, job, CLAIM_INVALID);

		turn_tell(s, &ev);
	} else {
		claim(s, slot, job);
	}
}

static void on_input_ready(uv_poll_t *poll, int status, int events)
{
	struct snowmelt *s = poll->data;

	uv_poll_stop(poll);
	s->input_waits = false; /* the prepare phase reads */
}

static void wait_for_input(struct snowmelt *s)
{
	s->input_waits = true;
	uv_poll_start(&s->input_poll, UV_READABLE | UV_DISCONNECT, on_input_ready);
}

static void input_failed(struct snowmelt *s, const struct error *error)
{
	s->input_over = s->input_bad = true;
	/* A regular file was sound when it was read through: it has changed since,
	 * and nobody knows what the rows before it are worth now. The rows of a pipe
	 * before the bad one are finished. */
	s->input_halts = input_is_regular(s->input);
	if (s->error.code == 0)
		s->error = *error;
}

/* After the last row's claim is answered, and not before. */
static bool tell_end(struct snowmelt *s)
{
	if (!s->input_over || s->input_told || s->claims_out > 0)
		return false;
	s->input_told = true;
	s->read_count = 0;
	turn_tell(s, &(struct engine_event){
			     .kind = EVENT_SOURCE_ENDED,
			     .source_ended.fatal = s->input_halts,
		     });
	return true;
}

/* A stopped run leaves a pipe alone: whoever writes to it may never end. */
static bool leaves_the_rest(const struct snowmelt *s)
{
	return !input_is_regular(s->input) && engine_stats(s->engine).ending;
}

bool read_rows(struct snowmelt *s)
{
	bool any = false;

	if (leaves_the_rest(s))
		s->input_over = true;
	while (!s->input_over && !s->input_waits && s->read_count > 0 &&
		s->row_bytes < READ_AHEAD_MAX) {
		struct slot *slot = &s->slots[next_read(s)];
		struct error error = {0};
		int got = input_next(s->input, &slot->row, &error);

		if (got == INPUT_ROW)
			row_came(s, slot);
		else if (got == INPUT_END)
			s->input_over = true;
		else if (got == INPUT_WAIT)
			wait_for_input(s);
		else if (got < 0)
			input_failed(s, &error);
		if (got == INPUT_NO_ROOM || got == INPUT_WAIT)
			break;
		any = true;
	}
	return tell_end(s) || any;
}
