/* relook.c - last looks for an earlier run, and rows of the input that have the name.
 *
 * A row that an earlier run sent again after a doubt is looked at once more, while
 * the input is read already. Should the input name it, then its line must say what
 * the look has found: so the claim of that row is held until then.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "run/shell.h"
#include "sys/log.h"

static uint64_t hash_of(const struct slot *slot)
{
	return hash_str(hash_str(HASH_START, slot->row.sandbox), slot->row.name);
}

static bool same_key(const struct slot *a, const struct slot *b)
{
	return strcmp(a->row.name, b->row.name) == 0 && strcmp(a->row.sandbox, b->row.sandbox) == 0;
}

void relook_begin(struct snowmelt *s, uint32_t job)
{
	assert(s->relook_count < s->slot_count);
	s->relooks[s->relook_count++] =
		(struct relooked){.hash = hash_of(&s->slots[job]), .job = job};
}

static bool is_looked_at(const struct snowmelt *s, const struct slot *slot)
{
	uint64_t hash = s->relook_count > 0 ? hash_of(slot) : 0;

	for (uint32_t i = 0; i < s->relook_count; i++)
		if (s->relooks[i].hash == hash && same_key(&s->slots[s->relooks[i].job], slot))
			return true;
	return false;
}

void relook_tell_claim(struct snowmelt *s, struct slot *slot, const struct engine_event *ev)
{
	if (!is_looked_at(s, slot)) {
		turn_tell(s, ev);
		return;
	}
	slot->held = true;
	slot->claim = *ev;
	s->claims_out++; /* the source has not ended before this is told */
}

static void release(struct snowmelt *s, struct slot *slot, const struct slot *relook, bool conflict)
{
	struct record *rec = &slot->record;

	slot->held = false;
	s->claims_out--;
	if (conflict) {
		slot->claim.row.claim = CLAIM_KNOWN;
		slot->claim.row.known = OUTCOME_CONFLICT;
		rec->answer = relook->record.answer;
		slot->past.record.error_code = rec->answer.code;
		slot->past.record.error = rec->answer.message;
	}
	turn_tell(s, &slot->claim);
}

/* It was one of an earlier run's. @return false when it was marked by this one */
static bool take_off(struct snowmelt *s, uint32_t job)
{
	for (uint32_t i = 0; i < s->relook_count; i++) {
		if (s->relooks[i].job != job)
			continue;
		s->relooks[i] = s->relooks[--s->relook_count];
		return true;
	}
	return false;
}

static struct slot *held_by(const struct snowmelt *s, const struct slot *relook)
{
	for (uint32_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].held && same_key(&s->slots[i], relook))
			return &s->slots[i];
	return NULL;
}

/* It has had its line in this run, which is not true any more. */
static void amend(struct snowmelt *s, const struct slot *slot)
{
	const char *code = slot->record.answer.code, *message = slot->record.answer.message;
	struct results_had had;
	struct error error = {0};
	int r;

	if (s->output_failed)
		return;
	r = results_look(s->results, slot->row.number, &had, &error);
	if (r == -ENODATA) /* on a pipe that was left before it came to this row */
		return;
	if (r == 0)
		r = results_amend(s->results, slot->row.number, status_name(STATUS_CONFLICT), code,
			message, &error);
	if (r == 0) {
		summary_change(&s->summary, had.status, STATUS_CONFLICT, code, message, had.line);
		return;
	}
	s->error = error;
	tell_output_failed(s);
}

void relook_end(struct snowmelt *s, const struct engine_action *a)
{
	struct slot *slot = &s->slots[a->job];
	bool conflict = a->row.outcome == OUTCOME_CONFLICT;
	struct slot *held = take_off(s, a->job) ? held_by(s, slot) : NULL;
	char name[160], shown[600];

	if (conflict)
		log_warn("'%s' of sandbox %s was created twice: %s",
			str_shown(name, sizeof(name), slot->row.name), slot->row.sandbox,
			str_shown(shown, sizeof(shown), slot->record.answer.message));
	if (held)
		release(s, held, slot, conflict);
	else if (conflict && slot->row.number > 0)
		amend(s, slot);
}
