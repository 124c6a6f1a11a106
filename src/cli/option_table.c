/* option_table.c - every option there is, described once. */
#include "cli/option_table.h"

#include <string.h>

#include "base/str.h"
#include "cli/suggest.h"

#define UPTO(lo, hi) .min = (lo), .max = (hi)
#define HOURS(n) ((uint64_t)(n)*3600 * SEC)
/* libcurl counts milliseconds, and takes 0 for its own default. */
#define TIMEOUT_RANGE UPTO(MS, HOURS(24))

/* clang-format off */
const struct option option_table[OPTION_COUNT] = {
	[OPT_MAP] = {
		.name = "map",
		.argument = "NAME=HEADER",
		.rule = {VALUE_MAPPING},
		.group = GROUP_INPUT,
		.commands = FOR_INSTANCES,
		.traits = OPTION_REPEATS,
		.help = "The column that snowmelt calls NAME has this HEADER, as in --map "
			"\"name=Instance Name\".",
	},
	[OPT_CARRY] = {
		.name = "carry",
		.argument = "HEADER",
		.rule = {VALUE_TEXT},
		.group = GROUP_INPUT,
		.commands = FOR_INSTANCES,
		.traits = OPTION_REPEATS,
		.help = "Carry this column into the results although its header speaks of a "
			"secret (pass, pwd, secret, token, credential, key). Other unknown "
			"columns are carried anyway.",
	},
	[OPT_SECRETS_DIR] = {
		.name = "secrets-dir",
		.argument = "FOLDER",
		.rule = {VALUE_FOLDER},
		.group = GROUP_INPUT,
		.commands = FOR_RUN | FOR_CHECK | FOR_PLAN,
		.unset = "the folder of the input",
		.help = "Where the files lie that password_ref names as file:PATH. Nothing "
			"outside it is read.",
	},
	[OPT_DELIMITER] = {
		.name = "delimiter",
		.argument = "CHAR",
		.rule = {VALUE_DELIMITER},
		.group = GROUP_INPUT,
		.commands = FOR_INSTANCES,
		.unset = "detected from the header among , ; TAB |",
		.help = "What separates fields: one character, or tab, comma, semicolon, pipe.",
	},
	[OPT_ALLOW_HTTP_ENDPOINTS] = {
		.name = "allow-http-endpoints",
		.rule = {VALUE_SWITCH},
		.group = GROUP_INPUT,
		.commands = FOR_INSTANCES,
		.fallback = "no",
		.help = "Accept rows whose endpoint is http://, not https://.",
	},
	[OPT_URL] = {
		.name = "url",
		.argument = "URL",
		.rule = {VALUE_URL},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.fallback = "https://platform.adobe.io/data/foundation/flowservice",
		.help = "The Flow Service. Plain http is refused unless the host is this machine.",
	},
	[OPT_ORG] = {
		.name = "org",
		.argument = "ID",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.traits = OPTION_REQUIRED,
		.variables = {"AEP_ORG_ID"},
		.help = "The organization, as in 0123456789ABCDEF@AdobeOrg.",
	},
	[OPT_API_KEY] = {
		.name = "api-key",
		.argument = "KEY",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.traits = OPTION_SECRET | OPTION_REQUIRED,
		.variables = {"AEP_API_KEY", "AEP_CLIENT_ID"},
		.help = "The API key of the Adobe Developer Console project, which is its client id.",
	},
	[OPT_ACCESS_TOKEN] = {
		.name = "access-token",
		.argument = "TOKEN",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.traits = OPTION_SECRET,
		.variables = {"AEP_ACCESS_TOKEN"},
		.help = "The access token, without \"Bearer\" before it. Either this or "
			"AEP_CLIENT_ID, AEP_CLIENT_SECRET and --scopes, by which snowmelt gets "
			"tokens itself and renews them.",
	},
	[OPT_CLIENT_ID] = {
		.name = "client-id",
		.argument = "ID",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.traits = OPTION_SECRET,
		.variables = {"AEP_CLIENT_ID"},
		.help = "The client id of an OAuth Server-to-Server credential. It is the API key, "
			"too, where AEP_API_KEY is not set.",
	},
	[OPT_CLIENT_SECRET] = {
		.name = "client-secret",
		.argument = "SECRET",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.traits = OPTION_SECRET | OPTION_NO_HEADER,
		.variables = {"AEP_CLIENT_SECRET"},
		.help = "The client secret of that credential.",
	},
	[OPT_SCOPES] = {
		.name = "scopes",
		.argument = "LIST",
		.rule = {VALUE_TEXT},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.variables = {"AEP_SCOPES"},
		.help = "The scopes of that credential, parted by commas, as the Developer Console "
			"shows them.",
	},
	[OPT_TOKEN_URL] = {
		.name = "token-url",
		.argument = "URL",
		.rule = {VALUE_URL},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.fallback = "https://ims-na1.adobelogin.com/ims/token/v3",
		.help = "Where that credential gets its access tokens. Plain http is refused unless "
			"the host is this machine.",
	},
	[OPT_SANDBOX] = {
		.name = "sandbox",
		.argument = "NAME",
		.rule = {VALUE_SANDBOX},
		.group = GROUP_ADOBE,
		.commands = FOR_INSTANCES | FOR_BENCH,
		.fallback = "prod",
		.variables = {"AEP_SANDBOX_NAME"},
		.help = "The sandbox of rows that name none; of bench, of all.",
	},
	[OPT_CACERT] = {
		.name = "cacert",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_ADOBE,
		.commands = FOR_NET,
		.unset = "the system's",
		.help = "Trust the certificate authorities in this PEM file.",
	},
	[OPT_PROXY] = {
		.name = "proxy",
		.argument = "URL",
		.rule = {VALUE_URL},
		.group = GROUP_ADOBE,
		.commands = FOR_NET,
		.help = "Go through this proxy. One with a login goes into SNOWMELT_PROXY, since "
			"a command line is no place for a password.",
	},
	[OPT_CLIENT_CERT] = {
		.name = "client-cert",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.help = "Show this certificate (PEM) to the server.",
	},
	[OPT_CLIENT_KEY] = {
		.name = "client-key",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_ADOBE,
		.commands = FOR_ADOBE,
		.help = "The private key of --client-cert (PEM).",
	},
	[OPT_CONNECT_TIMEOUT] = {
		.name = "connect-timeout",
		.argument = "TIME",
		.rule = {VALUE_DURATION, TIMEOUT_RANGE},
		.group = GROUP_ADOBE,
		.commands = FOR_NET,
		.fallback = "10s",
		.help = "How long a connection may take to come about, TLS included.",
	},
	[OPT_TIMEOUT] = {
		.name = "timeout",
		.argument = "TIME",
		.rule = {VALUE_DURATION, TIMEOUT_RANGE},
		.group = GROUP_ADOBE,
		.commands = FOR_NET,
		.fallback = "60s",
		.help = "How long a request may take in all. One that takes longer is looked up "
			"before it is sent again.",
	},
	[OPT_CONCURRENCY] = {
		.name = "concurrency",
		.argument = "N",
		.rule = {VALUE_NUMBER, UPTO(1, 4096)},
		.group = GROUP_TRAFFIC,
		.commands = FOR_NET,
		.fallback = "16",
		.help = "At most N requests in flight, 1 to 4096. It begins with one and grows "
			"while all goes well. In bench all may be taken at once, and an arrival "
			"that finds none free is dropped.",
	},
	[OPT_RATE] = {
		.name = "rate",
		.argument = "N/s|m|h",
		.rule = {VALUE_RATE},
		.group = GROUP_TRAFFIC,
		.commands = FOR_NET,
		.unset = "no limit",
		.help = "At most N requests a second, minute or hour, of all kinds together. N "
			"alone is N/s. In bench, where it is required, just so many creates.",
	},
	[OPT_DURATION] = {
		.name = "duration",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(MS, HOURS(24))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.fallback = "10s",
		.help = "How long arrivals come that count.",
	},
	[OPT_WARMUP] = {
		.name = "warmup",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(0, HOURS(24))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.fallback = "2s",
		.help = "How long they come before that, without being counted.",
	},
	[OPT_ARRIVALS] = {
		.name = "arrivals",
		.argument = "constant|poisson",
		.rule = {VALUE_CHOICE, .words = "constant|poisson"},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.fallback = "constant",
		.help = "At equal intervals, or at random ones, as of many clients that know nothing "
			"of each other.",
	},
	[OPT_PREFIX] = {
		.name = "prefix",
		.argument = "TEXT",
		.rule = {VALUE_TEXT},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.fallback = "snowmelt-bench",
		.help = "What is created is called TEXT, a word that only this run has, and a number.",
	},
	[OPT_KEEP] = {
		.name = "keep",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.fallback = "no",
		.help = "Do not delete at the end what was created.",
	},
	[OPT_OWN_SERVICE] = {
		.name = "i-own-this-service",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_BENCH,
		.traits = OPTION_FLAG_ONLY,
		.help = "Allow a --url that is not on this machine. Never put a service under load "
			"that is not yours: Adobe's is not.",
	},
	[OPT_BURST] = {
		.name = "burst",
		.argument = "N",
		.rule = {VALUE_NUMBER, UPTO(1, 1000000)},
		.group = GROUP_TRAFFIC,
		.commands = FOR_ENGINE | FOR_CHECK,
		.unset = "what 10 ms of the rate holds, at least 2",
		.help = "How many requests may leave at once within --rate.",
	},
	[OPT_ATTEMPTS] = {
		.name = "attempts",
		.argument = "N",
		.rule = {VALUE_NUMBER, UPTO(1, 100)},
		.group = GROUP_TRAFFIC,
		.commands = FOR_ENGINE,
		.fallback = "5",
		.help = "Send a row's create, update, test or deletion at most N times, 1 to 100. "
			"Throttled ones (429) do not count.",
	},
	[OPT_SETTLE] = {
		.name = "settle",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(0, HOURS(24))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN | FOR_ROLLBACK,
		.fallback = "5s",
		.help = "After an error answer or a broken connection: how long until a row that "
			"the service does not list counts as not created, and is sent again; in a "
			"rollback, until one that is still there counts as not deleted.",
	},
	[OPT_SETTLE_TIMEOUT] = {
		.name = "settle-timeout",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(0, HOURS(24))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN | FOR_ROLLBACK,
		.fallback = "30s",
		.help = "The same after a timeout, when the service may still be working.",
	},
	[OPT_MAX_RETRY_AFTER] = {
		.name = "max-retry-after",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(0, HOURS(24 * 365))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_ENGINE,
		.fallback = "15m",
		.help = "A Retry-After of up to this is waited out by all rows; a longer one "
			"halts the run, which then says when to come back.",
	},
	[OPT_GIVE_UP_AFTER] = {
		.name = "give-up-after",
		.argument = "TIME",
		.rule = {VALUE_DURATION, UPTO(0, HOURS(24 * 365))},
		.group = GROUP_TRAFFIC,
		.commands = FOR_ENGINE,
		.unset = "15m, or 1m where the service never answered",
		.help = "Halt when an outage has lasted this long.",
	},
	[OPT_HALT] = {
		.name = "halt",
		.argument = "RULE",
		.rule = {VALUE_HALT},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN | FOR_VERIFY | FOR_ROLLBACK,
		.fallback = "never",
		.help = "End the run early: soon,fail=N once N rows have failed (or are in "
			"conflict or unresolved), soon,fail=N% once they are N percent of the "
			"finished rows, from the 100th on. What is in flight finishes; with "
			"now,fail=N it is cut.",
	},
	[OPT_SEED] = {
		.name = "seed",
		.argument = "N",
		.rule = {VALUE_NUMBER, UPTO(0, UINT64_MAX)},
		.group = GROUP_TRAFFIC,
		.commands = FOR_ADOBE,
		.unset = "another one each run",
		.help = "Seed of the random waits, for a run that has to repeat another; of bench, of "
			"--arrivals poisson.",
	},
	[OPT_INVENTORY] = {
		.name = "inventory",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN,
		.fallback = "yes",
		.help = "Do not list first what a sandbox has. A connection that the ledger does "
			"not know is then created a second time, not adopted. In a variable or in "
			"the file: inventory = no.",
	},
	[OPT_TAG] = {
		.name = "tag",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN | FOR_PLAN,
		.fallback = "no",
		.help = "Append [snowmelt:KEY] to each description, with a KEY that no other row "
			"has: what a lookup finds with it is surely ours.",
	},
	[OPT_RESEND_UNRESOLVED] = {
		.name = "resend-unresolved",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN,
		.traits = OPTION_NO_KEY,
		.fallback = "no",
		.help = "Send the rows that an earlier run left unresolved, when one more lookup "
			"does not find them. First see for yourself that they do not exist: "
			"'snowmelt status --unresolved' lists them. Not in the config file.",
	},
	[OPT_UPDATE] = {
		.name = "update",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN,
		.fallback = "no",
		.help = "Send the rows that differ from what was sent, too, by an update that fails "
			"when someone else has changed the connection meanwhile: that is a conflict, "
			"and nothing of theirs is covered. A changed password counts. Rows that were "
			"adopted are left as they are.",
	},
	[OPT_ADOPTED] = {
		.name = "adopted",
		.rule = {VALUE_SWITCH},
		.group = GROUP_TRAFFIC,
		.commands = FOR_RUN,
		.traits = OPTION_NO_KEY,
		.fallback = "no",
		.help = "With --update: send adopted rows, too, once each, whether they differ or "
			"not, since nobody knows the password that the server has for them. Not in "
			"the config file.",
	},
	[OPT_PROBE] = {
		.name = "probe",
		.rule = {VALUE_SWITCH},
		.group = GROUP_CHECKS,
		.commands = FOR_CHECK,
		.fallback = "no",
		.help = "Ask each ServiceNow instance whether its login works: one try for each "
			"user of an instance, since a few wrong passwords lock an account. Rows that "
			"share a login share its verdict.",
	},
	[OPT_PROBE_TABLE] = {
		.name = "probe-table",
		.argument = "TABLE",
		.rule = {VALUE_TABLE},
		.group = GROUP_CHECKS,
		.commands = FOR_CHECK,
		.fallback = "sys_user",
		.help = "The table that a probe asks for one row of.",
	},
	[OPT_EXPLORE] = {
		.name = "explore",
		.rule = {VALUE_SWITCH},
		.group = GROUP_CHECKS,
		.commands = FOR_VERIFY,
		.fallback = "no",
		.help = "Count the tables of each connection that works, too.",
	},
	[OPT_FORCE] = {
		.name = "force",
		.rule = {VALUE_SWITCH},
		.group = GROUP_CHECKS,
		.commands = FOR_ROLLBACK,
		.traits = OPTION_FLAG_ONLY,
		.help = "Delete also what someone else has changed since it was created.",
	},
	[OPT_LEDGER] = {
		.name = "ledger",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_RESULTS,
		.commands = FOR_RUN | FOR_PLAN | FOR_ROLLBACK | FOR_RESULTS | FOR_STATUS,
		.unset = "X.ledger beside X.csv or X.results.csv",
		.help = "What was done is remembered here, and its key in FILE.key, so that the "
			"next run goes on where this one ended. It serves one service and "
			"organization. memory: forgets all at the end: for benchmarks and "
			"rehearsals. Required when the input is a pipe.",
	},
	[OPT_RESULTS] = {
		.name = "results",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_RESULTS,
		.commands = FOR_RUN | FOR_RESULTS | FOR_VERIFY | FOR_ROLLBACK,
		.unset = "X.results.csv beside X.csv; of verify X.verify.csv, of rollback "
			 "X.rollback.csv",
		.help = "Where the results go, one line a row. Required when the input is a pipe.",
	},
	[OPT_FORMAT] = {
		.name = "format",
		.argument = "csv|jsonl",
		.rule = {VALUE_CHOICE, .words = "csv|jsonl"},
		.group = GROUP_RESULTS,
		.commands = FOR_RUN | FOR_RESULTS | FOR_VERIFY | FOR_ROLLBACK,
		.unset = "csv, or jsonl if --results ends in .jsonl, or what is verified or rolled "
			 "back does",
		.help = "CSV or JSON Lines.",
	},
	[OPT_EXCEL_SAFE] = {
		.name = "excel-safe",
		.rule = {VALUE_SWITCH},
		.group = GROUP_RESULTS,
		.commands = FOR_RUN | FOR_RESULTS | FOR_VERIFY | FOR_ROLLBACK,
		.fallback = "no",
		.help = "Defuse fields that a spreadsheet would take for a formula.",
	},
	[OPT_STATUS_FORMAT] = {
		.name = "format",
		.argument = "text|csv|jsonl",
		.rule = {VALUE_CHOICE, .words = "text|csv|jsonl"},
		.group = GROUP_RESULTS,
		.commands = FOR_STATUS | FOR_CHECK | FOR_PLAN,
		.traits = OPTION_FLAG_ONLY,
		.fallback = "text",
		.help = "For people, or as CSV or JSON Lines. By flag only, since format is that "
			"of the results elsewhere.",
	},
	[OPT_BENCH_FORMAT] = {
		.name = "format",
		.argument = "text|json",
		.rule = {VALUE_CHOICE, .words = "text|json"},
		.group = GROUP_RESULTS,
		.commands = FOR_BENCH,
		.traits = OPTION_FLAG_ONLY,
		.fallback = "text",
		.help = "For people, or as one JSON object. By flag only, since format is that of "
			"the results elsewhere.",
	},
	[OPT_PLOT] = {
		.name = "plot",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_RESULTS,
		.commands = FOR_BENCH,
		.help = "Write the whole distribution of latencies into FILE, for gnuplot; the "
			"command that shows it is said.",
	},
	[OPT_UNRESOLVED] = {
		.name = "unresolved",
		.rule = {VALUE_SWITCH},
		.group = GROUP_RESULTS,
		.commands = FOR_STATUS,
		.traits = OPTION_FLAG_ONLY,
		.help = "Not the totals, but the rows in doubt: row, name, sandbox, when its "
			"create was about to leave, and what the lookups said.",
	},
	[OPT_CONFIRM] = {
		.name = "confirm",
		.rule = {VALUE_SWITCH},
		.group = GROUP_PROGRAM,
		.commands = FOR_RUN,
		.fallback = "no",
		.help = "Say what would be done and ask on the terminal before the first request.",
	},
	[OPT_YES] = {
		.name = "yes",
		.rule = {VALUE_SWITCH},
		.group = GROUP_PROGRAM,
		.commands = FOR_ROLLBACK,
		.traits = OPTION_FLAG_ONLY,
		.help = "Do not ask on the terminal before the first deletion, for cron.",
	},
	[OPT_LOG_LEVEL] = {
		.name = "log-level",
		.argument = "LEVEL",
		.rule = {VALUE_CHOICE, .words = "error|warn|info|debug|trace"},
		.group = GROUP_PROGRAM,
		.commands = FOR_SETTINGS,
		.fallback = "info",
		.help = "How much to say on standard error: error, warn, info, debug or trace.",
	},
	[OPT_CONFIG] = {
		.name = "config",
		.argument = "FILE",
		.rule = {VALUE_FILE},
		.group = GROUP_PROGRAM,
		.commands = FOR_SETTINGS,
		.traits = OPTION_NO_KEY,
		.unset = "snowmelt.ini here, else $XDG_CONFIG_HOME/snowmelt/config.ini",
		.help = "Read options from this file: one \"name = value\" a line, no sections.",
	},
	[OPT_PRINT_CONFIG] = {
		.name = "print-config",
		.rule = {VALUE_SWITCH},
		.group = GROUP_PROGRAM,
		.commands = FOR_SETTINGS,
		.traits = OPTION_FLAG_ONLY,
		.help = "Show every option, its value and where it came from, and end. No secret "
			"is shown.",
	},
	[OPT_HELP] = {
		.name = "help",
		.rule = {VALUE_SWITCH},
		.group = GROUP_PROGRAM,
		.commands = FOR_ALL,
		.traits = OPTION_FLAG_ONLY,
		.help = "Show this help and end.",
	},
	[OPT_HELP_FORMAT] = {
		.name = "format",
		.argument = "text|man|bash",
		.rule = {VALUE_CHOICE, .words = "text|man|bash"},
		.group = GROUP_PROGRAM,
		.commands = FOR_HELP,
		.traits = OPTION_FLAG_ONLY | OPTION_HIDDEN,
		.fallback = "text",
		.help = "All of it as a man page, or as a completion for bash.",
	},
};
/* clang-format on */

