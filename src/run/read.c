/* read.c - READ orders become rows: of the input here, of the ledger in recall.c. */
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "run/shell.h"

uint32_t read_next(const struct snowmelt *s)
{
	return s->reads[s->read_head % s->slot_count];
}

void read_taken(struct snowmelt *s)
{
	s->read_head = (s->read_head + 1) % s->slot_count;
	s->read_count--;
}

void read_order(struct snowmelt *s, const struct engine_action *a)
{
	s->source = a->read.source;
	s->reads[(s->read_head + s->read_count) % s->slot_count] = a->job;
	s->read_count++;
}

void read_ended(struct snowmelt *s, bool fatal)
{
	s->recalls_void += s->recalls_out;
	s->recalls_out = 0;
	s->read_count = 0;
	turn_tell(s, &(struct engine_event){
			     .kind = EVENT_SOURCE_ENDED,
			     .source_ended.fatal = fatal,
		     });
}

/* ------------------------------------------------------------------ the input */

static void row_came(struct snowmelt *s, struct slot *slot)
{
	uint32_t job = read_next(s);

	read_taken(s);
	slot->kind = SLOT_ROW;
	slot_weigh(s, slot);
	s->purpose->row_came(s, slot, job);
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

void read_failed(struct snowmelt *s, const struct error *error)
{
	s->input_over = s->input_bad = true;
	/* A regular file was sound when it was read through: it has changed since,
	 * and nobody knows what the rows before it are worth now. The rows of a pipe
	 * before the bad one are finished. */
	s->input_halts = input_is_regular(s->input);
	if (s->error.code == 0)
		s->error = *error;
}

bool read_tell_end(struct snowmelt *s)
{
	if (!s->input_over || s->input_told || s->claims_out > 0)
		return false;
	s->input_told = true;
	read_ended(s, s->input_halts);
	return true;
}

/* A stopped run leaves a pipe alone: whoever writes to it may never end. */
static bool leaves_the_rest(const struct snowmelt *s)
{
	return !input_is_regular(s->input) && engine_stats(s->engine).ending;
}

bool read_input(struct snowmelt *s)
{
	bool any = false;

	if (leaves_the_rest(s))
		s->input_over = true;
	while (!s->input_over && !s->input_waits && s->read_count > 0 &&
		s->row_bytes < READ_AHEAD_MAX) {
		struct slot *slot = &s->slots[read_next(s)];
		struct error error = {0};
		int got = input_next(s->input, &slot->row, &error);

		if (got == INPUT_ROW)
			row_came(s, slot);
		else if (got == INPUT_END)
			s->input_over = true;
		else if (got == INPUT_WAIT)
			wait_for_input(s);
		else if (got < 0)
			read_failed(s, &error);
		if (got == INPUT_NO_ROOM || got == INPUT_WAIT)
			break;
		any = true;
	}
	return read_tell_end(s) || any;
}

bool read_rows(struct snowmelt *s)
{
	return s->source == SOURCE_INPUT ? s->purpose->read(s) : recall_rows(s);
}
