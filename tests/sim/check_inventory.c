/* check_inventory.c - unseen rows wait for the listing of their scope, and not for ever.
 *
 * Three counts that differ end the run, unless creates of our own made them differ:
 * one that was out, or left, since the first page of that listing. So do --attempts
 * failures in a row, without a page between them.
 */
#include "sim.h"

static void count(struct sim *s, struct inventory_check *i, enum engine_answer a)
{
	if (a == ANSWER_MORE)
		i->troubles = 0;
	if (a == ANSWER_LISTED)
		i->listed = true;
	if (a == ANSWER_DOUBTFUL) {
		i->misfits++;
		i->quiet_misfits += i->quiet && i->creates == i->creates_then;
	}
	if (a != ANSWER_MORE && a != ANSWER_LISTED && a != ANSWER_TOKEN)
		i->troubles++;
	s->check.inventory_failed |= i->misfits >= 3 || i->troubles >= s->set.config.attempts;
}

void check_inventory_event(struct sim *s, const struct engine_event *e)
{
	const struct request *q = &s->jobs[e->job].request;

	if (e->kind != EVENT_ANSWER)
		return;
	if (q->kind == REQUEST_INVENTORY)
		count(s, &s->check.inventory[q->scope], e->answer.answer);
	if (q->kind == REQUEST_CREATE)
		s->check.inventory[q->scope].creates_out--;
}

void check_inventory_sent(struct sim *s, const struct engine_action *a)
{
	struct inventory_check *i;

	if (a->send.scope >= SIM_SCOPES_MAX)
		return;
	i = &s->check.inventory[a->send.scope];
	if (a->send.request == REQUEST_CREATE) {
		i->creates++;
		i->creates_out++;
	}
	if (a->send.request != REQUEST_INVENTORY || !a->send.first)
		return;
	if (i->listed)
		sim_breach(s, "the inventory of %u is complete already", a->send.scope);
	if (i->quiet_misfits >= 3)
		sim_breach(s, "the inventory of %u did not add up %u times, and is listed again",
			a->send.scope, i->quiet_misfits);
	i->quiet = i->creates_out == 0;
	i->creates_then = i->creates;
}
