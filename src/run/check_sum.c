/* check_sum.c - what a check came to: rows by what they are, and what is wrong by its cause. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "output/human.h"
#include "run/check.h"

#define COLUMNS 80
#define WORDS_INDENT 6

#define CLASS_OK "ok"
#define CLASS_INVALID "invalid"
#define CLASS_NOT_ASKED "not_asked"
#define CAUSE_BAD_ROW "bad_row"
#define CAUSE_DUPLICATE "duplicate_name"

const char check_note[] =
	"Adobe calls each instance from its own addresses: where an instance controls addresses, "
	"it may let in this machine and not Adobe, or Adobe and not this machine.";

/* ---------------------------------------------------------------------- counting */

static void count_class(struct check_sum *sum, const char *name)
{
	struct check_class *c = sum->classes;

	for (; c < sum->classes + sum->class_count; c++)
		if (strcmp(c->name, name) == 0)
			break;
	if (c == sum->classes + CHECK_CLASSES_MAX)
		return;
	if (c == sum->classes + sum->class_count)
		sum->class_count++;
	c->name = name;
	c->count++;
}

static bool is_same(const struct check_cause *c, const char *code, const char *text)
{
	return strcmp(c->code, code) == 0 &&
	       (c->one || strncmp(c->text, text, sizeof(c->text) - 1) == 0);
}

static void count_cause(
	struct check_sum *sum, const char *code, const char *text, bool one, uint64_t line)
{
	struct check_cause *c = sum->causes;

	while (c < sum->causes + sum->cause_count && !is_same(c, code, text))
		c++;
	if (c == sum->causes + CHECK_CAUSES_MAX) {
		sum->other_causes++;
		return;
	}
	if (c == sum->causes + sum->cause_count) {
		sum->cause_count++;
		*c = (struct check_cause){.code = code, .one = one, .first_line = line};
		str_copy(c->text, sizeof(c->text), text);
	}
	c->count++;
}

/* Another text is no other cause: only a row or a moment in it differs. */
static bool is_one(const char *code)
{
	return strcmp(code, CAUSE_DUPLICATE) == 0 || strcmp(code, "other_password") == 0 ||
	       strcmp(code, servicenow_code(SERVICENOW_RATE_LIMITED)) == 0;
}

static void count_faults(struct check_sum *sum, const struct check_finding *f)
{
	char fault[CHECK_FAULT_SIZE];

	for (size_t at = 0; check_fault_next(f, &at, fault);) {
		bool duplicate = strcmp(fault, f->duplicate) == 0;

		count_cause(sum, duplicate ? CAUSE_DUPLICATE : CAUSE_BAD_ROW, fault, duplicate,
			f->row->line);
	}
}

void check_sum_add(struct check_sum *sum, const struct check_finding *f, bool probes)
{
	const struct check_probe *p = &f->probe;
	bool faulty = f->row->invalid || *f->duplicate;

	sum->rows++;
	sum->not_fine += faulty || (p->asked && !p->fine);
	count_faults(sum, f);
	if (p->asked && !p->fine && !p->stopped)
		count_cause(sum, p->code, p->message, is_one(p->code), f->row->line);
	if (faulty)
		count_class(sum, CLASS_INVALID);
	else if (p->asked)
		count_class(sum, p->code);
	else
		count_class(sum, probes ? CLASS_NOT_ASKED : CLASS_OK);
}

/* ---------------------------------------------------------------------- printing */

static int print_head(const struct check_sum *sum, const struct check *check, struct buf *b)
{
	int r = human_count(b, sum->rows, "row", "rows");

	if (r == 0 && check)
		r = buf_append_str(b, ", ");
	if (r == 0 && check)
		r = human_count(b, check->tried, "login", "logins");
	return r < 0 ? r : buf_append_str(b, check ? " tried, each once\n" : "\n");
}

static int print_classes(const struct check_sum *sum, struct buf *b)
{
	int width = 0, r = sum->class_count > 0 ? buf_append_char(b, '\n') : 0;

	for (size_t i = 0; i < sum->class_count; i++)
		width = MAX(width, (int)strlen(sum->classes[i].name));
	for (size_t i = 0; r == 0 && i < sum->class_count; i++)
		r = buf_printf(b, "  %-*s  %*" PRIu64 "\n", width, sum->classes[i].name,
			snprintf(NULL, 0, "%" PRIu64, sum->rows), sum->classes[i].count);
	return r;
}

static int by_count(const void *a, const void *b)
{
	const struct check_cause *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->first_line < y->first_line ? -1 : x->first_line > y->first_line;
}

static int print_cause(const struct check_cause *c, struct buf *b)
{
	AUTO(buf_done) struct buf words = {0};
	int r = buf_printf(b, "  %s: ", c->code);

	buf_init(&words, 8 * sizeof(c->text));
	if (r == 0)
		r = human_count(b, c->count, "row", "rows");
	if (r == 0)
		r = buf_printf(b, ", %s line %" PRIu64 "\n", c->count == 1 ? "on" : "the first on",
			c->first_line);
	if (r == 0)
		r = str_show(&words, c->text, SIZE_MAX);
	if (r == 0 && strlen(c->text) == sizeof(c->text) - 1) /* it was cut */
		r = buf_append_str(&words, "…");
	return r < 0 || words.len == 0 ? r : human_wrap(b, words.data, WORDS_INDENT, COLUMNS);
}

static int print_causes(struct check_sum *sum, struct buf *b)
{
	int r;

	if (sum->cause_count == 0)
		return 0;
	qsort(sum->causes, sum->cause_count, sizeof(*sum->causes), by_count);
	r = buf_append_str(b, sum->cause_count == 1 ? "\nWhat is wrong:\n\n"
						    : "\nWhat is wrong, most frequent first:\n\n");
	for (size_t i = 0; r == 0 && i < sum->cause_count; i++)
		r = print_cause(&sum->causes[i], b);
	if (r < 0 || sum->other_causes == 0)
		return r;
	r = buf_append_str(b, "  other causes: ");
	if (r == 0)
		r = human_count(b, sum->other_causes, "time", "times");
	return r < 0 ? r : buf_append_char(b, '\n');
}

int check_sum_print(struct check_sum *sum, const struct check *check, struct buf *b)
{
	int r = print_head(sum, check, b);

	if (r == 0)
		r = print_classes(sum, b);
	if (r == 0)
		r = print_causes(sum, b);
	if (r < 0 || !check)
		return r;
	r = buf_append_char(b, '\n');
	return r < 0 ? r : human_wrap(b, check_note, 0, COLUMNS);
}
