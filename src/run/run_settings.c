/* run_settings.c - the caller's options, copied and checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "run/paths.h"
#include "run/shell.h"
#include "servicenow/probe.h"

#define CLIENT_VALUE_MAX ((size_t)4096)

static const char *keep(struct run_settings *s, const char *text)
{
	char **grown;
	char *copy;

	if (str_empty(text))
		return NULL;
	grown = realloc(s->text, (s->text_count + 1) * sizeof(*s->text));
	copy = strdup(text);
	if (!grown || !copy) {
		s->text = grown ? grown : s->text;
		free(copy);
		return NULL;
	}
	s->text = grown;
	s->text[s->text_count++] = copy;
	return copy;
}

static int check_header(
	const char *value, const char *what, const char *where, struct error *reterr)
{
	if (str_empty(value))
		return error_set(reterr, -EINVAL, "no %s: set %s", what, where);
	if (!str_visible_ascii(value))
		return error_set(reterr, -EINVAL,
			"the %s holds something that no header may carry: check %s for blanks, "
			"line ends and non-ASCII characters",
			what, where);
	return 0;
}

static int check_client(const struct snowmelt_options *o, struct error *reterr)
{
	const char *fault = flow_service_url_fault(o->token_url ? o->token_url : "");
	int r = check_header(o->client_id, "client id", "AEP_CLIENT_ID", reterr);

	if (r < 0)
		return r;
	if (str_empty(o->scopes))
		return error_set(reterr, -EINVAL, "no scopes: set --scopes or AEP_SCOPES");
	if (strlen(o->client_id) > CLIENT_VALUE_MAX ||
		strlen(o->client_secret) > CLIENT_VALUE_MAX || strlen(o->scopes) > CLIENT_VALUE_MAX)
		return error_set(reterr, -E2BIG,
			"client id, client secret or scopes are over %zu bytes: check them",
			CLIENT_VALUE_MAX);
	return fault ? error_set(reterr, -EINVAL, "--token-url: %s", fault) : 0;
}

static int check_token(const struct snowmelt_options *o, struct error *reterr)
{
	int r = check_header(o->access_token, "access token",
		"AEP_ACCESS_TOKEN or AEP_ACCESS_TOKEN_FILE", reterr);

	if (r == 0 && strlen(o->access_token) > FLOW_TOKEN_MAX)
		r = error_set(reterr, -E2BIG, "the access token is over %zu bytes: check it",
			FLOW_TOKEN_MAX);
	return r;
}

/* A token, or what buys one. */
static int check_credentials(const struct snowmelt_options *o, struct error *reterr)
{
	bool token = !str_empty(o->access_token), client = !str_empty(o->client_secret);

	if (token && client)
		return error_set(reterr, -EINVAL,
			"AEP_ACCESS_TOKEN and AEP_CLIENT_SECRET are both set: unset one of them");
	if (!token && !client)
		return error_set(reterr, -EINVAL,
			"no credentials: set AEP_ACCESS_TOKEN, or AEP_CLIENT_ID, AEP_CLIENT_SECRET "
			"and AEP_SCOPES");
	return client ? check_client(o, reterr) : check_token(o, reterr);
}

static int check_adobe(const struct snowmelt_options *o, struct error *reterr)
{
	const char *fault = flow_service_url_fault(o->url);
	int r;

	if (fault)
		return error_set(reterr, -EINVAL, "--url: %s", fault);
	r = check_header(o->org, "organization", "--org or AEP_ORG_ID", reterr);
	if (r == 0)
		r = check_header(str_empty(o->api_key) ? o->client_id : o->api_key, "API key",
			"AEP_API_KEY or AEP_CLIENT_ID", reterr);
	return r < 0 ? r : check_credentials(o, reterr);
}

/* Does it ask the Flow Service? */
static bool asks_adobe(const struct snowmelt_options *o)
{
	return o->command != SNOWMELT_COMMAND_CHECK;
}

static int check_names(const struct snowmelt_options *o, struct error *reterr)
{
	if (!flow_sandbox_valid(o->sandbox))
		return error_set(reterr, -EINVAL,
			"--sandbox: not a sandbox name: letters, digits and '-', at most 256");
	if (o->probe_table && !servicenow_table_valid(o->probe_table))
		return error_set(reterr, -EINVAL,
			"--probe-table: not the name of a table: letters, digits and _, at most "
			"%d",
			SERVICENOW_TABLE_MAX);
	return 0;
}

static int check_traffic(const struct snowmelt_options *o, struct error *reterr)
{
	if (o->concurrency < 1 || o->concurrency > 4096)
		return error_set(reterr, -EINVAL, "--concurrency: give 1 to 4096");
	if (o->attempts < 1)
		return error_set(reterr, -EINVAL, "--attempts: give 1 or more");
	if (o->rate_per_s < 0 || (o->rate_per_s > 0 && o->rate_per_s > 1e6))
		return error_set(reterr, -EINVAL, "--rate: give at most 1000000/s");
	return 0;
}

