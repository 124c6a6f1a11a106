/* token.c - asking for an access token, and what the answer means.
 *
 * A token endpoint either gives a token, or says that it never will with these
 * credentials, or fails for now. The difference is what a user has to do: mend a
 * setting, or wait. The first line that fits counts:
 *
 *   200 with a usable token                   GRANTED
 *   400, 401, 403 with an error of RFC 6749   REFUSED
 *   certificate refused, our own TLS files
 *   unusable, proxy refused us, 407           REFUSED: as for a create, no wait helps
 *   anything else                             FAILED: no answer, 429, 5xx, a page of
 *                                             HTML, a token that no header may carry
 *
 * 400 and 401 alike, since for a wrong secret Adobe's IMS was seen to answer 400
 * and others answer 401. An error that RFC 6749 does not know may be a passing one
 * of the server's own, so it is no refusal.
 *
 * expires_in counts seconds; as a string, too, since such servers exist. Absent it
 * is a day, which is what Adobe gives: should the token end before, a 401 says so.
 */
#include "flow/token.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/error_body.h"
#include "flow/field.h"
#include "flow/percent.h"
#include "flow/retry_after.h"

#define DAY ((nsec_t)86400 * SEC)
#define LIFE_MAX (3650 * DAY)

/* ------------------------------------------------------------------- asking */

const char *const flow_token_headers[2] = {
	"Content-Type: application/x-www-form-urlencoded",
	"Accept: application/json",
};

static int append_pair(struct buf *body, const char *before, const char *value)
{
	int r = buf_append_str(body, before);

	return r < 0 ? r : flow_percent_append(body, value);
}

/* "openid, AdobeID" is how people copy it, and no scope has a blank in it. */
static int append_scopes(struct buf *body, const char *scopes)
{
	AUTO(buf_done) struct buf tidy = {0};
	int r = 0;

	buf_init(&tidy, strlen(scopes) + 1);
	while (*scopes && r == 0) {
		size_t blanks = strspn(scopes, " \t"), word;
		const char *next = scopes + blanks;
		bool at_edge = tidy.len == 0 || tidy.data[tidy.len - 1] == ',' || *next == ',' ||
			       *next == '\0';

		if (blanks > 0 && !at_edge)
			r = buf_append_char(&tidy, ' ');
		word = *next == ',' ? 1 : strcspn(next, " \t,");
		if (r == 0)
			r = buf_append(&tidy, next, word);
		scopes = next + word;
	}
	return r < 0 ? r : append_pair(body, "&scope=", tidy.data ? tidy.data : "");
}

int flow_token_body(
	struct buf *body, const char *client_id, const char *client_secret, const char *scopes)
{
	int r = append_pair(body, "grant_type=client_credentials&client_id=", client_id);

	if (r == 0)
		r = append_pair(body, "&client_secret=", client_secret);
	return r < 0 ? r : append_scopes(body, scopes);
}

/* --------------------------------------------------------- without an answer */

static const struct {
	const char *code, *words, *advice;
	bool refused;
	bool tells; /* libcurl's words say which of several reasons it was */
} transports[] = {
	[FLOW_T_DNS] = {"dns", "its name was not found", "check --token-url and the name server"},
	[FLOW_T_CONNECT] = {"connect", "no connection",
		"check --token-url, the network and the firewall"},
	[FLOW_T_TLS] = {"tls", "the TLS handshake failed",
		"check that --token-url is an https server that speaks TLS 1.2 or newer, and what "
		"stands in between",
		.tells = true},
	[FLOW_T_CERTIFICATE] = {"tls", "its certificate was refused",
		"check --token-url, the clock, or give its CA with --cacert", true, true},
	[FLOW_T_LOCAL] = {"tls", "a certificate, key or CA file of ours is unusable",
		"check --cacert, --client-cert and --client-key", true, true},
	[FLOW_T_PROXY] = {"connect", "the proxy refused the connection",
		"check --proxy, its login and what it allows", true},
	[FLOW_T_TIMEOUT] = {"timeout", "no answer in time",
		"check --token-url and the network; see --timeout and --connect-timeout"},
	[FLOW_T_BROKEN] = {"broken", "the connection broke before the answer came",
		"check --token-url and the network"},
	[FLOW_T_VETO] = {"broken", "the connection broke before the answer came",
		"check --token-url and the network"},
	[FLOW_T_CUT_OFF] = {"broken", "the answer broke off before its end",
		"check --token-url and the network"},
	[FLOW_T_CANCELLED] = {"broken", "cut off by this run before the answer came", ""},
};

