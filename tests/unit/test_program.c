/* The program around a run that is not there: what it hands to the library, what
 * it says, and with which status it exits. Each case is a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "snowmelt/snowmelt.h"

#define ARGS_MAX 50

/* The run: what it shall do, and what it was given (in the child). */
static struct {
	int create_status, run_status;
	bool check_options; /* against all_options_are_handed_over() */
	bool client;        /* credentials that get tokens, and this API key */
	const char *client_key;
	bool wait_for_stop;
	bool late_signal; /* comes when the run has ended */
} fake;

struct snowmelt {
	struct snowmelt_callbacks callbacks;
	volatile sig_atomic_t stops;
};

static struct snowmelt the_run;

const char *snowmelt_version(void)
{
	return "1.2.3";
}

void snowmelt_options_init(struct snowmelt_options *o)
{
	memset(o, 0, sizeof(*o));
}

/* In the child: any difference ends it with a status that no case expects. */
static void must(bool what, const char *why)
{
	if (what)
		return;
	(void)!write(STDERR_FILENO, why, strlen(why));
	_exit(99);
}
#define MUST(what) must(what, "not so: " #what "\n")

static void check_options(const struct snowmelt_options *o)
{
	MUST(strcmp(o->input, "in.csv") == 0);
	MUST(o->map_count == 2 && strcmp(o->map[1], "endpoint=URL") == 0);
	MUST(o->carry_count == 1 && strcmp(o->carry[0], "Key No") == 0);
	MUST(strcmp(o->secrets_dir, "dir") == 0);
	MUST(o->delimiter == '\t');
	MUST(o->allow_http_endpoints);
	MUST(strcmp(o->url, "http://127.0.0.1:1/x") == 0);
	MUST(strcmp(o->org, "org-1") == 0);
	MUST(strcmp(o->api_key, "key-12") == 0);
	MUST(strcmp(o->access_token, "token-1") == 0 && !o->client_secret);
	MUST(strcmp(o->scopes, "a, b") == 0);
	MUST(strcmp(o->token_url, "http://127.0.0.1:3/t") == 0);
	MUST(strcmp(o->sandbox, "dev") == 0);
	MUST(strcmp(o->cacert, "ca") == 0 && strcmp(o->proxy, "http://127.0.0.1:2") == 0);
	MUST(strcmp(o->client_cert, "cert") == 0 && strcmp(o->client_key, "key") == 0);
	MUST(o->connect_timeout == 1000000000 && o->timeout == 2000000000);
	MUST(o->concurrency == 3 && o->attempts == 4 && o->burst == 5);
	MUST(o->rate_per_s > 1.99 && o->rate_per_s < 2.01);
	MUST(o->settle == 6000000 && o->settle_timeout == 7000000);
	MUST(o->max_retry_after == 8000000 && o->give_up_after == 9000000);
	MUST(o->halt == SNOWMELT_HALT_SOON && o->halt_fails == 10 && o->halt_percent);
	MUST(o->has_seed && o->seed == 11);
	MUST(strcmp(o->results, "out") == 0 && o->format == SNOWMELT_FORMAT_JSONL);
	MUST(o->excel_safe);
	MUST(strcmp(o->ledger, "led") == 0);
	MUST(o->no_inventory && o->tag && o->resend_unresolved);
}

static void check_client(const struct snowmelt_options *o)
{
	if (!fake.client) {
		MUST(strcmp(o->access_token, "token-1") == 0);
		MUST(!o->client_secret && !o->scopes);
		return;
	}
	MUST(!o->access_token);
	MUST(strcmp(o->client_id, "id-123") == 0 && strcmp(o->client_secret, "secret 1") == 0);
	MUST(strcmp(o->scopes, "openid,AdobeID") == 0);
	MUST(strcmp(o->api_key, fake.client_key) == 0);
}

