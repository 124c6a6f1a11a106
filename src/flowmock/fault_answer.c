/* fault_answer.c - see fault_answer.h. */
#include "flowmock/fault_answer.h"

#include "base/json.h"
#include "base/str.h"
#include "flowmock/memory.h"
#include "flowmock/service.h"

static void say(struct answer *a, int status, const char *content_type, const char *body)
{
	struct buf *b = answer_start(a, status);

	a->content_type = content_type;
	must(buf_append_str(b, body));
}

static void throttle(struct request *r)
{
	nsec_t told = r->fault.argument;

	answer_gateway(&r->answer, 429, "429050", "Too many requests");
	r->answer.retry_after_s = told == NSEC_NONE ? r->service->options->retry_after_s
						    : (unsigned)((told + SEC - 1) / SEC);
}

static void throttle_bare(struct request *r)
{
	say(&r->answer, 429, "application/json",
		"{\"title\":\"RequestRateTooLarge\",\"status\":429,"
		"\"detail\":\"Request rate is large. Please try again later.\"}");
}

static void gateway_page(struct request *r)
{
	say(&r->answer, 502, "text/html",
		"<html><head><title>502 Bad Gateway</title></head>"
		"<body><center><h1>502 Bad Gateway</h1></center></body></html>");
}

static void error500(struct request *r)
{
	answer_flow(&r->answer, 500, "1400", "Internal Error. Please try again.");
}

static void error503(struct request *r)
{
	answer_flow(&r->answer, 503, "1103", "Service Unavailable. Please try again.");
}

static void error504(struct request *r)
{
	answer_flow(&r->answer, 504, "1104", "Gateway Timeout. Please try again.");
}

static void error408(struct request *r)
{
	answer_flow(&r->answer, 408, "1006", "Request Timeout");
}

static int success(const struct request *r)
{
	return r->route->verb == VERB_POST ? 201 : 200;
}

static void bad_json(struct request *r)
{
	say(&r->answer, success(r), "application/json", "{\"id\":\"");
}

static void empty(struct request *r)
{
	say(&r->answer, success(r), NULL, "");
}

static void redirect(struct request *r)
{
	say(&r->answer, 302, NULL, "");
	str_copy(r->answer.location, sizeof(r->answer.location), "/elsewhere");
}

static void html(struct request *r)
{
	say(&r->answer, 200, "text/html",
		"<html><head><title>Sign in</title></head><body>Sign in to continue</body></html>");
}

static void html404(struct request *r)
{
	say(&r->answer, 404, "text/html",
		"<html><head><title>404 Not Found</title></head>"
		"<body><center><h1>404 Not Found</h1></center></body></html>");
}

static void stale(struct request *r)
{
	if (r->service->options->error_shape == SHAPE_CURRENT)
		answer_flow(&r->answer, 412, "1404", "Supplied version does not match.");
	else
		answer_older(&r->answer, 412, "Supplied version does not match.");
}

static void conflict(struct request *r)
{
	answer_older(&r->answer, 409, "A connection with this name exists already.");
}

static void token_expired(struct request *r)
{
	answer_gateway(&r->answer, 401, "401013", "Oauth token is not valid");
}

static void rejected(struct request *r)
{
	answer_bad_login(&r->answer);
}

static void echo(struct request *r)
{
	AUTO(json_freep) struct json *root = NULL;
	AUTO(buf_done) struct buf text = {0};
	const struct json *params;

	buf_init(&text, MUST_MAX);
	if (json_parse(r->body.data ? r->body.data : "", r->body.len, &root) < 0)
		root = NULL;
	params = json_get(json_get(root, "auth"), "params");
	must(buf_append_str(&text, PROVIDER "login failed with "));
	if (params)
		must(json_print(params, &text));
	else if (r->body.len > 0)
		must(buf_append(&text, r->body.data, r->body.len));
	answer_flow(&r->answer, 400, "1100", text.data);
}

static void invalid_client(struct request *r)
{
	token_refuse_client(r, "client_secret");
}

void fault_answer_poison(struct request *r)
{
	error500(r);
}

void fault_answer(struct request *r)
{
	static void (*const say_instead[FAULT_COUNT])(struct request * r) = {
		[FAULT_THROTTLE] = throttle,
		[FAULT_THROTTLE_BARE] = throttle_bare,
		[FAULT_THROTTLE_EXECUTED] = throttle_bare,
		[FAULT_500_BEFORE] = error500,
		[FAULT_500_AFTER] = error500,
		[FAULT_502_BEFORE] = gateway_page,
		[FAULT_502_AFTER] = gateway_page,
		[FAULT_503_BEFORE] = error503,
		[FAULT_503_AFTER] = error503,
		[FAULT_504_BEFORE] = error504,
		[FAULT_504_AFTER] = error504,
		[FAULT_504_LATE] = error504,
		[FAULT_408] = error408,
		[FAULT_408_AFTER] = error408,
		[FAULT_BAD_JSON_201] = bad_json,
		[FAULT_EMPTY_201] = empty,
		[FAULT_REDIRECT] = redirect,
		[FAULT_HTML_200] = html,
		[FAULT_HTML_404] = html404,
		[FAULT_STALE] = stale,
		[FAULT_409_BEFORE] = conflict,
		[FAULT_409_AFTER] = conflict,
		[FAULT_TOKEN_EXPIRED] = token_expired,
		[FAULT_REJECTED] = rejected,
		[FAULT_ECHO] = echo,
		[FAULT_INVALID_CLIENT] = invalid_client,
		[FAULT_POISON] = error500,
	};

	if (say_instead[r->fault.fault])
		say_instead[r->fault.fault](r);
}
