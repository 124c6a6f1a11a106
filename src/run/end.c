/* end.c - after the last request: results and ledger are put in place, in that order,
 * and what the run came to is said.
 */
#include <string.h>

#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

static bool every_row_has_a_line(const struct snowmelt *s)
{
	enum engine_end end = s->end.done.end;

	if (s->output_failed || end == END_ABORTED || end == END_LEDGER)
		return false;
	return input_is_regular(s->input) || end == END_COMPLETE;
}

static void put_results(struct snowmelt *s)
{
	if (every_row_has_a_line(s)) {
		if (results_finish(s->results, &s->error) < 0)
			s->output_failed = true;
		return;
	}
	if (!s->output_failed)
		log_warn("%s is as it was; the finished lines are in %s.part", s->results_path,
			s->results_path);
}

/* "created 12, failed 1": for a human who looks into the ledger. */
static void append_totals(struct buf *b, const struct summary *sum)
{
	for (int i = 0; i < STATUS_COUNT; i++)
		if (sum->by_status[i] > 0)
			(void)buf_printf(b, "%s%s %llu", b->len ? ", " : "",
				status_name((enum status)i), (unsigned long long)sum->by_status[i]);
}

/* What was told is told only once a results file with it is in place. */
static void close_ledger(struct snowmelt *s)
{
	AUTO(buf_done) struct buf totals = {0};
	struct error error = {0};

	if (s->ledger_lost) {
		outcome_log_lost(s);
		return;
	}
	buf_init(&totals, 1024);
	append_totals(&totals, &s->summary);
	if (ledger_end_run(s->ledger, every_row_has_a_line(s), totals.data ? totals.data : "",
		    &error) == 0)
		return;
	s->ledger_lost = true;
	if (!s->output_failed)
		s->error = error;
	log_error("the end of the run could not be recorded: the next one tells again what this "
		  "one has told, and creates nothing twice");
}

static void say_end(struct snowmelt *s)
{
	AUTO(buf_done) struct buf text = {0};
	bool unsaid = s->ledger_lost && s->end.done.end != END_LEDGER;
	char why[1600];

	buf_init(&text, 65536);
	s->summary.remembered = run_may_be_repeated(s);
	s->summary.unproven = engine_stats(s->engine).unproven;
	summary_print(&s->summary, every_row_has_a_line(s) ? s->results_path : NULL,
		clock_monotonic() - s->started_at, engine_stats(s->engine).requests, &text);
	if (s->cb.summary && text.len)
		s->cb.summary(s->cb.arg, text.data);
	if (s->output_failed || unsaid || (s->input_bad && s->end.done.end == END_COMPLETE))
		run_message(s, s->error.text);
	words_end(s, why, sizeof(why));
	if (!s->output_failed || s->end.done.end != END_STOPPED)
		run_message(s, why);
}

static enum snowmelt_exit end_status(const struct snowmelt *s)
{
	if (s->output_failed || s->input_bad || s->ledger_lost)
		return SNOWMELT_FATAL;
	switch (s->end.done.end) {
	case END_COMPLETE: return summary_all_fine(&s->summary) ? SNOWMELT_OK : SNOWMELT_ROWS;
	case END_STOPPED:
	case END_ABORTED: return SNOWMELT_INTERRUPTED;
	case END_HALT_RULE:
	case END_BREAKER:
	case END_TOKEN_OUTAGE:
	case END_RETRY_AFTER: return SNOWMELT_HALTED;
	case END_FATAL:
	case END_TOKEN:
	case END_SANDBOXES:
	case END_LEDGER:
	case END_INPUT:
	case END_INVENTORY:
	default: return SNOWMELT_FATAL;
	}
}

/* It has only gathered what the report needs; of half of that mostly nothing can be said. */
static enum snowmelt_exit end_gathering(struct snowmelt *s)
{
	char why[1600];

	if (s->end.done.end == END_COMPLETE ||
		(s->purpose->reports_half && words_ended_by_hand(s->end.done.end)))
		return s->purpose->report(s);
	words_end(s, why, sizeof(why));
	run_message(s, why);
	return end_status(s);
}

enum snowmelt_exit end_run(struct snowmelt *s)
{
	if (s->purpose->report)
		return end_gathering(s);
	put_results(s);
	close_ledger(s);
	say_end(s);
	return end_status(s);
}
