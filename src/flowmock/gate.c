/* gate.c - see gate.h. In the order of a gateway: is anybody there, too many,
 * who are you; only then what the service itself wants to know.
 */
#include "flowmock/gate.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/str.h"
#include "flowmock/request.h"
#include "flowmock/service.h"

bool gate_is_out(const struct service *s, nsec_t now)
{
	const struct outage_span *o = &s->options->outage;
	nsec_t start = s->gate.first_request + o->start;

	return s->gate.started && now >= start && now < start + o->length;
}

/* GCRA: 0, or the time to wait. */
static nsec_t take_rate(struct service *s, nsec_t now)
{
	const struct options *o = s->options;
	nsec_t interval, next, wait;

	if (o->rate_limit <= 0)
		return 0;
	interval = (nsec_t)((double)SEC / o->rate_limit);
	next = s->gate.rate_next > now ? s->gate.rate_next : now;
	wait = next - now - (nsec_t)(o->rate_burst - 1) * interval;
	if (wait > 0)
		return wait;
	s->gate.rate_next = next + interval;
	return 0;
}

static bool token_is_expired(struct service *s, const char *token, nsec_t now)
{
	struct gate *g = &s->gate;
	uint64_t hash = hash_str(HASH_START, token);
	unsigned kept = g->token_count < GATE_TOKENS ? g->token_count : GATE_TOKENS;

	if (s->options->token_life == 0)
		return false;
	for (unsigned i = 0; i < kept; i++) {
		if (g->tokens[i].hash == hash)
			return now - g->tokens[i].first_use >= s->options->token_life;
	}
	g->tokens[g->token_count % GATE_TOKENS] = (struct gate_token){hash, now};
	g->token_count++;
	return false;
}

static bool token_is_valid(struct service *s, const char *token, nsec_t now)
{
	const struct options *o = s->options;

	switch (tokens_find(&s->tokens, token, now)) {
	case TOKEN_VALID: return true;
	case TOKEN_ENDED: return false;
	case TOKEN_UNKNOWN: break;
	}
	if (o->client_id || (o->token && strcmp(token, o->token) != 0))
		return false;
	return !token_is_expired(s, token, now);
}

static bool refuse(struct request *r, int status, const char *code, const char *message)
{
	answer_gateway(&r->answer, status, code, message);
	return false;
}

static bool knows_token(struct request *r, nsec_t now)
{
	const char *bearer = request_header(r, "Authorization");
	const char *token;

	if (!bearer || strncasecmp(bearer, "Bearer ", 7) != 0 || bearer[7] == '\0')
		return refuse(r, 403, "403010", "Oauth token is missing.");
	token = bearer + 7;
	if (token_is_valid(r->service, token, now))
		return true;
	r->service->counters.tokens_refused++;
	return refuse(r, 401, "401013", "Oauth token is not valid");
}

static bool knows_client(struct request *r)
{
	const char *key = request_header(r, "x-api-key");

	if (str_empty(key))
		return refuse(r, 403, "403000", "Api Key is required");
	if (r->service->options->api_key && strcmp(key, r->service->options->api_key) != 0)
		return refuse(r, 403, "403003", "Api Key is invalid");
	if (str_empty(request_header(r, "x-gw-ims-org-id")))
		return refuse(r, 400, "400003", "Missing header");
	return true;
}

static bool knows_sandbox(struct request *r)
{
	const struct texts *known = &r->service->options->sandboxes;
	const char *sandbox = request_header(r, "x-sandbox-name");

	if (str_empty(sandbox)) {
		answer_flow(&r->answer, 400, "2105", "The header x-sandbox-name is missing.");
		return false;
	}
	for (size_t i = 0; i < known->count; i++) {
		if (strcmp(known->text[i], sandbox) == 0)
			return true;
	}
	if (known->count == 0)
		return true;
	answer_flow(&r->answer, 404, "2100", "The sandbox could not be found.");
	return false;
}

bool gate_admits(struct request *r, nsec_t now)
{
	struct service *s = r->service;
	nsec_t wait;

	if (gate_is_out(s, now)) {
		answer_flow(&r->answer, 503, "1103", "Service Unavailable. Please try again.");
		return false;
	}
	wait = take_rate(s, now);
	if (wait > 0) {
		refuse(r, 429, "429050", "Too many requests");
		r->answer.retry_after_s = (unsigned)ceil((double)wait / (double)SEC);
		return false;
	}
	return knows_token(r, now) && knows_client(r) && knows_sandbox(r);
}
