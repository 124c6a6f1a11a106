/* commands.c - the commands that there are, and how one is found and run. */
#include "cli/commands.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "cli/help.h"
#include "cli/load.h"
#include "cli/parse.h"
#include "cli/print_config.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "sys/log.h"

#define TEXT_MAX (256 * 1024) /* of what help and --print-config write */

/* clang-format off */
const struct command command_table[] = {
	{
		.name = "run",
		.bit = FOR_RUN,
		.operand = "INSTANCES.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Create a base connection for every row of a CSV.",
		.about = "Creates one Adobe Experience Platform base connection for each row of "
			 "INSTANCES.csv, and writes its id and etag, or the reason why there is "
			 "none, as one line of the results. The input - is standard input."
			 "\n\n"
			 "The first row names the columns. Required: name, endpoint, username, and "
			 "password or password_ref (env:NAME or file:PATH). Optional: description, "
			 "sandbox, auth_spec, connection_spec_id, connection_spec_version, and "
			 "param.X for any other parameter X. Further columns are carried into the results."
			 "\n\n"
			 "What is done is written into the ledger, INSTANCES.ledger, before and after "
			 "each request. However a run has ended, run it again with the same command: "
			 "what is done is not sent again, and what is in doubt is looked up first."
			 "\n\n"
			 "A request whose answer was lost is looked up before it is sent again. "
			 "Ctrl-C ends the run and lets what is in flight finish; a second one cuts it.",
		.examples = "# The credentials stay out of the command line:\n"
			    "export AEP_ORG_ID=0123456789ABCDEF@AdobeOrg AEP_CLIENT_ID=...\n"
			    "export AEP_SCOPES=... AEP_CLIENT_SECRET_FILE=$HOME/.aep-secret\n"
			    "snowmelt run instances.csv\n"
			    "\n"
			    "# Another sandbox, gently, and ask before the first request:\n"
			    "snowmelt run --sandbox dev --rate 120/m --confirm instances.csv\n"
			    "\n"
			    "# Headers of your own, and stop when one row in ten fails:\n"
			    "snowmelt run --map \"name=Instance Name\" --map \"endpoint=URL\" \\\n"
			    "    --halt soon,fail=10% instances.csv\n"
			    "\n"
			    "# From a pipe, results as JSON Lines:\n"
			    "export-instances | snowmelt run --results out.jsonl -",
		.run = cmd_run,
	},
	{
		.name = "check",
		.bit = FOR_CHECK,
		.operand = "INSTANCES.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Check every row of a CSV, and its ServiceNow login on request.",
		.about = "Reads INSTANCES.csv as a run would, sends nothing, and tells all faults of "
			 "all rows. It needs no credentials; what password_ref names has to be there. "
			 "A row is told as FILE:LINE: what is wrong: what to do; --format csv or jsonl "
			 "has a line for each row. The exit status is 0 when every row is fine."
			 "\n\n"
			 "--probe asks, too, each ServiceNow instance for one record of a table with the "
			 "login of the row. An instance locks an account after a few wrong passwords, "
			 "so a login is tried once, however many rows have it, and never again when an "
			 "answer was lost; a second password for the same user is not tried at all. An "
			 "instance gets one request at a time; one that is rate-limited is asked no "
			 "more. Each check with --probe is one more try."
			 "\n\n"
			 "The verdicts: login_ok; no_right or no_table (the login is good, the table is "
			 "not to be read: see --probe-table); wrong_login, locked, mfa, "
			 "basic_restricted; hibernating, rate_limited, server_error; refused, denied, "
			 "not_servicenow; dns, connect, tls, certificate, proxy, timeout, broken. A "
			 "wrong_login (401) can mean a wrong user name or password, a locked account, "
			 "or an instance that restricts Basic login, as new ones do: the three get the "
			 "same answer. And some are of snowmelt's own: unsendable, other_password, local, "
			 "stopped."
			 "\n\n"
			 "Adobe calls an instance from its own addresses, not from here: where an "
			 "instance controls addresses, a login that works from here may fail from there. "
			 "'snowmelt verify' asks from there, once the connections are created.",
		.examples = "# Before the first run:\n"
			    "snowmelt check instances.csv\n"
			    "\n"
			    "# Do the logins work? At most 8 instances at once:\n"
			    "snowmelt check --probe --concurrency 8 instances.csv\n"
			    "\n"
			    "# For a program, one object a row:\n"
			    "export-instances | snowmelt check --format jsonl -",
		.run = cmd_check,
	},
	{
		.name = "plan",
		.bit = FOR_PLAN,
		.operand = "INSTANCES.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Tell what a run would do, row by row.",
		.about = "Reads INSTANCES.csv, the ledger of its runs if there is one, and what the "
			 "sandboxes of both have, and tells for each row what a run would do. It only "
			 "reads: nothing is created, changed or deleted, nor written into the ledger, "
			 "also while a run is going."
			 "\n\n"
			 "create: it is not there. adopt: it is there, and no run has made it. change: "
			 "the row differs from what was sent, in the fields that are named, and a run "
			 "with --update sends it. nothing: it is as the row wants it. conflict: another "
			 "connection has the name, or someone else has changed it. invalid: the row "
			 "itself is bad, or its name stands on an earlier row. gone: the server has it "
			 "no more."
			 "\n\n"
			 "Behind the rows: what the ledger has, no row names and the server has no more "
			 "(gone), and connections of the server that no row names (extra), both with the "
			 "sandboxes and connectionSpecs of rows and ledger. Passwords are compared by "
			 "keyed hashes with what was sent last; that someone else has changed one cannot "
			 "be seen. A plan is of its moment: what others do afterwards, a run finds."
			 "\n\n"
			 "The exit status is 2 when there is something to create, adopt or change, or "
			 "something is gone; else 1 when a row is invalid or in conflict; else 0.",
		.examples = "# What would happen?\n"
			    "snowmelt plan instances.csv\n"
			    "\n"
			    "# Every change of a password, for a program:\n"
			    "snowmelt plan --format jsonl instances.csv |\n"
			    "    jq 'select(.action == \"change\" and .fields == \"password\")'\n"
			    "\n"
			    "# Nightly, in a script: is everything as the CSV wants it?\n"
			    "snowmelt plan --log-level warn instances.csv >/dev/null || echo no",
		.run = cmd_plan,
	},
	{
		.name = "verify",
		.bit = FOR_VERIFY,
		.operand = "RESULTS.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Test every connection that was created.",
		.about = "Asks the Flow Service to test the connection of each id in RESULTS.csv, which "
			 "a run has written (or its .jsonl, or a ledger: then all that it has), and "
			 "writes one line a row into RESULTS.verify.csv: ok, failed or gone. Nothing is "
			 "changed. A row without an id is failed (no_id)."
			 "\n\n"
			 "A test asks the instance from Adobe's own addresses, so it may fail where the "
			 "same login works from here. With --explore the tables of each connection that "
			 "works are counted, too, in the column tables; where that fails, so does the "
			 "row.",
		.examples = "# Does everything work?\n"
			    "snowmelt verify instances.results.csv\n"
			    "\n"
			    "# All that a ledger has, with the number of tables, gently:\n"
			    "snowmelt verify --explore --rate 60/m instances.ledger",
		.run = cmd_verify,
	},
	{
		.name = "rollback",
		.bit = FOR_ROLLBACK,
		.operand = "RESULTS.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Delete what a run has created, and nothing else.",
		.about = "Deletes the connections that both RESULTS.csv and the ledger of the run call "
			 "created, by the same id. All other rows are kept, each with its reason: what "
			 "was adopted or updated since, what the ledger does not know or has by another "
			 "id, and rows that these results call something else ('snowmelt results' writes "
			 "created again). The results are RESULTS.rollback.csv: deleted, gone, in_use, "
			 "kept, conflict."
			 "\n\n"
			 "It counts first, and asks on the terminal; --yes goes without. Each connection "
			 "is read before it is deleted: one that someone else has changed since is a "
			 "conflict, and stays, unless --force is given. One that a dataflow uses is "
			 "in_use. The API has no guard on DELETE: what changes between read and delete "
			 "is lost."
			 "\n\n"
			 "What is deleted is written into the ledger before and after. However a "
			 "rollback has ended, run it again with the same command to go on. A row that "
			 "is deleted is created again by the next 'snowmelt run'.",
		.examples = "# What was created an hour ago was a mistake:\n"
			    "snowmelt rollback instances.results.csv\n"
			    "\n"
			    "# The same from a script, with a ledger that lies elsewhere:\n"
			    "snowmelt rollback --yes --ledger /var/lib/aep/i.ledger results.csv",
		.run = cmd_rollback,
	},
	{
		.name = "status",
		.bit = FOR_STATUS,
		.operand = "INSTANCES.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Tell how far the rows of a CSV have come.",
		.about = "Tells from the ledger of INSTANCES.csv how many rows have which status, what "
			 "went wrong, and whether a run is going, which it does not disturb. It needs "
			 "no credentials, and not the CSV either: its name tells where the ledger is. "
			 "The exit status is 0 whatever the rows are, 3 when there is no ledger."
			 "\n\n"
			 "Beside the statuses of the results there are pending (the row was read, and "
			 "nothing is sent), open (its create was about to leave or has left, and "
			 "what came of it is not written yet) and deleting (the same of its deletion). "
			 "Open and unresolved rows are in doubt.",
		.examples = "# How far is it?\n"
			    "snowmelt status instances.csv\n"
			    "\n"
			    "# Which rows have to be looked at by hand?\n"
			    "snowmelt status --unresolved --format csv instances.csv",
		.run = cmd_status,
	},
	{
		.name = "results",
		.bit = FOR_RESULTS,
		.operand = "INSTANCES.csv",
		.operand_required = true,
		.reads_settings = true,
		.summary = "Write the results of a CSV again from its ledger.",
		.about = "Writes the results file of INSTANCES.csv again, from its ledger, and sends "
			 "nothing. Give the options of the input that the run was given. It needs no "
			 "credentials, and the secrets that password_ref names need not be there."
			 "\n\n"
			 "Rows are found in the ledger by sandbox and name. created stays created; what "
			 "a rollback has deleted is deleted; rows in doubt are unresolved; rows that the ledger does not know, or that were "
			 "never sent, are skipped, also those whose password_ref did not resolve. Of "
			 "rows with the same name in a sandbox the first has it, the others are "
			 "invalid, as in a run.",
		.examples = "# The file was lost, or shall be JSON Lines:\n"
			    "snowmelt results instances.csv\n"
			    "snowmelt results --format jsonl instances.csv",
		.run = cmd_results,
	},
	{
		.name = "bench",
		.bit = FOR_BENCH,
		.reads_settings = true,
		.summary = "Put a Flow Service of one's own under load, and measure.",
		.about = "Sends creates to a Flow Service of one's own, such as flowmock, at --rate, by "
			 "a schedule that is fixed beforehand: what the service does, and how fast we "
			 "are, changes nothing in it. Each is sent once, whatever the answer. Then what "
			 "was created is deleted, also after Ctrl-C (a second one gives that up), at "
			 "the same rate, or 10/s if that is more; what could not be deleted is named."
			 "\n\n"
			 "Latency is that of creates that were carried out or timed out, as intended: from "
			 "the moment that the schedule has for them, so that waiting behind a stall "
			 "counts for all that had to wait (which corrects coordinated omission). As "
			 "sent: from the sending. Percentiles are at most 1 % too large, the maximum is "
			 "exact. Late is what was sent over 1 ms after its moment. Dropped is what found "
			 "--concurrency requests in flight, and was not sent at all: then give more, or "
			 "the service is not up to the rate. All this is of the time after --warmup."
			 "\n\n"
			 "A host that is not this machine is refused unless --i-own-this-service is "
			 "given. There is no input, no ledger and no results file. The exit status is 0 "
			 "when all arrivals were created and all that was created is deleted, or kept by "
			 "--keep; else 1.",
		.examples = "# What does this machine do at 2,000 a second?\n"
			    "flowmock --port 8700 &\n"
			    "snowmelt bench --url http://127.0.0.1:8700/data/foundation/flowservice \\\n"
			    "    --rate 2000/s --concurrency 256\n"
			    "\n"
			    "# For a program, and a plot:\n"
			    "snowmelt bench --url $URL --rate 500 --duration 1m --format json \\\n"
			    "    --plot latency.dat",
		.run = cmd_bench,
	},
	{
		.name = "help",
		.bit = FOR_HELP,
		.operand = "COMMAND",
		.summary = "Tell about the commands, or all about one.",
		.about = "Shows the list of commands, or all about one of them.",
		.run = cmd_help,
	},
	{
		.name = "version",
		.bit = FOR_VERSION,
		.summary = "Show the version.",
		.about = "Shows the version of snowmelt.",
		.run = cmd_version,
	},
};
/* clang-format on */
const size_t command_count = ARRAY_SIZE(command_table);

