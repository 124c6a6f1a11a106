/* words.c - a verdict as one word for programs, and as a sentence for a human. */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/time.h"
#include "servicenow/verdict.h"

static const char *const codes[SERVICENOW_RESULTS] = {
	[SERVICENOW_LOGIN_OK] = "login_ok",
	[SERVICENOW_NO_RIGHT] = "no_right",
	[SERVICENOW_NO_TABLE] = "no_table",
	[SERVICENOW_WRONG_LOGIN] = "wrong_login",
	[SERVICENOW_LOCKED] = "locked",
	[SERVICENOW_MFA] = "mfa",
	[SERVICENOW_BASIC_RESTRICTED] = "basic_restricted",
	[SERVICENOW_UNSENDABLE] = "unsendable",
	[SERVICENOW_HIBERNATING] = "hibernating",
	[SERVICENOW_RATE_LIMITED] = "rate_limited",
	[SERVICENOW_SERVER_ERROR] = "server_error",
	[SERVICENOW_REFUSED] = "refused",
	[SERVICENOW_DENIED] = "denied",
	[SERVICENOW_NOT_SERVICENOW] = "not_servicenow",
	[SERVICENOW_DNS] = "dns",
	[SERVICENOW_CONNECT] = "connect",
	[SERVICENOW_TLS] = "tls",
	[SERVICENOW_CERTIFICATE] = "certificate",
	[SERVICENOW_LOCAL] = "local",
	[SERVICENOW_PROXY] = "proxy",
	[SERVICENOW_TIMEOUT] = "timeout",
	[SERVICENOW_BROKEN] = "broken",
	[SERVICENOW_STOPPED] = "stopped",
};

#define ROLES                                                                                      \
	"give the user the role snc_basic_auth_api_access, or make it an account for web "         \
	"services only"

/* Whole sentences; %T is until when, %S the HTTP status. */
static const struct {
	enum servicenow_result result;
	enum servicenow_detail detail;
	const char *sentence;
} sentences[] = {
	{SERVICENOW_LOGIN_OK, SERVICENOW_PLAIN, "the login is good"},
	{SERVICENOW_NO_RIGHT, SERVICENOW_PLAIN,
		"the login is good, but it may not read this table: give the user a role that may, "
		"or "
		"name another table with --probe-table"},
	{SERVICENOW_NO_RIGHT, SERVICENOW_API_CLOSED,
		"the login is good, but it may not use the Table API: give the user the role "
		"snc_platform_rest_api_access"},
	{SERVICENOW_NO_TABLE, SERVICENOW_PLAIN,
		"the login is good, but the instance has no such table: check --probe-table"},
	{SERVICENOW_WRONG_LOGIN, SERVICENOW_PLAIN,
		"wrong user name or password, or the account is locked, or Basic login is "
		"restricted on "
		"this instance (glide.authenticate.basic_auth.restriction.enforce), which looks "
		"the "
		"same: log in with a browser; if that works, " ROLES},
	{SERVICENOW_LOCKED, SERVICENOW_PLAIN,
		"the account is locked: unlock it, or wait; an instance does it by itself after 15 "
		"minutes by default"},
	{SERVICENOW_MFA, SERVICENOW_PLAIN,
		"the password is good, but the instance asks for a second factor, which Adobe "
		"cannot "
		"give: exempt the user from it, or make it an account for web services only"},
	{SERVICENOW_BASIC_RESTRICTED, SERVICENOW_PLAIN,
		"Basic login, the only one that Adobe has for ServiceNow, is restricted on this "
		"instance "
		"(glide.authenticate.basic_auth.restriction.enforce): " ROLES},
	{SERVICENOW_UNSENDABLE, SERVICENOW_COLON,
		"a colon in the user name, which Basic login cannot carry (RFC 7617): name another "
		"user"},
	{SERVICENOW_UNSENDABLE, SERVICENOW_CONTROL,
		"a control character in user name or password, which Basic login cannot carry (RFC "
		"7617): take it out"},
	{SERVICENOW_HIBERNATING, SERVICENOW_PLAIN,
		"the instance is hibernating: wake it at https://developer.servicenow.com, then "
		"try again"},
	{SERVICENOW_RATE_LIMITED, SERVICENOW_PLAIN,
		"the instance is rate-limited%T"},
	{SERVICENOW_SERVER_ERROR, SERVICENOW_PLAIN,
		"HTTP %S, the instance is in trouble: try again later"},
	{SERVICENOW_REFUSED, SERVICENOW_PLAIN,
		"HTTP %S, the instance refused the request, not the login: see its log for the "
		"reason"},
	{SERVICENOW_DENIED, SERVICENOW_PLAIN,
		"HTTP %S, not from the Table API but from something before it, such as a control "
		"of "
		"addresses: see which addresses the instance lets in; Adobe's have to be among "
		"them"},
	{SERVICENOW_NOT_SERVICENOW, SERVICENOW_PLAIN,
		"HTTP %S, not in the way of a ServiceNow instance: check the endpoint"},
	{SERVICENOW_NOT_SERVICENOW, SERVICENOW_REDIRECT,
		"HTTP %S, a redirect where the Table API should answer, to a login page perhaps: "
		"check "
		"the endpoint"},
	{SERVICENOW_NOT_SERVICENOW, SERVICENOW_PAGE,
		"HTTP %S with a page where the Table API should answer, of a login perhaps: check "
		"the "
		"endpoint"},
	{SERVICENOW_DNS, SERVICENOW_PLAIN, "no such host: check the endpoint and the name server"},
	{SERVICENOW_CONNECT, SERVICENOW_PLAIN,
		"no connection: check the endpoint, the network and the firewall"},
	{SERVICENOW_TLS, SERVICENOW_PLAIN,
		"the TLS handshake failed: check that the endpoint speaks TLS 1.2 or newer, and "
		"what "
		"stands in between"},
	{SERVICENOW_CERTIFICATE, SERVICENOW_PLAIN,
		"its certificate was refused: check the endpoint, the clock, or give its CA with "
		"--cacert"},
	{SERVICENOW_CERTIFICATE, SERVICENOW_EXPIRED,
		"its certificate has expired or is not yet valid: have it renewed, or check the "
		"clock"},
	{SERVICENOW_CERTIFICATE, SERVICENOW_OTHER_HOST,
		"its certificate is for another host: check the endpoint"},
	{SERVICENOW_CERTIFICATE, SERVICENOW_UNKNOWN_CA,
		"its certificate is of an unknown CA: check the endpoint, or give the CA with "
		"--cacert"},
	{SERVICENOW_LOCAL, SERVICENOW_PLAIN,
		"a certificate, key or CA file of ours is unusable: check --cacert, --client-cert "
		"and "
		"--client-key"},
	{SERVICENOW_PROXY, SERVICENOW_PLAIN,
		"the proxy refused the connection: check --proxy, its login and what it allows"},
	{SERVICENOW_TIMEOUT, SERVICENOW_PLAIN,
		"no answer in time: check the endpoint and the network; see --timeout and "
		"--connect-timeout"},
	{SERVICENOW_BROKEN, SERVICENOW_PLAIN,
		"the connection broke before the whole answer came: check the endpoint and the "
		"network"},
	{SERVICENOW_STOPPED, SERVICENOW_PLAIN, "stopped before the answer came: try again"},
};

