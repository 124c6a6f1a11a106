/* cmd_verify.c - snowmelt verify: does what was created work? */
#include "cli/commands.h"
#include "cli/drive.h"

int cmd_verify(const struct settings *s)
{
	static const struct drive verify = {FOR_VERIFY, SNOWMELT_COMMAND_VERIFY, NULL};

	return drive_run(&verify, s);
}
