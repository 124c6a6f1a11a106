/* options.c - one table: parser and help come from it. */
#include "flowmock/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/str.h"
#include "flowmock/servicenow.h"

static bool take_flag(void *field, const char *arg)
{
	*(bool *)field = true;
	return true;
}

static bool take_text(void *field, const char *arg)
{
	*(const char **)field = arg;
	return arg[0] != '\0';
}

static bool take_texts(void *field, const char *arg)
{
	struct texts *list = field;

	if (list->count == TEXTS_MAX)
		return false;
	list->text[list->count++] = arg;
	return arg[0] != '\0';
}

static bool take_logins(void *field, const char *arg)
{
	return strchr(arg, ':') && arg[0] != ':' && take_texts(field, arg);
}

static bool take_duration(void *field, const char *arg)
{
	return duration_parse(arg, field) == 0;
}

static bool take_dist(void *field, const char *arg)
{
	return dist_parse(arg, field) == 0;
}

static bool take_chance(void *field, const char *arg)
{
	char *end;
	double p = strtod(arg, &end);

	*(double *)field = p;
	return end != arg && *end == '\0' && p >= 0 && p <= 1;
}

static bool take_fault(void *field, const char *arg)
{
	return faults_parse(field, arg) == 0;
}

static bool take_u16(void *field, const char *arg)
{
	uint64_t n;

	if (str_u64(arg, 0, UINT16_MAX, &n) < 0)
		return false;
	*(uint16_t *)field = (uint16_t)n;
	return true;
}

static bool take_page_size(void *field, const char *arg)
{
	return take_u16(field, arg) && *(uint16_t *)field > 0;
}

static bool take_burst(void *field, const char *arg)
{
	uint64_t n;

	if (str_u64(arg, 1, UINT32_MAX, &n) < 0)
		return false;
	*(uint32_t *)field = (uint32_t)n;
	return true;
}

static bool take_seed(void *field, const char *arg)
{
	return str_u64(arg, 0, UINT64_MAX, field) == 0;
}

static bool take_rate(void *field, const char *arg)
{
	char *unit;
	double rate = strtod(arg, &unit);

	if (strcmp(unit, "/m") == 0)
		rate /= 60;
	else if (strcmp(unit, "/h") == 0)
		rate /= 3600;
	else if (unit[0] != '\0' && strcmp(unit, "/s") != 0)
		return false;
	*(double *)field = rate;
	return unit != arg && rate > 1e-6 && rate < 1e9;
}

static bool take_outage(void *field, const char *arg)
{
	struct outage_span *o = field;
	const char *plus = strchr(arg, '+');
	char start[32];

	if (!plus || (size_t)(plus - arg) >= sizeof(start))
		return false;
	str_copy(start, (size_t)(plus - arg) + 1, arg);
	return duration_parse(start, &o->start) == 0 && duration_parse(plus + 1, &o->length) == 0;
}

/* One of two words; the second one is 1. */
static bool take_word(void *field, const char *arg, const char *zero, const char *one)
{
	*(unsigned *)field = strcmp(arg, one) == 0;
	return strcmp(arg, zero) == 0 || strcmp(arg, one) == 0;
}

static bool take_outage_way(void *field, const char *arg)
{
	return take_word(field, arg, "503", "refuse");
}

static bool take_error_shape(void *field, const char *arg)
{
	return take_word(field, arg, "older", "current");
}

static bool take_delete_status(void *field, const char *arg)
{
	return take_u16(field, arg) && (strcmp(arg, "204") == 0 || strcmp(arg, "202") == 0);
}

static bool take_invalid_client(void *field, const char *arg)
{
	return take_u16(field, arg) && (strcmp(arg, "400") == 0 || strcmp(arg, "401") == 0);
}

static bool take_tls_max(void *field, const char *arg)
{
	return take_text(field, arg) && (strcmp(arg, "1.1") == 0 || strcmp(arg, "1.2") == 0);
}

