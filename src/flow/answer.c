/* answer.c - what an answer means: may the request be sent again?
 *
 * Flow Service has no idempotency key. Everything that the run promises hangs
 * on one question put to every answer: can this create have been executed? The
 * classes are its answers, from "surely not" (send again) over "perhaps" (look
 * it up) to "surely" (done). The first line that fits counts:
 *
 *   201, read to its end, with a UUID as id   CREATED; without an etag it is ""
 *   201 without a readable id                 DOUBTFUL
 *   1xx, 2xx cut off                          BROKEN, see below
 *   certificate refused, our own TLS files
 *   unusable, proxy refused us                FATAL: every row would fail alike
 *   no answer, nothing began to leave         NOT_SENT: the one sure "no"
 *   no answer, time-out                       TIMED_OUT: the server may still work on it
 *   no answer, anything else, resend vetoed   BROKEN
 *   429 with error_code or Retry-After        THROTTLED: the gateway, so not executed
 *   any other 429                             THROTTLED_DOUBTFUL
 *   500, 502, 503                             OVERLOAD
 *   408, 504                                  OVERLOAD_TIMEOUT
 *   409                                       CLASH
 *   400, 401, 403, 404 with a code of below   FATAL or FATAL_SANDBOX
 *   407                                       FATAL
 *   401                                       TOKEN
 *   other 4xx                                 REJECTED
 *   anything else                             DOUBTFUL
 *
 * Status before body: a 4xx or 5xx is judged by its status, however its body
 * reads and even if it broke off. The status is the answer's own, never the tail of
 * a code: Adobe lists 1439-400 and sends FLOW-1439-404 with a 404. So a code is
 * its number, looked up among the codes of the answer's status; FLOW-2120-403
 * in a 500 is a 500.
 *
 * A success cut off is BROKEN rather than DOUBTFUL: its id was lost with the
 * connection, so it is to be looked up at once, and it is no complete answer
 * that would show the server to be well.
 *
 * An answer may come before the body began to leave (a gateway that refuses by
 * the headers alone). It is judged like any other: for a refusal that is the
 * truth, for anything else a look too many.
 */
#include "flow/answer.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "flow/error_body.h"
#include "flow/judge.h"
#include "flow/retry_after.h"

/* ------------------------------------------------------- without an answer */

/* What to call it in the results and what to say. Read at two in the morning. */
static const struct {
	const char *code, *words;
	bool fatal;
	bool tells; /* libcurl's words say which of several reasons it was */
} transports[] = {
	[FLOW_T_DNS] = {"dns", "the server's name was not found: check --url and the name server"},
	[FLOW_T_CONNECT] = {"connect",
		"no connection to the server: check --url, the network and the firewall"},
	[FLOW_T_TLS] = {"tls",
		"the TLS handshake failed: check that --url is an https server that speaks "
		"TLS 1.2 or newer, and what stands in between",
		.tells = true},
	[FLOW_T_CERTIFICATE] = {"tls",
		"the server's certificate was refused: check --url, the clock, or give its CA "
		"with --cacert",
		true, true},
	[FLOW_T_LOCAL] = {"tls",
		"a certificate, key or CA file of ours is unusable: check --cacert, "
		"--client-cert and --client-key",
		true, true},
	[FLOW_T_PROXY] = {"connect",
		"the proxy refused the connection: check --proxy, its login and what it allows",
		true},
	[FLOW_T_TIMEOUT] = {"timeout", "no answer in time: see --timeout and --connect-timeout"},
	[FLOW_T_BROKEN] = {"broken", "the connection broke before the answer came"},
	[FLOW_T_VETO] = {"broken", "the connection broke, and sending it twice was prevented"},
	[FLOW_T_CUT_OFF] = {"broken", "the answer broke off before its end"},
	[FLOW_T_CANCELLED] = {"broken", "cut off by this run before the answer came"},
};

static enum flow_class class_of_transport(const struct flow_reply *r)
{
	if (transports[r->transport].fatal)
		return FLOW_FATAL;
	if (r->transport == FLOW_T_CUT_OFF)
		return r->status >= 300 ? FLOW_DOUBTFUL : FLOW_BROKEN;
	if (!r->began)
		return FLOW_NOT_SENT;
	return r->transport == FLOW_T_TIMEOUT ? FLOW_TIMED_OUT : FLOW_BROKEN;
}

