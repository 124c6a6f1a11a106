/* print_config.h - every option, its value, and where it came from. */
#pragma once

#include "base/error.h"
#include "cli/commands.h"
#include "cli/settings.h"

/**
 * Append one line an option, in the form of a config file, the place behind it
 * as a comment; what has no value or is not for a config file is a comment as a
 * whole. Of a secret nothing but "set" or "not set" is shown, and a login in a
 * URL is cut out.
 *
 * @return 0 or a negative errno with the sentence in reterr
 */
int print_config(
	const struct command *c, const struct settings *s, struct buf *b, struct error *reterr);
