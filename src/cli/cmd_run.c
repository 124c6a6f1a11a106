/* cmd_run.c - snowmelt run: create what the CSV asks for. */
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/terminal.h"

int cmd_run(const struct settings *s)
{
	static const struct drive run = {FOR_RUN, SNOWMELT_COMMAND_RUN, NULL};

	if (settings_on(s, OPT_ADOPTED) && !settings_on(s, OPT_UPDATE)) {
		terminal_message("--adopted says which rows --update sends: give --update, too");
		return SNOWMELT_USAGE;
	}
	return drive_run(&run, s);
}