static void add(char *dst, size_t dst_len, const char *text)
{
	size_t len = strlen(dst);

	str_copy(dst + len, dst_len - len, text);
}

static void judge_transport(const struct flow_reply *r, struct flow_verdict *ret)
{
	ret->class = class_of_transport(r);
	str_copy(ret->code, sizeof(ret->code), transports[r->transport].code);
	str_copy(ret->message, sizeof(ret->message), transports[r->transport].words);
	if (transports[r->transport].tells && !str_empty(r->trouble)) {
		add(ret->message, sizeof(ret->message), " (");
		add(ret->message, sizeof(ret->message), r->trouble);
		add(ret->message, sizeof(ret->message), ")");
	}
}

/* ---------------------------------------------------------- with an answer */

/* Codes by which every row, or every row of the sandbox, would fail alike. */
static const struct {
	int status;
	const char *number;
	enum flow_class class;
} codes[] = {
	{403, "403000", FLOW_FATAL},       /* Api Key is required */
	{403, "403003", FLOW_FATAL},       /* Api Key is invalid */
	{403, "403010", FLOW_FATAL},       /* Oauth token is missing */
	{403, "403025", FLOW_FATAL},       /* Profile is not valid: not entitled for the org */
	{403, "403027", FLOW_FATAL},       /* User region is missing: org malformed, no profile */
	{400, "400003", FLOW_FATAL},       /* Missing header (x-gw-ims-org-id) */
	{401, "2000", FLOW_FATAL},         /* the token has no access to the org */
	{401, "2001", FLOW_FATAL},         /* x-gw-ims-org-id missing … */
	{401, "2002", FLOW_FATAL},         /* … or empty */
	{400, "2110", FLOW_FATAL},         /* x-sandbox-id with a user token */
	{400, "2114", FLOW_FATAL},         /* token empty … */
	{400, "2115", FLOW_FATAL},         /* … or invalid */
	{404, "2100", FLOW_FATAL_SANDBOX}, /* sandbox not found */
	{404, "2101", FLOW_FATAL_SANDBOX},
	{404, "2103", FLOW_FATAL_SANDBOX},
	{400, "2105", FLOW_FATAL_SANDBOX}, /* x-sandbox-name missing */
	{403, "2118", FLOW_FATAL_SANDBOX}, /* permission denied */
	{403, "2120", FLOW_FATAL_SANDBOX},
	{403, "2121", FLOW_FATAL_SANDBOX},
};

static enum flow_class class_of_code(int status, const char *code, enum flow_class otherwise)
{
	size_t len;

	if (strncmp(code, "FLOW-", 5) == 0)
		code += 5;
	len = strcspn(code, "-");
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (codes[i].status == status && strlen(codes[i].number) == len &&
			memcmp(codes[i].number, code, len) == 0)
			return codes[i].class;
	return otherwise;
}

static enum flow_class class_of_status(int status, const char *code, bool throttled)
{
	switch (status) {
	case 429: return throttled ? FLOW_THROTTLED : FLOW_THROTTLED_DOUBTFUL;
	case 500:
	case 502:
	case 503: return FLOW_OVERLOAD;
	case 408:
	case 504: return FLOW_OVERLOAD_TIMEOUT;
	case 409: return FLOW_CLASH;
	case 407: return FLOW_FATAL;
	case 401: return class_of_code(status, code, FLOW_TOKEN);
	default: break;
	}
	if (status >= 400 && status < 500)
		return class_of_code(status, code, FLOW_REJECTED);
	return FLOW_DOUBTFUL;
}

/* Words for an answer whose body is no explanation; NULL: read the body. */
static const char *words_of_status(int status)
{
	if (status == 201)
		return "HTTP 201, but no readable id";
	if (status == 407)
		return "the proxy asks for a login: check --proxy";
	if (status >= 300 && status < 400)
		return "a redirect, which is not followed: check --url";
	return status < 300 ? "an answer that this request should not get" : NULL;
}

