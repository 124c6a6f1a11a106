/* drive.h - a command that is a run of the library: prepared, driven, ended. */
#pragma once

#include "cli/confirm.h"
#include "cli/option_table.h"
#include "cli/settings.h"
#include "snowmelt/snowmelt.h"

struct drive {
	enum option_command bit;
	enum snowmelt_command command;
	const struct confirm *ask; /* on it, before the first deletion; NULL: do not */
};

/** From credentials to the summary, progress and signals between. @return the exit status,
 * and has said why it is not 0 */
int drive_run(const struct drive *d, const struct settings *s);