static void check_defaults(const struct snowmelt_options *o)
{
	MUST(!o->secrets_dir && !o->delimiter && !o->allow_http_endpoints);
	MUST(strcmp(o->url, "https://platform.adobe.io/data/foundation/flowservice") == 0);
	MUST(strcmp(o->token_url, "https://ims-na1.adobelogin.com/ims/token/v3") == 0);
	check_client(o);
	MUST(!o->cacert && !o->proxy && !o->client_cert && !o->client_key && !o->results);
	MUST(o->connect_timeout == 10000000000 && o->timeout == 60000000000);
	MUST(o->concurrency == 16 && o->attempts == 5 && o->burst == 0);
	MUST(!(o->rate_per_s > 0) && o->give_up_after < 0 && !o->has_seed);
	MUST(o->halt == SNOWMELT_HALT_NEVER && o->format == SNOWMELT_FORMAT_AUTO);
	MUST(!o->ledger && !o->no_inventory && !o->tag && !o->resend_unresolved);
}

int snowmelt_create(const struct snowmelt_options *o, const struct snowmelt_callbacks *cb,
	struct snowmelt **ret, char *ret_error, size_t ret_error_len)
{
	static const char why[] = "it cannot be: do another thing";

	if (fake.check_options)
		check_options(o);
	else
		check_defaults(o);
	MUST(ret_error_len > sizeof(why));
	memcpy(ret_error, why, sizeof(why));
	the_run.callbacks = *cb;
	*ret = &the_run;
	return fake.create_status;
}

int snowmelt_run(struct snowmelt *s)
{
	static const char *const sandboxes[] = {"prod", "dev"};
	const struct snowmelt_plan plan = {
		.url = "https://x",
		.org = "org-1",
		.results = "in.results.csv",
		.ledger = "in.ledger",
		.sandboxes = sandboxes,
		.sandbox_count = 2,
		.counted = true,
		.rows = 100,
		.invalid = 3,
	};
	const struct snowmelt_progress progress = {.rows = 1, .rows_total = 100};

	if (!s->callbacks.confirm(s->callbacks.arg, &plan))
		return SNOWMELT_INTERRUPTED;
	s->callbacks.progress(s->callbacks.arg, &progress);
	s->callbacks.message(s->callbacks.arg, "in.csv:3: it is bad: mend it");
	while (fake.wait_for_stop && s->stops < 2) {
		raise(SIGINT);
		raise(SIGTERM);
		s->callbacks.progress(s->callbacks.arg, &progress);
	}
	s->callbacks.summary(s->callbacks.arg, "100 rows\n");
	return s->stops > 0 ? SNOWMELT_INTERRUPTED : fake.run_status;
}

int snowmelt_status(const struct snowmelt_status_options *o, const struct snowmelt_callbacks *cb)
{
	MUST(strcmp(o->input, "in.csv") == 0);
	MUST(fake.check_options ? strcmp(o->ledger, "led") == 0 : !o->ledger);
	MUST(o->unresolved == fake.check_options);
	MUST(o->format == (fake.check_options ? SNOWMELT_REPORT_JSONL : SNOWMELT_REPORT_TEXT));
	cb->output(cb->arg, "2 rows\n");
	cb->output(cb->arg, "1 open\n");
	if (fake.run_status)
		cb->message(cb->arg, "it cannot be read: do another thing");
	return fake.run_status;
}

int snowmelt_results(const struct snowmelt_options *o, const struct snowmelt_callbacks *cb)
{
	MUST(strcmp(o->input, "in.csv") == 0 && !o->access_token && !o->api_key);
	if (fake.check_options) {
		MUST(o->map_count == 1 && strcmp(o->map[0], "name=N") == 0);
		MUST(o->carry_count == 1 && strcmp(o->carry[0], "Key No") == 0);
		MUST(o->delimiter == '\t' && o->allow_http_endpoints && o->excel_safe);
		MUST(strcmp(o->sandbox, "dev") == 0 && strcmp(o->ledger, "led") == 0);
		MUST(strcmp(o->results, "out") == 0 && o->format == SNOWMELT_FORMAT_JSONL);
	}
	cb->summary(cb->arg, "100 rows\n");
	if (fake.run_status > SNOWMELT_ROWS)
		cb->message(cb->arg, "it cannot be read: do another thing");
	return fake.run_status;
}

void snowmelt_stop(struct snowmelt *s)
{
	s->stops = s->stops + 1;
}

void snowmelt_destroy(struct snowmelt *s)
{
	if (s && fake.late_signal)
		raise(SIGTERM);
}

/* The world: a folder, no variables but the credentials, output in files. */
static char folder[64], out[200000], err[20000];