static bool take_listen(void *field, const char *arg)
{
	struct sockaddr_in *v4 = field;
	struct sockaddr_in6 *v6 = field;

	memset(field, 0, sizeof(struct sockaddr_storage));
	if (inet_pton(AF_INET, arg, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	}
	v6->sin6_family = AF_INET6;
	return inet_pton(AF_INET6, arg, &v6->sin6_addr) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

struct option {
	const char *name;
	const char *metavar; /* NULL: takes no argument */
	bool (*take)(void *field, const char *arg);
	size_t offset;
	const char *help;
	const char *remedy;
};

#define AT(field) offsetof(struct options, field)
#define GIVE_DURATION "give a duration such as 250ms, 2s or 15m"
#define GIVE_DIST "give 20ms, fixed:20ms, uniform:5ms-50ms or lognormal:20ms,200ms"

static const struct option table[] = {
	{"Where", NULL, NULL, 0, NULL, NULL},
	{"listen", "ADDRESS", take_listen, AT(listen), "a loopback address (127.0.0.1)",
		"only loopback is served: give 127.0.0.1 or ::1"},
	{"port", "N", take_u16, AT(port), "0: any free one (0)", "give a number up to 65535"},
	{"store", "FILE", take_text, AT(store), "keep what was executed in FILE, go on from there",
		"name a file"},
	{"seed", "N", take_seed, AT(seed), "of ids, faults and latency (1)", "give a number"},
	{"tls-cert", "FILE", take_text, AT(tls_cert), "serve https with this certificate (PEM)",
		"name a file"},
	{"tls-key", "FILE", take_text, AT(tls_key), "its key (PEM)", "name a file"},
	{"tls-client-ca", "FILE", take_text, AT(tls_client_ca),
		"a client has to show a certificate that this one signed", "name a file"},
	{"tls-max", "VERSION", take_tls_max, AT(tls_max), "nothing newer than 1.1 or 1.2 (any)",
		"give 1.1 or 1.2"},
	{"help", NULL, take_flag, AT(help), "this text", ""},

	{"Who is let in", NULL, NULL, 0, NULL, NULL},
	{"token", "TEXT", take_text, AT(token), "the one bearer token that is valid (any)",
		"give the token"},
	{"token-life", "TIME", take_duration, AT(token_life),
		"a token is expired so long after its first use (never)", GIVE_DURATION},
	{"client-id", "TEXT", take_text, AT(client_id),
		"the one client that gets tokens; only those are valid (any)", "give the id"},
	{"client-secret", "TEXT", take_text, AT(client_secret), "its secret (any)",
		"give the secret"},
	{"scopes", "TEXT", take_text, AT(scopes), "the scope it has to ask for (any)",
		"give it as it is to come"},
	{"token-lifetime", "TIME", take_duration, AT(token_lifetime),
		"expires_in of tokens handed out; so long they are valid (24h)", GIVE_DURATION},
	{"invalid-client", "N", take_invalid_client, AT(invalid_client_status),
		"status of invalid_client: 400 or 401 (400)", "give 400 or 401"},
	{"api-key", "TEXT", take_text, AT(api_key), "the one x-api-key that is valid (any)",
		"give the key"},
	{"sandbox", "NAME", take_texts, AT(sandboxes),
		"a sandbox that exists; again for more (any)", "name a sandbox, at most 64"},

	{"What it does", NULL, NULL, 0, NULL, NULL},
	{"unique-names", NULL, take_flag, AT(unique_names), "409 for a name that is there", ""},
	{"bad-login", "PREFIX", take_texts, AT(bad_logins),
		"user names whose test is false; again for more (bad-)",
		"give a prefix, at most 64"},
	{"tables", "N", take_u16, AT(tables), "how many an explore shows (3)",
		"give a number up to 65535"},
	{"check-logins", NULL, take_flag, AT(check_logins),
		"a create with a bad login is refused (FLOW-1100-400)", ""},
	{"show-passwords", NULL, take_flag, AT(show_passwords),
		"keep secrets and show them in answers and FILE", ""},
	{"initializing", "TIME", take_duration, AT(initializing),
		"a new connection is not yet enabled so long", GIVE_DURATION},
	{"etag-moves", "TIME", take_duration, AT(etag_moves),
		"the etag moves once, so long after the create", GIVE_DURATION},
	{"etag-moves-again", NULL, take_flag, AT(etag_moves_again),
		"so long after each change, too", ""},
	{"in-use", "PREFIX", take_texts, AT(in_use),
		"names that a dataflow uses, beside descriptions with in-use; again for more "
		"(in-use-)",
		"give a prefix, at most 64"},
	{"delete-status", "N", take_delete_status, AT(delete_status), "204 or 202 (204)",
		"give 204 or 202"},
	{"error-shape", "WORD", take_error_shape, AT(error_shape),
		"of 404 and 412: older or current (older)", "give older or current"},

	{"What listings show", NULL, NULL, 0, NULL, NULL},
	{"page-size", "N", take_page_size, AT(page_size), "most items in a page (100)",
		"give a number from 1 to 65535"},
	{"short-pages", NULL, take_flag, AT(short_pages),
		"pages are shorter than asked, or empty with a next one", ""},
	{"no-next", NULL, take_flag, AT(no_next), "a listing ends with its first page", ""},
	{"lag", "DIST", take_dist, AT(lag), "a create is not listed before", GIVE_DIST},
	{"delete-lag", "DIST", take_dist, AT(delete_lag), "what is deleted is still listed so long",
		GIVE_DIST},
	{"filter-miss", "P", take_chance, AT(filter_miss), "a filter overlooks an item so often",
		"give a number from 0 to 1"},
	{"filter-ignores-name", NULL, take_flag, AT(filter_ignores_name),
		"a filter by name is not applied", ""},

	{"What its ServiceNow does", NULL, NULL, 0, NULL, NULL},
	{"servicenow-login", "USER:PASSWORD", take_logins, AT(servicenow_logins),
		"a login that is right; again for more (any)",
		"give it as USER:PASSWORD, at most 64"},
	{"servicenow-table", "NAME", take_texts, AT(servicenow_tables),
		"a table that there is; again for more (any)", "name a table, at most 64"},
	{"servicenow-limit", "N", take_burst, AT(servicenow_limit),
		"429 beyond so many requests of a login in an hour (any)",
		"give a number from 1 on"},
	{"servicenow-latency", "DIST", take_dist, AT(servicenow_latency), "of its answers",
		GIVE_DIST},

	{"What goes wrong", NULL, NULL, 0, NULL, NULL},
	{"latency", "DIST", take_dist, AT(latency),
		"of answers: 20ms, uniform:5ms-50ms, lognormal:MEDIAN,P99", GIVE_DIST},
	{"token-latency", "DIST", take_dist, AT(token_latency), "of the token endpoint", GIVE_DIST},
	{"fault", "KIND=P", take_fault, AT(faults),
		"what a request gets with chance P; again for more",
		"give KIND=P, a kind of --help, P from 0 to 1 and all of a verb at most 1, or "
		"poison:PREFIX"},
	{"schedule", "FILE", take_text, AT(schedule),
		"lines `N KIND [TIME]`: what the Nth create (`N patch:KIND`: PATCH) gets",
		"name a file"},
	{"retry-after", "N", take_u16, AT(retry_after_s), "seconds that throttle tells (1)",
		"give a number up to 65535"},
	{"hold", "TIME", take_duration, AT(hold),
		"of timeout-after, timeout-late, error504-late (60s)", GIVE_DURATION},
	{"rate-limit", "N/s", take_rate, AT(rate_limit), "429 beyond it (none)",
		"give a rate such as 50/s, 120/m"},
	{"rate-burst", "N", take_burst, AT(rate_burst),
		"requests it lets through at once (what 100 ms hold)", "give a number from 1 on"},
	{"out-for", "START+TIME", take_outage, AT(outage),
		"out of order so long, START after the first request", "give it as 2s+10s"},
	{"out-how", "WORD", take_outage_way, AT(outage_way),
		"503, or refuse: no connection at all (503)", "give 503 or refuse"},
};

static const struct option *find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].take && strlen(table[i].name) == len &&
			strncmp(table[i].name, name, len) == 0)
			return &table[i];
	}
	return NULL;
}

