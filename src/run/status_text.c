/* status_text.c - the ledger for people, in eighty columns. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "base/time.h"
#include "output/human.h"
#include "output/summary.h"
#include "run/status.h"

#define COLUMNS 80
#define WORDS_INDENT 6
#define SHOWN_MAX 160 /* of a message of a server */
#define NAME_MAX_SHOWN 200
#define CAUSES_MAX 64

/* A text of ours; after the first error nothing more. */
static void say(struct status_teller *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct status_teller *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	if (t->error == 0)
		status_note(t, buf_vprintf(&t->text, fmt, args));
	va_end(args);
}

static void show(struct status_teller *t, const char *foreign, size_t max_bytes)
{
	if (t->error == 0)
		status_note(t, str_show(&t->text, foreign, max_bytes));
}

/* A paragraph. The text may be foreign. */
static void wrap(struct status_teller *t, const char *text, size_t indent, size_t max_bytes)
{
	AUTO(buf_done) struct buf shown = {0};

	buf_init(&shown, 4 * MIN(max_bytes, strlen(text)) + 16);
	if (t->error == 0)
		status_note(t, str_show(&shown, text, max_bytes));
	if (t->error == 0 && shown.len > 0)
		status_note(t, human_wrap(&t->text, shown.data, indent, COLUMNS));
}

static void say_count(struct status_teller *t, uint64_t n, const char *one, const char *many)
{
	if (t->error == 0)
		status_note(t, human_count(&t->text, n, one, many));
}

/* ------------------------------------------------------------------ totals */

enum { TOTAL_OPEN = STATUS_COUNT, TOTAL_DELETING, TOTAL_PENDING, TOTAL_COUNT };

struct totals {
	struct human_total of[TOTAL_COUNT];
	struct buf causes;
	uint64_t cause_count, other_rows;
	int error;
};

static void say_run(struct status_teller *t, const struct ledger_run *run, int64_t now_ms)
{
	char at[RFC3339_SIZE];

	say(t, "Run %-5" PRIu64 "  ", run->number);
	if (run->finished_ms != 0) {
		say(t, "finished at %s: ", status_time(run->finished_ms, at));
		show(t, run->totals, SHOWN_MAX);
	} else if (run->going) {
		say(t, "going since %s, for ", status_time(run->started_ms, at));
		if (t->error == 0)
			status_note(
				t, human_duration(&t->text, MAX(now_ms - run->started_ms, 0) * MS));
	} else {
		say(t, "began at %s and died", status_time(run->started_ms, at));
	}
	say(t, "\n");
}

static void say_head(
	struct status_teller *t, const struct ledger_run *run, const char *path, int64_t now_ms)
{
	say(t, "Ledger     ");
	show(t, path, SIZE_MAX);
	say(t, "\nService    ");
	show(t, run->service, SIZE_MAX);
	say(t, "\nOrg        ");
	show(t, run->org, SIZE_MAX);
	say(t, "\n");
	say_run(t, run, now_ms);
}

/* "  failed, timeout: 3 rows, such as row 17", and what is said of that one. */
static int append_cause(struct buf *b, const struct ledger_group *g)
{
	const char *word = status_word(g->state, g->status);
	AUTO(buf_done) struct buf shown = {0};
	int r;

	buf_init(&shown, 4 * (size_t)SHOWN_MAX + 16);
	r = buf_printf(b, "  %s", word);
	if (r == 0 && g->error_code[0] && strcmp(g->error_code, word) != 0)
		r = buf_append_str(b, ", ");
	if (r == 0 && g->error_code[0] && strcmp(g->error_code, word) != 0)
		r = str_show(b, g->error_code, 64);
	if (r == 0)
		r = buf_append_str(b, ": ");
	if (r == 0)
		r = human_count(b, g->count, "row", "rows");
	if (r == 0 && g->example_row > 0)
		r = buf_printf(
			b, ", %srow %" PRIu64, g->count == 1 ? "" : "such as ", g->example_row);
	if (r == 0)
		r = buf_append_str(b, "\n");
	if (r == 0)
		r = str_show(&shown, g->example, SHOWN_MAX);
	return r < 0 || shown.len == 0 ? r : human_wrap(b, shown.data, WORDS_INDENT, COLUMNS);
}

static bool has_outcome(enum ledger_state state)
{
	return state != LEDGER_STATE_CLAIMED && state != LEDGER_STATE_INTENDED &&
	       state != LEDGER_STATE_DELETING;
}

/* What is gone was to be deleted: only a rollback writes that into a ledger. */
static bool is_fine(enum status status)
{
	return status_is_fine(status) || status == STATUS_GONE;
}

static void count_group(void *arg, const struct ledger_group *g)
{
	struct totals *totals = arg;
	enum status status = STATUS_COUNT;

	if (g->state == LEDGER_STATE_CLAIMED)
		totals->of[TOTAL_PENDING].count += g->count;
	else if (g->state == LEDGER_STATE_INTENDED)
		totals->of[TOTAL_OPEN].count += g->count;
	else if (g->state == LEDGER_STATE_DELETING)
		totals->of[TOTAL_DELETING].count += g->count;
	else if (status_find(status_word(g->state, g->status), &status))
		totals->of[status].count += g->count;
	if (!has_outcome(g->state) || status == STATUS_COUNT || is_fine(status))
		return;
	if (totals->cause_count == CAUSES_MAX) {
		totals->other_rows += g->count;
	} else if (totals->error == 0) {
		totals->error = append_cause(&totals->causes, g);
		totals->cause_count++;
	}
}