/* Not clearenv(): the test runner has variables of its own. */
static void forget_variables(void)
{
	char name[OPTION_VARIABLE_SIZE];

	OPTION_EACH (o, FOR_ALL) {
		option_variable(o, name);
		unsetenv(name);
	}
	unsetenv("AEP_SANDBOX_NAME");
	unsetenv("AEP_ORG_ID");
	unsetenv("AEP_API_KEY");
	unsetenv("AEP_API_KEY_FILE");
	unsetenv("AEP_CLIENT_ID");
	unsetenv("AEP_CLIENT_ID_FILE");
	unsetenv("AEP_ACCESS_TOKEN");
	unsetenv("AEP_ACCESS_TOKEN_FILE");
	unsetenv("AEP_CLIENT_SECRET");
	unsetenv("AEP_CLIENT_SECRET_FILE");
	unsetenv("AEP_SCOPES");
	unsetenv("XDG_CONFIG_HOME");
}

static int enter(void **state)
{
	memset(&fake, 0, sizeof(fake));
	forget_variables();
	setenv("AEP_ORG_ID", "org-1", 1);
	setenv("AEP_API_KEY", "key-12", 1);
	setenv("AEP_ACCESS_TOKEN", "token-1", 1);
	strcpy(folder, "/tmp/test_program.XXXXXX");
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	return setenv("HOME", folder, 1);
}

static int leave(void **state)
{
	unlink("out");
	unlink("err");
	unlink("snowmelt.ini");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void slurp(const char *path, char *dst, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, dst, size - 1);

	assert_true(n >= 0);
	dst[n] = '\0';
	close(fd);
}

/* In the child, without a controlling terminal. */
static void become_program(const char *line, const char *out_path)
{
	static char copy[2000] = "snowmelt~";
	char *argv[ARGS_MAX + 1] = {0};
	int argc = 0, null, out_fd, err_fd;

	setsid();
	null = open("/dev/null", O_RDONLY);
	out_fd = open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	err_fd = open("err", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(null, STDIN_FILENO);
	dup2(out_fd, STDOUT_FILENO);
	dup2(err_fd, STDERR_FILENO);
	strcat(copy, line);
	for (char *arg = strtok(copy, "~"); arg && argc < ARGS_MAX; arg = strtok(NULL, "~"))
		argv[argc++] = arg;
	_exit(commands_main(argc, argv));
}

/* Arguments parted by '~'. Answers the exit status. */
static int program_into(const char *line, const char *out_path)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		become_program(line, out_path);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	slurp("err", err, sizeof(err));
	if (strcmp(out_path, "out") == 0)
		slurp("out", out, sizeof(out));
	if (WEXITSTATUS(status) == 99)
		fail_msg("%s", err);
	return WEXITSTATUS(status);
}

static int program(const char *line)
{
	return program_into(line, "out");
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' does not say '%s'", text, part);
}

static void usage_is_64(void **state)
{
	assert_int_equal(program(""), 64);
	assert_string_equal(err, "snowmelt: no command was given: see 'snowmelt help'\n");
	assert_int_equal(program("rnu"), 64);
	assert_string_equal(err,
		"snowmelt: there is no command 'rnu': did you mean run? The commands "
		"are run, check, plan, verify, rollback, status, results, bench, help, version\n");
	assert_int_equal(program("transmogrify~in.csv"), 64);
	assert_has(err, "the commands are run, check, plan, verify, rollback, status, results, bench, "
			"help, version");
	assert_int_equal(program("run"), 64);
	assert_has(err, "INSTANCES.csv is missing");
	assert_int_equal(program("run~a.csv~b.csv"), 64);
	assert_int_equal(program("run~--rate=5/x~in.csv"), 64);
	assert_int_equal(program("run~--upgrade~in.csv"), 64);
	assert_int_equal(program("help~rnu"), 64);
	assert_int_equal(program("version~x"), 64);
	assert_string_equal(out, "");
}

static void configuration_is_3(void **state)
{
	setenv("SNOWMELT_RATE", "5/x", 1);
	assert_int_equal(program("run~in.csv"), 3);
	assert_has(err, "snowmelt: SNOWMELT_RATE: '5/x' is no rate");
	unsetenv("SNOWMELT_RATE");
	assert_int_equal(program("run~--config~none.ini~in.csv"), 3);
	assert_int_equal(program("run~--org=a b~in.csv"), 3);
	assert_has(err, "--org: the organization holds a blank");
	/* The command line is looked at first. */
	assert_int_equal(program("run~--config~none.ini"), 64);
}

