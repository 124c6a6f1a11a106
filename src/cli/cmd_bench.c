/* cmd_bench.c - snowmelt bench: how does a Flow Service of one's own do under load? */
#include "cli/commands.h"
#include "cli/drive.h"

int cmd_bench(const struct settings *s)
{
	static const struct drive bench = {FOR_BENCH, SNOWMELT_COMMAND_BENCH, NULL};

	return drive_run(&bench, s);
}
