/* cmd_plan.c - snowmelt plan: what would a run do? */
#include "cli/commands.h"
#include "cli/drive.h"

int cmd_plan(const struct settings *s)
{
	static const struct drive plan = {FOR_PLAN, SNOWMELT_COMMAND_PLAN, NULL};

	return drive_run(&plan, s);
}