static void all_that_is_missing_is_named_at_once(void **state)
{
	forget_variables();
	assert_int_equal(program("run~in.csv"), 3);
	assert_string_equal(err,
		"snowmelt: settings are missing: give --org ID (or SNOWMELT_ORG, AEP_ORG_ID), "
		"AEP_API_KEY (or AEP_API_KEY_FILE, AEP_CLIENT_ID), and either AEP_ACCESS_TOKEN (or "
		"AEP_ACCESS_TOKEN_FILE) or else AEP_CLIENT_ID (or AEP_CLIENT_ID_FILE), "
		"AEP_CLIENT_SECRET (or AEP_CLIENT_SECRET_FILE), --scopes LIST (or SNOWMELT_SCOPES, "
		"AEP_SCOPES)\n");
	setenv("AEP_CLIENT_ID", "id-1", 1);
	assert_int_equal(program("run~--org=x~in.csv"), 3);
	assert_string_equal(err,
		"snowmelt: settings are missing: give either AEP_ACCESS_TOKEN (or "
		"AEP_ACCESS_TOKEN_FILE) or else AEP_CLIENT_SECRET (or "
		"AEP_CLIENT_SECRET_FILE), --scopes LIST (or SNOWMELT_SCOPES, AEP_SCOPES)\n");
	setenv("AEP_SCOPES", "openid", 1);
	assert_int_equal(program("run~--org=x~in.csv"), 3);
	assert_has(err, "or else AEP_CLIENT_SECRET (or AEP_CLIENT_SECRET_FILE)\n");
}

/* Whoever has a client secret is not told about tokens and API keys. */
static void what_a_client_lacks_is_named(void **state)
{
	forget_variables();
	setenv("AEP_CLIENT_SECRET", "secret-1", 1);
	assert_int_equal(program("run~--org=x~in.csv"), 3);
	assert_string_equal(err,
		"snowmelt: settings are missing: give AEP_CLIENT_ID (or AEP_CLIENT_ID_FILE), "
		"--scopes LIST (or SNOWMELT_SCOPES, AEP_SCOPES)\n");
	setenv("AEP_CLIENT_ID", "id-1", 1);
	assert_int_equal(program("run~--org=x~in.csv"), 3);
	assert_string_equal(err, "snowmelt: settings are missing: give --scopes LIST (or "
				 "SNOWMELT_SCOPES, AEP_SCOPES)\n");
}

static void be_a_client(void)
{
	forget_variables();
	setenv("AEP_ORG_ID", "org-1", 1);
	setenv("AEP_CLIENT_ID", "id-123", 1);
	setenv("AEP_CLIENT_SECRET", "secret 1", 1);
	setenv("AEP_SCOPES", "openid,AdobeID", 1);
	fake.client = true;
	fake.client_key = "id-123";
}

static void a_client_needs_no_token_and_its_id_is_the_api_key(void **state)
{
	be_a_client();
	assert_int_equal(program("run~in.csv"), 0);
	fake.client_key = "key-12";
	setenv("AEP_API_KEY", "key-12", 1);
	assert_int_equal(program("run~in.csv"), 0);
	unsetenv("AEP_SCOPES");
	assert_int_equal(program("run~--scopes=openid,AdobeID~in.csv"), 0);
}

/* Under systemd a credential is a file in a folder that a variable names. */
static void a_credential_of_systemd_is_a_file(void **state)
{
	int fd;

	be_a_client();
	unsetenv("AEP_CLIENT_SECRET");
	assert_int_equal(mkdir("credentials", 0700), 0);
	fd = open("credentials/aep", O_WRONLY | O_CREAT, 0400);
	assert_int_equal(write(fd, "secret 1\n", 9), 9);
	close(fd);
	assert_int_equal(chmod("credentials", 0500), 0);
	setenv("AEP_CLIENT_SECRET_FILE", "credentials/aep", 1);
	setenv("CREDENTIALS_DIRECTORY", "credentials", 1);
	assert_int_equal(program("run~in.csv"), 0);
	assert_null(strstr(err, "warn"));
	assert_int_equal(chmod("credentials", 0700), 0);

	/* The group that shows is an ACL's mask, of the unit's own user. */
	assert_int_equal(chmod("credentials/aep", 0440), 0);
	assert_int_equal(program("run~in.csv"), 0);
	assert_null(strstr(err, "warn"));
	setenv("CREDENTIALS_DIRECTORY", "cred", 1);
	assert_int_equal(program("run~in.csv"), 0);
	assert_has(err, "'credentials/aep', which is named by AEP_CLIENT_SECRET_FILE, can be read "
			"by others: chmod 600 it");
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(unlink("credentials/aep"), 0);
	assert_int_equal(rmdir("credentials"), 0);
}

