/* judge.c - the table of what an answer to a probe means.
 *
 *	no answer                       by how the transport ended
 *	200, JSON with a `result` list  login_ok, be the list empty: rights to records are
 *	                                applied after the limit of one
 *	401 with X-MFA_TOKEN            mfa: the password is good
 *	401 that says "locked"          locked
 *	401 that offers no Basic        basic_restricted
 *	other 401 of ServiceNow         wrong_login
 *	403, ServiceNow's error         no_right: who may not read has logged in
 *	403, anything else              denied: a filter of addresses, a firewall
 *	400 "Invalid table"             no_table
 *	429                             rate_limited
 *	"Instance Hibernating" page     hibernating, whatever its status
 *	302 to developer.servicenow.com hibernating
 *	other 3xx                       not_servicenow: a login page, which is not followed
 *	5xx                             server_error
 *	other, ServiceNow's error       refused
 *	anything else                   not_servicenow: a page that is no JSON is never good
 *
 * "ServiceNow's error" is a JSON object with an object `error`; a 401 is ServiceNow's, too,
 * when its challenge has the realm "Service-now".
 *
 * Documented by ServiceNow: `result`, the statuses, X-MFA_TOKEN beside 401 for a good
 * password without its second factor, X-RateLimit-Reset and Retry-After beside 429. Measured
 * by others, and not promised: the forms of 401, 403 and 400, the page of a hibernating
 * instance. Inferred: the redirect of one, and what a locked account is told.
 *
 * Where Basic login is restricted (glide.authenticate.basic_auth.restriction.enforce, the
 * default of new instances), a right password gets the same 401, the same body and the same
 * `WWW-Authenticate: Basic` as a wrong one, and so does an account that is locked. So a 401
 * alone is wrong_login, whose sentence names all three. It is certain only where the answer
 * itself says so: it has challenges and none is Basic, for a 401 has to name what would be
 * accepted (RFC 9110, 11.6.1); or its error names the restriction. An answer without any
 * challenge says nothing, for a gateway may have taken it away.
 */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/macros.h"
#include "base/str.h"
#include "base/time.h"
#include "servicenow/verdict.h"

#define WALL_MAX_S UINT64_C(253402300799) /* the last second of the year 9999 */

/* An answer, its body read as far as it can be. */
struct answer {
	const struct servicenow_reply *reply;
	const struct json *root;
	const struct json *error; /* ServiceNow's, else NULL */
};

static struct servicenow_verdict verdict(enum servicenow_result result)
{
	return (struct servicenow_verdict){.result = result};
}

static struct servicenow_verdict detailed(
	enum servicenow_result result, enum servicenow_detail detail)
{
	return (struct servicenow_verdict){.result = result, .detail = detail};
}

/* ------------------------------------------------------------- without an answer */

/* OpenSSL's and GnuTLS's words, of which only these are known; others are plain. */
static enum servicenow_detail certificate_fault(const char *trouble)
{
	static const struct {
		const char *words;
		enum servicenow_detail detail;
	} known[] = {
		{"expired", SERVICENOW_EXPIRED},
		{"not yet valid", SERVICENOW_EXPIRED},
		{"alternative certificate subject name", SERVICENOW_OTHER_HOST},
		{"does not match", SERVICENOW_OTHER_HOST},
		{"self-signed", SERVICENOW_UNKNOWN_CA},
		{"self signed", SERVICENOW_UNKNOWN_CA},
		{"issuer", SERVICENOW_UNKNOWN_CA},
		{"verification failed", SERVICENOW_UNKNOWN_CA},
	};

	for (size_t i = 0; trouble && i < ARRAY_SIZE(known); i++)
		if (str_icontains(trouble, known[i].words))
			return known[i].detail;
	return SERVICENOW_PLAIN;
}

