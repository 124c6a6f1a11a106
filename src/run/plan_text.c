/* plan_text.c - a plan for people: a short line for each row, why it is so below, and what
 * it comes to at the end.
 */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "output/human.h"
#include "run/plan.h"

#define COLUMNS 80
#define WORDS_INDENT 6
#define NAME_MAX_SHOWN 200
#define REASON_MAX ((size_t)4096)

/* A text of ours; after the first error nothing more. */
static void say(struct plan_teller *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct plan_teller *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (t->t.error == 0)
		status_note(&t->t, buf_vprintf(&t->t.text, fmt, args));
	va_end(args);
}

static void show(struct plan_teller *t, const char *foreign)
{
	if (t->t.error == 0)
		status_note(&t->t, str_show(&t->t.text, foreign, NAME_MAX_SHOWN));
}

/* A paragraph. The text may be foreign. */
static void wrap(struct plan_teller *t, const char *text, size_t indent)
{
	AUTO(buf_done) struct buf shown = {0};

	buf_init(&shown, 4 * REASON_MAX + 16);
	if (t->t.error == 0)
		status_note(&t->t, str_show(&shown, text, REASON_MAX));
	if (t->t.error == 0 && shown.len > 0)
		status_note(&t->t, human_wrap(&t->t.text, shown.data, indent, COLUMNS));
}

/* Where somebody may want to look at it. */
static bool shows_id(enum plan_action a)
{
	return a != PLAN_CREATE && a != PLAN_CHANGE && a != PLAN_NOTHING;
}

void plan_text_add(struct plan_teller *t, const struct plan_line *l)
{
	if (l->row > 0)
		say(t, "row %" PRIu64 ": ", l->row);
	say(t, "%s", plan_action_name(l->action));
	if (!str_empty(l->name)) {
		say(t, ": ");
		show(t, l->name);
	}
	if (t->with_sandbox && !str_empty(l->sandbox)) {
		say(t, ", sandbox ");
		show(t, l->sandbox);
	}
	if (shows_id(l->action) && !str_empty(l->id)) {
		say(t, ", ");
		show(t, l->id);
	}
	if (!str_empty(l->fields))
		say(t, ": %s", l->fields);
	say(t, "\n");
	wrap(t, l->reason, WORDS_INDENT);
}

static void say_count(struct plan_teller *t, uint64_t n, const char *one, const char *many)
{
	if (t->t.error == 0)
		status_note(&t->t, human_count(&t->t.text, n, one, many));
}

static bool has_lines(const struct plan_counts *c)
{
	return c->rows + c->gone + c->extra > 0;
}

static void say_beside(struct plan_teller *t)
{
	const struct plan_counts *c = &t->counts;

	if (c->gone > 0) {
		say_count(t, c->gone, "connection", "connections");
		say(t, " of the ledger that no row names %s gone.\n", c->gone == 1 ? "is" : "are");
	}
	if (c->extra > 0) {
		say_count(t, c->extra, "connection", "connections");
		say(t, " of the server %s named by no row.\n", c->extra == 1 ? "is" : "are");
	}
}

static void say_next(struct plan_teller *t)
{
	const struct plan_counts *c = &t->counts;
	bool creates = c->by_action[PLAN_CREATE] + c->by_action[PLAN_ADOPT] > 0;
	bool changes = c->by_action[PLAN_CHANGE] > 0;

	if (creates && changes)
		wrap(t,
			"'snowmelt run' creates and adopts, with --update it sends the changes, "
			"too.",
			0);
	else if (creates)
		wrap(t, "'snowmelt run' creates and adopts.", 0);
	else if (changes)
		wrap(t, "'snowmelt run --update' sends the changes.", 0);
	else
		wrap(t, "A run would send nothing.", 0);
}

void plan_text_end(struct plan_teller *t)
{
	const struct plan_counts *c = &t->counts;
	struct human_total totals[PLAN_ACTION_COUNT];

	for (int i = 0; i < PLAN_ACTION_COUNT; i++)
		totals[i] = (struct human_total){
			.name = plan_action_name((enum plan_action)i),
			.count = c->by_action[i],
		};
	if (has_lines(c))
		say(t, "\n");
	if (c->rows == 0)
		say(t, "No rows.\n");
	if (t->t.error == 0)
		status_note(&t->t, human_totals(&t->t.text, totals, ARRAY_SIZE(totals)));
	say_beside(t);
	say(t, "\n");
	say_next(t);
}