const struct exit_meaning exit_meanings[] = {
	{SNOWMELT_OK, "every row is fine"},
	{SNOWMELT_ROWS, "some rows are not: the results say which and why"},
	{SNOWMELT_HALTED, "halted by --halt, by an outage (--give-up-after) or by a long "
			  "Retry-After (--max-retry-after); plan: a run has something to do"},
	{SNOWMELT_FATAL, "fatal: configuration, credentials, input or ledger, or output that "
			 "cannot be written"},
	{SNOWMELT_INTERRUPTED, "interrupted by a signal, or called off at --confirm: run it again "
			       "to go on"},
	{SNOWMELT_USAGE, "wrong usage of the command line"},
	{SNOWMELT_LOCKED, "another run holds the ledger or the results"},
};
const size_t exit_meaning_count = ARRAY_SIZE(exit_meanings);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	return NULL;
}

static int append_names(struct buf *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < command_count; i++)
		r = buf_printf(b, "%s%s", i > 0 ? ", " : "", command_table[i].name);
	return r;
}

int command_unknown(const char *name)
{
	AUTO(buf_done) struct buf names = {0};
	struct suggest near;
	struct error e;
	char shown[80];

	buf_init(&names, 1024);
	if (append_names(&names) < 0) {
		terminal_message("no memory for the list of commands");
		return SNOWMELT_USAGE;
	}
	suggest_init(&near, name);
	for (size_t i = 0; i < command_count; i++)
		suggest_try(&near, command_table[i].name);
	str_shown(shown, sizeof(shown), name);
	if (near.best)
		error_set(&e, -EINVAL,
			"there is no command '%s': did you mean %s? The commands are %s", shown,
			near.best, names.data);
	else
		error_set(&e, -EINVAL, "there is no command '%s': the commands are %s", shown,
			names.data);
	terminal_message(e.text);
	return SNOWMELT_USAGE;
}