static void a_token_and_a_client_secret_exclude_each_other(void **state)
{
	be_a_client();
	setenv("AEP_ACCESS_TOKEN_FILE", "token", 1);
	assert_int_equal(program("run~in.csv"), 3);
	assert_has(err, "snowmelt: AEP_ACCESS_TOKEN_FILE and AEP_CLIENT_SECRET are both set");
	/* Empty is unset; and an id may stand beside a token, as its API key. */
	setenv("AEP_CLIENT_SECRET", "", 1);
	setenv("AEP_ACCESS_TOKEN_FILE", "", 1);
	setenv("AEP_ACCESS_TOKEN", "token-1", 1);
	unsetenv("AEP_SCOPES");
	fake.client = false;
	assert_int_equal(program("run~in.csv"), 0);
}

static void print_config_shows_no_credential(void **state)
{
	be_a_client();
	assert_int_equal(program("run~--print-config"), 0);
	assert_null(strstr(out, "secret 1"));
	assert_null(strstr(out, "id-123"));
	assert_has(out, "client-secret        = set");
	assert_has(out, "; AEP_CLIENT_SECRET");
	assert_has(out, "access-token         = not set");
	assert_has(out, "openid,AdobeID");
	assert_has(out, "https://ims-na1.adobelogin.com/ims/token/v3");
}

static void all_options_are_handed_over(void **state)
{
	fake.check_options = true;
	assert_int_equal(
		program("run~--map=name=N~--map=endpoint=URL~--carry=Key No~--secrets-dir=dir~"
			"--delimiter=tab~--allow-http-endpoints~--url=http://127.0.0.1:1/x~"
			"--sandbox=dev~--cacert=ca~--proxy=http://127.0.0.1:2~--client-cert=cert~"
			"--client-key=key~--connect-timeout=1s~--timeout=2s~--concurrency=3~"
			"--attempts=4~--burst=5~--rate=120/m~--settle=6ms~--settle-timeout=7ms~"
			"--max-retry-after=8ms~--give-up-after=9ms~--halt=soon,fail=10%~--seed=11~"
			"--results=out~--format=jsonl~--excel-safe~--ledger=led~--no-inventory~"
			"--tag~--resend-unresolved~--scopes=a, b~--token-url=http://127.0.0.1:3/t~"
			"in.csv"),
		0);
}

static void status_needs_nothing_but_a_name(void **state)
{
	forget_variables();
	assert_int_equal(program("status~in.csv"), 0);
	assert_string_equal(out, "2 rows\n1 open\n");
	assert_string_equal(err, "");
	fake.run_status = 3;
	assert_int_equal(program("status~in.csv"), 3);
	assert_string_equal(err, "snowmelt: it cannot be read: do another thing\n");
	assert_int_equal(program("status"), 64);
	assert_has(err, "INSTANCES.csv is missing");
	fake.run_status = 0;
	fake.check_options = true;
	assert_int_equal(program("status~--format=jsonl~--unresolved~--ledger~led~in.csv"), 0);
	setenv("SNOWMELT_LEDGER", "led", 1);
	assert_int_equal(program("status~--format=jsonl~--unresolved~in.csv"), 0);
}

/* What a run's results look like is no matter of what status shows. */
static void the_format_of_results_is_not_that_of_status(void **state)
{
	forget_variables();
	setenv("SNOWMELT_FORMAT", "jsonl", 1);
	assert_int_equal(program("status~in.csv"), 0);
	assert_int_equal(program("status~--format=text~in.csv"), 0);
	assert_int_equal(program("run~--format=text~in.csv"), 64);
	assert_int_equal(program("status~--rate=5~in.csv"), 64);
}

