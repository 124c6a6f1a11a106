/* probe.c - a connection that is there: do lookups find it?
 *
 * What such a job's lookups answer is decided by its id alone (look.c).
 */
#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"

static struct slot *take(struct snowmelt *s, uint32_t job)
{
	struct slot *slot = &s->slots[job];

	slot_free(s, slot);
	slot->kind = SLOT_PROBE;
	return slot;
}

void probe_copy(struct snowmelt *s, uint32_t job, uint32_t from)
{
	const struct slot *created = &s->slots[from];
	struct slot *slot = take(s, job);
	const struct ledger_record r = {
		.sandbox = created->row.sandbox,
		.name = created->row.name,
		.endpoint = "",
		.username = "",
		.spec_id = created->row.spec_id,
		.status = "",
		.id = created->record.id,
		.etag = "",
		.error_code = "",
		.error = "",
		.request_id = "",
	};

	/* The scope of a row has a number. */
	(void)slot_as_recorded(s, slot, &r);
}

void probe_recall(struct snowmelt *s, uint32_t job, uint32_t sandbox)
{
	const struct ledger_request q = {
		.op = LEDGER_RECALL,
		.ticket = job,
		.recall = LEDGER_RECALL_ANY,
		.sandbox = input_sandbox(s->input, sandbox),
		.wall_ms = clock_wall_ms(),
	};

	take(s, job);
	turn_ask(s, &q);
}

void probe_recalled(struct snowmelt *s, const struct ledger_reply *reply)
{
	struct slot *slot = &s->slots[reply->ticket];
	bool found = reply->found && str_uuid(reply->record->id) &&
		     slot_as_recorded(s, slot, reply->record) == 0;

	turn_tell(s,
		&(struct engine_event){
			.kind = EVENT_RECALLED,
			.job = reply->ticket,
			.recalled =
				{
					.found = found,
					.scope = slot->row.scope,
					.filterable = found && flow_name_filterable(slot->row.name),
				},
		});
}
