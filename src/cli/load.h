/* load.h - the environment and the config file.
 *
 * Apart from the command line, since what is wrong there is a mistake in usage
 * (64), and what is wrong here one in the configuration (3).
 */
#pragma once

#include "base/error.h"
#include "cli/commands.h"
#include "cli/settings.h"

/**
 * Read SNOWMELT_… and the other variables of the command's options. An empty one
 * counts as unset; of an option that may be given several times each line is one
 * value, for a header may hold any other character.
 */
int load_environment(const struct command *c, struct settings *s, struct error *reterr);

/**
 * Read the config file: the one that --config names (so flags and environment
 * come first), else ./snowmelt.ini, else snowmelt/config.ini in $XDG_CONFIG_HOME
 * (~/.config). Keys of other commands are checked too, so that one file can
 * serve them all.
 */
int load_config_file(struct settings *s, struct error *reterr);