static void results_needs_no_credentials(void **state)
{
	static const int statuses[] = {0, 1, 3, 64, 75};

	forget_variables();
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		fake.run_status = statuses[i];
		assert_int_equal(program("results~in.csv"), statuses[i]);
		assert_string_equal(out, "100 rows\n");
		assert_string_equal(err, statuses[i] > 1 ? "snowmelt: it cannot be read: do "
							   "another thing\n"
							 : "");
	}
	assert_int_equal(program("results"), 64);
	fake.run_status = 0;
	fake.check_options = true;
	assert_int_equal(program("results~--map=name=N~--carry=Key No~--delimiter=tab~"
				 "--allow-http-endpoints~--sandbox=dev~--ledger=led~--results=out~"
				 "--format=jsonl~--excel-safe~in.csv"),
		0);
}

static void the_status_of_the_run_is_that_of_the_program(void **state)
{
	static const int statuses[] = {0, 1, 2, 3, 4, 75};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		fake.run_status = statuses[i];
		assert_int_equal(program("run~in.csv"), statuses[i]);
		assert_string_equal(out, "100 rows\n");
		assert_has(err, "\nsnowmelt: in.csv:3: it is bad: mend it\n");
	}
}

static void why_the_run_cannot_be_made_is_said_once(void **state)
{
	fake.create_status = 75;
	assert_int_equal(program("run~in.csv"), 75);
	assert_string_equal(err, "snowmelt: it cannot be: do another thing\n");
}

static void the_plan_is_said_at_level_info(void **state)
{
	assert_int_equal(program("run~in.csv"), 0);
	assert_has(err,
		" info service https://x, org org-1, sandboxes prod, dev: 100 rows, 3 of them "
		"invalid; ledger in.ledger; results in in.results.csv\n");
	assert_int_equal(program("run~--log-level=warn~in.csv"), 0);
	assert_string_equal(err, "snowmelt: in.csv:3: it is bad: mend it\n");
}

static void confirm_without_a_terminal_is_3(void **state)
{
	assert_int_equal(program("run~--confirm~in.csv"), 3);
	assert_has(err, "--confirm needs a terminal");
	assert_int_equal(program("run~--confirm~--no-confirm~in.csv"), 0);
}

static void both_signals_stop_the_run(void **state)
{
	fake.wait_for_stop = true;
	assert_int_equal(program("run~in.csv"), 4);
	assert_has(err, " info stopping: ");
}

static void a_signal_behind_the_end_changes_no_status(void **state)
{
	fake.wait_for_stop = fake.late_signal = true;
	assert_int_equal(program("run~in.csv"), 4);
}

/* The results are there, but what was asked for on standard output is not. */
static void output_that_got_lost_is_3(void **state)
{
	static const char *const lines[] = {"run~in.csv", "run~--print-config", "run~--help",
		"status~in.csv", "results~in.csv", "help", "version", "--version", "--help"};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		assert_int_equal(program_into(lines[i], "/dev/full"), 3);
		assert_has(err,
			"snowmelt: cannot write to standard output: No space left on device\n");
	}
	fake.run_status = 75;
	assert_int_equal(program_into("run~in.csv", "/dev/full"), 75);
}

static void print_config_tells_values_and_places_but_no_secret(void **state)
{
	int fd = open("snowmelt.ini", O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "\nattempts = 3\n", 14), 14);
	close(fd);
	setenv("SNOWMELT_PROXY", "http://user:pass-1@127.0.0.1:3128", 1);
	unsetenv("AEP_ACCESS_TOKEN");
	assert_int_equal(program("run~--print-config~--rate=5/s~--delimiter=;"), 0);
	assert_has(out, "rate                   = 5/s                    ; --rate\n");
	assert_has(out, "delimiter              = semicolon              ; --delimiter\n");
	assert_has(out, "attempts               = 3                      ; snowmelt.ini:2\n");
	assert_has(out, "org                    = org-1                  ; AEP_ORG_ID\n");
	assert_has(out, "concurrency            = 16                     ; default\n");
	assert_has(out, "; seed                 = another one each run   ; default\n");
	assert_has(out, "inventory              = yes                    ; default\n");
	assert_has(out, "; resend-unresolved    = no                     ; default\n");
	assert_has(out, "; api-key              = set                    ; AEP_API_KEY\n");
	assert_has(out, "; access-token         = not set                ; default\n");
	assert_has(out, "= http://[redacted]@127.0.0.1:3128 ; SNOWMELT_PROXY\n");
	assert_null(strstr(out, "pass-1"));
	assert_null(strstr(out, "key-12"));
	assert_string_equal(err, "");
}

