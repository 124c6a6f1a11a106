/* completion.c - bash completion, generated from the tables of options and commands. */
#include "cli/completion.h"

#include <string.h>

#include "cli/commands.h"

static const char head[] =
	"# bash completion of snowmelt\n"
	"_snowmelt()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	"\tlocal command=${COMP_WORDS[1]}\n"
	"\t# bash parts --name=value at the '='\n"
	"\tif [[ $cur == = ]]; then\n"
	"\t\tcur=\n"
	"\telif [[ $prev == = ]]; then\n"
	"\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	"\tfi\n"
	"\tCOMPREPLY=()\n"
	"\tif ((COMP_CWORD == 1)); then\n"
	"\t\tcommand=\n"
	"\tfi\n"
	"\tcase $command:$prev in\n";

static const char tail[] = "\tesac\n"
			   "}\n"
			   "complete -F _snowmelt snowmelt\n";

static const char files[] = "\t\tcompopt -o filenames\n"
			    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n";

static int append_choice(struct buf *b, const struct option *o)
{
	int r;

	r = buf_append_str(b, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (const char *w = o->rule.words; r == 0 && *w; w++)
		r = buf_append_char(b, *w == '|' ? ' ' : *w);
	return r < 0 ? r : buf_append_str(b, "' -- \"$cur\")\n");
}

/* The case in which an option's value is being typed. */
static int append_value(struct buf *b, const struct command *c, const struct option *o)
{
	int r;

	if (!o->argument)
		return 0;
	r = buf_printf(b, "\t%s:--%s)\n", c->name, o->name);
	if (r < 0)
		return r;
	if (o->rule.kind == VALUE_CHOICE)
		r = append_choice(b, o);
	else if (o->rule.kind == VALUE_FILE)
		r = buf_append_str(b, files);
	else if (o->rule.kind == VALUE_FOLDER)
		r = buf_append_str(b, "\t\tcompopt -o filenames\n"
				      "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n");
	return r < 0 ? r : buf_append_str(b, "\t\t;;\n");
}

static int append_commands(struct buf *b, const char *more)
{
	int r;

	r = buf_append_str(b, "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; r == 0 && i < command_count; i++)
		r = buf_printf(b, "%s ", command_table[i].name);
	return r < 0 ? r : buf_printf(b, "%s' -- \"$cur\")\n", more);
}

/* The case in which an option or an operand is being typed. */
static int append_words(struct buf *b, const struct command *c)
{
	int r;

	r = buf_printf(b,
		"\t%s:*)\n\t\tif [[ $cur == -* ]]; then\n"
		"\t\t\tmapfile -t COMPREPLY < <(compgen -W '",
		c->name);
	OPTION_EACH (o, c->bit)
		if (r == 0 && !(o->traits & (OPTION_SECRET | OPTION_HIDDEN)))
			r = buf_printf(
				b, "--%s%s ", option_is_on_by_default(o) ? "no-" : "", o->name);
	if (r == 0)
		r = buf_append_str(b, "' -- \"$cur\")\n\t\t\treturn\n\t\tfi\n");
	if (r == 0 && c->bit == FOR_HELP)
		r = append_commands(b, "");
	else if (r == 0 && c->operand)
		r = buf_append_str(b, files);
	return r < 0 ? r : buf_append_str(b, "\t\t;;\n");
}

int completion_bash(struct buf *b)
{
	int r;

	r = buf_append_str(b, head);
	if (r == 0)
		r = buf_append_str(b, "\t:*)\n");
	if (r == 0)
		r = append_commands(b, "--help --version");
	if (r == 0)
		r = buf_append_str(b, "\t\t;;\n");
	for (size_t i = 0; r == 0 && i < command_count; i++) {
		OPTION_EACH (o, command_table[i].bit)
			if (r == 0 && !(o->traits & (OPTION_SECRET | OPTION_HIDDEN)))
				r = append_value(b, &command_table[i], o);
		if (r == 0)
			r = append_words(b, &command_table[i]);
	}
	return r < 0 ? r : buf_append_str(b, tail);
}
