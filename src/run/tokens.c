/* tokens.c - the access token: given, or fetched from the token endpoint.
 *
 * The engine counts generations and says when to fetch; the bytes are here. The
 * newest token is what requests are sent with. An older one is kept for as long as
 * a request in flight carries it, since that request's answer may echo it, and is
 * wiped then. All live in places of the secret region that were taken before the
 * first row: rows that fill the region must not keep the token out that they wait
 * for.
 *
 * A fetch is a request like any other for net; in its body the client secret
 * leaves, and nothing else of ours goes with it.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/redact.h"
#include "base/str.h"
#include "run/shell.h"
#include "sys/clock.h"
#include "sys/log.h"

#define TOKEN_BODY_MAX ((size_t)64 << 10) /* three values of at most 4 KiB, encoded */

/* ------------------------------------------------------------------- tokens */

static struct token *free_place(struct tokens *t)
{
	for (size_t i = 0; i < TOKENS_KEPT; i++)
		if (t->kept[i].value && t->kept[i].generation == 0)
			return &t->kept[i];
	return NULL;
}

/* An endpoint may hand out the same one twice. */
static bool is_kept(const struct tokens *ts, const char *value)
{
	for (size_t i = 0; i < TOKENS_KEPT; i++)
		if (ts->kept[i].generation > 0 && strcmp(ts->kept[i].value, value) == 0)
			return true;
	return false;
}

static void forget(struct tokens *ts, struct token *t)
{
	if (t->generation == 0)
		return;
	t->generation = 0;
	if (!is_kept(ts, t->value))
		log_forget_secret(t->value);
	wipe(t->value, strlen(t->value));
}

static void forget_unless_carried(struct tokens *ts, struct token *t)
{
	if (t != ts->newest && t->carried == 0)
		forget(ts, t);
}

/* The place holds the bytes already. */
static int adopt(struct snowmelt *s, struct token *t)
{
	struct token *old = s->tokens.newest;

	if (log_add_secret(t->value) < 0) {
		wipe(t->value, strlen(t->value));
		return -ENOMEM;
	}
	t->generation = ++s->tokens.generation;
	s->tokens.newest = t;
	if (old)
		forget_unless_carried(&s->tokens, old);
	return 0;
}

struct token *tokens_carry(struct snowmelt *s, uint32_t generation)
{
	struct token *t = s->tokens.newest;

	assert(t && t->generation == generation);
	t->carried++;
	return t;
}

void tokens_drop(struct snowmelt *s, struct token *t)
{
	assert(t->carried > 0);
	t->carried--;
	forget_unless_carried(&s->tokens, t);
}

size_t tokens_secrets(const struct snowmelt *s, const char *dst[TOKEN_SECRETS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < TOKENS_KEPT; i++)
		if (s->tokens.kept[i].generation > 0)
			dst[n++] = s->tokens.kept[i].value;
	if (s->settings.client_secret)
		dst[n++] = s->settings.client_secret;
	return n;
}

/* ------------------------------------------------------------------ life, death */

int tokens_init(struct snowmelt *s)
{
	const char *given = s->settings.token;
	size_t places = given ? 1 : TOKENS_KEPT;
	struct token *first = &s->tokens.kept[0];

	buf_init_secret(&s->tokens.body, TOKEN_BODY_MAX);
	for (size_t i = 0; i < places; i++) {
		s->tokens.kept[i].value =
			given ? s->settings.token : secret_take(s->secrets, FLOW_TOKEN_MAX);
		if (!s->tokens.kept[i].value)
			return error_set(&s->error, -ENOMEM, "no memory for secrets");
	}
	s->settings.token = NULL; /* it has moved here */
	if (given && adopt(s, first) < 0)
		return error_set(&s->error, -ENOMEM, "no memory for secrets");
	if (s->settings.client_secret && log_add_secret(s->settings.client_secret) < 0)
		return error_set(&s->error, -ENOMEM, "no memory for secrets");
	return 0;
}

void tokens_done(struct snowmelt *s)
{
	for (size_t i = 0; i < TOKENS_KEPT; i++) {
		forget(&s->tokens, &s->tokens.kept[i]);
		if (s->tokens.kept[i].value)
			secret_give(s->secrets, s->tokens.kept[i].value);
	}
	log_forget_secret(s->settings.client_secret);
	buf_done(&s->tokens.body);
	s->tokens = (struct tokens){.newest = NULL};
}

void tokens_begin(struct snowmelt *s)
{
	if (s->tokens.newest || s->purpose->independent) /* which needs none */
		turn_tell(s, &(struct engine_event){
				     .kind = EVENT_TOKEN_FRESH,
				     .token.life = NSEC_NEVER,
			     });
}

/* ------------------------------------------------------------------ the fetch */

static void tell(struct snowmelt *s, const struct engine_event *ev)
{
	if (s->purpose->token_told)
		s->purpose->token_told(s, ev);
	else
		turn_tell(s, ev);
}

