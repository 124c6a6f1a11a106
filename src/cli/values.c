/* values.c - what the text of an option means. */
#include "cli/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"

#define QUOTE_SIZE 80 /* of a wrong value, how much is shown */
#define RATE_MAX 1e6  /* a second */
#define RATE_MIN (1.0 / 86400)

static const struct {
	const char *word;
	bool on;
} switch_words[] = {
	{"true", true},
	{"yes", true},
	{"on", true},
	{"1", true},
	{"false", false},
	{"no", false},
	{"off", false},
	{"0", false},
};

/* In a config file ` ;` begins a comment, so that one needs a name. */
static const struct {
	const char *word;
	char delimiter;
} delimiter_words[] = {
	{"tab", '\t'},
	{"comma", ','},
	{"semicolon", ';'},
	{"pipe", '|'},
	{"blank", ' '},
};

static int refuse(struct error *reterr, const char *text, const char *why)
{
	char shown[QUOTE_SIZE];

	return error_set(reterr, -EINVAL, "'%s' %s", str_shown(shown, sizeof(shown), text), why);
}

static int parse_switch(const char *text, struct value *v, struct error *reterr)
{
	for (size_t i = 0; i < ARRAY_SIZE(switch_words); i++)
		if (str_iequal(text, switch_words[i].word)) {
			v->on = switch_words[i].on;
			return 0;
		}
	return refuse(reterr, text, "is neither on nor off: write yes or no");
}

static int parse_choice(const char *words, const char *text, struct value *v, struct error *reterr)
{
	char shown[QUOTE_SIZE];
	size_t len = strlen(text);
	uint64_t n = 0;

	for (const char *w = words; w; n++) {
		size_t word_len = strcspn(w, "|");

		if (word_len == len && memcmp(w, text, len) == 0) {
			v->number = n;
			return 0;
		}
		w = w[word_len] ? w + word_len + 1 : NULL;
	}
	return error_set(reterr, -EINVAL, "'%s' is not known: write %s",
		str_shown(shown, sizeof(shown), text), words);
}

static int parse_mapping(const char *text, struct error *reterr)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return refuse(
			reterr, text, "maps nothing: write NAME=HEADER, as name=Instance Name");
	return 0;
}

