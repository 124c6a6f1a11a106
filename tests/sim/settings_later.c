/* settings_later.c - what a seed decides of connections that have an id.
 *
 * A third of the stories only creates, as ever. In the others a run may update, too, or
 * be one that verifies or rolls back what the results of an earlier one name.
 */
#include "sim.h"

void settings_later(struct settings *s, struct rng *r)
{
	s->later = rng_chance(r, 700);
	if (!s->later)
		return;
	s->edited = PICK(r, 0, 600, 1000, 1000);
	s->touched = PICK(r, 0, 0, 20, 100, 300);
	s->chased = PICK(r, 0, 0, 20, 100, 300, 800, 1000);
	s->moving = PICK(r, 0, 300, 1000);
	s->busy = PICK(r, 100, 100, 700);
	s->in_use = PICK(r, 0, 0, 50, 300);
	s->useless = PICK(r, 0, 100, 500);
	if (s->runs > 1 || rng_chance(r, 500))
		s->runs++;
}

/* The last one creates, and may update; after it there may be more. */
void settings_later_of_run(struct settings *s, struct rng *r, uint32_t run)
{
	if (!s->later)
		return;
	if (s->crash.how == CRASH_AT_KIND && rng_chance(r, 150)) { /* while it is out */
		s->crash.kind = ACTION_SEND;
		s->crash.orders = rng_below(r, 2 * s->rows + 1);
		s->crash.before = false;
	}
	s->update = rng_chance(r, 700);
	s->adopted = rng_chance(r, 300);
	s->explore = rng_chance(r, 300);
	s->old_results = rng_chance(r, 500);
	if (run == 1 || (s->command == COMMAND_ROLLBACK && rng_chance(r, 300)))
		return; /* what was a rollback goes on as one, as an operator would */
	s->command = PICK(r, COMMAND_RUN, COMMAND_RUN, COMMAND_RUN, COMMAND_RUN, COMMAND_ROLLBACK,
		COMMAND_ROLLBACK, COMMAND_VERIFY);
}