static struct servicenow_verdict judge_transport(const struct servicenow_reply *r)
{
	static const enum servicenow_result results[] = {
		[SERVICENOW_T_ANSWERED] = SERVICENOW_BROKEN, /* without a status: none such */
		[SERVICENOW_T_CUT_OFF] = SERVICENOW_BROKEN,
		[SERVICENOW_T_DNS] = SERVICENOW_DNS,
		[SERVICENOW_T_CONNECT] = SERVICENOW_CONNECT,
		[SERVICENOW_T_TLS] = SERVICENOW_TLS,
		[SERVICENOW_T_CERTIFICATE] = SERVICENOW_CERTIFICATE,
		[SERVICENOW_T_LOCAL] = SERVICENOW_LOCAL,
		[SERVICENOW_T_PROXY] = SERVICENOW_PROXY,
		[SERVICENOW_T_TIMEOUT] = SERVICENOW_TIMEOUT,
		[SERVICENOW_T_BROKEN] = SERVICENOW_BROKEN,
		[SERVICENOW_T_CANCELLED] = SERVICENOW_STOPPED,
	};
	struct servicenow_verdict v = verdict(results[r->transport]);

	if (v.result == SERVICENOW_CERTIFICATE)
		v.detail = certificate_fault(r->trouble);
	v.untried = !r->began;
	return v;
}

/* -------------------------------------------------------------------- what it says */

static bool contains(const char *text, size_t len, const char *words)
{
	size_t words_len = strlen(words);

	for (size_t i = 0; i + words_len <= len; i++)
		if (strncasecmp(text + i, words, words_len) == 0)
			return true;
	return false;
}

static bool is_hibernating(const struct answer *a)
{
	static const char site[] = "https://developer.servicenow.com/";
	const struct servicenow_reply *r = a->reply;

	if (r->status >= 300 && r->status < 400)
		return r->location && strncasecmp(r->location, site, strlen(site)) == 0;
	return !a->root && r->body && contains(r->body, r->body_len, "Instance Hibernating");
}

/* In its `message` or `detail`. */
static bool error_says(const struct answer *a, const char *words_lower)
{
	const char *message = json_string(json_get(a->error, "message"));
	const char *detail = json_string(json_get(a->error, "detail"));

	return (message && str_icontains(message, words_lower)) ||
	       (detail && str_icontains(detail, words_lower));
}

/* ---------------------------------------------------------------------------- 401 */

/* Is one of the challenges of this line of the Basic scheme? They are separated by commas,
 * as are their parameters, whose values may be quoted (RFC 9110, 11.6.1). */
static bool offers_basic(const char *line)
{
	while (*line) {
		bool quoted = false;
		size_t len;

		line += strspn(line, ", \t");
		len = strcspn(line, " \t,=");
		if (len == 5 && line[len] != '=' && strncasecmp(line, "Basic", 5) == 0)
			return true;
		for (; *line && (quoted || *line != ','); line++) {
			if (quoted && *line == '\\' && line[1])
				line++;
			else if (*line == '"')
				quoted = !quoted;
		}
	}
	return false;
}

/* It has challenges, and none is Basic. */
static bool wants_another_login(const struct servicenow_reply *r)
{
	bool any = false;

	for (size_t i = 0; i < SERVICENOW_CHALLENGES; i++) {
		if (str_empty(r->www_authenticate[i]))
			continue;
		if (offers_basic(r->www_authenticate[i]))
			return false;
		any = true;
	}
	return any;
}

static bool has_its_realm(const struct servicenow_reply *r)
{
	for (size_t i = 0; i < SERVICENOW_CHALLENGES; i++)
		if (r->www_authenticate[i] &&
			str_icontains(r->www_authenticate[i], "realm=\"service-now\""))
			return true;
	return false;
}

