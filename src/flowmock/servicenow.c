/* servicenow.c - see servicenow.h. What it answers, in the order in which an instance comes to
 * know of a request: what stands before it, how often, who, and only then which table.
 *
 * The error envelope, the challenge, X-MFA_TOKEN and the headers of a rate limit are those that
 * ServiceNow documents or that others measured; see snowmelt's src/servicenow/judge.c.
 */
#include "flowmock/servicenow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/macros.h"
#include "base/str.h"
#include "flowmock/memory.h"
#include "flowmock/request.h"
#include "flowmock/service.h"
#include "sys/clock.h"

#define WRONG_MAX 5 /* in a row */
#define LOCKED_FOR (15 * 60 * SEC)
#define HOUR_S 3600
#define RECORDS 3 /* of every table */
#define BASIC_CHALLENGE "Basic realm=\"Service-now\""

/* ------------------------------------------------------------------ what a name asks for */

enum word {
	WORD_NONE,
	WORD_DENIED,
	WORD_EMPTY,
	WORD_HIBERNATING,
	WORD_LIMITED,
	WORD_LOCKED,
	WORD_MFA,
	WORD_NOBASIC,
	WORD_NORIGHT,
	WORD_PAGE,
	WORD_RESTRICTED,
	WORD_SSO,
	WORD_COUNT
};

static const struct {
	const char *word, *what;
} words[WORD_COUNT] = {
	[WORD_NONE] = {"", ""},
	[WORD_DENIED] = {"denied", "403 with a page, as of a control of addresses"},
	[WORD_EMPTY] = {"empty", "a good login that sees no record"},
	[WORD_HIBERNATING] = {"hibernating", "200 with the page of a sleeping instance"},
	[WORD_LIMITED] = {"limited", "429 until the next full hour"},
	[WORD_LOCKED] = {"locked", "a locked account: 401"},
	[WORD_MFA] = {"mfa", "a right password is asked for a second factor: 401, X-MFA_TOKEN"},
	[WORD_NOBASIC] = {"nobasic", "401 whose challenge is not Basic"},
	[WORD_NORIGHT] = {"noright", "a good login that may read no table: 403"},
	[WORD_PAGE] = {"page", "200 with a login page"},
	[WORD_RESTRICTED] = {"restricted", "Basic login restricted: 401 for a right password"},
	[WORD_SSO] = {"sso", "302 to a login page"},
};

void servicenow_words(FILE *f)
{
	fputs("\nInstances of ServiceNow, http://127.0.0.1:PORT and http://NAME.localhost:PORT, "
	      "and "
	      "their users\nare what they are called (`mfa`, `mfa-7`, `hibernating-2.localhost`); "
	      "others let anybody in\nwho is not --bad-login\n",
		f);
	for (int w = WORD_NONE + 1; w < WORD_COUNT; w++)
		fprintf(f, "  %-20s %s\n", words[w].word, words[w].what);
}

static enum word word_of(const char *name)
{
	for (int w = WORD_NONE + 1; w < WORD_COUNT; w++) {
		size_t len = strlen(words[w].word);

		if (strncmp(name, words[w].word, len) == 0 && strchr("-.", name[len]))
			return (enum word)w;
	}
	return WORD_NONE;
}

/* ------------------------------------------------------------------------------- answers */

static struct buf *start(struct request *r, int status)
{
	struct buf *b = answer_start(&r->answer, status);

	r->answer.content_type = "application/json;charset=UTF-8";
	return b;
}

static void refuse(struct request *r, int status, const char *message, const char *detail)
{
	struct buf *b = start(r, status);

	must(buf_append_str(b, "{\"error\":{\"message\":"));
	must(json_print_string(b, message));
	must(buf_append_str(b, ",\"detail\":"));
	must(detail ? json_print_string(b, detail) : buf_append_str(b, "null"));
	must(buf_append_str(b, "},\"status\":\"failure\"}"));
}

static void refuse_login(struct request *r, const char *challenge)
{
	refuse(r, 401, "User is not authenticated", "Required to provide Auth information");
	answer_header(&r->answer, "WWW-Authenticate", challenge);
}