#define BENCH_PREFIX_MAX 200
#define BENCH_ARRIVALS_MAX 1e7 /* each id is kept until it is deleted */

static int check_bench(const struct snowmelt_options *o, struct error *reterr)
{
	double arrivals;

	if (o->duration <= 0 || o->warmup < 0)
		return error_set(reterr, -EINVAL,
			"--duration, --warmup: give more than nothing, and nothing or more");
	if (!flow_name_filterable(o->prefix) || strlen(o->prefix) > BENCH_PREFIX_MAX)
		return error_set(reterr, -EINVAL,
			"--prefix: give letters, digits, blanks inside, '.', '_' and '-', at most "
			"%d",
			BENCH_PREFIX_MAX);
	arrivals = ((double)o->warmup + (double)o->duration) / (double)SEC * o->rate_per_s;
	if (arrivals > BENCH_ARRIVALS_MAX)
		return error_set(reterr, -EINVAL,
			"--rate times --duration is over %.0f requests: lower one of them",
			BENCH_ARRIVALS_MAX);
	return 0;
}

static int check_file(const char *path, const char *option, struct error *reterr)
{
	char shown[300];

	if (str_empty(path) || access(path, R_OK) == 0)
		return 0;
	return error_set(reterr, -errno, "%s: cannot read '%s': %s: check path and permissions",
		option, str_shown(shown, sizeof(shown), path), strerror(errno));
}

static int check_files(const struct snowmelt_options *o, struct error *reterr)
{
	int r = check_file(o->cacert, "--cacert", reterr);

	if (r == 0)
		r = check_file(o->client_cert, "--client-cert", reterr);
	if (r == 0)
		r = check_file(o->client_key, "--client-key", reterr);
	return r;
}

static int keep_all(struct run_settings *s, struct error *reterr)
{
	const char **texts[] = {
		&s->o.input,
		&s->o.secrets_dir,
		&s->o.url,
		&s->o.org,
		&s->o.api_key,
		&s->o.client_id,
		&s->o.scopes,
		&s->o.token_url,
		&s->o.sandbox,
		&s->o.cacert,
		&s->o.client_cert,
		&s->o.client_key,
		&s->o.proxy,
		&s->o.results,
		&s->o.ledger,
		&s->o.probe_table,
		&s->o.prefix,
		&s->o.plot,
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *given = *texts[i];

		*texts[i] = keep(s, given);
		if (!str_empty(given) && !*texts[i])
			return error_set(reterr, -ENOMEM, "out of memory");
	}
	return 0;
}

/* "…/connections" is appended with its own slash. */
static void trim_url(struct run_settings *s)
{
	for (size_t i = 0; i < s->text_count; i++) {
		char *text = s->text[i];

		if (text != s->o.url)
			continue;
		for (size_t len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
			text[len - 1] = '\0';
	}
}

static int keep_secret(
	const char *value, struct secret_region *secrets, char **ret, struct error *reterr)
{
	*ret = secret_take(secrets, strlen(value));
	if (!*ret)
		return error_set(reterr, -ENOMEM, "no memory for secrets");
	memcpy(*ret, value, strlen(value));
	return 0;
}

int run_settings_take(struct run_settings *s, const struct snowmelt_options *o,
	struct secret_region *secrets, struct error *reterr)
{
	int r;

	*s = (struct run_settings){.o = *o};
	if (!s->o.prefix)
		s->o.prefix = "snowmelt-bench";
	if (str_empty(o->input) && o->command != SNOWMELT_COMMAND_BENCH)
		return error_set(
			reterr, -EINVAL, "no input: name a CSV file, or - for standard input");
	r = asks_adobe(o) ? check_adobe(o, reterr) : 0;
	if (r == 0)
		r = check_names(o, reterr);
	if (r == 0)
		r = check_traffic(o, reterr);
	if (r == 0 && o->command == SNOWMELT_COMMAND_BENCH)
		r = check_bench(&s->o, reterr);
	if (r == 0)
		r = check_files(o, reterr);
	if (r == 0)
		r = keep_all(s, reterr);
	if (r < 0)
		return r;

	trim_url(s);
	s->format = run_results_format(o);
	s->o.map = s->o.carry = NULL; /* the input takes them from the caller's options */
	s->o.access_token = s->o.client_secret = NULL;
	if (!s->o.api_key)
		s->o.api_key = s->o.client_id;
	if (!asks_adobe(o))
		return 0;
	if (str_empty(o->client_secret))
		return keep_secret(o->access_token, secrets, &s->token, reterr);
	return keep_secret(o->client_secret, secrets, &s->client_secret, reterr);
}

void run_settings_done(struct run_settings *s, struct secret_region *secrets)
{
	secret_give(secrets, s->token);
	secret_give(secrets, s->client_secret);
	for (size_t i = 0; i < s->text_count; i++) {
		wipe(s->text[i], strlen(s->text[i])); /* a proxy's URL may hold a login */
		free(s->text[i]);
	}
	free(s->text);
	*s = (struct run_settings){0};
}
