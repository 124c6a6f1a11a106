/* parse.c - the command line. */
#include "cli/parse.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define NAME_MAX_SHOWN 80

struct flag {
	const char *name; /* without its dashes */
	size_t name_len;
	const char *value; /* behind '='; NULL: none */
	const struct option *option;
	bool negated; /* --no-name */
};

/* What is quoted of an unknown option is its name, for a secret may stand behind the '='. */
static int unknown_flag(const struct command *c, const struct flag *f, struct error *reterr)
{
	char name[NAME_MAX_SHOWN], shown[NAME_MAX_SHOWN];
	const char *near;

	str_copy(name, MIN(sizeof(name), f->name_len + 1), f->name);
	near = option_suggest(name, c->bit, OPTION_SECRET | OPTION_HIDDEN);
	str_shown(shown, sizeof(shown), name);
	if (near)
		return error_set(reterr, -EINVAL, "there is no option '--%s': did you mean --%s?",
			shown, near);
	return error_set(reterr, -EINVAL, "there is no option '--%s': see 'snowmelt %s --help'",
		shown, c->name);
}

static int find_flag(const struct command *c, const char *arg, struct flag *f, struct error *reterr)
{
	*f = (struct flag){.name = arg + 2};
	f->name_len = strcspn(f->name, "=");
	if (f->name[f->name_len])
		f->value = f->name + f->name_len + 1;

	f->option = option_find(f->name, f->name_len, c->bit);
	if (!f->option && f->name_len > 3 && memcmp(f->name, "no-", 3) == 0) {
		f->option = option_find(f->name + 3, f->name_len - 3, c->bit);
		f->negated = true;
		/* What is only ever said by flag is off unless it is said. */
		if (f->option && (f->option->argument || (f->option->traits & OPTION_FLAG_ONLY)))
			f->option = NULL;
	}
	if (!f->option)
		return unknown_flag(c, f, reterr);
	if (f->option->traits & OPTION_SECRET)
		return error_set(reterr, -EINVAL,
			"--%s: a secret is never a command-line argument: set %s or %s_FILE",
			f->option->name, f->option->variables[0], f->option->variables[0]);
	return 0;
}

/* This and take_operand() return how many arguments they took, or a negative errno. */
static int take_flag(const struct command *c, const char *arg, const char *next, struct settings *s,
	struct error *reterr)
{
	char place[NAME_MAX_SHOWN] = "--";
	struct flag f;
	int taken = 1;
	int r;

	r = find_flag(c, arg, &f, reterr);
	if (r < 0)
		return r;
	str_copy(place + 2, MIN(sizeof(place) - 2, f.name_len + 1), f.name);

	if (!f.option->argument) {
		if (f.value)
			return error_set(
				reterr, -EINVAL, "%s takes no value: write %s alone", place, place);
		f.value = f.negated ? "no" : "yes";
	} else if (!f.value) {
		if (!next || strncmp(next, "--", 2) == 0)
			return error_set(reterr, -EINVAL, "%s needs a value: write %s=%s", place,
				place, f.option->argument);
		f.value = next;
		taken = 2;
	}
	r = settings_put(s, f.option, SOURCE_FLAG, place, f.value, reterr);
	return r < 0 ? r : taken;
}

static int take_operand(
	const struct command *c, const char *arg, struct settings *s, struct error *reterr)
{
	char shown[NAME_MAX_SHOWN];

	str_shown(shown, sizeof(shown), arg);
	if (!c->operand)
		return error_set(reterr, -EINVAL, "'%s' is one argument too many: '%s' takes none",
			shown, c->name);
	if (s->operand_count > 0)
		return error_set(reterr, -EINVAL,
			"'%s' is one argument too many: '%s' takes one %s", shown, c->name,
			c->operand);
	s->operands[s->operand_count++] = arg;
	return 1;
}

int parse_command_line(const struct command *c, int argc, char *const argv[], struct settings *s,
	struct error *reterr)
{
	bool options_end = false;
	char shown[NAME_MAX_SHOWN];
	int r;

	for (int i = 0; i < argc && !settings_on(s, OPT_HELP); i += r) {
		const char *arg = argv[i];

		r = 1;
		if (options_end || arg[0] != '-' || strcmp(arg, "-") == 0)
			r = take_operand(c, arg, s, reterr);
		else if (strcmp(arg, "--") == 0)
			options_end = true;
		else if (strcmp(arg, "-h") == 0)
			r = take_flag(c, "--help", NULL, s, reterr);
		else if (strncmp(arg, "--", 2) == 0)
			r = take_flag(c, arg, i + 1 < argc ? argv[i + 1] : NULL, s, reterr);
		else
			r = error_set(reterr, -EINVAL,
				"there is no option '%s': options are long words, see 'snowmelt %s "
				"--help'",
				str_shown(shown, MIN(sizeof(shown), 3), arg), c->name);
		if (r < 0)
			return r;
	}
	return 0;
}