static void show_page(struct request *r, int status, const char *title)
{
	struct buf *b = answer_start(&r->answer, status);

	r->answer.content_type = "text/html;charset=UTF-8";
	must(buf_printf(b,
		"<html>\n<head>\n<title>\n%s\n</title>\n</head>\n<body></body>\n</html>\n", title));
}

static void redirect(struct request *r)
{
	show_page(r, 302, "Found");
	str_copy(r->answer.location, sizeof(r->answer.location),
		"https://sso.example.com/login?SAMLRequest=1");
}

/* True: answered already, by what stands before the instance. */
static bool is_stopped(struct request *r, enum word w)
{
	switch (w) {
	case WORD_HIBERNATING: show_page(r, 200, "Instance Hibernating page"); return true;
	case WORD_PAGE: show_page(r, 200, "Log in | ServiceNow"); return true;
	case WORD_DENIED: show_page(r, 403, "Access denied"); return true;
	case WORD_SSO: redirect(r); return true;
	case WORD_NONE:
	case WORD_EMPTY:
	case WORD_LIMITED:
	case WORD_LOCKED:
	case WORD_MFA:
	case WORD_NOBASIC:
	case WORD_NORIGHT:
	case WORD_RESTRICTED:
	case WORD_COUNT: break;
	}
	return false;
}

/* ----------------------------------------------------------------------------- who asks */

