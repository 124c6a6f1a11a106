/* parse.h - the command line.
 *
 * `--name VALUE` or `--name=VALUE`; for a switch `--name` and `--no-name`; `--`
 * ends the options; `-` alone is an operand.
 */
#pragma once

#include "base/error.h"
#include "cli/commands.h"
#include "cli/settings.h"

/**
 * Read the arguments behind the command's name. Said twice, the later one counts
 * (or both, where an option may be given several times). Reading ends at
 * `--help`, which is then on in `s`.
 *
 * @param argv  outlives `s`
 * @return 0, or a negative errno with the sentence in reterr
 */
int parse_command_line(const struct command *c, int argc, char *const argv[], struct settings *s,
	struct error *reterr);