static int fail(int status, const struct error *e)
{
	terminal_message(e->text);
	return status;
}

static int print_text(int r, const struct buf *b)
{
	if (r < 0) {
		terminal_message("no memory for the text");
		return SNOWMELT_FATAL;
	}
	return terminal_print(b->data, b->len) < 0 ? SNOWMELT_FATAL : SNOWMELT_OK;
}

static int show_help(const struct command *c)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, TEXT_MAX);
	return print_text(c ? help_command(c, &b) : help_overview(&b), &b);
}

static int show_settings(const struct command *c, const struct settings *s)
{
	AUTO(buf_done) struct buf b = {0};
	struct error e;

	buf_init(&b, TEXT_MAX);
	if (print_config(c, s, &b, &e) < 0)
		return fail(SNOWMELT_FATAL, &e);
	return print_text(0, &b);
}

static int run_command(const struct command *c, struct settings *s)
{
	struct error e;

	if (c->reads_settings) {
		if (load_environment(c, s, &e) < 0 || load_config_file(s, &e) < 0)
			return fail(SNOWMELT_FATAL, &e);
		log_set_level((enum log_level)settings_number(s, OPT_LOG_LEVEL));
	}
	if (settings_on(s, OPT_PRINT_CONFIG))
		return show_settings(c, s);
	return c->run(s);
}