const char *option_group_name(enum option_group g)
{
	static const char *const names[GROUP_COUNT] = {
		[GROUP_INPUT] = "Input",
		[GROUP_ADOBE] = "Adobe",
		[GROUP_TRAFFIC] = "Traffic",
		[GROUP_CHECKS] = "Checks",
		[GROUP_RESULTS] = "Files",
		[GROUP_PROGRAM] = "Program",
	};

	return names[g];
}

bool option_is_on_by_default(const struct option *o)
{
	return o->rule.kind == VALUE_SWITCH && o->fallback && strcmp(o->fallback, "yes") == 0;
}

const struct option *option_find(const char *name, size_t name_len, unsigned commands)
{
	OPTION_EACH (o, commands)
		if (strlen(o->name) == name_len && memcmp(o->name, name, name_len) == 0)
			return o;
	return NULL;
}

const char *option_suggest(const char *name, unsigned commands, unsigned but_traits)
{
	struct suggest s;

	suggest_init(&s, name);
	OPTION_EACH (o, commands)
		if (!(o->traits & but_traits))
			suggest_try(&s, o->name);
	return s.best;
}

void option_variable(const struct option *o, char dst[OPTION_VARIABLE_SIZE])
{
	size_t n;

	str_copy(dst, OPTION_VARIABLE_SIZE, "SNOWMELT_");
	n = strlen(dst);
	for (const char *c = o->name; *c && n + 1 < OPTION_VARIABLE_SIZE; c++)
		dst[n++] = *c == '-' ? '_' : (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	dst[n] = '\0';
}