static int digit_of(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c != '\0' ? strchr(alphabet, c) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

/* Appends what `text` holds in base64; false: it is none. */
static bool decode(const char *text, struct buf *b)
{
	size_t len = strlen(text);
	unsigned group = 0, bits = 0;

	while (len > 0 && text[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return false;
		group = (group << 6 | (unsigned)digit) & 0xffffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		must(buf_append_char(b, (char)(group >> bits & 0xff)));
	}
	return strlen(text) % 4 == 0;
}

/* "user\0password\0" of the Authorization header; false: it has none of Basic. */
static bool read_login(struct request *r, struct buf *b, const char **ret_password)
{
	const char *value = request_header(r, "Authorization");
	char *colon;

	if (!value || strncasecmp(value, "Basic ", 6) != 0 || !decode(value + 6, b) || b->len == 0)
		return false;
	colon = memchr(b->data, ':', b->len);
	if (!colon)
		return false;
	*colon = '\0';
	*ret_password = colon + 1;
	return true;
}

static bool is_right(const struct service *s, const char *user, const char *password)
{
	const struct texts *known = &s->options->servicenow_logins;
	size_t len = strlen(user);

	for (size_t i = 0; i < known->count; i++) {
		const char *text = known->text[i];

		if (strncmp(text, user, len) == 0 && text[len] == ':')
			return strcmp(text + len + 1, password) == 0;
	}
	return known->count == 0 && !service_login_is_bad(s, user);
}

static bool is_locked(const struct sn_login *l, enum word w)
{
	return w == WORD_LOCKED || l->locked_until > clock_monotonic();
}

static void note_wrong(struct sn_login *l)
{
	l->wrong++;
	if (++l->wrong_in_a_row < WRONG_MAX)
		return;
	l->wrong_in_a_row = 0;
	l->locked_until = nsec_add(clock_monotonic(), LOCKED_FOR);
}

static bool lets_in(struct request *r, struct sn_login *l, enum word w, bool right)
{
	bool open = right && !is_locked(l, w);

	if (!right && !is_locked(l, w))
		note_wrong(l);
	if (!open || w == WORD_RESTRICTED) {
		refuse_login(r, BASIC_CHALLENGE);
		return false;
	}
	l->wrong_in_a_row = 0;
	if (w == WORD_NOBASIC) {
		refuse_login(r, "Bearer realm=\"Service-now\"");
		return false;
	}
	if (w == WORD_MFA) {
		refuse_login(r, BASIC_CHALLENGE);
		answer_header(&r->answer, "X-MFA_TOKEN", "invalid");
		return false;
	}
	return true;
}

/* ----------------------------------------------------------------------------- how often */

static void say_limited(struct request *r, int64_t now_s)
{
	uint32_t limit = r->service->options->servicenow_limit;
	int64_t reset_s = (now_s / HOUR_S + 1) * HOUR_S;
	AUTO(buf_done) struct buf text = {0};

	buf_init(&text, MUST_MAX);
	must(buf_printf(&text, "Rate limit of %" PRIu32 " requests per hour for Table API exceeded",
		limit));
	refuse(r, 429, "Rate limit exceeded", text.data);
	buf_reset(&text);
	must(buf_printf(&text, "%" PRIu32, limit));
	answer_header(&r->answer, "X-RateLimit-Limit", text.data);
	buf_reset(&text);
	must(buf_printf(&text, "%" PRId64, reset_s));
	answer_header(&r->answer, "X-RateLimit-Reset", text.data);
	answer_header(&r->answer, "X-RateLimit-Rule", "f0a3e1d2c3b4a5968778695a4b3c2d1e");
	r->answer.retry_after_s = (unsigned)(reset_s - now_s);
}

static bool is_limited(struct request *r, struct sn_login *l, enum word w)
{
	uint32_t limit = r->service->options->servicenow_limit;
	int64_t now_s = clock_wall_ms() / 1000;

	if (l->hour != now_s / HOUR_S) {
		l->hour = now_s / HOUR_S;
		l->in_hour = 0;
	}
	l->in_hour++;
	if (w != WORD_LIMITED && (limit == 0 || l->in_hour <= limit))
		return false;
	say_limited(r, now_s);
	return true;
}

/* ----------------------------------------------------------------------------- the table */

struct view {
	uint64_t limit;
	bool only_ids;
};

static bool take_argument(void *arg, const char *name, const char *value)
{
	struct view *v = arg;

	if (value && strcmp(name, "sysparm_limit") == 0)
		str_u64(value, 0, UINT64_MAX, &v->limit);
	if (value && strcmp(name, "sysparm_fields") == 0)
		v->only_ids = strcmp(value, "sys_id") == 0;
	return true;
}

static void list_records(struct request *r, uint64_t count)
{
	struct view v = {.limit = 10000};
	struct buf *b = start(r, 200);

	request_arguments(r, take_argument, &v);
	must(buf_append_str(b, "{\"result\":["));
	for (uint64_t i = 0; i < MIN(count, v.limit); i++)
		must(buf_printf(b, "%s{\"sys_id\":\"%032" PRIx64 "\"%s}", i > 0 ? "," : "", i + 1,
			v.only_ids ? "" : ",\"sys_created_by\":\"system\""));
	must(buf_append_str(b, "]}"));
}

static bool has_table(const struct service *s, const char *table)
{
	const struct texts *known = &s->options->servicenow_tables;

	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->text[i], table) == 0)
			return true;
	return known->count == 0;
}

static void show_table(struct request *r, enum word w)
{
	AUTO(buf_done) struct buf text = {0};

	if (has_table(r->service, r->segment)) {
		if (w == WORD_NORIGHT)
			refuse(r, 403, "Insufficient rights to query records", NULL);
		else
			list_records(r, w == WORD_EMPTY ? 0 : RECORDS);
		return;
	}
	buf_init(&text, MUST_MAX);
	must(buf_printf(&text, "Invalid table %s", r->segment));
	refuse(r, 400, text.data, NULL);
}

void servicenow_list(struct request *r)
{
	const char *host = intern_part(&r->service->servicenow.instance_names, r->instance, 0);
	enum word w = word_of(host);
	AUTO(buf_done) struct buf text = {0};
	const char *password = "";
	struct sn_login *l = NULL;
	bool has_login;

	buf_init_secret(&text, MUST_MAX);
	has_login = read_login(r, &text, &password);
	if (has_login) {
		l = servicenow_login(r, text.data);
		w = w == WORD_NONE ? word_of(text.data) : w;
	}
	if (is_stopped(r, w))
		return;
	if (!has_login)
		refuse_login(r, BASIC_CHALLENGE);
	else if (!is_limited(r, l, w) &&
		 lets_in(r, l, w, is_right(r->service, text.data, password)))
		show_table(r, w);
}
