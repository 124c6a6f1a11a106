/* credentials.c - what a command needs to speak to Adobe, in guarded memory.
 *
 * Either an access token, or what gets one: client id, client secret and scopes.
 * The client secret decides which: a client id may stand beside a token as its API
 * key, and scopes are no credential.
 */
#include "cli/credentials.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "cli/help.h"
#include "cli/secret_env.h"
#include "sys/log.h"

#define REGION_SIZE (8 * SECRET_VALUE_MAX)
#define SHORT_SECRET 6 /* below this a log line that holds it is dropped whole */

/* ------------------------------------------------------------------- presence */

/* Which settings there are: 1, 0, or a negative errno with the sentence. */
static int is_present(enum option_id id, const struct settings *s, struct error *reterr)
{
	const struct option *o = &option_table[id];
	struct secret_env e;
	int r;

	if (!(o->traits & OPTION_SECRET))
		return settings_get(s, id) != NULL;
	r = secret_env_find(o, &e, reterr);
	return r < 0 ? r : *e.variable != '\0';
}

/* "--org ID (or SNOWMELT_ORG, AEP_ORG_ID)" */
static int append_ways(enum option_id id, struct buf *b)
{
	const struct option *o = &option_table[id];
	bool is_secret = o->traits & OPTION_SECRET;
	char variable[OPTION_VARIABLE_SIZE];
	int r;

	option_variable(o, variable);
	r = help_option_head(o, b);
	if (r == 0)
		r = buf_printf(b, " (or %s%s", is_secret ? o->variables[0] : variable,
			is_secret ? "_FILE" : "");
	for (size_t i = is_secret ? 1 : 0; r == 0 && i < OPTION_VARIABLES && o->variables[i]; i++)
		r = buf_printf(b, ", %s", o->variables[i]);
	return r < 0 ? r : buf_append_char(b, ')');
}

/* What was looked for, and what is to be named of it. */
struct presence {
	bool has[OPTION_COUNT];
	struct buf missing;
	int r;
};

static void name_missing(struct presence *p, const char *between, enum option_id id)
{
	if (p->has[id])
		return;
	if (p->r == 0 && p->missing.len > 0)
		p->r = buf_append_str(&p->missing, between);
	if (p->r == 0)
		p->r = append_ways(id, &p->missing);
}

static void name_missing_of_client(struct presence *p, const char *first_between)
{
	size_t before = p->missing.len;

	name_missing(p, first_between, OPT_CLIENT_ID);
	name_missing(p, p->missing.len > before ? ", " : first_between, OPT_CLIENT_SECRET);
	name_missing(p, p->missing.len > before ? ", " : first_between, OPT_SCOPES);
}

static void name_missing_credentials(struct presence *p)
{
	/* Of a client the id is the API key as well, and asked for as that. */
	if (!p->has[OPT_CLIENT_SECRET])
		name_missing(p, ", ", OPT_API_KEY);
	if (p->has[OPT_ACCESS_TOKEN])
		return;
	if (p->has[OPT_CLIENT_SECRET]) {
		name_missing_of_client(p, ", ");
		return;
	}
	if (p->r == 0)
		p->r = buf_append_str(
			&p->missing, p->missing.len > 0 ? ", and either " : "either ");
	if (p->r == 0)
		p->r = append_ways(OPT_ACCESS_TOKEN, &p->missing);
	name_missing_of_client(p, " or else ");
}

static int check_one_kind(struct error *reterr)
{
	struct secret_env token, secret;
	int r = secret_env_find(&option_table[OPT_ACCESS_TOKEN], &token, reterr);

	if (r == 0)
		r = secret_env_find(&option_table[OPT_CLIENT_SECRET], &secret, reterr);
	if (r < 0 || !*token.variable || !*secret.variable)
		return r;
	return error_set(reterr, -EINVAL,
		"%s and %s are both set: unset the one, to get tokens by the client secret, or the "
		"other, to use that token",
		token.variable, secret.variable);
}

int credentials_check_present(unsigned commands, const struct settings *s, struct error *reterr)
{
	struct presence p = {.r = 0};
	int r = check_one_kind(reterr);

	if (r < 0)
		return r;
	buf_init(&p.missing, sizeof(reterr->text));
	OPTION_EACH (o, commands) {
		r = is_present(option_id(o), s, reterr);
		if (r < 0)
			break;
		p.has[option_id(o)] = r > 0;
		if ((o->traits & OPTION_REQUIRED) && option_id(o) != OPT_API_KEY)
			name_missing(&p, ", ", option_id(o));
	}
	if (r >= 0)
		name_missing_credentials(&p);
	if (r >= 0 && p.r < 0)
		r = error_set(reterr, -ENOMEM, "no memory to read the options");
	else if (r >= 0 && p.missing.len > 0)
		r = error_set(reterr, -EINVAL, "settings are missing: give %s", p.missing.data);
	buf_done(&p.missing);
	return r < 0 ? r : 0;
}

/* --------------------------------------------------------------------- values */

static int read_one(enum option_id id, struct credentials *c, char **ret, struct error *reterr)
{
	struct secret_env e;
	int r;

	r = secret_env_find(&option_table[id], &e, reterr);
	if (r < 0 || !*e.variable)
		return r;
	return secret_env_read(&e, c->region, ret, reterr);
}

/* AEP_CLIENT_ID may be asked for twice, and is wiped when it was read once. */
static int read_key(struct credentials *c, struct error *reterr)
{
	struct secret_env key, id;
	int r = secret_env_find(&option_table[OPT_API_KEY], &key, reterr);

	if (r == 0)
		r = secret_env_find(&option_table[OPT_CLIENT_ID], &id, reterr);
	if (r == 0 && *id.variable)
		r = secret_env_read(&id, c->region, &c->client_id, reterr);
	if (r < 0)
		return r;
	if (strcmp(key.variable, id.variable) == 0)
		c->api_key = c->client_id;
	else
		r = secret_env_read(&key, c->region, &c->api_key, reterr);
	return r;
}

static int hide(const char *secret, size_t at_least)
{
	return secret && strlen(secret) >= at_least ? log_add_secret(secret) : 0;
}

/* An API key and a client id are no passwords: short ones are not worth a log full of
 * holes. */
static int hide_all(const struct credentials *c)
{
	int r = hide(c->access_token, 1);

	if (r == 0)
		r = hide(c->client_secret, 1);
	if (r == 0)
		r = hide(c->api_key, SHORT_SECRET);
	return r < 0 ? r : hide(c->client_id, SHORT_SECRET);
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
	r = read_key(&c, reterr);
	if (r == 0)
		r = read_one(OPT_ACCESS_TOKEN, &c, &c.access_token, reterr);
	if (r == 0)
		r = read_one(OPT_CLIENT_SECRET, &c, &c.client_secret, reterr);
	if (r == 0 && hide_all(&c) < 0)
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