static void both_ways_to_a_secret_are_3(void **state)
{
	setenv("AEP_ACCESS_TOKEN_FILE", "x", 1);
	assert_int_equal(program("run~in.csv"), 3);
	assert_has(err, "AEP_ACCESS_TOKEN and AEP_ACCESS_TOKEN_FILE are both set");
	assert_int_equal(program("run~--print-config"), 3);
}

static void help_is_complete_and_fits_a_terminal(void **state)
{
	assert_int_equal(program("run~--help"), 0);
	OPTION_EACH (o, FOR_RUN) {
		assert_has(out, o->traits & OPTION_SECRET ? o->variables[0] : o->name);
	}
	assert_has(out, "\n  --no-inventory          Do not list ");
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) <= 80);
		assert_true(line[strlen(line) - 1] != ' ');
	}
	assert_int_equal(program("help~run"), 0);
	assert_has(out, "Usage: snowmelt run [OPTION]... INSTANCES.csv\n");
	assert_int_equal(program("--help"), 0);
	assert_has(out, "Commands:\n  run ");
}

static void the_man_page_has_no_line_that_roff_misreads(void **state)
{
	assert_int_equal(program("help~--format=man"), 0);
	assert_int_equal(strncmp(out, ".TH SNOWMELT 1 ", 15), 0);
	assert_has(out, "\\-\\-settle\\-timeout TIME\n");
	for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
		if (line[0] == '.' || line[0] == '\'')
			assert_true(strchr("TNSPBbnfa", line[1]) != NULL);
}

static void the_completion_names_options_and_their_words(void **state)
{
	assert_int_equal(program("help~--format=bash"), 0);
	assert_has(out, "--settle-timeout ");
	assert_has(out, " --no-inventory ");
	assert_has(out, "\trun:--format)\n\t\tmapfile -t COMPREPLY < <(compgen -W 'csv jsonl'");
	assert_has(out, "complete -F _snowmelt snowmelt\n");
	assert_null(strstr(out, "access-token"));
}

static void the_version_is_that_of_the_library(void **state)
{
	assert_int_equal(program("--version"), 0);
	assert_string_equal(out, "snowmelt 1.2.3\n");
	assert_int_equal(program("version"), 0);
	assert_string_equal(out, "snowmelt 1.2.3\n");
}

/* In a child, whose descriptors nobody else needs. */
static void closed_descriptors_are_not_given_to_files(void **state)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		terminal_secure_descriptors();
		_exit(open("/dev/null", O_RDONLY) > STDERR_FILENO &&
					write(STDOUT_FILENO, "x", 1) < 0 &&
					write(STDERR_FILENO, "x", 1) == 1
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(usage_is_64),
		TEST(configuration_is_3),
		TEST(all_that_is_missing_is_named_at_once),
		TEST(what_a_client_lacks_is_named),
		TEST(a_client_needs_no_token_and_its_id_is_the_api_key),
		TEST(a_credential_of_systemd_is_a_file),
		TEST(a_token_and_a_client_secret_exclude_each_other),
		TEST(print_config_shows_no_credential),
		TEST(all_options_are_handed_over),
		TEST(status_needs_nothing_but_a_name),
		TEST(the_format_of_results_is_not_that_of_status),
		TEST(results_needs_no_credentials),
		TEST(the_status_of_the_run_is_that_of_the_program),
		TEST(why_the_run_cannot_be_made_is_said_once),
		TEST(the_plan_is_said_at_level_info),
		TEST(confirm_without_a_terminal_is_3),
		TEST(both_signals_stop_the_run),
		TEST(a_signal_behind_the_end_changes_no_status),
		TEST(output_that_got_lost_is_3),
		TEST(print_config_tells_values_and_places_but_no_secret),
		TEST(both_ways_to_a_secret_are_3),
		TEST(help_is_complete_and_fits_a_terminal),
		TEST(the_man_page_has_no_line_that_roff_misreads),
		TEST(the_completion_names_options_and_their_words),
		TEST(the_version_is_that_of_the_library),
		TEST(closed_descriptors_are_not_given_to_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