static void say_causes(struct status_teller *t, const struct totals *totals)
{
	if (totals->cause_count == 0)
		return;
	say(t, "\nWhat went wrong%s:\n\n%s",
		totals->cause_count == 1 ? "" : ", most frequent first", totals->causes.data);
	if (totals->other_rows > 0) {
		say(t, "  other causes: ");
		say_count(t, totals->other_rows, "row", "rows");
		say(t, "\n");
	}
}

static void say_next(struct status_teller *t, const struct totals *totals, bool going)
{
	bool open = totals->of[TOTAL_OPEN].count > 0;
	bool unresolved = totals->of[STATUS_UNRESOLVED].count > 0;

	bool deleting = totals->of[TOTAL_DELETING].count > 0 && !going;

	if ((open && !going) || deleting || unresolved || totals->of[TOTAL_PENDING].count > 0)
		say(t, "\n");
	if (totals->of[TOTAL_PENDING].count > 0)
		wrap(t, "Pending rows have been read, and nothing of them was sent.", 0, SIZE_MAX);
	if (open && !going)
		wrap(t,
			"Open rows may have been created. Run the same command again: it looks "
			"them up before it sends anything.",
			0, SIZE_MAX);
	if (deleting)
		wrap(t,
			"Deleting rows may have been deleted. Run the same rollback again: it "
			"reads "
			"them before it deletes anything.",
			0, SIZE_MAX);
	if (unresolved || (open && !going))
		wrap(t, "'snowmelt status --unresolved' lists the rows in doubt.", 0, SIZE_MAX);
}

static void say_totals(struct status_teller *t, const struct totals *totals, bool going)
{
	uint64_t rows = 0;

	for (int i = 0; i < TOTAL_COUNT; i++)
		rows += totals->of[i].count;
	say(t, "\n");
	if (rows == 0)
		say(t, "No rows yet.\n");
	if (t->error == 0)
		status_note(t, human_totals(&t->text, totals->of, TOTAL_COUNT));
	say_causes(t, totals);
	say_next(t, totals, going);
}

int status_text_totals(struct status_teller *t, struct ledger_reader *reader, const char *path,
	int64_t now_ms, struct error *reterr)
{
	struct totals totals = {
		.of[TOTAL_OPEN].name = STATUS_WORD_OPEN,
		.of[TOTAL_DELETING].name = STATUS_WORD_DELETING,
		.of[TOTAL_PENDING].name = STATUS_WORD_PENDING,
	};
	struct ledger_run run;
	bool going;
	int r;

	for (int i = 0; i < STATUS_COUNT; i++)
		totals.of[i].name = status_name((enum status)i);
	buf_init(&totals.causes, (size_t)CAUSES_MAX * 4096);
	r = ledger_reader_run(reader, &run, reterr);
	if (r == 0) {
		going = run.finished_ms == 0 && run.going;
		say_head(t, &run, path, now_ms);
		r = ledger_reader_groups(reader, count_group, &totals, reterr);
		status_note(t, totals.error);
		say_totals(t, &totals, going);
	}
	buf_done(&totals.causes);
	return r;
}

/* ------------------------------------------------------------------ doubts */

struct doubts {
	struct status_teller *t;
	uint64_t count;
};

static void say_doubt(void *arg, const struct ledger_record *rec)
{
	struct doubts *d = arg;
	char at[RFC3339_SIZE];

	d->count++;
	say(d->t, "  row %" PRIu64 ": ", rec->row);
	show(d->t, rec->name, NAME_MAX_SHOWN);
	say(d->t, ", sandbox ");
	show(d->t, rec->sandbox, NAME_MAX_SHOWN);
	say(d->t, ", intent at %s, %s%s", status_time(rec->intent_ms, at),
		status_word(rec->state, rec->status), rec->error_code[0] ? ", " : "");
	show(d->t, rec->error_code, NAME_MAX_SHOWN);
	say(d->t, "\n");
	wrap(d->t, rec->error, WORDS_INDENT, SIZE_MAX);
	status_tell(d->t, false);
}

int status_text_doubts(struct status_teller *t, struct ledger_reader *reader, struct error *reterr)
{
	struct doubts d = {.t = t};
	struct ledger_run run;
	bool going;
	int r;

	r = ledger_reader_run(reader, &run, reterr);
	if (r < 0)
		return r;
	going = run.finished_ms == 0 && run.going;
	r = ledger_reader_unresolved(reader, say_doubt, &d, reterr);
	if (r < 0)
		return r;
	if (d.count == 0) {
		say(t, "No row is in doubt.\n");
		return 0;
	}
	say(t, "\n");
	say_count(t, d.count, "row is", "rows are");
	say(t, " in doubt: each may have been created.\n");
	wrap(t,
		going ? "A run is going: what it has in flight is among them."
		      : "Run the same command again, it looks them up first. Where that settles "
			"nothing, look for yourself whether they exist: --resend-unresolved then "
			"sends those that a lookup does not find.",
		0, SIZE_MAX);
	return 0;
}
