/* cmd_rollback.c - snowmelt rollback: delete what was created, once a person or --yes agrees. */
#include "cli/commands.h"
#include "cli/confirm.h"
#include "cli/drive.h"
#include "cli/terminal.h"

int cmd_rollback(const struct settings *s)
{
	bool ask = !settings_on(s, OPT_YES);
	struct confirm terminal = {.fd = -1};
	const struct drive rollback = {
		FOR_ROLLBACK, SNOWMELT_COMMAND_ROLLBACK, ask ? &terminal : NULL};
	struct error e;
	int status;

	if (ask && confirm_open(&terminal, &e) < 0) {
		terminal_message("rollback asks before it deletes, and there is no terminal to ask "
				 "on: nothing was sent; give --yes to delete without the question");
		return SNOWMELT_USAGE;
	}
	status = drive_run(&rollback, s);
	confirm_done(&terminal);
	return status;
}