static int parse_sandbox(const char *text, struct error *reterr)
{
	size_t len = strlen(text);

	if (len > 256 || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-") != len)
		return refuse(reterr, text,
			"is no sandbox name: it has only letters, digits and -, at most 256");
	return 0;
}

/* Fit for a path; the library looks as well. */
static int parse_table(const char *text, struct error *reterr)
{
	size_t len = strlen(text);

	if (len > 80 || strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_") != len)
		return refuse(reterr, text,
			"is no name of a table: it has only letters, digits and _, at most 80");
	return 0;
}

static int parse_delimiter(const char *text, struct value *v, struct error *reterr)
{
	unsigned char c = (unsigned char)text[0];

	for (size_t i = 0; i < ARRAY_SIZE(delimiter_words); i++)
		if (str_iequal(text, delimiter_words[i].word)) {
			v->delimiter = delimiter_words[i].delimiter;
			return 0;
		}
	/* A quote, a line's end or half a UTF-8 character would tear the file apart. */
	if (text[1] || text[0] == '"' || (c < ' ' && c != '\t') || c >= 0x7f)
		return refuse(reterr, text,
			"is no delimiter: write one ASCII character, or tab, comma, semicolon, "
			"pipe, blank");
	v->delimiter = text[0];
	return 0;
}

static int parse_number(
	const struct value_rule *rule, const char *text, struct value *v, struct error *reterr)
{
	char shown[QUOTE_SIZE];

	if (str_u64(text, rule->min, rule->max, &v->number) == 0)
		return 0;
	return error_set(reterr, -EINVAL, "'%s' is no whole number from %" PRIu64 " to %" PRIu64,
		str_shown(shown, sizeof(shown), text), rule->min, rule->max);
}

static int parse_duration(
	const struct value_rule *rule, const char *text, struct value *v, struct error *reterr)
{
	char shown[QUOTE_SIZE], min[32], max[32];
	int r;

	r = duration_parse(text, &v->duration);
	if (r == -EINVAL)
		return refuse(reterr, text, "is no duration: write 250ms, 2s, 15m or 1h");
	if (r == 0 && (uint64_t)v->duration >= rule->min && (uint64_t)v->duration <= rule->max)
		return 0;
	duration_format((nsec_t)rule->min, min, sizeof(min));
	duration_format((nsec_t)rule->max, max, sizeof(max));
	return error_set(reterr, -EINVAL, "'%s' is out of range: from %s to %s",
		str_shown(shown, sizeof(shown), text), min, max);
}

/* N, N/s, N/m or N/h; N may have a fraction. */
static int parse_rate(const char *text, struct value *v, struct error *reterr)
{
	size_t whole = strspn(text, "0123456789");
	size_t digits = whole;
	const char *unit;
	double per = 1;

	if (whole > 0 && text[whole] == '.') {
		size_t fraction = strspn(text + whole + 1, "0123456789");

		digits = fraction ? whole + 1 + fraction : 0;
	}
	unit = text + digits;
	if (strcmp(unit, "/m") == 0)
		per = 60;
	else if (strcmp(unit, "/h") == 0)
		per = 3600;
	else if (*unit && strcmp(unit, "/s") != 0)
		digits = 0;
	if (digits == 0)
		return refuse(reterr, text, "is no rate: write N/s, N/m or N/h");

	v->rate_per_s = strtod(text, NULL) / per;
	if (!(v->rate_per_s >= RATE_MIN && v->rate_per_s <= RATE_MAX))
		return refuse(
			reterr, text, "is out of range: from one a day (0.05/h) to 1000000/s");
	return 0;
}

static int parse_halt(const char *text, struct value *v, struct error *reterr)
{
	static const char help[] =
		"is no halt rule: write never, now,fail=N, soon,fail=N or soon,fail=N%";
	struct value_halt h = {.how = SNOWMELT_HALT_NEVER};
	char number[24];
	size_t len;

	if (strcmp(text, "never") == 0) {
		v->halt = h;
		return 0;
	}
	if (strncmp(text, "soon,fail=", 10) == 0)
		h.how = SNOWMELT_HALT_SOON;
	else if (strncmp(text, "now,fail=", 9) == 0)
		h.how = SNOWMELT_HALT_NOW;
	else
		return refuse(reterr, text, help);

	str_copy(number, sizeof(number), strchr(text, '=') + 1);
	len = strlen(number);
	if (h.how == SNOWMELT_HALT_SOON && len > 0 && number[len - 1] == '%') {
		h.percent = true;
		number[len - 1] = '\0';
	}
	if (str_u64(number, 1, h.percent ? 100 : INT64_MAX, &h.fails) < 0)
		return refuse(reterr, text, help);
	v->halt = h;
	return 0;
}

int value_parse(
	const struct value_rule *rule, const char *text, struct value *ret, struct error *reterr)
{
	struct value v = {.text = text};
	int r = 0;

	if (str_empty(text))
		return error_set(
			reterr, -EINVAL, "the value is empty: write one, or leave the option out");
	switch (rule->kind) {
	case VALUE_SWITCH: r = parse_switch(text, &v, reterr); break;
	case VALUE_CHOICE: r = parse_choice(rule->words, text, &v, reterr); break;
	case VALUE_TEXT:
	case VALUE_FILE:
	case VALUE_FOLDER:
	case VALUE_URL: break;
	case VALUE_MAPPING: r = parse_mapping(text, reterr); break;
	case VALUE_SANDBOX: r = parse_sandbox(text, reterr); break;
	case VALUE_TABLE: r = parse_table(text, reterr); break;
	case VALUE_DELIMITER: r = parse_delimiter(text, &v, reterr); break;
	case VALUE_NUMBER: r = parse_number(rule, text, &v, reterr); break;
	case VALUE_DURATION: r = parse_duration(rule, text, &v, reterr); break;
	case VALUE_RATE: r = parse_rate(text, &v, reterr); break;
	case VALUE_HALT: r = parse_halt(text, &v, reterr); break;
	}
	if (r == 0)
		*ret = v;
	return r;
}

/* Where a login may stand: from behind "//" up to the last '@' of the whole text, not
 * of the host's part only, since a password with a raw '/' or '#' in it ends that early. */
static size_t url_login(const char *url, size_t *ret_start)
{
	const char *scheme = strstr(url, "://");
	const char *start = scheme ? scheme + 3 : url;
	const char *at = strrchr(start, '@');

	*ret_start = (size_t)(start - url);
	return at ? (size_t)(at - start) : 0;
}

bool value_url_has_login(const char *url)
{
	size_t start;

	return url_login(url, &start) > 0;
}

static int print_url(const char *url, struct buf *b)
{
	AUTO(buf_done) struct buf shown = {0};
	size_t start, login;
	int r;

	buf_init(&shown, strlen(url) + sizeof(REDACTED));
	login = url_login(url, &start);
	r = buf_append(&shown, url, start);
	if (r == 0 && login > 0)
		r = buf_append_str(&shown, REDACTED);
	if (r == 0)
		r = buf_append_str(&shown, url + start + login);
	return r < 0 ? r : str_show(b, shown.data, SIZE_MAX);
}

int value_print(const struct value_rule *rule, const struct value *v, struct buf *b)
{
	char duration[32];

	switch (rule->kind) {
	case VALUE_SWITCH: return buf_append_str(b, v->on ? "yes" : "no");
	case VALUE_URL: return print_url(v->text, b);
	case VALUE_DURATION:
		duration_format(v->duration, duration, sizeof(duration));
		return buf_append_str(b, duration);
	case VALUE_DELIMITER:
		for (size_t i = 0; i < ARRAY_SIZE(delimiter_words); i++)
			if (v->delimiter == delimiter_words[i].delimiter)
				return buf_append_str(b, delimiter_words[i].word);
		return str_show(b, v->text, SIZE_MAX);
	case VALUE_CHOICE:
	case VALUE_TEXT:
	case VALUE_FILE:
	case VALUE_FOLDER:
	case VALUE_MAPPING:
	case VALUE_SANDBOX:
	case VALUE_TABLE:
	case VALUE_NUMBER:
	case VALUE_RATE:
	case VALUE_HALT: break;
	}
	return str_show(b, v->text, SIZE_MAX);
}
