/* man.c - the man page, generated from the tables of options and commands. */
#include "cli/man.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "snowmelt/snowmelt.h"

/* Appends roff; after the first error nothing more. */
struct page {
	struct buf *b;
	int r;
};

/* A line of roff. */
static void macro(struct page *p, const char *text)
{
	if (p->r == 0)
		p->r = buf_printf(p->b, "%s\n", text);
}

static void escaped(struct page *p, char c, bool starts_line)
{
	if (starts_line && (c == '.' || c == '\''))
		p->r = buf_append_str(p->b, "\\&");
	if (p->r < 0)
		return;
	if (c == '\\')
		p->r = buf_append_str(p->b, "\\e");
	else if (c == '-')
		p->r = buf_append_str(p->b, "\\-"); /* else it is set as a hyphen */
	else if (c == '\n' && starts_line)
		p->r = buf_append_str(p->b, ".PP\n");
	else
		p->r = buf_append_char(p->b, c);
}

/* Plain text, without anything that roff would read as its own; paragraphs are
 * parted by empty lines. */
static void text(struct page *p, const char *s)
{
	for (char before = '\n'; p->r == 0 && *s; before = *s++)
		escaped(p, *s, before == '\n');
	macro(p, "");
}

static void option(struct page *p, const struct option *o)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 4096);
	macro(p, ".TP");
	if (p->r == 0)
		p->r = help_option_head(o, &b);
	if (p->r == 0)
		p->r = buf_append_str(p->b, ".B ");
	if (p->r == 0)
		text(p, b.data);
	buf_reset(&b);
	if (p->r == 0)
		p->r = help_option_text(o, &b);
	if (p->r == 0)
		text(p, b.data);
}

static void options(struct page *p, const struct command *c)
{
	for (enum option_group g = 0; g < GROUP_COUNT; g++) {
		bool begun = false;

		OPTION_EACH (o, c->bit) {
			if (o->group != g || (o->traits & OPTION_HIDDEN))
				continue;
			if (!begun && p->r == 0)
				p->r = buf_printf(p->b, ".SS %s\n", option_group_name(g));
			begun = true;
			option(p, o);
		}
	}
}

static void command(struct page *p, const struct command *c)
{
	if (p->r == 0)
		p->r = buf_printf(p->b, ".SH SNOWMELT %s\n", c->name);
	text(p, c->about);
	options(p, c);
	if (!c->examples)
		return;
	macro(p, ".SS Examples\n.nf");
	text(p, c->examples);
	macro(p, ".fi");
}

static void exit_statuses(struct page *p)
{
	macro(p, ".SH EXIT STATUS");
	for (size_t i = 0; i < exit_meaning_count; i++) {
		if (p->r == 0)
			p->r = buf_printf(p->b, ".TP\n.B %d\n", exit_meanings[i].status);
		text(p, exit_meanings[i].meaning);
	}
}

int man_page(struct buf *b)
{
	struct page p = {.b = b};

	macro(&p, ".TH SNOWMELT 1 \"\" \"snowmelt " SNOWMELT_VERSION "\" \"User Commands\"\n"
		  ".nh\n.ad l\n" /* a name is read wrongly with a hyphen in it */
		  ".SH NAME\n"
		  "snowmelt \\- create Adobe Experience Platform base connections from a CSV\n"
		  ".SH SYNOPSIS");
	for (size_t i = 0; i < command_count; i++) {
		if (p.r == 0)
			p.r = buf_printf(b, ".B snowmelt %s\n%s%s\n.br\n", command_table[i].name,
				command_table[i].reads_settings ? "[OPTION]... " : "",
				command_table[i].operand ? command_table[i].operand : "");
	}
	for (size_t i = 0; i < command_count; i++)
		command(&p, &command_table[i]);
	macro(&p, ".SH ENVIRONMENT AND CONFIGURATION");
	text(&p, help_notes);
	exit_statuses(&p);
	return p.r;
}