/* "its certificate was refused: it has expired" */
static void put_after(struct flow_grant_verdict *ret, const char *reason)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 4 * sizeof(ret->message));
	if (buf_printf(&b, "%s: %s", ret->message, reason) == 0)
		flow_field_cut(
			ret->message, sizeof(ret->message), b.data, sizeof(ret->message) - 1);
}

static void judge_transport(const struct flow_reply *r, struct flow_grant_verdict *ret)
{
	ret->grant = transports[r->transport].refused ? FLOW_GRANT_REFUSED : FLOW_GRANT_FAILED;
	str_copy(ret->code, sizeof(ret->code), transports[r->transport].code);
	str_copy(ret->message, sizeof(ret->message), transports[r->transport].words);
	if (transports[r->transport].tells && !str_empty(r->trouble))
		put_after(ret, r->trouble);
	ret->advice = transports[r->transport].advice;
}

/* ------------------------------------------------------------------- a token */

static bool read_seconds(const struct json *v, double *ret)
{
	const char *text = json_string(v);
	uint64_t seconds;

	if (!text)
		return json_number(v, ret);
	if (str_u64(text, 0, UINT64_MAX, &seconds) < 0)
		return false;
	*ret = (double)seconds;
	return true;
}

static bool read_life(const struct json *root, nsec_t *ret)
{
	const struct json *v = json_get(root, "expires_in");
	double seconds;

	if (!v || json_is_null(v)) {
		*ret = DAY;
		return true;
	}
	if (!read_seconds(v, &seconds) || !(seconds >= 1))
		return false;
	*ret = seconds >= (double)(LIFE_MAX / SEC) ? LIFE_MAX : (nsec_t)seconds * SEC;
	return true;
}

/* @return NULL, or what is wrong with it */
static const char *read_token(const struct json *root, char *token, nsec_t *ret_life)
{
	const char *value = json_string(json_get(root, "access_token"));
	const struct json *type = json_get(root, "token_type");

	if (str_empty(value))
		return "HTTP 200 without an access_token";
	if (strlen(value) > FLOW_TOKEN_MAX)
		return "an access_token of over 16 KiB";
	if (!str_visible_ascii(value))
		return "an access_token that no header may carry";
	if (json_string(type) && !str_iequal(json_string(type), "bearer"))
		return "a token of another type than bearer";
	if (!read_life(root, ret_life))
		return "a token whose expires_in is no time to live";
	memcpy(token, value, strlen(value) + 1);
	return NULL;
}

static void judge_granted(const struct flow_reply *r, char *token, struct flow_grant_verdict *ret)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *fault = "HTTP 200, but nothing that can be read";

	if (r->body && json_parse(r->body, r->body_len, &root) == 0)
		fault = read_token(root, token, &ret->life);
	if (!fault) {
		ret->grant = FLOW_GRANTED;
		ret->advice = "";
		return;
	}
	ret->grant = FLOW_GRANT_FAILED;
	str_copy(ret->message, sizeof(ret->message), fault);
	ret->advice = "check that --token-url is a token endpoint";
}

/* ------------------------------------------------------------------ a refusal */

