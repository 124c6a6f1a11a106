/* commands.h - the commands that there are, and what their exit status means. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/option_table.h"
#include "cli/settings.h"

struct command {
	const char *name;
	enum option_command bit;
	const char *operand; /* how help calls what is no option; NULL: takes none */
	bool operand_required;
	bool reads_settings; /* environment and config file, not only flags */
	const char *summary; /* one line, for the list of commands */
	const char *about;   /* paragraphs, parted by "\n\n" */
	const char
		*examples; /* lines, as they are typed, each with a comment line before; or NULL */
	/** @return the exit status (enum snowmelt_exit); has said why it is not 0 */
	int (*run)(const struct settings *s);
};

extern const struct command command_table[];
extern const size_t command_count;

const struct command *command_find(const char *name); /* NULL: none */

struct exit_meaning {
	int status;
	const char *meaning;
};
extern const struct exit_meaning exit_meanings[];
extern const size_t exit_meaning_count;

/**
 * The whole program: find the command, read its options, run it.
 *
 * @return the exit status
 */
int commands_main(int argc, char *const argv[]);

/** No such command: says so, with those that exist. @return SNOWMELT_USAGE */
int command_unknown(const char *name);

/* One file a command. */
int cmd_run(const struct settings *s);
int cmd_check(const struct settings *s);
int cmd_plan(const struct settings *s);
int cmd_verify(const struct settings *s);
int cmd_rollback(const struct settings *s);
int cmd_status(const struct settings *s);
int cmd_results(const struct settings *s);
int cmd_bench(const struct settings *s);
int cmd_help(const struct settings *s);
int cmd_version(const struct settings *s);
