/* settings.c - the options' values, and where each came from. */
#include "cli/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct kept_text {
	struct kept_text *next;
	size_t len;
	char text[];
};

void settings_done(struct settings *s)
{
	struct kept_text *next;

	for (struct kept_text *k = s->kept; k; k = next) {
		next = k->next;
		wipe(k->text, k->len);
		free(k);
	}
	for (size_t i = 0; i < OPTION_COUNT; i++)
		free(s->of[i].values);
	*s = (struct settings)SETTINGS_INIT;
}

/* A copy that lives as long as the settings. */
static const char *keep(struct settings *s, const char *text)
{
	size_t len = strlen(text);
	struct kept_text *k;

	k = malloc(sizeof(*k) + len + 1);
	if (!k)
		return NULL;
	*k = (struct kept_text){.next = s->kept, .len = len};
	memcpy(k->text, text, len + 1);
	s->kept = k;
	return k->text;
}

static int append(struct settings *s, struct setting *t, struct value v, const char *place,
	struct error *reterr)
{
	struct value *grown;

	if (t->count == SETTING_VALUES_MAX)
		return error_set(
			reterr, -EINVAL, "%s: given more than %d times", place, SETTING_VALUES_MAX);
	v.text = keep(s, v.text);
	v.place = keep(s, place);
	grown = realloc(t->values, (t->count + 1) * sizeof(*grown));
	if (grown)
		t->values = grown;
	if (!grown || !v.text || !v.place)
		return error_set(reterr, -ENOMEM, "no memory for the options");
	t->values[t->count++] = v;
	return 0;
}

/* A command line is seen by every user of the machine, a config file is copied around. */
static bool is_login_in_the_open(
	const struct option *o, enum setting_source source, const char *text)
{
	return o->rule.kind == VALUE_URL && source != SOURCE_ENVIRONMENT &&
	       value_url_has_login(text);
}

int settings_put(struct settings *s, const struct option *o, enum setting_source source,
	const char *place, const char *text, struct error *reterr)
{
	struct setting *t = &s->of[option_id(o)];
	char variable[OPTION_VARIABLE_SIZE];
	struct error why;
	struct value v;
	int r;

	assert(!(o->traits & OPTION_SECRET));
	r = value_parse(&o->rule, text, &v, &why);
	if (r < 0)
		return error_set(reterr, r, "%s: %s%s%s", place,
			source == SOURCE_FILE ? o->name : "", source == SOURCE_FILE ? ": " : "",
			why.text);
	if (is_login_in_the_open(o, source, text)) {
		option_variable(o, variable);
		return error_set(reterr, -EINVAL,
			"%s: a URL with a login is not accepted here: say it in %s", place,
			variable);
	}
	if (t->count > 0 && t->source > source)
		return 0;
	if (t->source != source || !(o->traits & OPTION_REPEATS))
		t->count = 0;
	t->source = source;
	return append(s, t, v, place, reterr);
}

int settings_put_defaults(struct settings *s, struct error *reterr)
{
	int r;

	OPTION_EACH (o, FOR_ALL) {
		if (!o->fallback)
			continue;
		r = settings_put(s, o, SOURCE_DEFAULT, "default", o->fallback, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct value *settings_get(const struct settings *s, enum option_id id)
{
	const struct setting *t = &s->of[id];

	return t->count > 0 ? &t->values[t->count - 1] : NULL;
}

bool settings_on(const struct settings *s, enum option_id id)
{
	const struct value *v = settings_get(s, id);

	assert(option_table[id].rule.kind == VALUE_SWITCH);
	return v && v->on;
}

const char *settings_text(const struct settings *s, enum option_id id)
{
	const struct value *v = settings_get(s, id);

	return v ? v->text : NULL;
}

uint64_t settings_number(const struct settings *s, enum option_id id)
{
	const struct value *v = settings_get(s, id);

	assert(option_table[id].rule.kind == VALUE_NUMBER ||
		option_table[id].rule.kind == VALUE_CHOICE);
	return v ? v->number : 0;
}

nsec_t settings_duration(const struct settings *s, enum option_id id)
{
	const struct value *v = settings_get(s, id);

	assert(v && option_table[id].rule.kind == VALUE_DURATION);
	return v->duration;
}