/* RFC 6749, 5.2 and 4.1.2.1. */
static const struct {
	const char *code, *advice;
} refusals[] = {
	{"invalid_client", "check AEP_CLIENT_ID and AEP_CLIENT_SECRET"},
	{"invalid_grant", "check AEP_CLIENT_ID and AEP_CLIENT_SECRET"},
	{"invalid_scope", "check AEP_SCOPES against the scopes of the credential"},
	{"invalid_request", "check AEP_CLIENT_ID, AEP_CLIENT_SECRET, AEP_SCOPES and --token-url"},
	{"unauthorized_client",
		"check that AEP_CLIENT_ID is that of an OAuth Server-to-Server credential"},
	{"unsupported_grant_type", "check that --token-url is a token endpoint of Adobe's"},
	{"access_denied",
		"check what the credential of AEP_CLIENT_ID may do, and that it is enabled"},
};

static const char *advice_for(int status, const char *code)
{
	if (status != 400 && status != 401 && status != 403)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (strcmp(refusals[i].code, code) == 0)
			return refusals[i].advice;
	return NULL;
}

static void read_error(const struct flow_reply *r, struct flow_grant_verdict *ret)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *description = NULL;
	struct flow_verdict other = {.class = FLOW_DOUBTFUL};

	if (r->body && json_parse(r->body, r->body_len, &root) == 0) {
		description = json_string(json_get(root, "error_description"));
		flow_reply_take(r, ret->code, sizeof(ret->code),
			json_string(json_get(root, "error")), false);
	}
	if (!str_empty(description)) {
		flow_reply_sentence(r, ret->message, sizeof(ret->message), description,
			sizeof(ret->message) - 1);
		return;
	}
	/* A gateway before it has other shapes. */
	flow_error_body_read(r, &other);
	if (!*ret->code)
		str_copy(ret->code, sizeof(ret->code), other.code);
	str_copy(ret->message, sizeof(ret->message), other.message);
}

static const char *advice_on_failure(int status)
{
	if (status == 429)
		return "wait, and let fewer programs ask for tokens at a time";
	if (status >= 500)
		return "see whether Adobe's login is in trouble, and try again later";
	return "check --token-url";
}

/* "HTTP 503: upstream is down" */
static void put_status_before(struct flow_grant_verdict *ret, int status)
{
	AUTO(buf_done) struct buf b = {0};

	buf_init(&b, 2 * sizeof(ret->message));
	if (buf_printf(&b, "HTTP %d%s%s", status, *ret->message ? ": " : "", ret->message) < 0)
		return;
	flow_field_cut(ret->message, sizeof(ret->message), b.data, sizeof(ret->message) - 1);
}

static void judge_error(const struct flow_reply *r, struct flow_grant_verdict *ret)
{
	const char *advice;

	if (r->status == 407) {
		judge_transport(&(struct flow_reply){.transport = FLOW_T_PROXY}, ret);
		return;
	}
	if (r->status >= 300 && r->status < 400)
		str_copy(ret->message, sizeof(ret->message), "a redirect, which is not followed");
	else
		read_error(r, ret);
	advice = advice_for(r->status, ret->code);
	ret->grant = advice ? FLOW_GRANT_REFUSED : FLOW_GRANT_FAILED;
	ret->advice = advice ? advice : advice_on_failure(r->status);
	if (!advice)
		put_status_before(ret, r->status);
}

void flow_judge_token(const struct flow_reply *r, char *token, struct flow_grant_verdict *ret)
{
	bool answered = r->transport == FLOW_T_ANSWERED ||
			(r->transport == FLOW_T_CUT_OFF && r->status >= 400);

	*ret = (struct flow_grant_verdict){.retry_after = NSEC_NONE};
	if (!answered)
		judge_transport(r, ret);
	else if (r->status == 200)
		judge_granted(r, token, ret);
	else
		judge_error(r, ret);
	if (ret->grant == FLOW_GRANT_FAILED)
		ret->retry_after = flow_retry_after(r);
}

const char *flow_grant_name(enum flow_grant g)
{
	static const char *const names[] = {
		[FLOW_GRANTED] = "granted",
		[FLOW_GRANT_FAILED] = "failed",
		[FLOW_GRANT_REFUSED] = "refused",
	};

	return names[g];
}
