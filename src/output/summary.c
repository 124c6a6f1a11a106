/* summary.c - what a run came to, for eighty columns. */
#include "output/summary.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "output/human.h"

#define COLUMNS 80
#define WORDS_INDENT 6

static const struct {
	const char *name;
	bool fine;
} statuses[STATUS_COUNT] = {
	[STATUS_CREATED] = {"created", true},
	[STATUS_ADOPTED] = {"adopted", true},
	[STATUS_UPDATED] = {"updated", true},
	[STATUS_UNCHANGED] = {"unchanged", true},
	[STATUS_CHANGED] = {"changed", true},
	[STATUS_FAILED] = {"failed", false},
	[STATUS_CONFLICT] = {"conflict", false},
	[STATUS_UNRESOLVED] = {"unresolved", false},
	[STATUS_INVALID] = {"invalid", false},
	[STATUS_SKIPPED] = {"skipped", false},
	[STATUS_OK] = {"ok", true},
	[STATUS_DELETED] = {"deleted", true},
	[STATUS_GONE] = {"gone", false},
	[STATUS_IN_USE] = {"in_use", false},
	[STATUS_KEPT] = {"kept", true},
};

const char *status_name(enum status s)
{
	assert(s < STATUS_COUNT);
	return statuses[s].name;
}

bool status_find(const char *name, enum status *ret)
{
	for (int i = 0; i < STATUS_COUNT; i++)
		if (strcmp(statuses[i].name, name) == 0) {
			*ret = (enum status)i;
			return true;
		}
	return false;
}

bool status_is_fine(enum status s)
{
	assert(s < STATUS_COUNT);
	return statuses[s].fine;
}

bool summary_is_fine(const struct summary *s, enum status status)
{
	return status_is_fine(status) || (status == STATUS_GONE && s->gone_is_fine);
}

/* ----------------------------------------------------------------- counting */

/* The causes stay sorted: one that has outgrown those before it moves up. */
static void count_cause(struct summary *s, size_t at)
{
	struct summary_cause cause = s->causes[at];
	size_t to = at;

	cause.count++;
	while (to > 0 && s->causes[to - 1].count < cause.count)
		to--;
	memmove(&s->causes[to + 1], &s->causes[to], (at - to) * sizeof(cause));
	s->causes[to] = cause;
}

static void add_cause(
	struct summary *s, enum status status, const char *code, const char *message, uint64_t line)
{
	struct summary_cause *c;
	char shown[sizeof(c->code)];

	str_shown(shown, sizeof(shown), code ? code : "");
	for (size_t i = 0; i < s->cause_count; i++) {
		c = &s->causes[i];
		if (c->status == status && strcmp(c->code, shown) == 0) {
			c->first_line = MIN(c->first_line, line);
			count_cause(s, i);
			return;
		}
	}
	if (s->cause_count == SUMMARY_CAUSES_MAX) {
		s->other_causes++;
		return;
	}
	c = &s->causes[s->cause_count++];
	*c = (struct summary_cause){.status = status, .first_line = line, .count = 1};
	str_copy(c->code, sizeof(c->code), shown);
	str_shown(c->example, sizeof(c->example), message ? message : "");
}

void summary_add(
	struct summary *s, enum status status, const char *code, const char *message, uint64_t line)
{
	assert(status < STATUS_COUNT);
	s->rows++;
	s->by_status[status]++;
	if (!summary_is_fine(s, status))
		add_cause(s, status, code, message, line);
}

void summary_change(struct summary *s, enum status from, enum status to, const char *code,
	const char *message, uint64_t line)
{
	assert(from < STATUS_COUNT && s->by_status[from] > 0);
	s->by_status[from]--;
	s->rows--;
	summary_add(s, to, code, message, line);
}

bool summary_all_fine(const struct summary *s)
{
	for (int i = 0; i < STATUS_COUNT; i++)
		if (!summary_is_fine(s, (enum status)i) && s->by_status[i] > 0)
			return false;
	return true;
}

/* ----------------------------------------------------------------- printing */

static int print_head(const struct summary *s, nsec_t elapsed, uint64_t requests, struct buf *b)
{
	int r;

	r = human_count(b, s->rows, "row", "rows");
	if (r == 0)
		r = buf_append_str(b, " in ");
	if (r == 0)
		r = human_duration(b, elapsed);
	if (r == 0)
		r = buf_append_str(b, ", ");
	if (r == 0)
		r = human_count(b, requests, "request", "requests");
	if (r == 0 && elapsed >= SEC && s->rows > 0)
		r = buf_printf(b, " (%.1f rows a second)",
			(double)s->rows * (double)SEC / (double)elapsed);
	return r < 0 ? r : buf_append_str(b, "\n");
}

static int print_totals(const struct summary *s, struct buf *b)
{
	struct human_total totals[STATUS_COUNT];
	int r = 0;

	for (int i = 0; i < STATUS_COUNT; i++)
		totals[i] = (struct human_total){statuses[i].name, s->by_status[i]};
	if (s->rows > 0)
		r = buf_append_str(b, "\n");
	return r < 0 ? r : human_totals(b, totals, STATUS_COUNT);
}