static void trace(const struct snowmelt *s, const char *what, const char *text)
{
	const char *secrets[TOKEN_SECRETS_MAX];
	AUTO(buf_done) struct buf shown = {0};

	if (!log_wants(LOG_TRACE))
		return;
	buf_init(&shown, BODY_MAX);
	if (redact(&shown, text, secrets, tokens_secrets(s, secrets)) != 0)
		buf_append_str(&shown, "[a body that cannot be shown]");
	log_trace("fetch: %s %s", what, shown.data ? shown.data : "");
}

/* Once an outage: it may last, and the engine asks again and again. */
static void warn_of(struct snowmelt *s, const struct flow_grant_verdict *v)
{
	if (!s->tokens.failing)
		log_warn("no access token from %s yet (%s): asking again", s->settings.o.token_url,
			v->message[0] ? v->message : v->code);
	s->tokens.failing = true;
}

/* A token's life began when it was made, some time between question and answer; from the
 * question is the safe side. Half of it is left in any case, so that a slow endpoint of
 * short-lived tokens is not asked without a pause. */
static nsec_t life_left(struct snowmelt *s, nsec_t life)
{
	return MAX(life - (turn_now(s) - s->tokens.asked_at), life / 2);
}

static struct engine_event granted(struct snowmelt *s, struct token *place, nsec_t life)
{
	char text[32];

	if (adopt(s, place) < 0)
		return (struct engine_event){
			.kind = EVENT_TOKEN_FAILED,
			.token.retry_after = NSEC_NONE,
		};
	send_headers_drop(s); /* requests in flight keep theirs */
	s->tokens.failing = false;
	duration_format(life / SEC * SEC, text, sizeof(text));
	log_debug("fetch: generation %u, for %s", s->tokens.generation, text);
	return (struct engine_event){.kind = EVENT_TOKEN_FRESH, .token.life = life};
}

static struct engine_event judge(struct snowmelt *s, const struct net_answer *a)
{
	const char *secrets[TOKEN_SECRETS_MAX];
	struct token *place = free_place(&s->tokens);
	struct flow_grant_verdict *v = &s->tokens.verdict;
	struct flow_reply r = judge_reply(a);

	assert(place); /* tokens_fetch() saw to it, and nobody else takes one */
	r.secrets = secrets;
	r.secret_count = tokens_secrets(s, secrets);
	flow_judge_token(&r, place->value, v);
	log_debug("fetch: %s, HTTP %d, %s %s%s%s", net_end_name(a->end), a->status,
		flow_grant_name(v->grant), v->code, a->trouble ? ", " : "",
		a->trouble ? a->trouble : "");
	switch (v->grant) {
	case FLOW_GRANTED: return granted(s, place, life_left(s, v->life));
	case FLOW_GRANT_REFUSED: return (struct engine_event){.kind = EVENT_TOKEN_REFUSED};
	case FLOW_GRANT_FAILED: break;
	}
	if (a->end != NET_CANCELLED)
		warn_of(s, v);
	return (struct engine_event){
		.kind = EVENT_TOKEN_FAILED,
		.token.retry_after = v->retry_after,
	};
}

static void on_done(void *arg, const struct net_answer *a)
{
	struct snowmelt *s = arg;
	struct engine_event ev;

	s->tokens.transfer = NULL;
	buf_reset(&s->tokens.body);
	ev = judge(s, a);
	/* After that, when a token in it is known as one. */
	if (a->body_len)
		trace(s, "answered", a->body);
	tell(s, &ev);
}

static void fetch(struct snowmelt *s)
{
	const struct snowmelt_options *o = &s->settings.o;
	struct net_request q = {
		.method = "POST",
		.url = o->token_url,
		.done = on_done,
		.arg = s,
	};
	int r = net_headers_create(flow_token_headers, ARRAY_SIZE(flow_token_headers), &q.headers);

	if (r == 0)
		r = flow_token_body(
			&s->tokens.body, o->client_id, s->settings.client_secret, o->scopes);
	assert(r == 0); /* the values are bounded; only memory can fail, and then nothing helps */
	q.body = s->tokens.body.data;
	q.body_len = s->tokens.body.len;
	log_debug("fetch: POST %s", o->token_url);
	trace(s, "asked with", q.body);
	s->tokens.asked_at = turn_now(s);
	s->tokens.transfer = net_send(s->net, &q);
	net_headers_unref(q.headers);
}

void tokens_fetch(struct snowmelt *s)
{
	struct engine_event ev = {.kind = EVENT_TOKEN_REFUSED};

	assert(!s->tokens.transfer);
	if (s->settings.client_secret && free_place(&s->tokens)) {
		fetch(s);
		return;
	}
	/* The one token that we were given is all there is; or slow requests carry so many
	 * old ones that a new one has no place before some of them have ended. */
	if (s->settings.client_secret)
		ev = (struct engine_event){
			.kind = EVENT_TOKEN_FAILED,
			.token.retry_after = NSEC_NONE,
		};
	tell(s, &ev);
}

void tokens_cut(struct snowmelt *s)
{
	if (s->tokens.transfer)
		net_cut(s->tokens.transfer);
}
