/* load.c - the environment and the config file. */
#include "cli/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"
#include "cli/config_file.h"

#define SHOWN_SIZE 80
#define NO_KEY (OPTION_SECRET | OPTION_FLAG_ONLY | OPTION_NO_KEY)

/* Each line of a variable is one value of an option that may be given several times. */
static int take_lines(struct settings *s, const struct option *o, const char *place,
	const char *text, struct error *reterr)
{
	AUTO(buf_done) struct buf line = {0};
	int r = 0;

	buf_init(&line, strlen(text) + 1);
	while (r == 0 && *text) {
		size_t len = strcspn(text, "\n");

		buf_reset(&line);
		r = buf_append(&line, text, len);
		if (r < 0)
			return error_set(reterr, r, "%s: no memory", place);
		if (len > 0)
			r = settings_put(s, o, SOURCE_ENVIRONMENT, place, line.data, reterr);
		text += len + (text[len] == '\n');
	}
	return r;
}

static int take_variable(
	struct settings *s, const struct option *o, const char *variable, struct error *reterr)
{
	const char *text = getenv(variable);

	if (o->traits & OPTION_REPEATS)
		return take_lines(s, o, variable, text, reterr);
	return settings_put(s, o, SOURCE_ENVIRONMENT, variable, text, reterr);
}

int load_environment(const struct command *c, struct settings *s, struct error *reterr)
{
	char own[OPTION_VARIABLE_SIZE];
	int r;

	OPTION_EACH (o, c->bit) {
		const char *variable = NULL;

		if (o->traits & (OPTION_SECRET | OPTION_FLAG_ONLY))
			continue;
		option_variable(o, own);
		if (!str_empty(getenv(own)))
			variable = own;
		for (size_t i = 0; i < OPTION_VARIABLES && o->variables[i] && !variable; i++)
			if (!str_empty(getenv(o->variables[i])))
				variable = o->variables[i];
		r = variable ? take_variable(s, o, variable, reterr) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

struct loading {
	struct settings *s;
	char said[OPTION_COUNT][SHOWN_SIZE]; /* at which place; "": not yet */
};

static int unknown_key(const char *place, const char *key, struct error *reterr)
{
	const char *near = option_suggest(key, FOR_ALL, NO_KEY);
	char shown[SHOWN_SIZE];

	str_shown(shown, sizeof(shown), key);
	if (redact_name_is_secret(key))
		return error_set(reterr, -EINVAL,
			"%s: '%s' speaks of a secret, and a config file is no place for one: "
			"remove it, and set AEP_ACCESS_TOKEN_FILE or another AEP_… variable",
			place, shown);
	if (near)
		return error_set(reterr, -EINVAL, "%s: there is no option '%s': did you mean %s?",
			place, shown, near);
	return error_set(reterr, -EINVAL, "%s: there is no option '%s': see 'snowmelt run --help'",
		place, shown);
}

static int take_key(
	void *arg, const char *place, const char *key, const char *value, struct error *reterr)
{
	struct loading *l = arg;
	const struct option *o = option_find(key, strlen(key), FOR_ALL);
	char *said;

	if (!o || (o->traits & NO_KEY & ~OPTION_SECRET))
		return unknown_key(place, key, reterr);
	if (o->traits & OPTION_SECRET)
		return error_set(reterr, -EINVAL,
			"%s: %s is not accepted from a config file: remove it, and set %s or "
			"%s_FILE in the environment",
			place, o->name, o->variables[0], o->variables[0]);
	said = l->said[option_id(o)];
	if (*said && !(o->traits & OPTION_REPEATS))
		return error_set(reterr, -EINVAL, "%s: %s was given already at %s: keep one", place,
			o->name, said);
	str_copy(said, SHOWN_SIZE, place);
	return settings_put(l->s, o, SOURCE_FILE, place, value, reterr);
}

/* "$HOME/.config/snowmelt/config.ini", or where XDG_CONFIG_HOME says; 0 when
 * neither is set: relative ones count as unset (XDG Base Directory). */
static int user_path(struct buf *b)
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return buf_printf(b, "%s/snowmelt/config.ini", xdg);
	if (home && home[0] == '/')
		return buf_printf(b, "%s/.config/snowmelt/config.ini", home);
	return 0;
}

int load_config_file(struct settings *s, struct error *reterr)
{
	const char *named = settings_text(s, OPT_CONFIG);
	AUTO(buf_done) struct buf path = {0};
	struct loading l = {.s = s};
	int r;

	buf_init(&path, 4096);
	if (named)
		return config_file_read(named, take_key, &l, reterr);
	r = config_file_read("snowmelt.ini", take_key, &l, reterr);
	if (r != -ENOENT)
		return r;
	r = user_path(&path);
	if (r < 0)
		return error_set(reterr, r, "XDG_CONFIG_HOME or HOME is no path: unset it");
	if (path.len == 0)
		return 0;
	r = config_file_read(path.data, take_key, &l, reterr);
	return r == -ENOENT ? 0 : r;
}
