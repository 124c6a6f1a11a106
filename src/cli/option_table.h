/* option_table.h - every option there is, described once.
 *
 * The parser, --help, the man page, the completion and --print-config all come
 * from this table. A new option is one row in it, plus the line in the command
 * that uses its value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cli/values.h"

enum option_id {
	OPT_MAP,
	OPT_CARRY,
	OPT_SECRETS_DIR,
	OPT_DELIMITER,
	OPT_ALLOW_HTTP_ENDPOINTS,
	OPT_URL,
	OPT_ORG,
	OPT_API_KEY,
	OPT_ACCESS_TOKEN,
	OPT_CLIENT_ID,
	OPT_CLIENT_SECRET,
	OPT_SCOPES,
	OPT_TOKEN_URL,
	OPT_SANDBOX,
	OPT_CACERT,
	OPT_PROXY,
	OPT_CLIENT_CERT,
	OPT_CLIENT_KEY,
	OPT_CONNECT_TIMEOUT,
	OPT_TIMEOUT,
	OPT_CONCURRENCY,
	OPT_RATE,
	OPT_DURATION,
	OPT_WARMUP,
	OPT_ARRIVALS,
	OPT_PREFIX,
	OPT_KEEP,
	OPT_OWN_SERVICE,
	OPT_BURST,
	OPT_ATTEMPTS,
	OPT_SETTLE,
	OPT_SETTLE_TIMEOUT,
	OPT_MAX_RETRY_AFTER,
	OPT_GIVE_UP_AFTER,
	OPT_HALT,
	OPT_SEED,
	OPT_INVENTORY,
	OPT_TAG,
	OPT_RESEND_UNRESOLVED,
	OPT_UPDATE,
	OPT_ADOPTED,
	OPT_PROBE,
	OPT_PROBE_TABLE,
	OPT_EXPLORE,
	OPT_FORCE,
	OPT_LEDGER,
	OPT_RESULTS,
	OPT_FORMAT,
	OPT_EXCEL_SAFE,
	OPT_STATUS_FORMAT,
	OPT_BENCH_FORMAT,
	OPT_PLOT,
	OPT_UNRESOLVED,
	OPT_CONFIRM,
	OPT_YES,
	OPT_LOG_LEVEL,
	OPT_CONFIG,
	OPT_PRINT_CONFIG,
	OPT_HELP,
	OPT_HELP_FORMAT,
	OPTION_COUNT
};

/** The headings of --help, in order. */
enum option_group {
	GROUP_INPUT,
	GROUP_ADOBE,
	GROUP_TRAFFIC,
	GROUP_CHECKS,
	GROUP_RESULTS,
	GROUP_PROGRAM,
	GROUP_COUNT
};

/** Bits of option.commands. */
enum option_command {
	FOR_RUN = 1 << 0,
	FOR_HELP = 1 << 1,
	FOR_VERSION = 1 << 2,
	FOR_STATUS = 1 << 3,
	FOR_RESULTS = 1 << 4,
	FOR_CHECK = 1 << 5,
	FOR_PLAN = 1 << 6,
	FOR_VERIFY = 1 << 7,
	FOR_ROLLBACK = 1 << 8,
	FOR_BENCH = 1 << 9,
	FOR_INSTANCES = FOR_RUN | FOR_RESULTS | FOR_CHECK | FOR_PLAN, /* read the input's CSV */
	FOR_ENGINE = FOR_RUN | FOR_PLAN | FOR_VERIFY | FOR_ROLLBACK,  /* rows of the Flow Service */
	FOR_ADOBE = FOR_ENGINE | FOR_BENCH,                           /* ask the Flow Service */
	FOR_NET = FOR_ADOBE | FOR_CHECK,                              /* ask anybody */
	FOR_SETTINGS = FOR_NET | FOR_RESULTS | FOR_STATUS, /* read environment and file */
	FOR_ALL = FOR_SETTINGS | FOR_HELP | FOR_VERSION,
};

/** Bits of option.traits. */
enum option_trait {
	OPTION_REPEATS = 1 << 0,   /* may be given several times; the values add up */
	OPTION_SECRET = 1 << 1,    /* from its own variables or a file that they name, only */
	OPTION_FLAG_ONLY = 1 << 2, /* neither in the environment nor in a config file */
	OPTION_NO_KEY = 1 << 3,    /* not in a config file */
	OPTION_HIDDEN = 1 << 4,    /* for the build, not for --help */
	OPTION_REQUIRED = 1 << 5,
	OPTION_NO_HEADER = 1 << 6, /* a secret that goes into a form: any text may be in it */
};

#define OPTION_VARIABLES 2
#define OPTION_VARIABLE_SIZE 64

struct option {
	const char *name;     /* long name, and key in the config file */
	const char *argument; /* how help calls its value; NULL for a switch */
	struct value_rule rule;
	enum option_group group;
	unsigned commands;    /* enum option_command */
	unsigned traits;      /* enum option_trait */
	const char *fallback; /* default, as a user would write it; NULL: none */
	const char *unset;    /* in words, what holds when there is no value; or NULL */
	/* Variables beside SNOWMELT_NAME, which comes before them. Of a secret these
	 * are all, and each may have _FILE behind it. */
	const char *variables[OPTION_VARIABLES];
	const char *help; /* sentences, without the default */
};

extern const struct option option_table[OPTION_COUNT];

/** The heading of a group. */
const char *option_group_name(enum option_group g);

static inline enum option_id option_id(const struct option *o)
{
	return (enum option_id)(o - option_table);
}

/** A switch that is on unless it is turned off: people read and type --no-NAME. */
bool option_is_on_by_default(const struct option *o);

/** The option of this name that one of the commands (bits) has; NULL: none. */
const struct option *option_find(const char *name, size_t name_len, unsigned commands);

/** What a user who wrote `name` may have meant, of options without these traits; or NULL. */
const char *option_suggest(const char *name, unsigned commands, unsigned but_traits);

/** "SNOWMELT_SETTLE_TIMEOUT". */
void option_variable(const struct option *o, char dst[OPTION_VARIABLE_SIZE]);

#define OPTION_EACH(o, of_commands)                                                                \
	for (const struct option *o = option_table; o < option_table + OPTION_COUNT; o++)          \
		if (o->commands & (of_commands))
