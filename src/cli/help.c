/* help.c - --help, generated from the tables of options and commands. */
#include "cli/help.h"

#include <string.h>

#include "base/str.h"

#define WIDTH 80
#define COLUMN 26 /* where the options' texts begin */

const char help_notes[] =
	"Every option is also an environment variable (--settle-timeout is "
	"SNOWMELT_SETTLE_TIMEOUT) and a line of the config file (settle-timeout = 5s). A flag "
	"outweighs a variable, a variable the file. Switches are turned off by --no-NAME; in "
	"variables and in the file they are yes or no. Options that may be given several times "
	"have one value a line in a variable, and one line a value in the file."
	"\n\n"
	"TIME is a number with ms, s, m or h behind it: 250ms, 1.5s, 15m, 1h."
	"\n\n"
	"A config file counts only if you or root own it and nobody else can write it. Secrets "
	"are accepted neither from it nor from the command line.";

/* Fills lines with words. */
struct filler {
	struct buf *b;
	size_t column; /* bytes in the current line; texts here are ASCII */
	size_t indent;
	int r; /* the first error; then nothing is appended */
};

static void put(struct filler *f, const char *text, size_t len)
{
	if (f->r == 0)
		f->r = buf_append(f->b, text, len);
	f->column += len;
}

static void pad(struct filler *f, size_t column)
{
	while (f->column < column)
		put(f, " ", 1);
}

static void newline(struct filler *f)
{
	put(f, "\n", 1);
	f->column = 0;
}

static void fill(struct filler *f, const char *text)
{
	while (*text) {
		size_t word = strcspn(text, " \n");

		if (f->column > f->indent && f->column + 1 + word > WIDTH)
			newline(f);
		if (f->column > f->indent)
			put(f, " ", 1);
		pad(f, f->indent);
		put(f, text, word);
		text += word;
		if (strncmp(text, "\n\n", 2) == 0) {
			newline(f);
			newline(f);
		}
		text += strspn(text, " \n");
	}
	newline(f);
}

int help_option_head(const struct option *o, struct buf *b)
{
	if (o->traits & OPTION_SECRET)
		return buf_append_str(b, o->variables[0]);
	return buf_printf(b, "--%s%s%s%s", option_is_on_by_default(o) ? "no-" : "", o->name,
		o->argument ? " " : "", o->argument ? o->argument : "");
}

static int append_variables(const struct option *o, struct buf *b)
{
	int r = 0;

	if (o->traits & OPTION_SECRET)
		r = buf_printf(b, " %s_FILE may name a file that holds it.", o->variables[0]);
	for (size_t i = o->traits & OPTION_SECRET ? 1 : 0; r == 0 && i < OPTION_VARIABLES; i++) {
		if (!o->variables[i])
			break;
		r = buf_printf(b, " Also %s.", o->variables[i]);
	}
	return r;
}

int help_option_text(const struct option *o, struct buf *b)
{
	const char *otherwise = o->fallback ? o->fallback : o->unset;
	int r;

	r = buf_append_str(b, o->help);
	if (r == 0 && (o->traits & OPTION_REPEATS))
		r = buf_append_str(b, " May be given several times.");
	if (r == 0)
		r = append_variables(o, b);
	if (r == 0 && (o->traits & OPTION_REQUIRED))
		r = buf_append_str(b, " Required.");
	if (r == 0 && otherwise && o->rule.kind != VALUE_SWITCH)
		r = buf_printf(b, " Default: %s.", otherwise);
	return r;
}

static void fill_option(struct filler *f, const struct option *o)
{
	AUTO(buf_done) struct buf head = {0}, text = {0};

	buf_init(&head, WIDTH);
	buf_init(&text, 2048);
	if (f->r == 0)
		f->r = help_option_head(o, &head);
	if (f->r == 0)
		f->r = help_option_text(o, &text);
	if (f->r < 0)
		return;
	pad(f, 2);
	put(f, head.data, head.len);
	if (f->column + 2 > COLUMN)
		newline(f);
	f->indent = COLUMN;
	pad(f, COLUMN);
	fill(f, text.data);
	f->indent = 0;
}

static void fill_group(struct filler *f, const struct command *c, enum option_group g)
{
	bool begun = false;

	OPTION_EACH (o, c->bit) {
		if (o->group != g || (o->traits & OPTION_HIDDEN))
			continue;
		if (!begun) {
			newline(f);
			put(f, option_group_name(g), strlen(option_group_name(g)));
			put(f, ":", 1);
			newline(f);
		}
		begun = true;
		fill_option(f, o);
	}
}

static void fill_examples(struct filler *f, const char *examples)
{
	newline(f);
	fill(f, "Examples:");
	while (*examples) {
		size_t len = strcspn(examples, "\n");

		pad(f, len > 0 ? 2 : 0);
		put(f, examples, len);
		newline(f);
		examples += len + (examples[len] == '\n');
	}
}

static void fill_exit_statuses(struct filler *f)
{
	newline(f);
	fill(f, "Exit status:");
	for (size_t i = 0; i < exit_meaning_count; i++) {
		if (f->r == 0)
			f->r = buf_printf(f->b, "  %-4d", exit_meanings[i].status);
		f->column = 6;
		f->indent = 6;
		fill(f, exit_meanings[i].meaning);
		f->indent = 0;
	}
}

static void fill_usage(struct filler *f, const struct command *c)
{
	if (f->r == 0)
		f->r = buf_printf(f->b, "Usage: snowmelt %s [OPTION]...%s%s%s%s\n\n", c->name,
			c->operand ? " " : "", c->operand && !c->operand_required ? "[" : "",
			c->operand ? c->operand : "",
			c->operand && !c->operand_required ? "]" : "");
}

int help_command(const struct command *c, struct buf *b)
{
	struct filler f = {.b = b};

	fill_usage(&f, c);
	fill(&f, c->about);
	for (enum option_group g = 0; g < GROUP_COUNT; g++)
		fill_group(&f, c, g);
	if (c->reads_settings) {
		newline(&f);
		fill(&f, help_notes);
		fill_exit_statuses(&f);
	}
	if (c->examples)
		fill_examples(&f, c->examples);
	return f.r;
}

int help_overview(struct buf *b)
{
	struct filler f = {.b = b};

	fill(&f, "Usage: snowmelt COMMAND [OPTION]... [ARGUMENT]");
	newline(&f);
	fill(&f, "Creates Adobe Experience Platform base connections from a CSV of ServiceNow "
		 "instances.");
	newline(&f);
	fill(&f, "Commands:");
	for (size_t i = 0; i < command_count; i++) {
		pad(&f, 2);
		put(&f, command_table[i].name, strlen(command_table[i].name));
		f.indent = 12;
		pad(&f, 12);
		fill(&f, command_table[i].summary);
		f.indent = 0;
	}
	newline(&f);
	fill(&f, "'snowmelt COMMAND --help' tells all about one of them.");
	return f.r;
}
