/* cmd_help.c - snowmelt help: for people, and as man page and completion for the build. */
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/man.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"

#define TEXT_MAX (256 * 1024)

/* The words of --format, in their order. */
enum help_format { HELP_TEXT, HELP_MAN, HELP_BASH };

static int append(enum help_format format, const struct command *c, struct buf *b)
{
	switch (format) {
	case HELP_MAN: return man_page(b);
	case HELP_BASH: return completion_bash(b);
	case HELP_TEXT: break;
	}
	return c ? help_command(c, b) : help_overview(b);
}

int cmd_help(const struct settings *s)
{
	enum help_format format = (enum help_format)settings_number(s, OPT_HELP_FORMAT);
	const struct command *c = NULL;
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, TEXT_MAX);
	if (s->operand_count > 0) {
		c = command_find(s->operands[0]);
		if (!c)
			return command_unknown(s->operands[0]);
	}
	if (append(format, c, &b) < 0) {
		terminal_message("no memory for the help text");
		return SNOWMELT_FATAL;
	}
	return terminal_print(b.data, b.len) < 0 ? SNOWMELT_FATAL : SNOWMELT_OK;
}
