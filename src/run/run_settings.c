/* run_settings.c - the caller's options, copied and checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "run/paths.h"
#include "run/shell.h"
#include "sys/log.h"

#define TOKEN_MAX ((size_t)16384)

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

static int check_adobe(const struct snowmelt_options *o, struct error *reterr)
{
	const char *fault = flow_service_url_fault(o->url);
	int r;

	if (fault)
		return error_set(reterr, -EINVAL, "--url: %s", fault);
	r = check_header(o->org, "organization", "--org or AEP_ORG_ID", reterr);
	if (r == 0)
		r = check_header(o->api_key, "API key", "AEP_API_KEY", reterr);
	if (r == 0)
		r = check_header(o->access_token, "access token",
			"AEP_ACCESS_TOKEN or AEP_ACCESS_TOKEN_FILE", reterr);
	if (r == 0 && !flow_sandbox_valid(o->sandbox))
		r = error_set(reterr, -EINVAL,
			"--sandbox: not a sandbox name: letters, digits and '-', at most 256");
	if (r == 0 && strlen(o->access_token) > TOKEN_MAX)
		r = error_set(
			reterr, -E2BIG, "the access token is over %zu bytes: check it", TOKEN_MAX);
	return r;
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
		&s->o.sandbox,
		&s->o.cacert,
		&s->o.client_cert,
		&s->o.client_key,
		&s->o.proxy,
		&s->o.results,
		&s->o.ledger,
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

int run_settings_take(struct run_settings *s, const struct snowmelt_options *o,
	struct secret_region *secrets, struct error *reterr)
{
	int r;

	*s = (struct run_settings){.o = *o};
	if (str_empty(o->input))
		return error_set(
			reterr, -EINVAL, "no input: name a CSV file, or - for standard input");
	r = check_adobe(o, reterr);
	if (r == 0)
		r = check_traffic(o, reterr);
	if (r == 0)
		r = check_files(o, reterr);
	if (r == 0)
		r = keep_all(s, reterr);
	if (r < 0)
		return r;

	trim_url(s);
	s->format = run_results_format(o);
	s->o.map = s->o.carry = NULL; /* the input takes them from the caller's options */
	s->o.access_token = NULL;
	s->token = secret_take(secrets, strlen(o->access_token));
	if (!s->token)
		return error_set(reterr, -ENOMEM, "out of memory for secrets");
	memcpy(s->token, o->access_token, strlen(o->access_token));
	return log_add_secret(s->token);
}

void run_settings_done(struct run_settings *s, struct secret_region *secrets)
{
	if (s->token)
		secret_give(secrets, s->token);
	for (size_t i = 0; i < s->text_count; i++)
		free(s->text[i]);
	free(s->text);
	*s = (struct run_settings){0};
}