static struct servicenow_verdict judge_401(const struct answer *a)
{
	if (a->reply->mfa_token)
		return verdict(SERVICENOW_MFA);
	if (!a->error && !has_its_realm(a->reply))
		return verdict(SERVICENOW_NOT_SERVICENOW);
	if (error_says(a, "locked"))
		return verdict(SERVICENOW_LOCKED);
	if (wants_another_login(a->reply) || error_says(a, "basic_auth") ||
		error_says(a, "restrictbasicauth"))
		return verdict(SERVICENOW_BASIC_RESTRICTED);
	return verdict(SERVICENOW_WRONG_LOGIN);
}

/* ---------------------------------------------------------------------------- 429 */

static bool read_number(const char *text, uint64_t max, uint64_t *ret)
{
	return text && str_u64(text, 0, max, ret) == 0;
}

/* X-RateLimit-Reset is a moment of the server's own clock; Retry-After (RFC 9110, 10.2.3)
 * a date of it, or seconds from its Date, for our clock may be wrong. */
static int64_t free_again_ms(const struct servicenow_reply *r)
{
	int64_t now_ms, until_ms;
	uint64_t seconds;

	if (read_number(r->rate_reset, WALL_MAX_S, &seconds) && seconds > 0)
		return (int64_t)seconds * 1000;
	if (!r->date || http_date_parse(r->date, &now_ms) < 0)
		now_ms = r->wall_ms;
	if (read_number(r->retry_after, WALL_MAX_S, &seconds))
		return MIN(now_ms + (int64_t)seconds * 1000, (int64_t)WALL_MAX_S * 1000);
	if (r->retry_after && http_date_parse(r->retry_after, &until_ms) == 0)
		return until_ms;
	return 0;
}

static struct servicenow_verdict judge_429(const struct servicenow_reply *r)
{
	struct servicenow_verdict v = verdict(SERVICENOW_RATE_LIMITED);

	v.until_ms = free_again_ms(r);
	return v;
}

/* --------------------------------------------------------------------- all of them */

static struct servicenow_verdict judge_403(const struct answer *a)
{
	if (!a->error)
		return verdict(SERVICENOW_DENIED);
	return detailed(SERVICENOW_NO_RIGHT,
		error_says(a, "api level acl") ? SERVICENOW_API_CLOSED : SERVICENOW_PLAIN);
}

static struct servicenow_verdict judge_other(const struct answer *a)
{
	if (a->error)
		return verdict(a->reply->status == 400 && error_says(a, "invalid table")
				       ? SERVICENOW_NO_TABLE
				       : SERVICENOW_REFUSED);
	return detailed(SERVICENOW_NOT_SERVICENOW, a->root ? SERVICENOW_PLAIN : SERVICENOW_PAGE);
}

static struct servicenow_verdict judge_answer(const struct answer *a)
{
	int status = a->reply->status;

	if (is_hibernating(a))
		return verdict(SERVICENOW_HIBERNATING);
	if (status >= 300 && status < 400)
		return detailed(SERVICENOW_NOT_SERVICENOW, SERVICENOW_REDIRECT);
	if (status == 200 && json_is_array(json_get(a->root, "result")))
		return verdict(SERVICENOW_LOGIN_OK);
	if (status == 401)
		return judge_401(a);
	if (status == 403)
		return judge_403(a);
	if (status == 429)
		return judge_429(a->reply);
	if (status >= 500)
		return verdict(SERVICENOW_SERVER_ERROR);
	return judge_other(a);
}

void servicenow_judge(const struct servicenow_reply *r, struct servicenow_verdict *ret)
{
	AUTO(json_freep) struct json *root = NULL;
	struct answer a = {.reply = r};

	if (r->transport != SERVICENOW_T_ANSWERED || r->status == 0) {
		*ret = judge_transport(r);
	} else {
		if (r->body && json_parse(r->body, r->body_len, &root) < 0)
			root = NULL;
		a.root = root;
		if (json_is_object(json_get(root, "error")))
			a.error = json_get(root, "error");
		*ret = judge_answer(&a);
	}
	ret->status = r->status;
}
