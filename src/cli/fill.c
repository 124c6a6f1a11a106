/* fill.c - the settings as the library wants them, for every command that asks it. */
#include "cli/fill.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static_assert((int)SNOWMELT_FORMAT_CSV == 1 && (int)SNOWMELT_FORMAT_JSONL == 2,
	"--format's words are csv|jsonl");

/* The texts of an option that may be given several times; NULL without memory. */
static const char **texts(const struct settings *s, enum option_id id)
{
	const struct setting *t = &s->of[id];
	const char **list = calloc(t->count + 1, sizeof(*list));

	for (size_t i = 0; list && i < t->count; i++)
		list[i] = t->values[i].text;
	return list;
}

static void fill_input(const struct settings *s, struct snowmelt_options *o)
{
	const struct value *delimiter = settings_get(s, OPT_DELIMITER);

	o->input = s->operand_count > 0 ? s->operands[0] : NULL;
	o->map_count = s->of[OPT_MAP].count;
	o->carry_count = s->of[OPT_CARRY].count;
	o->secrets_dir = settings_text(s, OPT_SECRETS_DIR);
	o->delimiter = delimiter ? delimiter->delimiter : '\0';
	o->allow_http_endpoints = settings_on(s, OPT_ALLOW_HTTP_ENDPOINTS);
}

static void fill_adobe(const struct settings *s, struct snowmelt_options *o)
{
	o->url = settings_text(s, OPT_URL);
	o->org = settings_text(s, OPT_ORG);
	o->sandbox = settings_text(s, OPT_SANDBOX);
	o->scopes = settings_text(s, OPT_SCOPES);
	o->token_url = settings_text(s, OPT_TOKEN_URL);
	o->cacert = settings_text(s, OPT_CACERT);
	o->proxy = settings_text(s, OPT_PROXY);
	o->client_cert = settings_text(s, OPT_CLIENT_CERT);
	o->client_key = settings_text(s, OPT_CLIENT_KEY);
	o->connect_timeout = settings_duration(s, OPT_CONNECT_TIMEOUT);
	o->timeout = settings_duration(s, OPT_TIMEOUT);
}

static void fill_traffic(const struct settings *s, struct snowmelt_options *o)
{
	const struct value *rate = settings_get(s, OPT_RATE);
	const struct value *give_up = settings_get(s, OPT_GIVE_UP_AFTER);
	const struct value_halt *halt = &settings_get(s, OPT_HALT)->halt;

	o->concurrency = (uint32_t)settings_number(s, OPT_CONCURRENCY);
	o->rate_per_s = rate ? rate->rate_per_s : 0;
	o->burst = (uint32_t)settings_number(s, OPT_BURST);
	o->attempts = (uint32_t)settings_number(s, OPT_ATTEMPTS);
	o->settle = settings_duration(s, OPT_SETTLE);
	o->settle_timeout = settings_duration(s, OPT_SETTLE_TIMEOUT);
	o->max_retry_after = settings_duration(s, OPT_MAX_RETRY_AFTER);
	o->give_up_after = give_up ? give_up->duration : NSEC_NONE;
	o->halt = halt->how;
	o->halt_fails = halt->fails;
	o->halt_percent = halt->percent;
	o->has_seed = settings_get(s, OPT_SEED) != NULL;
	o->seed = settings_number(s, OPT_SEED);
	o->no_inventory = !settings_on(s, OPT_INVENTORY);
	o->tag = settings_on(s, OPT_TAG);
	o->explore = settings_on(s, OPT_EXPLORE);
	o->force = settings_on(s, OPT_FORCE);
	o->probe = settings_on(s, OPT_PROBE);
	o->probe_table = settings_text(s, OPT_PROBE_TABLE);
	o->update = settings_on(s, OPT_UPDATE);
	o->adopted = settings_on(s, OPT_ADOPTED);
	o->resend_unresolved = settings_on(s, OPT_RESEND_UNRESOLVED);
}

static void fill_files(const struct settings *s, struct snowmelt_options *o)
{
	o->ledger = settings_text(s, OPT_LEDGER);
	o->results = settings_text(s, OPT_RESULTS);
	o->format = SNOWMELT_FORMAT_AUTO;
	if (settings_get(s, OPT_FORMAT))
		o->format = SNOWMELT_FORMAT_CSV + settings_number(s, OPT_FORMAT);
	o->excel_safe = settings_on(s, OPT_EXCEL_SAFE);
	o->report = (enum snowmelt_report_format)settings_number(s, OPT_STATUS_FORMAT);
}

static_assert((int)SNOWMELT_REPORT_TEXT == 0, "--format of bench begins with text");

static void fill_bench(const struct settings *s, struct snowmelt_options *o)
{
	o->duration = settings_duration(s, OPT_DURATION);
	o->warmup = settings_duration(s, OPT_WARMUP);
	o->poisson = settings_number(s, OPT_ARRIVALS) == 1;
	o->prefix = settings_text(s, OPT_PREFIX);
	o->keep = settings_on(s, OPT_KEEP);
	o->own_service = settings_on(s, OPT_OWN_SERVICE);
	o->plot = settings_text(s, OPT_PLOT);
	if (settings_number(s, OPT_BENCH_FORMAT) == 1)
		o->report = SNOWMELT_REPORT_JSONL;
}

int filled_init(struct filled *f, const struct settings *s)
{
	*f = (struct filled){.map = texts(s, OPT_MAP), .carry = texts(s, OPT_CARRY)};
	snowmelt_options_init(&f->o);
	if (!f->map || !f->carry)
		return -ENOMEM;
	fill_input(s, &f->o);
	fill_adobe(s, &f->o);
	fill_traffic(s, &f->o);
	fill_files(s, &f->o);
	fill_bench(s, &f->o);
	f->o.map = f->map;
	f->o.carry = f->carry;
	return 0;
}

void filled_done(struct filled *f)
{
	free(f->map);
	free(f->carry);
	*f = (struct filled){.map = NULL};
}
