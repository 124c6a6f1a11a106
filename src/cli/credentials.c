/* credentials.c - what a command needs to speak to Adobe, in guarded memory. */
#include "cli/credentials.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "cli/help.h"
#include "cli/secret_env.h"
#include "sys/log.h"

#define REGION_SIZE (4 * SECRET_VALUE_MAX)
#define SHORT_SECRET 6 /* below this a log line that holds it is dropped whole */

static int is_present(const struct option *o, const struct settings *s, struct error *reterr)
{
	struct secret_env e;
	int r;

	if (!(o->traits & OPTION_SECRET))
		return settings_get(s, option_id(o)) != NULL;
	r = secret_env_find(o, &e, reterr);
	return r < 0 ? r : *e.variable != '\0';
}

/* "--org ID (or SNOWMELT_ORG, AEP_ORG_ID)" */
static int append_ways(const struct option *o, struct buf *b)
{
	bool is_secret = o->traits & OPTION_SECRET;
	char variable[OPTION_VARIABLE_SIZE];
	int r;

	option_variable(o, variable);
	r = buf_append_str(b, b->len > 0 ? ", " : "");
	if (r == 0)
		r = help_option_head(o, b);
	if (r == 0)
		r = buf_printf(b, " (or %s%s", is_secret ? o->variables[0] : variable,
			is_secret ? "_FILE" : "");
	for (size_t i = is_secret ? 1 : 0; r == 0 && i < OPTION_VARIABLES && o->variables[i]; i++)
		r = buf_printf(b, ", %s", o->variables[i]);
	return r < 0 ? r : buf_append_char(b, ')');
}

int credentials_check_present(unsigned commands, const struct settings *s, struct error *reterr)
{
	AUTO(buf_done) struct buf missing = {0};
	int r;

	buf_init(&missing, sizeof(reterr->text));
	OPTION_EACH (o, commands) {
		if (!(o->traits & OPTION_REQUIRED))
			continue;
		r = is_present(o, s, reterr);
		if (r < 0)
			return r;
		if (r == 0 && append_ways(o, &missing) < 0)
			return error_set(reterr, -ENOMEM, "no memory to read the options");
	}
	if (missing.len == 0)
		return 0;
	return error_set(reterr, -EINVAL, "settings are missing: give %s", missing.data);
}

static int read_one(enum option_id id, struct credentials *c, char **ret, struct error *reterr)
{
	struct secret_env e;
	int r;

	r = secret_env_find(&option_table[id], &e, reterr);
	return r < 0 ? r : secret_env_read(&e, c->region, ret, reterr);
}

int credentials_read(struct credentials *ret, struct error *reterr)
{
	struct credentials c = {.region = NULL};
	bool is_locked;
	int r;

	r = secret_region_create(REGION_SIZE, &c.region, &is_locked);
	if (r < 0)
		return error_set(reterr, r, "no guarded memory for secrets");
	if (!is_locked)
		log_warn("the kernel refused to lock memory, secrets may reach the swap: "
			 "raise 'ulimit -l'");
	r = read_one(OPT_API_KEY, &c, &c.api_key, reterr);
	if (r == 0)
		r = read_one(OPT_ACCESS_TOKEN, &c, &c.access_token, reterr);
	if (r == 0 && log_add_secret(c.access_token) < 0)
		r = error_set(reterr, -ENOMEM, "no guarded memory for secrets");
	/* An API key is no password: a short one is not worth a log full of holes. */
	if (r == 0 && strlen(c.api_key) >= SHORT_SECRET && log_add_secret(c.api_key) < 0)
		r = error_set(reterr, -ENOMEM, "no guarded memory for secrets");
	if (r < 0) {
		credentials_done(&c);
		return r;
	}
	*ret = c;
	return 0;
}

void credentials_done(struct credentials *c)
{
	secret_region_destroy(c->region);
	*c = (struct credentials){.region = NULL};
}