void flow_judge_status(const struct flow_reply *r, struct flow_verdict *ret)
{
	const char *words = words_of_status(r->status);
	bool gateway = false;

	if (words)
		str_copy(ret->message, sizeof(ret->message), words);
	else
		gateway = flow_error_body_read(r, ret);
	ret->class =
		class_of_status(r->status, ret->code, gateway || ret->retry_after != NSEC_NONE);
}

/* ---------------------------------------------------------------- headers */

static void read_headers(const struct flow_reply *r, struct flow_verdict *ret)
{
	ret->server_ms = flow_server_ms(r);
	ret->retry_after = flow_retry_after(r);
	flow_reply_take(r, ret->request_id, sizeof(ret->request_id), r->request_id, false);
}

/* ----------------------------------------------------------------- judges */

bool flow_judge_version(const struct flow_reply *r, struct flow_verdict *ret)
{
	AUTO(json_freep) struct json *root = NULL;
	const char *id;

	if (!r->body || json_parse(r->body, r->body_len, &root) < 0)
		return false;
	id = json_string(json_get(root, "id"));
	if (!id || !str_uuid(id))
		return false;
	str_copy(ret->id, sizeof(ret->id), id);
	flow_reply_take(r, ret->etag, sizeof(ret->etag), json_string(json_get(root, "etag")), true);
	return true;
}

/* Is there a status to judge by? */
static bool is_answered(const struct flow_reply *r)
{
	return r->transport == FLOW_T_ANSWERED ||
	       (r->transport == FLOW_T_CUT_OFF && r->status >= 400);
}

bool flow_judge_arrival(const struct flow_reply *r, struct flow_verdict *ret)
{
	*ret = (struct flow_verdict){.class = FLOW_DOUBTFUL};
	read_headers(r, ret);
	if (is_answered(r))
		return true;
	judge_transport(r, ret);
	return false;
}

void flow_judge_create(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (!flow_judge_arrival(r, ret))
		return;
	if (r->status == 201 && flow_judge_version(r, ret))
		ret->class = FLOW_CREATED;
	else
		flow_judge_status(r, ret);
}

/* A read that was refused or clashed has proved nothing; nothing else is to it. */
static enum flow_class class_of_read(enum flow_class c)
{
	if (c == FLOW_THROTTLED_DOUBTFUL)
		return FLOW_THROTTLED;
	return c == FLOW_CLASH || c == FLOW_REJECTED ? FLOW_DOUBTFUL : c;
}

void flow_judge_read(const struct flow_reply *r, struct flow_verdict *ret)
{
	if (!flow_judge_arrival(r, ret))
		return;
	ret->class = FLOW_PAGE;
	if (r->status == 200)
		return;
	flow_judge_status(r, ret);
	ret->class = class_of_read(ret->class);
}

const char *flow_class_name(enum flow_class c)
{
	static const char *const names[] = {
		[FLOW_CREATED] = "created",
		[FLOW_DOUBTFUL] = "doubtful",
		[FLOW_NOT_SENT] = "not sent",
		[FLOW_BROKEN] = "broken",
		[FLOW_TIMED_OUT] = "timed out",
		[FLOW_THROTTLED] = "throttled",
		[FLOW_THROTTLED_DOUBTFUL] = "throttled, doubtful",
		[FLOW_OVERLOAD] = "overload",
		[FLOW_OVERLOAD_TIMEOUT] = "overload, timed out",
		[FLOW_CLASH] = "clash",
		[FLOW_TOKEN] = "token",
		[FLOW_FATAL] = "fatal",
		[FLOW_FATAL_SANDBOX] = "fatal to the sandbox",
		[FLOW_REJECTED] = "rejected",
		[FLOW_PAGE] = "page",
		[FLOW_UPDATED] = "updated",
		[FLOW_STALE] = "stale",
		[FLOW_PASSED] = "passed",
		[FLOW_FAILED] = "failed",
		[FLOW_EXPLORED] = "explored",
		[FLOW_DELETED] = "deleted",
		[FLOW_GONE] = "gone",
		[FLOW_IN_USE] = "in use",
	};

	return names[c];
}