static int print_cause(const struct summary_cause *c, struct buf *b)
{
	char words[sizeof(c->example) + sizeof("…")];
	const char *status = status_name(c->status);
	size_t len = strlen(c->example);
	int r;

	r = buf_printf(b, "  %s", status);
	if (r == 0 && c->code[0] && strcmp(c->code, status) != 0)
		r = buf_printf(b, ", %s", c->code);
	if (r == 0)
		r = buf_append_str(b, ": ");
	if (r == 0)
		r = human_count(b, c->count, "row", "rows");
	if (r == 0)
		r = buf_printf(b, ", %s line %" PRIu64 "\n", c->count == 1 ? "on" : "the first on",
			c->first_line);
	if (r < 0)
		return r;

	str_copy(words, sizeof(words), c->example);
	if (len + 4 >= sizeof(c->example)) /* as long as it could be: it was cut */
		str_copy(words + len, sizeof(words) - len, "…");
	return human_wrap(b, words, WORDS_INDENT, COLUMNS);
}

static int print_causes(const struct summary *s, struct buf *b)
{
	int r;

	if (s->cause_count == 0)
		return 0;
	r = buf_append_str(b, s->cause_count == 1 ? "\nWhat went wrong:\n\n"
						  : "\nWhat went wrong, most frequent first:\n\n");
	for (size_t i = 0; i < s->cause_count && r == 0; i++)
		r = print_cause(&s->causes[i], b);
	if (s->other_causes == 0 || r < 0)
		return r;
	r = buf_append_str(b, "  other causes: ");
	if (r == 0)
		r = human_count(b, s->other_causes, "row", "rows");
	return r < 0 ? r : buf_append_str(b, "\n");
}

/* Without a ledger the same command would create again what was created. */
static int print_open(const struct summary *s, struct buf *b)
{
	AUTO(buf_done) struct buf text = {0};
	uint64_t unresolved = s->by_status[STATUS_UNRESOLVED];
	uint64_t open = s->by_status[STATUS_SKIPPED] + unresolved;
	int r = 0;

	if (open == 0)
		return 0;
	buf_init(&text, 1024);
	if (s->remembered)
		r = buf_printf(&text,
			"Run %s again to go on: ", s->goes_on ? s->goes_on : "the same command");
	if (r == 0)
		r = human_count(&text, open, "row is", "rows are");
	if (r == 0)
		r = buf_append_str(&text, " not decided yet.");
	if (r == 0 && !s->remembered)
		r = buf_append_str(&text, " To go on, run a file of these rows alone: there is no "
					  "ledger, so all others would be created again.");
	if (r == 0 && !s->remembered && unresolved > 0)
		r = buf_append_str(&text, " Look first whether the unresolved ones exist by now.");
	return r < 0 ? r : human_wrap(b, text.data, 0, COLUMNS);
}

/* Nothing of these is in the results: only here can a reader learn of them. */
static int print_doubts(const struct summary *s, struct buf *b)
{
	AUTO(buf_done) struct buf text = {0};
	int r;

	if (s->doubts_settled == 0 && s->doubts_left == 0)
		return 0;
	buf_init(&text, 1024);
	r = buf_append_str(&text, "Rows in doubt that the input no longer names: ");
	if (r == 0 && s->doubts_settled > 0)
		r = buf_printf(&text, "%" PRIu64 " settled", s->doubts_settled);
	if (r == 0 && s->doubts_left > 0)
		r = buf_printf(&text,
			"%s%" PRIu64 " left unresolved, which 'snowmelt status --unresolved' "
			"lists",
			s->doubts_settled > 0 ? ", " : "", s->doubts_left);
	if (r == 0)
		r = buf_append_str(&text, ".");
	return r < 0 ? r : human_wrap(b, text.data, 0, COLUMNS);
}

static int print_unproven(const struct summary *s, struct buf *b)
{
	AUTO(buf_done) struct buf text = {0};
	int r;

	if (s->unproven == 0)
		return 0;
	buf_init(&text, 1024);
	r = buf_append_str(&text, "In ");
	if (r == 0)
		r = human_count(&text, s->unproven, "sandbox", "sandboxes");
	if (r == 0)
		r = buf_append_str(&text,
			" lookups prove nothing: the service did not list there what it had just "
			"created. Rows in doubt were not sent again: look for yourself whether "
			"they exist, then run with --resend-unresolved.");
	return r < 0 ? r : human_wrap(b, text.data, 0, COLUMNS);
}

static int print_next(const struct summary *s, struct buf *b)
{
	uint64_t wrong = s->by_status[STATUS_FAILED] + s->by_status[STATUS_CONFLICT] +
			 s->by_status[STATUS_INVALID] + s->by_status[STATUS_IN_USE];
	int r = 0;

	if (wrong > 0)
		r = buf_append_str(b, "The column 'error' tells what is wrong with each row.\n");
	if (r == 0)
		r = print_open(s, b);
	if (r == 0)
		r = print_doubts(s, b);
	return r < 0 ? r : print_unproven(s, b);
}

int summary_print(const struct summary *s, const char *results_path, nsec_t elapsed,
	uint64_t requests, struct buf *b)
{
	int r;

	r = print_head(s, elapsed, requests, b);
	if (r == 0)
		r = print_totals(s, b);
	if (r == 0)
		r = print_causes(s, b);
	if (r == 0 && !str_empty(results_path))
		r = buf_printf(b, "\nResults: %s\n", results_path);
	return r < 0 ? r : print_next(s, b);
}