/* Takes argv[i], and argv[i + 1] if need be. Returns how many, or -EINVAL. */
static int take_one(char **argv, struct options *o, struct error *reterr)
{
	const char *word = argv[0];
	const char *equals = strchr(word, '=');
	size_t len = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *opt;
	const char *arg = equals ? equals + 1 : argv[1];

	opt = strncmp(word, "--", 2) == 0 ? find_option(word + 2, len - 2) : NULL;
	if (!opt)
		return error_set(reterr, -EINVAL, "unknown option '%s': see flowmock --help", word);
	if (!opt->metavar && equals)
		return error_set(
			reterr, -EINVAL, "--%s takes no value: leave '%s' out", opt->name, equals);
	if (opt->metavar && !arg)
		return error_set(
			reterr, -EINVAL, "--%s lacks its value: %s", opt->name, opt->remedy);
	if (!opt->take((char *)o + opt->offset, arg))
		return error_set(
			reterr, -EINVAL, "--%s cannot be '%s': %s", opt->name, arg, opt->remedy);
	return opt->metavar && !equals ? 2 : 1;
}

/* What one option asks of another. */
static int check_together(const struct options *o, struct error *reterr)
{
	if (!o->tls_cert != !o->tls_key)
		return error_set(reterr, -EINVAL,
			"--tls-cert and --tls-key belong together: give both or neither");
	if (!o->tls_cert && (o->tls_client_ca || o->tls_max))
		return error_set(reterr, -EINVAL,
			"--tls-client-ca and --tls-max are for https: give --tls-cert and "
			"--tls-key too");
	if (o->token && o->client_id)
		return error_set(reterr, -EINVAL,
			"--token and --client-id exclude each other: give one of them");
	return 0;
}