static int parse_and_run(const struct command *c, int argc, char *const argv[])
{
	AUTO(settings_done) struct settings s = SETTINGS_INIT;
	struct error e;

	if (settings_put_defaults(&s, &e) < 0)
		return fail(SNOWMELT_FATAL, &e);
	if (parse_command_line(c, argc, argv, &s, &e) < 0)
		return fail(SNOWMELT_USAGE, &e);
	if (settings_on(&s, OPT_HELP))
		return show_help(c);
	if (c->operand_required && s.operand_count == 0 && !settings_on(&s, OPT_PRINT_CONFIG)) {
		error_set(&e, -EINVAL, "%s is missing: write snowmelt %s [OPTION]... %s",
			c->operand, c->name, c->operand);
		return fail(SNOWMELT_USAGE, &e);
	}
	return run_command(c, &s);
}

int commands_main(int argc, char *const argv[])
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *c;
	int status;

	if (!name) {
		terminal_message("no command was given: see 'snowmelt help'");
		return SNOWMELT_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return show_help(NULL);
	if (strcmp(name, "--version") == 0)
		name = "version";
	c = command_find(name);
	if (!c)
		return command_unknown(name);
	status = parse_and_run(c, argc - 2, argv + 2);

	/* Output that got lost must not look like success, whatever became of the rows. */
	if (terminal_print_failed() && status != SNOWMELT_USAGE && status != SNOWMELT_LOCKED)
		return SNOWMELT_FATAL;
	return status;
}
