/* slot.c - what a job number stands for: taken, counted, emptied. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "run/recorded.h"
#include "run/shell.h"
#include "sys/clock.h"

/* What a slot keeps for the next row in it. */
#define KEEP_MAX ((size_t)16 << 10)

void slot_weigh(struct snowmelt *s, struct slot *slot)
{
	s->row_bytes -= slot->bytes;
	slot->bytes = row_bytes(&slot->row) + slot->past.text.cap;
	s->row_bytes += slot->bytes;
}

static const char **text_of(struct ledger_record *r, size_t i)
{
	const char **const texts[] = {&r->sandbox, &r->name, &r->endpoint, &r->username,
		&r->spec_id, &r->status, &r->id, &r->etag, &r->error_code, &r->error,
		&r->request_id};

	return i < ARRAY_SIZE(texts) ? texts[i] : NULL;
}

void slot_remember(struct slot *slot, const struct ledger_record *r)
{
	struct past *past = &slot->past;
	const char **text;
	size_t len = 0;
	int e;

	past->record = *r;
	past->there = true;
	for (size_t i = 0; (text = text_of(&past->record, i)); i++)
		len += strlen(*text) + 1;
	buf_reset(&past->text);
	e = buf_reserve(&past->text, len);
	assert(e == 0); /* fields are bounded; only memory can fail, and then nothing helps */
	for (size_t i = 0; (text = text_of(&past->record, i)); i++) {
		const char *copy = past->text.data + past->text.len;

		len = strlen(*text) + 1;
		memcpy(past->text.data + past->text.len, *text, len);
		buf_commit(&past->text, len);
		*text = copy;
	}
}

int slot_as_recorded(struct snowmelt *s, struct slot *slot, const struct ledger_record *r)
{
	struct row *row = &slot->row;
	int e = input_scope(s->input, r->sandbox, r->spec_id, &row->scope, &row->sandbox_number);

	if (e < 0)
		return e;
	slot_remember(slot, r);
	row->number = r->seen ? r->row : 0;
	row->name = slot->past.record.name;
	row->sandbox = slot->past.record.sandbox;
	row->endpoint = slot->past.record.endpoint;
	row->username = slot->past.record.username;
	row->spec_id = slot->past.record.spec_id;
	if (!*recorded_deleted_id(r)) {
		str_copy(slot->record.id, sizeof(slot->record.id), r->id);
		str_copy(slot->record.etag, sizeof(slot->record.etag), r->etag);
	}
	slot->record.intent_ms = r->intent_ms;
	slot_weigh(s, slot);
	return 0;
}

struct ledger_request slot_request(const struct slot *slot, enum ledger_op op, uint32_t job)
{
	struct ledger_request q = {
		.op = op,
		.ticket = job,
		.row = slot->row.number,
		.sandbox = slot->row.sandbox,
		.name = slot->row.name,
		.endpoint = slot->row.endpoint,
		.username = slot->row.username,
		.spec_id = slot->row.spec_id,
		.description = slot->kind == SLOT_ROW ? slot->row.description : NULL,
		.wall_ms = clock_wall_ms(),
	};

	memcpy(q.fingerprint, slot->record.fingerprint, sizeof(q.fingerprint));
	return q;
}

void slot_free(struct snowmelt *s, struct slot *slot)
{
	s->row_bytes -= slot->bytes;
	slot->bytes = 0;
	row_reset(&slot->row);
	slot->record = (struct record){0};
	if (slot->past.text.cap > KEEP_MAX) {
		size_t max = slot->past.text.max;

		buf_done(&slot->past.text);
		buf_init(&slot->past.text, max);
	}
	slot->past.there = false;
	free(slot->look);
	slot->look = NULL;
	slot->kind = SLOT_FREE;
	slot->updating = slot->by_intent = slot->held = slot->asked_again = false;
}