bool servicenow_fine(enum servicenow_result result)
{
	return result == SERVICENOW_LOGIN_OK;
}

const char *servicenow_code(enum servicenow_result result)
{
	assert((size_t)result < ARRAY_SIZE(codes));
	return codes[result];
}

static const char *sentence_of(enum servicenow_result result, enum servicenow_detail detail)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (sentences[i].result == result && sentences[i].detail == detail)
			return sentences[i].sentence;
	assert(detail != SERVICENOW_PLAIN);
	return sentence_of(result, SERVICENOW_PLAIN);
}

/* To the second, as a server tells it. */
static int put_moment(struct buf *b, int64_t until_ms)
{
	char moment[RFC3339_SIZE];

	if (until_ms == 0)
		return buf_append_str(b, " for now: try again later");
	rfc3339_format(until_ms, moment);
	moment[strlen("2026-11-24T19:54:38")] = '\0';
	return buf_printf(b, " until %sZ: try again then", moment);
}

const char *servicenow_words(const struct servicenow_verdict *v, char dst[SERVICENOW_WORDS_SIZE])
{
	const char *p = sentence_of(v->result, v->detail), *mark;
	AUTO(buf_done) struct buf b = {0};
	int r = 0;

	buf_init(&b, SERVICENOW_WORDS_SIZE - 1);
	for (; r == 0 && (mark = strchr(p, '%')); p = mark + 2) {
		r = buf_append(&b, p, (size_t)(mark - p));
		if (r == 0 && mark[1] == 'S')
			r = buf_printf(&b, "%d", v->status);
		else if (r == 0)
			r = put_moment(&b, v->until_ms);
	}
	if (r == 0)
		r = buf_append_str(&b, p);
	/* Without memory the code has to do. */
	str_copy(dst, SERVICENOW_WORDS_SIZE, r == 0 ? b.data : servicenow_code(v->result));
	return dst;
}
