/* print_config.c - every option, its value, and where it came from. */
#include "cli/print_config.h"

#include "base/str.h"
#include "cli/secret_env.h"

#define PLACE_COLUMN 48

/* "; PLACE" behind what was appended since `start`. */
static int append_place(struct buf *b, size_t start, const char *place)
{
	int r = buf_append_char(b, ' ');

	while (r == 0 && b->len - start < PLACE_COLUMN)
		r = buf_append_char(b, ' ');
	if (r == 0)
		r = buf_append_str(b, "; ");
	if (r == 0)
		r = str_show(b, place, SIZE_MAX);
	return r < 0 ? r : buf_append_char(b, '\n');
}

static int append_secret(struct buf *b, const struct option *o, struct error *reterr)
{
	size_t start = b->len;
	struct secret_env e;
	int r;

	r = secret_env_find(o, &e, reterr);
	if (r < 0)
		return r;
	r = buf_printf(b, "; %-20s = %s", o->name, *e.variable ? "set" : "not set");
	if (r == 0)
		r = append_place(b, start, *e.variable ? e.variable : "default");
	return r < 0 ? error_set(reterr, r, "no memory to show the options") : 0;
}

static int append_value(struct buf *b, const struct option *o, const struct value *v)
{
	size_t start = b->len;
	int r;

	r = buf_printf(b, "%s%-*s = ", o->traits & OPTION_NO_KEY ? "; " : "",
		o->traits & OPTION_NO_KEY ? 20 : 22, o->name);
	if (r == 0)
		r = value_print(&o->rule, v, b);
	return r < 0 ? r : append_place(b, start, v->place);
}

static int append_unset(struct buf *b, const struct option *o)
{
	size_t start = b->len;
	int r;

	r = buf_printf(b, "; %-20s = %s", o->name,
		o->traits & OPTION_REQUIRED ? "not set"
		: o->unset                  ? o->unset
					    : "none");
	return r < 0 ? r : append_place(b, start, "default");
}

int print_config(
	const struct command *c, const struct settings *s, struct buf *b, struct error *reterr)
{
	int r = 0;

	OPTION_EACH (o, c->bit) {
		const struct setting *t = &s->of[option_id(o)];

		if (o->traits & OPTION_FLAG_ONLY)
			continue;
		if (o->traits & OPTION_SECRET) {
			r = append_secret(b, o, reterr);
			if (r < 0)
				return r;
			continue;
		}
		for (size_t i = 0; r == 0 && i < t->count; i++)
			r = append_value(b, o, &t->values[i]);
		if (r == 0 && t->count == 0)
			r = append_unset(b, o);
		if (r < 0)
			return error_set(reterr, r, "no memory to show the options");
	}
	return 0;
}