int options_parse(int argc, char **argv, struct options *ret, struct error *reterr)
{
	struct options o = {
		.seed = 1,
		.delete_status = 204,
		.tables = 3,
		.page_size = 100,
		.retry_after_s = 1,
		.hold = 60 * SEC,
		.token_lifetime = 24 * 3600 * SEC,
		.invalid_client_status = 400,
	};
	int r;

	take_listen(&o.listen, "127.0.0.1");
	for (int i = 1; i < argc; i += r) {
		r = take_one(argv + i, &o, reterr);
		if (r < 0)
			return r;
	}
	r = check_together(&o, reterr);
	if (r < 0)
		return r;
	/* One by one, a limit would refuse what a busy machine delivers two at once. */
	if (o.rate_burst == 0)
		o.rate_burst = (uint32_t)MAX(o.rate_limit / 10, 1);
	if (o.bad_logins.count == 0)
		take_texts(&o.bad_logins, "bad-");
	if (o.in_use.count == 0)
		take_texts(&o.in_use, "in-use-");
	if (o.schedule) {
		r = faults_load(&o.faults, o.schedule, reterr);
		if (r < 0) {
			faults_done(&o.faults);
			return r;
		}
	}
	*ret = o;
	return 0;
}

static void print_kinds(FILE *f)
{
	fputs("\nKinds of --fault and --schedule. A kind is for creates; before it stands `get:` "
	      "for\n"
	      "every GET, `read:`, `test:`, `explore:` for those of one connection, `patch:`,\n"
	      "`delete:`, `token:` for the token endpoint, `servicenow:` for its ServiceNow.\n"
	      "poison:PREFIX is a 500 for every name that begins so.\n",
		f);
	for (int k = FAULT_NONE + 1; k < FAULT_POISON; k++) {
		const struct fault_kind *kind = fault_kind((enum fault)k);

		if (kind->what[0] != '\0')
			fprintf(f, "  %-20s %s\n", kind->name, kind->what);
	}
}

void options_help(FILE *f)
{
	fputs("flowmock: a local Flow Service to rehearse migrations on\n"
	      "\n"
	      "usage: flowmock [--OPTION [VALUE]]...\n"
	      "\n"
	      "Prints its URL and that of its token endpoint, and serves until SIGTERM or "
	      "SIGINT.\n",
		f);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct option *opt = &table[i];
		int width;

		if (!opt->take) {
			fprintf(f, "\n%s\n", opt->name);
			continue;
		}
		width = fprintf(f, "  --%s %s", opt->name, opt->metavar ? opt->metavar : "");
		fprintf(f, "%*s %s\n", width < 24 ? 24 - width : 0, "", opt->help);
	}
	print_kinds(f);
	servicenow_words(f);
	fputs("\nBeside the service: GET /_flowmock/status, GET /_flowmock/connections (those of\n"
	      "one ?sandbox=NAME; with ?counts=true also what was executed of each),\n"
	      "POST /_flowmock/connections (as others create them, one body or an array,\n"
	      "createdAt as it is given), PATCH and DELETE /_flowmock/connections/ID (as others\n"
	      "change and delete them, without If-Match), POST /_flowmock/faults {KIND: P},\n"
	      "POST /_flowmock/revoke (every token issued so far), POST /_flowmock/reset\n",
		f);
}
