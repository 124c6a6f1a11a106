/* cmd_check.c - snowmelt check: is every row sound, and does its login work? */
#include "cli/commands.h"
#include "cli/drive.h"

int cmd_check(const struct settings *s)
{
	static const struct drive check = {FOR_CHECK, SNOWMELT_COMMAND_CHECK, NULL};

	return drive_run(&check, s);
}
