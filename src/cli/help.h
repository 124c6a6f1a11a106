/* help.h - --help, generated from the tables of options and commands. */
#pragma once

#include "base/buf.h"
#include "cli/commands.h"

/** Append the list of commands: 0, -ENOBUFS or -ENOMEM, as the others. */
int help_overview(struct buf *b);

/** Append all about one command, at most 80 columns wide. */
int help_command(const struct command *c, struct buf *b);

/** Append all that is to say about an option, as one paragraph without line breaks. */
int help_option_text(const struct option *o, struct buf *b);

/** Append how an option is written: "--results FILE", or the variable of a secret. */
int help_option_head(const struct option *o, struct buf *b);

/** What holds for all options; paragraphs, parted by "\n\n". */
extern const char help_notes[];
